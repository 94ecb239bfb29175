/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/runqueue.h"
#include "lib/kern/task.h"
#include "lib/kern/testrunq.h"

struct world {
	struct testrunq t;
	struct arena a;
	struct runqs all;
};

static struct world begin(void)
{
	return (struct world){ .t = trq_over(tk_new()) };
}

static void look(struct world *w)
{
	struct cairn_err err = { .text = "" };

	if (runqs_read(tm_open(&w->t.m), &w->a, &w->all, &err))
		fail_msg("%s", err.text);
	assert_int_equal(w->all.n, 2);
}

static void end(struct world *w)
{
	tasks_free(&w->t.m.k->c);
	arena_deinit(&w->a);
	tk_free(w->t.m.k);
}

static void expect(const struct world *w, size_t i, unsigned task, enum runq_class class)
{
	const struct runq *q = &w->all.runq[0];

	assert_true(i < q->n);
	assert_int_equal(q->task[i].task, w->t.task[task]);
	assert_int_equal(q->task[i].err.code, CAIRN_OK);
	assert_int_equal(q->task[i].class, class);
	assert_int_equal(q->task[i].running, i == 0);
	assert_int_equal(q->task[i].since,
			 TRQ_CLOCKS - (i ? 1000000 : 2000000) - task);
}

static void queues(void **state)
{
	struct world w = begin();
	const struct runq *q;

	(void)state;
	look(&w);
	q = &w.all.runq[0];
	assert_int_equal(q->fault.code, CAIRN_OK);
	assert_int_equal(q->err.code, CAIRN_OK);
	assert_int_equal(q->nr_running, 7);
	assert_int_equal(q->n, 7);
	expect(&w, 0, TRQ_RUNS, RUNQ_FAIR);
	expect(&w, 1, TRQ_DEADLINE, RUNQ_DEADLINE); /* and not the server */
	expect(&w, 2, TRQ_URGENT, RUNQ_RT);
	expect(&w, 3, TRQ_FIRST, RUNQ_FAIR);
	expect(&w, 4, TRQ_SECOND, RUNQ_FAIR);
	expect(&w, 5, TRQ_GROUPED, RUNQ_FAIR);
	expect(&w, 6, TRQ_STOPS, RUNQ_STOP);
	assert_true(q->task[4].delayed && !q->task[3].delayed);
	assert_int_equal(q->task[4].queue, w.t.rq + TRQ_FAIR);
	assert_int_equal(q->task[5].queue, w.t.group);
	assert_int_equal(q->task[6].queue, 0);
	assert_int_equal(w.all.clock, TRQ_CLOCKS);
	q = &w.all.runq[1];
	assert_int_equal(q->n, 1);
	assert_int_equal(q->task[0].class, RUNQ_IDLE);
	assert_int_equal(q->clock, TRQ_CLOCKS / 2);
	end(&w);
}

/* The running task is one of a group: its entity is in no tree, the others of the group are. */
static void running_group(void **state)
{
	struct world w = begin();
	struct testkern *k = w.t.m.k;

	(void)state;
	tk_put(k, w.t.task[TRQ_SECOND] + TRQ_SE + 8, 0, 8);
	tk_put(k, w.t.rq + TRQ_FAIR + 8, w.t.entity, 8);
	look(&w);
	expect(&w, 5, TRQ_GROUPED, RUNQ_FAIR);
	end(&w);
}

/* It says that it waits, and nothing leads to it. */
static void lost(void **state)
{
	struct world w = begin();

	(void)state;
	tk_put(w.t.m.k, w.t.task[TRQ_SECOND] + TRQ_SE + 16, 0, 8);
	look(&w);
	assert_int_equal(w.all.runq[0].n, 7);
	expect(&w, 5, TRQ_FIRST, RUNQ_FAIR);
	assert_int_equal(w.all.runq[0].task[5].queue, 0);
	end(&w);
}

static bool is_throttled(const struct world *w, unsigned task)
{
	const struct runq *q = &w->all.runq[0];

	for (size_t i = 0; i < q->n; i++)
		if (q->task[i].task == w->t.task[task]) {
			assert_int_equal(q->task[i].queue, 0);
			return q->task[i].throttled;
		}
	fail_msg("task %u is nowhere", task);
	return false;
}

/* Nothing leads to them either, and they are where they belong. */
static void throttled(void **state)
{
	struct world w = begin();
	struct testkern *k = w.t.m.k;
	uint64_t rt = tm_alloc(&w.t.m, 2 * TRQ_RT_SIZE), entity = tm_alloc(&w.t.m, 0x20);

	(void)state;
	/* the group, a deadline task, and a group of a group of real-time ones */
	tk_put(k, w.t.task[TRQ_SECOND] + TRQ_SE + 8, 0, 8);
	tm_set(&w.t.m, w.t.task[TRQ_GROUPED], TRQ_FAIR_OF, w.t.group, 8);
	tk_put(k, w.t.group + TRQ_FAIR_THROTTLED, 1, 4);
	tk_put(k, w.t.rq + TRQ_SERVER + 8, 0, 8);
	tm_set(&w.t.m, w.t.task[TRQ_DEADLINE], TRQ_DL_THROTTLED, 1, 4);
	tk_put(k, w.t.rq + TRQ_RT + 3 * 16, w.t.rq + TRQ_RT + 3 * 16, 8);
	tk_put(k, w.t.rq + TRQ_RT + 3 * 16 + 8, w.t.rq + TRQ_RT + 3 * 16, 8);
	tm_set(&w.t.m, w.t.task[TRQ_URGENT], TRQ_RT_OF, rt, 8);
	tm_set(&w.t.m, w.t.task[TRQ_URGENT], TRQ_RT_PARENT, entity, 8);
	tk_put(k, entity + TRQ_RT_OF - TRQ_RT_SE, rt + TRQ_RT_SIZE, 8);
	tk_put(k, entity + TRQ_RT_PARENT - TRQ_RT_SE, entity, 8); /* round in a circle */
	tk_put(k, rt + TRQ_RT_SIZE + TRQ_RT_THROTTLED, 1, 4);
	/* this one is lost, in a queue that is not throttled */
	tk_put(k, w.t.task[TRQ_SECOND] + TRQ_SE + 16, 0, 8);
	tm_set(&w.t.m, w.t.task[TRQ_FIRST], TRQ_FAIR_OF, w.t.rq + TRQ_FAIR, 8);
	look(&w);
	assert_true(is_throttled(&w, TRQ_GROUPED));
	assert_true(is_throttled(&w, TRQ_DEADLINE));
	assert_true(is_throttled(&w, TRQ_URGENT));
	assert_false(is_throttled(&w, TRQ_FIRST));
	end(&w);
	w = begin();
	tm_set(&w.t.m, w.t.task[TRQ_SECOND], TRQ_FAIR_OF, TK_HOLE, 8);
	tk_put(w.t.m.k, w.t.rq + TRQ_FAIR, 0, 8);
	tk_put(w.t.m.k, w.t.rq + TRQ_RT + 3 * 16, w.t.rq + TRQ_RT + 3 * 16, 8);
	tk_put(w.t.m.k, w.t.rq + TRQ_RT + 3 * 16 + 8, w.t.rq + TRQ_RT + 3 * 16, 8);
	tm_set(&w.t.m, w.t.task[TRQ_URGENT], TRQ_RT_PARENT, w.t.task[TRQ_URGENT] + TRQ_RT_SE, 8);
	look(&w);
	assert_false(is_throttled(&w, TRQ_SECOND)); /* not known */
	assert_false(is_throttled(&w, TRQ_URGENT));
	end(&w);
}

static void damage(void **state)
{
	struct world w = begin();
	struct testkern *k = w.t.m.k;

	(void)state;
	/* around in a circle: the group has the tree that it is in */
	tk_put(k, w.t.entity + 0x20, w.t.rq + TRQ_FAIR, 8);
	look(&w);
	assert_int_equal(w.all.runq[0].n, 7);
	end(&w);
	w = begin();
	k = w.t.m.k;
	tk_put(k, w.t.task[TRQ_SECOND] + TRQ_SE + 8, w.t.task[TRQ_SECOND] + TRQ_SE, 8);
	tk_put(k, w.t.rq + TRQ_RT + 50 * 16, TK_HOLE, 8);
	look(&w);
	assert_int_equal(w.all.runq[0].err.code, CAIRN_FAULT); /* the first */
	end(&w);
	w = begin();
	k = w.t.m.k;
	tk_put(k, w.t.rq, TK_HOLE + 8, 8); /* what it executes */
	look(&w);
	assert_int_equal(w.all.runq[0].task[0].err.code, CAIRN_FAULT);
	assert_int_equal(w.all.runq[0].fault.code, CAIRN_OK);
	end(&w);
	w = begin();
	tk_put(w.t.m.k, TM_OFFSETS, TK_HOLE - 0x100, 8);
	look(&w);
	assert_int_equal(w.all.runq[0].fault.code, CAIRN_FAULT);
	end(&w);
}

/* The root's tree becomes n groups, each to the right of the one before; their queues are `size`
 * bytes from each other. */
static uint64_t make_groups(struct world *w, unsigned n, unsigned size)
{
	uint64_t entity = tm_alloc(&w->t.m, n * UINT64_C(0x40));
	uint64_t queue = tm_alloc(&w->t.m, n * (uint64_t)size);

	for (unsigned i = 0; i < n; i++) {
		tk_put(w->t.m.k, i ? entity + (i - 1) * 0x40 + 8 : w->t.rq + TRQ_FAIR,
		       entity + i * 0x40, 8);
		tk_put(w->t.m.k, entity + i * 0x40 + TRQ_GROUP - TRQ_SE, queue + i * size, 8);
	}
	return queue;
}

static void group_limit(void **state)
{
	struct world w = begin();

	(void)state;
	make_groups(&w, RUNQ_GROUPS, 0x18);
	look(&w);
	assert_int_equal(w.all.runq[0].err.code, CAIRN_OK);
	end(&w);
	w = begin();
	make_groups(&w, RUNQ_GROUPS + 1, 0x18);
	look(&w);
	assert_int_equal(w.all.runq[0].err.code, CAIRN_LIMIT);
	end(&w);
	w = begin();
	make_groups(&w, RUNQ_GROUPS + 1, 0x18);
	tk_put(w.t.m.k, w.t.rq + TRQ_RT + 50 * 16, TK_HOLE, 8);
	look(&w);
	assert_int_equal(w.all.runq[0].err.code, CAIRN_FAULT); /* the first */
	end(&w);
}

/* Groups whose queues have one and the same tree: it is walked for each. */
static void shared_tree(void **state)
{
	enum { GROUPS = 1100, TASKS = 1000 };
	struct world w = begin();
	uint64_t queue = make_groups(&w, GROUPS, 0x18), node = tm_alloc(&w.t.m, 0x40 * TASKS);

	(void)state;
	for (unsigned i = 0; i < GROUPS; i++)
		tk_put(w.t.m.k, queue + i * 0x18, node, 8);
	for (unsigned i = 0; i + 1 < TASKS; i++)
		tk_put(w.t.m.k, node + i * 0x40 + 8, node + (i + 1) * 0x40, 8);
	look(&w);
	assert_true(w.all.runq[0].n >= TASKS);
	assert_int_equal(w.all.runq[0].err.code, CAIRN_LIMIT);
	end(&w);
}

static void clocks(void **state)
{
	struct world w = begin();
	struct cairn *c = tm_open(&w.t.m);
	const struct cpus *cpus;
	uint64_t ns = 0;

	(void)state;
	assert_int_equal(cpus_get(c, &cpus, NULL), CAIRN_OK);
	assert_true(runq_clock(c, &cpus->cpu[1], &ns));
	assert_int_equal(ns, TRQ_CLOCKS / 2);
	end(&w);
	w = begin();
	tk_put(w.t.m.k, TM_OFFSETS, TK_HOLE - 0x100, 8);
	c = tm_open(&w.t.m);
	assert_int_equal(cpus_get(c, &cpus, NULL), CAIRN_OK);
	assert_false(runq_clock(c, &cpus->cpu[0], &ns));
	end(&w);
}

static void missing(void **state)
{
	struct testmachine m = tm_new(1);
	struct arena a = { 0 };
	struct runqs all;
	struct cairn_err err;

	(void)state;
	assert_int_equal(runqs_read(tm_open(&m), &a, &all, &err), CAIRN_MISSING);
	assert_true(err.text[0]);
	tasks_free(&m.k->c);
	arena_deinit(&a);
	tk_free(m.k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queues), cmocka_unit_test(running_group), cmocka_unit_test(lost),
		cmocka_unit_test(throttled), cmocka_unit_test(damage),
		cmocka_unit_test(group_limit), cmocka_unit_test(shared_tree), cmocka_unit_test(clocks),
		cmocka_unit_test(missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
