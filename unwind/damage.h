/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * damage - what says that a stack ran over, or that something wrote to its end.
 *
 * A stack pointer in the guard below a stack, the kernel's own handler of overflows, and the word
 * at the end of each task's stack that never changes while all is well. Sources:
 * arch/x86/kernel/traps.c handle_stack_overflow(), arch/arm64/kernel/traps.c and
 * arch/arm/kernel/traps.c handle_bad_stack(), include/linux/sched/task_stack.h end_of_stack().
 */
#ifndef CAIRN_UNWIND_DAMAGE_H
#define CAIRN_UNWIND_DAMAGE_H

#include "unwind/trace.h"
#include "unwind/unwinder.h"

#define STACK_END_MAGIC 0x57AC6E9Du /* include/uapi/linux/magic.h */

/** What the frames of a trace say: fills all of trace->damage but the magic. */
void damage_of_frames(struct trace *trace);

/** Look at the word at the end of a task's stack: fills magic_at and magic. A word that is not
 *  in the dump, or whose place is not known, says nothing. */
void damage_of_magic(struct stack_damage *ret, struct unwinder *u,
		     const struct stack_info *stack);

/** Whether it says anything. */
bool is_damaged(const struct stack_damage *d);

#endif
