/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_info - the stacks of a machine as a table, and the rules for walking over them.
 *
 * The kernel asks get_stack_info() (arch/x86/kernel/dumpstack_64.c, "x86/dumpstack: Add
 * get_stack_info() interface", cb76c9398240) about the stacks of the CPU it runs on. A dump
 * has no such CPU: here every stack is a row of a table, and a stack pointer is looked up
 * in all of them.
 *
 * What that first interface got wrong cannot be written here: a lookup that fails says so
 * by its code and leaves STACK_UNKNOWN with no bounds behind; bounds are [begin, end) for
 * every stack; every type has its bit in the visit mask, IRQ stacks included; a stack is
 * entered through stack_enter() or not at all.
 */
#ifndef CAIRN_UNWIND_STACK_INFO_H
#define CAIRN_UNWIND_STACK_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

/** What a stack is for. One bit each in a visit mask, STACK_UNKNOWN included. */
enum stack_type {
	STACK_UNKNOWN,
	STACK_TASK,
	STACK_ENTRY,    /* x86 entry trampoline */
	STACK_IRQ,      /* hard interrupts; x86_64 runs softirqs there too */
	STACK_SOFTIRQ,  /* where softirqs have a stack of their own (i386) */
	STACK_OVERFLOW, /* ARM: where the overflow of another stack is handled */
	STACK_SDEI,     /* arm64 firmware events, normal and critical */
	STACK_SDEI_CRITICAL,
	STACK_EFI,      /* arm64 EFI runtime calls */
	STACK_DF,       /* x86 exceptions */
	STACK_NMI,
	STACK_DB,
	STACK_DB1,
	STACK_DB2,
	STACK_MCE,
	STACK_VC,
	STACK_VC2,
	STACK_ASSUMED,  /* no type tells of stacks: where one would lie, inner to outer */
	STACK_ASSUMED_2,
	STACK_ASSUMED_3,
	STACK_TYPES,
};

/** As JSON shows it ("task", "irq", "DF", ...), and as the kernel prints it between
 *  brackets in a trace ("TASK", "IRQ", "#DF", ...). Never NULL. */
const char *stack_type_name(enum stack_type type);
const char *stack_type_tag(enum stack_type type);

enum stack_use { STACK_USE_UNKNOWN, STACK_IDLE, STACK_IN_USE };

struct stack_info {
	enum stack_type type;
	enum stack_use use;
	int32_t cpu;         /* owner; of a task's stack: where the task runs or ran; -1: none */
	uint64_t task;       /* STACK_TASK: its task_struct */
	uint64_t begin, end; /* [begin, end) */
	uint64_t guard;      /* bytes below begin that are never mapped; 0: none known */
	uint64_t next_sp;    /* where the stack says it was entered from; 0: it does not say.
				Stale unless use is STACK_IN_USE */
};

/** A table of stacks. Zero-initialised is empty; memory from the arena. */
struct stacks {
	struct stack_info *stack;
	size_t n, cap;
};

/** Add a stack. CAIRN_CORRUPT if it has no bounds, no type, or overlaps one in the table. */
enum cairn_code stacks_add(struct stacks *s, struct arena *a, const struct stack_info *info,
			   struct cairn_err *err);

/** The stack that holds `sp`. *ret is always written: STACK_UNKNOWN, zero bounds and
 *  CAIRN_NOTFOUND if there is none. */
enum cairn_code stacks_find(const struct stacks *s, uint64_t sp, struct stack_info *ret,
			    struct cairn_err *err);

/** `sp` is the stack pointer of a CPU: the stack that it is on is in use, and so is each from which
 *  that one was entered. Returns where this leads out of the table; `sp` if it is on none there. */
uint64_t stacks_use(struct stacks *s, uint64_t sp);

/** The stack in whose guard `sp` lies (it ran over): as stacks_find() otherwise. */
enum cairn_code stacks_find_guard(const struct stacks *s, uint64_t sp, struct stack_info *ret,
				  struct cairn_err *err);

/** The stack whose bounds are nearest to `sp`, and how many bytes lie between; NULL in an
 *  empty table. */
const struct stack_info *stacks_nearest(const struct stacks *s, uint64_t sp, uint64_t *distance);

/** Whether nothing but its alignment says that this is a stack. */
bool stack_is_assumed(const struct stack_info *info);

/** len bytes at addr lie wholly on the stack. Never true of STACK_UNKNOWN. */
bool on_stack(const struct stack_info *info, uint64_t addr, uint64_t len);

/** The stack's own guard holds sp. */
bool in_guard(const struct stack_info *info, uint64_t sp);

/** Which stacks a walk has been on. Zero-initialise before a walk. */
struct stack_visits {
	uint32_t mask; /* 1 << type of every stack entered */
	struct {
		uint64_t begin; /* of the stack of that type */
		uint64_t high;  /* highest stack pointer seen on it */
	} seen[STACK_TYPES];
};

enum stack_verdict {
	STACK_ENTERED,
	STACK_VISITED,     /* a stack of that type was left before */
	STACK_ORDER,       /* such a stack is never entered from the one that was left */
	STACK_OTHER_CPU,   /* it belongs to another CPU */
	STACK_NOT_A_STACK, /* STACK_UNKNOWN */
};

/** Go from one stack (type STACK_UNKNOWN: the walk begins) to another.
 *  - Exceptions may be left for anything, an IRQ stack for what is below it, a task's or
 *    the entry stack for nothing: whoever ran on it was called from user mode or is the
 *    beginning.
 *  - Each type once; but the very same stack may be entered again above everything seen on
 *    it, by saved registers (by_regs): exceptions that do not switch stacks nest like that. */
enum stack_verdict stack_enter(struct stack_visits *v, const struct stack_info *from,
			       const struct stack_info *to, uint64_t sp, bool by_regs);

/** The walk stands at sp of a stack that it entered. */
void stack_advance(struct stack_visits *v, const struct stack_info *info, uint64_t sp);

#endif
