/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "lib/kern/maple.h"

#define FETCH_AHEAD 4 /* nodes */

enum cairn_code maple_begin_on(struct maple_walk *w, struct cairn *c, struct shelf *shelf,
			       uint64_t tree, uint64_t first, uint64_t last, size_t limit,
			       struct cairn_err *err)
{
	enum cairn_code code;

	*w = (struct maple_walk){ .limit = limit, .leaf = MAPLE_NONE };
	shelf_init(&w->own, &c->kernel);
	w->m = (struct maple){
		.c = c, .shelf = shelf ? shelf : &w->own, .tree = tree, .first = first,
		.last = last, .limit = limit,
	};
	code = maple_layout_get(c, &w->m.layout, &w->err);
	if (!code)
		code = maple_load(&w->m, &w->err);
	if (code && err)
		*err = w->err;
	if (!code)
		w->err = w->m.err;
	return code;
}

enum cairn_code maple_begin(struct maple_walk *w, struct cairn *c, uint64_t tree, uint64_t first,
			    uint64_t last, size_t limit, struct cairn_err *err)
{
	return maple_begin_on(w, c, NULL, tree, first, last, limit, err);
}

void maple_to_last(struct maple_walk *w)
{
	w->leaf = MAPLE_NONE;
	w->on = false;
	w->behind = true;
}

static void note_order(struct maple_walk *w, const struct maple_node *n, unsigned slot)
{
	if (w->err.code)
		return;
	cairn_fail(&w->err, CAIRN_CORRUPT, "maple_node 0x%" PRIx64 ": slot %u has no range",
		   n->addr, slot);
	w->err.addr = n->addr;
}

/* The entry in the slot that the walk is at, if there is one in the range. */
static bool take(struct maple_walk *w)
{
	const struct maple_node *n = &w->m.node[w->leaf];
	unsigned slot = (unsigned)w->slot;
	uint64_t lo = maple_lo(&w->m, n, slot), hi = maple_hi(&w->m, n, slot);
	uint64_t entry = maple_slot(&w->m, n, slot);

	if (!entry)
		return false;
	if (lo > hi || lo < n->lo || hi > n->hi) {
		note_order(w, n, slot);
		return false;
	}
	if (lo > w->m.last || hi < w->m.first)
		return false;
	w->first = lo;
	w->last = hi;
	w->entry = entry;
	w->node = n->addr;
	w->slot_at = n->addr + maple_slot_at(w->m.layout, n->type, slot);
	return true;
}

static bool may_go_on(struct maple_walk *w, size_t n)
{
	if (n <= w->limit - w->n) {
		w->n += n;
		return true;
	}
	cairn_fail(&w->err, CAIRN_LIMIT, "a maple tree of more than %zu entries", w->limit);
	w->err.addr = w->node;
	return false;
}

/* The one entry of a tree without nodes. */
static bool only_entry(struct maple_walk *w, bool forward)
{
	bool was_on = w->on;

	w->on = w->m.single && !was_on && w->behind != forward;
	if (!w->on) {
		w->behind = was_on ? forward : w->behind;
		return false;
	}
	w->first = w->last = 0;
	w->entry = w->m.single;
	w->node = 0;
	w->slot_at = w->m.tree + w->m.layout->root;
	return may_go_on(w, 1);
}

static bool is_leaf(const struct maple_node *n)
{
	return n->state == MAPLE_THERE && n->type == MAPLE_LEAF;
}

/* To the next leaf that is there. */
static bool step_leaf(struct maple_walk *w, bool forward)
{
	const struct maple *m = &w->m;

	if (w->leaf == MAPLE_NONE && w->behind == forward)
		return false;
	do
		w->leaf = forward ? maple_leaf_after(m, w->leaf) : maple_leaf_before(m, w->leaf);
	while (w->leaf != MAPLE_NONE && !is_leaf(&m->node[w->leaf]));
	w->behind = forward;
	if (w->leaf == MAPLE_NONE)
		return false;
	maple_fetch(m, forward ? w->leaf + FETCH_AHEAD : (size_t)w->leaf - FETCH_AHEAD);
	w->slot = forward ? 0 : m->node[w->leaf].end;
	return true;
}

/* One slot on; at the end of a leaf to the next. */
static bool step(struct maple_walk *w, bool forward)
{
	if (w->leaf != MAPLE_NONE) {
		w->slot += forward ? 1 : -1;
		if (w->slot >= 0 && w->slot <= (int)w->m.node[w->leaf].end)
			return true;
	}
	return step_leaf(w, forward);
}

static bool go(struct maple_walk *w, bool forward)
{
	if (!w->m.n)
		return only_entry(w, forward);
	while (step(w, forward))
		if (take(w))
			return may_go_on(w, 1);
	return false;
}

static size_t take_all(struct maple_walk *w, struct maple_entry *ret)
{
	const struct maple_node *n = &w->m.node[w->leaf];
	const struct maple_form *f = &w->m.layout->form[n->type];
	uint64_t pivot[MAPLE_SLOTS], slot[MAPLE_SLOTS], lo = n->lo, hi;
	size_t count = 0;

	maple_words(w->m.layout, n->bytes + f->pivot, pivot, f->slots - 1);
	maple_words(w->m.layout, n->bytes + f->slot, slot, f->slots);
	for (unsigned i = 0; i <= n->end; i++, lo = hi + 1) {
		hi = i < n->end ? pivot[i] : n->hi;
		if (!slot[i])
			continue;
		if (lo > hi || lo < n->lo || hi > n->hi)
			note_order(w, n, i);
		else if (lo <= w->m.last && hi >= w->m.first)
			ret[count++] = (struct maple_entry){ lo, hi, slot[i] };
	}
	w->slot = n->end;
	w->node = n->addr;
	return count;
}

size_t maple_next_leaf(struct maple_walk *w, struct maple_entry ret[MAPLE_SLOTS])
{
	size_t n = 0;

	if (!w->m.n) {
		if (!only_entry(w, true))
			return 0;
		ret[0] = (struct maple_entry){ w->first, w->last, w->entry };
		return 1;
	}
	while (!n && step_leaf(w, true))
		n = take_all(w, ret);
	return n && may_go_on(w, n) ? n : 0;
}

bool maple_next(struct maple_walk *w)
{
	return go(w, true);
}

bool maple_prev(struct maple_walk *w)
{
	return go(w, false);
}

enum cairn_code maple_end(struct maple_walk *w, struct cairn_err *err)
{
	maple_unload(&w->m);
	shelf_deinit(&w->own);
	if (err && w->err.code)
		*err = w->err;
	return w->err.code;
}

/* ---- one index ---- */

struct at_index {
	uint64_t first, last, entry;
};

static bool find_in(const struct maple *m, const struct maple_node *n, uint64_t index,
		    struct at_index *ret)
{
	for (unsigned i = 0; is_leaf(n) && i <= n->end; i++) {
		*ret = (struct at_index){ maple_lo(m, n, i), maple_hi(m, n, i), maple_slot(m, n, i) };
		if (ret->first <= index && index <= ret->last)
			return true;
	}
	return false;
}

static bool find(const struct maple *m, uint64_t index, struct at_index *ret)
{
	*ret = (struct at_index){ index ? 1 : 0, index ? m->layout->max : 0, m->single };
	for (size_t i = m->n; i--;)
		if (find_in(m, &m->node[i], index, ret))
			return true;
	return !m->n;
}

enum cairn_code maple_find(struct cairn *c, uint64_t tree, uint64_t index, uint64_t *entry,
			   uint64_t *first, uint64_t *last, struct cairn_err *err)
{
	struct maple_walk w;
	struct at_index r = { 0 };
	enum cairn_code end, code = maple_begin(&w, c, tree, index, index, MAPLE_DEPTH * 64, err);

	if (!code && !find(&w.m, index, &r) && !w.err.code)
		code = cairn_fail(err, CAIRN_CORRUPT, "no range has index 0x%" PRIx64, index);
	*entry = r.entry;
	if (first)
		*first = r.first;
	if (last)
		*last = r.last;
	end = maple_end(&w, err);
	if (code || end)
		return code ? code : end;
	if (!r.entry)
		return cairn_fail(err, CAIRN_NOTFOUND, "nothing at index 0x%" PRIx64, index);
	return CAIRN_OK;
}
