/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks over several stacks: which switches are crossed, and which are refused.
 */
#include "unwind/testchain.h"

/* where make_irq() and make_irq_stack() put their functions */
#define HANDLER    (W_TEXT + 0x800)
#define HANDLER_PC (HANDLER + 8)
#define ENTRY      (W_TEXT + 0x900)

/* inner's chain on the task's stack was interrupted; `entry` saved its registers above
 * `sp` of another stack. Yields that sp. */
static uint64_t make_irq(struct world *w, const struct chain *c, uint64_t at)
{
	uint64_t handler = w_func(w, 8, "handler", 16, W_SP | W_CALL);
	uint64_t entry = w_func(w, 9, "entry", 0, W_SP | W_REGS | W_SIGNAL);

	w_put(w, at - 8, w_call(w, entry + 0x10, handler));
	w_regs(w, at, c->inner + 8, W_KERNEL_CS, c->sp);
	return at - 16;
}

static void test_exception_on_task_stack(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t sp = make_irq(w, &c, c.sp - PT_REGS);

	w_run(w, HANDLER_PC, sp, 0);
	check(w, "handler:A entry:A inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_true(w->trace.frame[2].interrupted);
	assert_int_equal(w->trace.frame[2].regs[0], 0x1000);
	assert_int_equal(w->trace.frame[2].regs_addr, c.sp - PT_REGS);
}

static void test_nmi_to_task(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t regs = NMI_END - 33 * 8, sp = make_irq(w, &c, regs);

	w_put(w, NMI_END - 12 * 8, c.inner + 8);
	w_run(w, HANDLER_PC, sp, 0);
	check(w, "handler:A entry:A inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_int_equal(w->trace.frame[1].stack.type, STACK_NMI);
	assert_int_equal(w->trace.frame[2].stack.type, STACK_TASK);
	assert_null(w->trace.frame[2].note);
}

/* A second NMI: iret will repeat the handler, and what the processor pushed last leads to
 * the NMI stack itself. */
static void test_nested_nmi(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t sp = make_irq(w, &c, NMI_END - 33 * 8);
	uint64_t early = w_func(w, 10, "nmi_entry", 0, W_SP | W_PARTIAL | W_SIGNAL);

	w_put(w, NMI_END - 12 * 8, ENTRY + 0x40);
	w_put(w, NMI_END - 5 * 8, ENTRY + 0x44);
	w_put(w, NMI_END - 4 * 8, W_KERNEL_CS);
	w_put(w, NMI_END - 3 * 8, 0x46);
	w_put(w, NMI_END - 2 * 8, NMI_END - 33 * 8);
	w_run(w, HANDLER_PC, sp, 0);
	check(w, "handler:A entry:A inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_string_equal(w->trace.frame[2].note, "another NMI came in and waits to be handled");
	/* caught in the entry code of the second one */
	w_run(w, early + 4, NMI_END - 5 * 8, 0);
	check(w, "nmi_entry:A inner:C outer:A start:A", TRACE_END_OF_STACK, false);
	assert_non_null(strstr(w->trace.frame[1].note, "nested NMI overwritten"));
}

/* The handler on the IRQ stack was called by `entry` on the task's: the word at the top
 * leads back. */
static uint64_t make_irq_stack(struct world *w, uint64_t old_sp)
{
	uint64_t handler = w_func(w, 8, "handler", 16, W_SP | W_CALL);
	uint64_t entry = w_func(w, 9, "entry", 16, W_SP | W_CALL);

	w_row(w, entry + 0x10, 16, 0, W_SP_IND | W_CALL);
	w_row(w, entry + 0x20, 16, 0, W_SP | W_CALL);
	w_put(w, IRQ_END - 16, w_call(w, entry + 0x18, handler));
	w_put(w, IRQ_END - 8, old_sp);
	return IRQ_END - 24;
}

static void test_irq_to_task(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t sp = make_irq_stack(w, c.sp - 16);

	w_put(w, c.sp - 8, w_call(w, c.inner + 0x40, ENTRY));
	w_run(w, HANDLER_PC, sp, 0);
	check(w, "handler:A entry:A inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_int_equal(w->trace.frame[1].stack.type, STACK_IRQ);
	assert_int_equal(w->trace.frame[2].stack.type, STACK_TASK);
}

/* The link of an IRQ stack to itself: each stack once. */
static void test_irq_cycle(void **state)
{
	struct world *w = *state;
	uint64_t sp;

	make_chain(w, TASK_END);
	sp = make_irq_stack(w, W_IRQ + 0x100);
	w_put(w, W_IRQ + 0x108, w_call(w, W_TEXT + 0x40, ENTRY));
	w_run(w, HANDLER_PC, sp, 0);
	check(w, "handler:A entry:A", TRACE_DIRECTION, false);
}

/* The walk breaks on the IRQ stack, and the top of the stack says where to go on. */
static void test_irq_link(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t sp = make_irq_stack(w, c.sp - 16);

	w_put(w, c.sp - 8, w_call(w, c.inner + 0x40, ENTRY));
	w_row(w, HANDLER + 4, 0, 0, W_BAD_TYPE);
	w_run(w, HANDLER_PC, sp, 0);
	check(w, "handler:A entry:C inner:A outer:A start:A", TRACE_END_OF_STACK, false);
	assert_int_equal(w->trace.frame[1].rule, RULE_LINK);
	assert_non_null(strstr(w->trace.frame[1].note, "undefined ORC"));
}

/* What lies at the top is left from before: nothing is made of it. */
static void test_irq_link_stale(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t sp = make_irq_stack(w, c.sp - 16);

	w_row(w, HANDLER + 4, 0, 0, W_BAD_TYPE);
	w_put(w, IRQ_END - 8, 0xffffffff81003dd0);
	w_run(w, HANDLER_PC, sp, 0);
	check(w, "handler:A", TRACE_UNDEFINED, false);
	w_put(w, IRQ_END - 8, c.sp - 16);
	w_put(w, IRQ_END - 16, 0x1234);
	w_run(w, HANDLER_PC, sp, 0);
	check(w, "handler:A", TRACE_UNDEFINED, false);
}

static void test_task_to_irq_is_refused(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t sp = make_irq(w, &c, c.sp - PT_REGS);

	w_regs(w, c.sp - PT_REGS, c.inner + 8, W_KERNEL_CS, IRQ_END - 64);
	w_run(w, HANDLER_PC, sp, 0);
	check(w, "handler:A entry:A", TRACE_ORDER, false);
}

static void test_other_cpu_is_refused(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t sp = make_irq(w, &c, W_DB + W_EXC - PT_REGS);

	w->u.stacks.stack[0].cpu = 7; /* the IRQ stack */
	w_regs(w, W_DB + W_EXC - PT_REGS, c.inner + 8, W_KERNEL_CS, IRQ_END - 64);
	w_run(w, HANDLER_PC, sp, 0);
	check(w, "handler:A entry:A", TRACE_OTHER_CPU, false);
}

/* What was interrupted is known though its stack pointer is garbage. */
static void test_garbage_stack_pointer(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t sp;

	c.sp = 0xfffff00000001000;
	sp = make_irq(w, &c, DF_END - PT_REGS);
	w_run(w, HANDLER_PC, sp, 0);
	check(w, "handler:A entry:A inner:B", TRACE_OFF_STACK, false);
	assert_int_equal(w->trace.frame[2].stack.type, STACK_UNKNOWN);
	assert_string_equal(w->trace.frame[2].note, "its stack pointer is on no stack");
}

static void test_implausible_regs(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t sp = make_irq(w, &c, c.sp - PT_REGS);

	w_put(w, c.sp - PT_REGS + 18 * 8, 0); /* bit 1 of the flags is always set */
	w_run(w, HANDLER_PC, sp, 0);
	check(w, "handler:A entry:A inner:C outer:A start:A", TRACE_END_OF_STACK, false);
}

/* A fault on the guard page: the double fault's registers name a stack pointer below the
 * stack. */
static void test_overflow(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, W_TASK + 0x100);
	uint64_t deep = w_func(w, 11, "deep", 0x200, W_SP | W_CALL), sp;

	sp = make_irq(w, &c, DF_END - PT_REGS);
	w_regs(w, DF_END - PT_REGS, deep + 8, W_KERNEL_CS, c.sp - 0x200);
	w_put(w, c.sp - 8, w_call(w, c.inner + 0x40, deep));
	w_run(w, HANDLER_PC, sp, 0);
	check(w, "handler:A entry:A deep:B inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_int_equal(w->trace.frame[2].stack.type, STACK_TASK);
	assert_non_null(strstr(w->trace.frame[2].note, "guard"));
}

/* The kernel found the overflow itself and went to the #DF stack, whose top does not say from where:
 * the registers of the fault, which lie where their stack pointer says, are an argument there. */
static void test_overflow_by_software(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t handler = w_func(w, 8, "handler", 16, W_SP | W_CALL), at = c.sp - PT_REGS;

	w_row(w, handler + 4, 0, 0, W_BAD_TYPE);
	w_regs(w, at, c.inner + 8, W_KERNEL_CS, c.sp);
	w_put(w, DF_END - 32, at - 16);
	w_put(w, DF_END - 24, at);
	w_run(w, handler + 8, DF_END - 64, 0);
	check(w, "handler:A inner:C outer:A start:A", TRACE_END_OF_STACK, false);
	assert_int_equal(w->trace.frame[1].rule, RULE_LINK);
	assert_int_equal(w->trace.frame[1].regs_addr, at);
	w_regs(w, at, c.inner + 8, W_KERNEL_CS, c.sp + 32); /* a copy: not where hardware puts them */
	w_run(w, handler + 8, DF_END - 64, 0);
	check(w, "handler:A", TRACE_UNDEFINED, false);
	w_regs(w, at, c.inner + 8, W_USER_CS, c.sp);
	w_run(w, handler + 8, DF_END - 64, 0);
	check(w, "handler:A", TRACE_UNDEFINED, false);
	w_regs(w, at, c.inner + 8, W_KERNEL_CS, c.sp);
	w_put(w, DF_END - 24, at + 8);
	w_run(w, handler + 8, DF_END - 64, 0);
	check(w, "handler:A", TRACE_UNDEFINED, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_exception_on_task_stack), T(test_nmi_to_task), T(test_nested_nmi),
		T(test_irq_to_task), T(test_irq_cycle), T(test_irq_link), T(test_irq_link_stale),
		T(test_task_to_irq_is_refused), T(test_other_cpu_is_refused),
		T(test_garbage_stack_pointer), T(test_implausible_regs), T(test_overflow),
		T(test_overflow_by_software),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
