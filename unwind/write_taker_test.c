/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Functions of a few x86 instructions, and stacks of them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/testkern.h"
#include "unwind/testtrace.h"
#include "unwind/write_taker.h"

#define TEXT TK_BASE
#define SIZE 0x100u

static const char *const functions[] = {
	"down_write_killable", "takes", "helper", "helped", "far", "sleeps", "jumps", "ia32_sys_call",
	"lost", "schedule", "steps", "first_step", "second_step", "astray", "reads", "driver",
	"down_read_trylock", "faults", "seq_read_iter", "last",
	"last.cold",
};
#define N (sizeof(functions) / sizeof(functions[0]))

static bool at(void *self, size_t i, struct sym *ret)
{
	(void)self;
	if (i >= N)
		return false;
	*ret = (struct sym){ .name = functions[i], .addr = TEXT + SIZE * i, .size = SIZE,
			     .type = 't', .module = strcmp(functions[i], "last") ? NULL : "mod" };
	return true;
}

static bool by_addr(void *self, uint64_t addr, struct sym *ret)
{
	return at(self, (size_t)(addr - TEXT) / SIZE, ret);
}

static bool by_name(void *self, const char *name, size_t n, struct sym *ret)
{
	for (size_t i = 0; at(self, i, ret); i++)
		if (!strcmp(ret->name, name))
			return n == 0;
	return false;
}

static uint64_t address(const char *name)
{
	struct sym s;

	assert_true(by_name(NULL, name, 0, &s));
	return s.addr;
}

/* `before`, then a call (0xe8) or a jump (0xe9) */
static void code_to(struct testkern *k, const char *from, uint64_t to, unsigned char before,
		    unsigned char op)
{
	uint64_t a = address(from);

	tk_put(k, a, before, 1);
	tk_put(k, a + 1, op, 1);
	tk_put(k, a + 2, to - (a + 6), 4);
}

/* behind a nop */
static void code(struct testkern *k, const char *from, const char *to, unsigned char op)
{
	code_to(k, from, address(to), 0x90, op);
}

static void jump(struct testkern *k, const char *from, const char *to)
{
	uint64_t a = address(from);

	tk_put(k, a, 0xe9, 1);
	tk_put(k, a + 1, address(to) - (a + 5), 4);
}

static struct cairn *open_kernel(struct testkern *k)
{
	static const struct sym_source_ops ops = { by_addr, by_name, at };
	struct cairn *c;

	code(k, "takes", "down_write_killable", 0xe8);
	code(k, "helper", "takes", 0xe8);
	code(k, "helped", "helper", 0xe8);
	code(k, "far", "helped", 0xe8);
	code(k, "jumps", "down_write_killable", 0xe9);
	code(k, "sleeps", "schedule", 0xe8);
	code(k, "ia32_sys_call", "takes", 0xe8);
	code(k, "steps", "first_step", 0xe8);
	code(k, "faults", "down_read_trylock", 0xe8);
	code(k, "seq_read_iter", "schedule", 0xe8);
	jump(k, "first_step", "second_step");
	jump(k, "second_step", "down_write_killable");
	code_to(k, "astray", TEXT + SIZE * (N + 1), 0x90, 0xe8);
	code_to(k, "reads", TEXT + SIZE * (N + 1), 0x8b, 0x05); /* mov n(%rip), %eax */
	code_to(k, "driver", address("last") + 0x40, 0x90, 0xe8);
	code_to(k, "last.cold", address("last") + 0x40, 0x90, 0xe9);
	c = tk_open(k, 8);
	if (syms_add(&c->syms, "f", TEXT, TEXT + SIZE * N, &ops, NULL, NULL) ||
	    syms_add_text(&c->syms, TEXT, TEXT + SIZE * N, NULL))
		fail();
	return c;
}

static enum write_taker ask_for(bool reading, const char *const *names, bool complete, uint64_t lost)
{
	struct testkern *k = tk_new();
	struct write_takers w;
	struct testtrace t;
	struct trace *tr = tr_of(&t, names);
	enum write_taker ret;

	tr->complete = complete;
	assert_int_equal(write_takers_init(&w, open_kernel(k), &callsite_x86_64, NULL), CAIRN_OK);
	w.reading = reading;
	for (size_t i = 0; i < tr->n; i++)
		if (tr->frame[i].named) {
			assert_true(by_name(NULL, tr->frame[i].sym.name, 0, &tr->frame[i].sym));
			if (lost && !strcmp(tr->frame[i].sym.name, "lost"))
				tr->frame[i].sym.addr = lost;
		}
	ret = write_taker_of(&w, tr);
	write_takers_deinit(&w);
	tk_free(k);
	return ret;
}

#define STACK(...) (const char *const[]){ __VA_ARGS__, NULL }

static enum write_taker ask(const char *const *names, bool complete, uint64_t lost)
{
	return ask_for(false, names, complete, lost);
}

static void test_reading(void **state)
{
	(void)state;
	assert_int_equal(ask_for(true, STACK("schedule", "faults"), true, 0), TAKES);
	assert_int_equal(ask_for(true, STACK("schedule", "takes"), true, 0), TAKES);
	assert_int_equal(ask_for(true, STACK("schedule", "seq_read_iter"), true, 0), TAKES);
	assert_int_equal(ask_for(true, STACK("schedule", "sleeps"), true, 0), TAKES_NOTHING);
	assert_int_equal(ask(STACK("schedule", "faults"), true, 0), TAKES_NOTHING);
	assert_int_equal(ask(STACK("schedule", "seq_read_iter"), true, 0), TAKES_NOTHING);
}

static void test_takes(void **state)
{
	(void)state;
	assert_int_equal(ask(STACK("schedule", "takes"), true, 0), TAKES);
	assert_int_equal(ask(STACK("schedule", "helper"), true, 0), TAKES);
	assert_int_equal(ask(STACK("schedule", "jumps"), true, 0), TAKES);
	assert_int_equal(ask(STACK("down_write_killable", "sleeps"), true, 0), TAKES);
	/* a PLT and a trampoline are no helpers of their own */
	assert_int_equal(ask(STACK("schedule", "steps"), true, 0), TAKES);
	/* also where the stack is cut, or a function is not known */
	assert_int_equal(ask(STACK("", "takes"), false, 0), TAKES);
}

static void test_takes_nothing(void **state)
{
	(void)state;
	assert_int_equal(ask(STACK("schedule", "sleeps"), true, 0), TAKES_NOTHING);
	assert_int_equal(ask(STACK("schedule", "sleeps", "ia32_sys_call"), true, 0), TAKES_NOTHING);
	assert_int_equal(ask(STACK("schedule", "reads"), true, 0), TAKES_NOTHING);
	assert_int_equal(ask(STACK("schedule", "last.cold"), true, 0), TAKES_NOTHING);
}

/* What is not followed, and the finding says so: a helper's helper. */
static void test_limit(void **state)
{
	(void)state;
	assert_int_equal(ask(STACK("schedule", "far"), true, 0), TAKES_NOTHING);
}

static void test_untold(void **state)
{
	(void)state;
	assert_int_equal(ask(STACK("schedule", "sleeps"), false, 0), TAKES_UNTOLD);
	assert_int_equal(ask(STACK("schedule", ""), true, 0), TAKES_UNTOLD);
	assert_int_equal(ask(STACK("schedule", "astray"), true, 0), TAKES_UNTOLD); /* to no text */
	assert_int_equal(ask(STACK("schedule", "driver"), true, 0), TAKES_UNTOLD); /* to a PLT? */
	assert_int_equal(ask(STACK("schedule", "lost"), true, TK_HOLE), TAKES_UNTOLD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_takes), cmocka_unit_test(test_takes_nothing),
		cmocka_unit_test(test_limit), cmocka_unit_test(test_reading), cmocka_unit_test(test_untold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
