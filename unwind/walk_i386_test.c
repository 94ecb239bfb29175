/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks by frame pointers of i386, and by scanning where there are none.
 */
#include "lib/kern/cpu.h"
#include "lib/kern/task.h"
#include "unwind/testcheck.h"
#include "unwind/testmachines.h"

#define PT_REGS  68u
#define USER     (M_TASK_END - 16 - PT_REGS) /* registers of user mode */
#define MARK     0x80000000u
#define KERNEL_CS (0x60u | 1u << 29)

enum { BP = 5, IP = 12, CS = 13, FLAGS = 14, SP = 15, SS = 16, NREGS = 17 };

static int setup(void **state)
{
	static struct world w;

	m_init(&w, ARCH_I386, 0);
	memset(w.seg[0].bytes, 0x90, M_TEXT_END - M_TEXT);
	w.u.saved = (struct saved_layout){ .pt_regs = PT_REGS, .context = 24, .context_fp = 16,
					   .context_pc = 20 };
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	w_deinit(*state);
	return 0;
}

/* A function that makes a frame. */
static uint64_t func(struct world *w, unsigned n, const char *name)
{
	uint64_t addr = m_func(w, n, name);

	w_bytes(w, addr, "\x3e\x8d\x74\x26\x00\x55\x89\xe5", 8);
	return addr;
}

static uint64_t call(struct world *w, uint64_t at, uint64_t target)
{
	return w_call(w, at, target);
}

static void frame(struct world *w, uint64_t at, uint64_t fp, uint64_t pc)
{
	m_put(w, at, fp);
	m_put(w, at + 4, pc);
}

static void put_regs(struct world *w, uint64_t at, const uint64_t *regs)
{
	for (unsigned i = 0; i < NREGS; i++)
		m_put(w, at + 4 * i, regs[i]);
}

/* inner is called by outer, outer by entry, which user mode entered with its own bp. */
struct chain {
	uint64_t entry, outer, inner, fp, regs[NREGS];
};

static struct chain make_chain(struct world *w)
{
	uint64_t user[NREGS] = { [IP] = 0x8048000, [CS] = 0x73, [FLAGS] = 0x246, [SP] = 0xbf000000,
				 [SS] = 0x7b };
	struct chain c = { .fp = USER - 40 };

	c.entry = m_func(w, 0, "entry");
	c.outer = func(w, 1, "outer");
	c.inner = func(w, 2, "inner");
	frame(w, c.fp, c.fp + 32, call(w, c.outer + 0x20, c.inner));
	frame(w, c.fp + 32, 0xbf001000, call(w, c.entry + 0x20, c.outer));
	put_regs(w, USER, user);
	c.regs[BP] = c.fp;
	c.regs[SP] = c.fp - 16;
	c.regs[IP] = c.inner + 0x30;
	c.regs[CS] = KERNEL_CS;
	c.regs[FLAGS] = 0x246;
	return c;
}

static void test_plain(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);

	m_run(w, c.regs);
	check(w, "inner:A outer:A entry:A", TRACE_USER_REGS, true);
	assert_int_equal(w->trace.frame[1].sp, c.fp + 8);
	assert_int_equal(w->trace.user_regs[IP], 0x8048000);
}

/* The registers of user mode by a marked frame pointer; those of a kernel thread are zeros. */
static void test_marked_end(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);

	m_put(w, c.fp + 32, USER & ~MARK);
	m_run(w, c.regs);
	check(w, "inner:A outer:A entry:A", TRACE_USER_REGS, true);
	for (unsigned i = 0; i < NREGS; i++)
		m_put(w, USER + 4 * i, 0);
	m_run(w, c.regs);
	check(w, "inner:A outer:A entry:A", TRACE_END_OF_STACK, true);
	m_put(w, c.fp + 32, 0);
	m_run(w, c.regs);
	check(w, "inner:A outer:A entry:A", TRACE_END_OF_STACK, true);
}

/* The stack pointer is two words below the registers of user mode, whose ip looks like flags of
 * virtual-8086 mode from there. */
static void test_user_ip_as_flags(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t user[NREGS] = { [IP] = 0xb7fbc559, [CS] = 0x73, [FLAGS] = 0x246 };
	uint64_t at = M_TASK_END - 8 - PT_REGS;

	cairn_fail(&w->u.lack, CAIRN_MISSING, "no frame pointers");
	put_regs(w, at, user);
	m_put(w, at - 12, call(w, c.outer + 0x20, c.inner));
	m_put(w, at - 4, call(w, c.entry + 0x20, c.outer));
	c.regs[SP] = at - 12;
	c.regs[BP] = 0;
	m_run(w, c.regs);
	check(w, "inner:A outer:C entry:C", TRACE_USER_REGS, false);
	assert_int_equal(w->trace.user_regs[IP], 0xb7fbc559);
}

static void test_call_sites(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t other = func(w, 3, "other");

	call(w, c.outer + 0x20, other);
	m_run(w, c.regs);
	check(w, "inner:A outer:B entry:A", TRACE_USER_REGS, true);
	call(w, c.outer + 0x20, c.outer + 0x60); /* a thunk inside of outer */
	m_run(w, c.regs);
	check(w, "inner:A outer:A entry:A", TRACE_USER_REGS, true);
	call(w, c.outer + 0x20, c.outer); /* itself */
	m_run(w, c.regs);
	check(w, "inner:A outer:B entry:A", TRACE_USER_REGS, true);
	w_bytes(w, c.outer + 0x20, "\x90\x90\x90\x90\x90", 5);
	m_run(w, c.regs);
	check(w, "inner:A outer:C entry:A", TRACE_USER_REGS, false);
}

/* Where inner has no frame of its own, its caller's address is at sp, or one above. */
static void expect_at(struct world *w, struct chain *c, uint64_t pc, uint64_t sp, uint64_t fp)
{
	c->regs[IP] = pc;
	c->regs[SP] = sp;
	c->regs[BP] = fp;
	m_run(w, c->regs);
	check(w, "inner:A outer:A entry:A", TRACE_USER_REGS, true);
	assert_int_equal(w->trace.frame[1].sp, c->fp + 8);
}

static void test_prologue(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);

	expect_at(w, &c, c.inner, c.fp + 4, c.fp + 32);
	expect_at(w, &c, c.inner + 5, c.fp + 4, c.fp + 32);
	expect_at(w, &c, c.inner + 6, c.fp, c.fp + 32);
	expect_at(w, &c, c.inner + 8, c.fp, c.fp);
	/* the fillers of other processors */
	w_bytes(w, c.inner, "\x3e\x8d\x44\x20\x00", 5);
	expect_at(w, &c, c.inner + 5, c.fp + 4, c.fp + 32);
	w_bytes(w, c.inner, "\x66\x66\x66\x66\x90", 5);
	expect_at(w, &c, c.inner + 6, c.fp, c.fp + 32);
	/* ftrace has put its call there */
	call(w, c.inner, c.entry);
	expect_at(w, &c, c.inner + 5, c.fp + 4, c.fp + 32);
	/* pop %ebp; ret */
	w_bytes(w, c.inner + 0x50, "\x5d\xc3", 2);
	expect_at(w, &c, c.inner + 0x50, c.fp, c.fp);
	expect_at(w, &c, c.inner + 0x51, c.fp + 4, c.fp + 32);
}

/* Code that never makes a frame. */
static void test_frameless(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t bare = m_func(w, 3, "bare");

	m_put(w, c.regs[SP], call(w, c.inner + 0x40, bare));
	c.regs[IP] = bare + 0x10;
	m_run(w, c.regs);
	check(w, "bare:A inner:A outer:A entry:A", TRACE_USER_REGS, true);
	/* at sp lies something else: its caller is lost, which the call site tells */
	m_put(w, c.regs[SP], 0x1234);
	m_run(w, c.regs);
	check(w, "bare:A outer:B entry:A", TRACE_USER_REGS, true);
}

/* pt_regs at `at`, and the entry code's handler below them. */
static void make_exception(struct world *w, struct chain *c, uint64_t at)
{
	uint64_t entry = m_func(w, 8, "handle_exception"), handler = func(w, 9, "handler");

	put_regs(w, at, c->regs);
	frame(w, at - 40, at & ~MARK, call(w, entry + 0x40, handler));
	c->regs[BP] = at - 40;
	c->regs[SP] = at - 60;
	c->regs[IP] = handler + 0x30;
}

static void test_exception(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);

	make_exception(w, &c, c.fp - 0x100);
	m_run(w, c.regs);
	check(w, "handler:A handle_exception:A inner:A outer:A entry:A", TRACE_USER_REGS, true);
	assert_true(w->trace.frame[2].interrupted);
	assert_int_equal(w->trace.frame[2].regs[CS], KERNEL_CS & 0xffff);
	m_put(w, c.fp - 0x100 + 4 * FLAGS, 0);
	m_run(w, c.regs);
	assert_int_equal(w->trace.frame[2].grade, 'C');
}

/* Up to 5.2 the frame ended before sp, and what lies there is the interrupted code's own. */
static void test_short_frame(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t at = c.fp - 0x100;

	c.regs[CS] = 0x60;
	c.regs[SP] = 0x1111;
	make_exception(w, &c, at);
	m_run(w, c.regs);
	check(w, "handler:A handle_exception:A inner:A outer:A entry:A", TRACE_USER_REGS, true);
	assert_int_equal(w->trace.frame[2].sp, at + 4 * SP);
}

static void test_softirq_over_hardirq(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t hard = func(w, 3, "hard"), soft = func(w, 4, "soft");
	uint64_t on_soft = M_SOFTIRQ_END - 0x40, on_hard = M_IRQ_END - 8;

	/* hard interrupts soft, which was called on its own stack by inner */
	frame(w, on_hard, on_soft, call(w, soft + 0x20, hard));
	frame(w, on_soft, c.fp, call(w, c.inner + 0x20, soft));
	c.regs[BP] = on_hard;
	c.regs[SP] = on_hard - 16;
	c.regs[IP] = hard + 0x30;
	m_run(w, c.regs);
	check(w, "hard:A soft:A inner:A outer:A entry:A", TRACE_USER_REGS, true);
	assert_int_equal(w->trace.frame[0].stack.type, STACK_IRQ);
	assert_int_equal(w->trace.frame[2].stack.type, STACK_SOFTIRQ);
}

/* The seed's visit mask was never looked at on 32 bits: two stacks that name each other made
 * the walk endless. */
static void test_irq_cycle(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t hard = func(w, 3, "hard"), soft = func(w, 4, "soft");

	frame(w, M_IRQ + 0x100, M_SOFTIRQ + 0x100, call(w, soft + 0x20, hard));
	frame(w, M_SOFTIRQ + 0x100, M_IRQ + 0x100, call(w, hard + 0x20, soft));
	c.regs[BP] = M_IRQ + 0x100;
	c.regs[SP] = M_IRQ + 0x80;
	c.regs[IP] = hard + 0x30;
	m_run(w, c.regs);
	assert_int_equal(w->trace.end, TRACE_VISITED);
	assert_true(w->trace.n < 6);
	/* a stack's frame that names itself */
	frame(w, M_IRQ + 0x100, M_IRQ + 0x100, call(w, hard + 0x20, hard));
	m_run(w, c.regs);
	assert_int_equal(w->trace.end, TRACE_DIRECTION);
}

/* hard runs on the IRQ stack, to which `onto` switched, called by inner; its chain of frames is
 * broken. `at`: the frame of onto on the task's stack. */
static struct chain make_broken(struct world *w, uint64_t *at, uint64_t *onto)
{
	struct chain c = make_chain(w);
	uint64_t hard = func(w, 3, "hard");

	*onto = func(w, 4, "onto");
	*at = c.fp - 0x40;
	frame(w, *at, c.fp, call(w, c.inner + 0x20, *onto));
	m_put(w, M_IRQ_END - 4, call(w, *onto + 0x20, hard));
	frame(w, M_IRQ_END - 0x20, 0xe0000000, call(w, hard + 0x40, hard));
	c.regs[BP] = M_IRQ_END - 0x20;
	c.regs[SP] = M_IRQ_END - 0x40;
	c.regs[IP] = hard + 0x30;
	return c;
}

/* The lowest word of the stack is the stack pointer before. onto may have pushed something below
 * its frame, or have been called just then. */
static void test_irq_link(void **state)
{
	struct world *w = *state;
	uint64_t at, onto;
	struct chain c = make_broken(w, &at, &onto);

	m_put(w, M_IRQ, at - 12);
	m_put(w, at - 16, w_call_rax(w, onto + 0x60)); /* of an earlier call */
	m_put(w, at - 20, at);
	m_run(w, c.regs);
	check(w, "hard:A hard:A onto:C inner:A outer:A entry:A", TRACE_USER_REGS, false);
	assert_int_equal(w->trace.frame[2].rule, RULE_LINK);
	assert_int_equal(w->trace.frame[2].stack.type, STACK_IRQ);
	assert_int_equal(w->trace.frame[3].stack.type, STACK_TASK);
	assert_non_null(strstr(w->trace.frame[2].note, trace_end_name(TRACE_OFF_STACK)));
	m_put(w, M_IRQ, at + 8);
	m_run(w, c.regs);
	check(w, "hard:A hard:A onto:C inner:A outer:A entry:A", TRACE_USER_REGS, false);
}

/* A link that leads nowhere, or words at the top that are no return address, are left alone; a
 * link without a frame leads to a scan. */
static void test_irq_link_stale(void **state)
{
	struct world *w = *state;
	uint64_t at, onto;
	struct chain c = make_broken(w, &at, &onto);
	static const uint64_t bad[] = { 0, 0xe0000000, M_TASK + 2, M_IRQ + 0x100,
					M_IRQ_END - 0x10 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		m_put(w, M_IRQ, bad[i]);
		m_run(w, c.regs);
		check(w, "hard:A hard:A", TRACE_OFF_STACK, false);
	}
	m_put(w, M_IRQ, at);
	m_put(w, at, 0x1234);
	m_run(w, c.regs);
	check(w, "hard:A hard:A onto:C inner:C outer:C entry:C", TRACE_USER_REGS, false);
	assert_int_equal(w->trace.frame[3].rule, RULE_SCAN);
	m_put(w, M_IRQ_END - 4, 0x1234);
	m_run(w, c.regs);
	check(w, "hard:A hard:A", TRACE_OFF_STACK, false);
	m_put(w, M_SOFTIRQ, M_IRQ + 0x100); /* a softirq never runs over a hard interrupt's stack */
	m_put(w, M_SOFTIRQ_END - 4, onto + 0x25);
	c.regs[SP] = M_SOFTIRQ + 0x100;
	c.regs[BP] = 0xe0000000;
	m_run(w, c.regs);
	check(w, "hard:A", TRACE_OFF_STACK, false);
}

static void test_bad_frames(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);

	m_put(w, c.fp, c.fp - 0x40);
	m_run(w, c.regs);
	check(w, "inner:A outer:A", TRACE_DIRECTION, false);
	m_put(w, c.fp, c.fp + 33);
	m_run(w, c.regs);
	check(w, "inner:A outer:A", TRACE_DIRECTION, false);
	m_put(w, c.fp, 0xe0000000);
	m_run(w, c.regs);
	check(w, "inner:A outer:A", TRACE_OFF_STACK, false);
	m_put(w, c.fp, 0x1000); /* as if marked */
	m_run(w, c.regs);
	check(w, "inner:A outer:A", TRACE_OFF_STACK, false);
	m_put(w, c.fp + 4, 0x4711);
	m_run(w, c.regs);
	check(w, "inner:A", TRACE_NOT_TEXT, false);
	w_unmap(w, M_TASK);
	m_run(w, c.regs);
	check(w, "inner:A", TRACE_UNREADABLE, false);
}

/* Nothing tells where stacks are: they are assumed to be aligned, each is entered once, and no
 * frame is as sure as elsewhere. */
static void test_assumed_stacks(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t hard = func(w, 3, "hard");
	struct cpus cpus = { .by_notes = true };
	struct tasks none = { 0 };
	struct cairn lost = { .cpus = &cpus, .tasks = &none };

	frame(w, M_IRQ_END - 8, c.fp, call(w, c.inner + 0x20, hard));
	c.regs[BP] = M_IRQ_END - 8;
	c.regs[SP] = M_IRQ_END - 16;
	c.regs[IP] = hard + 0x30;
	w->u.stacks.n = 0;
	m_run_on(w, c.regs, false);
	check(w, "hard:A", TRACE_OFF_STACK, false);
	w->u.assumed_size = M_STACK;
	m_run_on(w, c.regs, false);
	check(w, "hard:B inner:B outer:B entry:B", TRACE_USER_REGS, true);
	assert_string_equal(stack_type_name(w->trace.frame[0].stack.type), "unknown");
	assert_int_equal(w->trace.frame[2].stack.end, M_TASK_END);
	/* only of the CPUs it is not told, as where no per-CPU area is found */
	w->u.assumed_size = 0;
	w->u.task_stack_size = M_STACK;
	w->u.c = &lost;
	m_run_on(w, c.regs, false);
	check(w, "hard:B inner:B outer:B entry:B", TRACE_USER_REGS, true);
	cpus.by_notes = false;
	m_run_on(w, c.regs, false);
	check(w, "hard:A", TRACE_OFF_STACK, false);
	w->u.c = NULL;
	w->u.assumed_size = M_STACK;
	/* back to where it was */
	m_put(w, c.fp, M_IRQ + 0x100);
	frame(w, M_IRQ + 0x100, 0, call(w, c.entry + 0x20, c.outer));
	m_run_on(w, c.regs, false);
	check(w, "hard:B inner:B outer:B", TRACE_OFF_STACK, false);
	/* what cannot be read is no stack */
	c.regs[SP] = 0xd9000000;
	m_run_on(w, c.regs, false);
	check(w, "hard:A", TRACE_OFF_STACK, false);
}

/* The seed's loop asked whether its start was on the stack, not the slot that it read: it ran off the
 * end, as long as there was kernel text to be found. */
static void test_slot_off_stack(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);

	w_map(w, M_TASK_END, 0x1000);
	frame(w, M_TASK_END - 4, M_TASK_END + 32, call(w, c.entry + 0x20, c.outer));
	frame(w, M_TASK_END + 32, 0, call(w, c.entry + 0x30, c.entry));
	m_put(w, c.fp, M_TASK_END - 4);
	m_run(w, c.regs);
	check(w, "inner:A outer:A", TRACE_OFF_STACK, false);
	frame(w, M_TASK_END, M_TASK_END + 32, c.entry + 0x25);
	assert_non_null(strstr(w->trace.reason, "the words at 0xd8006000"));
	m_put(w, c.fp, M_TASK_END);
	m_run(w, c.regs);
	check(w, "inner:A outer:A", TRACE_OFF_STACK, false);
	assert_non_null(strstr(w->trace.reason, "the words at 0xd8006000"));
}

/* No frame on another stack than a task's is no beginning. */
static void test_no_frame(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);

	frame(w, M_OVERFLOW + 0x100, 0, call(w, c.outer + 0x20, c.inner));
	c.regs[BP] = M_OVERFLOW + 0x100;
	c.regs[SP] = M_OVERFLOW + 0x80;
	m_run(w, c.regs);
	check(w, "inner:A outer:A", TRACE_NO_REGISTER, false);
}

static void test_bad_call(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);

	c.regs[IP] = 0;
	m_put(w, c.regs[SP], w_call_rax(w, c.inner + 0x40));
	m_run(w, c.regs);
	check(w, "-:A inner:C outer:A entry:A", TRACE_USER_REGS, false);
	m_put(w, c.regs[SP], c.inner + 0x48);
	m_run(w, c.regs);
	check(w, "-:A outer:D entry:C", TRACE_USER_REGS, false);
	assert_int_equal(w->trace.frame[1].rule, RULE_SCAN);
	/* a call of data by its address says itself where it led */
	c.regs[IP] = c.inner + 0x4000000;
	m_put(w, c.regs[SP], call(w, c.inner + 0x40, c.regs[IP]));
	m_run(w, c.regs);
	check(w, "-:A inner:A outer:A entry:A", TRACE_USER_REGS, true);
}

/* A kernel without frame pointers: never better than C, and stale words that do not fit are
 * passed over. */
static void test_scan(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t other = m_func(w, 3, "other");

	cairn_fail(&w->u.lack, CAIRN_MISSING, "no frame pointers");
	m_put(w, c.fp - 8, call(w, other + 0x20, other));
	m_put(w, c.fp - 12, other + 0x80);
	m_run(w, c.regs);
	check(w, "inner:A outer:C entry:C", TRACE_USER_REGS, false);
	assert_int_equal(w->trace.frame[1].rule, RULE_SCAN);
	m_put(w, c.fp + 4, w_call_rax(w, c.outer + 0x40)); /* could call anything */
	m_run(w, c.regs);
	check(w, "inner:A outer:D entry:C", TRACE_USER_REGS, false);
	m_put(w, c.fp + 4, 0);
	m_put(w, c.fp + 36, 0);
	m_run(w, c.regs);
	check(w, "inner:A", TRACE_NO_TABLE, false);
}

static void test_waiting(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	struct walk_state first = { 0 };
	uint64_t sp = c.fp - 0x40;
	struct tracer t;

	m_put(w, sp + 4, 0x51);
	m_put(w, sp + 8, 0xd1);
	m_put(w, sp + 12, 0xb1);
	m_put(w, sp + 16, c.fp);
	m_put(w, sp + 20, call(w, c.inner + 0x40, c.entry));
	t = m_tracer(w);
	t.stack = t.task_stack;
	assert_int_equal(w->u.arch->waiting(&t, sp, &first), TRACE_GOES_ON);
	tracer_run(&t, &first);
	check(w, "inner:A outer:A entry:A", TRACE_USER_REGS, true);
	assert_int_equal(w->trace.frame[0].sp, sp + 24);
	assert_int_equal(w->trace.frame[0].some_known, 1u << 3 | 1u << 4 | 1u << 0);
	assert_int_equal(w->trace.frame[0].some[3], 0x51); /* si, di, bx */
	assert_int_equal(w->trace.frame[0].some[4], 0xd1);
	assert_int_equal(w->trace.frame[0].some[0], 0xb1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_plain), T(test_marked_end), T(test_user_ip_as_flags), T(test_call_sites), T(test_prologue),
		T(test_frameless), T(test_exception), T(test_short_frame),
		T(test_softirq_over_hardirq), T(test_irq_cycle), T(test_irq_link),
		T(test_irq_link_stale), T(test_bad_frames), T(test_slot_off_stack),
		T(test_assumed_stacks), T(test_no_frame), T(test_bad_call), T(test_scan), T(test_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
