/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/cfi.h"

#include <stdlib.h>

#include "lib/base/cursor.h"

struct cfi {
	Dwarf_CFI *debug_frame; /* belongs to the file's Dwarf */
	Dwarf_CFI *eh_frame;
};

/* What the expressions of one row are run on. */
struct row {
	const struct cfi_regs *regs;
	const struct loc_env *mem;
	uint64_t cfa;
};

static bool row_reg(void *arg, unsigned number, struct loc_reg *ret)
{
	return cfi_reg(((struct row *)arg)->regs, number, ret);
}

static enum cairn_code row_read(void *arg, uint64_t addr, void *buf, size_t len,
				struct cairn_err *err)
{
	const struct loc_env *mem = ((struct row *)arg)->mem;

	return mem->read(mem->arg, addr, buf, len, err);
}

static enum cairn_code row_cfa(void *arg, uint64_t *ret, struct cairn_err *err)
{
	(void)err;
	*ret = ((struct row *)arg)->cfa;
	return CAIRN_OK;
}

/* A register whose rule leads nowhere is not known. */
static bool by_rule(const struct loc_env *env, Dwarf_Op *ops, size_t n, struct loc_reg *ret)
{
	const struct loc_piece *p;
	unsigned char raw[8];
	struct loc l;

	if (loc_run(&l, NULL, ops, n, env, NULL) || l.n != 1)
		return false;
	p = &l.piece[0];
	*ret = (struct loc_reg){ .value = p->value };
	if (p->kind == LOC_REGISTER && p->known)
		*ret = p->reg;
	else if (p->kind == LOC_MEMORY && !env->read(env->arg, p->value, raw, env->arch->word, NULL))
		*ret = (struct loc_reg){ le_uint(raw, env->arch->word), p->value };
	else if (p->kind != LOC_VALUE)
		return false;
	return true;
}

/* What the table does not speak of goes by the ABI; of that, libdw 0.188 (x86_64_cfi.c) says that
 * calls preserve rax, and not rbx. */
static bool is_misjudged(const struct arch *a, unsigned number)
{
	enum { RBX = 3 };

	return a->id == ARCH_X86_64 && number == RBX;
}

/* Without operations it is undefined (ops set), or the same as before (kept). */
static bool caller_reg(Dwarf_Frame *frame, unsigned number, const struct loc_env *env,
		       struct loc_reg *ret, bool *kept)
{
	Dwarf_Op mem[3], *ops;
	size_t n;

	if (dwarf_frame_register(frame, (int)number, mem, &ops, &n))
		return false;
	*kept = !n;
	if (!n)
		return dwarfreg_is_preserved(env->arch, number) &&
		       (!ops || is_misjudged(env->arch, number)) &&
		       env->reg(env->arg, number, ret);
	return by_rule(env, ops, n, ret);
}

static enum cairn_code run_row(Dwarf_Frame *frame, struct row *row, struct cfi_regs *ret,
			       struct cairn_err *err)
{
	struct loc_env env = { .arch = row->mem->arch, .reg = row_reg, .read = row_read,
			       .arg = row };
	Dwarf_Op *ops;
	size_t n;
	enum cairn_code code;

	if (dwarf_frame_cfa(frame, &ops, &n) || !n)
		return cairn_fail(err, CAIRN_CORRUPT, "no rule for the CFA");
	code = loc_number(&row->cfa, NULL, ops, n, &env, err);
	if (code)
		return cairn_context(err, code, "CFA");
	env.cfa = row_cfa;
	*ret = (struct cfi_regs){ .known = 0 };
	for (unsigned i = 0; i < DWARF_REGS; i++) {
		bool kept = false;

		if (!caller_reg(frame, i, &env, &ret->reg[i], &kept))
			continue;
		ret->known |= UINT64_C(1) << i;
		ret->kept |= (uint64_t)kept << i;
	}
	return CAIRN_OK;
}

static struct cfi *tables(struct debugfile *f)
{
	Dwarf *dwarf;

	if (f->cfi)
		return f->cfi;
	f->cfi = arena_alloc(&f->arena, sizeof(*f->cfi));
	if (!f->cfi)
		return NULL;
	if (!debugfile_dwarf(f, &dwarf, NULL))
		f->cfi->debug_frame = dwarf_getcfi(dwarf);
	/* a module's is full of relocations that nobody applied */
	if (f->elf && f->kind == DEBUGFILE_KERNEL)
		f->cfi->eh_frame = dwarf_getcfi_elf(f->elf);
	return f->cfi;
}

enum cairn_code cfi_caller(struct debugfile *f, uint64_t pc, const struct cfi_regs *regs,
			   const struct loc_env *mem, uint64_t *cfa, struct cfi_regs *ret,
			   struct cairn_err *err)
{
	struct row row = { .regs = regs, .mem = mem };
	struct cfi *c = tables(f);
	Dwarf_Frame *frame;
	enum cairn_code code;

	if (!c || !((c->debug_frame && !dwarf_cfi_addrframe(c->debug_frame, pc, &frame)) ||
		    (c->eh_frame && !dwarf_cfi_addrframe(c->eh_frame, pc, &frame))))
		return cairn_fail(err, CAIRN_NOTFOUND, "%s has no call frame information there",
				  f->path);
	code = run_row(frame, &row, ret, err);
	free(frame);
	*cfa = row.cfa;
	return code;
}

bool cfi_return(const struct arch *a, const struct cfi_regs *r, struct loc_reg *ret)
{
	enum { I386_RETURN = 8, X86_64_RETURN = 16, ARM_LR = 14, ARM64_LR = 30 };
	static const unsigned number[] = {
		[ARCH_I386] = I386_RETURN, [ARCH_X86_64] = X86_64_RETURN, [ARCH_ARM] = ARM_LR,
		[ARCH_ARM64] = ARM64_LR,
	};

	return cfi_reg(r, number[a->id], ret);
}

void cfi_free(struct debugfile *f)
{
	if (f->cfi && f->cfi->eh_frame)
		dwarf_cfi_end(f->cfi->eh_frame);
	f->cfi = NULL;
}
