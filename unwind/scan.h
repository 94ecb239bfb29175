/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan - the caller found by looking for its return address on the stack: for code without
 * tables and without frame pointers.
 *
 * A word counts only if a call stands before where it leads to, and that call's target is the
 * function whose caller is sought (or what jumps to it): then it is a return address to the
 * caller, now or from an earlier call (grade C). Failing any such word, the first one behind a
 * call through a pointer is a guess (grade D).
 */
#ifndef CAIRN_UNWIND_SCAN_H
#define CAIRN_UNWIND_SCAN_H

#include "unwind/tracer.h"

/** As struct walk_arch's step. The caller's frame pointer stays unknown. */
enum trace_end scan_step(struct tracer *t, struct walk_state *next);

/** The same where nobody called what was interrupted: it is data. False: the stack holds none. */
bool scan_for_callers(struct tracer *t, struct walk_state *next);

#endif
