/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * met_user - was a CPU's task in user mode when the CPU was stopped?
 *
 * A system call and an interrupt leave the same registers of user mode. It is the entry, the outermost
 * of the frames, that tells them apart.
 *
 * Sources: arch/x86/entry/entry_64.S, entry_32.S; arch/arm64/kernel/entry.S;
 * arch/arm/kernel/entry-armv.S.
 */
#ifndef CAIRN_UNWIND_MET_USER_H
#define CAIRN_UNWIND_MET_USER_H

#include "unwind/trace.h"

/** The task of this trace executed its own instructions, in no system call, page fault, or work that a
 *  task does on its way back. `on_cpu`: a CPU executes it. */
bool trace_met_user_mode(const struct trace *tr, bool on_cpu);

#endif
