/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/lr.h"

#include "unwind/callsite.h"
#include "unwind/grade.h"

/* The function called itself, and stands where it has not yet saved anything. */
static bool is_own_call(struct unwinder *u, uint64_t lr, const struct sym *self)
{
	unsigned char before[CALLSITE_BYTES];
	struct callsite call[2];

	return !reader_bytes(&u->mem, lr - sizeof(before), before, sizeof(before), NULL) &&
	       u->calls->candidates(before, lr, call) && call[0].kind == CALLSITE_DIRECT &&
	       call[0].target == self->addr;
}

static bool calls_current(struct tracer *t, uint64_t lr)
{
	struct frame caller = { .pc = lr };
	struct grade g = grade_return(t->u, &t->trace->frame[t->trace->n - 1], &caller);

	return g.grade == 'A';
}

bool lr_returns(struct tracer *t, uint64_t lr, uint64_t saved, bool made)
{
	struct sym self, from;

	if (!t->trace->n || !unwinder_is_text(t->u, lr - 1) || !sym_at(t->u->syms, t->now.pc, &self, NULL))
		return false;
	if (sym_at(t->u->syms, lr - 1, &from, NULL) && from.addr == self.addr)
		return !made && is_own_call(t->u, lr, &self);
	if (!made)
		return true;
	return lr != saved && calls_current(t, lr);
}
