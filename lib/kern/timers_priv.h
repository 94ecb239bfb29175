/* SPDX-License-Identifier: GPL-2.0-or-later */
/* timers_priv - what the wheels and the high-resolution timers share. */
#ifndef CAIRN_KERN_TIMERS_PRIV_H
#define CAIRN_KERN_TIMERS_PRIV_H

#include "lib/kern/cpu.h"
#include "lib/kern/timers.h"

/** What a timer is a part of, by the function that it calls. Zero-initialise. */
struct timer_owners {
	uint64_t wakes, queues;      /* those functions; 0: not known */
	uint64_t task, work;         /* from the timer's address on, modulo 2^64 */
};

/** kind: of timers that wake a task, their struct, its member, the function; of those that queue
 *  work likewise (NULL: none do). */
void timer_owners_init(struct timer_owners *o, struct cairn *c, const char *sleeper,
		       const char *wake, const char *work, const char *queue);
void timer_owner(const struct timer_owners *o, struct cairn *c, struct timer *t);

/** Room for one more, zeroed; NULL: none is left, and b->err says so. */
struct timer *timer_add(struct timer_base *b, struct arena *a);

/** Into the order in which they expire, `in` filled. */
void timers_sort(struct cairn *c, struct timer_base *b);

/** Where the bases of a CPU begin, by the per-CPU variable's name. False, and b->fault says
 *  why. */
bool timer_base_find(struct timer_base *b, struct cairn *c, const struct cpu *cpu,
		     const char *name);

/** Room for `each` bases of every CPU. */
enum cairn_code timer_bases_init(struct timer_bases *ret, struct cairn *c, struct arena *a,
				 uint64_t each, const struct cpus **cpus, struct cairn_err *err);

#endif
