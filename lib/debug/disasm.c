/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/disasm.h"

#include <capstone/capstone.h>
#include <stdio.h>
#include <string.h>

static const struct machine {
	enum arch_id id;
	cs_arch arch;
	cs_mode mode;
	unsigned align;
} machines[] = {
	{ ARCH_X86_64, CS_ARCH_X86, CS_MODE_64, 1 },
	{ ARCH_I386, CS_ARCH_X86, CS_MODE_32, 1 },
	{ ARCH_ARM, CS_ARCH_ARM, CS_MODE_ARM, 4 },
	{ ARCH_ARM64, CS_ARCH_ARM64, CS_MODE_ARM, 4 },
};

enum cairn_code disasm_init(struct disasm *d, const struct arch *arch, struct cairn_err *err)
{
	const struct machine *m = machines, *end = m + sizeof(machines) / sizeof(machines[0]);
	csh handle;

	*d = (struct disasm){ .handle = 0 };
	while (m < end && (!arch || m->id != arch->id))
		m++;
	if (m == end || cs_open(m->arch, m->mode, &handle) != CS_ERR_OK)
		return cairn_fail(err, CAIRN_MISSING, "no disassembler for %s",
				  arch ? arch->name : "this machine");
	cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON);
	if (m->arch == CS_ARCH_X86)
		cs_option(handle, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
	d->id = m->id;
	d->handle = handle;
	d->align = m->align;
	return CAIRN_OK;
}

void disasm_deinit(struct disasm *d)
{
	csh handle = d->handle;

	if (handle)
		cs_close(&handle);
	d->handle = 0;
}

static bool is_in_group(const cs_insn *insn, unsigned group)
{
	for (unsigned i = 0; i < insn->detail->groups_count; i++)
		if (insn->detail->groups[i] == group)
			return true;
	return false;
}

static uint64_t immediate(const cs_x86 *x86, const cs_arm *arm, const cs_arm64 *arm64)
{
	if (x86 && x86->op_count == 1 && x86->operands[0].type == X86_OP_IMM)
		return (uint64_t)x86->operands[0].imm;
	/* the last operand: cbz and tbz have others before it */
	if (arm && arm->op_count && arm->operands[arm->op_count - 1].type == ARM_OP_IMM)
		return (uint32_t)arm->operands[arm->op_count - 1].imm;
	if (arm64 && arm64->op_count &&
	    arm64->operands[arm64->op_count - 1].type == ARM64_OP_IMM)
		return (uint64_t)arm64->operands[arm64->op_count - 1].imm;
	return 0;
}

static bool is_branch(cs_arch arch, const cs_insn *insn)
{
	if (is_in_group(insn, CS_GRP_JUMP) || is_in_group(insn, CS_GRP_CALL))
		return true;
	/* capstone 4 has these in no group */
	return (arch == CS_ARCH_ARM && (insn->id == ARM_INS_BL || insn->id == ARM_INS_B)) ||
	       (arch == CS_ARCH_ARM64 && (insn->id == ARM64_INS_BL || insn->id == ARM64_INS_B));
}

static bool makes_address(cs_arch arch, const cs_insn *insn)
{
	return arch == CS_ARCH_ARM64 &&
	       (insn->id == ARM64_INS_ADRP || insn->id == ARM64_INS_ADR);
}

static uint64_t rip_relative(const cs_insn *insn)
{
	const cs_x86 *x = &insn->detail->x86;

	for (unsigned i = 0; i < x->op_count; i++)
		if (x->operands[i].type == X86_OP_MEM && x->operands[i].mem.base == X86_REG_RIP)
			return insn->address + insn->size + (uint64_t)x->operands[i].mem.disp;
	return 0;
}

static void find_target(cs_arch arch, const cs_insn *insn, struct instruction *ret)
{
	bool x86 = arch == CS_ARCH_X86, arm = arch == CS_ARCH_ARM, arm64 = arch == CS_ARCH_ARM64;

	ret->branches = is_branch(arch, insn);
	if (ret->branches || makes_address(arch, insn))
		ret->target = immediate(x86 ? &insn->detail->x86 : NULL,
					arm ? &insn->detail->arm : NULL,
					arm64 ? &insn->detail->arm64 : NULL);
	ret->branches = ret->branches && ret->target;
	if (x86 && !ret->target)
		ret->target = rip_relative(insn);
}

/* Capstone does not say which machine a handle is for. */
static cs_arch arch_of(const struct disasm *d)
{
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].id == d->id)
			return machines[i].arch;
	return CS_ARCH_MAX;
}

static void no_instruction(const struct disasm *d, const unsigned char *bytes, size_t len,
			   struct instruction *ret)
{
	ret->size = len < d->align ? (unsigned)len : d->align;
	snprintf(ret->mnemonic, sizeof(ret->mnemonic), ret->size == 4 ? ".word" : ".byte");
	if (ret->size == 4)
		snprintf(ret->operands, sizeof(ret->operands), "0x%08x",
			 (unsigned)bytes[0] | (unsigned)bytes[1] << 8 | (unsigned)bytes[2] << 16 |
				 (unsigned)bytes[3] << 24);
	else
		snprintf(ret->operands, sizeof(ret->operands), "0x%02x", bytes[0]);
}

bool disasm_one(struct disasm *d, const unsigned char *bytes, size_t len, uint64_t addr,
		struct instruction *ret)
{
	cs_insn *insn;

	*ret = (struct instruction){ .addr = addr };
	if (!len)
		return false;
	if (cs_disasm(d->handle, bytes, len < DISASM_BYTES ? len : DISASM_BYTES, addr, 1, &insn)) {
		ret->valid = true;
		ret->size = insn->size;
		snprintf(ret->mnemonic, sizeof(ret->mnemonic), "%s", insn->mnemonic);
		snprintf(ret->operands, sizeof(ret->operands), "%s", insn->op_str);
		find_target(arch_of(d), insn, ret);
		cs_free(insn, 1);
	} else {
		no_instruction(d, bytes, len, ret);
	}
	memcpy(ret->bytes, bytes, ret->size);
	return true;
}
