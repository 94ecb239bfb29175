/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * start - where the walk of a task or a CPU begins.
 *
 * A task that waits left its registers on its stack when it was switched away from; one
 * that runs has them in its CPU's note. Frames and texts of a trace come from the arena
 * that is given here; symbols' names live as long as the session.
 */
#ifndef CAIRN_UNWIND_START_H
#define CAIRN_UNWIND_START_H

#include "lib/kern/cpu.h"
#include "lib/kern/task.h"
#include "unwind/trace.h"
#include "unwind/unwinder.h"

/** Trace a task: as its CPU runs it, or as it waits. The trace is always filled; whatever
 *  stands in the way is its end. */
void trace_task(struct trace *ret, struct unwinder *u, const struct task *task,
		struct arena *arena);

/** Trace what a CPU executes. `task` is the one it runs, NULL if that is not known. */
void trace_cpu(struct trace *ret, struct unwinder *u, const struct cpu *cpu,
	       const struct task *task, struct arena *arena);

#endif
