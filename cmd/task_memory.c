/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/task_memory.h"

#include <stdlib.h>

#include "mm/mm.h"

/* What CPUs have not folded in yet may take a counter below zero. */
static uint64_t bytes(const struct mm_shape *s, int64_t pages)
{
	return pages > 0 ? (uint64_t)pages << mm_page_shift(s->c) : 0;
}

static struct task_memory one(const struct mm_shape *s, const struct task *t)
{
	struct task_memory m = { .task = t };
	struct mm mm;

	if (t->fault || !t->mm || mm_read(s, t->mm, &mm, NULL) || !mm.has_rss)
		return m;
	m.known = true;
	m.rss = bytes(s, mm.rss[MM_RSS_FILE]) + bytes(s, mm.rss[MM_RSS_ANON]) +
		bytes(s, mm.rss[MM_RSS_SHMEM]);
	m.swapped = bytes(s, mm.rss[MM_RSS_SWAP]);
	m.virtual = bytes(s, (int64_t)mm.v[MM_TOTAL]);
	return m;
}

enum cairn_code task_memory_get(struct cairn *c, const struct tasks *ts, struct arena *arena,
				struct task_memory **ret, struct cairn_err *err)
{
	struct mm_shape shape;
	enum cairn_code code = mm_shape_init(&shape, c, err);

	if (code)
		return code;
	*ret = arena_array(arena, ts->n + 1, sizeof(**ret));
	if (!*ret)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the tasks");
	for (size_t i = 0; i < ts->n; i++) {
		if (c->stop && c->stop())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		(*ret)[i] = one(&shape, &ts->task[i]);
	}
	return CAIRN_OK;
}

static int by_rss(const void *a, const void *b)
{
	const struct task_memory *x = a, *y = b;

	if (x->known != y->known)
		return x->known ? -1 : 1;
	if (x->rss != y->rss)
		return x->rss < y->rss ? 1 : -1;
	return (x->task > y->task) - (x->task < y->task);
}

void task_memory_sort(struct task_memory *m, size_t n)
{
	qsort(m, n, sizeof(*m), by_rss);
}
