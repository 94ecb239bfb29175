/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/task_memory.h"
#include "lib/kern/testkern.h"

#define MM(n) (TK_BASE + 0x1000 + 0x100 * (uint64_t)(n))
enum { TREE, TOTAL = 8, RSS = 16 }; /* in struct mm_struct */

/* RSS: files, anonymous, swapped, shared; one word each, as before 6.2. */
static struct testkern *kernel(void)
{
	struct testkern *k = tk_new();

	tk_struct(k, "rss_stat", 32, (const struct tk_member[]){ { "count", 0, 8, 4, NULL }, { 0 } });
	tk_struct(k, "mm_struct", 64, (const struct tk_member[]){
		{ "mm_mt", TREE, 8, 0, NULL }, { "total_vm", TOTAL, 8, 0, NULL },
		{ "rss_stat", RSS, 0, 0, "rss_stat" }, { 0 } });
	return k;
}

static void put(struct testkern *k, unsigned n, int64_t file, int64_t anon, int64_t swap,
		int64_t shmem)
{
	tk_put(k, MM(n) + TOTAL, 100, 8);
	tk_put(k, MM(n) + RSS, (uint64_t)file, 8);
	tk_put(k, MM(n) + RSS + 8, (uint64_t)anon, 8);
	tk_put(k, MM(n) + RSS + 16, (uint64_t)swap, 8);
	tk_put(k, MM(n) + RSS + 24, (uint64_t)shmem, 8);
}

static void memory(void **state)
{
	struct task task[] = {
		{ .pid = 2 }, { .pid = 10, .mm = MM(0) }, { .pid = 11, .mm = MM(1) },
		{ .pid = 12, .mm = TK_HOLE }, { .pid = 13, .mm = MM(1) },
	};
	struct tasks ts = { .task = task, .n = 5 };
	static const int32_t order[] = { 11, 13, 10, 2, 12 };
	struct testkern *k = kernel();
	struct arena a = { 0 };
	struct task_memory *m;

	(void)state;
	put(k, 0, 3, -2, 0, 1); /* not folded in yet */
	put(k, 1, 1, 8, 5, 0);
	assert_int_equal(task_memory_get(tk_open(k, 8), &ts, &a, &m, NULL), CAIRN_OK);
	assert_false(m[0].known);
	assert_int_equal(m[1].rss, 4 << 12);
	assert_int_equal(m[2].rss, 9 << 12);
	assert_int_equal(m[2].swapped, 5 << 12);
	assert_int_equal(m[2].virtual, 100 << 12);
	assert_false(m[3].known);
	task_memory_sort(m, 5);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(m[i].task->pid, order[i]);
	arena_deinit(&a);
	tk_free(k);
}

static void no_types(void **state)
{
	struct testkern *k = tk_new();
	struct tasks ts = { .n = 0 };
	struct arena a = { 0 };
	struct task_memory *m;
	struct cairn_err err;

	(void)state;
	assert_int_equal(task_memory_get(tk_open(k, 8), &ts, &a, &m, &err), CAIRN_MISSING);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(memory), cmocka_unit_test(no_types) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
