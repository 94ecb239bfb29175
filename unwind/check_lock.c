/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_lock - tasks that wait for each other in a circle, and locks whose owner is gone.
 *
 * It is here and not among the plugins because it rests on stacks and shapes, which the public
 * header does not offer yet.
 */
#include <inttypes.h>
#include <string.h>

#include "lib/kern/finding.h"
#include "unwind/guilty.h"
#include "unwind/start.h"
#include "unwind/wait_graph.h"
#include "unwind/wait_text.h"

#define CYCLE_SHOWN 32          /* tasks that a finding names */

#define STATE_DEAD 0x80u        /* TASK_DEAD, include/linux/sched.h */

struct look {
	struct cairn *c;
	struct cairn_run *run;
	struct waits waits;
	struct wait_graph graph;
	struct arena arena;
};

static const char *owner_field(const struct wait *w)
{
	return w->kind == WAIT_MUTEX ? "mutex.owner" :
	       w->kind == WAIT_RWSEM ? "rw_semaphore.owner" :
				       "owner";
}

static const char *keep(struct look *l, struct str *s)
{
	const char *text = s->failed ? NULL : arena_strdup(&l->arena, s->buf);

	str_clear(s);
	return text ? text : "";
}

/* ---- circles ---- */

/* At most two; their number. */
static size_t one_evidence(struct look *l, struct str *s, const struct wait *w,
			   struct cairn_evidence e[2])
{
	wait_task_text(s, w->task);
	str_add(s, " waits here for ");
	wait_text(s, l->c, w);
	e[0] = (struct cairn_evidence){ w->waiter, w->waiter_size, keep(l, s) };
	if (!w->owner_at)
		return 1;
	str_add(s, "the owner of ");
	wait_text(s, l->c, w);
	str_add(s, " is ");
	wait_task_text(s, w->owner_task);
	e[1] = (struct cairn_evidence){ w->owner_at, l->c->arch->word, keep(l, s) };
	return 2;
}

static void cycle_message(struct look *l, struct str *s, const struct wait *first, size_t n)
{
	const struct wait *w = first;

	if (n == 1)
		str_add(s, "a task waits for itself: ");
	else
		str_addf(s, "%zu tasks wait for each other: ", n);
	for (size_t i = 0; i < n && i < CYCLE_SHOWN; i++) {
		str_add(s, i ? "; " : "");
		wait_task_text(s, w->task);
		str_add(s, " waits for ");
		wait_text(s, l->c, w);
		str_add(s, ", which ");
		wait_task_text(s, w->owner_task);
		str_add(s, " holds");
		w = wait_graph_next(&l->graph, w);
	}
	if (n > CYCLE_SHOWN)
		str_add(s, "; ...");
}

/* A wound/wait mutex's waiter may be just about to give way. A file lock belongs to a process, of
 * which another thread, or one that inherited it, may give it back. */
static enum cairn_grade cycle_grade(enum cairn_grade so_far, const struct wait *w)
{
	enum cairn_grade g = w->kind == WAIT_FILE_LOCK ? CAIRN_SUSPICIOUS :
			     w->backs_off	       ? CAIRN_IN_FLIGHT :
							 CAIRN_CERTAIN;

	return g > so_far ? g : so_far;
}

/* On whose behalf it sleeps, helpers and ways to wait left out; NULL: the stack does not tell. */
static const char *who_waits(struct look *l, const struct task *task)
{
	struct trace tr;

	trace_task(&tr, l->waits.unwinder, task, &l->arena);
	for (size_t i = 0; i < tr.n; i++) {
		const struct frame *f = &tr.frame[i];
		bool in_module = f->sym.module != NULL;
		struct piece base;

		if (!f->named || f->grade >= 'C')
			continue;
		base = guilty_base((struct piece){ f->sym.name, strlen(f->sym.name) });
		if (!guilty_is_helper(base, in_module, NULL) && !guilty_is_waiting(base, in_module))
			return arena_strndup(&l->arena, base.p, base.len);
	}
	return NULL;
}

/* The first by name: which of the tasks is met first is chance. */
static const char *cycle_mark(struct look *l, const struct wait *w, size_t n)
{
	const char *ret = NULL;

	for (size_t i = 0; i < n && i < CYCLE_SHOWN && w; i++, w = wait_graph_next(&l->graph, w)) {
		const char *name = who_waits(l, w->task);

		if (name && (!ret || strcmp(name, ret) < 0))
			ret = name;
	}
	return ret;
}

/* A circle of n waits: reported from its lowest pid on, so that the order does not depend on
 * where it was entered. */
static void report_cycle(struct look *l, const struct wait *first, size_t n)
{
	struct cairn_evidence e[2 * CYCLE_SHOWN];
	struct cairn_finding f = { .id = "lock.cycle", .severity = CAIRN_ERROR, .evidence = e };
	const struct wait *w = first;
	struct str s;

	str_init(&s);
	f.object = first->object;
	f.addr = first->owner_at;
	f.field = owner_field(first);
	f.mark = cycle_mark(l, first, n);
	for (size_t i = 0; i < n; i++, w = wait_graph_next(&l->graph, w)) {
		f.grade = cycle_grade(f.grade, w);
		if (i < CYCLE_SHOWN)
			f.nevidence += one_evidence(l, &s, w, &e[f.nevidence]);
	}
	cycle_message(l, &s, first, n);
	f.message = keep(l, &s);
	wait_task_text(&s, first->owner_task);
	f.found = keep(l, &s);
	f.expected = "a task that does not wait, in the end, for this one";
	cairn_report(l->run, &f);
	str_deinit(&s);
}

/* Every wait leads to at most one other: walk from each, and where a walk comes back to itself
 * there is a circle. visited[] has the number of the walk that was there first. */
static void find_cycles(struct look *l, size_t *visited)
{
	const struct wait_graph *g = &l->graph;

	for (size_t i = 0; i < g->n && cairn_go_on(l->run); i++) {
		const struct wait *w = &g->wait[i], *first, *p;
		size_t n = 1;

		for (; w && !visited[w - g->wait]; w = wait_graph_next(g, w))
			visited[w - g->wait] = i + 1;
		if (!w || visited[w - g->wait] != i + 1)
			continue;
		first = w;
		for (p = wait_graph_next(g, w); p != w; p = wait_graph_next(g, p), n++)
			first = p->task->pid < first->task->pid ? p : first;
		report_cycle(l, first, n);
	}
}

/* ---- owners that are gone ---- */

/* It will never run again. */
static bool is_dead(const struct task *t)
{
	return !t->fault && !t->on_cpu && (t->raw_state & STATE_DEAD);
}

static void report_dead(struct look *l, const struct wait *w)
{
	struct cairn_evidence e[2];
	struct cairn_finding f = {
		.id = "lock.owner.dead", .severity = CAIRN_ERROR, .object = w->object,
		.addr = w->owner_at, .field = owner_field(w), .evidence = e, .nevidence = 2,
		.expected = "a task that lives, or none",
	};
	struct str s;

	str_init(&s);
	wait_task_text(&s, w->task);
	str_add(&s, " waits here");
	e[0] = (struct cairn_evidence){ w->waiter, w->waiter_size, keep(l, &s) };
	e[1] = (struct cairn_evidence){ w->owner_at, l->c->arch->word, "the owner" };
	if (w->owner_task) {
		wait_task_text(&s, w->owner_task);
		str_add(&s, ", which is dead");
	} else {
		str_addf(&s, "0x%" PRIx64 ", which is no task", w->owner);
	}
	f.found = keep(l, &s);
	wait_task_text(&s, w->task);
	str_add(&s, " waits for ");
	wait_text(&s, l->c, w);
	str_addf(&s, ", held by %s", f.found);
	f.message = keep(l, &s);
	cairn_report(l->run, &f);
	str_deinit(&s);
}

/* One finding a lock, not one a waiter. */
static void find_dead(struct look *l)
{
	const struct tasks *ts = l->waits.tasks;
	struct map seen = { 0 };

	for (size_t i = 0; i < l->graph.n && cairn_go_on(l->run); i++) {
		const struct wait *w = &l->graph.wait[i];

		if (!wait_is_held(w) || !w->owner_at ||
		    (w->owner_task ? !is_dead(w->owner_task) : ts->partial))
			continue;
		if (map_visit(&seen, w->object))
			report_dead(l, w);
	}
	map_deinit(&seen);
}

/* ---- the checker ---- */

static bool go_on(void *run)
{
	return cairn_go_on(run);
}

static void look_at_all(struct look *l)
{
	size_t *visited;
	struct cairn_err err;
	enum cairn_code code = wait_graph_make(&l->graph, &l->waits, &l->arena, go_on, l->run, &err);

	/* an end before its time is told by whoever set the time */
	if (code && code != CAIRN_LIMIT && code != CAIRN_INTERRUPTED)
		cairn_unseen(l->run, "waits", &err);
	if (waits_complete(&l->waits, &err))
		cairn_unseen(l->run, "waits", &err);
	visited = arena_array(&l->arena, l->graph.n + 1, sizeof(*visited));
	if (visited)
		find_cycles(l, visited);
	find_dead(l);
	if (l->waits.tasks->partial)
		cairn_unseen(l->run, "tasks", &l->waits.tasks->err);
	wait_graph_deinit(&l->graph);
}

static enum cairn_code run(struct cairn *c, struct cairn_run *run_, struct cairn_err *err)
{
	struct look l = { .c = c, .run = run_ };
	const struct tasks *ts;
	struct unwinder u;
	enum cairn_code code = tasks_get(c, &ts, err);

	if (code)
		return code;
	code = unwinder_init(&u, c, &l.arena, err);
	if (!code && !u.arch)
		code = cairn_fail(err, CAIRN_MISSING, "stacks: %s", u.lack.text);
	if (!code && u.lack.code)
		cairn_unseen(run_, "stacks", &u.lack);
	if (!code)
		code = waits_init(&l.waits, c, &u, ts, err);
	if (!code)
		look_at_all(&l);
	waits_deinit(&l.waits);
	unwinder_deinit(&u);
	arena_deinit(&l.arena);
	return code;
}

static const struct cairn_explanation ids[] = {
	{
		.id = "lock.cycle",
		.title = "tasks wait for locks of each other in a circle",
		.meaning =
			"Each of these tasks sleeps until a lock is given back, and the one who has to give\n"
			"it back is the next of them. None can ever go on, nor can whoever waits for any of\n"
			"their locks: a deadlock. Each wait is proved by the waiter that the task has on its\n"
			"stack and that is linked into the lock's list, each owner is what the lock itself\n"
			"says. Of grade in-flight, locks are involved whose waiters give way (wound/wait\n"
			"mutexes): one of them may have been about to. Of grade suspicious, file locks are\n"
			"involved, which another thread of the owner may give back.",
		.causes =
			"Two paths that take the same locks in different order. A function that takes a lock\n"
			"its caller holds already (a circle of one). Less often a lock that was never given\n"
			"back on an error path, so that its owner is somewhere it should not be waiting.",
		.next =
			"`bt PID` of each task: which function took the lock it holds, which wants the next\n"
			"one. `wait` shows who else hangs on these locks. With CONFIG_PROVE_LOCKING the\n"
			"kernel reports the wrong order before it comes to this: `log` may have it.",
	},
	{
		.id = "lock.owner.dead",
		.title = "a lock is held by a task that is dead or none at all",
		.meaning =
			"A task sleeps until a lock is given back, and the owner that the lock names will\n"
			"never run again, or there is no such task. The lock stays taken for ever.",
		.causes =
			"A thread that ended with the lock held: a missing unlock on an error path, or an\n"
			"oops that killed it on the way (`log` then has the oops, and the kernel goes on with\n"
			"its locks held). Or the lock's memory was freed or overwritten, and what looks like\n"
			"an owner is something else.",
		.next =
			"`log`: an earlier oops of that task. `struct` of the lock: do its other members make\n"
			"sense? `wait` shows who hangs on it, `bt PID` which code owns the lock.",
	},
	{ .id = NULL },
};

static const struct cairn_check check = {
	.name = "lock",
	.summary = "deadlocks, and locks whose owner is gone",
	.ids = ids,
	.run = run,
};
CAIRN_CHECK(&check);
