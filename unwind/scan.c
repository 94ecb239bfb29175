/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/scan.h"

#include "unwind/grade.h"

#define SCAN_WORDS 512 /* no frame is larger, or the walk is lost anyway */

enum fit { FIT_NONE, FIT_ANY, FIT_CALL };

static enum fit fit_of(struct tracer *t, uint64_t pc)
{
	struct frame caller = { .pc = pc };
	struct grade g;

	if (!unwinder_is_text(t->u, pc - 1))
		return FIT_NONE;
	g = grade_return(t->u, t->trace->n ? &t->trace->frame[t->trace->n - 1] : NULL, &caller);
	if (g.grade != 'A')
		return FIT_NONE;
	return g.confirmed ? FIT_CALL : FIT_ANY;
}

static void take(const struct tracer *t, struct walk_state *next, uint64_t at, uint64_t pc,
		 char grade)
{
	next->pc = pc;
	next->slot = at;
	next->sp = at + t->u->mem.word;
	next->rule = RULE_SCAN;
	next->grade = grade;
}

enum trace_end scan_step(struct tracer *t, struct walk_state *next)
{
	unsigned word = t->u->mem.word;
	uint64_t at = t->now.sp, pc;
	enum trace_end end;
	enum fit fit;

	for (unsigned i = 0; i < SCAN_WORDS && on_stack(&t->stack, at, word); i++, at += word) {
		end = tracer_stack_words(t, at, &pc, 1);
		if (end)
			return end;
		fit = fit_of(t, pc);
		if (fit == FIT_CALL) {
			take(t, next, at, pc, 'C');
			return TRACE_GOES_ON;
		}
		if (fit == FIT_ANY && !next->pc)
			take(t, next, at, pc, 'D');
	}
	if (next->pc)
		return TRACE_GOES_ON;
	return tracer_end(t, TRACE_NO_TABLE, "for %#llx, and no return address that fits",
			  (unsigned long long)t->now.pc);
}

bool scan_for_callers(struct tracer *t, struct walk_state *next)
{
	*next = (struct walk_state){ .note = "found on the stack: of a call then, or of an earlier one" };
	if (scan_step(t, next) != TRACE_GOES_ON)
		return false;
	t->lost = t->guessed = true;
	return true;
}
