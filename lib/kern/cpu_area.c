/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/cpu_area.h"

#include <stdlib.h>

#include "lib/debug/shape.h"
#include "lib/kern/list.h"

#define TASKS_LIMIT (4u << 20) /* PID_MAX_LIMIT, include/linux/threads.h */
#define CPUS_LIMIT  8192u      /* NR_CPUS of MAXSMP kernels */

enum { TASK_TASKS, TASK_CPU, TASK_CFS_RQ, TASK_PID, TASK_N };
static const struct shape_want task_want = {
	"struct task_struct", TASK_N,
	{ [TASK_TASKS] = "tasks", [TASK_CPU] = "cpu|thread_info.cpu",
	  [TASK_CFS_RQ] = "se.cfs_rq", [TASK_PID] = "pid" },
};

static const struct shape_want cfs_want = { "struct cfs_rq", 1, { "rq" } };

enum { RQ_CPU, RQ_IDLE, RQ_ONLINE, RQ_N };
static const struct shape_want rq_want = {
	"struct rq", RQ_N, { [RQ_CPU] = "cpu", [RQ_IDLE] = "idle", [RQ_ONLINE] = "online" },
};

struct search {
	struct cairn *c;
	struct cpus *cpus;
	struct shape task, cfs, rq;
	uint64_t place; /* of the runqueue in the area */
	size_t cap;
};

static enum cairn_code resolve(struct search *s, struct cairn_err *err)
{
	static const unsigned all[] = { 0, 1, 2, 3 };
	struct types *ts = &s->c->types;
	enum cairn_code code = shape_resolve(&s->task, &task_want, ts, err);

	if (!code)
		code = shape_require(&s->task, all, TASK_N, err);
	if (!code)
		code = shape_resolve(&s->cfs, &cfs_want, ts, err);
	if (!code)
		code = shape_require(&s->cfs, all, 1, err);
	if (!code)
		code = shape_resolve(&s->rq, &rq_want, ts, err);
	if (!code)
		code = shape_require(&s->rq, all, RQ_ONLINE, err);
	if (!code && !type_percpu_offset(ts, "runqueues", &s->place))
		code = cairn_fail(err, CAIRN_MISSING, "the types do not place per-CPU variables");
	return code;
}

static bool is_known(const struct cpus *cpus, unsigned id)
{
	return cpu_by_id(cpus, id) != NULL;
}

static struct cpu *add(struct search *s)
{
	if (s->cpus->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 16;
		struct cpu *cpu = arena_array(&s->c->arena, cap, sizeof(*cpu));

		for (size_t i = 0; cpu && i < s->cpus->n; i++)
			cpu[i] = s->cpus->cpu[i];
		if (!cpu)
			return NULL;
		s->cpus->cpu = cpu;
		s->cap = cap;
	}
	s->cpus->cpu[s->cpus->n] = (struct cpu){ 0 };
	return &s->cpus->cpu[s->cpus->n++];
}

/* A runqueue is of the CPU that it names if that CPU's idle task, which has pid 0 and never
 * leaves it, says the same. */
static bool is_runqueue(struct search *s, const struct object *rq, uint64_t cpu)
{
	struct space *sp = &s->c->kernel;
	uint64_t pid, idle_cpu, idle = object_get(rq, RQ_IDLE);

	return object_get(rq, RQ_CPU) == cpu && idle &&
	       !shape_get(&s->task, sp, idle, TASK_PID, &pid, NULL) && !pid &&
	       !shape_get(&s->task, sp, idle, TASK_CPU, &idle_cpu, NULL) && idle_cpu == cpu;
}

static void add_cpu_of(struct search *s, uint64_t task, uint64_t cpu)
{
	struct space *sp = &s->c->kernel;
	uint64_t cfs, addr;
	struct object rq;
	struct cpu *new;

	if (shape_get(&s->task, sp, task, TASK_CFS_RQ, &cfs, NULL) || !cfs ||
	    shape_get(&s->cfs, sp, cfs, 0, &addr, NULL) || addr < s->place)
		return;
	if (!object_read(&rq, &s->rq, sp, addr, NULL) && is_runqueue(s, &rq, cpu)) {
		new = add(s);
		if (new) {
			new->id = (unsigned)cpu;
			new->online = !shape_has(&s->rq, RQ_ONLINE) || object_get(&rq, RQ_ONLINE);
			new->area = addr - s->place;
		}
	}
	object_done(&rq);
}

static int by_id(const void *a, const void *b)
{
	const struct cpu *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* Kernel threads have no other threads, so the list of processes is enough. */
static void look_at_tasks(struct search *s, uint64_t init_task)
{
	uint64_t link = s->task.m[TASK_TASKS].offset, cpu;
	struct list_walk list;

	list_begin(&list, &s->c->kernel, LIST_DOUBLE, init_task + link, TASKS_LIMIT);
	list.stop = s->c->stop;
	while (list_next(&list)) {
		uint64_t task = list.node - link;

		if (!shape_get(&s->task, &s->c->kernel, task, TASK_CPU, &cpu, NULL) &&
		    cpu < CPUS_LIMIT && !is_known(s->cpus, (unsigned)cpu))
			add_cpu_of(s, task, cpu);
	}
	list_end(&list, NULL);
}

enum cairn_code cpu_areas_find(struct cairn *c, struct cpus *ret, struct cairn_err *err)
{
	struct search s = { .c = c, .cpus = ret };
	uint64_t init_task;
	enum cairn_code code = resolve(&s, err);

	if (!code)
		code = sym_addr(&c->syms, "init_task", &init_task, err);
	if (code)
		return code;
	look_at_tasks(&s, init_task);
	if (!ret->n)
		return cairn_fail(err, CAIRN_MISSING, "no task leads to a runqueue");
	qsort(ret->cpu, ret->n, sizeof(*ret->cpu), by_id);
	return CAIRN_OK;
}
