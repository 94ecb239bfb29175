/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_out - traces for people and for programs (cairn.stack/1).
 *
 * One set of calls writes both. The text shows stacks between brackets as the kernel's own
 * traces do, a frame's grade where it is not A, the registers of every interruption, and
 * why the walk ended.
 */
#ifndef CAIRN_CMD_STACK_OUT_H
#define CAIRN_CMD_STACK_OUT_H

#include <stdbool.h>

#include "lib/base/out.h"
#include "lib/kern/session.h"
#include "lib/kern/task.h"
#include "unwind/trace.h"
#include "unwind/unwinder.h"

/** What is shown besides the frames. For lines, inlines and vars the vmlinux and the modules' debug
 *  files are looked for; JSON has file and line wherever a file that is open knows them. */
struct stack_detail {
	bool lines;   /* source file and line, in the text */
	bool inlines; /* a frame for each call that was inlined */
	struct unwinder *vars; /* arguments and local variables, of inlined calls too, by what
				  this unwinder reads; NULL: none */
	struct arena *arena;   /* for them */
	bool regs_only;        /* only the frames that have registers */
	struct unwinder *guess; /* also what the stack has between the frames; NULL: not */
	struct unwinder *words; /* also every word of the stacks; NULL: not */
};

/** One record cairn.stack/1. `task` is NULL when it is not known who runs on the CPU;
 *  cpu is -1 when not known. `detail` may be NULL. */
void stack_record(struct out *o, struct cairn *c, const struct task *task, int32_t cpu,
		  const struct trace *tr, const struct stack_detail *detail);

/** The same fields into an object or record that is open. */
void stack_fields(struct out *o, struct cairn *c, const struct task *task, int32_t cpu,
		  const struct trace *tr, const struct stack_detail *detail);

/** Only the frames, and why there are no more; of `detail` lines and inlined calls are used. */
void stack_frames(struct out *o, struct cairn *c, const struct trace *tr,
		  const struct stack_detail *detail);

/** A register set as the kernel prints it, each line indented. Text only. */
void stack_regs_text(struct out *o, struct cairn *c, const uint64_t *regs, unsigned n);

#endif
