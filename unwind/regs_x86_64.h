/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * regs_x86_64 - registers that lie on a stack of x86_64, as a state of the walk.
 *
 * Sources: arch/x86/include/asm/ptrace.h, arch/x86/entry/entry_64.S (asm_exc_nmi).
 */
#ifndef CAIRN_UNWIND_REGS_X86_64_H
#define CAIRN_UNWIND_REGS_X86_64_H

#include "unwind/entry_x86.h"
#include "unwind/tracer.h"

/** struct pt_regs, which is also the beginning of pr_reg: words by index */
enum {
	R13 = 2, R12 = 3, BP = 4, BX = 5, R10 = 7, AX = 10, DX = 12, DI = 14, IP = 16, CS = 17,
	FLAGS = 18, SP = 19, SS = 20, PT_REGS = 21,
};

/** Words below the end of the NMI stack where pt_regs are; they end with a copy of what the
 *  processor pushed first. */
#define NMI_REGS 33

extern const struct entry_x86 regs_x86_64_layout;

bool regs_x86_64_user_mode(const uint64_t *regs);

/** What was interrupted, by all of struct pt_regs at an address on a stack. */
enum trace_end regs_x86_64_step(struct tracer *t, uint64_t addr, struct walk_state *next);

/** Likewise, where only what the processor pushed lies there, from ip on: entry code had not yet
 *  saved the rest, which are those it interrupted with, if the walk knows them. */
enum trace_end regs_x86_64_step_partial(struct tracer *t, uint64_t addr, struct walk_state *next);

#endif
