/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * prologue_arm - how far a function that was interrupted had come with making its frame.
 */
#ifndef CAIRN_UNWIND_PROLOGUE_ARM_H
#define CAIRN_UNWIND_PROLOGUE_ARM_H

#include <stdbool.h>
#include <stdint.h>

#include "unwind/reader.h"

/** Whether pc stands in the prologue of the function that begins at `function`: everything
 *  before it is such code, and so is the instruction at pc, or it is the first one. Then
 *  *pushed are the bytes by which it lowered the stack pointer. Code that cannot be read, or
 *  Thumb code behind the first instruction, is no prologue. */
bool prologue_arm(const struct reader *r, bool thumb, uint64_t function, uint64_t pc,
		  uint64_t *pushed);

#endif
