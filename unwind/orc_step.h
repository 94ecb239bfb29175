/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * orc_step - the caller, or what was interrupted, by a row of ORC.
 *
 * Source: arch/x86/kernel/unwind_orc.c unwind_next_frame().
 */
#ifndef CAIRN_UNWIND_ORC_STEP_H
#define CAIRN_UNWIND_ORC_STEP_H

#include "unwind/orc.h"
#include "unwind/tracer.h"

/** As struct walk_arch's step, by the row for t->now.pc, whose type is not
 *  ORC_TYPE_UNDEFINED. */
enum trace_end orc_step(struct tracer *t, const struct orc_row *row, struct walk_state *next);

#endif
