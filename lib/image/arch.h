/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arch - what a machine is, as far as reading its dump is concerned.
 *
 * One descriptor per machine, as data. What only the unwinders need stands in unwind/.
 */
#ifndef CAIRN_IMAGE_ARCH_H
#define CAIRN_IMAGE_ARCH_H

#include <stddef.h>
#include <stdint.h>

enum arch_id { ARCH_NONE, ARCH_X86_64, ARCH_I386, ARCH_ARM, ARCH_ARM64 };

/** Most general registers that any machine's user_regs has. */
#define ARCH_NREGS 36

struct arch {
	enum arch_id id;
	const char *name;        /* as JSON shows it: "x86_64" "i386" "arm" "arm64" */
	const char *utsname;     /* utsname.machine as the kernel writes it; '?' is any character,
				    a trailing '*' anything */
	uint16_t elf_machine;    /* e_machine of its ELF cores */
	uint8_t word;            /* bytes of a long and of a pointer */
	uint8_t nregs;           /* registers in pr_reg of NT_PRSTATUS */
	uint16_t prstatus_pid;   /* offset of pr_pid in struct elf_prstatus */
	uint16_t prstatus_regs;  /* offset of pr_reg */
	uint8_t pc, sp, fp, flags; /* indexes into pr_reg */
	const char *reg_names[ARCH_NREGS]; /* order of pr_reg (arch/.../elf.h ELF_CORE_COPY_REGS) */
};

/** By id, by e_machine of an ELF file, by utsname.machine.
 *  NULL if there is none. */
const struct arch *arch_by_id(enum arch_id id);
const struct arch *arch_by_elf(uint16_t e_machine);
const struct arch *arch_by_utsname(const char *machine);

#endif
