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

/** A register as the kernel's reports name it: index into pr_reg. */
struct arch_shown {
	const char *name;
	uint8_t at;
};

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
	uint8_t cs, ss, orig_ax; /* likewise; of x86 */
	struct arch_shown shown[16]; /* general registers in the order of the kernel's reports; a
					NULL name ends it; none: shown in the order of pr_reg */
};

/** By id, by e_machine of an ELF file, by utsname.machine.
 *  NULL if there is none. */
const struct arch *arch_by_id(enum arch_id id);
const struct arch *arch_by_elf(uint16_t e_machine);
const struct arch *arch_by_utsname(const char *machine);

/** What a machine is called that Linux runs on and that is not read here, by the same.
 *  NULL if none is known to be called so: an absent or a damaged word, which says nothing. */
const char *arch_foreign_elf(uint16_t e_machine);
const char *arch_foreign_utsname(const char *machine);

#endif
