/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/xarray.h"

#include "lib/kern/walk.h"

#define STOP_EVERY 1024
#define KIND "xa_node"
#define NODES_FROM 4096u /* internal entries above are nodes (xa_is_node) */

enum { X_SHIFT, X_SLOTS, X_N };
static const struct shape_want node_want = {
	"struct xa_node", X_N, { [X_SHIFT] = "shift", [X_SLOTS] = "slots" },
};

enum { H_HEAD, H_N };
static const struct shape_want head_want = {
	"struct xarray", H_N, { [H_HEAD] = "xa_head" },
};

static bool is_internal(uint64_t entry)
{
	return (entry & 3) == 2;
}

static bool is_node(uint64_t entry)
{
	return is_internal(entry) && entry > NODES_FROM;
}

static unsigned bits(const struct xarray_walk *w)
{
	return (unsigned)__builtin_ctz(w->slots);
}

/* Whether one more entry or node may come, after `done` of them. If not, the walk is over. */
static bool may_go_on(struct xarray_walk *w, size_t done, uint64_t at, const char *what)
{
	if (!walk_ends(&w->err, done, w->limit, STOP_EVERY, w->c->stop, "an XArray", what))
		return true;
	w->err.addr = at;
	w->depth = 0;
	return false;
}

/* A node's shift is its parent's less a level; without a parent, any level's. */
static bool shift_fits(const struct xarray_walk *w, uint64_t shift)
{
	if (w->depth)
		return shift + bits(w) == w->level[w->depth - 1].shift;
	return shift % bits(w) == 0 && shift < 8u * w->c->arch->word;
}

/* Slots of a node: the topmost has some for indices that no word can hold. */
static unsigned slots_in_use(const struct xarray_walk *w, unsigned shift)
{
	unsigned left = 8u * w->c->arch->word - shift;

	return left < bits(w) ? 1u << left : w->slots;
}

/* Go down to a node whose slot 0 has index `first`. */
static void enter(struct xarray_walk *w, uint64_t node, uint64_t first)
{
	struct cairn_err err;
	uint64_t shift;

	if (!may_go_on(w, w->seen.count, node, "nodes"))
		return;
	if (node & (w->c->arch->word - 1))
		walk_note_corrupt(&w->err, KIND, node, "is not aligned");
	else if (!walk_visit(&w->err, &w->seen, KIND, node))
		return;
	else if (shape_get(&w->shape, &w->c->kernel, node, X_SHIFT, &shift, &err) != CAIRN_OK)
		walk_note(&w->err, &err);
	else if (!shift_fits(w, shift))
		walk_note_corrupt(&w->err, KIND, node, "has a shift that does not fit");
	else
		w->level[w->depth++] = (struct xarray_level){
			node, first, (unsigned)shift, 0, slots_in_use(w, (unsigned)shift),
		};
}

static enum cairn_code learn_node(struct xarray_walk *w, struct cairn_err *err)
{
	static const unsigned both[] = { X_SHIFT, X_SLOTS };
	enum cairn_code code = shape_resolve(&w->shape, &node_want, &w->c->types, err);

	if (code == CAIRN_OK)
		code = shape_require(&w->shape, both, 2, err);
	if (code != CAIRN_OK)
		return code;
	w->slots = w->shape.m[X_SLOTS].size / w->c->arch->word;
	if (w->slots < 16 || w->slots > 64 || (w->slots & (w->slots - 1)))
		return cairn_fail(err, CAIRN_MISSING, "struct xa_node with %u slots", w->slots);
	return CAIRN_OK;
}

/* What types tell, and the head of the array. */
static enum cairn_code read_head(struct xarray_walk *w, uint64_t xa, uint64_t *entry,
				 struct cairn_err *err)
{
	static const unsigned head[] = { H_HEAD };
	struct shape top;
	enum cairn_code code = shape_resolve(&top, &head_want, &w->c->types, err);

	if (code == CAIRN_OK)
		code = shape_require(&top, head, 1, err);
	if (code == CAIRN_OK)
		code = learn_node(w, err);
	if (code != CAIRN_OK)
		return code;
	return shape_get(&top, &w->c->kernel, xa, H_HEAD, entry, err);
}

enum cairn_code xarray_begin(struct xarray_walk *w, struct cairn *c, uint64_t xa, size_t limit,
			     struct cairn_err *err)
{
	uint64_t entry;
	enum cairn_code code;

	*w = (struct xarray_walk){ .c = c, .limit = limit };
	code = read_head(w, xa, &entry, &w->err);
	if (code != CAIRN_OK) {
		if (err)
			*err = w->err;
		return code;
	}
	if (is_node(entry))
		enter(w, entry - 2, 0);
	else if (!is_internal(entry))
		w->head = entry;
	return CAIRN_OK;
}

enum cairn_code xarray_begin_node(struct xarray_walk *w, struct cairn *c, uint64_t node,
				  size_t limit, struct cairn_err *err)
{
	enum cairn_code code;

	*w = (struct xarray_walk){ .c = c, .limit = limit };
	code = learn_node(w, &w->err);
	if (code == CAIRN_OK)
		enter(w, node, 0);
	else if (err)
		*err = w->err;
	return code;
}

static bool yield(struct xarray_walk *w, uint64_t node, uint64_t index, uint64_t entry)
{
	if (!may_go_on(w, w->n, node, "entries"))
		return false;
	w->node = node;
	w->index = index;
	w->entry = entry;
	w->n++;
	return true;
}

/* The entry in the next slot of the innermost node. */
static uint64_t take_slot(struct xarray_walk *w, uint64_t *index)
{
	struct xarray_level *l = &w->level[w->depth - 1];
	uint64_t at = l->node + w->shape.m[X_SLOTS].offset + l->slot * w->c->arch->word, entry = 0;
	struct cairn_err err;

	*index = l->first + ((uint64_t)l->slot++ << l->shift);
	if (space_word(&w->c->kernel, at, &entry, &err) != CAIRN_OK)
		walk_note(&w->err, &err);
	return entry;
}

bool xarray_next(struct xarray_walk *w)
{
	uint64_t entry = w->head, index = 0;

	w->head = 0;
	if (entry)
		return yield(w, 0, 0, entry);
	while (w->depth) {
		struct xarray_level l = w->level[w->depth - 1];

		if (l.slot == l.end) {
			w->depth--;
			continue;
		}
		entry = take_slot(w, &index);
		if (is_node(entry) && l.shift)
			enter(w, entry - 2, index);
		else if (is_node(entry))
			walk_note_corrupt(&w->err, KIND, entry - 2, "lies below the lowest level");
		else if (entry && !is_internal(entry))
			return yield(w, l.node, index, entry);
	}
	return false;
}

enum cairn_code xarray_end(struct xarray_walk *w, struct cairn_err *err)
{
	map_deinit(&w->seen);
	if (err && w->err.code)
		*err = w->err;
	return w->err.code;
}
