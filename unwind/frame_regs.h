/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frame_regs - what the registers held in each frame of a trace.
 *
 * A walk by ORC knows where a frame begins and its frame pointer, no more. Where debug info has
 * call frame information for a frame, and its CFA is the one that the walk found, it also tells
 * where the registers that calls preserve were saved. From the first frame for which that cannot
 * be said on, they are unknown until saved registers come up again.
 */
#ifndef CAIRN_UNWIND_FRAME_REGS_H
#define CAIRN_UNWIND_FRAME_REGS_H

#include "lib/debug/cfi.h"
#include "lib/kern/session.h"
#include "unwind/reader.h"
#include "unwind/trace.h"

struct frame_regs {
	struct cfi_regs regs; /* as of the frame's pc */
	uint64_t cfa;         /* the caller's stack pointer; by the walk, not by the table */
	bool cfa_known;
};

/** Fill ret[0] to ret[tr->n - 1]. `mem` is where the stacks lie. */
void frame_regs_fill(struct frame_regs *ret, struct cairn *c, const struct arch *arch,
		     const struct reader *mem, const struct trace *tr);

#endif
