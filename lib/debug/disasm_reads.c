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
