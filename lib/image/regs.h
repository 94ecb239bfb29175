/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * regs - register sets out of a dump's notes.
 *
 * NT_PRSTATUS ("CORE", type 1): struct elf_prstatus, include/linux/elfcore.h. QEMU's own
 * ("QEMU", type 0): QEMUCPUState, target/i386/arch_dump.c, 432 or 440 bytes.
 */
#ifndef CAIRN_IMAGE_REGS_H
#define CAIRN_IMAGE_REGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/image/arch.h"

/** General registers in the order of arch->reg_names. */
struct regs {
	const struct arch *arch;
	uint64_t r[ARCH_NREGS];
};

static inline uint64_t regs_pc(const struct regs *regs)
{
	return regs->r[regs->arch->pc];
}

static inline uint64_t regs_sp(const struct regs *regs)
{
	return regs->r[regs->arch->sp];
}

static inline uint64_t regs_fp(const struct regs *regs)
{
	return regs->r[regs->arch->fp];
}

/** One vCPU's notes. The position in the file says nothing about the Linux CPU number. */
struct vcpu_note {
	unsigned index;        /* of its NT_PRSTATUS among the notes */
	uint32_t pid;          /* pr_pid: kdump current->pid, QEMU vCPU number + 1 */
	struct regs regs;
	bool have_qemu;        /* what follows is known */
	uint64_t kernel_gs;    /* x86_64: GS base of kernel mode, whatever mode it was in */
	uint64_t fs_base;      /* i386: the kernel's per-CPU base is here while in kernel mode */
	uint64_t tr_base, idt_base, cr2, cr3;
};

struct vcpu_notes {
	struct vcpu_note *note;
	size_t n;
};

/** Fill one register set from pr_reg of `len` bytes; false if it is too short. */
bool regs_parse(struct regs *ret, const struct arch *arch, const void *pr_reg, size_t len);

/** Registers from the descriptor of one NT_PRSTATUS note. */
bool regs_from_prstatus(struct regs *ret, uint32_t *pid, const struct arch *arch,
			const void *desc, size_t len);

/** All vCPUs of a buffer of notes, memory from the arena. No notes is no error (n 0). */
enum cairn_code regs_read_notes(struct vcpu_notes *ret, const struct arch *arch,
				const void *notes, size_t len, struct arena *arena,
				struct cairn_err *err);

#endif
