/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/rbtree.h"

#include "lib/kern/walk.h"

#define STOP_EVERY 256
#define KIND "rb_node"

/* Whether a child can be gone to: there, aligned, and not seen before. */
static bool may_enter(struct rbtree_walk *w, uint64_t node)
{
	if (!node)
		return false;
	if (node & (w->sp->word - 1))
		walk_note_corrupt(&w->err, KIND, node, "is not aligned");
	else if (!walk_visit(&w->err, &w->seen, KIND, node))
		return false;
	else if (w->depth == RBTREE_DEPTH)
		walk_note_corrupt(&w->err, KIND, node, "lies deeper than any tree can be");
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
	walk_note(&w->err, &err);
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
	if (!walk_ends(&w->err, w->n, w->limit, STOP_EVERY, w->stop, "a tree", "nodes"))
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
