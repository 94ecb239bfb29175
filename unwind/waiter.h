/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * waiter - what a task that sleeps has put on its own stack and linked into the queue of
 * whatever it waits for.
 *
 * A stack holds stale words, so nothing counts by its looks alone: the structure names the
 * task, and its neighbours in the list point back at it. A waiter that was taken off its
 * list fails that, whatever is left of it. From there the list leads to the lock: the one
 * node that is no waiter is the list's head inside it. Since 7.0 locks have no list head but
 * a pointer to their first waiter: such a waiter is proved only by its lock (lock.h).
 *
 * Sources: kernel/locking/mutex.h, rwsem.c, semaphore.c, rtmutex_common.h;
 * include/linux/swait.h, wait.h, plist.h; kernel/futex/futex.h.
 */
#ifndef CAIRN_UNWIND_WAITER_H
#define CAIRN_UNWIND_WAITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/map.h"
#include "lib/debug/shape.h"
#include "lib/kern/session.h"
#include "lib/kern/task.h"

enum waiter_form {
	WAITER_MUTEX,   /* struct mutex_waiter */
	WAITER_RWSEM,   /* struct rwsem_waiter */
	WAITER_SEM,     /* struct semaphore_waiter */
	WAITER_SWAIT,   /* struct swait_queue: completions */
	WAITER_QUEUE,   /* struct wait_queue_entry */
	WAITER_FUTEX,   /* struct futex_q */
	WAITER_FORMS,
};

/** A list of waiters that was walked once round. */
struct waiter_ring {
	uint64_t head; /* 0: none */
	size_t n;      /* waiters */
};

/** What searches of one dump share: shapes, resolved when first asked for; the lists seen, so that
 *  a thousand waiters of one lock cost one walk. */
struct waiters {
	struct cairn *c;
	const struct tasks *tasks;
	struct shape shape[WAITER_FORMS];
	bool tried[WAITER_FORMS], has[WAITER_FORMS];
	bool headless[WAITER_FORMS]; /* locks of this kernel have no list heads */
	struct waiter_ring *ring;
	size_t nrings;
	struct map ring_of;          /* private: index into ring, by form and node */
	size_t steps;                /* over nodes of lists, all together */
};

/** No more steps are made in one dump: what is beyond is not proved. */
#define WAITER_STEPS ((size_t)1 << 26)

static inline bool waiters_gave_up(const struct waiters *w)
{
	return w->steps >= WAITER_STEPS;
}

/** A waiter that is proved, unless the list has no head and no other waiter. */
struct waiter {
	enum waiter_form form;
	uint64_t addr;      /* the structure, on the task's stack */
	uint64_t size;
	uint64_t link;      /* its list_head */
	uint64_t head;      /* the list's head; 0: the list has none, all its nodes are waiters */
	size_t n;           /* waiters in the list */
	size_t ring;        /* private */
	uint64_t resume;    /* from where to search on for another one */
};

void waiters_init(struct waiters *w, struct cairn *c, const struct tasks *tasks);
void waiters_deinit(struct waiters *w);

/** The shape of a form; NULL when this kernel has no such type. */
const struct shape *waiter_shape(struct waiters *w, enum waiter_form form);

/** The first waiter of that form in [from, to) of the task's stack. False if there is none. */
bool waiter_find(struct waiters *w, enum waiter_form form, const struct task *task, uint64_t from,
		 uint64_t to, struct waiter *ret);

/** A node is in the same list as the waiter: the link of another waiter. */
bool waiter_has_node(struct waiters *w, const struct waiter *waiter, uint64_t node);

#endif
