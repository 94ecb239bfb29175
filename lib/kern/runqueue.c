/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/runqueue.h"

#include "lib/debug/shape.h"
#include "lib/kern/list.h"
#include "lib/kern/rbtree.h"
#include "lib/kern/task.h"
#include "lib/kern/throttled.h"

#define POLICY_EXT 7 /* SCHED_EXT, include/uapi/linux/sched.h */
#define RT_PRIOS 100 /* MAX_RT_PRIO */
#define QUEUED 1     /* TASK_ON_RQ_QUEUED */

enum { R_CURR, R_IDLE, R_STOP, R_RUNNING, R_CLOCK, R_FAIR, R_RT, R_DL, R_N };
static const struct shape_want rq_want = {
	"struct rq", R_N,
	{ [R_CURR] = "curr", [R_IDLE] = "idle", [R_STOP] = "stop", [R_RUNNING] = "nr_running",
	  [R_CLOCK] = "clock", [R_FAIR] = "cfs", [R_RT] = "rt", [R_DL] = "dl" },
};

enum { F_TREE, F_CURR, F_N };
static const struct shape_want fair_want = {
	"struct cfs_rq", F_N, { [F_TREE] = "tasks_timeline", [F_CURR] = "curr" },
};

enum { P_QUEUE, P_N };
static const struct shape_want rt_want = { "struct rt_rq", P_N, { [P_QUEUE] = "active.queue" } };

enum { D_TREE, D_N };
static const struct shape_want dl_want = { "struct dl_rq", D_N, { [D_TREE] = "root" } };

enum {
	T_PRIO, T_POLICY, T_ON_RQ, T_DELAYED, T_VRUNTIME, T_ARRIVAL, T_QUEUED, T_FAIR, T_FAIR_NODE,
	T_FAIR_GROUP, T_RT, T_RT_LINK, T_RT_GROUP, T_DL, T_DL_NODE, T_N,
};
static const struct shape_want task_want = {
	"struct task_struct", T_N,
	{ [T_PRIO] = "prio", [T_POLICY] = "policy", [T_ON_RQ] = "on_rq",
	  [T_DELAYED] = "se.sched_delayed", [T_VRUNTIME] = "se.vruntime",
	  [T_ARRIVAL] = "sched_info.last_arrival", [T_QUEUED] = "sched_info.last_queued",
	  [T_FAIR] = "se", [T_FAIR_NODE] = "se.run_node", [T_FAIR_GROUP] = "se.my_q", [T_RT] = "rt",
	  [T_RT_LINK] = "rt.run_list", [T_RT_GROUP] = "rt.my_q", [T_DL] = "dl",
	  [T_DL_NODE] = "dl.rb_node" },
};

struct look {
	struct cairn *c;
	struct arena *arena;
	const struct tasks *tasks;
	struct shape rq, fair, rt, dl, task;
	struct throttled throttled;
	/* of the runqueue at hand: */
	struct runq *q;
	uint64_t idle, stop;
	size_t cap;
	struct map seen;          /* tasks, and queues of groups */
	uint64_t *group;          /* RUNQ_GROUPS queues that are looked at next */
	size_t ngroups;
	size_t left;              /* of RUNQ_LIMIT: groups may lead into the same queue */
};

const char *runq_class_name(enum runq_class class)
{
	static const char *const names[] = {
		[RUNQ_IDLE] = "idle", [RUNQ_FAIR] = "fair", [RUNQ_EXT] = "ext", [RUNQ_RT] = "rt",
		[RUNQ_DEADLINE] = "deadline", [RUNQ_STOP] = "stop",
	};

	return names[class];
}

static void note(struct cairn_err *first, const struct cairn_err *err)
{
	if (!first->code && err->code)
		*first = *err;
}

/* ---- a task ---- */

static enum runq_class class_of(const struct look *l, uint64_t task, int32_t prio, uint64_t policy)
{
	if (task == l->idle)
		return RUNQ_IDLE;
	if (task == l->stop)
		return RUNQ_STOP;
	if (prio < RT_PRIOS)
		return prio < 0 ? RUNQ_DEADLINE : RUNQ_RT;
	return policy == POLICY_EXT ? RUNQ_EXT : RUNQ_FAIR;
}

static void read_task(const struct look *l, struct runq_task *t)
{
	struct object o;

	if (!object_read(&o, &l->task, &l->c->kernel, t->task, &t->err)) {
		t->prio = (int32_t)object_get(&o, T_PRIO);
		t->class = class_of(l, t->task, t->prio, object_get(&o, T_POLICY));
		t->delayed = !t->running && object_get(&o, T_DELAYED);
		t->vruntime = object_get(&o, T_VRUNTIME);
		t->since = object_get(&o, t->running ? T_ARRIVAL : T_QUEUED);
	}
	object_done(&o);
}

/* Not twice: one that changes its queue is on both for an instant, a damaged link leads
 * anywhere. NULL: not added. */
static struct runq_task *add_task(struct look *l, uint64_t task, uint64_t queue, bool running)
{
	struct runq *q = l->q;
	struct runq_task *all;

	if (!task || !map_visit(&l->seen, task))
		return NULL;
	all = arena_room(l->arena, q->task, q->n, &l->cap, sizeof(*all));
	if (!all) {
		cairn_fail(&q->err, CAIRN_NOMEM, "no memory for the tasks of a runqueue");
		return NULL;
	}
	q->task = all;
	q->task[q->n] = (struct runq_task){ .task = task, .queue = queue, .running = running };
	read_task(l, &q->task[q->n]);
	return &q->task[q->n++];
}

/* ---- queues ---- */

static void keep_group(struct look *l, uint64_t queue)
{
	struct cairn_err err;

	if (!map_visit(&l->seen, queue))
		return;
	if (l->ngroups < RUNQ_GROUPS) {
		l->group[l->ngroups++] = queue;
		return;
	}
	cairn_fail(&err, CAIRN_LIMIT, "more than %u groups of tasks", RUNQ_GROUPS);
	note(&l->q->err, &err);
}

/* An entity is a task's, or stands for a group that has a queue of its own: that one is kept for
 * later. True if it does. */
static bool is_group(struct look *l, uint64_t entity, unsigned whole, unsigned member)
{
	uint64_t at, queue;

	if (!shape_has(&l->task, member))
		return false;
	at = entity + (l->task.m[member].offset - l->task.m[whole].offset);
	if (space_word(&l->c->kernel, at, &queue, NULL)) /* a task that is not there says so itself */
		return false;
	if (queue)
		keep_group(l, queue);
	return queue;
}

/* One more entity. False: there were too many. */
static bool count_entity(struct look *l)
{
	struct cairn_err err;

	if (l->left) {
		l->left--;
		return true;
	}
	cairn_fail(&err, CAIRN_LIMIT, "more than %u entities are queued", RUNQ_LIMIT);
	note(&l->q->err, &err);
	return false;
}

static void fair_tree(struct look *l, uint64_t queue)
{
	struct rbtree_walk w;
	struct cairn_err err;

	rbtree_begin(&w, &l->c->kernel, queue + l->fair.m[F_TREE].offset, RUNQ_LIMIT);
	w.stop = l->c->stop;
	while (rbtree_next(&w) && count_entity(l)) {
		uint64_t task = w.node - l->task.m[T_FAIR_NODE].offset;

		if (!is_group(l, task + l->task.m[T_FAIR].offset, T_FAIR, T_FAIR_GROUP))
			add_task(l, task, queue, false);
	}
	if (rbtree_end(&w, &err))
		note(&l->q->err, &err);
}

/* The entity that is executed is in no tree, and its group's others are. */
static void fair_queue(struct look *l, uint64_t queue)
{
	uint64_t curr;
	struct cairn_err err;

	fair_tree(l, queue);
	if (!shape_has(&l->fair, F_CURR))
		return;
	if (shape_get(&l->fair, &l->c->kernel, queue, F_CURR, &curr, &err))
		note(&l->q->err, &err);
	else if (curr)
		is_group(l, curr, T_FAIR, T_FAIR_GROUP);
}

static void rt_queue(struct look *l, uint64_t queue)
{
	uint64_t head = queue + l->rt.m[P_QUEUE].offset, link = 2 * l->c->arch->word;
	struct cairn_err err;
	struct list_walk w;

	for (unsigned prio = 0; prio < RT_PRIOS; prio++) {
		list_begin(&w, &l->c->kernel, LIST_DOUBLE, head + prio * link, RUNQ_LIMIT);
		w.stop = l->c->stop;
		while (list_next(&w) && count_entity(l)) {
			uint64_t task = w.node - l->task.m[T_RT_LINK].offset;

			if (!is_group(l, task + l->task.m[T_RT].offset, T_RT, T_RT_GROUP))
				add_task(l, task, queue, false);
		}
		if (w.lost)
			add_task(l, w.lost - l->task.m[T_RT_LINK].offset, queue, false);
		if (list_end(&w, &err))
			note(&l->q->err, &err);
	}
}

/* A server is an entity of the runqueue itself: it lets fair tasks run beside real-time ones. */
static void deadline_queue(struct look *l, uint64_t queue)
{
	struct rbtree_walk w;
	struct cairn_err err;

	rbtree_begin(&w, &l->c->kernel, queue + l->dl.m[D_TREE].offset, RUNQ_LIMIT);
	w.stop = l->c->stop;
	while (rbtree_next(&w) && count_entity(l))
		if (w.node - l->q->addr >= l->rq.size)
			add_task(l, w.node - l->task.m[T_DL_NODE].offset, queue, false);
	if (rbtree_end(&w, &err))
		note(&l->q->err, &err);
}

static void each_group(struct look *l, uint64_t queue, void (*look)(struct look *l, uint64_t queue))
{
	l->ngroups = 0;
	look(l, queue);
	for (size_t i = 0; i < l->ngroups && !(l->c->stop && l->c->stop()); i++)
		look(l, l->group[i]);
}

static void stray(struct look *l, uint64_t task)
{
	struct runq_task *t = add_task(l, task, 0, false);

	if (t && !t->err.code)
		t->throttled = throttled_is(&l->throttled, &l->c->kernel, task, t->class);
}

/* Those that say they are queued on this CPU. */
static void strays(struct look *l)
{
	uint64_t on_rq;

	for (size_t i = 0; i < l->tasks->n && shape_has(&l->task, T_ON_RQ); i++) {
		const struct task *t = &l->tasks->task[i];

		if (!t->fault && !t->idle && t->cpu == (int32_t)l->q->cpu &&
		    !shape_get(&l->task, &l->c->kernel, t->addr, T_ON_RQ, &on_rq, NULL) &&
		    on_rq == QUEUED)
			stray(l, t->addr);
	}
}

/* ---- runqueues ---- */

static void read_queues(struct look *l)
{
	uint64_t at = l->q->addr;

	if (shape_has(&l->rq, R_DL) && shape_has(&l->dl, D_TREE) && shape_has(&l->task, T_DL_NODE))
		deadline_queue(l, at + l->rq.m[R_DL].offset);
	each_group(l, at + l->rq.m[R_RT].offset, rt_queue);
	each_group(l, at + l->rq.m[R_FAIR].offset, fair_queue);
	strays(l);
}

static void read_runq(struct look *l, const struct cpu *cpu, struct runq *q)
{
	enum cairn_code code;
	struct object o;

	*q = (struct runq){ .cpu = cpu->id };
	l->q = q;
	l->cap = 0;
	l->left = RUNQ_LIMIT;
	code = percpu_symbol(l->c, cpu, "runqueues", &q->addr, &q->fault);
	if (code)
		return;
	code = object_read(&o, &l->rq, &l->c->kernel, q->addr, &q->fault);
	if (!code) {
		q->nr_running = object_get(&o, R_RUNNING);
		q->clock = object_get(&o, R_CLOCK);
		l->idle = object_get(&o, R_IDLE);
		l->stop = object_get(&o, R_STOP);
		add_task(l, object_get(&o, R_CURR), 0, true);
		read_queues(l);
		map_deinit(&l->seen);
	}
	object_done(&o);
}

static enum cairn_code shapes(struct look *l, struct cairn_err *err)
{
	static const unsigned of_rq[] = { R_CURR, R_FAIR, R_RT }, first[] = { 0 };
	static const unsigned of_task[] = { T_FAIR, T_FAIR_NODE, T_RT, T_RT_LINK };
	struct types *ts = &l->c->types;
	enum cairn_code code = shape_resolve(&l->rq, &rq_want, ts, err);

	if (!code)
		code = shape_require(&l->rq, of_rq, 3, err);
	if (!code)
		code = shape_resolve(&l->fair, &fair_want, ts, err);
	if (!code)
		code = shape_require(&l->fair, first, 1, err);
	if (!code)
		code = shape_resolve(&l->rt, &rt_want, ts, err);
	if (!code)
		code = shape_require(&l->rt, first, 1, err);
	if (!code)
		code = shape_resolve(&l->task, &task_want, ts, err);
	if (!code)
		code = shape_require(&l->task, of_task, 4, err);
	shape_resolve(&l->dl, &dl_want, ts, NULL);
	throttled_init(&l->throttled, ts);
	return code;
}

bool runq_clock(struct cairn *c, const struct cpu *cpu, uint64_t *ns)
{
	struct shape s;
	uint64_t rq;

	return !shape_resolve(&s, &rq_want, &c->types, NULL) && shape_has(&s, R_CLOCK) &&
	       !percpu_symbol(c, cpu, "runqueues", &rq, NULL) &&
	       !shape_get(&s, &c->kernel, rq, R_CLOCK, ns, NULL);
}

enum cairn_code runqs_read(struct cairn *c, struct arena *a, struct runqs *ret,
			   struct cairn_err *err)
{
	struct look l = { .c = c, .arena = a };
	const struct cpus *cpus;
	enum cairn_code code = cpus_get(c, &cpus, err);

	*ret = (struct runqs){ .n = 0 };
	if (!code)
		code = tasks_get(c, &l.tasks, err);
	if (!code)
		code = shapes(&l, err);
	if (code)
		return code;
	ret->runq = arena_array(a, cpus->n + 1, sizeof(*ret->runq));
	l.group = arena_array(a, RUNQ_GROUPS, sizeof(*l.group));
	if (!ret->runq || !l.group)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for runqueues");
	for (; ret->n < cpus->n; ret->n++) {
		struct runq *q = &ret->runq[ret->n];

		read_runq(&l, &cpus->cpu[ret->n], q);
		if (c->stop && c->stop())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		if (!q->fault.code && q->clock > ret->clock)
			ret->clock = q->clock;
	}
	return CAIRN_OK;
}
