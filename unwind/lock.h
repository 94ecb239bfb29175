/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lock - from a waiter to the lock it waits for, and who holds that.
 *
 * Sources: kernel/locking/mutex.c (owner and its flags), rwsem.c (count, owner),
 * semaphore.c, rtmutex_common.h; include/linux/hung_task.h (blocker).
 */
#ifndef CAIRN_UNWIND_LOCK_H
#define CAIRN_UNWIND_LOCK_H

#include "lib/kern/rwsem.h"
#include "unwind/waiter.h"

enum lock_form { LOCK_MUTEX, LOCK_RWSEM, LOCK_SEM, LOCK_RT_MUTEX, LOCK_FORMS };

enum lock_hold {
	LOCK_UNTOLD,    /* the lock does not say by whom */
	LOCK_FREE,      /* by nobody: given back, its next owner has not run yet */
	LOCK_PASSED,    /* by nobody: promised to `owner`, who has not run yet */
	LOCK_HELD,      /* by `owner` */
	LOCK_READERS,   /* by `readers` of them, `owner` being the one that came last, or 0 */
};

struct locks {
	struct waiters *waiters;
	struct shape shape[LOCK_FORMS], waiter_rt, task;
	struct rwsem_layout rwsem;
	bool has[LOCK_FORMS], has_rt, has_task;
};

struct lock {
	enum lock_form form;
	uint64_t addr, size;
	const char *type;        /* "struct mutex" */
	enum lock_hold hold;
	uint64_t owner;          /* task_struct; it may be none any more */
	uint64_t readers;
	uint64_t owner_at;       /* where the owner is written; 0: nowhere */
	uint64_t owner_word;     /* as it is there, flags included */
};

/** `waiters` must outlive it. */
void locks_init(struct locks *l, struct waiters *waiters);

/** The lock that a task waits for. It is searched for where the list of waiters leads; where that
 *  does not, in the task_struct and in [from, to) of the task's stack. On success *waiter is
 *  the waiter that proves it. */
bool lock_find(struct locks *l, enum lock_form form, const struct task *task, uint64_t from,
	       uint64_t to, struct waiter *waiter, struct lock *ret);

#endif
