/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tracer - a walk while it is under way: what trace.c and each machine's unwinder share.
 *
 * A step goes from one state to its caller's. A machine's step function only computes;
 * whether the result may be believed (bounds, direction, order of stacks, call sites,
 * replaced return addresses, limits) is judged once for all machines, in trace.c.
 */
#ifndef CAIRN_UNWIND_TRACER_H
#define CAIRN_UNWIND_TRACER_H

#include "lib/base/set.h"
#include "lib/kern/task.h"
#include "unwind/trace.h"
#include "unwind/unwinder.h"

struct walk_state {
	uint64_t pc, sp, fp;
	bool fp_known;
	bool interrupted;    /* pc was interrupted, not returned to */
	bool label;          /* pc is returned to, but no call stands before it: entry code, or a
				probe, made it the return address */
	bool has_regs;       /* regs are known as of pc */
	bool full;           /* regs hold more than an interrupt frame */
	uint64_t some;       /* without has_regs: a bit for each of regs that is known */
	uint64_t passed;     /* likewise, of those that the step handed on, for the next one's use */
	enum frame_rule rule;
	char grade;          /* that the rule allows */
	bool by_regs;        /* pc and sp come from registers saved by hardware or entry code */
	uint64_t slot;       /* where a return address was read; 0: nowhere */
	uint64_t regs_addr;
	uint64_t regs[ARCH_NREGS];
	const char *note;
};

struct tracer {
	struct unwinder *u;
	struct trace *trace;
	struct arena *arena;
	const struct task *task;      /* NULL: not known */
	int32_t cpu;                  /* whose stacks are walked; -1: of a task that waits */
	struct stack_info task_stack; /* STACK_UNKNOWN if the task has none */
	struct stack_info stack;      /* where `now` stands */
	struct stack_visits visits;
	struct walk_state now;
	char cap;                     /* best grade for the next frame */
	bool lost;                    /* a frame was no caller of the one below: none behind it that
					follows from its pc is sure */
	bool guessed;                 /* where the stack begins, or goes on, is a guess that nothing ties
					to what is sure: no frame from there on is more than likely */
	bool link_used;               /* the link of `stack` was tried */
	bool misplaced;               /* user registers are not where they should be */
	size_t cap_frames;
};

/** What a machine brings. Registered by WALK_ARCH(&descriptor). */
struct walk_arch {
	enum arch_id id;
	uint8_t nregs; /* registers of a saved set that are kept, in order of arch->reg_names */
	/* Go from t->now to its caller; *next is zeroed. An end other than TRACE_GOES_ON has
	   its reason set by tracer_end(). */
	enum trace_end (*step)(struct tracer *t, struct walk_state *next);
	/* The state of a task that waits, from its saved stack pointer. */
	enum trace_end (*waiting)(struct tracer *t, uint64_t sp, struct walk_state *ret);
	/* The state behind the link of t->stack, where it leads from there. */
	enum trace_end (*link)(struct tracer *t, struct walk_state *next);
	/* A CPU's stack pointer is on no stack: the state that its registers tell of all the same,
	   behind the one they are. May be NULL. */
	enum trace_end (*lost)(struct tracer *t, struct walk_state *next);
	/* The stack pointer is one of a mode that has no stack, wherever it lies. May be NULL. */
	bool (*stackless)(const uint64_t *regs);
	bool (*user_mode)(const uint64_t *regs);
	const struct callsite_ops *calls;
	bool probes_by_fp; /* return probes remember a slot by the caller's frame pointer */
	/* Find the tables. Called once for each unwinder; a failure is kept as its `lack`. */
	enum cairn_code (*init)(struct unwinder *u, struct cairn_err *err);
};

SET_DECLARE(walk_archs, const struct walk_arch);
#define WALK_ARCH(member) SET_ADD(walk_archs, const struct walk_arch, member)

const struct walk_arch *walk_arch_by_id(enum arch_id id);

/** Set the reason, from words for `end` and formatted details (NULL: none). Returns end. */
enum trace_end tracer_end(struct tracer *t, enum trace_end end, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Read n words of a stack. They must lie on t->stack or on a known stack: what is on
 *  none is not read. Ends: TRACE_OFF_STACK, TRACE_UNREADABLE. */
enum trace_end tracer_stack_words(struct tracer *t, uint64_t addr, uint64_t *ret, size_t n);

/** The stack that holds sp: t->stack, the task's own, or one of the machine's. */
enum cairn_code tracer_find_stack(struct tracer *t, uint64_t sp, struct stack_info *ret,
				  struct cairn_err *err);

/** One past the task's stack, where registers of user mode lie: the task's own, or the stack that
 *  is assumed to be one. 0: not known. */
uint64_t tracer_task_end(const struct tracer *t);

/** Registers of user mode: the end of the walk. `addr` is where they lie on a stack. */
enum trace_end tracer_user_regs(struct tracer *t, const uint64_t *regs, uint64_t addr);

/** Walk from `first`, filling t->trace. */
void tracer_run(struct tracer *t, const struct walk_state *first);

#endif
