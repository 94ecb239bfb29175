/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks by call frame information of a vmlinux, where the dump has no tables or lacks them.
 */
#include "unwind/testcfi.h"
#include "unwind/testcheck.h"
#include "unwind/testmachines.h"

static void lack_tables(struct world *w)
{
	cairn_fail(&w->u.lack, CAIRN_MISSING, "no tables");
}

/* ---- x86_64 ---- */

#define X_REGS (W_TASK + W_STACK - 168) /* of user mode */

/* inner was called by outer, outer by entry, which is assembly. Of inner's frame only outer's
 * frame pointer tells, which outer does not use. */
struct chain {
	uint64_t entry, outer, inner, sp;
};

static struct chain x86_64_chain(struct world *w, struct testcfi *cfi)
{
	struct chain c = { .sp = X_REGS - 0x60 };

	w_init(w);
	w->base = W_TEXT - M_TEXT;
	c.entry = m_func(w, 0, "entry");
	c.outer = m_func(w, 1, "outer");
	c.inner = m_func(w, 2, "inner");
	w_put(w, c.sp + 0x20, 0x5a5a); /* outer's frame pointer */
	w_put(w, c.sp + 0x28, w_call(w, c.outer + 0x20, c.inner));
	w_put(w, c.sp + 0x58, w_call(w, c.entry + 0x20, c.outer));
	w_regs(w, X_REGS, 0x401000, W_USER_CS, 0x7fff0000);
	*cfi = testcfi_new(w);
	testcfi_function(cfi, c.outer, 0x30, 0);
	testcfi_function(cfi, c.inner, 0x30, 16);
	testcfi_finish(cfi);
	lack_tables(w);
	return c;
}

static void run_x86_64(struct world *w, uint64_t pc, uint64_t sp)
{
	struct walk_state first = {
		.pc = pc, .sp = sp, .fp = 0x1234, .fp_known = true, .interrupted = true,
		.has_regs = true, .full = true, .by_regs = true, .rule = RULE_REGS, .grade = 'A',
	};
	struct tracer t = w_tracer(w);

	tracer_run(&t, &first);
}

static void done(struct world *w, struct testcfi *cfi)
{
	testcfi_deinit(cfi);
	w_deinit(w);
}

static void test_x86_64(void **state)
{
	struct testcfi cfi;
	struct world w;
	struct chain c = x86_64_chain(&w, &cfi);

	(void)state;
	run_x86_64(&w, c.inner + 0x30, c.sp);
	check(&w, "inner:A outer:A entry:A", TRACE_USER_REGS, true);
	assert_int_equal(w.trace.frame[1].rule, RULE_CFI);
	assert_int_equal(w.trace.frame[1].sp, c.sp + 0x30);
	assert_int_equal(w.trace.frame[1].slot, c.sp + 0x28);
	assert_true(w.trace.frame[1].fp_known);
	assert_int_equal(w.trace.frame[1].fp, 0x5a5a);
	assert_int_equal(w.trace.user_regs[16], 0x401000);
	/* the registers of a kernel thread are zeros */
	for (unsigned i = 0; i < 21; i++)
		w_put(&w, X_REGS + 8 * i, 0);
	run_x86_64(&w, c.inner + 0x30, c.sp);
	check(&w, "inner:A outer:A entry:A", TRACE_END_OF_STACK, true);
	done(&w, &cfi);
}

/* An interrupt in outer, whose handler is inner. */
static void test_x86_64_exception(void **state)
{
	struct testcfi cfi;
	struct world w;
	struct chain c = x86_64_chain(&w, &cfi);
	uint64_t sp = c.sp - 0x100, regs = sp + 0x30;

	(void)state;
	w_put(&w, sp + 0x28, w_call(&w, c.entry + 0x40, c.inner));
	w_regs(&w, regs, c.outer + 0x10, W_KERNEL_CS, c.sp + 0x30);
	run_x86_64(&w, c.inner + 0x30, sp);
	check(&w, "inner:A entry:A outer:A entry:A", TRACE_USER_REGS, true);
	assert_true(w.trace.frame[2].interrupted);
	assert_int_equal(w.trace.frame[2].fp, 0x1004);
	/* what stands there are no registers */
	w_put(&w, regs + 8 * 16, 0x1234);
	run_x86_64(&w, c.inner + 0x30, sp);
	check(&w, "inner:A entry:A", TRACE_NO_ORC, false);
	done(&w, &cfi);
}

/* Assembly in outer switched stacks: the table does not know of it. */
static void test_x86_64_irq(void **state)
{
	struct testcfi cfi;
	struct world w;
	struct chain c = x86_64_chain(&w, &cfi);
	uint64_t top = W_IRQ + W_STACK - 8;

	(void)state;
	w_put(&w, top, c.sp + 0x30);
	w_put(&w, top - 8, w_call(&w, c.outer + 0x20, c.inner));
	run_x86_64(&w, c.inner + 0x30, top - 0x30);
	check(&w, "inner:A outer:A entry:A", TRACE_USER_REGS, true);
	assert_int_equal(w.trace.frame[1].stack.type, STACK_IRQ);
	assert_int_equal(w.trace.frame[2].stack.type, STACK_TASK);
	done(&w, &cfi);
}

/* Assembly that switched stacks and keeps a frame on the one before, as up to 5.11. */
static void test_x86_64_irq_by_frame(void **state)
{
	struct testcfi cfi;
	struct world w;
	struct chain c = x86_64_chain(&w, &cfi);
	uint64_t top = W_IRQ + W_STACK - 8, record = c.sp + 0x20;

	(void)state;
	w_put(&w, top - 16, record); /* what inner saved of entry's */
	w_put(&w, top - 8, w_call(&w, c.entry + 0x60, c.inner));
	w_put(&w, record + 8, w_call(&w, c.outer + 0x20, c.entry));
	run_x86_64(&w, c.inner + 0x30, top - 0x30);
	check(&w, "inner:A entry:A outer:C entry:A", TRACE_USER_REGS, false);
	assert_int_equal(w.trace.frame[2].sp, record + 16);
	done(&w, &cfi);
}

/* With ORC, it is asked where that says nothing, and where that is not in the dump. */
static void test_beside_orc(void **state)
{
	struct testcfi cfi;
	struct world w;
	struct chain c = x86_64_chain(&w, &cfi);

	(void)state;
	w.u.lack.code = CAIRN_OK;
	w_row(&w, c.entry, 0, 0, W_REGS | W_SP);
	w_row(&w, c.outer, 0x30, 0, W_CALL | W_SP);
	w_row(&w, c.inner, 0, 0, W_UNDEFINED);
	w_run(&w, c.inner + 0x30, c.sp, 0);
	check(&w, "inner:A outer:A entry:A", TRACE_USER_REGS, true);
	assert_int_equal(w.trace.frame[1].rule, RULE_CFI);
	assert_int_equal(w.trace.frame[2].rule, RULE_ORC);
	w_unmap(&w, W_ORC_ROWS);
	w.u.orc.cache = arena_array(&w.arena, ORC_CACHE, sizeof(struct orc_cached));
	run_x86_64(&w, c.inner + 0x30, c.sp);
	check(&w, "inner:A outer:A entry:A", TRACE_UNREADABLE, false);
	assert_int_equal(w.trace.frame[2].rule, RULE_CFI);
	done(&w, &cfi);
}

/* Stacks are walked upwards, whatever a table says. */
static void test_bad_table(void **state)
{
	struct testcfi cfi;
	struct world w;
	struct chain c = x86_64_chain(&w, &cfi);
	uint64_t other = m_func(&w, 3, "other");

	(void)state;
	testcfi_deinit(&cfi);
	cfi = testcfi_new(&w);
	testcfi_function(&cfi, other, 0, 0);
	testcfi_function(&cfi, c.inner, 0x100000, 0);
	testcfi_finish(&cfi);
	w_put(&w, c.sp - 8, w_call(&w, other + 0x20, other));
	run_x86_64(&w, other + 0x30, c.sp);
	check(&w, "other:A", TRACE_DIRECTION, false);
	run_x86_64(&w, c.inner + 0x30, c.sp);
	check(&w, "inner:A", TRACE_NO_ORC, false);
	done(&w, &cfi);
}

/* ---- i386 ---- */

enum { I_IP = 12, I_CS = 13, I_FLAGS = 14, I_SP = 15, I_SIZE = 68 };

#define I_REGS (M_TASK_END - 16 - I_SIZE)

static void put_i386_regs(struct world *w, uint64_t at, uint64_t ip, uint64_t cs, uint64_t sp)
{
	m_put(w, at + 4 * I_IP, ip);
	m_put(w, at + 4 * I_CS, cs);
	m_put(w, at + 4 * I_FLAGS, 0x246);
	m_put(w, at + 4 * I_SP, sp);
}

static struct chain i386_chain(struct world *w, struct testcfi *cfi)
{
	struct chain c = { .sp = I_REGS - 0x60 };

	m_init(w, ARCH_I386, 0);
	memset(w->seg[0].bytes, 0x90, M_TEXT_END - M_TEXT);
	w->u.saved.pt_regs = I_SIZE;
	c.entry = m_func(w, 0, "entry");
	c.outer = m_func(w, 1, "outer");
	c.inner = m_func(w, 2, "inner");
	m_put(w, c.sp + 0x2c, w_call(w, c.outer + 0x20, c.inner));
	m_put(w, c.sp + 0x5c, w_call(w, c.entry + 0x20, c.outer));
	put_i386_regs(w, I_REGS, 0x8048000, 0x73, 0xbf000000);
	*cfi = testcfi_new(w);
	testcfi_function(cfi, c.outer, 0x30, 0);
	testcfi_function(cfi, c.inner, 0x30, 0);
	testcfi_finish(cfi);
	lack_tables(w);
	return c;
}

static void run_i386(struct world *w, uint64_t pc, uint64_t sp)
{
	uint64_t regs[17] = {
		[I_IP] = pc, [I_CS] = 0x60 | 1u << 29, [I_FLAGS] = 0x246, [I_SP] = sp,
	};

	m_run(w, regs);
}

static void test_i386(void **state)
{
	struct testcfi cfi;
	struct world w;
	struct chain c = i386_chain(&w, &cfi);
	uint64_t sp = c.sp - 0x100;

	(void)state;
	run_i386(&w, c.inner + 0x30, c.sp);
	check(&w, "inner:A outer:A entry:A", TRACE_USER_REGS, true);
	assert_int_equal(w.trace.frame[2].rule, RULE_CFI);
	/* an interrupt in outer, whose handler is inner */
	m_put(&w, sp + 0x2c, w_call(&w, c.entry + 0x40, c.inner));
	put_i386_regs(&w, sp + 0x30, c.outer + 0x10, 0x60 | 1u << 29, c.sp + 0x30);
	run_i386(&w, c.inner + 0x30, sp);
	check(&w, "inner:A entry:A outer:A entry:A", TRACE_USER_REGS, true);
	done(&w, &cfi);
}

static void test_i386_softirq(void **state)
{
	struct testcfi cfi;
	struct world w;
	struct chain c = i386_chain(&w, &cfi);

	(void)state;
	m_put(&w, M_SOFTIRQ_END - 4, w_call(&w, c.outer + 0x20, c.inner));
	for (size_t i = 0; i < w.u.stacks.n; i++)
		if (w.u.stacks.stack[i].type == STACK_SOFTIRQ)
			w.u.stacks.stack[i].next_sp = c.sp + 0x30;
	run_i386(&w, c.inner + 0x30, M_SOFTIRQ_END - 0x30);
	check(&w, "inner:A outer:A entry:A", TRACE_USER_REGS, true);
	assert_int_equal(w.trace.frame[1].stack.type, STACK_SOFTIRQ);
	assert_int_equal(w.trace.frame[2].stack.type, STACK_TASK);
	done(&w, &cfi);
}

/* ---- ARM ---- */

enum { A_SP = 13, A_LR = 14, A_PC = 15, A_CPSR = 16, A_SIZE = 72 };

#define A_REGS (M_TASK_END - 8 - A_SIZE)
#define A_SVC  0x13u
#define A_USR  0x10u

static uint64_t bl(struct world *w, uint64_t at, uint64_t target)
{
	m_insn(w, at, 0xeb000000 | ((uint32_t)(target - (at + 8)) >> 2 & 0xffffff));
	return at + 4;
}

static struct chain arm_chain(struct world *w, struct testcfi *cfi)
{
	struct chain c = { .sp = A_REGS - 0x60 };

	m_init(w, ARCH_ARM, 0);
	w->u.saved.pt_regs = A_SIZE;
	c.entry = m_func(w, 0, "entry");
	c.outer = m_func(w, 1, "outer");
	c.inner = m_func(w, 2, "inner");
	m_put(w, c.sp + 0x2c, bl(w, c.outer + 0x20, c.inner));
	m_put(w, c.sp + 0x28, 0x5a5a); /* outer's r11 */
	m_put(w, c.sp + 0x5c, bl(w, c.entry + 0x20, c.outer));
	m_put(w, A_REGS + 4 * A_PC, 0x10000);
	m_put(w, A_REGS + 4 * A_CPSR, A_USR);
	*cfi = testcfi_new(w);
	testcfi_function(cfi, c.outer, 0x30, 0);
	testcfi_function(cfi, c.inner, 0x30, 8);
	testcfi_finish(cfi);
	lack_tables(w);
	return c;
}

static void run_arm(struct world *w, uint64_t pc, uint64_t sp)
{
	uint64_t regs[18] = { [A_PC] = pc, [A_CPSR] = A_SVC, [A_SP] = sp };

	m_run(w, regs);
}

static void test_arm(void **state)
{
	struct testcfi cfi;
	struct world w;
	struct chain c = arm_chain(&w, &cfi);
	uint64_t sp = c.sp - 0x100, regs = sp + 0x30;

	(void)state;
	run_arm(&w, c.inner + 0x30, c.sp);
	check(&w, "inner:A outer:A entry:A", TRACE_USER_REGS, true);
	assert_int_equal(w.trace.frame[1].rule, RULE_CFI);
	assert_int_equal(w.trace.frame[1].fp, 0x5a5a);
	/* an interrupt in outer, whose handler is inner */
	m_put(&w, sp + 0x2c, bl(&w, c.entry + 0x40, c.inner));
	m_put(&w, regs + 4 * A_PC, c.outer + 0x10);
	m_put(&w, regs + 4 * A_SP, c.sp + 0x30);
	m_put(&w, regs + 4 * A_CPSR, A_SVC);
	run_arm(&w, c.inner + 0x30, sp);
	check(&w, "inner:A entry:A outer:A entry:A", TRACE_USER_REGS, true);
	assert_true(w.trace.frame[2].interrupted);
	done(&w, &cfi);
}

/* call_with_stack() is assembly: its frame is on the stack that it left. */
static void test_arm_irq(void **state)
{
	struct testcfi cfi;
	struct world w;
	struct chain c = arm_chain(&w, &cfi);
	uint64_t record = c.sp + 0x28;

	(void)state;
	m_put(&w, M_IRQ_END - 4, bl(&w, c.entry + 0x60, c.inner));
	m_put(&w, M_IRQ_END - 8, record);
	m_put(&w, record + 4, bl(&w, c.outer + 0x20, c.entry));
	run_arm(&w, c.inner + 0x30, M_IRQ_END - 0x30);
	check(&w, "inner:A entry:A outer:C entry:A", TRACE_USER_REGS, false);
	assert_int_equal(w.trace.frame[2].stack.type, STACK_TASK);
	done(&w, &cfi);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86_64),
		cmocka_unit_test(test_x86_64_exception),
		cmocka_unit_test(test_x86_64_irq),
		cmocka_unit_test(test_x86_64_irq_by_frame),
		cmocka_unit_test(test_beside_orc),
		cmocka_unit_test(test_bad_table),
		cmocka_unit_test(test_i386),
		cmocka_unit_test(test_i386_softirq),
		cmocka_unit_test(test_arm),
		cmocka_unit_test(test_arm_irq),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
