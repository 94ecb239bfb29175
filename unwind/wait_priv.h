/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wait_priv - for the files of wait.h: how each kind of object is found.
 */
#ifndef CAIRN_UNWIND_WAIT_PRIV_H
#define CAIRN_UNWIND_WAIT_PRIV_H

#include "unwind/wait.h"

/** Where on the task's stack the waiter is looked for: first in the waiting function's own frame,
 *  then all around it. */
struct wait_place {
	uint64_t frame_from, frame_to; /* the waiting function's frame */
	uint64_t from, to;             /* from the saved stack pointer to its callers' */
};

struct waits_shapes {
	struct shape queue, swait, completion, futex, pipe, epoll, file_lock, page, bit, poll, percpu;
	struct shape sleeper, clock_base, timer, task; /* wait_time.c */
};

/** CAIRN_NOMEM only; a type that is missing leaves its shape's `type` NULL. */
enum cairn_code wait_shapes(struct waits *w, struct cairn_err *err);

void wait_time_shapes(struct waits *w);

/** Fill in what the kind has; what cannot be found is left out (wait_object.c). */
void wait_object(struct waits *w, const struct wait_place *p, struct wait *ret);

/** When it ends in any case, if a timer on the stack says (wait_time.c). */
void wait_until(struct waits *w, const struct wait_place *p, struct wait *ret);

/** When it began. */
void wait_since(struct waits *w, struct wait *ret);

/** The clocks when the machine stopped. */
void wait_now(struct waits *w);

/** A pointer, a member of an object. False if the type lacks it or it cannot be read. */
bool wait_get(struct waits *w, const struct shape *s, uint64_t addr, unsigned member,
	      uint64_t *ret);

#endif
