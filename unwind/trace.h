/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * trace - a walk up the stacks of one task or CPU, and what each frame rests on.
 *
 * Every frame says by which rule it was found and how sure that is; every trace says why
 * it ended. Frames found by scanning a stack for likely words are never made here.
 *
 * Grades:
 *   A  the kernel's own tables, or those of its vmlinux, or saved registers led here, each step on a
 *      stack in use and upwards, and the bytes before the return address call the function below, or
 *      one that jumps to it (a tail call: see `via`)
 *   B  as A, but the call site names a function of which no such jump is known, or cannot
 *      be read; or the address was recovered from a return probe or the function graph
 *      tracer; or code made at run time was left by the frame pointer that it is seen to set
 *      up, or by the rules of what a kprobe copied there; or saved registers have
 *      their stack pointer in the guard below a stack that ran over, or on no stack; or
 *      nothing but a guess says whose registers they are
 *   C  a fallback led here: frame pointer, a call through a bad pointer, a word at a
 *      stack's top; or no call stands before the return address, or one of a function that
 *      never jumps on to another
 *   D  a guess (scan)
 * After a frame of grade C, frames are at most B until saved registers or a matching
 * direct call confirm the walk. Where the call site was what is wrong, nothing confirms it:
 * what earlier calls left fits together too (but for frame pointers, which do not depend on it).
 */
#ifndef CAIRN_UNWIND_TRACE_H
#define CAIRN_UNWIND_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/debug/sym.h"
#include "lib/image/arch.h"
#include "unwind/stack_info.h"

/** What led to a frame's pc. */
enum frame_rule {
	RULE_REGS,     /* registers that were saved: by a note, an exception, an interrupt */
	RULE_SWITCH,   /* what a context switch left on the stack of a task that waits */
	RULE_ORC,
	RULE_FP,
	RULE_EHABI,    /* ARM's tables */
	RULE_CFI,      /* DWARF of a debug file */
	RULE_LR,       /* the link register: a function that had not saved it */
	RULE_RETHOOK,  /* the true return address that a return probe had replaced */
	RULE_FGRAPH,
	RULE_BAD_CALL, /* the caller of an address that holds no code */
	RULE_CALLER,   /* the word behind a call of this function, which has no rules */
	RULE_LINK,     /* the word at the top of a stack that leads to the one before */
	RULE_SCAN,     /* a word on the stack that fits */
	FRAME_RULES,
};

/** As JSON shows it: "regs", "switch", "orc", ... */
const char *frame_rule_name(enum frame_rule rule);

/** Why a walk ended. */
enum trace_end {
	TRACE_GOES_ON,
	/* it is complete */
	TRACE_USER_MODE,     /* the CPU was in user mode: no kernel frames */
	TRACE_USER_REGS,
	TRACE_END_OF_STACK,
	TRACE_RET_FROM_FORK,
	TRACE_NO_STACK,      /* the task is dead, its stack is freed */
	/* it is cut */
	TRACE_UNREADABLE,
	TRACE_NOT_TEXT,
	TRACE_NO_ORC,
	TRACE_NO_TABLE,
	TRACE_UNDEFINED,
	TRACE_NO_REGISTER,
	TRACE_DIRECTION,
	TRACE_VISITED,
	TRACE_ORDER,
	TRACE_OTHER_CPU,
	TRACE_OFF_STACK,
	TRACE_STALE_LINK,
	TRACE_NMI_OVERWRITTEN,
	TRACE_TRAMPOLINE,    /* a return address was replaced and the true one is not found */
	TRACE_LIMIT,
	TRACE_NO_REGS,       /* the task runs and its CPU's registers are not in the dump */
	TRACE_NO_UNWINDER,   /* none for this machine, or without its tables */
	TRACE_ENDS,
};

/** The words for it, without the details: "user-mode regs", "ip not text", ... */
const char *trace_end_name(enum trace_end end);

/** The walk reached the beginning of the task's or CPU's work. */
bool trace_end_is_complete(enum trace_end end);

struct frame {
	uint64_t pc;      /* return address, or the interrupted instruction */
	uint64_t slot;    /* where pc was read, as a return address; 0: it is none */
	uint64_t sp;      /* stack pointer as of pc; 0: not known. Where frame records lead
			     (arm64): the caller's record, which lies there unless the caller
			     moved its stack pointer further down */
	enum frame_rule rule;
	char grade;       /* 'A' to 'D' */
	bool interrupted; /* pc is an instruction that was to be executed, no return address */
	struct stack_info stack;   /* where sp lies */
	bool named;       /* sym and offset are valid */
	struct sym sym;   /* covers pc; of a return address: covers pc - 1 */
	uint64_t offset;  /* of pc from sym */
	const uint64_t *regs;      /* registers as of pc in the order of arch->reg_names, as
				      many as trace.nregs; NULL: not known */
	uint64_t regs_addr;        /* where they lie on a stack; 0: nowhere */
	const uint64_t *some;      /* in the same order, those whose bit is in some_known: where
				      regs are not known; NULL: none */
	uint64_t some_known;
	uint64_t fp;               /* the frame pointer register as of pc, if fp_known */
	bool fp_known;
	const char *via;  /* the function that the call site calls, which jumped to the one
			     below; NULL: none */
	const char *note; /* something odd about this frame; NULL: nothing */
};

/** What says that a stack ran over, or that something wrote to its end. */
struct stack_damage {
	struct stack_info ran_over; /* STACK_UNKNOWN: none, as far as the walk saw */
	uint64_t sp;       /* the stack pointer that lies in its guard; 0: none was seen there */
	uint64_t above;    /* else: how far above its begin the stack pointer stood when the kernel
			      found it out (what did not fit, or wrote below); 0: not known */
	bool reported;     /* the kernel itself was about to report it */
	uint64_t magic_at; /* where the task's STACK_END_MAGIC has been overwritten; 0: it has not,
			      or is not in the dump */
	uint64_t magic;    /* with what */
};

struct trace {
	struct frame *frame; /* innermost first */
	size_t n;
	enum trace_end end;
	const char *reason;  /* end in words, with details; never NULL after a walk */
	bool complete;       /* ended at the beginning, and no frame is worse than B */
	struct cairn_err err; /* the read fault of TRACE_UNREADABLE */
	const uint64_t *user_regs; /* registers of user mode, as for frames; NULL: none */
	uint64_t user_regs_addr;   /* where they lie on a stack; 0: nowhere */
	struct stack_info task_stack; /* of the task, whether the walk came there or not;
					 STACK_UNKNOWN: not known */
	struct stack_damage damage;
	unsigned nregs;      /* registers in each set */
	bool cpu_guessed;    /* that these are this CPU's registers is a guess */
	bool merged;         /* it stands for several equal ones: stack pointers are not told */
};

/** No walk is longer. */
#define TRACE_FRAMES 512

#endif
