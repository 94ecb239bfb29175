/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/xarray.h"

#include <inttypes.h>

#define STOP_EVERY 1024
#define NODES_FROM 4096u /* internal entries above are nodes (xa_is_node) */

enum { X_SHIFT, X_SLOTS, X_N };
static const struct shape_want node_want = {
	"struct xa_node", X_N, { [X_SHIFT] = "shift", [X_SLOTS] = "slots" },
};

enum { H_HEAD, H_N };
static const struct shape_want head_want = {
	"struct xarray", H_N, { [H_HEAD] = "xa_head" },
};

static void note(struct xarray_walk *w, uint64_t node, const char *what)
{
	if (w->err.code)
		return;
	cairn_fail(&w->err, CAIRN_CORRUPT, "xa_node 0x%" PRIx64 " %s", node, what);
	w->err.addr = node;
}

static bool is_internal(uint64_t entry)
{
	return (entry & 3) == 2;
}

static unsigned bits(const struct xarray_walk *w)
{
	return (unsigned)__builtin_ctz(w->slots);
}

/* Go down to a node whose slot 0 has index `first`; its shift is its parent's less a level. */
static void enter(struct xarray_walk *w, uint64_t node, uint64_t first)
{
	const struct xarray_level *above = w->depth ? &w->level[w->depth - 1] : NULL;
	struct cairn_err err;
	uint64_t shift;

	if (node & (w->c->arch->word - 1)) {
		note(w, node, "is not aligned");
	} else if (!map_visit(&w->seen, node)) {
		note(w, node, "is reached twice");
	} else if (shape_get(&w->shape, &w->c->kernel, node, X_SHIFT, &shift, &err) != CAIRN_OK) {
		if (!w->err.code)
			w->err = err;
	} else if (shift % bits(w) || shift >= 64 || w->depth == XARRAY_DEPTH ||
		   (above && shift + bits(w) != above->shift)) {
		note(w, node, "has a shift that does not fit");
	} else {
		w->level[w->depth++] = (struct xarray_level){ node, first, (unsigned)shift, 0 };
	}
}

enum cairn_code xarray_begin(struct xarray_walk *w, struct cairn *c, uint64_t xa, size_t limit,
			     struct cairn_err *err)
{
	static const unsigned both[] = { X_SHIFT, X_SLOTS }, head[] = { H_HEAD };
	struct shape top;
	uint64_t entry;
	enum cairn_code code = shape_resolve(&top, &head_want, &c->types, err);

	*w = (struct xarray_walk){ .c = c, .limit = limit };
	if (code == CAIRN_OK)
		code = shape_require(&top, head, 1, err);
	if (code == CAIRN_OK)
		code = shape_resolve(&w->shape, &node_want, &c->types, err);
	if (code == CAIRN_OK)
		code = shape_require(&w->shape, both, 2, err);
	if (code == CAIRN_OK)
		code = shape_get(&top, &c->kernel, xa, H_HEAD, &entry, err);
	if (code != CAIRN_OK)
		return code;
	w->slots = w->shape.m[X_SLOTS].size / c->arch->word;
	if (w->slots < 16 || w->slots > 64 || (w->slots & (w->slots - 1)))
		return cairn_fail(err, CAIRN_MISSING, "struct xa_node with %u slots", w->slots);
	if (is_internal(entry) && entry > NODES_FROM)
		enter(w, entry - 2, 0);
	else if (!is_internal(entry))
		w->head = entry;
	return CAIRN_OK;
}

static bool ends_early(struct xarray_walk *w)
{
	if (w->n >= w->limit)
		cairn_fail(&w->err, CAIRN_LIMIT, "an XArray of more than %zu entries", w->limit);
	else if (w->c->stop && w->n % STOP_EVERY == 0 && w->c->stop())
		cairn_fail(&w->err, CAIRN_INTERRUPTED, "interrupted");
	else
		return false;
	return true;
}

static bool yield(struct xarray_walk *w, uint64_t node, uint64_t index, uint64_t entry)
{
	if (ends_early(w)) {
		w->depth = 0;
		return false;
	}
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
	if (space_word(&w->c->kernel, at, &entry, &err) != CAIRN_OK && !w->err.code)
		w->err = err;
	return entry;
}

bool xarray_next(struct xarray_walk *w)
{
	uint64_t entry = w->head, index = 0;

	w->head = 0;
	if (entry)
		return yield(w, 0, 0, entry);
	while (w->depth) {
		struct xarray_level *l = &w->level[w->depth - 1];
		unsigned shift = l->shift;
		uint64_t node = l->node;

		if (l->slot == w->slots) {
			w->depth--;
			continue;
		}
		entry = take_slot(w, &index);
		if (is_internal(entry) && entry > NODES_FROM && shift)
			enter(w, entry - 2, index);
		else if (entry && !is_internal(entry))
			return yield(w, node, index, entry);
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
