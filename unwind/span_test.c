/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/span.h"
#include "unwind/testchain.h"

/* inner of the task was interrupted: handler and entry on the IRQ stack below it */
static void test_spans(void **state)
{
	static const struct stack_info irq = { .type = STACK_IRQ, .begin = W_IRQ, .end = IRQ_END };
	static const struct stack_info task = { .type = STACK_TASK, .begin = W_TASK, .end = TASK_END };
	struct frame frames[] = {
		{ .stack = irq, .sp = W_IRQ + 0x100 }, { .stack = irq, .sp = W_IRQ + 0x140 },
		{ .stack = task, .sp = W_TASK + 0x800 }, { .stack = irq, .sp = W_IRQ + 0x400 },
	};
	struct trace tr = { .frame = frames, .n = 4, .task_stack = task };
	struct span s[SPANS];

	(void)state;
	assert_int_equal(spans_of(&tr, s), 3);
	assert_int_equal(s[0].begin, W_IRQ + 0x100);
	assert_int_equal(s[0].end, W_IRQ + 0x400);
	assert_int_equal(s[0].n, 2);
	assert_int_equal(s[1].first, 2);
	assert_int_equal(s[1].end, TASK_END);
	assert_int_equal(s[2].end, IRQ_END);
	/* the walk does not come to the task's stack */
	tr.n = 2;
	assert_int_equal(spans_of(&tr, s), 2);
	assert_int_equal(s[1].n, 0);
	assert_int_equal(s[1].begin, W_TASK);
}

/* A stack pointer in the guard: the words begin where the stack does. */
static void test_span_begins_on_the_stack(void **state)
{
	static const struct stack_info task = { .type = STACK_TASK, .begin = W_TASK, .end = TASK_END };
	struct frame frame = { .stack = task, .sp = W_TASK - 0x40 };
	struct trace tr = { .frame = &frame, .n = 1 };
	struct span s[SPANS];

	(void)state;
	assert_int_equal(spans_of(&tr, s), 1);
	assert_int_equal(s[0].begin, W_TASK);
}

static void test_words(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	struct word x;

	w_run(w, c.inner + 8, c.sp, 0);
	x = word_of(&w->u, &w->trace, c.sp + 8, c.outer + 0x25);
	assert_int_equal(x.kind, WORD_RETURN);
	assert_int_equal(x.frame, 1);
	x = word_of(&w->u, &w->trace, c.sp, c.outer + 0x25);
	assert_int_equal(x.kind, WORD_TEXT);
	assert_string_equal(x.sym.name, "outer");
	x = word_of(&w->u, &w->trace, c.sp, W_NMI + 8);
	assert_int_equal(x.kind, WORD_STACK);
	assert_int_equal(x.stack.type, STACK_NMI);
	x = word_of(&w->u, &w->trace, c.sp, 1);
	assert_int_equal(x.kind, WORD_PLAIN);
	w->trace.frame[0].regs_addr = c.sp - 8;
	x = word_of(&w->u, &w->trace, c.sp, 1);
	assert_int_equal(x.kind, WORD_REGS);
	assert_string_equal(x.reg, "r14");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_spans), T(test_span_begins_on_the_stack), T(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
