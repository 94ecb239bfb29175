/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wait - what a task that does not run waits for, and who could end that.
 *
 * The functions on its stack tell the kind (waitkind.h). What it is exactly is found by
 * structure: the waiter on the task's own stack, which the list it is linked into proves,
 * leads to the object and its owner (waiter.h, lock.h). What could not be proved has the grade
 * CAIRN_SUSPICIOUS and no object.
 */
#ifndef CAIRN_UNWIND_WAIT_H
#define CAIRN_UNWIND_WAIT_H

#include "unwind/lock.h"
#include "unwind/unwinder.h"
#include "unwind/waitkind.h"

struct wait {
	const struct task *task;
	enum wait_kind kind;
	enum cairn_grade grade;
	const char *function;      /* that waits; NULL: not known */
	const char *caller;        /* on whose behalf; NULL: not known */
	enum wait_access access;   /* what the lock, pipe, ... is wanted for */
	bool backs_off;            /* rather than deadlock (wound/wait mutexes) */
	/* the object; 0: not found */
	const char *type;          /* "struct mutex"; "user memory", ...; NULL: nothing is said */
	uint64_t object, size;
	uint64_t waiter;           /* on the task's stack */
	uint64_t waiter_size;
	size_t nwaiters;           /* in the same list, this one included; 0: not known */
	int bit;                   /* of the object's word; -1: none */
	uint32_t nfiles;           /* of poll() and select() */
	uint64_t mm;               /* of a private futex: whose address `object` is */
	/* who has it */
	enum lock_hold hold;
	uint64_t owner;            /* task_struct; 0: not known */
	const struct task *owner_task; /* NULL: not known, or the owner is no task */
	uint64_t readers;
	uint64_t owner_at, owner_word; /* where and how the owner is written; owner_at 0: nowhere */
	/* time */
	bool has_until;
	uint64_t until_ns;         /* CLOCK_MONOTONIC at which it ends in any case */
	bool has_since;
	uint64_t since_ns;         /* of the scheduler's clock, which the log has, too: when the task
				      was last put on a CPU */
};

/** What the waits of one dump share. */
struct waits {
	struct cairn *c;
	struct unwinder *unwinder;
	const struct tasks *tasks;
	struct waiters waiters;
	struct locks locks;
	struct waits_shapes *shapes; /* private */
	uint64_t jiffies;          /* when the machine stopped; 0: not known */
	unsigned hz;               /* jiffies a second; 0: not known */
	bool has_now;
	uint64_t now_ns;           /* of the same clock as since_ns: the latest that any CPU saw */
};

/** The unwinder and tasks must outlive it. */
enum cairn_code waits_init(struct waits *w, struct cairn *c, struct unwinder *u,
			   const struct tasks *tasks, struct cairn_err *err);
void waits_deinit(struct waits *w);

/** Some waits may not have been found because lists of waiters were endless: CAIRN_LIMIT. */
enum cairn_code waits_complete(const struct waits *w, struct cairn_err *err);

/** The task waits: it is neither running nor about to, nor dead. */
bool wait_is_waiting(const struct task *task);

/** What a waiting task waits for. Always filled: what is not known is left out. */
void wait_find(struct waits *w, const struct task *task, struct wait *ret);

/** The same by a trace that is at hand. */
void wait_of_trace(struct waits *w, const struct task *task, const struct trace *tr,
		   struct wait *ret);

#endif
