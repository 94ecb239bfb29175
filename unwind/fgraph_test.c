/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/testkern.h"
#include "unwind/fgraph.h"

#define TASK  (TK_BASE + 0x100)
#define STACK (TK_BASE + 0x1000)
#define TRAMPOLINE UINT64_C(0xffffffff81000000)
#define TRUE_ADDR(n) (UINT64_C(0xffffffff81001000) + (n))
#define SLOT(n) (UINT64_C(0xffffc90000010000) + 8 * (uint64_t)(n))

enum { RET_STACK = 0x20, TOP = 0x18 }; /* of task_struct */
enum { ENTRY = 40, RET = 8, RETP = 32 };

static const struct type entry_type = { .kind = TYPE_STRUCT, .name = "ftrace_ret_stack" };
static const struct type to_entries = { .kind = TYPE_PTR, .size = 8, .target = &entry_type };
static const struct type to_words = { .kind = TYPE_PTR, .size = 8, .target = &tk_integers[3] };

static struct testkern *kernel(const struct type *stack, int32_t top)
{
	struct testkern *k = tk_new();

	tk_struct(k, "task_struct", 0x40, (const struct tk_member[]){
		{ .name = "curr_ret_stack", .offset = TOP, .size = 4, .nested = "-" },
		{ .name = "ret_stack", .offset = RET_STACK, .size = 8 }, { 0 } });
	k->type[0].member[1].type = stack;
	tk_struct(k, "ftrace_ret_stack", ENTRY, (const struct tk_member[]){
		{ "ret", RET, 8, 0, NULL }, { "retp", RETP, 8, 0, NULL }, { 0 } });
	tk_put(k, TASK + TOP, (uint32_t)top, 4);
	tk_put(k, TASK + RET_STACK, STACK, 8);
	return k;
}

static void entry(struct testkern *k, uint64_t at, uint64_t ret, uint64_t slot)
{
	tk_put(k, at + RET, ret, 8);
	tk_put(k, at + RETP, slot, 8);
}

/* 0 where nothing is found. */
static uint64_t find(struct testkern *k, uint64_t slot)
{
	uint64_t ret = 0;

	return fgraph_find(&k->c, TASK, slot, TRAMPOLINE, &ret) ? ret : 0;
}

static void entries(void **state)
{
	struct testkern *k = kernel(&to_entries, 3);

	(void)state;
	for (unsigned i = 0; i < 5; i++) /* the fifth was popped */
		entry(k, STACK + i * ENTRY, TRUE_ADDR(i), SLOT(i));
	entry(k, STACK + 3 * ENTRY, TRAMPOLINE, SLOT(2));
	tk_open(k, 8);
	assert_int_equal(find(k, SLOT(0)), TRUE_ADDR(0));
	assert_int_equal(find(k, SLOT(2)), TRUE_ADDR(2));
	assert_int_equal(find(k, SLOT(3)), 0);
	assert_int_equal(find(k, SLOT(4)), 0);
	tk_free(k);
}

static void no_entries(void **state)
{
	static const int32_t tops[] = { -1, INT32_MIN, INT32_MAX };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct testkern *k = kernel(&to_entries, tops[i]);

		entry(k, STACK, TRUE_ADDR(0), SLOT(0));
		tk_open(k, 8);
		assert_int_equal(find(k, SLOT(0)), 0);
		tk_free(k);
	}
}

/* Entries of 5 words each, behind them a word that leads back, once data with a word of its own. */
static struct testkern *words(int32_t top)
{
	struct testkern *k = kernel(&to_words, top);

	entry(k, STACK, TRUE_ADDR(0), SLOT(0));
	tk_put(k, STACK + 5 * 8, 1u << 12 | 1u << 10 | 5, 8);
	tk_put(k, STACK + 6 * 8, 0x1234, 8);
	tk_put(k, STACK + 8 * 8, 2u << 12 | 2u << 10 | 8, 8);
	entry(k, STACK + 9 * 8, TRUE_ADDR(1), SLOT(1));
	tk_put(k, STACK + 14 * 8, 1u << 12 | 1u << 10 | 5, 8);
	return k;
}

static void with_words(void **state)
{
	struct testkern *k = words(15);

	(void)state;
	tk_open(k, 8);
	assert_int_equal(find(k, SLOT(1)), TRUE_ADDR(1));
	assert_int_equal(find(k, SLOT(0)), TRUE_ADDR(0));
	assert_int_equal(find(k, SLOT(2)), 0);
	tk_free(k);
	k = words(9);
	tk_open(k, 8);
	assert_int_equal(find(k, SLOT(1)), 0);
	assert_int_equal(find(k, SLOT(0)), TRUE_ADDR(0));
	tk_free(k);
}

/* A word that leads nowhere, or out of the stack. */
static void bad_words(void **state)
{
	static const uint64_t bad[] = { 0, 0x400, 15, 0x3ff };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		struct testkern *k = words(15);

		tk_put(k, STACK + 14 * 8, bad[i], 8);
		tk_open(k, 8);
		assert_int_equal(find(k, SLOT(0)), 0);
		tk_free(k);
	}
}

static void unreadable(void **state)
{
	struct testkern *k = words(15);

	(void)state;
	tk_put(k, TASK + RET_STACK, TK_HOLE, 8);
	tk_open(k, 8);
	assert_int_equal(find(k, SLOT(0)), 0);
	tk_free(k);
	k = words(15);
	k->ntypes = 1; /* no struct ftrace_ret_stack */
	tk_open(k, 8);
	assert_int_equal(find(k, SLOT(0)), 0);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries), cmocka_unit_test(no_entries), cmocka_unit_test(with_words),
		cmocka_unit_test(bad_words), cmocka_unit_test(unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
