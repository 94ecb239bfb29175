/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/wait_graph.h"

static enum cairn_code add(struct wait_graph *g, struct waits *w, const struct task *t,
			   struct cairn_err *err)
{
	wait_find(w, t, &g->wait[g->n]);
	if (!map_put(&g->by_task, t->addr, g->n++))
		return cairn_fail(err, CAIRN_NOMEM, "no memory for what tasks wait for");
	return CAIRN_OK;
}

enum cairn_code wait_graph_make(struct wait_graph *g, struct waits *w, struct arena *arena,
				bool (*go_on)(void *arg), void *arg, struct cairn_err *err)
{
	const struct tasks *ts = w->tasks;
	enum cairn_code code = CAIRN_OK;

	*g = (struct wait_graph){ .wait = arena_array(arena, ts->n + 1, sizeof(*g->wait)) };
	if (!g->wait)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for what tasks wait for");
	for (size_t i = 0; !code && i < ts->n; i++) {
		if (w->c->stop && w->c->stop())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		if (go_on && !go_on(arg))
			return cairn_fail(err, CAIRN_LIMIT, "%zu of %zu tasks", i, ts->n);
		if (wait_is_waiting(&ts->task[i]))
			code = add(g, w, &ts->task[i], err);
	}
	return code;
}

void wait_graph_deinit(struct wait_graph *g)
{
	map_deinit(&g->by_task);
}

const struct wait *wait_graph_of(const struct wait_graph *g, uint64_t task)
{
	uint64_t i;

	return map_get(&g->by_task, task, &i) ? &g->wait[i] : NULL;
}

bool wait_is_held(const struct wait *w)
{
	return wait_kind_is_lock(w->kind) && w->hold == LOCK_HELD && w->owner;
}

const struct wait *wait_graph_next(const struct wait_graph *g, const struct wait *w)
{
	return wait_is_held(w) ? wait_graph_of(g, w->owner) : NULL;
}

void wait_graph_chain(const struct wait_graph *g, const struct wait *from,
		      struct wait_chain *ret)
{
	ret->n = 0;
	ret->cycle = false;
	for (; from && ret->n < WAIT_CHAIN; from = wait_graph_next(g, from)) {
		for (size_t i = 0; i < ret->n; i++)
			if (ret->wait[i] == from) {
				ret->cycle = true;
				ret->back = i;
				return;
			}
		ret->wait[ret->n++] = from;
	}
}
