/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_group - equal stacks merged: what a thousand tasks do, in a dozen paragraphs.
 *
 * Stacks are equal when they have the same frames by pc and kind of stack, and ended for the
 * same reason. Output is cairn.stackgroup/1: count, tasks, frames.
 */
#ifndef CAIRN_CMD_STACK_GROUP_H
#define CAIRN_CMD_STACK_GROUP_H

#include "cmd/stack_out.h"
#include "lib/base/map.h"
#include "lib/base/out.h"
#include "lib/kern/session.h"
#include "lib/kern/task.h"
#include "unwind/trace.h"

/** Who has a stack. */
struct stack_owner {
	const struct task *task; /* NULL: not known */
	int32_t cpu;             /* -1: not known */
};

struct stack_group {
	struct trace trace;      /* merged: no stack pointers, no registers */
	struct stack_owner *owner;
	size_t n, cap;
	size_t first;            /* in which order the group was met */
};

/** Zero-initialised but for the arena, which must outlive it; release with
 *  stack_groups_deinit(). */
struct stack_groups {
	struct arena *arena;
	struct stack_group *group;
	size_t n, cap;
	struct map by_hash;      /* private */
};

/** Add one stack; what is needed of the trace is copied. False: out of memory. */
bool stack_groups_add(struct stack_groups *g, const struct task *task, int32_t cpu,
		      const struct trace *tr);

/** Largest group first, else in the order they were met. Nothing can be added after that. */
void stack_groups_sort(struct stack_groups *g);

void stack_groups_deinit(struct stack_groups *g);

/** One record for each group. Of `detail` lines and inlined calls are used. */
void stack_groups_show(const struct stack_groups *g, struct out *o, struct cairn *c,
		       const struct stack_detail *detail);

#endif
