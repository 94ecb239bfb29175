/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/disasm.h"

#include <capstone/capstone.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* rax, eax, ax, al and ah are rax, or eax where that is all there is. */
static void whole_x86(const char *name, char first, char *ret, size_t size)
{
	static const char *const core[] = { "ax", "bx", "cx", "dx", "si", "di", "bp", "sp" };
	const char *tail = name + (*name == 'r' || *name == 'e');

	if (*name == 'r' && isdigit((unsigned char)name[1])) {
		snprintf(ret, size, "%.*s", (int)(1 + strspn(name + 1, "0123456789")), name);
		return;
	}
	for (size_t i = 0; i < sizeof(core) / sizeof(core[0]); i++) {
		bool letter = i < 4 && *name == *core[i] && strlen(name) == 2 &&
			      (name[1] == 'l' || name[1] == 'h');

		if (letter || (!strncmp(tail, core[i], 2) && (!tail[2] || tail[2] == 'l')))
			snprintf(ret, size, "%c%s", first, core[i]);
	}
}

static void whole_arm(const char *name, char *ret, size_t size)
{
	if (!strcmp(name, "sb"))
		name = "r9";
	else if (!strcmp(name, "sl"))
		name = "r10";
	snprintf(ret, size, "%s", name);
}

static void whole_arm64(const char *name, char *ret, size_t size)
{
	if (*name == 'w' && isdigit((unsigned char)name[1]))
		snprintf(ret, size, "x%s", name + 1);
	else if (!strcmp(name, "fp"))
		snprintf(ret, size, "x29");
	else
		snprintf(ret, size, "%s", strcmp(name, "x30") && strcmp(name, "w30") ? name : "lr");
	if (!strcmp(ret, "x30"))
		snprintf(ret, size, "lr");
}

/* Index of the register of which capstone's is a part; -1: none that is general. */
static int find(const struct arch *arch, const char *name)
{
	char whole[16] = "";

	if (!name)
		return -1;
	switch (arch->id) {
	case ARCH_X86_64:
		whole_x86(name, 'r', whole, sizeof(whole));
		break;
	case ARCH_I386:
		whole_x86(name, 'e', whole, sizeof(whole));
		break;
	case ARCH_ARM:
		whole_arm(name, whole, sizeof(whole));
		break;
	default:
		whole_arm64(name, whole, sizeof(whole));
	}
	for (unsigned i = 0; *whole && i < ARCH_NREGS && arch->reg_names[i]; i++)
		if (!strcmp(arch->reg_names[i], whole))
			return i == arch->pc || !strcmp(whole, "cpsr") ? -1 : (int)i;
	return -1;
}

size_t disasm_reads(const struct disasm *d, const struct instruction *i, const struct arch *arch,
		    unsigned ret[DISASM_READS])
{
	cs_regs reads, writes;
	uint8_t nreads = 0, nwrites = 0;
	size_t n = 0, k;
	cs_insn *insn;

	if (!i->valid || !cs_disasm(d->handle, i->bytes, i->size, i->addr, 1, &insn))
		return 0;
	if (cs_regs_access(d->handle, insn, reads, &nreads, writes, &nwrites) != CS_ERR_OK)
		nreads = 0;
	for (unsigned r = 0; r < nreads && n < DISASM_READS; r++) {
		int at = find(arch, cs_reg_name(d->handle, reads[r]));

		for (k = 0; at >= 0 && k < n && ret[k] != (unsigned)at; k++)
			;
		if (at >= 0 && k == n)
			ret[n++] = (unsigned)at;
	}
	cs_free(insn, 1);
	return n;
}

/* What a register adds to an address: `scale` times its value. False: it is none that is known. */
static bool add_register(const struct disasm *d, const struct arch *arch, const uint64_t *regs,
			 unsigned reg, uint64_t scale, uint64_t *sum)
{
	int at = reg ? find(arch, cs_reg_name(d->handle, reg)) : -1;

	if (at >= 0)
		*sum += regs[at] * scale;
	return !reg || at >= 0;
}

static bool of_x86(const struct disasm *d, const struct arch *arch, const uint64_t *regs,
		   const cs_insn *insn, const cs_x86_op *op, uint64_t *ret)
{
	*ret = (uint64_t)op->mem.disp;
	/* what these segments begin at is not in the registers */
	if (op->type != X86_OP_MEM || op->mem.segment == X86_REG_GS || op->mem.segment == X86_REG_FS)
		return false;
	if (op->mem.base == X86_REG_RIP) {
		*ret += insn->address + insn->size;
		return true;
	}
	return add_register(d, arch, regs, op->mem.base, 1, ret) &&
	       add_register(d, arch, regs, op->mem.index, (uint64_t)(int64_t)op->mem.scale, ret);
}

static bool of_arm(const struct disasm *d, const struct arch *arch, const uint64_t *regs,
		   const cs_arm_op *op, uint64_t *ret)
{
	*ret = (uint64_t)(int64_t)op->mem.disp;
	return op->type == ARM_OP_MEM && (!op->mem.index || op->shift.type == ARM_SFT_INVALID) &&
	       add_register(d, arch, regs, op->mem.base, 1, ret) &&
	       add_register(d, arch, regs, op->mem.index, (uint64_t)(int64_t)op->mem.scale, ret);
}

static bool of_arm64(const struct disasm *d, const struct arch *arch, const uint64_t *regs,
		     const cs_arm64_op *op, uint64_t *ret)
{
	unsigned shift = op->shift.type == ARM64_SFT_LSL ? op->shift.value : 0;

	*ret = (uint64_t)(int64_t)op->mem.disp;
	return op->type == ARM64_OP_MEM && op->ext == ARM64_EXT_INVALID &&
	       add_register(d, arch, regs, op->mem.base, 1, ret) &&
	       add_register(d, arch, regs, op->mem.index, UINT64_C(1) << (shift & 63), ret);
}

static size_t operands_of(const struct disasm *d, const cs_insn *insn)
{
	switch (d->id) {
	case ARCH_X86_64:
	case ARCH_I386:
		return insn->detail->x86.op_count;
	case ARCH_ARM:
		return insn->detail->arm.op_count;
	default:
		return insn->detail->arm64.op_count;
	}
}

static bool operand(const struct disasm *d, const struct arch *arch, const uint64_t *regs,
		    const cs_insn *insn, size_t i, uint64_t *ret)
{
	const cs_detail *detail = insn->detail;

	switch (d->id) {
	case ARCH_X86_64:
	case ARCH_I386:
		return of_x86(d, arch, regs, insn, &detail->x86.operands[i], ret);
	case ARCH_ARM:
		return of_arm(d, arch, regs, &detail->arm.operands[i], ret);
	default:
		return of_arm64(d, arch, regs, &detail->arm64.operands[i], ret);
	}
}

size_t disasm_accesses(const struct disasm *d, const struct instruction *i, const struct arch *arch,
		       const uint64_t *regs, uint64_t ret[DISASM_ACCESSES])
{
	uint64_t mask = arch->word == 4 ? UINT32_MAX : UINT64_MAX, at;
	cs_insn *insn;
	size_t n = 0;

	if (!i->valid || !cs_disasm(d->handle, i->bytes, i->size, i->addr, 1, &insn))
		return 0;
	for (size_t k = 0; k < operands_of(d, insn) && n < DISASM_ACCESSES; k++)
		if (operand(d, arch, regs, insn, k, &at))
			ret[n++] = at & mask;
	cs_free(insn, 1);
	return n;
}
