/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_vars - arguments and local variables of a frame, for people and for programs.
 *
 * In JSON a frame gets "variables", an array of {"name", "kind" ("parameter", "variable"),
 * "type", "value", "location"}. The location is an object: "kind" is "register", "memory",
 * "value" (computed), "constant", "pieces", "optimized out" or "unknown"; beside it "register" and
 * "saved" (where that was saved), "address", "reason" (of unknown), "entry_value" (it rests on
 * what a register held at the function's entry), and "doubtful".
 */
#ifndef CAIRN_CMD_STACK_VARS_H
#define CAIRN_CMD_STACK_VARS_H

#include "lib/base/out.h"
#include "unwind/frame_vars.h"

/** Of frame n, the function-th of its functions (see frame_vars_of()). Each line of the text
 *  begins with `indent`. */
void stack_vars(struct out *o, struct frame_vars *v, size_t n, size_t function,
		const char *indent);

#endif
