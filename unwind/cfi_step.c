/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/cfi_step.h"

#include "lib/debug/cfi.h"
#include "lib/debug/debugplace.h"
#include "lib/kern/debuginfo.h"

static struct debugfile *file_at(struct unwinder *u, uint64_t pc, uint64_t *own)
{
	struct debugfile *f = NULL;

	if (u->c)
		f = u->lack.code ? debuginfo_find_at(u->c, pc) : debuginfo_at(u->c, pc);
	return f && debugfile_file_addr(f, pc, own) ? f : NULL;
}

static void set(struct cfi_regs *r, const struct arch *a, unsigned index, uint64_t value)
{
	int number = dwarfreg_number(a, index);

	if (number < 0)
		return;
	r->reg[number] = (struct loc_reg){ .value = value };
	r->known |= UINT64_C(1) << number;
}

static struct cfi_regs known_now(const struct tracer *t, uint64_t sp)
{
	const struct walk_state *s = &t->now;
	const struct arch *a = t->u->machine;
	struct cfi_regs r = { .known = 0 };

	for (unsigned i = 0; i < t->trace->nregs; i++)
		if (s->has_regs || (s->some | s->passed) >> i & 1)
			set(&r, a, i, s->regs[i]);
	if (s->fp_known)
		set(&r, a, a->fp, s->fp);
	set(&r, a, a->sp, sp);
	set(&r, a, a->pc, s->pc);
	return r;
}

static void pass_on(struct walk_state *next, const struct arch *a, const struct cfi_regs *r)
{
	struct loc_reg reg;

	for (unsigned i = 0; i < a->nregs; i++) {
		int number = dwarfreg_number(a, i);

		if (number < 0 || !cfi_reg(r, (unsigned)number, &reg))
			continue;
		next->regs[i] = reg.value;
		next->passed |= UINT64_C(1) << i;
	}
	next->fp = next->regs[a->fp];
	next->fp_known = next->passed >> a->fp & 1;
}

bool cfi_step(struct tracer *t, uint64_t sp, struct walk_state *next)
{
	const struct reader *r = &t->u->mem;
	struct loc_env mem = { .arch = t->u->machine, .read = r->read, .arg = r->self };
	uint64_t pc = t->now.pc - (t->now.interrupted || t->now.label ? 0 : 1), own, cfa;
	struct debugfile *file = file_at(t->u, pc, &own);
	struct cfi_regs now = known_now(t, sp), caller;
	struct loc_reg back;

	if (!file || cfi_caller(file, own, &now, &mem, &cfa, &caller, NULL) ||
	    !cfi_return(mem.arch, &caller, &back))
		return false;
	pass_on(next, mem.arch, &caller);
	next->pc = back.value;
	next->slot = back.saved;
	next->sp = cfa;
	next->rule = RULE_CFI;
	next->grade = 'A';
	return true;
}
