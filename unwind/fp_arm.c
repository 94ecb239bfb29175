/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/fp_arm.h"

#define WORD 4u

enum { FP = 11, SP = 13 };

/* pc as stm stores it is 8 or 12 bytes ahead: that of an instruction near the beginning of the
 * function that is left. */
static bool is_own_pc(struct tracer *t, uint64_t pc)
{
	struct sym self, saved;

	return sym_at(t->u->syms, t->now.pc - !t->now.interrupted, &self, NULL) &&
	       sym_at(t->u->syms, pc, &saved, NULL) && saved.addr == self.addr;
}

static void set(struct walk_state *next, uint64_t pc, uint64_t sp, uint64_t fp)
{
	next->pc = pc & ~UINT64_C(1);
	next->sp = next->regs[SP] = sp;
	next->fp = next->regs[FP] = fp;
	next->fp_known = true;
	next->rule = RULE_FP;
}

static enum trace_end step_gcc(struct tracer *t, struct walk_state *next)
{
	enum { SAVED_FP, SAVED_SP, SAVED_LR, SAVED_PC, WORDS };
	uint64_t words[WORDS], at = t->now.fp - SAVED_PC * WORD;
	enum trace_end end = tracer_stack_words(t, at, words, WORDS);

	if (end)
		return end;
	if (!is_own_pc(t, words[SAVED_PC]))
		return TRACE_NO_TABLE;
	set(next, words[SAVED_LR], words[SAVED_SP], words[SAVED_FP]);
	next->slot = at + SAVED_LR * WORD;
	next->grade = 'A';
	return TRACE_GOES_ON;
}

static enum trace_end step_clang(struct tracer *t, struct walk_state *next)
{
	uint64_t words[2];
	enum trace_end end = tracer_stack_words(t, t->now.fp, words, 2);

	if (end)
		return end;
	if (!unwinder_is_text(t->u, (words[1] & ~UINT64_C(1)) - 1))
		return TRACE_NO_TABLE;
	set(next, words[1], t->now.fp + 2 * WORD, words[0]);
	next->slot = t->now.fp + WORD;
	next->grade = 'C'; /* nothing says that fp is a frame pointer here */
	return TRACE_GOES_ON;
}

/* It may be on the stack before this one, of which nothing is left (call_with_stack()). */
static bool has_frame(const struct tracer *t)
{
	if (!t->now.fp_known || t->now.fp & 3)
		return false;
	if (!on_stack(&t->stack, t->now.fp, WORD))
		return t->stack.type == STACK_IRQ && t->now.sp == t->stack.end;
	return t->now.fp >= t->now.sp;
}

enum trace_end fp_arm_step(struct tracer *t, struct walk_state *next)
{
	enum trace_end end = TRACE_NO_TABLE;

	if (has_frame(t)) {
		end = step_gcc(t, next);
		if (end)
			end = step_clang(t, next);
	}
	if (end)
		return tracer_end(t, TRACE_NO_TABLE, "for %#llx, and no frame pointer%s%s",
				  (unsigned long long)t->now.pc, t->u->lack.code ? "; " : "",
				  t->u->lack.text);
	return TRACE_GOES_ON;
}
