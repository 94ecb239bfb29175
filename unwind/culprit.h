/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * culprit - which frame of a crash's trace is the one that crashed.
 */
#ifndef CAIRN_UNWIND_CULPRIT_H
#define CAIRN_UNWIND_CULPRIT_H

#include "unwind/trace.h"

/** The interrupted instruction if an exception led to the panic; else the frame that called
 *  panic() and its like. NULL if the trace does not show it. Borrowed from the trace. */
const struct frame *culprit_find(const struct trace *tr);

/** The same where it is known that the instruction of frame i brought the processor into the
 *  exception: a text log's trace begins with it. i < tr->n. */
const struct frame *culprit_of_fault(const struct trace *tr, size_t i);

/** Of a CPU that another one found to be stuck: the instruction that it executed, before it was told
 *  to stop. NULL if it was none of the kernel's. Borrowed from the trace. */
const struct frame *culprit_stuck(const struct trace *tr);

/** Index of the first frame that is worth telling of what a CPU or task was doing: stopping
 *  for the panic, and the scheduler, are not. tr->n if there is none. */
size_t culprit_skip_idle_talk(const struct trace *tr);

#endif
