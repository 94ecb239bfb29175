/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A64: instructions have 4 bytes. Source of the encodings: Arm ARM, C6.2: BL, BLR, BLRAA and its
 * kin, B, B.cond, CBZ, TBZ, BTI. A module's PLT entry: arch/arm64/kernel/module-plts.c (adrp,
 * add, br x16; up to 4.20 movn, movk, movk, br).
 */
#include "lib/base/cursor.h"
#include "unwind/callsite.h"

#define LEN 4

/* A signed field of `bits` bits at `shift`, in units of 4 bytes. */
static uint64_t offset(uint32_t insn, unsigned shift, unsigned bits)
{
	int32_t field = (int32_t)(insn << (32 - bits - shift)) >> (32 - bits);

	return (uint64_t)((int64_t)field * LEN);
}

static size_t candidates(const unsigned char *before, uint64_t ret, struct callsite out[2])
{
	uint32_t insn = le32(before + CALLSITE_BYTES - LEN);

	if (insn >> 26 == 0x25) { /* bl */
		out[0] = (struct callsite){ .kind = CALLSITE_DIRECT, .len = LEN,
					    .target = ret - LEN + offset(insn, 0, 26) };
		return 1;
	}
	if ((insn & 0xfffffc1f) == 0xd63f0000 || (insn & 0xfefff800) == 0xd63f0800) { /* blr, blra* */
		out[0] = (struct callsite){ .kind = CALLSITE_INDIRECT, .len = LEN };
		return 1;
	}
	return 0;
}

/* adrp x16, page; add x16, x16, #low; br x16 */
static bool plt_entry(const unsigned char *p, uint64_t addr, uint64_t *target)
{
	uint32_t adrp = le32(p), add = le32(p + LEN);
	uint64_t pages = (adrp >> 29 & 3) | (adrp >> 5 & 0x7ffff) << 2;

	if ((adrp & 0x9f00001f) != 0x90000010 || (add & 0xffc003ff) != 0x91000210 ||
	    le32(p + 2 * LEN) != 0xd61f0200)
		return false;
	pages = (uint64_t)((int64_t)(pages << 43) >> 43);
	*target = (addr & ~UINT64_C(4095)) + (pages << 12) + (add >> 10 & 0xfff);
	return true;
}

static bool jump(const unsigned char *bytes, size_t n, uint64_t addr, uint64_t *target)
{
	size_t at = n >= LEN && (le32(bytes) & 0xffffff3f) == 0xd503241f ? LEN : 0; /* bti */

	if (n >= at + LEN && le32(bytes + at) >> 26 == 0x05) { /* b */
		*target = addr + at + offset(le32(bytes + at), 0, 26);
		return true;
	}
	return n >= at + 3 * LEN && plt_entry(bytes + at, addr + at, target);
}

static bool jumps_to(const unsigned char *bytes, size_t n, uint64_t at, uint64_t to)
{
	uint32_t insn = n >= LEN ? le32(bytes) : 0;

	if (insn >> 26 == 0x05) /* b */
		return at + offset(insn, 0, 26) == to;
	if ((insn & 0xff000010) == 0x54000000 || (insn & 0x7e000000) == 0x34000000) /* b.cond, cbz */
		return at + offset(insn, 5, 19) == to;
	return (insn & 0x7e000000) == 0x36000000 && at + offset(insn, 5, 14) == to; /* tbz */
}

const struct callsite_ops callsite_arm64 = {
	candidates, jump, jumps_to, .jump_bytes = 4 * LEN, .step = LEN,
};
