/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crashkind - what a crash was, as the stack of the CPU that died tells it: for dumps without a
 * log, or with one that has wrapped over the report.
 *
 * The kernel's words for a crash are printed by functions that are still on the stack, or were
 * called by those: which of them lie between panic() and the frame that crashed tells the class,
 * but for page faults and undefined instructions, where the instruction and its registers do.
 */
#ifndef CAIRN_UNWIND_CRASHKIND_H
#define CAIRN_UNWIND_CRASHKIND_H

#include "lib/image/arch.h"
#include "lib/image/space.h"
#include "lib/kern/cpu.h"
#include "unwind/trace.h"

/** The CPU died here: it is in panic(), or on its way into another kernel, and came first. */
bool crashkind_died(const struct trace *tr);

/** The CPU is in panic(), which prints what for before all else: a log without that lost it. */
bool crashkind_panicked(const struct trace *tr);

/** The class of a CPU's trace as crashclass.h has it: "panic" where a function called panic() that no
 *  rule knows. NULL: the trace shows no crash. `space` is the kernel's memory. */
const char *crashkind_of(const struct trace *tr, const struct cpu *cpu, const struct arch *arch,
			 struct space *space);

/** A title in syzbot's style, where no log has a better one. `function`: that is to blame; NULL: not
 *  known. NULL: out of memory. */
const char *crashkind_title(const char *class, const char *function, struct arena *a);

#endif
