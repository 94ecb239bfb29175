/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task_memory - how much memory tasks have, by the counters of their address spaces.
 *
 * Source: include/linux/mm.h (get_mm_rss()): pages of files, anonymous ones and shared memory. Threads
 * have the same.
 */
#ifndef CAIRN_CMD_TASK_MEMORY_H
#define CAIRN_CMD_TASK_MEMORY_H

#include "lib/kern/task.h"

struct task_memory {
	const struct task *task;
	bool known;                    /* it has an address space, which could be read */
	uint64_t rss, swapped, virtual; /* bytes */
};

/** Of each task, in the order of *ts; memory from the arena. CAIRN_MISSING names what the types
 *  lack. */
enum cairn_code task_memory_get(struct cairn *c, const struct tasks *ts, struct arena *arena,
				struct task_memory **ret, struct cairn_err *err);

/** Most resident memory first, then as they were; what is not known last. */
void task_memory_sort(struct task_memory *m, size_t n);

#endif
