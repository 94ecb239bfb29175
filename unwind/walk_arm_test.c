/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks by ARM's tables, by frame pointers, and from where there is no stack pointer.
 */
#include "unwind/testcheck.h"
#include "unwind/testmachines.h"

#define INDEX    0xc2000000u
#define USER     (M_TASK_END - 8 - 72) /* registers of user mode */
#define PUSH_R4  0xe92d4010u /* push {r4, lr} */
#define POP_R4   0x80a8b0b0u /* what undoes it */
#define POP_R4R5 0x80a9b0b0u
#define LEAF     0x80b0b0b0u
#define CANT     1u

enum { R4 = 4, R7 = 7, FP = 11, SP = 13, LR = 14, PC = 15, CPSR = 16, NREGS = 18 };
enum { USR = 0x10, IRQ = 0x12, SVC = 0x13 };

struct entry {
	uint32_t function, word, more;
};
static struct entry entries[16];
static unsigned nentries;

static int setup(void **state)
{
	static struct world w;

	m_init(&w, ARCH_ARM, 0);
	w_map(&w, INDEX, 0x1000);
	w.u.saved.pt_regs = 72;
	nentries = 0;
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	w_deinit(*state);
	return 0;
}

static uint64_t bl(struct world *w, uint64_t at, uint64_t target)
{
	m_insn(w, at, 0xeb000000 | (uint32_t)((target - at - 8) / 4 & 0xffffff));
	return at + 4;
}

static uint64_t blx(struct world *w, uint64_t at)
{
	m_insn(w, at, 0xe12fff33);
	return at + 4;
}

/* The n-th function with its entry; `more`: a second word of instructions. */
static uint64_t func2(struct world *w, unsigned n, const char *name, uint32_t word, uint32_t more)
{
	uint64_t addr = m_func(w, n, name);
	unsigned i = nentries++;

	for (; i && entries[i - 1].function > addr; i--)
		entries[i] = entries[i - 1];
	entries[i] = (struct entry){ (uint32_t)addr, word, more };
	return addr;
}

static uint64_t func(struct world *w, unsigned n, const char *name, uint32_t word)
{
	return func2(w, n, name, word, 0);
}

/* Write the index; entries with a second word have a table behind it. */
static void finish(struct world *w)
{
	uint32_t table = INDEX + 0x800;

	for (unsigned i = 0; i < nentries; i++) {
		uint32_t at = INDEX + 8 * i;

		m_put(w, at, (entries[i].function - at) & 0x7fffffff);
		m_put(w, at + 4, entries[i].word);
		if (!entries[i].more)
			continue;
		m_put(w, at + 4, (table - at - 4) & 0x7fffffff);
		m_put(w, table, entries[i].word);
		m_put(w, table + 4, entries[i].more);
		table += 8;
	}
	w->u.ehabi.kernel = (struct ehabi_index){ M_TEXT, M_TEXT_END, INDEX, nentries };
}

static void run(struct world *w, const uint64_t *regs)
{
	finish(w);
	m_run(w, regs);
}

/* inner is called by outer, outer by start, which user mode entered; inner keeps r4 and lr,
 * outer r4, r5 and lr. */
struct chain {
	uint64_t start, outer, inner, sp, regs[NREGS];
};

static struct chain make_chain(struct world *w)
{
	struct chain c = { .sp = USER - 20 };

	c.start = func(w, 0, "start", CANT);
	c.outer = func(w, 1, "outer", POP_R4R5);
	c.inner = func(w, 2, "inner", POP_R4);
	m_insn(w, c.inner, PUSH_R4);
	m_insn(w, c.inner + 4, 0xe1a04000); /* mov r4, r0 */
	m_insn(w, c.inner + 8, 0xe24dd010); /* sub sp, sp, #16 */
	m_put(w, c.sp + 4, bl(w, c.outer + 0x20, c.inner));
	m_put(w, c.sp + 16, bl(w, c.start + 0x20, c.outer));
	m_put(w, USER + 4 * PC, 0x10000);
	m_put(w, USER + 4 * CPSR, USR);
	c.regs[SP] = c.sp;
	c.regs[PC] = c.inner + 0x30;
	c.regs[CPSR] = SVC;
	return c;
}

static void test_plain(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);

	run(w, c.regs);
	check(w, "inner:A outer:A start:A", TRACE_USER_REGS, true);
	assert_int_equal(w->trace.frame[1].rule, RULE_EHABI);
	assert_int_equal(w->trace.frame[1].sp, c.sp + 8);
	assert_int_equal(w->trace.user_regs[PC], 0x10000);
}

static void test_kernel_thread(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);

	w->task.kernel_thread = true;
	run(w, c.regs);
	check(w, "inner:A outer:A start:A", TRACE_UNDEFINED, false);
	w->sym[0].name = "ret_from_fork";
	run(w, c.regs);
	check(w, "inner:A outer:A ret_from_fork:A", TRACE_END_OF_STACK, true);
}

static void test_call_sites(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t other = func(w, 3, "other", LEAF);

	bl(w, c.outer + 0x20, other);
	run(w, c.regs);
	check(w, "inner:A outer:B start:A", TRACE_USER_REGS, true);
	map_deinit(&w->u.jumps);
	m_insn(w, other + 0x10, 0xeaffffba); /* b inner, 0x110 back */
	run(w, c.regs);
	check(w, "inner:A outer:A start:A", TRACE_USER_REGS, true);
	assert_string_equal(w->trace.frame[1].via, "other");
	m_insn(w, c.outer + 0x20, 0xe1a00000);
	run(w, c.regs);
	check(w, "inner:A outer:C start:B", TRACE_USER_REGS, false);
}

static void test_leaf(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t leaf = func(w, 3, "leaf", LEAF);

	c.regs[PC] = leaf + 8;
	c.regs[LR] = bl(w, c.inner + 0x40, leaf);
	run(w, c.regs);
	check(w, "leaf:A inner:A outer:A start:A", TRACE_USER_REGS, true);
	assert_int_equal(w->trace.frame[1].sp, w->trace.frame[0].sp);
}

/* Its tables speak of inner as it is with its frame. */
static void test_prologue(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);

	c.regs[LR] = bl(w, c.outer + 0x20, c.inner);
	c.regs[PC] = c.inner;
	c.regs[SP] += 8;
	run(w, c.regs);
	check(w, "inner:A outer:A start:A", TRACE_USER_REGS, true);
	assert_int_equal(w->trace.frame[1].rule, RULE_LR);
	assert_int_equal(w->trace.frame[1].sp, c.sp + 8);
	/* pushed, but sp not yet lowered for the locals */
	entries[2].word = 0x8003a8b0; /* vsp += 16, pop r4, lr */
	c.regs[PC] = c.inner + 8;
	c.regs[SP] = c.sp;
	run(w, c.regs);
	check(w, "inner:A outer:A start:A", TRACE_USER_REGS, true);
	assert_int_equal(w->trace.frame[1].sp, c.sp + 8);
	/* behind the prologue the tables count again */
	c.regs[PC] = c.inner + 12;
	run(w, c.regs);
	assert_int_not_equal(w->trace.frame[1].rule, RULE_LR);
}

static void put_regs(struct world *w, uint64_t at, const uint64_t *regs)
{
	for (unsigned i = 0; i < NREGS; i++)
		m_put(w, at + 4 * i, regs[i]);
}

/* Code that an exception enters restores r0 to pc. */
static uint64_t exception_entry(struct world *w, unsigned n)
{
	return func2(w, n, "__und_svc", 0x8101b10f, 0x8fffb0b0);
}

static void test_exception(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t entry = exception_entry(w, 8), handler = func(w, 9, "handler", POP_R4);
	uint64_t at = c.sp - 0x100;

	put_regs(w, at, c.regs);
	m_put(w, at - 4, bl(w, entry + 0x40, handler));
	c.regs[SP] = at - 8;
	c.regs[PC] = handler + 0x30;
	run(w, c.regs);
	check(w, "handler:A __und_svc:A inner:A outer:A start:A", TRACE_USER_REGS, true);
	assert_true(w->trace.frame[2].interrupted);
	assert_int_equal(w->trace.frame[2].regs_addr, at);
	/* from user mode: the end */
	m_put(w, at + 4 * CPSR, USR);
	run(w, c.regs);
	check(w, "handler:A __und_svc:A", TRACE_USER_REGS, false);
}

/* __bad_stack: the task's stack ran over, its handler runs on another. Its instructions take sp and pc
 * off the stack; all registers lie where its own sp is. */
static void test_overflow(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t entry = func2(w, 8, "__bad_stack", 0x81019b84, 0x808a00b0);
	uint64_t handler = func(w, 9, "handler", POP_R4), at = M_OVERFLOW_END - 0x60;

	c.regs[SP] = M_TASK - 0x40; /* in its guard */
	put_regs(w, at, c.regs);
	m_put(w, M_OVERFLOW_END - 8, c.regs[SP]);
	m_put(w, M_OVERFLOW_END - 4, c.regs[PC]);
	m_put(w, at - 8, 0);
	m_put(w, at - 4, bl(w, entry + 0x40, handler));
	c.regs[FP] = M_OVERFLOW_END - 16;
	c.regs[SP] = at - 8;
	c.regs[PC] = handler + 0x30;
	run(w, c.regs);
	assert_string_equal(w->trace.frame[1].sym.name, "__bad_stack");
	assert_string_equal(w->trace.frame[2].sym.name, "inner");
	assert_true(w->trace.frame[2].interrupted);
	assert_int_equal(w->trace.frame[2].grade, 'B');
	assert_int_equal(w->trace.frame[2].regs_addr, at);
	assert_non_null(strstr(w->trace.frame[2].note, "ran over"));
}

/* call_with_stack: mov sp, fp; pop {fp, lr}. */
static void test_irq_stack(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t with = func(w, 4, "call_with_stack", 0x809b8480);
	uint64_t handler = func(w, 5, "handler", POP_R4);

	m_put(w, M_IRQ_END - 4, blx(w, with + 0x20));
	m_put(w, c.sp - 4, bl(w, c.inner + 0x40, with));
	c.regs[FP] = c.sp - 8;
	c.regs[SP] = M_IRQ_END - 8;
	c.regs[PC] = handler + 0x30;
	run(w, c.regs);
	check(w, "handler:A call_with_stack:A inner:A outer:A start:A", TRACE_USER_REGS, true);
	assert_int_equal(w->trace.frame[1].stack.type, STACK_IRQ);
	assert_int_equal(w->trace.frame[2].stack.type, STACK_TASK);
}

/* Stacks that lead to each other: each is entered once. */
static void test_stack_cycle(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t a = M_IRQ + 0x100, b = M_SOFTIRQ + 0x100;
	uint64_t with = func(w, 4, "call_with_stack", 0x809b8480);

	c.regs[PC] = with + 0x30;
	c.regs[SP] = a;
	c.regs[FP] = b;
	m_put(w, a, b);
	m_put(w, a + 4, blx(w, with + 0x20));
	m_put(w, b, a);
	m_put(w, b + 4, with + 0x24);
	run(w, c.regs);
	assert_int_equal(w->trace.end, TRACE_VISITED);
	assert_true(w->trace.n < 6);
}

static void test_bad_tables(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);

	c.regs[LR] = c.outer + 0x24;
	entries[2].word = 0x80407eb0; /* vsp goes down */
	run(w, c.regs);
	check(w, "inner:A", TRACE_DIRECTION, false);
	entries[2].word = 0x808000b0;
	run(w, c.regs);
	check(w, "inner:A", TRACE_UNDEFINED, false);
	entries[2].word = 0x80e0e0e0;
	run(w, c.regs);
	check(w, "inner:A", TRACE_UNDEFINED, false);
	entries[2].word = 0x83000000;
	run(w, c.regs);
	check(w, "inner:A", TRACE_UNREADABLE, false);
	entries[2].word = 0x8097a8b0; /* vsp = r7, on no stack */
	c.regs[R7] = 0x1000;
	run(w, c.regs);
	check(w, "inner:A", TRACE_OFF_STACK, false);
	entries[2].word = POP_R4;
	m_put(w, c.sp + 4, 0x1000);
	run(w, c.regs);
	check(w, "inner:A", TRACE_NOT_TEXT, false);
	w_unmap(w, M_TASK);
	run(w, c.regs);
	check(w, "inner:A", TRACE_UNREADABLE, false);
}

/* Entry code gives a label of its own as return address. */
static void test_label(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);

	m_put(w, c.sp + 16, c.start);
	run(w, c.regs);
	assert_int_equal(w->trace.end, TRACE_NOT_TEXT); /* it is the very first address */
	w->sym[0].addr += 0x40;
	w->sym[0].size -= 0x40;
	w->sym[0].name = "ret_fast_syscall";
	w->sym[w->nsyms++] = (struct w_symbol){ "__entry_text_start", M_TEXT, 0x40 };
	w->sym[w->nsyms++] = (struct w_symbol){ "__entry_text_end", M_TEXT + 0x104, 1 };
	w->sym[1].addr += 0x20; /* an aligned function begins behind the other label */
	m_put(w, c.sp + 16, M_TEXT + 0x40);
	entries[0].function = M_TEXT + 0x40;
	run(w, c.regs);
	check(w, "inner:A outer:A ret_fast_syscall:A", TRACE_USER_REGS, true);
	assert_int_equal(w->trace.frame[2].offset, 0);
}

/* ---- without tables ---- */

/* GCC: fp, sp, lr, pc */
static void put_frame(struct world *w, uint64_t fp, uint64_t outer_fp, uint64_t lr, uint64_t pc)
{
	m_put(w, fp - 12, outer_fp);
	m_put(w, fp - 8, fp + 4);
	m_put(w, fp - 4, lr);
	m_put(w, fp, pc);
}

/* In inner and in outer. Returns inner's frame pointer. */
static uint64_t put_frames(struct world *w, struct chain *c)
{
	uint64_t fp = c->sp - 0x80;

	nentries = 0;
	put_frame(w, fp, fp + 0x60, bl(w, c->outer + 0x20, c->inner), c->inner + 12);
	put_frame(w, fp + 0x60, 0, bl(w, c->start + 0x20, c->outer), c->outer + 12);
	c->regs[FP] = fp;
	c->regs[SP] = fp - 0x20;
	return fp;
}

/* In a kernel that has no tables at all. */
static void test_frames_alone(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t fp = put_frames(w, &c);

	run(w, c.regs);
	check(w, "inner:A outer:A start:A", TRACE_USER_REGS, true);
	/* the words at outer's stack pointer are not what an exception saved: of no mode */
	m_put(w, fp + 4 + 4 * PC, c.start + 0x10);
	m_put(w, fp + 4 + 4 * CPSR, 0x64);
	run(w, c.regs);
	check(w, "inner:A outer:A start:A", TRACE_USER_REGS, true);
	/* nothing above the very first function */
	put_frame(w, fp + 0x60, 0, 0, c.outer + 12);
	w->sym[1].name = "start_kernel";
	run(w, c.regs);
	check(w, "inner:A start_kernel:A", TRACE_END_OF_STACK, true);
}

/* What is missing is said only where frame pointers are missing, too. */
static void test_lack(void **state)
{
	struct world *w = *state;
	struct cairn none = { 0 };
	struct cairn_err err = { 0 };
	uint64_t read = m_func(w, 0, "vfs_read"), write = m_func(w, 1, "vfs_write");

	w->u.c = &none;
	m_insn(w, read, 0xe1a0c00d);  /* mov ip, sp */
	m_insn(w, write, 0xe1a0c00d);
	assert_int_equal(w->u.arch->init(&w->u, &err), CAIRN_OK);
	assert_int_equal(err.code, CAIRN_OK);
	m_insn(w, write, 0xe92d4010); /* push {r4, lr} */
	assert_int_equal(w->u.arch->init(&w->u, &err), CAIRN_MISSING);
	w->u.c = NULL;
}

/* An exception's mode has a stack pointer of its own, but no frame pointer. */
static void test_vector_frames(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);

	put_frames(w, &c);
	c.regs[PC] = 0xffff0018;
	c.regs[SP] = 0xc15aaac0;
	c.regs[LR] = c.inner + 0x30 + 4;
	c.regs[CPSR] = IRQ;
	run(w, c.regs);
	check(w, "-:A inner:D outer:A start:A", TRACE_USER_REGS, false);
	c.regs[FP] = 0x4711;
	run(w, c.regs);
	check(w, "-:A", TRACE_OFF_STACK, false);
}

static void test_frame_pointers(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t fp = put_frames(w, &c);

	/* there are tables, but none for these */
	entries[nentries++] = (struct entry){ .function = M_TEXT_END - 0x100, .word = LEAF };
	run(w, c.regs);
	check(w, "inner:A outer:A start:A", TRACE_NO_TABLE, false);
	assert_int_equal(w->trace.frame[1].rule, RULE_FP);
	assert_int_equal(w->trace.frame[1].sp, fp + 4);
	/* Clang: fp, lr */
	m_put(w, fp, fp + 0x40);
	m_put(w, fp + 4, c.outer + 0x24);
	m_put(w, fp + 0x40, 0);
	m_put(w, fp + 0x44, c.start + 0x24);
	run(w, c.regs);
	check(w, "inner:A outer:C start:C", TRACE_NO_TABLE, false);
	c.regs[FP] = 0x4711;
	run(w, c.regs);
	check(w, "inner:A", TRACE_NO_TABLE, false);
}

static void test_bad_call(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);

	c.regs[PC] = 0;
	c.regs[LR] = blx(w, c.inner + 0x40);
	run(w, c.regs);
	check(w, "-:A inner:C outer:A start:A", TRACE_USER_REGS, false);
	c.regs[LR] = 0;
	run(w, c.regs);
	check(w, "-:A", TRACE_NOT_TEXT, false);
}

/* A CPU in IRQ mode, with that mode's own stack pointer. */
static void test_vector(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t begin = func(w, 3, "begin", POP_R4), mid = func(w, 9, "mid", POP_R4),
		 other = func(w, 10, "other", LEAF);

	/* two callers that are known are wanted */
	m_put(w, c.sp - 4, bl(w, c.inner + 0x40, begin));
	c.regs[PC] = 0xffff0018;
	c.regs[SP] = 0xc15aaac0;
	c.regs[LR] = begin + 0x30 + 4;
	c.regs[CPSR] = IRQ;
	run(w, c.regs);
	check(w, "-:A begin:D inner:A outer:A start:A", TRACE_USER_REGS, false);
	assert_int_equal(w->trace.frame[1].sp, c.sp - 8);
	/* an older call's leftovers lie lower, and are not taken */
	memcpy(w_find(w, c.sp - 0x200, 0x40)->bytes + (c.sp - 0x200 - M_TASK),
	       w_find(w, c.sp - 8, 28)->bytes + (c.sp - 8 - M_TASK), 28);
	run(w, c.regs);
	assert_int_equal(w->trace.frame[1].sp, c.sp - 8);
	/* nor a longer chain whose first call is one of something else */
	m_put(w, c.sp - 0x300 + 4, bl(w, mid + 0x40, other));
	m_put(w, c.sp - 0x300 + 12, bl(w, c.inner + 0x60, mid));
	memcpy(w_find(w, c.sp - 0x300 + 16, 20)->bytes + (c.sp - 0x300 + 16 - M_TASK),
	       w_find(w, c.sp, 20)->bytes + (c.sp - M_TASK), 20);
	run(w, c.regs);
	assert_int_equal(w->trace.frame[1].sp, c.sp - 8);
	for (unsigned i = 4; i < 36; i += 4)
		m_put(w, c.sp - 0x300 + i, 0);
	/* nor what the last interrupt of the same place left, though it leads there as well */
	func2(w, 8, "__irq_svc", 0x8101b10f, 0x8fffb0b0);
	put_regs(w, c.sp - 0x100, c.regs);
	m_put(w, c.sp - 0x100 + 4 * SP, c.sp - 8);
	m_put(w, c.sp - 0x100 + 4 * PC, begin + 0x30);
	m_put(w, c.sp - 0x100 + 4 * CPSR, SVC);
	m_put(w, c.sp - 0x104, bl(w, M_TEXT + 0x840, begin));
	run(w, c.regs);
	assert_int_equal(w->trace.frame[1].sp, c.sp - 8);
	m_put(w, c.sp + 4, 0);
	m_put(w, c.sp - 0x200 + 12, 0);
	m_put(w, c.sp - 0x104, 0);
	run(w, c.regs);
	check(w, "-:A", TRACE_OFF_STACK, false);
	c.regs[CPSR] = SVC;
	run(w, c.regs);
	check(w, "-:A", TRACE_OFF_STACK, false);
}

/* Where stacks are assumed, the few words that the mode's own stack pointer leads to are none. */
static void test_vector_untyped(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);

	w_map(w, 0xc15aa000, 0x1000);
	c.regs[PC] = 0xffff0018;
	c.regs[SP] = 0xc15aaac0;
	c.regs[LR] = c.outer + 0x24;
	c.regs[CPSR] = IRQ;
	w->u.stacks.n = 0;
	w->u.assumed_size = M_STACK;
	finish(w);
	m_run_on(w, c.regs, false);
	check(w, "-:A", TRACE_OFF_STACK, false);
}

/* In a stub (vector_stub in entry-armv.S), which soon stores lr and uses it otherwise. */
static void test_stub(void **state)
{
	enum { STUB = 0xffff1020, OWN = 0xc15aaac0 };
	static const uint32_t insn[] = { 0xee070fd5, 0xe24ee004, 0xe88d4001, 0xe14fe000, 0xe58de008 };
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t begin = func(w, 3, "begin", POP_R4);

	w_map(w, 0xffff1000, 0x100);
	w_map(w, OWN, 12);
	for (unsigned i = 0; i < 5; i++)
		m_insn(w, STUB + 4 * i, insn[i]);
	m_put(w, c.sp - 4, bl(w, c.inner + 0x40, begin));
	c.regs[SP] = OWN;
	c.regs[CPSR] = IRQ;
	c.regs[PC] = STUB + 4;
	c.regs[LR] = begin + 0x30 + 4;
	run(w, c.regs);
	assert_int_equal(w->trace.frame[1].pc, begin + 0x30);
	c.regs[PC] = STUB + 8; /* 4 are taken off */
	c.regs[LR] = begin + 0x30;
	run(w, c.regs);
	assert_int_equal(w->trace.frame[1].pc, begin + 0x30);
	c.regs[PC] = STUB + 32; /* and stored; lr is the mode, or the handler */
	c.regs[LR] = c.start + 0x10;
	run(w, c.regs);
	check(w, "-:A", TRACE_OFF_STACK, false);
	m_put(w, OWN + 4, begin + 0x30);
	run(w, c.regs);
	check(w, "-:A begin:D inner:A outer:A start:A", TRACE_USER_REGS, false);
}

/* Interrupted was what keeps its return address in lr, which is not in the dump. */
static void test_vector_leaf(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	uint64_t begin = func(w, 3, "begin", POP_R4), leaf = func(w, 4, "leaf", LEAF);

	m_put(w, c.sp - 12, blx(w, begin + 0x40));
	m_put(w, c.sp - 4, bl(w, c.inner + 0x40, begin));
	m_put(w, c.sp - 0x100, begin + 0x40); /* an older one, which leads nowhere */
	c.regs[PC] = 0xffff0018;
	c.regs[SP] = 0xc15aaac0;
	c.regs[LR] = leaf + 4;
	c.regs[CPSR] = IRQ;
	run(w, c.regs);
	check(w, "-:A begin:D inner:C outer:C start:C", TRACE_USER_REGS, false);
	assert_int_equal(w->trace.frame[1].slot, c.sp - 12);
	assert_non_null(strstr(w->trace.frame[1].note, "leaf"));
	/* a stale chain that is longer, but leads nowhere */
	m_put(w, c.sp - 0x80, begin + 0x40);
	for (unsigned i = 0; i < 5; i++)
		m_put(w, c.sp - 0x78 + 8 * i, bl(w, begin + 0x60, begin));
	run(w, c.regs);
	check(w, "-:A begin:D inner:C outer:C start:C", TRACE_USER_REGS, false);
	/* one caller that is known is enough where the chain is whole */
	m_put(w, c.sp - 4, 0);
	run(w, c.regs);
	check(w, "-:A outer:D start:C", TRACE_USER_REGS, false);
	/* and too little to go by where it is not */
	m_put(w, c.sp - 4, bl(w, c.inner + 0x40, begin));
	m_put(w, c.sp + 4, 0);
	for (unsigned i = 0; i < 6; i++)
		m_put(w, c.sp - 0x80 + 8 * i, 0);
	run(w, c.regs);
	check(w, "-:A", TRACE_OFF_STACK, false);
}

static void test_waiting(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w);
	struct walk_state first = { 0 };
	struct tracer t;

	finish(w);
	w_map(w, w->task.addr, 0x200);
	w->u.saved.context = 0x40;
	m_put(w, w->task.addr + 0x40, 0x44);
	m_put(w, w->task.addr + 0x40 + 4 * 9, bl(w, c.inner + 0x40, c.start));
	t = m_tracer(w);
	assert_int_equal(w->u.arch->waiting(&t, c.sp, &first), TRACE_GOES_ON);
	tracer_run(&t, &first);
	check(w, "inner:A outer:A start:A", TRACE_USER_REGS, true);
	assert_int_equal(w->trace.frame[0].rule, RULE_SWITCH);
	assert_int_equal(w->trace.frame[0].some_known, 0xff0); /* r4 to fp */
	assert_int_equal(w->trace.frame[0].some[4], 0x44);
	/* up to 5.15: at the bottom of the stack */
	w->u.saved.context_on_stack = true;
	m_put(w, M_TASK + 0x40 + 4 * 9, c.inner + 0x44);
	t = m_tracer(w);
	first = (struct walk_state){ 0 };
	assert_int_equal(w->u.arch->waiting(&t, c.sp, &first), TRACE_GOES_ON);
	assert_int_equal(first.pc, c.inner + 0x44);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_plain), T(test_kernel_thread), T(test_call_sites), T(test_leaf),
		T(test_prologue), T(test_exception), T(test_overflow), T(test_irq_stack), T(test_stack_cycle),
		T(test_bad_tables), T(test_label), T(test_frame_pointers),
		T(test_frames_alone), T(test_lack), T(test_vector_frames), T(test_bad_call),
		T(test_vector), T(test_vector_untyped), T(test_stub), T(test_vector_leaf), T(test_waiting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
