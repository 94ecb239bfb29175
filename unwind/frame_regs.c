/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/frame_regs.h"

#include <dwarf.h>

#include "lib/debug/debugplace.h"
#include "lib/debug/scope.h"
#include "lib/kern/debuginfo.h"

static void set(struct cfi_regs *r, const struct arch *a, unsigned index, struct loc_reg reg)
{
	int number = dwarfreg_number(a, index);

	if (number < 0)
		return;
	r->reg[number] = reg;
	r->known |= UINT64_C(1) << number;
}

/* Registers that a note, an exception or a switch of tasks saved. */
static void take_saved(struct cfi_regs *r, const struct arch *a, const struct frame *f, unsigned n)
{
	const uint64_t *from = f->regs ? f->regs : f->some;

	if (!from)
		return;
	*r = (struct cfi_regs){ .known = 0 };
	for (unsigned i = 0; i < n; i++)
		if (f->regs || f->some_known >> i & 1)
			set(r, a, i, (struct loc_reg){
				from[i], f->regs_addr ? f->regs_addr + i * a->word : 0 });
}

/* What the walk itself knows. A frame pointer that contradicts it makes all doubtful. */
static void take_walked(struct cfi_regs *r, const struct arch *a, const struct frame *f)
{
	int fp = dwarfreg_number(a, a->fp), sp = dwarfreg_number(a, a->sp);
	struct loc_reg had;

	if (f->fp_known && fp >= 0) {
		if (!cfi_reg(r, (unsigned)fp, &had))
			set(r, a, a->fp, (struct loc_reg){ .value = f->fp });
		else if (had.value != f->fp)
			*r = (struct cfi_regs){ .known = 0 };
	}
	if (f->sp && (sp < 0 || !cfi_reg(r, (unsigned)sp, &had)))
		set(r, a, a->sp, (struct loc_reg){ .value = f->sp });
	set(r, a, a->pc, (struct loc_reg){ .value = f->pc });
}

/* The walk came to the caller by a return address that lies where calls leave it. */
static bool is_return(const struct frame *f)
{
	return (f->rule == RULE_ORC || f->rule == RULE_FP || f->rule == RULE_CFI ||
		f->rule == RULE_EHABI || f->rule == RULE_LR || f->rule == RULE_RETHOOK ||
		f->rule == RULE_FGRAPH) && f->grade <= 'B' && !f->regs;
}

static bool is_noreturn(struct debugfile *file, uint64_t pc)
{
	const struct scope *s = scope_at(file, pc);
	Dwarf_Attribute mem;
	Dwarf_Die function;

	if (!s || !s->n)
		return false;
	function = s->die[0];
	return dwarf_attr_integrate(&function, DW_AT_noreturn, &mem) != NULL;
}

/* A compiler may let functions that never return use registers without saving them (GCC:
 * -mnoreturn-no-callee-saved-registers). One that saves some does as all others do. */
static void distrust(struct cfi_regs *r, const struct arch *a)
{
	int fp = dwarfreg_number(a, a->fp);

	for (unsigned i = 0; i < DWARF_REGS; i++)
		if (dwarfreg_is_preserved(a, i) && (int)i != fp && (r->known & ~r->kept) >> i & 1)
			return;
	r->known &= ~r->kept;
}

/* The table speaks of the frame that the walk left: by its end, or where that is not exactly known
 * (frame records), by where the return address lies. */
static bool agrees(const struct arch *a, const struct frame *caller, uint64_t cfa,
		   const struct cfi_regs *regs)
{
	struct loc_reg back;

	return cfa == caller->sp ||
	       (caller->slot && cfi_return(a, regs, &back) && back.saved == caller->slot);
}

static void step(struct frame_regs *now, struct frame_regs *next, struct cairn *c,
		 const struct loc_env *mem, const struct frame *f, const struct frame *caller)
{
	uint64_t pc = f->pc - (f->interrupted ? 0 : 1), own, cfa;
	struct debugfile *file;
	struct cfi_regs regs;

	if (caller->rule == RULE_BAD_CALL) { /* nothing ran that could have changed them */
		next->regs = now->regs;
		return;
	}
	if (!is_return(caller))
		return;
	now->cfa = caller->sp;
	now->cfa_known = true;
	file = debuginfo_find_at(c, pc);
	if (!file || !debugfile_file_addr(file, pc, &own) ||
	    cfi_caller(file, own, &now->regs, mem, &cfa, &regs, NULL) ||
	    !agrees(mem->arch, caller, cfa, &regs))
		return;
	now->cfa = cfa;
	if (is_noreturn(file, own))
		distrust(&regs, mem->arch);
	next->regs = regs;
}

void frame_regs_fill(struct frame_regs *ret, struct cairn *c, const struct arch *arch,
		     const struct reader *mem, const struct trace *tr)
{
	struct loc_env env = { .arch = arch, .read = mem->read, .arg = mem->self };

	for (size_t i = 0; i < tr->n; i++)
		ret[i] = (struct frame_regs){ .cfa_known = false };
	for (size_t i = 0; i < tr->n; i++) {
		take_saved(&ret[i].regs, arch, &tr->frame[i], tr->nregs);
		take_walked(&ret[i].regs, arch, &tr->frame[i]);
		if (i + 1 < tr->n)
			step(&ret[i], &ret[i + 1], c, &env, &tr->frame[i], &tr->frame[i + 1]);
	}
}
