/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/arch.h"

#include <elf.h>
#include <fnmatch.h>

/* Reports: arch/x86/kernel/process_64.c, __show_regs().
 * struct elf_prstatus: include/linux/elfcore.h; register order: user_regs_struct of
 * arch/x86/include/asm/user_64.h, user_32.h, arch/arm and arm64 uapi/asm/ptrace.h. */
static const struct arch machines[] = {
	{
		.id = ARCH_X86_64, .name = "x86_64", .utsname = "x86_64",
		.elf_machine = EM_X86_64, .word = 8, .nregs = 27,
		.prstatus_pid = 32, .prstatus_regs = 112,
		.pc = 16, .sp = 19, .fp = 4, .flags = 18,
		.reg_names = { "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9",
			       "r8", "rax", "rcx", "rdx", "rsi", "rdi", "orig_rax", "rip",
			       "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es",
			       "fs", "gs" },
		.cs = 17, .ss = 20, .orig_ax = 15,
		.shown = { { "RAX", 10 }, { "RBX", 5 }, { "RCX", 11 }, { "RDX", 12 },
			   { "RSI", 13 }, { "RDI", 14 }, { "RBP", 4 }, { "R08", 9 },
			   { "R09", 8 }, { "R10", 7 }, { "R11", 6 }, { "R12", 3 }, { "R13", 2 },
			   { "R14", 1 }, { "R15", 0 } },
	},
	{
		.id = ARCH_I386, .name = "i386", .utsname = "i?86",
		.elf_machine = EM_386, .word = 4, .nregs = 17,
		.prstatus_pid = 24, .prstatus_regs = 72,
		.pc = 12, .sp = 15, .fp = 5, .flags = 14,
		.reg_names = { "ebx", "ecx", "edx", "esi", "edi", "ebp", "eax", "ds", "es",
			       "fs", "gs", "orig_eax", "eip", "cs", "eflags", "esp", "ss" },
	},
	{
		.id = ARCH_ARM, .name = "arm", .utsname = "armv*",
		.elf_machine = EM_ARM, .word = 4, .nregs = 18,
		.prstatus_pid = 24, .prstatus_regs = 72,
		.pc = 15, .sp = 13, .fp = 11, .flags = 16,
		.reg_names = { "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9",
			       "r10", "fp", "ip", "sp", "lr", "pc", "cpsr", "orig_r0" },
	},
	{
		.id = ARCH_ARM64, .name = "arm64", .utsname = "aarch64",
		.elf_machine = EM_AARCH64, .word = 8, .nregs = 34,
		.prstatus_pid = 32, .prstatus_regs = 112,
		.pc = 32, .sp = 31, .fp = 29, .flags = 33,
		.reg_names = { "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9",
			       "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18",
			       "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27",
			       "x28", "x29", "lr", "sp", "pc", "pstate" },
	},
};

#define NMACHINES (sizeof(machines) / sizeof(machines[0]))

const struct arch *arch_by_id(enum arch_id id)
{
	for (size_t i = 0; i < NMACHINES; i++)
		if (machines[i].id == id)
			return &machines[i];
	return NULL;
}

const struct arch *arch_by_elf(uint16_t e_machine)
{
	for (size_t i = 0; i < NMACHINES; i++)
		if (machines[i].elf_machine == e_machine)
			return &machines[i];
	return NULL;
}

const struct arch *arch_by_utsname(const char *machine)
{
	for (size_t i = 0; i < NMACHINES; i++)
		if (!fnmatch(machines[i].utsname, machine, 0))
			return &machines[i];
	return NULL;
}

/* ---- machines that are not read ---- */

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

static const struct foreign { const char *name, *utsname; uint16_t elf_machine; } foreign[] = {
	{ "alpha", "alpha", EM_ALPHA },
	{ "ia64", "ia64", EM_IA_64 },
	{ "loongarch", "loongarch*", EM_LOONGARCH },
	{ "m68k", "m68k", EM_68K },
	{ "mips", "mips*", EM_MIPS },
	{ "parisc", "parisc*", EM_PARISC },
	{ "powerpc", "ppc*", EM_PPC },
	{ "powerpc of 64 bits", "ppc64*", EM_PPC64 },
	{ "riscv", "riscv*", EM_RISCV },
	{ "s390", "s390*", EM_S390 },
	{ "sparc of 64 bits", "sparc64", EM_SPARCV9 },
};

#define NFOREIGN (sizeof(foreign) / sizeof(foreign[0]))

const char *arch_foreign_elf(uint16_t e_machine)
{
	for (size_t i = 0; i < NFOREIGN; i++)
		if (foreign[i].elf_machine == e_machine)
			return foreign[i].name;
	return NULL;
}

const char *arch_foreign_utsname(const char *machine)
{
	for (size_t i = NFOREIGN; i--;)
		if (!fnmatch(foreign[i].utsname, machine, 0))
			return foreign[i].name;
	return NULL;
}
