/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fp_arm - steps by frame pointer on ARM, where a kernel has no unwind tables
 * (CONFIG_UNWINDER_FRAME_POINTER) or they do not speak for the code.
 *
 * GCC's frames (APCS): fp points to the pc of the prologue, and below it lie lr, the caller's sp
 * and fp. Clang's: fp points to the caller's fp, and above it lies lr. The pc that GCC saves
 * proves its frames. Source: arch/arm/kernel/stacktrace.c unwind_frame().
 */
#ifndef CAIRN_UNWIND_FP_ARM_H
#define CAIRN_UNWIND_FP_ARM_H

#include "unwind/tracer.h"

/** As struct walk_arch's step. */
enum trace_end fp_arm_step(struct tracer *t, struct walk_state *next);

#endif
