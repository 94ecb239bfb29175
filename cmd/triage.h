/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * triage - one report on one dump, part by part.
 *
 * Each part writes its own fields and text, degrades by itself, and leaves what it could not
 * find out as null.
 */
#ifndef CAIRN_CMD_TRIAGE_H
#define CAIRN_CMD_TRIAGE_H

#include "cmd/cmd.h"
#include "lib/kern/blame.h"
#include "lib/kern/cpu.h"
#include "lib/kern/finding.h"
#include "lib/kern/panic.h"
#include "lib/kern/task.h"
#include "unwind/oops.h"
#include "unwind/trace.h"
#include "unwind/unwinder.h"
#include "unwind/wait.h"

/* What the best of the findings explains. */
enum explained { EXPLAINED_NOTHING, EXPLAINED_CRASH, EXPLAINED_COMPLAINT };

/* What one report is made from. A part that could not be had is NULL, and c->degraded
 * says why. */
struct report {
	struct call *call;
	struct cairn *c;
	struct out *o;
	struct panic panic;
	const struct cpus *cpus;
	const struct tasks *tasks;
	struct unwinder unwinder;
	bool can_unwind;
	struct waits waits;
	bool can_wait;             /* what tasks wait for can be told */
	struct trace crash;        /* of the panicking CPU; n 0: none */
	const struct task *victim; /* who ran there */
	struct {
		bool is;                   /* a watchdog panicked for another's sake: */
		const struct task *task;   /* whose this was; NULL: not known */
		int cpu;                   /* that it stalled on; -1: it waited */
		struct trace trace;
		const struct frame *at;    /* where it waits, or loops; NULL: not known */
	} watched;
	struct findings findings;
	bool checked;              /* all checkers came to their end */
	enum explained explained;
	struct blame blame;        /* unless nothing is explained */
	const struct oops *told;   /* the log's own report of the crash; NULL: none */
	struct signature signature; /* of the crash */
	const struct oops *complaint; /* that a dump was asked for about; NULL: none is known */
	size_t nblocked;           /* tasks in uninterruptible sleep */
	bool has_vms;              /* virtual machines run here */
	bool waits_for_host;       /* tasks wait for memory that the host reads in */
	struct {
		bool named;
		const char *function;
		uint64_t offset;
	} dis;                     /* where it faulted */
	bool has_pointer;          /* a register that the faulting instruction read points */
	uint64_t pointer;          /* into memory that is worth a look */
};

/** Which CPU died, its trace, and where the log does not tell, of what (triage_died.c). */
void triage_died(struct report *r);

/** Run the checkers, and find which of the findings explains the crash, or what the kernel
 *  complained of before (triage_blame.c). */
void triage_look(struct report *r);

/** "explanation" of the crash. */
void triage_explanation(struct report *r);

/** What crashed, where, on which CPU, when (triage_crash.c). */
void triage_crash(struct report *r);

/** What the log itself says of the crash, and whose it is: r->told, r->complaint, r->signature
 *  (triage_bug.c). */
void triage_read_log(struct report *r);

/** A watchdog panicked, and the log tells of whom it watched. */
bool triage_is_watched(const struct report *r);

/** Whom it watched, and that one's stack: r->watched (triage_watched.c). */
void triage_watched(struct report *r);
void triage_watched_stack(struct report *r);

/** What the bug is called, inside the crash's object; its signature, behind it (triage_bug.c). */
void triage_bug(struct report *r);
void triage_signature(struct report *r);

/** Where the log's own trace and the unwound one do not agree (triage_bug.c). */
void triage_two_traces(struct report *r);

/** What the kernel's checks say of the object that they found bad, and the stacks that they kept of who
 *  had it (triage_object.c). */
void triage_object(struct report *r);

/** Where in the source: of the function that is blamed, by DWARF or the kernel's words; and where the
 *  kernel says that it told of it (triage_place.c). */
void triage_place(struct report *r);

/** The frame whose instruction led into an exception; NULL: there was none, or the trace does not show
 *  it (triage_code.c). */
const struct frame *triage_faulting(const struct report *r);

/** The instructions around the one that faulted, and what its registers pointed to; nothing where
 *  no exception led to the crash (triage_code.c). */
void triage_code(struct report *r);

/** The crashing CPU's trace over all its stacks. */
void triage_stack(struct report *r);

/** How long the kernel was up, its taint, modules of interest, what its memory was used for
 *  (triage_kernel.c). */
void triage_kernel(struct report *r);

/** Who had most memory, where the machine died for want of it (triage_hogs.c). */
void triage_hogs(struct report *r);

/** What the checkers found; false if nothing is worse than info (triage_findings.c). */
bool triage_findings(struct report *r);

/** What every other CPU was doing, and what is blocked (triage_machine.c). */
void triage_cpus(struct report *r);
void triage_blocked(struct report *r);

/** Virtual machines that run here; and as a guest, who waits for the host (triage_kvm.c). */
void triage_kvm(struct report *r);

/** What the log complained of before, and its lines up to the crash (triage_log.c). */
void triage_earlier(struct report *r);
void triage_log(struct report *r);

/** What to type next, fitting the crash and the findings; to be called last (triage_next.c). */
void triage_next(struct report *r);

/** The task that runs on a CPU, NULL if that is not known. */
const struct task *triage_task_of(struct report *r, unsigned cpu);

#endif
