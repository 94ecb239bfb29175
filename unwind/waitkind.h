/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * waitkind - by the functions on its stack, what kind of thing a task waits for.
 *
 * Names tell the kind only; what it is exactly is found in memory (wait.h). Names as of 5.10
 * to 7.2; each is where the kernel sleeps for such a thing or the nearest caller that has a
 * frame of its own.
 */
#ifndef CAIRN_UNWIND_WAITKIND_H
#define CAIRN_UNWIND_WAITKIND_H

#include <stdbool.h>
#include <stddef.h>

#include "unwind/trace.h"

enum wait_kind {
	WAIT_UNKNOWN,
	/* locks: somebody holds them */
	WAIT_MUTEX,
	WAIT_RWSEM,
	WAIT_SEMAPHORE,
	WAIT_RT_MUTEX,
	WAIT_PERCPU_RWSEM,
	WAIT_FILE_LOCK,  /* flock, POSIX locks, leases */
	/* something that is to happen */
	WAIT_COMPLETION,
	WAIT_FUTEX,
	WAIT_PAGE,       /* a bit of a page's or folio's flags */
	WAIT_BIT,        /* a bit of another word: a buffer, an inode, ... */
	WAIT_PIPE,
	WAIT_SOCKET,
	WAIT_EPOLL,
	WAIT_POLL,       /* poll() and select() */
	WAIT_CHILD,      /* a child's exit or stop */
	WAIT_QUEUE,      /* any other wait queue */
	WAIT_SIGNAL,
	WAIT_SLEEP,      /* time to pass */
	/* nothing in particular */
	WAIT_STOPPED,    /* by a signal or a debugger */
	WAIT_FROZEN,
	WAIT_IDLE,       /* a kernel thread that has no work */
	WAIT_KINDS,
};

/** "mutex", "rwsem", "poll", ... as JSON has it; NULL for WAIT_UNKNOWN. */
const char *wait_kind_name(enum wait_kind kind);

/** It is owned: somebody has to give it back. */
bool wait_kind_is_lock(enum wait_kind kind);

/** What a system call of the task's own waits for, in no lock's keeping: somebody outside may never
 *  let it happen. */
bool wait_kind_is_event(enum wait_kind kind);

/** The kind by the first frame that is not the scheduler's; its index in *frame, tr->n if there
 *  is none. */
enum wait_kind wait_kind_of(const struct trace *tr, size_t *frame);

/** What the waiting function itself is there for, from its name: reading, writing, or
 *  neither. */
enum wait_access { WAIT_ACCESS_NONE, WAIT_ACCESS_READ, WAIT_ACCESS_WRITE };
enum wait_access wait_access_of(const char *function);

#endif
