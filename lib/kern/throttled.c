/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/throttled.h"

#define DEPTH 64 /* groups in groups */

enum { T_FAIR, T_RT, T_DEADLINE, T_N };
static const struct shape_want task_want = {
	"struct task_struct", T_N,
	{ [T_FAIR] = "se.cfs_rq", [T_RT] = "rt", [T_DEADLINE] = "dl.dl_throttled" },
};

static const struct shape_want fair_want = { "struct cfs_rq", 1, { "throttle_count" } };
static const struct shape_want rt_want = { "struct rt_rq", 1, { "rt_throttled" } };

enum { E_QUEUE, E_PARENT, E_N };
static const struct shape_want entity_want = {
	"struct sched_rt_entity", E_N, { [E_QUEUE] = "rt_rq", [E_PARENT] = "parent" },
};

void throttled_init(struct throttled *t, struct types *ts)
{
	shape_resolve(&t->task, &task_want, ts, NULL);
	shape_resolve(&t->fair, &fair_want, ts, NULL);
	shape_resolve(&t->rt, &rt_want, ts, NULL);
	shape_resolve(&t->rt_entity, &entity_want, ts, NULL);
}

/* 0: none, or it cannot be read. */
static uint64_t get(const struct shape *s, struct space *sp, uint64_t addr, unsigned member)
{
	uint64_t ret;

	return addr && shape_has(s, member) && !shape_get(s, sp, addr, member, &ret, NULL) ? ret : 0;
}

static bool rt_group(const struct throttled *t, struct space *sp, uint64_t entity)
{
	for (unsigned i = 0; i < DEPTH && entity; i++) {
		if (get(&t->rt, sp, get(&t->rt_entity, sp, entity, E_QUEUE), 0))
			return true;
		entity = get(&t->rt_entity, sp, entity, E_PARENT);
	}
	return false;
}

bool throttled_is(const struct throttled *t, struct space *sp, uint64_t task,
		  enum runq_class class)
{
	switch (class) {
	case RUNQ_FAIR:
		return get(&t->fair, sp, get(&t->task, sp, task, T_FAIR), 0);
	case RUNQ_RT:
		return shape_has(&t->task, T_RT) &&
		       rt_group(t, sp, task + t->task.m[T_RT].offset);
	case RUNQ_DEADLINE:
		return get(&t->task, sp, task, T_DEADLINE);
	default:
		return false;
	}
}
