/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model's rules, and a test for each defect of the interface that it replaces
 * ("x86/dumpstack: Add get_stack_info() interface", 2016):
 *   success for an unknown stack              test_unknown_is_failure
 *   what a failed lookup left behind is used  test_failure_leaves_nothing_stale
 *   types that the visit mask did not guard   test_every_type_is_guarded, test_softirq_cycle,
 *                                             test_irq_cycle of the walks' tests
 *   the loop that tested the wrong variable   test_slot_off_stack of the walks' tests
 *   a second visit tried as another stack     test_second_visit_is_named
 *   ends that belong to the next stack        test_adjacent
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "unwind/stack_info.h"

static const struct stack_info task = {
	.type = STACK_TASK, .cpu = 0, .task = 0x1000, .begin = 0x10000, .end = 0x14000,
	.guard = 0x1000,
};
static const struct stack_info irq = {
	.type = STACK_IRQ, .cpu = 0, .begin = 0x20000, .end = 0x24000, .guard = 0x1000,
};
static const struct stack_info softirq = {
	.type = STACK_SOFTIRQ, .cpu = 0, .begin = 0x28000, .end = 0x2a000,
};
static const struct stack_info nmi = {
	.type = STACK_NMI, .cpu = 0, .begin = 0x31000, .end = 0x33000, .guard = 0x1000,
};
static const struct stack_info db = {
	.type = STACK_DB, .cpu = 0, .begin = 0x34000, .end = 0x36000, .guard = 0x1000,
};
static const struct stack_info irq1 = {
	.type = STACK_IRQ, .cpu = 1, .begin = 0x40000, .end = 0x44000,
};
static const struct stack_info nowhere = { .type = STACK_UNKNOWN, .cpu = -1 };

struct fixture {
	struct arena arena;
	struct stacks stacks;
};

static int setup(void **state)
{
	static struct fixture f;
	const struct stack_info *all[] = { &task, &irq, &softirq, &nmi, &db, &irq1 };

	memset(&f, 0, sizeof(f));
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(stacks_add(&f.stacks, &f.arena, all[i], NULL), CAIRN_OK);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_deinit(&f->arena);
	return 0;
}

/* It returned success for a stack pointer on no stack, and left *info as it was. */
static void test_unknown_is_failure(void **state)
{
	struct fixture *f = *state;
	struct stack_info info;
	struct cairn_err err;

	memset(&info, 0xaa, sizeof(info));
	assert_int_equal(stacks_find(&f->stacks, 0x999999, &info, &err), CAIRN_NOTFOUND);
	assert_int_equal(info.type, STACK_UNKNOWN);
	assert_int_equal(info.begin, 0);
	assert_int_equal(info.end, 0);
	assert_int_equal(info.next_sp, 0);
	assert_int_equal(info.cpu, -1);
	assert_string_equal(err.text, "0x999999 is on no known stack");
	assert_int_equal(stacks_find(&f->stacks, 0x44010, &info, &err), CAIRN_NOTFOUND);
	assert_string_equal(err.text, "0x44010 is on no known stack; nearest: irq of CPU 1, 0x10 "
				      "bytes above");
	memset(&info, 0xaa, sizeof(info));
	assert_int_equal(stacks_find_guard(&f->stacks, 0x999999, &info, NULL), CAIRN_NOTFOUND);
	assert_int_equal(info.type, STACK_UNKNOWN);
}

/* A failed lookup after a good one kept the good one's type and next_sp: an endless loop. */
static void test_failure_leaves_nothing_stale(void **state)
{
	struct fixture *f = *state;
	struct stack_info info;

	assert_int_equal(stacks_find(&f->stacks, 0x20010, &info, NULL), CAIRN_OK);
	assert_int_equal(info.type, STACK_IRQ);
	assert_int_equal(stacks_find(&f->stacks, 0, &info, NULL), CAIRN_NOTFOUND);
	assert_int_equal(info.type, STACK_UNKNOWN);
	assert_false(on_stack(&info, 0, 8));
	assert_false(on_stack(&info, 0x20010, 8));
}

/* Only exception stacks had a bit in the mask: an IRQ stack that leads to itself cycled, and
 * so did hardirq and softirq stacks of i386 that lead to each other. */
static void test_every_type_is_guarded(void **state)
{
	struct stack_info info = { .cpu = 0, .begin = 0x1000, .end = 0x2000 };

	(void)state;
	for (int type = STACK_UNKNOWN + 1; type < STACK_TYPES; type++) {
		struct stack_visits v = { 0 };

		info.type = (enum stack_type)type;
		assert_int_equal(stack_enter(&v, &nowhere, &info, 0x1100, false), STACK_ENTERED);
		assert_true(v.mask & 1u << type);
		assert_int_equal(stack_enter(&v, &nowhere, &info, 0x1200, false), STACK_VISITED);
	}
}

static void test_softirq_cycle(void **state)
{
	struct stack_visits v = { 0 };

	(void)state;
	assert_int_equal(stack_enter(&v, &nowhere, &irq, 0x20100, true), STACK_ENTERED);
	assert_int_equal(stack_enter(&v, &irq, &softirq, 0x28100, false), STACK_ENTERED);
	assert_int_equal(stack_enter(&v, &softirq, &irq, 0x20200, false), STACK_VISITED);
}

/* A second visit of an exception stack was tried as an IRQ stack and then called success. */
static void test_second_visit_is_named(void **state)
{
	struct stack_visits v = { 0 };

	(void)state;
	assert_int_equal(stack_enter(&v, &nowhere, &nmi, 0x31100, true), STACK_ENTERED);
	assert_int_equal(stack_enter(&v, &nmi, &db, 0x34100, true), STACK_ENTERED);
	assert_int_equal(stack_enter(&v, &db, &nmi, 0x31080, true), STACK_VISITED);
	assert_int_equal(stack_enter(&v, &db, &nmi, 0x31100, true), STACK_VISITED);
}

/* The same stack again, above all that was seen on it and by saved registers: nested
 * exceptions that stay on their stack. */
static void test_reentry_above(void **state)
{
	struct stack_visits v = { 0 };
	struct stack_info other = nmi;

	(void)state;
	other.begin = 0x61000;
	other.end = 0x63000;
	assert_int_equal(stack_enter(&v, &nowhere, &nmi, 0x31100, true), STACK_ENTERED);
	stack_advance(&v, &nmi, 0x31400);
	assert_int_equal(stack_enter(&v, &nmi, &db, 0x34100, true), STACK_ENTERED);
	assert_int_equal(stack_enter(&v, &db, &nmi, 0x31300, true), STACK_VISITED);
	assert_int_equal(stack_enter(&v, &db, &nmi, 0x31500, false), STACK_VISITED);
	assert_int_equal(stack_enter(&v, &db, &other, 0x61500, true), STACK_VISITED);
	assert_int_equal(stack_enter(&v, &db, &nmi, 0x31500, true), STACK_ENTERED);
}

/* The bounds test looked at the first word of the walk, not at the word to be read; here it
 * takes address and length, and neither end nor overflow slips through. */
static void test_bounds(void **state)
{
	(void)state;
	assert_true(on_stack(&irq, 0x20000, 8));
	assert_true(on_stack(&irq, 0x23ff8, 8));
	assert_false(on_stack(&irq, 0x23ff9, 8));
	assert_false(on_stack(&irq, 0x24000, 0));
	assert_false(on_stack(&irq, 0x1ffff, 8));
	assert_false(on_stack(&irq, 0x23ff8, UINT64_MAX));
	assert_true(on_stack(&irq, 0x20000, 0x4000));
	assert_false(on_stack(&irq, 0x20000, 0x4001));
}

/* Stacks that touch: an address at the end of one belongs to the next, and a table cannot
 * hold two that overlap. */
static void test_adjacent(void **state)
{
	struct fixture *f = *state;
	struct stack_info info = {
		.type = STACK_DF, .cpu = 0, .begin = 0x24000, .end = 0x26000,
	};

	assert_int_equal(stacks_add(&f->stacks, &f->arena, &info, NULL), CAIRN_OK);
	assert_int_equal(stacks_find(&f->stacks, 0x23fff, &info, NULL), CAIRN_OK);
	assert_int_equal(info.type, STACK_IRQ);
	assert_int_equal(stacks_find(&f->stacks, 0x24000, &info, NULL), CAIRN_OK);
	assert_int_equal(info.type, STACK_DF);
	info = (struct stack_info){ .type = STACK_VC, .begin = 0x25fff, .end = 0x27000 };
	assert_int_equal(stacks_add(&f->stacks, &f->arena, &info, NULL), CAIRN_CORRUPT);
}

static void test_bad_rows(void **state)
{
	struct fixture *f = *state;
	struct stack_info info = { .type = STACK_VC, .begin = 0x90000, .end = 0x90000 };

	assert_int_equal(stacks_add(&f->stacks, &f->arena, &info, NULL), CAIRN_CORRUPT);
	info.end = 0x8f000;
	assert_int_equal(stacks_add(&f->stacks, &f->arena, &info, NULL), CAIRN_CORRUPT);
	info = (struct stack_info){ .type = STACK_UNKNOWN, .begin = 0x90000, .end = 0x91000 };
	assert_int_equal(stacks_add(&f->stacks, &f->arena, &info, NULL), CAIRN_CORRUPT);
	info.type = STACK_TYPES;
	assert_int_equal(stacks_add(&f->stacks, &f->arena, &info, NULL), CAIRN_CORRUPT);
	assert_int_equal(f->stacks.n, 6);
}

static void test_guard(void **state)
{
	struct fixture *f = *state;
	struct stack_info info;

	assert_int_equal(stacks_find_guard(&f->stacks, 0xfff8, &info, NULL), CAIRN_OK);
	assert_int_equal(info.type, STACK_TASK);
	assert_int_equal(stacks_find_guard(&f->stacks, 0xf000, &info, NULL), CAIRN_OK);
	assert_int_equal(stacks_find_guard(&f->stacks, 0xefff, &info, NULL), CAIRN_NOTFOUND);
	assert_int_equal(stacks_find_guard(&f->stacks, 0x27ff8, &info, NULL), CAIRN_NOTFOUND);
}

/* Only the CPU that asked had stacks. */
static void test_owner(void **state)
{
	struct fixture *f = *state;
	struct stack_visits v = { 0 };
	struct stack_info info;

	assert_int_equal(stacks_find(&f->stacks, 0x40100, &info, NULL), CAIRN_OK);
	assert_int_equal(info.cpu, 1);
	assert_int_equal(stack_enter(&v, &nowhere, &nmi, 0x31100, true), STACK_ENTERED);
	assert_int_equal(stack_enter(&v, &nmi, &irq1, 0x40100, true), STACK_OTHER_CPU);
	assert_int_equal(stack_enter(&v, &nmi, &irq, 0x20100, true), STACK_ENTERED);
}

static void test_order(void **state)
{
	struct stack_visits v = { 0 };

	(void)state;
	assert_int_equal(stack_enter(&v, &nowhere, &task, 0x10100, true), STACK_ENTERED);
	assert_int_equal(stack_enter(&v, &task, &irq, 0x20100, true), STACK_ORDER);
	assert_int_equal(stack_enter(&v, &task, &nmi, 0x31100, true), STACK_ORDER);
	v = (struct stack_visits){ 0 };
	assert_int_equal(stack_enter(&v, &nowhere, &irq, 0x20100, true), STACK_ENTERED);
	assert_int_equal(stack_enter(&v, &irq, &nmi, 0x31100, true), STACK_ORDER);
	assert_int_equal(stack_enter(&v, &irq, &nowhere, 0x1, true), STACK_NOT_A_STACK);
	assert_int_equal(stack_enter(&v, &irq, &task, 0x10100, false), STACK_ENTERED);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(stack_type_name(STACK_NMI), "NMI");
	assert_string_equal(stack_type_name(STACK_TASK), "task");
	assert_string_equal(stack_type_tag(STACK_DF), "#DF");
	assert_string_equal(stack_type_name((enum stack_type)99), "unknown");
	for (int i = 0; i < STACK_TYPES; i++) {
		assert_non_null(stack_type_name((enum stack_type)i));
		assert_non_null(stack_type_tag((enum stack_type)i));
	}
}

static bool is_used(const struct fixture *f, uint64_t sp)
{
	struct stack_info info;

	assert_int_equal(stacks_find(&f->stacks, sp, &info, NULL), CAIRN_OK);
	return info.use == STACK_IN_USE;
}

/* An NMI over a softirq over a task whose stack is elsewhere; then links that lead around. */
static void test_use(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(stacks_use(&f->stacks, 0x999999), 0x999999);
	f->stacks.stack[3].next_sp = softirq.begin + 0x800;
	f->stacks.stack[2].next_sp = 0x77000;
	assert_int_equal(stacks_use(&f->stacks, nmi.begin + 0x100), 0x77000);
	assert_true(is_used(f, nmi.begin) && is_used(f, softirq.begin));
	assert_false(is_used(f, irq.begin) || is_used(f, task.begin) || is_used(f, irq1.begin));
	f->stacks.stack[2].next_sp = nmi.begin + 0x80;
	stacks_use(&f->stacks, nmi.begin + 0x100);
	assert_false(is_used(f, irq.begin));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unknown_is_failure, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failure_leaves_nothing_stale, setup, teardown),
		cmocka_unit_test(test_every_type_is_guarded),
		cmocka_unit_test(test_softirq_cycle),
		cmocka_unit_test(test_second_visit_is_named),
		cmocka_unit_test(test_reentry_above),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test_setup_teardown(test_adjacent, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_guard, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owner, setup, teardown),
		cmocka_unit_test_setup_teardown(test_use, setup, teardown),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
