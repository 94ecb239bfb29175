/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks along frame records.
 */
#include "unwind/testcheck.h"
#include "unwind/testmachines.h"

#define BASE     UINT64_C(0xffff800000000000)
#define AT(x)    (BASE + (x))
#define RECORD   0x120u /* offset of the record in struct pt_regs */
#define PT_REGS  0x150u
#define LAST     (AT(M_TASK_END) - PT_REGS) /* task_pt_regs() */
#define MADE     0x910003fdu /* mov x29, sp */
#define EL1      5u

enum { FP = 29, LR = 30, SP = 31, PC = 32, PSTATE = 33, NREGS = 34 };

static int setup(void **state)
{
	static struct world w;

	m_init(&w, ARCH_ARM64, BASE);
	w.u.saved = (struct saved_layout){ .pt_regs = PT_REGS, .record = RECORD };
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	w_deinit(*state);
	return 0;
}

/* Write `bl target`; yields the return address. */
static uint64_t bl(struct world *w, uint64_t at, uint64_t target)
{
	m_insn(w, at, 0x94000000 | (uint32_t)((target - at) / 4 & 0x3ffffff));
	return at + 4;
}

static uint64_t blr(struct world *w, uint64_t at)
{
	m_insn(w, at, 0xd63f0060);
	return at + 4;
}

static void record(struct world *w, uint64_t at, uint64_t fp, uint64_t pc)
{
	m_put(w, at, fp);
	m_put(w, at + 8, pc);
}

/* A function whose first instruction but one makes a record. */
static uint64_t func(struct world *w, unsigned n, const char *name)
{
	uint64_t addr = m_func(w, n, name);

	m_insn(w, addr + 4, MADE);
	return addr;
}

/* inner is called by outer, outer by start; two records from sp on, 32 bytes apart, and the
 * task's last one. */
struct chain {
	uint64_t start, outer, inner, sp, regs[NREGS];
};

static struct chain make_chain(struct world *w, uint64_t sp)
{
	struct chain c = { .sp = sp };

	c.start = func(w, 0, "start");
	c.outer = func(w, 1, "outer");
	c.inner = func(w, 2, "inner");
	record(w, sp, sp + 32, bl(w, c.outer + 0x20, c.inner));
	record(w, sp + 32, LAST + RECORD, bl(w, c.start + 0x20, c.outer));
	c.regs[FP] = c.regs[SP] = sp;
	c.regs[PC] = c.inner + 0x30;
	c.regs[LR] = c.inner + 0x28;
	c.regs[PSTATE] = EL1;
	return c;
}

static struct chain plain(struct world *w)
{
	return make_chain(w, LAST - 0x100);
}

static void put_regs(struct world *w, uint64_t at, const uint64_t *regs)
{
	for (unsigned i = 0; i < NREGS; i++)
		m_put(w, at + 8 * i, regs[i]);
}

static void test_plain(void **state)
{
	struct world *w = *state;
	struct chain c = plain(w);

	m_run(w, c.regs);
	check(w, "inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_int_equal(w->trace.frame[1].rule, RULE_FP);
	assert_int_equal(w->trace.frame[1].sp, c.sp + 32);
	assert_int_equal(w->trace.frame[1].offset, 0x24);
}

/* Whom the probe remembers is not found; the record behind is there all the same. */
static void test_replaced(void **state)
{
	struct world *w = *state;
	struct chain c = plain(w);

	w->sym[1].name = "kretprobe_trampoline";
	m_put(w, c.sp + 8, c.outer);
	m_run(w, c.regs);
	check(w, "inner:A kretprobe_trampoline:C start:A", TRACE_END_OF_STACK, false);
	assert_int_equal(w->trace.frame[1].offset, 0);
}

static void test_user(void **state)
{
	struct world *w = *state;
	uint64_t user[NREGS] = { [PC] = 0x401000, [SP] = 0x7ffe0000 };
	struct chain c = plain(w);

	put_regs(w, LAST, user);
	m_run(w, c.regs);
	check(w, "inner:A outer:A start:A", TRACE_USER_REGS, true);
	assert_int_equal(w->trace.user_regs[PC], 0x401000);
	/* what lies there in a kernel thread's stack is nobody's */
	w->task.kernel_thread = true;
	m_run(w, c.regs);
	check(w, "inner:A outer:A start:A", TRACE_END_OF_STACK, true);
}

static void test_call_sites(void **state)
{
	struct world *w = *state;
	struct chain c = plain(w);
	uint64_t other = func(w, 3, "other");

	bl(w, c.outer + 0x20, other);
	m_run(w, c.regs);
	check(w, "inner:A outer:B start:A", TRACE_END_OF_STACK, true);
	assert_string_equal(w->trace.frame[1].via, "other");
	map_deinit(&w->u.jumps);
	m_insn(w, other + 0x40, 0x17ffffb0); /* b inner, from 0x140 behind it */
	m_run(w, c.regs);
	check(w, "inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	blr(w, c.outer + 0x20);
	m_run(w, c.regs);
	check(w, "inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	m_insn(w, c.outer + 0x20, 0xd503201f);
	m_run(w, c.regs);
	check(w, "inner:A outer:C start:A", TRACE_END_OF_STACK, false);
}

/* A leaf's caller is in the link register alone. */
static void test_leaf(void **state)
{
	struct world *w = *state;
	struct chain c = plain(w);
	uint64_t leaf = m_func(w, 3, "leaf");

	c.regs[PC] = leaf + 8;
	c.regs[LR] = bl(w, c.inner + 0x40, leaf);
	m_run(w, c.regs);
	check(w, "leaf:A inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_int_equal(w->trace.frame[1].rule, RULE_LR);
	assert_int_equal(w->trace.frame[1].sp, w->trace.frame[0].sp);
	/* called by way of a function that is not known to jump to it: the caller all the same */
	bl(w, c.inner + 0x40, c.start);
	m_run(w, c.regs);
	check(w, "leaf:A inner:B outer:A start:A", TRACE_END_OF_STACK, true);
	/* a word that is no return address */
	c.regs[LR] = 0x1234;
	m_run(w, c.regs);
	check(w, "leaf:A outer:B start:A", TRACE_END_OF_STACK, true);
}

/* Before its record is made, and after it has called itself. */
static void test_prologue(void **state)
{
	struct world *w = *state;
	struct chain c = plain(w);

	c.regs[PC] = c.inner;
	c.regs[LR] = bl(w, c.inner + 0x40, c.inner);
	m_run(w, c.regs);
	check(w, "inner:A inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	c.regs[PC] = c.inner + 0x44;
	m_run(w, c.regs);
	check(w, "inner:A outer:A start:A", TRACE_END_OF_STACK, true);
}

/* A path on which the function makes no record, behind one on which it does: the link register
 * holds a return address of its own. Without a call that fits, the record stands. */
static void test_shrink_wrapped(void **state)
{
	struct world *w = *state;
	struct chain c = plain(w);

	c.regs[LR] = bl(w, c.outer + 0x60, c.inner);
	c.regs[FP] += 32;
	m_run(w, c.regs);
	check(w, "inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_int_equal(w->trace.frame[1].offset, 0x64);
	c.regs[LR] = c.start + 0x81;
	c.regs[FP] -= 32;
	m_run(w, c.regs);
	check(w, "inner:A outer:A start:A", TRACE_END_OF_STACK, true);
}

/* An exception's pt_regs at `at`, its entry code called `handler`, which stands in `inner`. */
static void make_exception(struct world *w, struct chain *c, uint64_t at, const uint64_t *regs)
{
	uint64_t entry = m_func(w, 8, "el1h_64_irq"), handler = func(w, 9, "handler");
	uint64_t sp = at - 64;

	put_regs(w, at, regs);
	record(w, at + RECORD, regs[FP], regs[PC]);
	record(w, sp, at + RECORD, bl(w, entry + 0x40, handler));
	c->regs[FP] = c->regs[SP] = sp;
	c->regs[PC] = handler + 0x20;
	c->regs[LR] = handler + 0x18;
}

static void test_exception(void **state)
{
	struct world *w = *state;
	struct chain c = plain(w);
	uint64_t regs[NREGS];

	memcpy(regs, c.regs, sizeof(regs));
	make_exception(w, &c, c.sp - 0x200, regs);
	m_run(w, c.regs);
	check(w, "handler:A el1h_64_irq:A inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_true(w->trace.frame[2].interrupted);
	assert_int_equal(w->trace.frame[2].regs_addr, c.sp - 0x200);
	/* the handler moved pc on: only behind entry code that is believed */
	m_put(w, c.sp - 0x200 + 8 * PC, regs[PC] + 4);
	m_run(w, c.regs);
	check(w, "handler:A el1h_64_irq:A inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_int_equal(w->trace.frame[2].pc, regs[PC] + 4);
	w->sym[3].name = "something";
	m_run(w, c.regs);
	assert_int_equal(w->trace.frame[2].interrupted, false);
}

/* Registers that were interrupted by themselves. */
static void test_exception_cycle(void **state)
{
	struct world *w = *state;
	struct chain c = plain(w);
	uint64_t at = c.sp - 0x200;

	c.regs[FP] = at + RECORD;
	c.regs[SP] = at;
	put_regs(w, at, c.regs);
	record(w, at + RECORD, c.regs[FP], c.regs[PC]);
	m_run(w, c.regs);
	check(w, "inner:A", TRACE_DIRECTION, false);
}

static void test_typed_records(void **state)
{
	struct world *w = *state;
	struct chain c = plain(w);
	uint64_t regs[NREGS], at = c.sp - 0x200;

	w->u.saved.record_type = true;
	memcpy(regs, c.regs, sizeof(regs));
	make_exception(w, &c, at, regs);
	record(w, at + RECORD, 0, 0);
	m_put(w, at + RECORD + 16, 2);
	m_run(w, c.regs);
	check(w, "handler:A el1h_64_irq:A inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	m_put(w, at + RECORD + 16, 1);
	m_run(w, c.regs);
	check(w, "handler:A el1h_64_irq:A", TRACE_END_OF_STACK, true);
	m_put(w, at + RECORD + 16, 7);
	m_run(w, c.regs);
	check(w, "handler:A el1h_64_irq:A", TRACE_UNDEFINED, false);
}

/* From the IRQ stack by the record of the function that switched. */
static void test_irq_stack(void **state)
{
	struct world *w = *state;
	struct chain c = plain(w);
	uint64_t switcher = func(w, 4, "call_on_irq_stack"), handler = func(w, 5, "handler");
	uint64_t sp = AT(M_IRQ_END) - 32;

	record(w, sp, c.sp - 16, blr(w, switcher + 0x20));
	record(w, c.sp - 16, c.sp, bl(w, c.inner + 0x40, switcher));
	c.regs[FP] = c.regs[SP] = sp;
	c.regs[PC] = c.regs[LR] = handler + 0x20;
	m_run(w, c.regs);
	check(w, "handler:A call_on_irq_stack:A inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_int_equal(w->trace.frame[1].stack.type, STACK_IRQ);
	assert_int_equal(w->trace.frame[2].stack.type, STACK_TASK);
	/* and back again: never */
	record(w, c.sp, AT(M_IRQ) + 0x100, bl(w, c.outer + 0x20, c.inner));
	record(w, AT(M_IRQ) + 0x100, AT(M_IRQ) + 0x200, bl(w, c.start + 0x20, c.outer));
	m_run(w, c.regs);
	assert_int_equal(w->trace.end, TRACE_VISITED);
	assert_false(w->trace.complete);
}

/* Two stacks that name each other. */
static void test_stack_cycle(void **state)
{
	struct world *w = *state;
	struct chain c = plain(w);
	uint64_t a = AT(M_IRQ) + 0x100, b = AT(M_SOFTIRQ) + 0x100;

	record(w, a, b, bl(w, c.outer + 0x20, c.inner));
	record(w, b, a, bl(w, c.inner + 0x40, c.outer));
	c.regs[FP] = c.regs[SP] = a;
	m_run(w, c.regs);
	assert_int_equal(w->trace.end, TRACE_VISITED);
	assert_true(w->trace.n < 6);
}

/* The task's stack ran over: registers saved elsewhere have their sp in its guard. */
static void test_overflow(void **state)
{
	struct world *w = *state;
	struct chain c = plain(w);
	uint64_t regs[NREGS];

	memcpy(regs, c.regs, sizeof(regs));
	regs[SP] = AT(M_TASK) - 0x40;
	make_exception(w, &c, AT(M_OVERFLOW_END) - PT_REGS, regs);
	m_run(w, c.regs);
	check(w, "handler:A el1h_64_irq:A inner:B outer:A start:A", TRACE_END_OF_STACK, true);
	assert_non_null(strstr(w->trace.frame[2].note, "ran over"));
}

static void test_signed_address(void **state)
{
	struct world *w = *state;
	struct chain c = plain(w);
	uint64_t pc = bl(w, c.outer + 0x20, c.inner);

	record(w, c.sp, c.sp + 32, (pc & ~UINT64_C(0x7f000000000000)) | UINT64_C(0x2a000000000000));
	m_run(w, c.regs);
	check(w, "inner:A", TRACE_NOT_TEXT, false);
	w->u.pac_mask = UINT64_C(0x7f000000000000);
	m_run(w, c.regs);
	check(w, "inner:A outer:A start:A", TRACE_END_OF_STACK, true);
}

static void test_bad_records(void **state)
{
	struct world *w = *state;
	struct chain c = plain(w);

	record(w, c.sp, c.sp, bl(w, c.outer + 0x20, c.inner)); /* to itself */
	m_run(w, c.regs);
	check(w, "inner:A outer:A", TRACE_DIRECTION, false);
	record(w, c.sp, c.sp - 32, bl(w, c.outer + 0x20, c.inner)); /* downwards */
	m_run(w, c.regs);
	check(w, "inner:A outer:A", TRACE_DIRECTION, false);
	record(w, c.sp, c.sp + 33, bl(w, c.outer + 0x20, c.inner));
	m_run(w, c.regs);
	check(w, "inner:A outer:A", TRACE_DIRECTION, false);
	record(w, c.sp, AT(0x1000), bl(w, c.outer + 0x20, c.inner)); /* on no stack */
	m_run(w, c.regs);
	check(w, "inner:A outer:A", TRACE_OFF_STACK, false);
	record(w, c.sp, c.sp + 32, AT(0x1000));
	m_run(w, c.regs);
	check(w, "inner:A", TRACE_NOT_TEXT, false);
	w_unmap(w, AT(M_TASK));
	m_run(w, c.regs);
	check(w, "inner:A", TRACE_UNREADABLE, false);
}

static void test_bad_call(void **state)
{
	struct world *w = *state;
	struct chain c = plain(w);

	c.regs[PC] = 0;
	c.regs[LR] = blr(w, c.inner + 0x40);
	m_run(w, c.regs);
	check(w, "-:A inner:C outer:A start:A", TRACE_END_OF_STACK, false);
	c.regs[LR] = 0x4711;
	m_run(w, c.regs);
	check(w, "-:A", TRACE_NOT_TEXT, false);
}

/* Registers of a task that waits, in its task_struct. */
static void wait_and_run(struct world *w, uint64_t fp, uint64_t pc)
{
	struct walk_state first = { 0 };
	struct tracer t;

	w->u.saved.context = 0x100;
	w->u.saved.context_fp = 0x150;
	w->u.saved.context_sp = 0x158;
	w->u.saved.context_pc = 0x160;
	for (unsigned i = 0; i < 10; i++)
		m_put(w, w->task.addr + 0x100 + 8 * i, 0x1900 + i);
	m_put(w, w->task.addr + 0x150, fp);
	m_put(w, w->task.addr + 0x160, pc);
	t = m_tracer(w);
	assert_int_equal(w->u.arch->waiting(&t, fp, &first), TRACE_GOES_ON);
	tracer_run(&t, &first);
}

static void test_waiting(void **state)
{
	struct world *w = *state;
	struct chain c = plain(w);
	uint64_t fork = m_func(w, 6, "ret_from_fork");

	w_map(w, w->task.addr, 0x200);
	wait_and_run(w, c.sp, bl(w, c.inner + 0x40, c.start));
	check(w, "inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_int_equal(w->trace.frame[0].rule, RULE_SWITCH);
	assert_int_equal(w->trace.frame[0].some_known, 0x1ff80000); /* x19 to x28 */
	assert_int_equal(w->trace.frame[0].some[19], 0x1900);
	assert_int_equal(w->trace.frame[0].some[28], 0x1909);
	wait_and_run(w, LAST + RECORD, fork);
	check(w, "ret_from_fork:A", TRACE_RET_FROM_FORK, true);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_plain), T(test_replaced), T(test_user), T(test_call_sites), T(test_leaf), T(test_prologue),
		T(test_shrink_wrapped), T(test_exception), T(test_exception_cycle), T(test_typed_records),
		T(test_irq_stack), T(test_stack_cycle), T(test_overflow), T(test_signed_address),
		T(test_bad_records), T(test_bad_call), T(test_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
