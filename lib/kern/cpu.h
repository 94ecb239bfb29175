/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpu - the CPUs of the crashed machine, their per-CPU areas and registers.
 *
 * Both eras of per-CPU addressing: x86_64 up to 6.14 links .data..percpu at 0 and its
 * symbols are offsets; everything else has ordinary addresses. Either way
 * address = symbol + __per_cpu_offset[cpu] (mm/percpu.c, include/asm-generic/percpu.h).
 */
#ifndef CAIRN_KERN_CPU_H
#define CAIRN_KERN_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/image/regs.h"
#include "lib/kern/session.h"

/** Where a CPU's registers come from. */
enum cpu_regs_source {
	CPU_REGS_NONE,
	CPU_REGS_NOTE,        /* a note of the dump, matched by per-CPU base */
	CPU_REGS_CRASH_NOTES, /* the kernel's own crash_notes in memory (kdump) */
};

struct cpu {
	unsigned id;
	bool guessed;      /* nothing tells the id: it is one that no other CPU has */
	bool online;       /* as __cpu_online_mask has it; stopping CPUs clears it */
	bool never_up;     /* it was never started: nothing of it but its area is its own */
	uint64_t offset;   /* __per_cpu_offset[id] */
	uint64_t area;     /* where its .data..percpu lies; 0: not known, and not needed where
			      the kernel's symbols name data */
	const struct cairn_err *fault; /* NULL: none; else why offset is not known */
	uint64_t current;  /* task_struct that current_task names; 0: not known, or never up */
	enum cpu_regs_source regs_source;
	struct regs regs;
	uint64_t tr_base;  /* x86: base of the task register, 0: not known */
	bool has_cr2;      /* x86: what the last page fault was about is known */
	uint64_t cr2;
};

/** Possible CPUs, by id. */
struct cpus {
	struct cpu *cpu;
	size_t n;
	bool by_notes; /* the kernel's symbols name no data, nor are its runqueues found: these
			  are the CPUs whose registers are in the dump, numbered by what ran on
			  them; nothing but the registers is known of them */
};

/** Found on the first call; kept in the session. */
enum cairn_code cpus_get(struct cairn *c, const struct cpus **ret, struct cairn_err *err);

/** For tasks_get() alone: number the CPUs that are known by their notes. `cpu_of` says on
 *  which CPU the owner of a stack pointer runs, or -1. */
void cpus_number(struct cairn *c, int32_t (*cpu_of)(void *arg, uint64_t sp), void *arg);

/** The CPU of that id, or NULL. */
const struct cpu *cpu_by_id(const struct cpus *cpus, unsigned id);

/** Address of a per-CPU variable of a CPU, by the symbol's name, or where there is no such symbol
 *  by its place in the CPU's area. The CPU's fault where that is not known. */
enum cairn_code percpu_symbol(struct cairn *c, const struct cpu *cpu, const char *name,
			      uint64_t *ret, struct cairn_err *err);

/** A word-sized per-CPU variable: the first of `names` ("a|b.c", alternatives; a dotted
 *  name is a member of a per-CPU struct) that this kernel has. */
enum cairn_code percpu_word(struct cairn *c, const struct cpu *cpu, const char *names,
			    uint64_t *ret, struct cairn_err *err);

#endif
