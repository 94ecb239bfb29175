/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/position.h"

#include <stdio.h>

#include "lib/base/str.h"
#include "lib/kern/rbtree.h"
#include "lib/kern/xarray.h"

/* include/linux/rbtree.h: bit 0 of __rb_parent_color is the colour */
#define RB_FLAGS 3u

/* The steps from a node up, innermost first. */
struct climb {
	int step[RBTREE_DEPTH];
	size_t n;
};

static const char *write_down(const struct climb *up, bool known, bool sides, struct arena *a)
{
	const char *text;
	struct str s;

	str_init(&s);
	str_add(&s, known ? "root" : "?");
	for (size_t i = up->n; i--; ) {
		if (sides)
			str_add(&s, up->step[i] ? "/r" : "/l");
		else
			str_addf(&s, "/%d", up->step[i]);
	}
	text = arena_strdup(a, s.buf);
	str_deinit(&s);
	return text;
}

/* Which child of its parent a node is: 0 left, 1 right; -1: neither, or unknown. */
static int side(struct space *sp, uint64_t parent, uint64_t node)
{
	uint64_t right, left;

	if (space_word(sp, parent + sp->word, &right, NULL) ||
	    space_word(sp, parent + 2u * sp->word, &left, NULL))
		return -1;
	return left == node ? 0 : right == node ? 1 : -1;
}

const char *position_rbtree(struct space *sp, uint64_t node, uint64_t top, struct arena *a)
{
	struct climb up = { .n = 0 };
	uint64_t parent;
	int step;

	while (node != top && up.n < RBTREE_DEPTH) {
		if (space_word(sp, node, &parent, NULL))
			break;
		parent &= ~(uint64_t)RB_FLAGS;
		if (!parent)
			return write_down(&up, true, true, a);
		step = side(sp, parent, node);
		if (step < 0)
			break;
		up.step[up.n++] = step;
		node = parent;
	}
	return write_down(&up, node == top, true, a);
}

enum { X_SHIFT, X_OFFSET, X_PARENT, X_SLOTS, X_N };
static const struct shape_want node_want = {
	"struct xa_node", X_N,
	{ [X_SHIFT] = "shift", [X_OFFSET] = "offset", [X_PARENT] = "parent", [X_SLOTS] = "slots" },
};

/* One level up; false where the parent does not have the node where the node says it is. */
static bool climb_xarray(struct cairn *c, const struct shape *shape, uint64_t *node, uint64_t parent,
			 uint64_t offset)
{
	uint64_t slot, at = parent + shape->m[X_SLOTS].offset + offset * c->arch->word;

	/* a slot holds its node as an internal entry (xa_mk_node) */
	if (space_word(&c->kernel, at, &slot, NULL) || slot != *node + 2)
		return false;
	*node = parent;
	return true;
}

const char *position_xarray(struct cairn *c, uint64_t node, uint64_t index, uint64_t top,
			    struct arena *a)
{
	struct climb up = { .n = 0 };
	uint64_t shift, offset, parent;
	struct shape shape;

	if (!node || shape_resolve(&shape, &node_want, &c->types, NULL) || !c->arch ||
	    shape_get(&shape, &c->kernel, node, X_SHIFT, &shift, NULL) || shift >= 64)
		return write_down(&up, !node, false, a);
	up.step[up.n++] = (int)(index >> shift & (shape.m[X_SLOTS].size / c->arch->word - 1));
	while (node != top && up.n < XARRAY_DEPTH) {
		if (shape_get(&shape, &c->kernel, node, X_PARENT, &parent, NULL) ||
		    shape_get(&shape, &c->kernel, node, X_OFFSET, &offset, NULL))
			break;
		if (!parent)
			return write_down(&up, true, false, a);
		if (!climb_xarray(c, &shape, &node, parent, offset))
			break;
		up.step[up.n++] = (int)offset;
	}
	return write_down(&up, node == top, false, a);
}

const char *position_maple(const struct maple_walk *w, struct arena *a)
{
	struct climb up = { .n = 0 };
	uint32_t i = w->leaf;

	if (!w->node)
		return write_down(&up, true, false, a);
	up.step[up.n++] = w->slot;
	for (; w->m.node[i].parent != MAPLE_NONE && up.n < RBTREE_DEPTH; i = w->m.node[i].parent)
		up.step[up.n++] = w->m.node[i].slot;
	return write_down(&up, true, false, a);
}
