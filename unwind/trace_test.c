/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks on one stack: what each frame is worth, and where a walk must end.
 */
#include "unwind/testchain.h"

/* User registers at the top of the task's stack, and the entry code that saved them. */
static void make_user(struct world *w, const struct chain *c, uint64_t at)
{
	w_row(w, c->start, (int)(at - (c->sp + 32)), 0, W_SP | W_REGS | W_SIGNAL);
	w->row[0] = w->row[1]; /* in place of the row that make_chain() gave it */
	memmove(w->row + 1, w->row + 2, (w->nrows - 2) * sizeof(w->row[0]));
	w->nrows--;
	w_regs(w, at, 0x401000, W_USER_CS, 0x7ffe0000);
}

static void test_plain(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);

	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_int_equal(w->trace.frame[1].pc, c.outer + 0x25);
	assert_int_equal(w->trace.frame[1].offset, 0x25);
	assert_int_equal(w->trace.frame[1].sp, c.sp + 16);
	assert_int_equal(w->trace.frame[1].rule, RULE_ORC);
	assert_int_equal(w->trace.frame[0].rule, RULE_REGS);
	assert_int_equal(w->trace.frame[0].stack.type, STACK_TASK);
	assert_non_null(w->trace.frame[0].regs);
	assert_null(w->trace.frame[1].regs);
}

/* A call that does not return is the last instruction: its return address is the next
 * function's, the name is not. */
static void test_noreturn_call(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);

	w_put(w, c.sp + 8, w_call(w, c.outer + 0x100 - 5, c.inner));
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_int_equal(w->trace.frame[1].offset, 0x100);
}

static void test_user_regs(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END - 0x200);

	make_user(w, &c, TASK_END - PT_REGS);
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:A start:A", TRACE_USER_REGS, true);
	assert_string_equal(w->trace.reason, "user-mode regs");
	assert_int_equal(w->trace.user_regs[16], 0x401000);
}

/* With FRED, 16 bytes lie above them. Anywhere else they are not the task's. */
static void test_user_regs_padded(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END - 0x200);

	make_user(w, &c, TASK_END - PT_REGS - 16);
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:A start:A", TRACE_USER_REGS, true);
}

static void test_user_regs_misplaced(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END - 0x200);

	make_user(w, &c, TASK_END - PT_REGS - 64);
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:A start:A", TRACE_USER_REGS, false);
}

static void test_call_sites(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t other = w_func(w, 3, "other", 8, W_SP | W_CALL);

	/* another function is called, which never jumps on: what follows may be stale */
	w_put(w, c.sp + 8, w_call(w, c.outer + 0x20, other));
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:C start:B", TRACE_END_OF_STACK, false);
	assert_string_equal(w->trace.frame[1].via, "other");
	/* what looks like the second byte of a conditional jump is none */
	map_deinit(&w->u.jumps);
	w_rel32(w, other + 0x33, 0x85, c.inner);
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:C start:B", TRACE_END_OF_STACK, false);
	map_deinit(&w->u.jumps);
	w_bytes(w, other + 0x32, "\x0f", 1);
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	/* a jump is found in it */
	map_deinit(&w->u.jumps);
	w_rel32(w, other + 0x33, 0xe9, c.inner);
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_string_equal(w->trace.frame[1].via, "other");
	/* through a register */
	w_put(w, c.sp + 8, w_call_rax(w, c.outer + 0x40));
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_null(w->trace.frame[1].via);
	/* no call at all: the frame is doubtful, and what follows, whether or not call sites fit */
	w_put(w, c.sp + 8, c.outer + 0x80);
	w_put(w, c.sp + 24, w_call_rax(w, c.start + 0x40));
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:C start:B", TRACE_END_OF_STACK, false);
	w_put(w, c.sp + 24, w_call(w, c.start + 0x10, c.outer));
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:C start:B", TRACE_END_OF_STACK, false);
}

/* The function at the call site may have jumped to one that jumped to the frame below. */
static void test_call_sites_jump_on(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t other = w_func(w, 3, "other", 8, W_SP | W_CALL);
	uint64_t cold = w_func(w, 4, "other.cold", 8, W_SP | W_CALL);
	uint64_t thunk = w_func(w, 5, "__x86_return_thunk", 8, W_SP | W_CALL);
	static const struct {
		const char *bytes; /* where other ends */
		const char *frames;
	} ends[] = {
		{ "\xff\xe0", "inner:A outer:B start:A" },         /* jmp *%rax */
		{ "\xff\x25", "inner:A outer:B start:A" },         /* jmp *address */
		{ "\xff\x24", "inner:A outer:C start:B" },         /* by a table: stays inside */
		{ "\xff\xd0", "inner:A outer:C start:B" },         /* a call */
		{ "\xeb\x0e", "inner:A outer:B start:A" },         /* to the function behind */
		{ "\x74\x0e", "inner:A outer:B start:A" },
		{ "\xeb\x0d", "inner:A outer:C start:B" },         /* to no function */
		{ "\xeb\xfe", "inner:A outer:C start:B" },         /* to itself */
	};

	w_put(w, c.sp + 8, w_call(w, c.outer + 0x20, other));
	w->sym[4].name = "behind"; /* 0x100 bytes further */
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		map_deinit(&w->u.jumps);
		w_bytes(w, other + 0xf0, ends[i].bytes, 2);
		w_run(w, c.inner + 8, c.sp, 0);
		check(w, ends[i].frames, TRACE_END_OF_STACK, ends[i].frames[14] == 'B');
	}
	w->sym[4].name = "other.cold";
	map_deinit(&w->u.jumps);
	w_rel32(w, other + 0x30, 0xe9, thunk); /* a return */
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:C start:B", TRACE_END_OF_STACK, false);
	map_deinit(&w->u.jumps);
	w_rel32(w, other + 0x30, 0xe9, other); /* to its own beginning */
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:C start:B", TRACE_END_OF_STACK, false);
	map_deinit(&w->u.jumps);
	w_rel32(w, other + 0x30, 0xe9, cold + 8); /* into its own other part */
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:B start:A", TRACE_END_OF_STACK, true);
	map_deinit(&w->u.jumps);
	w->sym[3].size = 0x10000; /* past what can be read: there may be one */
	w_rel32(w, other + 0x30, 0xe9, thunk);
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:B start:A", TRACE_END_OF_STACK, true);
}

static void test_thunk_and_trampoline(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t thunk = w_func(w, 3, "__pi___x86_indirect_thunk_rax", 8, W_SP | W_CALL);
	uint64_t jump = w_func(w, 4, "__SCT__inner", 8, W_SP | W_CALL);

	w_put(w, c.sp + 8, w_call(w, c.outer + 0x20, thunk));
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_null(w->trace.frame[1].via);
	w_put(w, c.sp + 8, w_call(w, c.outer + 0x20, jump));
	w_rel32(w, jump, 0xe9, c.inner);
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_null(w->trace.frame[1].via);
}

static void test_cold_part(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t cold = w_func(w, 3, "inner.cold", 16, W_SP | W_CALL);

	w_run(w, cold + 8, c.sp, 0);
	check(w, "inner.cold:A outer:A start:A", TRACE_END_OF_STACK, true);
}

static void test_freed_init_text(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);

	w->u.init_text = (struct range){ c.start, c.start + 0x100 };
	w_bytes(w, c.start + 0x10, "\xcc\xcc\xcc\xcc\xcc", 5);
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:A start:B", TRACE_END_OF_STACK, true);
}

/* ---- ends ---- */

static void test_return_to_data(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);

	w_put(w, c.sp + 24, 0xffff888000123456);
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:A", TRACE_NOT_TEXT, false);
	assert_non_null(strstr(w->trace.reason, "0xffff888000123456"));
}

static void test_undefined(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);

	w_row(w, c.outer + 0x10, 0, 0, W_UNDEFINED);
	w_put(w, c.sp + 24, w_call_rax(w, c.start + 0x40));
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:A", TRACE_UNDEFINED, false);
}

static void test_missing_register(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);

	w_row(w, c.outer + 0x10, 0, 0, W_R10 | W_CALL);
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:A", TRACE_NO_REGISTER, false);
	assert_non_null(strstr(w->trace.reason, "r10"));
}

/* A frame pointer that leads downwards, or to itself. */
static void test_wrong_direction(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);

	w_row(w, c.inner + 4, 16, 0, W_BP | W_CALL);
	w_put(w, c.sp - 0x100 + 8, c.outer + 0x25);
	w_run(w, c.inner + 8, c.sp, c.sp - 0x100);
	check(w, "inner:A", TRACE_DIRECTION, false);
	w_put(w, c.sp - 8, c.outer + 0x25);
	w_run(w, c.inner + 8, c.sp, c.sp - 16);
	check(w, "inner:A", TRACE_DIRECTION, false);
}

static void test_off_stack(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);

	w_row(w, c.outer + 0x10, 0x4000, 0, W_SP | W_CALL);
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:A", TRACE_OFF_STACK, false);
}

/* The seed's loop asked whether its start was on the stack, not the slot that it read. Here the slot
 * is the first word behind the stack, and what lies there looks right. */
static void test_slot_off_stack(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);

	w_map(w, TASK_END, 0x1000);
	w_put(w, TASK_END, w_call(w, c.start + 0x10, c.outer));
	w_row(w, c.outer + 0x10, (int16_t)(TASK_END + 8 - (c.sp + 16)), 0, W_SP | W_CALL);
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A outer:A", TRACE_OFF_STACK, false);
	assert_non_null(strstr(w->trace.reason, "the words at"));
}

/* Memory that is readable but no stack is never walked. */
static void test_pointer_into_text(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);

	w_row(w, c.inner + 4, 16, 0, W_BP | W_CALL);
	w_put(w, W_TEXT + 0x808, c.outer + 0x25);
	w_run(w, c.inner + 8, c.sp, W_TEXT + 0x800);
	check(w, "inner:A", TRACE_OFF_STACK, false);
}

static void test_unreadable(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);

	w_unmap(w, W_TASK);
	w_run(w, c.inner + 8, c.sp, 0);
	check(w, "inner:A", TRACE_UNREADABLE, false);
	assert_int_equal(w->trace.err.fault, CAIRN_FAULT_EXCLUDED);
	assert_int_equal(w->trace.err.addr, c.sp + 8);
}

static void test_garbage_sp(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);

	w_run(w, c.inner + 8, 0xdead0000, 0);
	check(w, "inner:A", TRACE_OFF_STACK, false);
	assert_int_equal(w->trace.frame[0].stack.type, STACK_UNKNOWN);
	assert_non_null(strstr(w->trace.reason, "below the task stack"));
}

static void test_limit(void **state)
{
	struct world *w = *state;
	uint64_t f = w_func(w, 0, "recursive", 16, W_SP | W_CALL), ret = w_call(w, f + 0x10, f);

	for (uint64_t at = W_TASK; at < TASK_END; at += 16)
		w_put(w, at + 8, ret);
	w_run(w, f + 8, W_TASK, 0);
	assert_int_equal(w->trace.n, TRACE_FRAMES);
	assert_int_equal(w->trace.end, TRACE_LIMIT);
	assert_false(w->trace.complete);
}

/* Without the kernel's record of it, a replaced return address ends the walk. */
static void test_replaced_address(void **state)
{
	static const char *const names[] = { "arch_rethook_trampoline", "kretprobe_trampoline",
					     "return_to_handler" };
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);

	for (unsigned i = 0; i < 3; i++) {
		uint64_t trampoline = w_func(w, 3 + i, names[i], 8, W_SP | W_CALL);

		w_put(w, c.sp + 24, trampoline);
		w_run(w, c.inner + 8, c.sp, 0);
		check(w, "inner:A outer:A", TRACE_TRAMPOLINE, false);
	}
}

/* ---- bad calls ---- */

static void test_null_call(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);

	w_put(w, c.sp + 8, w_call_rax(w, c.outer + 0x40));
	w_run(w, 0, c.sp + 8, 0);
	check(w, "-:A outer:C start:A", TRACE_END_OF_STACK, false);
	assert_int_equal(w->trace.frame[1].rule, RULE_BAD_CALL);
}

/* A call of data by its address says itself where it led. */
static void test_data_call(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t data = c.outer + 0x4000000; /* in reach of a call, and behind all text */

	w_put(w, c.sp + 8, w_call(w, c.outer + 0x40, data));
	w_run(w, data, c.sp + 8, 0);
	check(w, "-:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_int_equal(w->trace.frame[1].rule, RULE_BAD_CALL);
	assert_null(w->trace.frame[1].note);
}

/* A call through a register is a call of a thunk. */
static void test_null_call_by_thunk(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t thunk = w_func(w, 8, "__x86_indirect_thunk_rax", 8, W_SP | W_CALL);

	w_put(w, c.sp + 8, w_call(w, c.outer + 0x40, thunk));
	w_run(w, 0, c.sp + 8, 0);
	check(w, "-:A outer:C start:A", TRACE_END_OF_STACK, false);
	w_put(w, c.sp + 8, w_call(w, c.outer + 0x40, c.inner));
	w_run(w, 0, c.sp + 8, 0);
	check(w, "-:A outer:D start:C", TRACE_END_OF_STACK, false);
	assert_int_equal(w->trace.frame[1].rule, RULE_SCAN);
}

/* ret to a damaged address: nobody called it, and what the stack holds is a guess */
static void test_return_to_nowhere(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);

	w_run(w, 0x4141414141414141, c.sp + 8, 0);
	check(w, "-:A outer:D start:C", TRACE_END_OF_STACK, false);
	assert_int_equal(w->trace.frame[1].rule, RULE_SCAN);
	/* it holds nothing */
	w_run(w, 0x4141414141414141, TASK_END - 8, 0);
	check(w, "-:A", TRACE_NOT_TEXT, false);
}

/* ---- functions that have no rules ---- */

/* outer called `ignored`, whose rows are undefined: the words on its stack that nothing shows
 * to be a call of it are passed over. */
static void test_ignored_function(void **state)
{
	static const struct {
		const char *code; /* its first bytes */
		const char *frames;
		bool complete;
	} cases[] = {
		{ "\x53\x48\x81\xec\x18\x00\x00\x00", "ignored:A outer:B start:A", true },
		{ "\x53\x48\x83\xec\x18\x90\x90\x90", "ignored:A outer:B start:A", true },
		{ "\x53\x48\x83\xec\x28\x90\x90\x90", "ignored:A outer:C start:A", false },
		{ "\x53\x90\x90\x90\x90\x90\x90\x90", "ignored:A outer:C start:A", false },
	};
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t ignored = w_func(w, 3, "ignored", 0, W_UNDEFINED), sp = c.sp - 24;

	w_put(w, sp, c.outer + 0x25);                 /* behind a call of another function */
	w_put(w, sp + 8, w_call_rax(w, c.outer + 0x40)); /* behind an indirect one */
	w_put(w, sp + 16, c.outer + 0x60);
	w_put(w, c.sp + 8, w_call(w, c.outer + 0x30, ignored));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w_bytes(w, ignored, cases[i].code, 8);
		w_run(w, ignored + 0x40, sp, 0);
		check(w, cases[i].frames, TRACE_END_OF_STACK, cases[i].complete);
		assert_int_equal(w->trace.frame[1].rule, RULE_CALLER);
	}
}

static void test_ignored_without_caller(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t ignored = w_func(w, 3, "ignored", 0, W_UNDEFINED);

	w_run(w, ignored + 0x40, c.sp, 0);
	check(w, "ignored:A", TRACE_UNDEFINED, false);
	assert_non_null(strstr(w->trace.reason, "no call of ignored"));
}

/* ---- code without tables ---- */

static void test_frame_pointer(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t jit = W_TEXT + W_TEXT_SIZE - 0x100; /* beyond what the table speaks for */

	w->sym[w->nsyms++] = (struct w_symbol){ "bpf_prog", jit, 0x100 };
	w_put(w, c.sp + 8, w_call_rax(w, c.outer + 0x40));
	w_put(w, c.sp, 0x1234);
	w_run(w, jit + 0x10, c.sp - 64, c.sp);
	check(w, "bpf_prog:A outer:C start:A", TRACE_END_OF_STACK, false);
	assert_int_equal(w->trace.frame[1].rule, RULE_FP);
	w_run(w, jit + 0x10, c.sp - 64, 0x1234);
	check(w, "bpf_prog:A", TRACE_NO_ORC, false);
	assert_non_null(strstr(w->trace.reason, "bpf_prog"));
	/* Both words must lie on the stack: the seed's walker asked about the first of its walk
	   over and over, and ran off the stack. */
	w_run(w, jit + 0x10, c.sp - 64, TASK_END - 8);
	check(w, "bpf_prog:A", TRACE_NO_ORC, false);
	w_run(w, jit + 0x10, c.sp - 64, TASK_END);
	check(w, "bpf_prog:A", TRACE_NO_ORC, false);
}

/* Its first instructions say where the frame pointer is set up, and where it is not yet. */
static void test_frame_pointer_seen(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	uint64_t jit = W_TEXT + W_TEXT_SIZE - 0x100;

	w->sym[w->nsyms++] = (struct w_symbol){ "bpf_prog", jit, 0x100 };
	w_bytes(w, jit, "\x0f\x1f\x44\x00\x00\x55\x48\x89\xe5", 9);
	w_put(w, c.sp + 8, w_call_rax(w, c.outer + 0x40));
	w_put(w, c.sp, 0x1234);
	w_run(w, jit + 0x20, c.sp - 64, c.sp);
	check(w, "bpf_prog:A outer:B start:A", TRACE_END_OF_STACK, true);
	w_run(w, jit + 6, c.sp, 0x4321);
	check(w, "bpf_prog:A outer:B start:A", TRACE_END_OF_STACK, true);
	assert_int_equal(w->trace.frame[1].fp, 0x1234);
	w_run(w, jit + 5, c.sp + 8, 0x4321);
	check(w, "bpf_prog:A outer:B start:A", TRACE_END_OF_STACK, true);
	assert_int_equal(w->trace.frame[1].fp, 0x4321);
	assert_int_equal(w->trace.frame[1].sp, c.sp + 16);
}

static void test_fresh_fork(void **state)
{
	struct world *w = *state;
	uint64_t fork = w_func(w, 0, "ret_from_fork_asm", 0, W_END), sp = TASK_END - 56 - PT_REGS;
	struct walk_state first = { 0 };
	struct tracer t;

	w_put(w, sp + 48, fork);
	w_finish_orc(w);
	t = w_tracer(w);
	t.cpu = -1;
	assert_int_equal(w->u.arch->waiting(&t, sp, &first), TRACE_GOES_ON);
	tracer_run(&t, &first);
	check(w, "ret_from_fork_asm:A", TRACE_RET_FROM_FORK, true);
	assert_int_equal(w->trace.frame[0].offset, 0);
}

static void test_waiting(void **state)
{
	struct world *w = *state;
	struct chain c = make_chain(w, TASK_END);
	struct walk_state first = { 0 };
	struct tracer t;

	w_put(w, c.sp - 8, w_call(w, c.inner + 0x40, c.outer));
	w_put(w, c.sp - 16, 0x5678); /* rbp */
	w_finish_orc(w);
	t = w_tracer(w);
	t.cpu = -1;
	assert_int_equal(w->u.arch->waiting(&t, c.sp - 56, &first), TRACE_GOES_ON);
	assert_int_equal(first.fp, 0x5678);
	tracer_run(&t, &first);
	check(w, "inner:A outer:A start:A", TRACE_END_OF_STACK, true);
	assert_int_equal(w->trace.frame[0].rule, RULE_SWITCH);
	/* it has called what switches tasks, or its return address is not the one that was left */
	w->u.switch_to = c.outer;
	t = w_tracer(w);
	assert_int_equal(w->u.arch->waiting(&t, c.sp - 56, &first), TRACE_GOES_ON);
	assert_int_equal(first.grade, 'A');
	w->u.switch_to = c.start;
	assert_int_equal(w->u.arch->waiting(&t, c.sp - 56, &first), TRACE_GOES_ON);
	tracer_run(&t, &first);
	check(w, "inner:C outer:A start:A", TRACE_END_OF_STACK, false);
	assert_int_equal(w->u.arch->waiting(&t, TASK_END - 48, &first), TRACE_OFF_STACK);
}

static void test_names(void **state)
{
	(void)state;
	for (int i = 0; i < FRAME_RULES; i++)
		assert_non_null(frame_rule_name((enum frame_rule)i));
	for (int i = 0; i < TRACE_ENDS; i++)
		assert_non_null(trace_end_name((enum trace_end)i));
	assert_string_equal(frame_rule_name(RULE_ORC), "orc");
	assert_string_equal(frame_rule_name((enum frame_rule)77), "?");
	assert_true(trace_end_is_complete(TRACE_USER_REGS));
	assert_false(trace_end_is_complete(TRACE_UNREADABLE));
	assert_false(trace_end_is_complete(TRACE_GOES_ON));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_plain), T(test_noreturn_call), T(test_user_regs),
		T(test_user_regs_padded), T(test_user_regs_misplaced), T(test_call_sites), T(test_call_sites_jump_on),
		T(test_thunk_and_trampoline), T(test_cold_part), T(test_freed_init_text),
		T(test_return_to_data), T(test_undefined), T(test_missing_register),
		T(test_wrong_direction), T(test_off_stack), T(test_slot_off_stack), T(test_pointer_into_text),
		T(test_unreadable), T(test_garbage_sp), T(test_limit), T(test_replaced_address),
		T(test_null_call), T(test_data_call), T(test_ignored_function), T(test_ignored_without_caller),
		T(test_null_call_by_thunk), T(test_return_to_nowhere), T(test_frame_pointer),
		T(test_frame_pointer_seen),
		T(test_fresh_fork), T(test_waiting), T(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
