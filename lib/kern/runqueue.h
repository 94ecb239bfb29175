/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runqueue - what each CPU executes, and what waits to be executed there.
 *
 * Fair tasks are in red-black trees, in the order in which they would be executed before EEVDF
 * (6.6) and of their deadlines since; a group of them has a tree of its own, whose entity is in the
 * tree above. Real-time tasks are on a list for each priority, deadline tasks in a tree.
 *
 * Sources: kernel/sched/sched.h (struct rq, cfs_rq, rt_rq, dl_rq), include/linux/sched.h (struct
 * task_struct, sched_entity, sched_rt_entity, sched_dl_entity, sched_info). Times are those of the
 * runqueue's own clock, which goes on with what the CPU does: one that lags behind the others' is
 * that of a CPU that takes no interrupts.
 */
#ifndef CAIRN_KERN_RUNQUEUE_H
#define CAIRN_KERN_RUNQUEUE_H

#include "lib/base/arena.h"
#include "lib/kern/cpu.h"
#include "lib/kern/session.h"

#define RUNQ_LIMIT 1048576 /* tasks and groups of a runqueue */
#define RUNQ_GROUPS 16384  /* groups of a runqueue that have tasks, fair or real-time */

enum runq_class {
	RUNQ_IDLE,
	RUNQ_FAIR,
	RUNQ_EXT,      /* sched_ext: its queues are a BPF program's */
	RUNQ_RT,
	RUNQ_DEADLINE,
	RUNQ_STOP,
};

/** "fair", "rt", ... */
const char *runq_class_name(enum runq_class class);

struct runq_task {
	uint64_t task;        /* task_struct */
	uint64_t queue;       /* cfs_rq, rt_rq or dl_rq that it waits on; 0: none */
	enum runq_class class;
	bool running;         /* what the CPU executes; it is on no queue */
	bool throttled;       /* on no queue until its time, or its group's, is filled up again */
	bool delayed;         /* it went to sleep, and is taken off when its turn comes (6.12) */
	int32_t prio;         /* -1: deadline; 0 to 99: real time, 0 the most urgent; 120: nice 0 */
	uint64_t vruntime;    /* fair: ns */
	uint64_t since;       /* when it began to run, or to wait for it; 0: not known */
	struct cairn_err err; /* code not CAIRN_OK: nothing but the address is known, and why */
};

struct runq {
	unsigned cpu;
	uint64_t addr;        /* struct rq */
	uint64_t nr_running;  /* as the kernel counts, the running task included */
	uint64_t clock;       /* ns */
	struct runq_task *task; /* the running one first, then as they are queued: deadline, rt, fair;
				   at last those that say they wait here and are on no queue */
	size_t n;
	struct cairn_err fault; /* code not CAIRN_OK: nothing of the above is known, and why */
	struct cairn_err err;   /* likewise: there may be more tasks */
};

struct runqs {
	struct runq *runq;    /* one for each possible CPU */
	size_t n;
	uint64_t clock;       /* the most recent of all */
};

/** The time that a CPU's runqueue has seen last, ns since boot: as of its last tick, if it is not
 *  idle (with nohz_full, up to a second before). False: not known. */
bool runq_clock(struct cairn *c, const struct cpu *cpu, uint64_t *ns);

/** Read all; memory from the arena. CAIRN_MISSING without the types. */
enum cairn_code runqs_read(struct cairn *c, struct arena *a, struct runqs *ret,
			   struct cairn_err *err);

#endif
