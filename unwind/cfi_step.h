/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cfi_step - the caller by call frame information of a debug file (lib/debug/cfi.h): for code that
 * the dump has no tables for, or whose tables are not in it.
 *
 * Compilers write it for all that they compile. Assembly has none, and what it does to the stack
 * pointer within a compiled function is not in it.
 */
#ifndef CAIRN_UNWIND_CFI_STEP_H
#define CAIRN_UNWIND_CFI_STEP_H

#include "unwind/tracer.h"

/** Go from t->now to its caller; *next is zeroed. `sp` is the stack pointer that the table counts
 *  from: t->now.sp, unless assembly within the function switched stacks. False: no debug file
 *  has information there, or it does not lead to a caller; then *next is still zeros. A debug file
 *  is only searched for where the machine's own tables are missing altogether. */
bool cfi_step(struct tracer *t, uint64_t sp, struct walk_state *next);

#endif
