/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/rbtree.h"

#include <inttypes.h>

#define STOP_EVERY 256

static void note(struct rbtree_walk *w, const struct cairn_err *err)
{
	if (!w->err.code)
		w->err = *err;
}

static void note_corrupt(struct rbtree_walk *w, uint64_t node, const char *what)
{
	struct cairn_err err;

	cairn_fail(&err, CAIRN_CORRUPT, "rb_node 0x%" PRIx64 " %s", node, what);
	err.addr = node;
	note(w, &err);
}

/* A visited set that cannot grow does not know the node either. */
static void note_seen(struct rbtree_walk *w, uint64_t node)
{
	struct cairn_err err;

	if (map_get(&w->seen, node, NULL)) {
		note_corrupt(w, node, "is reached twice");
		return;
	}
	cairn_fail(&err, CAIRN_NOMEM, "no memory to walk a tree");
	err.addr = node;
	note(w, &err);
}

/* Whether a child can be gone to: there, aligned, and not seen before. */
static bool may_enter(struct rbtree_walk *w, uint64_t node)
{
	if (!node)
		return false;
	if (node & (w->sp->word - 1))
		note_corrupt(w, node, "is not aligned");
	else if (!map_visit(&w->seen, node))
		note_seen(w, node);
	else if (w->depth == RBTREE_DEPTH)
		note_corrupt(w, node, "lies deeper than any tree can be");
	else
		return true;
	return false;
}

static uint64_t link_of(struct rbtree_walk *w, uint64_t at)
{
	struct cairn_err err;
	uint64_t link;

	if (space_word(w->sp, at, &link, &err) == CAIRN_OK)
		return link;
	note(w, &err);
	return 0;
}

/* Down the left side. A node that cannot be read has no children that are known. */
static void descend(struct rbtree_walk *w, uint64_t node)
{
	while (may_enter(w, node)) {
		w->above[w->depth++] = node;
		node = link_of(w, node + 2 * w->sp->word);
	}
}

static void reset(struct rbtree_walk *w, struct space *sp, size_t limit)
{
	w->node = 0;
	w->n = 0;
	w->stop = NULL;
	w->err = (struct cairn_err){ 0 };
	w->sp = sp;
	w->limit = limit;
	w->seen = (struct map){ 0 };
	w->depth = 0;
}

void rbtree_begin(struct rbtree_walk *w, struct space *sp, uint64_t root, size_t limit)
{
	reset(w, sp, limit);
	descend(w, link_of(w, root));
}

void rbtree_begin_node(struct rbtree_walk *w, struct space *sp, uint64_t node, size_t limit)
{
	reset(w, sp, limit);
	descend(w, node);
}

static bool ends_early(struct rbtree_walk *w)
{
	if (w->n >= w->limit)
		cairn_fail(&w->err, CAIRN_LIMIT, "a tree of more than %zu nodes", w->limit);
	else if (w->stop && w->n % STOP_EVERY == 0 && w->stop())
		cairn_fail(&w->err, CAIRN_INTERRUPTED, "interrupted");
	else
		return false;
	w->err.addr = w->above[w->depth - 1];
	return true;
}

bool rbtree_next(struct rbtree_walk *w)
{
	if (w->node)
		descend(w, link_of(w, w->node + w->sp->word));
	w->node = 0;
	if (!w->depth || ends_early(w))
		return false;
	w->node = w->above[--w->depth];
	w->n++;
	return true;
}

enum cairn_code rbtree_end(struct rbtree_walk *w, struct cairn_err *err)
{
	map_deinit(&w->seen);
	if (err && w->err.code)
		*err = w->err;
	return w->err.code;
}
