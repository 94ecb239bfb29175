/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testrunq - for tests: the runqueues of a made-up machine, over testmachine.
 *
 * CPU 0 executes "runs"; on its queues are a deadline task, a real-time one, two fair ones, one of
 * which is asleep, and a group with one more. The stop task is on no queue.
 */
#ifndef CAIRN_KERN_TESTRUNQ_H
#define CAIRN_KERN_TESTRUNQ_H

#include "lib/kern/testmachine.h"

/* struct rq, beside testmachine's */
enum {
	TRQ_RUNNING = 0x10, TRQ_CLOCK = 0x18, TRQ_STOP = 0x20, TRQ_FAIR = 0x28, TRQ_DL = 0x40,
	TRQ_SERVER = 0x50, TRQ_RT = 0x700, TRQ_SIZE = 0xe00,
};
/* struct task_struct, behind the signal_struct that testmachine puts there */
enum {
	TRQ_SE = 0x140, TRQ_VRUNTIME = 0x158, TRQ_GROUP = 0x160, TRQ_DELAYED = 0x168,
	TRQ_FAIR_OF = 0x170, TRQ_RT_SE = 0x178, TRQ_RT_PARENT = 0x188, TRQ_RT_OF = 0x190,
	TRQ_DL_SE = 0x198, TRQ_DL_THROTTLED = 0x1b0, TRQ_PRIO = 0x1b8, TRQ_POLICY = 0x1bc,
	TRQ_ON_RQ = 0x1c0, TRQ_ARRIVAL = 0x1c8, TRQ_QUEUED = 0x1d0, TRQ_TASK_SIZE = 0x1d8,
};
/* struct cfs_rq, rt_rq */
enum { TRQ_FAIR_THROTTLED = 0x10, TRQ_RT_THROTTLED = 1600, TRQ_RT_SIZE = 1608 };

#define TRQ_CLOCKS UINT64_C(5000000000)

enum { TRQ_RUNS, TRQ_DEADLINE, TRQ_URGENT, TRQ_FIRST, TRQ_SECOND, TRQ_GROUPED, TRQ_STOPS, TRQ_N };

struct testrunq {
	struct testmachine m;
	uint64_t rq, task[TRQ_N];
	uint64_t entity, group; /* sched_entity and cfs_rq of the group */
};

static inline void trq_types(struct testkern *k)
{
	tk_struct(k, "rb_node", 24, (const struct tk_member[]){
		{ "__rb_parent_color", 0, 8, 0, NULL }, { "rb_right", 8, 8, 0, NULL },
		{ "rb_left", 16, 8, 0, NULL }, { 0 } });
	tk_struct(k, "cfs_rq", 0x18, (const struct tk_member[]){
		{ "tasks_timeline", 0, 8, 0, NULL }, { "curr", 8, 8, 0, NULL },
		{ "throttle_count", TRQ_FAIR_THROTTLED, 4, 0, NULL }, { 0 } });
	tk_struct(k, "dl_rq", 8, (const struct tk_member[]){ { "root", 0, 8, 0, NULL }, { 0 } });
	tk_struct(k, "rt_prio_array", 1600, (const struct tk_member[]){
		{ "queue", 0, 0, 100, "list_head" }, { 0 } });
	tk_struct(k, "rt_rq", TRQ_RT_SIZE, (const struct tk_member[]){
		{ "active", 0, 0, 0, "rt_prio_array" },
		{ "rt_throttled", TRQ_RT_THROTTLED, 4, 0, NULL }, { 0 } });
	tk_struct(k, "sched_entity", 0x38, (const struct tk_member[]){
		{ "run_node", 0, 0, 0, "rb_node" }, { "vruntime", 0x18, 8, 0, NULL },
		{ "my_q", 0x20, 8, 0, NULL }, { "sched_delayed", 0x28, 1, 0, NULL },
		{ "cfs_rq", 0x30, 8, 0, NULL }, { 0 } });
	tk_struct(k, "sched_rt_entity", 0x20, (const struct tk_member[]){
		{ "run_list", 0, 0, 0, "list_head" }, { "parent", 0x10, 8, 0, NULL },
		{ "rt_rq", 0x18, 8, 0, NULL }, { 0 } });
	tk_struct(k, "sched_dl_entity", 0x20, (const struct tk_member[]){
		{ "rb_node", 0, 0, 0, "rb_node" }, { "dl_throttled", 0x18, 4, 0, NULL }, { 0 } });
	tk_struct(k, "sched_info", 16, (const struct tk_member[]){
		{ "last_arrival", 0, 8, 0, NULL }, { "last_queued", 8, 8, 0, NULL }, { 0 } });
	tk_extend(k, "rq", TRQ_SIZE, (const struct tk_member[]){
		{ "nr_running", TRQ_RUNNING, 4, 0, NULL }, { "clock", TRQ_CLOCK, 8, 0, NULL },
		{ "stop", TRQ_STOP, 8, 0, NULL }, { "cfs", TRQ_FAIR, 0, 0, "cfs_rq" },
		{ "dl", TRQ_DL, 0, 0, "dl_rq" }, { "rt", TRQ_RT, 0, 0, "rt_rq" }, { 0 } });
	tk_extend(k, "task_struct", TRQ_TASK_SIZE, (const struct tk_member[]){
		{ "se", TRQ_SE, 0, 0, "sched_entity" }, { "rt", TRQ_RT_SE, 0, 0, "sched_rt_entity" },
		{ "dl", TRQ_DL_SE, 0, 0, "sched_dl_entity" }, { "prio", TRQ_PRIO, 4, 0, "-" },
		{ "policy", TRQ_POLICY, 4, 0, NULL }, { "on_rq", TRQ_ON_RQ, 4, 0, NULL },
		{ "sched_info", TRQ_ARRIVAL, 0, 0, "sched_info" }, { 0 } });
}

static inline void trq_task(struct testrunq *t, unsigned i, const char *comm, int prio)
{
	t->task[i] = tm_task(&t->m, 10 + (int)i, comm);
	tm_alloc(&t->m, TRQ_TASK_SIZE - TM_TASK_SIZE - TM_SIGNAL_SIZE);
	tm_set(&t->m, t->task[i], TRQ_PRIO, (uint32_t)prio, 4);
	tm_set(&t->m, t->task[i], TRQ_ON_RQ, 1, 4);
	tm_set(&t->m, t->task[i], TRQ_ARRIVAL, TRQ_CLOCKS - 2000000 - i, 8);
	tm_set(&t->m, t->task[i], TRQ_QUEUED, TRQ_CLOCKS - 1000000 - i, 8);
}

/* The list heads of all priorities lead to themselves. */
static inline void trq_heads(struct testrunq *t, unsigned cpu)
{
	for (unsigned i = 0; i < 200; i++)
		tk_put(t->m.k, TM_AREA(cpu) + TM_RQ + TRQ_RT + 8 * i,
		       TM_AREA(cpu) + TM_RQ + TRQ_RT + i / 2 * 16, 8);
}

static inline void trq_queues(struct testrunq *t)
{
	struct testkern *k = t->m.k;

	tm_run(&t->m, 0, t->task[TRQ_RUNS]);
	tk_put(k, t->rq + TRQ_RUNNING, 7, 4);
	tk_put(k, t->rq + TRQ_CLOCK, TRQ_CLOCKS, 8);
	tk_put(k, TM_AREA(1) + TM_RQ + TRQ_CLOCK, TRQ_CLOCKS / 2, 8);
	tk_put(k, t->rq + TRQ_STOP, t->task[TRQ_STOPS], 8);
	/* a server, and to its right the task */
	tk_put(k, t->rq + TRQ_DL, t->rq + TRQ_SERVER, 8);
	tk_put(k, t->rq + TRQ_SERVER + 8, t->task[TRQ_DEADLINE] + TRQ_DL_SE, 8);
	tm_link(&t->m, t->rq + TRQ_RT + 3 * 16, t->task[TRQ_URGENT] + TRQ_RT_SE);
	/* fair: the second, with the first to its left and the group to its right */
	tk_put(k, t->rq + TRQ_FAIR, t->task[TRQ_SECOND] + TRQ_SE, 8);
	tk_put(k, t->rq + TRQ_FAIR + 8, t->task[TRQ_RUNS] + TRQ_SE, 8);
	tk_put(k, t->task[TRQ_SECOND] + TRQ_SE + 16, t->task[TRQ_FIRST] + TRQ_SE, 8);
	tk_put(k, t->task[TRQ_SECOND] + TRQ_SE + 8, t->entity, 8);
	tm_set(&t->m, t->task[TRQ_SECOND], TRQ_DELAYED, 1, 1);
	tk_put(k, t->entity + 0x20, t->group, 8);
	tk_put(k, t->group, t->task[TRQ_GROUPED] + TRQ_SE, 8);
}

/** Two CPUs over memory that was begun; then tm_open(&ret.m). */
static inline struct testrunq trq_over(struct testkern *k)
{
	static const struct { const char *comm; int prio; } all[TRQ_N] = {
		[TRQ_RUNS] = { "runs", 120 },     [TRQ_DEADLINE] = { "deadline", -1 },
		[TRQ_URGENT] = { "urgent", 3 },   [TRQ_FIRST] = { "first", 110 },
		[TRQ_SECOND] = { "second", 120 }, [TRQ_GROUPED] = { "grouped", 120 },
		[TRQ_STOPS] = { "migration/0", 0 },
	};
	struct testrunq t = { .m = tm_over(k, 2), .rq = TM_AREA(0) + TM_RQ };

	trq_types(k);
	tm_alloc(&t.m, TRQ_TASK_SIZE); /* idle tasks are read beyond their end */
	for (unsigned i = 0; i < TRQ_N; i++)
		trq_task(&t, i, all[i].comm, all[i].prio);
	t.entity = tm_alloc(&t.m, 0x40);
	t.group = tm_alloc(&t.m, 0x20);
	trq_heads(&t, 0);
	trq_heads(&t, 1);
	trq_queues(&t);
	return t;
}

#endif
