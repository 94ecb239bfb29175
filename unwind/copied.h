/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * copied - code that x86 kernels copied elsewhere to run it there, and whose unwind rules are
 * those of the original.
 *
 *   ftrace trampolines   copies of ftrace_caller or ftrace_regs_caller
 *   kprobe slots         the probed instruction, and a jump back behind it
 *   kprobe detours       a probe that became a jump: code that saves pt_regs and calls the handler,
 *                        then the instructions that the jump replaced
 *
 * Sources: arch/x86/kernel/unwind_orc.c orc_ftrace_find(), arch/x86/kernel/ftrace.c
 * create_trampoline(), arch/x86/kernel/kprobes/core.c, opt.c optprobe_template_entry;
 * kernel/kprobes.c kprobe_table.
 */
#ifndef CAIRN_UNWIND_COPIED_H
#define CAIRN_UNWIND_COPIED_H

#include "unwind/unwinder.h"

enum copied_kind {
	COPIED_NOT,      /* no such code, or its original is not found */
	COPIED_FTRACE,
	COPIED_SLOT,
	COPIED_DETOUR,   /* among the instructions that the jump replaced */
	COPIED_REGS,     /* in the rest of a detour: pt_regs lie at the stack pointer, once the
			    handler was called */
};

/** What the code at ip is, and where its original lies (not for COPIED_REGS). */
enum copied_kind copied_find(struct unwinder *u, uint64_t ip, uint64_t *original);

#endif
