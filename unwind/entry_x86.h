/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * entry_x86 - the registers that entry code saved, by where it stands: code without unwind tables
 * and without a frame of its own, which calls its handlers with the stack pointer right at them.
 *
 * Sources: arch/x86/entry/entry_64.S (idtentry_body, entry_SYSCALL_64), entry_32.S
 * (handle_exception, SAVE_ALL), asm/processor.h task_pt_regs().
 */
#ifndef CAIRN_UNWIND_ENTRY_X86_H
#define CAIRN_UNWIND_ENTRY_X86_H

#include "unwind/tracer.h"

/** struct pt_regs: words in all, and by index. */
struct entry_x86 {
	unsigned words, ip, cs, flags, sp;
};

/** Those of a kernel thread are zeros. */
bool entry_x86_are_zero(const struct entry_x86 *l, const uint64_t *regs);

/** A word of code's segment, and what EFLAGS always has. */
bool entry_x86_are_plausible(const struct entry_x86 *l, const uint64_t *regs);

/** The stack pointer is where the registers of user mode lie, or zeros. */
bool entry_x86_is_at_top(const struct tracer *t, const struct entry_x86 *l);

/** The stack pointer is at saved registers, which go to regs. Of modules' code, and of what was
 *  interrupted, it never is. */
bool entry_x86_regs(struct tracer *t, const struct entry_x86 *l, uint64_t *regs);

#endif
