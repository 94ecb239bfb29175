/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * throttled - tasks that want to be executed and have had their share.
 *
 * They are queued as they say, and yet no runqueue leads to them until their time is filled up
 * again: the entity of a group of fair tasks that has used up its quota is taken out of the tree
 * above, as is that of a group of real-time ones, and a deadline task itself. Sources:
 * kernel/sched/fair.c (throttle_cfs_rq; throttle_count is that of a group and all below it),
 * kernel/sched/rt.c (sched_rt_rq_dequeue), kernel/sched/deadline.c (update_curr_dl).
 */
#ifndef CAIRN_KERN_THROTTLED_H
#define CAIRN_KERN_THROTTLED_H

#include "lib/debug/shape.h"
#include "lib/kern/runqueue.h"

struct throttled {
	struct shape task, fair, rt, rt_entity;
};

/** What the types lack throttles nobody. */
void throttled_init(struct throttled *t, struct types *ts);

/** The task, or a group that it is in on its CPU. False also where that cannot be read. */
bool throttled_is(const struct throttled *t, struct space *sp, uint64_t task,
		  enum runq_class class);

#endif
