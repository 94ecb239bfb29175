/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * grade - what the call site before a return address says about a frame.
 */
#ifndef CAIRN_UNWIND_GRADE_H
#define CAIRN_UNWIND_GRADE_H

#include "unwind/trace.h"
#include "unwind/unwinder.h"

struct grade {
	char grade;
	bool confirmed;   /* a direct call of the very function below: the walk stands */
	bool lost;        /* nothing leads from here to the frame below: what follows may be what an
			     earlier call left, and fit together as well as the truth */
	const char *via;  /* as struct frame has it */
	const char *note;
};

/** Judge frame f, whose pc is a return address, by the bytes before it. `callee` is the
 *  frame below, NULL if there is none. A call through a pointer can call anything; a
 *  direct call must name the callee, or what jumps to it. */
struct grade grade_return(struct unwinder *u, const struct frame *callee, const struct frame *f);

/** An indirect call, or a direct one of `target`, ends at pc. */
bool is_after_call_of(struct unwinder *u, uint64_t pc, uint64_t target);

/** Likewise, but a direct one of it alone. */
bool is_after_direct_call_of(struct unwinder *u, uint64_t pc, uint64_t target);

#endif
