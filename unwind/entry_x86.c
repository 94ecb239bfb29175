/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/entry_x86.h"

#define FLAG_ONE 2u  /* bit 1 of EFLAGS is always set */
#define PADDING  16u /* most that lies above the registers of user mode: FRED, vm86 */

bool entry_x86_are_zero(const struct entry_x86 *l, const uint64_t *regs)
{
	return !regs[l->ip] && !(regs[l->cs] & 0xffff) && !regs[l->sp];
}

bool entry_x86_are_plausible(const struct entry_x86 *l, const uint64_t *regs)
{
	return (regs[l->cs] & 0xffff) && regs[l->flags] & FLAG_ONE;
}

bool entry_x86_is_at_top(const struct tracer *t, const struct entry_x86 *l)
{
	uint64_t end = t->now.sp + l->words * t->u->mem.word, top = tracer_task_end(t);

	return top && end <= top && top - end <= PADDING;
}

bool entry_x86_regs(struct tracer *t, const struct entry_x86 *l, uint64_t *regs)
{
	struct sym sym;

	if (t->now.interrupted || !sym_at(t->u->syms, t->now.pc - 1, &sym, NULL) || sym.module ||
	    reader_words(&t->u->mem, t->now.sp, regs, l->words, NULL))
		return false;
	if (entry_x86_are_zero(l, regs) || t->u->arch->user_mode(regs))
		return entry_x86_is_at_top(t, l);
	return entry_x86_are_plausible(l, regs) && unwinder_is_text(t->u, regs[l->ip]);
}
