/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prologue_x86 - whether a function that was interrupted has made its frame: push %bp; mov
 * %sp,%bp.
 */
#ifndef CAIRN_UNWIND_PROLOGUE_X86_H
#define CAIRN_UNWIND_PROLOGUE_X86_H

#include <stdint.h>

#include "unwind/reader.h"

enum prologue {
	PROLOGUE_DONE,    /* bp is the function's own */
	PROLOGUE_CALLED,  /* the return address is where sp points to, bp is the caller's */
	PROLOGUE_PUSHED,  /* the caller's bp is where sp points to, the return address above */
	PROLOGUE_UNKNOWN, /* it does not begin with making a frame */
};

/** `function` is where it begins, pc the instruction that comes next. Code that cannot be
 *  read is PROLOGUE_UNKNOWN. */
enum prologue prologue_x86(const struct reader *r, uint64_t function, uint64_t pc);

#endif
