/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/swap_form.h"

#include "lib/base/cursor.h"

#define WORDS 1024 /* of do_swap_page() that are looked at */

/* ---- arm64 ---- */

/* UBFX Xd, Xn, #lsb, #50: the offset, whose width no other field has (__SWP_OFFSET_BITS) */
static bool is_offset(uint32_t insn, unsigned lsb)
{
	return (insn & 0xfffffc00) == (0xd3400000 | lsb << 16 | (lsb + 49) << 10);
}

bool swap_form_arm64(const uint32_t *code, size_t n, struct swap_form *ret)
{
	static const struct swap_form old = { 3, 8, 50 }, new = { 6, 12, 50 };
	bool is_old = false, is_new = false;

	for (size_t i = 0; i < n; i++) {
		is_old |= is_offset(code[i] & ~UINT32_C(0x3ff), old.offset_shift);
		is_new |= is_offset(code[i] & ~UINT32_C(0x3ff), new.offset_shift);
	}
	*ret = is_new ? new : old;
	return is_old != is_new;
}

/* ---- ARM32 ---- */

#define NEAR 4 /* instructions */

/* AND Rd, Rn, #0x7c000000: the type where the kernel's own swp_entry_t has it, SWP_TYPE_SHIFT 26 */
static bool is_type(uint32_t insn)
{
	uint32_t imm = insn & 0xff, turn = (insn >> 8 & 15) * 2;

	imm = turn ? imm >> turn | imm << (32 - turn) : imm;
	return (insn & 0x0fe00000) == 0x02000000 && imm == 0x7c000000;
}

/* ORR Rd, Rn, Rm, LSR #shift: the offset below it */
static bool is_offset_below(uint32_t insn, unsigned shift)
{
	return (insn & 0x0fe00ff0) == (0x01800020 | shift << 7);
}

bool swap_form_arm(const uint32_t *code, size_t n, struct swap_form *ret)
{
	static const struct swap_form old = { 2, 7, 25 }, new = { 2, 8, 24 };
	bool is_old = false, is_new = false;
	size_t type = n;

	for (size_t i = 0; i < n; i++) {
		if (is_type(code[i]))
			type = i;
		if (type == n || i - type > NEAR)
			continue;
		is_old |= is_offset_below(code[i], old.offset_shift);
		is_new |= is_offset_below(code[i], new.offset_shift);
	}
	*ret = is_new ? new : old;
	return is_old != is_new;
}

/* ---- the machine ---- */

static size_t read_code(struct cairn *c, uint32_t code[WORDS])
{
	unsigned char raw[4 * WORDS];
	struct sym s;
	size_t n;

	if (!sym_find(&c->syms, "do_swap_page", &s) || !s.size || s.addr & 3)
		return 0;
	n = space_read_some(&c->kernel, s.addr, raw, s.size < sizeof(raw) ? s.size : sizeof(raw), NULL);
	for (size_t i = 0; i < n / 4; i++)
		code[i] = (uint32_t)le_uint(raw + 4 * i, 4);
	return n / 4;
}

bool swap_form_of(struct cairn *c, struct swap_form *ret)
{
	uint32_t code[WORDS];

	switch (c->arch->id) {
	case ARCH_ARM: return swap_form_arm(code, read_code(c, code), ret);
	case ARCH_ARM64: return swap_form_arm64(code, read_code(c, code), ret);
	default: return false;
	}
}
