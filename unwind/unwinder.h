/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unwinder - what all walks of one dump share: its stacks, its unwind tables.
 *
 * Made for a command, or kept longer; memory from the arena. Stacks of CPUs are found when
 * a walk first leaves a task's stack, modules when it first meets their code.
 */
#ifndef CAIRN_UNWIND_UNWINDER_H
#define CAIRN_UNWIND_UNWINDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/debug/sym.h"
#include "lib/image/arch.h"
#include "lib/kern/session.h"
#include "unwind/ehabi_tables.h"
#include "unwind/orc_tables.h"
#include "unwind/reader.h"
#include "unwind/stack_info.h"

struct callsite_ops;
struct walk_arch;
struct stack_arch;

/** Where the kernel keeps registers, as far as a machine's unwinder needs to know. */
struct saved_layout {
	uint32_t pt_regs;     /* bytes of struct pt_regs; 0: not known */
	uint32_t record;      /* arm64: offset in it of the frame record of an exception; 0: none */
	bool record_type;     /* arm64: a word behind a record of zeros says what it is */
	uint32_t context;     /* in task_struct: registers of a task that waits; 0: not known */
	bool context_on_stack; /* it is at the bottom of the task's stack instead */
	uint32_t context_fp, context_sp, context_pc; /* likewise, of these */
};

struct unwinder {
	struct cairn *c;        /* NULL: nothing can be fetched later (tests) */
	struct arena *arena;
	struct reader mem;
	struct syms *syms;
	const struct arch *machine;
	const struct walk_arch *arch;        /* NULL: no steps, only where a CPU stands */
	const struct callsite_ops *calls;    /* NULL: if there is no arch */
	const struct stack_arch *stack_arch; /* NULL: only task stacks are known */
	uint64_t task_stack_size;            /* THREAD_SIZE; 0: not known */
	uint64_t assumed_size;               /* of stacks, if there are no types; 0: assume none */
	struct stacks stacks;                /* of CPUs, as far as they were asked for */
	struct map cpus_done;                /* CPUs whose stacks are in the table */
	bool has_modules;                    /* c->modules was asked for */
	struct range init_text;              /* the kernel's; its bytes may be gone */
	struct map jumps;                    /* private to grade.c */
	struct saved_layout saved;
	uint64_t switch_to;                  /* x86: __switch_to_asm, which a task that waits has
						called; 0: not known */
	uint64_t pac_mask;                   /* arm64: bits that sign an address */
	struct orc orc;
	struct ehabi ehabi;
	struct cairn_err lack;               /* code not CAIRN_OK: the tables that this machine
						unwinds by are missing, and why */
};

/** CAIRN_MISSING when kernel memory cannot be read. Missing tables are no error: walks get as
 *  far as they do without, see `lack`. */
enum cairn_code unwinder_init(struct unwinder *u, struct cairn *c, struct arena *arena,
			      struct cairn_err *err);
void unwinder_deinit(struct unwinder *u);

/** Put the stacks of a CPU into the table; once. Stacks that cannot be found are left out. */
void unwinder_add_cpu(struct unwinder *u, unsigned cpu);

/** The stack of the task that a CPU executes, by what the CPU has of it: for when the task
 *  itself cannot be read. STACK_UNKNOWN if it says nothing. */
struct stack_info unwinder_current_stack(struct unwinder *u, unsigned cpu);

/** Put the stacks of all CPUs into the table. */
void unwinder_add_all_cpus(struct unwinder *u);

/** The stack of the task that owns sp, where a list of tasks is at hand. */
bool unwinder_task_stack(struct unwinder *u, uint64_t sp, struct stack_info *ret);

/** Instructions lie at addr. */
bool unwinder_is_text(struct unwinder *u, uint64_t addr);

#endif
