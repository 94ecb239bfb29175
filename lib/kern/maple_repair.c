/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_repair_impl.h"

#define ANCESTORS MAPLE_DEPTH

/* ---- pivots ---- */

/* Where a node itself says that its indices end. How it is read depends on what is sought; so
 * every pivot that may be the last. */
static void pivot_from_end(struct repair_look *k, const struct maple_node *n, unsigned offset,
			   const struct maple_node *b)
{
	unsigned last = repair_form(k, b)->slots - 2, meta_end = b->bytes[repair_form(k, b)->end];

	if (b->end <= last)
		repair_word(k, n, offset, repair_pivot(k, b, b->end));
	if (meta_end <= last)
		repair_word(k, n, offset, repair_pivot(k, b, meta_end));
	if (repair_pivot(k, b, last))
		repair_word(k, n, offset, repair_pivot(k, b, last));
}

/* Where the indices below a node end, by what lies there. */
static void pivot_from_last(struct repair_look *k, const struct maple_node *n, unsigned i,
			    uint32_t below)
{
	unsigned offset = maple_pivot_at(k->l, n->type, i);
	uint64_t first, last;

	while (repair_is_there(k, below)) {
		const struct maple_node *b = &k->m->node[below];

		pivot_from_end(k, n, offset, b);
		if (b->type == MAPLE_LEAF && repair_says(k, b, b->end, &first, &last))
			repair_word(k, n, offset, last);
		below = b->child == MAPLE_NONE ? MAPLE_NONE : b->child + b->end;
	}
}

static void pivot_from_first(struct repair_look *k, const struct maple_node *n, unsigned i,
			     uint32_t below)
{
	unsigned offset = maple_pivot_at(k->l, n->type, i);
	uint64_t first, last;

	while (repair_is_there(k, below)) {
		const struct maple_node *b = &k->m->node[below];

		if (b->type == MAPLE_LEAF && repair_says(k, b, 0, &first, &last))
			repair_word(k, n, offset, first - 1);
		below = b->child;
	}
}

static void pivot_from_entries(struct repair_look *k, const struct maple_node *n, unsigned i)
{
	unsigned offset = maple_pivot_at(k->l, n->type, i);
	uint64_t first, last;

	if (repair_says(k, n, i, &first, &last))
		repair_word(k, n, offset, last);
	if (repair_says(k, n, i + 1, &first, &last))
		repair_word(k, n, offset, first - 1);
}

/* As wide as the greatest gap that the node above knows of, from either side. */
static void pivot_from_gap(struct repair_look *k, const struct maple_node *n, unsigned i)
{
	const struct maple_node *up = repair_is_there(k, n->parent) ? &k->m->node[n->parent] : NULL;
	unsigned offset = maple_pivot_at(k->l, n->type, i);
	uint64_t gap;

	if (!up || !repair_form(k, up)->gap)
		return;
	gap = maple_word(k->l, up->bytes, maple_gap_at(k->l, up->type, n->slot));
	if (gap && i <= n->end && !maple_slot(k->m, n, i))
		repair_word(k, n, offset, maple_lo(k->m, n, i) + gap - 1);
	if (gap && i < n->end && !maple_slot(k->m, n, i + 1))
		repair_word(k, n, offset, maple_hi(k->m, n, i + 1) - gap);
}

static void try_pivot(struct repair_look *k, const struct maple_node *n, unsigned i)
{
	unsigned offset = maple_pivot_at(k->l, n->type, i), last = repair_form(k, n)->slots - 2;

	if (i == n->end || i == last)
		repair_word(k, n, offset, n->hi);
	if (i > n->end || i == last)
		repair_word(k, n, offset, 0);
	if (n->type == MAPLE_LEAF) {
		pivot_from_entries(k, n, i);
		pivot_from_gap(k, n, i);
	} else if (n->child != MAPLE_NONE && i <= n->end) {
		pivot_from_last(k, n, i, n->child + i);
		if (i < n->end)
			pivot_from_first(k, n, i, n->child + i + 1);
	}
}

/* Anything between its neighbours would do. */
static void guess_pivot(struct repair_look *k, const struct maple_node *n, unsigned i)
{
	uint64_t lo = i ? repair_pivot(k, n, i - 1) : n->lo;
	bool is_between = i < n->end && i + 1 < repair_form(k, n)->slots - 1;
	uint64_t hi = is_between ? repair_pivot(k, n, i + 1) : n->hi;
	uint64_t found = repair_pivot(k, n, i), v;

	if (hi - lo < 2 || hi < lo)
		return;
	for (unsigned bit = 0; bit < 8u * k->l->word; bit++) {
		v = found ^ UINT64_C(1) << bit;
		if (v > lo && v < hi)
			repair_word(k, n, maple_pivot_at(k->l, n->type, i), v);
	}
}

/* ---- the rest of a node ---- */

static void try_end(struct repair_look *k, const struct maple_node *n)
{
	const struct maple_form *f = repair_form(k, n);

	for (unsigned i = 0; i < f->slots - 1; i++)
		if (repair_pivot(k, n, i) == n->hi)
			repair_meta(k, n, f->end, i);
	if (!f->meta_in_slot)
		repair_meta(k, n, f->end, f->slots - 1);
	else
		repair_meta(k, n, f->end, n->end);
}

static void try_gaps(struct repair_look *k, const struct maple_node *n)
{
	const struct maple_form *f = repair_form(k, n);
	uint64_t most = 0, g;
	unsigned at = 0;

	if (!f->gap || n->child == MAPLE_NONE) {
		if (!f->gap)
			repair_meta(k, n, f->meta_gap, 0);
		return;
	}
	for (unsigned i = 0; i <= n->end; i++) {
		g = k->gap[n->child + i];
		if (g != UINT64_MAX)
			repair_word(k, n, maple_gap_at(k->l, n->type, i), g);
		else
			g = maple_word(k->l, n->bytes, maple_gap_at(k->l, n->type, i));
		at = g > most ? i : at;
		most = g > most ? g : most;
	}
	repair_meta(k, n, f->meta_gap, at);
}

static void try_tail(struct repair_look *k, const struct maple_node *n)
{
	const struct maple_form *f = repair_form(k, n);

	for (unsigned i = n->end + 1u; i < f->slots - f->meta_in_slot; i++) {
		repair_word(k, n, maple_slot_at(k->l, n->type, i), 0);
		if (f->gap)
			repair_word(k, n, maple_gap_at(k->l, n->type, i), 0);
	}
}

/* ---- which of them ---- */

static void try_node(struct repair_look *k, uint32_t i)
{
	const struct maple_node *n = &k->m->node[i];

	repair_word(k, n, 0, n->parent == MAPLE_NONE ?
			      k->m->tree | MAPLE_ROOT_PARENT :
			      maple_parent_of(k->m->node[n->parent].addr, n->slot));
	try_end(k, n);
	for (unsigned p = 0; p < repair_form(k, n)->slots - 1; p++)
		try_pivot(k, n, p);
	try_gaps(k, n);
	try_tail(k, n);
	if (n->type == MAPLE_LEAF)
		repair_twice(k, n);
}

/* The nodes above whose pivots bound a node. */
static void try_bounds(struct repair_look *k, uint32_t i)
{
	bool low = false, high = false;

	for (unsigned depth = 0; depth < ANCESTORS && !(low && high); depth++) {
		const struct maple_node *n = &k->m->node[i], *up;

		if (n->parent == MAPLE_NONE)
			return;
		up = &k->m->node[n->parent];
		if (n->slot && !low)
			try_pivot(k, up, n->slot - 1);
		if (n->slot < up->end && !high)
			try_pivot(k, up, n->slot);
		low |= n->slot > 0;
		high |= n->slot < up->end;
		i = n->parent;
	}
}

static void try_tree(struct repair_look *k, const struct maple_wrong *w)
{
	if (w->rule == MAPLE_RULE_ROOT_TAG)
		repair_root(k);
	if (w->rule == MAPLE_RULE_HEIGHT || w->rule == MAPLE_RULE_FLAGS)
		repair_add(k, (struct maple_repair){
			.patch = { k->m->tree, w->addr, w->size, w->expected },
			.found = w->found,
		});
	if (w->rule == MAPLE_RULE_ENTRY_LOST)
		for (uint32_t i = 0; i < k->m->n; i++)
			if (repair_is_there(k, i) && k->m->node[i].type == MAPLE_LEAF)
				repair_find_entries(k, &k->m->node[i]);
}

/* What a gap is counted from. */
static void try_below(struct repair_look *k, uint32_t i, unsigned depth)
{
	const struct maple_node *n;

	for (; repair_is_there(k, i) && depth < ANCESTORS; depth++) {
		uint32_t next = MAPLE_NONE;

		n = &k->m->node[i];
		if (n->type == MAPLE_LEAF) {
			try_node(k, i);
			repair_entries(k, n);
			return;
		}
		for (unsigned c = 0; n->child != MAPLE_NONE && c <= n->end; c++)
			if (k->gap[n->child + c] == k->gap[i])
				next = n->child + c;
		i = next;
	}
}

/* The entries on both sides of a pivot of an inner node: their objects may be what is off. */
static void try_sides(struct repair_look *k, uint32_t i, unsigned slot)
{
	for (unsigned side = 0; side < 2 && slot + side <= k->m->node[i].end; side++) {
		uint32_t at = k->m->node[i].child + slot + side;
		const struct maple_node *n = &k->m->node[at];

		for (; repair_is_there(k, at) && n->child != MAPLE_NONE; n = &k->m->node[at])
			at = n->child + (side ? 0 : n->end);
		if (repair_is_there(k, at) && n->type == MAPLE_LEAF)
			repair_slot(k, n, side ? 0 : n->end);
	}
}

void maple_repairs_find(const struct maple *m, const uint64_t *gap, const struct maple_entries *e,
			const struct maple_wrong *w, struct maple_repairs *ret)
{
	struct repair_look k = { m, m->layout, e, gap, ret };
	uint32_t i = w->node, up;

	if (i == MAPLE_NONE) {
		try_tree(&k, w);
		return;
	}
	up = m->node[i].parent;
	if (w->rule == MAPLE_RULE_NODE_TYPE)
		repair_kind(&k);
	if (repair_is_there(&k, i))
		try_node(&k, i);
	if (repair_is_there(&k, up)) {
		try_node(&k, up);
		try_bounds(&k, i);
	}
	if (repair_is_there(&k, i) && m->node[i].type == MAPLE_LEAF)
		repair_entries(&k, &m->node[i]);
	if (w->rule == MAPLE_RULE_PIVOT_ENTRY && repair_is_there(&k, i) &&
	    m->node[i].child != MAPLE_NONE)
		try_sides(&k, i, w->slot);
	if (w->rule == MAPLE_RULE_GAP_PARENT)
		try_below(&k, m->node[i].child + w->slot, 0);
	if (w->rule == MAPLE_RULE_PIVOT_ORDER || w->rule == MAPLE_RULE_PIVOT_RANGE) {
		guess_pivot(&k, &m->node[i], w->slot);
		if (w->slot)
			guess_pivot(&k, &m->node[i], w->slot - 1u);
	}
	repair_link(&k, i);
	if (repair_is_there(&k, up) && m->node[up].parent != MAPLE_NONE)
		repair_link(&k, up);
}
