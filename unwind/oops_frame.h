/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oops_frame - the places in kernel code that a line of a report names.
 *
 * As the kernels write them:
 *   " foo+0x1/0x20 [mod]"  " ? foo+0x1/0x20"  " [<ffffffff81000000>] foo+0x1/0x20"   x86, arm64
 *   " foo from bar+0x1/0x20"                                                        ARM32
 *   "[<c0100000>] (foo) from [<c0100010>] (bar+0x1/0x20)"                            ARM32, before 5.17
 *   " [<0>] foo+0x1/0x20"                                                           /proc/PID/stack
 *   "RIP: 0010:foo+0x1/0x20"  "EIP: foo+.."  "PC is at foo+.."  "pc : foo+.."  "NIP [..] foo+.."
 * With what scripts add: file and line behind it, "[inline]"; or make of it (decode_stacktrace.sh):
 *   " foo (drivers/foo.c:12) mod"
 * Sources: arch/x86/kernel/dumpstack.c (show_trace_log_lvl, show_ip), arch/arm/kernel/traps.c
 * (dump_backtrace_entry), arch/arm64/kernel/stacktrace.c, lib/vsprintf.c (%pS).
 */
#ifndef CAIRN_UNWIND_OOPS_FRAME_H
#define CAIRN_UNWIND_OOPS_FRAME_H

#include "unwind/oops_text.h"

struct oops_place {
	struct piece function; /* as written, with the compiler's endings; p NULL: has no name */
	struct piece module;   /* p NULL: the kernel image */
	struct piece file;     /* p NULL: not said */
	uint64_t line;
	bool has_offset;
	uint64_t offset, size; /* of the place in the function; the function's, 0: not said */
	bool has_pc;
	uint64_t pc;           /* 0 can be one */
	bool guess;            /* '?' or "(unreliable)": a word that happened to lie there */
};

/** The places of a line of a stack trace, innermost first; returns how many, at most 2. */
unsigned oops_frames(struct piece line, struct oops_place ret[2]);

/** The place in a line that tells the interrupted instruction. *user: it was user code. */
bool oops_frame_of_regs(struct piece line, struct oops_place *ret, bool *user);

/** "foo+0x1/0x20 [mod]", "foo (foo.c:12) mod" or "0x1234" at the beginning of a text. A place that is
 *  not one may be left half read. */
bool oops_place_read(struct piece text, struct oops_place *ret);

#endif
