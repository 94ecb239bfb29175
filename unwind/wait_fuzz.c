/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hostile stacks and locks: four tasks wait for two mutexes, and the fuzzer writes over any
 * words of their waiters, the locks and the task_structs. Whatever it does, the search ends, a
 * proved waiter lies on its task's stack, and a deadlock that is reported has tasks in it.
 */
#include <stdlib.h>

#include "lib/kern/finding.h"
#include "unwind/testwait.h"
#include "unwind/wait_graph.h"

#define TASKS TW_SMALL_TASKS

static const char *const functions[] = {
	"__mutex_lock.constprop.0", "rwsem_down_read_slowpath", "wait_for_completion",
	"futex_wait_queue", "folio_wait_bit_common", "do_sys_poll", "pipe_read", "driver_read",
};

struct input {
	const uint8_t *at, *end;
};

static unsigned take(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

/* A word that leads somewhere: into a stack, a lock, a task_struct, a function, or nowhere. */
static uint64_t take_word(struct input *in, const uint64_t *place, unsigned n)
{
	unsigned v = take(in), off = take(in);

	if (v % 16 < n)
		return place[v % 16] + off / 2 * 8 + (v & 16 ? off : 0);
	return v % 16 == 15 ? TW_TEXT + off * 0x10 : off;
}

static void patch(struct testwait *w, struct input *in, const uint64_t *place, unsigned n)
{
	while (in->at < in->end) {
		uint64_t to = place[take(in) % n] + take(in) % 64 * 8;

		tw_word(w, to, take_word(in, place, n));
	}
}

static void check_wait(const struct wait *p)
{
	uint64_t stack = p->task->stack;

	if (p->grade == CAIRN_SUSPICIOUS && (p->object || p->owner || p->hold))
		abort();
	if (p->waiter && p->kind != WAIT_RT_MUTEX &&
	    (p->waiter < stack || p->waiter + p->waiter_size > stack + TM_STACK))
		abort();
}

static void look(struct testwait *w)
{
	const struct check_limits limits = { .only = "lock" };
	struct arena arena = { 0 };
	struct unwinder u;
	struct waits waits;
	struct wait_graph graph;
	struct findings found;
	const struct tasks *ts;

	if (!tasks_get(w->c, &ts, NULL) && !unwinder_init(&u, w->c, &arena, NULL)) {
		if (waits_init(&waits, w->c, &u, ts, NULL) ||
		    wait_graph_make(&graph, &waits, &arena, NULL, NULL, NULL))
			abort();
		for (size_t i = 0; i < graph.n; i++)
			check_wait(&graph.wait[i]);
		wait_graph_deinit(&graph);
		waits_deinit(&waits);
		unwinder_deinit(&u);
	}
	if (findings_get(&found, w->c, &limits, &arena, NULL))
		abort();
	for (size_t i = 0; i < found.n; i++)
		if (!found.said[i].f.nevidence || !found.said[i].f.message)
			abort();
	arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	uint64_t place[3 * TASKS];
	struct testwait w;

	if (size > 512)
		return 0;
	w = tw_small(take(&in) & 1 ? TW_HEADS : TW_FIRST_WAITER);
	for (unsigned i = 0; i < TASKS; i++) {
		uint64_t task = tw_task(&w, 10 + (int)i, "fuzz", functions[take(&in) % 8]);

		place[3 * i] = task;
		place[3 * i + 1] = tw_stack(&w, task) + TW_SP;
		place[3 * i + 2] = tw_mutex(&w, i % 2 ? place[3 * i - 3] : 0);
	}
	tw_word(&w, place[2] + TW_MUTEX_OWNER, place[3]);
	for (unsigned i = 0; i < TASKS; i++)
		tw_wait_mutex(&w, place[3 * i], place[3 * (i % 2 ? i - 1 : i + 1) + 2]);
	patch(&w, &in, place, 3 * TASKS);
	tw_open(&w);
	look(&w);
	tw_free(&w);
	return 0;
}
