/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ARM and Thumb-2. Source of the encodings: Arm ARM (ARMv7-A and R), A8.8.18 B, A8.8.25 BL and
 * BLX (immediate), A8.8.26 BLX (register), and "mov lr, pc" or the like before a write to
 * pc, as ARMv4 calls through a register, and as entry code does. A module's PLT entry: arch/arm/kernel/module-plts.c (ldr pc,
 * [pc, #n], the address in the table behind).
 */
#include "lib/base/cursor.h"
#include "unwind/callsite.h"

#define ALWAYS 0xeu

static uint32_t wrap(uint64_t addr)
{
	return (uint32_t)addr;
}

static struct callsite direct(uint32_t target)
{
	return (struct callsite){ .kind = CALLSITE_DIRECT, .len = 4, .target = target };
}

/* ---- ARM ---- */

/* pc reads as the instruction's address and 8. */
static uint32_t arm_target(uint32_t insn, uint64_t at)
{
	return wrap(at + 8 + (uint64_t)((int64_t)((int32_t)(insn << 8) >> 8) * 4));
}

static bool is_arm_indirect(uint32_t insn, uint32_t before)
{
	if ((insn & 0x0ffffff0) == 0x012fff30) /* blx reg */
		return true;
	/* mov lr, pc or add lr, pc, #0; then ldr pc, mov pc or bx */
	return ((before & 0x0fffffff) == 0x01a0e00f || (before & 0x0fffffff) == 0x028fe000) &&
	       ((insn & 0x0c50f000) == 0x0410f000 || (insn & 0x0ffffff0) == 0x01a0f000 ||
		(insn & 0x0ffffff0) == 0x012fff10);
}

static size_t arm_candidates(const unsigned char *before, uint64_t ret, struct callsite out[2])
{
	uint32_t insn = le32(before + CALLSITE_BYTES - 4);

	if (insn >> 28 != 0xf && (insn >> 24 & 0xf) == 0xb) /* bl */
		out[0] = direct(arm_target(insn, ret - 4));
	else if (insn >> 25 == 0x7d) /* blx to Thumb; H is bit 24 */
		out[0] = direct(arm_target(insn, ret - 4) + (insn >> 23 & 2));
	else if (is_arm_indirect(insn, le32(before)))
		out[0] = (struct callsite){ .kind = CALLSITE_INDIRECT, .len = 4 };
	else
		return 0;
	return 1;
}

static bool arm_jump(const unsigned char *bytes, size_t n, uint64_t addr, uint64_t *target)
{
	uint32_t insn = n >= 4 ? le32(bytes) : 0;
	size_t literal = (insn & 0xfff) + 8;

	if (insn >> 24 == (ALWAYS << 4 | 0xa)) { /* b */
		*target = arm_target(insn, addr);
		return true;
	}
	if ((insn & 0xfffff000) != 0xe59ff000 || literal + 4 > n) /* ldr pc, [pc, #n] */
		return false;
	*target = le32(bytes + literal);
	return true;
}

static bool arm_jumps_to(const unsigned char *bytes, size_t n, uint64_t at, uint64_t to)
{
	uint32_t insn = n >= 4 ? le32(bytes) : 0;

	return insn >> 28 != 0xf && (insn >> 24 & 0xf) == 0xa && arm_target(insn, at) == to;
}

const struct callsite_ops callsite_arm = {
	arm_candidates, arm_jump, arm_jumps_to, .jump_bytes = CALLSITE_JUMP_BYTES, .step = 4,
};

/* ---- Thumb ---- */

/* The halves of a 32-bit instruction: BL T1, BLX T2, B.W T4. pc reads as its address and 4. */
static uint32_t thumb_target(uint32_t first, uint32_t second, uint64_t at)
{
	uint32_t s = first >> 10 & 1, i1 = !((second >> 13 & 1) ^ s), i2 = !((second >> 11 & 1) ^ s);
	uint32_t imm = (second & 0x7ff) << 1 | (first & 0x3ff) << 12 | i2 << 22 | i1 << 23 | s << 24;

	return wrap(at + 4 + (uint64_t)(int64_t)((int32_t)(imm << 7) >> 7));
}

static size_t thumb_candidates(const unsigned char *before, uint64_t ret, struct callsite out[2])
{
	uint32_t first = le16(before + CALLSITE_BYTES - 4);
	uint32_t second = le16(before + CALLSITE_BYTES - 2);
	uint64_t at = (ret & ~UINT64_C(1)) - 4;
	size_t n = 0;

	if ((first & 0xf800) == 0xf000 && (second & 0xd000) == 0xd000) /* bl */
		out[n++] = direct(thumb_target(first, second, at));
	else if ((first & 0xf800) == 0xf000 && (second & 0xd001) == 0xc000) /* blx to ARM */
		out[n++] = direct(thumb_target(first, second, at & ~UINT64_C(2)));
	if ((second & 0xff87) == 0x4780) /* blx reg */
		out[n++] = (struct callsite){ .kind = CALLSITE_INDIRECT, .len = 2 };
	return n;
}

static bool thumb_jump(const unsigned char *bytes, size_t n, uint64_t addr, uint64_t *target)
{
	uint32_t first = n >= 4 ? le16(bytes) : 0, second = n >= 4 ? le16(bytes + 2) : 0;
	size_t literal = ((addr & 2) ? 2 : 4) + (second & 0xfff);

	if ((first & 0xf800) == 0xf000 && (second & 0xd000) == 0x9000) { /* b.w */
		*target = thumb_target(first, second, addr & ~UINT64_C(1));
		return true;
	}
	if (first != 0xf8df || second >> 12 != 0xf || literal + 4 > n) /* ldr.w pc, [pc, #n] */
		return false;
	*target = le32(bytes + literal) & ~UINT32_C(1);
	return true;
}

static bool thumb_jumps_to(const unsigned char *bytes, size_t n, uint64_t at, uint64_t to)
{
	uint32_t first = n >= 4 ? le16(bytes) : 0, second = n >= 4 ? le16(bytes + 2) : 0;
	uint32_t imm;

	if ((first & 0xf800) == 0xf000 && (second & 0xd000) == 0x9000) /* b.w */
		return thumb_target(first, second, at) == (to & ~UINT64_C(1));
	if ((first & 0xf800) != 0xf000 || (second & 0xd000) != 0x8000 || (first & 0x380) == 0x380)
		return false;
	imm = (second & 0x7ff) << 1 | (first & 0x3f) << 12 | (second >> 13 & 1) << 18 |
	      (second >> 11 & 1) << 19 | (first >> 10 & 1) << 20; /* b<cond>.w */
	return wrap(at + 4 + (uint64_t)(int64_t)((int32_t)(imm << 11) >> 11)) == (to & ~UINT64_C(1));
}

const struct callsite_ops callsite_thumb = {
	thumb_candidates, thumb_jump, thumb_jumps_to, .jump_bytes = CALLSITE_JUMP_BYTES, .step = 2,
};
