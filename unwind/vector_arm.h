/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vector_arm - an ARM CPU that was caught on its way into the kernel: in IRQ, abort or undefined
 * mode, whose stack pointers of their own lead to a few words (struct stack in
 * arch/arm/kernel/setup.c). lr says what was interrupted; of the stack pointer that belongs
 * to that a dump's notes have nothing. It is searched for: the place on the task's, the overflow,
 * or (if the task's preempt_count says so) the IRQ stack from where unwinding leads to most
 * callers that are known to call the one before. What has its return address in lr alone, which is
 * banked as well, leads to no caller: then the return address on these stacks is searched for that
 * has most of them behind it.
 *
 * A kernel with frame pointers instead of tables needs no search: that one is not banked.
 *
 * In the stubs (vector_stub in entry-armv.S) lr soon serves otherwise; what was interrupted is then
 * in the few words.
 */
#ifndef CAIRN_UNWIND_VECTOR_ARM_H
#define CAIRN_UNWIND_VECTOR_ARM_H

#include "unwind/tracer.h"

/** As struct walk_arch's stackless. */
bool vector_arm_stackless(const uint64_t *regs);

/** As struct walk_arch's lost. The state is a guess, grade D. */
enum trace_end vector_arm_lost(struct tracer *t, struct walk_state *next);

#endif
