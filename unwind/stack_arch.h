/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_arch - which stacks a machine's CPUs have, and where.
 */
#ifndef CAIRN_UNWIND_STACK_ARCH_H
#define CAIRN_UNWIND_STACK_ARCH_H

#include "lib/base/set.h"
#include "lib/image/arch.h"
#include "lib/kern/cpu.h"
#include "unwind/reader.h"
#include "unwind/stack_info.h"

/** What is needed to find the stacks of a CPU. */
struct stack_finder {
	struct cairn *c;
	const struct reader *mem;
	const struct cpu *cpu;
	uint64_t task_stack_size; /* 0: not known */
	struct stacks *stacks;    /* where they are added */
	struct arena *arena;
};

struct stack_arch {
	enum arch_id id;
	/* Add the stacks of f->cpu but for those of tasks. What this kernel does not have,
	   or what cannot be found, is left out. */
	void (*cpu_stacks)(struct stack_finder *f);
	/* One past the highest address of the stack of the task that f->cpu executes, as the
	   CPU itself has it; 0: not known. May be NULL. */
	uint64_t (*current_top)(struct stack_finder *f);
	uint64_t usual_size; /* of stacks, which are aligned to it: for when no type tells of
				them. 0: none is assumed */
	uint64_t task_guard; /* bytes below a task's stack that may be unmapped */
};

/** Registered by STACK_ARCH(&descriptor) in the last line of a machine's file. */
SET_DECLARE(stack_archs, const struct stack_arch);
#define STACK_ARCH(member) SET_ADD(stack_archs, const struct stack_arch, member)

const struct stack_arch *stack_arch_by_id(enum arch_id id);

/** Add one stack of f->cpu; a stack that does not fit into the table is left out. */
void stack_finder_add(struct stack_finder *f, struct stack_info info);

/** Bytes below `end` that can be read, up to the first page that cannot (a guard, where the
 *  stack is mapped by itself): the size of a stack when no type tells. */
uint64_t stack_probe(const struct reader *r, uint64_t end);

/** Name a stack where a task runs. STACK_UNKNOWN if it has none. */
struct stack_info stack_of_task(uint64_t task, int32_t cpu, uint64_t begin, uint64_t size,
				uint64_t guard);

#endif
