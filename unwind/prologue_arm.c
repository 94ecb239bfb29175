/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/prologue_arm.h"

#include <stddef.h>

#define PROLOGUE_LIMIT 64 /* bytes; no compiler's is longer */

enum kind { OTHER, PLAIN, LOWERS };

/* An 8-bit value rotated right by twice four bits. */
static uint32_t immediate(uint32_t insn)
{
	uint32_t value = insn & 0xff, by = (insn >> 8 & 0xf) * 2;

	return by ? value >> by | value << (32 - by) : value;
}

/* push, str to [sp, #-n]!, vpush, sub sp: Arm ARM A8.8.133, A8.8.204, A8.8.368, A8.8.225. Data
 * processing that leaves sp, lr and pc alone may stand between them. */
static enum kind classify(uint32_t insn, uint64_t *bytes)
{
	uint32_t rd = insn >> 12 & 0xf;

	if ((insn & 0xffff0000) == 0xe92d0000)
		*bytes = 4 * (uint64_t)__builtin_popcount(insn & 0xffff);
	else if ((insn & 0xffff0000) == 0xe52d0000)
		*bytes = insn & 0xfff;
	else if ((insn & 0xffbf0e00) == 0xed2d0a00)
		*bytes = 4 * (insn & 0xff);
	else if ((insn & 0xfffff000) == 0xe24dd000)
		*bytes = immediate(insn);
	else
		return (insn & 0xfc000000) == 0xe0000000 && rd < 13 ? PLAIN : OTHER;
	return LOWERS;
}

bool prologue_arm(const struct reader *r, bool thumb, uint64_t function, uint64_t pc,
		  uint64_t *pushed)
{
	enum kind kind;
	uint32_t insn;
	uint64_t bytes = 0;

	*pushed = 0;
	if (pc == function)
		return true;
	if (thumb || pc < function || pc - function > PROLOGUE_LIMIT)
		return false;
	for (uint64_t at = function; at <= pc; at += 4) {
		if (reader_u32(r, at, &insn, NULL))
			return false;
		kind = classify(insn, &bytes);
		if (kind == OTHER || (at == pc && kind != LOWERS))
			return false;
		if (kind == LOWERS && at < pc)
			*pushed += bytes;
	}
	return true;
}
