/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/callarg.h"

struct regs_known {
	uint64_t reg[32];
	uint32_t known; /* which of them */
};

static int64_t sign_extend(uint64_t v, unsigned bits)
{
	return (int64_t)(v << (64 - bits)) >> (64 - bits);
}

static void set(struct regs_known *k, unsigned reg, uint64_t value)
{
	k->reg[reg] = value;
	k->known |= 1u << reg;
}

static bool knows(const struct regs_known *k, unsigned reg)
{
	return k->known >> reg & 1;
}

/* True: a call or jump, to where *to says. */
static bool arm64_step(struct regs_known *k, uint64_t pc, uint32_t w, uint64_t *to)
{
	unsigned rd = w & 31, rn = w >> 5 & 31;
	uint64_t imm = w >> 10 & 0xfff, pages = (w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3);

	if ((w & 0x7c000000) == 0x14000000) { /* b, bl */
		*to = pc + (uint64_t)sign_extend(w & 0x3ffffff, 26) * 4;
		return true;
	}
	if ((w & 0x9f000000) == 0x90000000) /* adrp */
		set(k, rd, (pc & ~UINT64_C(0xfff)) + (uint64_t)sign_extend(pages, 21) * 4096);
	else if ((w & 0xff800000) == 0x91000000 && knows(k, rn)) /* add */
		set(k, rd, k->reg[rn] + (w & 1u << 22 ? imm << 12 : imm));
	else
		k->known &= ~(1u << rd);
	return false;
}

static bool arm_step(struct regs_known *k, uint64_t pc, uint32_t w, uint64_t *to)
{
	unsigned rd = w >> 12 & 15;
	uint64_t imm = (w >> 4 & 0xf000) | (w & 0xfff);

	if ((w & 0xfe000000) == 0xea000000) { /* b, bl */
		*to = (uint32_t)(pc + 8 + (uint64_t)sign_extend(w & 0xffffff, 24) * 4);
		return true;
	}
	if ((w & 0xfff00000) == 0xe3000000) /* movw */
		set(k, rd, imm);
	else if ((w & 0xfff00000) == 0xe3400000 && knows(k, rd)) /* movt */
		set(k, rd, (k->reg[rd] & 0xffff) | imm << 16);
	else
		k->known &= ~(1u << rd);
	return false;
}

/* Calls of others (the tracer's, at the beginning) leave nothing that is known. */
static enum cairn_code follow(struct cairn *c, const struct sym *function, uint64_t called,
			      struct regs_known *k, struct cairn_err *err)
{
	bool arm64 = c->arch->id == ARCH_ARM64;
	uint64_t end = function->size < 4 * CALLARG_WORDS ? function->size : 4 * CALLARG_WORDS, to;
	enum cairn_code code;
	uint32_t w;

	for (uint64_t off = 0; off + 4 <= end; off += 4) {
		code = space_u32(&c->kernel, function->addr + off, &w, err);
		if (code)
			return cairn_context(err, code, "%s", function->name);
		if (!(arm64 ? arm64_step : arm_step)(k, function->addr + off, w, &to))
			continue;
		if (to == called)
			return CAIRN_OK;
		k->known = 0;
	}
	return cairn_fail(err, CAIRN_MISSING, "%s does not call that", function->name);
}

enum cairn_code callarg_first(struct cairn *c, const char *function, const char *called,
			      uint64_t *ret, struct cairn_err *err)
{
	struct regs_known k = { .known = 0 };
	uint64_t to;
	enum cairn_code code = sym_addr(&c->syms, called, &to, err);
	struct sym s;

	if (code)
		return code;
	if (c->arch->id != ARCH_ARM64 && c->arch->id != ARCH_ARM)
		return cairn_fail(err, CAIRN_MISSING, "this machine's code is not read");
	if (!sym_find_nth(&c->syms, function, 0, &s))
		return cairn_fail(err, CAIRN_MISSING, "there is no symbol %s", function);
	code = follow(c, &s, to, &k, err);
	if (!code && !knows(&k, 0))
		code = cairn_fail(err, CAIRN_MISSING, "what %s gives %s is not known", function, called);
	*ret = code ? 0 : k.reg[0];
	return code;
}
