/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfi - what a caller's registers were, by a file's call frame information (.debug_frame,
 * .eh_frame), through libdw.
 *
 * The tables are the compiler's: they do not know of what assembly within a function does to the
 * stack pointer, and most functions written in assembly have none. Whoever asks compares the CFA
 * with what he knows.
 */
#ifndef CAIRN_DEBUG_CFI_H
#define CAIRN_DEBUG_CFI_H

#include "lib/debug/debugfile.h"
#include "lib/debug/dwarfreg.h"
#include "lib/debug/loc.h"

/** Registers of a frame by DWARF's numbers. */
struct cfi_regs {
	uint64_t known; /* bit n: reg[n] is */
	uint64_t kept;  /* of cfi_caller(), of these: no rule tells of it; calls preserve it */
	struct loc_reg reg[DWARF_REGS];
};

static inline bool cfi_reg(const struct cfi_regs *r, unsigned number, struct loc_reg *ret)
{
	if (number >= DWARF_REGS || !(r->known >> number & 1))
		return false;
	*ret = r->reg[number];
	return true;
}

/** The CFA of the function at `pc` (an address of the file's own) when its registers are `regs`,
 *  and its caller's registers: those that are not known, or that calls do not preserve, are
 *  left out. Of `mem` the machine and the memory are used. CAIRN_NOTFOUND: no table speaks of
 *  pc. */
enum cairn_code cfi_caller(struct debugfile *f, uint64_t pc, const struct cfi_regs *regs,
			   const struct loc_env *mem, uint64_t *cfa, struct cfi_regs *ret,
			   struct cairn_err *err);

/** Where a function returns to, out of what cfi_caller() says of its caller: debug info gives that
 *  a number of its own (x86), or the link register's. */
bool cfi_return(const struct arch *a, const struct cfi_regs *r, struct loc_reg *ret);

/** For debugfile_close(). */
void cfi_free(struct debugfile *f);

#endif
