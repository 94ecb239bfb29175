/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/damage.h"
#include "unwind/testchain.h"

static const struct stack_info task_stack = {
	.type = STACK_TASK, .cpu = 0, .begin = W_TASK, .end = TASK_END, .guard = 0x1000,
};

static struct frame at(const char *name, const struct stack_info *stack, uint64_t sp)
{
	return (struct frame){
		.named = true, .sym = { .name = name }, .stack = *stack, .sp = sp,
	};
}

static void test_magic(void **state)
{
	struct world *w = *state;
	struct stack_damage d = { 0 };

	w_put(w, W_TASK, STACK_END_MAGIC);
	damage_of_magic(&d, &w->u, &task_stack);
	assert_false(is_damaged(&d));
	w_put(w, W_TASK, 0x41414141);
	damage_of_magic(&d, &w->u, &task_stack);
	assert_true(is_damaged(&d));
	assert_int_equal(d.magic_at, W_TASK);
	assert_int_equal(d.magic, 0x41414141);
}

/* What is not in the dump, and stacks that have none, say nothing. */
static void test_no_magic(void **state)
{
	struct world *w = *state;
	struct stack_info irq = task_stack;
	struct stack_damage d = { 0 };

	irq.type = STACK_IRQ;
	damage_of_magic(&d, &w->u, &irq);
	assert_false(is_damaged(&d));
	w_unmap(w, W_TASK);
	damage_of_magic(&d, &w->u, &task_stack);
	assert_false(is_damaged(&d));
}

static void test_guard(void **state)
{
	struct frame frames[] = {
		at("deep", &task_stack, W_TASK - 0x18), at("outer", &task_stack, W_TASK + 0x40),
	};
	struct trace tr = { .frame = frames, .n = 2 };

	(void)state;
	damage_of_frames(&tr);
	assert_int_equal(tr.damage.ran_over.type, STACK_TASK);
	assert_int_equal(tr.damage.sp, W_TASK - 0x18);
	assert_false(tr.damage.reported);
	frames[0].sp = W_TASK;
	tr.damage = (struct stack_damage){ 0 };
	damage_of_frames(&tr);
	assert_false(is_damaged(&tr.damage));
}

/* The kernel found it out while there was room to do so. */
static void test_handler(void **state)
{
	static const struct stack_info df = {
		.type = STACK_DF, .begin = W_DF, .end = W_DF + W_EXC, .guard = 0x1000,
	};
	struct frame frames[] = {
		at("handle_stack_overflow", &df, W_DF + 0x100), at("fault", &df, W_DF + 0x140),
		at("inner", &task_stack, W_TASK + 0x100),
	};
	struct trace tr = { .frame = frames, .n = 3 };

	(void)state;
	damage_of_frames(&tr);
	assert_true(tr.damage.reported);
	assert_int_equal(tr.damage.ran_over.begin, W_TASK);
	assert_int_equal(tr.damage.sp, 0);
	assert_int_equal(tr.damage.above, 0x100);
	/* its pointer is in the guard, which says more */
	frames[2].sp = W_TASK - 0x20;
	tr.damage = (struct stack_damage){ 0 };
	damage_of_frames(&tr);
	assert_true(tr.damage.reported);
	assert_int_equal(tr.damage.sp, W_TASK - 0x20);
	assert_int_equal(tr.damage.above, 0);
	/* it leads nowhere */
	tr.n = 2;
	tr.damage = (struct stack_damage){ 0 };
	damage_of_frames(&tr);
	assert_false(is_damaged(&tr.damage));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_magic), T(test_no_magic), T(test_guard), T(test_handler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
