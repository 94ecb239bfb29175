/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * callarg - the address that a function gives another as its first argument, as its code has it:
 * for variables of kernels whose symbols name functions alone (ARM, arm64 before Debian's 6.12).
 *
 * Followed in a straight line from the function's beginning to its first call of, or jump to, the
 * other: adrp and add on arm64, movw and movt on ARM. Whatever else may write the register makes it
 * unknown. Sources: the architectures' reference manuals.
 */
#ifndef CAIRN_KERN_CALLARG_H
#define CAIRN_KERN_CALLARG_H

#include "lib/kern/session.h"

#define CALLARG_WORDS 32 /* of code that are looked at */

/** CAIRN_MISSING: a symbol is missing, there is no such call, or what it is given is not known;
 *  CAIRN_FAULT: the code cannot be read. */
enum cairn_code callarg_first(struct cairn *c, const char *function, const char *called,
			      uint64_t *ret, struct cairn_err *err);

#endif
