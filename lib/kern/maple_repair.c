/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_repair.h"

#define ANCESTORS MAPLE_DEPTH

struct look {
	const struct maple *m;
	const struct maple_layout *l;
	const struct maple_entries *e;
	const uint64_t *gap;
	struct maple_repairs *to;
};

int maple_one_bit(uint64_t a, uint64_t b)
{
	uint64_t x = a ^ b;

	return x && !(x & (x - 1)) ? __builtin_ctzll(x) : -1;
}

static void add(struct look *k, struct maple_repair r)
{
	const struct maple_repair *p = k->to->repair;

	if (r.kind == MAPLE_REPAIR_WORD && r.patch.value == r.found)
		return;
	for (size_t i = 0; i < k->to->n; i++)
		if (p[i].patch.addr == r.patch.addr && p[i].kind == r.kind &&
		    p[i].patch.value == r.patch.value && p[i].nmore == r.nmore)
			return;
	if (k->to->n < MAPLE_REPAIRS)
		k->to->repair[k->to->n++] = r;
}

static void word(struct look *k, const struct maple_node *n, unsigned offset, uint64_t value)
{
	add(k, (struct maple_repair){
		.patch = { n->addr, n->addr + offset, k->l->word, value & k->l->max },
		.found = maple_word(k->l, n->bytes, offset),
	});
}

static void meta(struct look *k, const struct maple_node *n, unsigned offset, unsigned value)
{
	add(k, (struct maple_repair){
		.patch = { n->addr, n->addr + offset, 1, value }, .found = n->bytes[offset],
	});
}

static void unknown(struct look *k, const struct maple_node *n, unsigned offset,
		    enum maple_repair_kind kind)
{
	add(k, (struct maple_repair){
		.kind = kind, .patch = { n->addr, n->addr + offset, 0, 0 },
		.found = maple_word(k->l, n->bytes, offset),
	});
}

static const struct maple_form *form(const struct look *k, const struct maple_node *n)
{
	return &k->l->form[n->type];
}

static uint64_t pivot(const struct look *k, const struct maple_node *n, unsigned i)
{
	return maple_word(k->l, n->bytes, maple_pivot_at(k->l, n->type, i));
}

static bool is_there(const struct look *k, uint32_t i)
{
	return i != MAPLE_NONE && k->m->node[i].state == MAPLE_THERE;
}

/* ---- the word that leads to a node ---- */

/* `i` MAPLE_NONE: to the root, where there is none. */
static void link_value(struct look *k, uint32_t i, uint64_t value)
{
	const struct maple_node *n = i == MAPLE_NONE ? NULL : &k->m->node[i];

	if (n && n->parent != MAPLE_NONE) {
		word(k, &k->m->node[n->parent],
		     maple_slot_at(k->l, k->m->node[n->parent].type, n->slot), value);
		return;
	}
	add(k, (struct maple_repair){
		.patch = { k->m->tree, k->m->tree + k->l->root, k->l->word,
			   value | MAPLE_ROOT_NODE },
		.found = k->m->root,
	});
}

static void links_to(struct look *k, uint32_t i, uint64_t addr)
{
	for (unsigned t = MAPLE_LEAF; t < MAPLE_TYPES; t++)
		link_value(k, i, maple_link_to(k->l, addr, (enum maple_type)t));
}

/* Nodes that have this parent word, on the pages of the tree. */
static void search_child(struct look *k, uint32_t i, uint64_t parent)
{
	struct shelf *s = k->m->shelf;
	size_t size = (size_t)1 << s->sp->page_shift;

	for (size_t p = 0; p < s->loaded; p++)
		for (size_t in = 0; s->page[p].data && in < size; in += k->l->size)
			if (maple_parent(k->l, s->page[p].data + in) == parent)
				links_to(k, i, (s->page[p].vpage << s->sp->page_shift) + in);
}

/* Nodes that have this parent word, one bit of the link away. */
static void flip_link(struct look *k, uint32_t i, uint64_t link, uint64_t parent)
{
	uint64_t got;

	for (unsigned bit = 0; bit < 8u * k->l->word; bit++) {
		uint64_t addr = (link ^ UINT64_C(1) << bit) & ~(uint64_t)(k->l->size - 1);

		if (!space_word(&k->m->c->kernel, addr, &got, NULL) && got == parent)
			links_to(k, i, addr);
	}
}

/* Nothing of it is a node's: its parent word is no node's, and pivots do not rise in more than one
 * place. What is left to ask is whether nodes lie there at all. */
static bool is_overwritten(const struct look *k, uint32_t i)
{
	const struct maple_node *n = &k->m->node[i];
	unsigned falls = 0, last;

	if (!is_there(k, i) || !k->e->is_node || !k->e->is_node(k->e->arg, n->addr) ||
	    (maple_parent(k->l, n->bytes) & MAPLE_PARENT_TAGS) == MAPLE_PARENT_TAG)
		return false;
	last = form(k, n)->slots - 2;
	for (unsigned p = 1; p <= last; p++)
		falls += pivot(k, n, p) <= pivot(k, n, p - 1);
	return falls > 1 && (pivot(k, n, 0) < n->lo || pivot(k, n, 0) > n->hi || falls == last);
}

static void try_link(struct look *k, uint32_t i)
{
	const struct maple_node *n = &k->m->node[i];
	const struct maple_node *up = n->parent == MAPLE_NONE ? NULL : &k->m->node[n->parent];
	unsigned offset = up ? maple_slot_at(k->l, up->type, n->slot) : 0;
	uint64_t link = up ? maple_word(k->l, up->bytes, offset) : k->m->root;
	uint64_t parent = up ? maple_parent_of(up->addr, n->slot) :
			       k->m->tree | MAPLE_ROOT_PARENT;

	if (link)
		links_to(k, i, link & ~(uint64_t)(k->l->size - 1));
	search_child(k, i, parent);
	flip_link(k, i, link, parent);
	/* one that leads to a node that names it is good */
	if (up && !(is_there(k, i) && maple_parent(k->l, n->bytes) == parent))
		unknown(k, up, offset,
			is_overwritten(k, i) ? MAPLE_REPAIR_NODE : MAPLE_REPAIR_CUT);
}

/* ---- pivots ---- */

/* What an entry says of its range. */
static bool says(const struct look *k, const struct maple_node *n, unsigned slot, uint64_t *first,
		 uint64_t *last)
{
	uint64_t entry = maple_slot(k->m, n, slot);

	return entry && k->e->says &&
	       k->e->says(k->e->arg, entry, first, last) == MAPLE_SAYS_RANGE;
}

/* Where a node itself says that its indices end. How it is read depends on what is sought; so
 * every pivot that may be the last. */
static void pivot_from_end(struct look *k, const struct maple_node *n, unsigned offset,
			   const struct maple_node *b)
{
	unsigned last = form(k, b)->slots - 2, meta_end = b->bytes[form(k, b)->end];

	if (b->end <= last)
		word(k, n, offset, pivot(k, b, b->end));
	if (meta_end <= last)
		word(k, n, offset, pivot(k, b, meta_end));
	if (pivot(k, b, last))
		word(k, n, offset, pivot(k, b, last));
}

/* Where the indices below a node end, by what lies there. */
static void pivot_from_last(struct look *k, const struct maple_node *n, unsigned i, uint32_t below)
{
	unsigned offset = maple_pivot_at(k->l, n->type, i);
	uint64_t first, last;

	while (is_there(k, below)) {
		const struct maple_node *b = &k->m->node[below];

		pivot_from_end(k, n, offset, b);
		if (b->type == MAPLE_LEAF && says(k, b, b->end, &first, &last))
			word(k, n, offset, last);
		below = b->child == MAPLE_NONE ? MAPLE_NONE : b->child + b->end;
	}
}

static void pivot_from_first(struct look *k, const struct maple_node *n, unsigned i, uint32_t below)
{
	unsigned offset = maple_pivot_at(k->l, n->type, i);
	uint64_t first, last;

	while (is_there(k, below)) {
		const struct maple_node *b = &k->m->node[below];

		if (b->type == MAPLE_LEAF && says(k, b, 0, &first, &last))
			word(k, n, offset, first - 1);
		below = b->child;
	}
}

static void pivot_from_entries(struct look *k, const struct maple_node *n, unsigned i)
{
	unsigned offset = maple_pivot_at(k->l, n->type, i);
	uint64_t first, last;

	if (says(k, n, i, &first, &last))
		word(k, n, offset, last);
	if (says(k, n, i + 1, &first, &last))
		word(k, n, offset, first - 1);
}

/* As wide as the greatest gap that the node above knows of, from either side. */
static void pivot_from_gap(struct look *k, const struct maple_node *n, unsigned i)
{
	const struct maple_node *up = is_there(k, n->parent) ? &k->m->node[n->parent] : NULL;
	unsigned offset = maple_pivot_at(k->l, n->type, i);
	uint64_t gap;

	if (!up || !form(k, up)->gap)
		return;
	gap = maple_word(k->l, up->bytes, maple_gap_at(k->l, up->type, n->slot));
	if (gap && i <= n->end && !maple_slot(k->m, n, i))
		word(k, n, offset, maple_lo(k->m, n, i) + gap - 1);
	if (gap && i < n->end && !maple_slot(k->m, n, i + 1))
		word(k, n, offset, maple_hi(k->m, n, i + 1) - gap);
}

static void try_pivot(struct look *k, const struct maple_node *n, unsigned i)
{
	unsigned offset = maple_pivot_at(k->l, n->type, i), last = form(k, n)->slots - 2;

	if (i == n->end || i == last)
		word(k, n, offset, n->hi);
	if (i > n->end || i == last)
		word(k, n, offset, 0);
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
static void guess_pivot(struct look *k, const struct maple_node *n, unsigned i)
{
	uint64_t lo = i ? pivot(k, n, i - 1) : n->lo;
	uint64_t hi = i < n->end && i + 1 < form(k, n)->slots - 1 ? pivot(k, n, i + 1) : n->hi;
	uint64_t found = pivot(k, n, i), v;

	if (hi - lo < 2 || hi < lo)
		return;
	for (unsigned bit = 0; bit < 8u * k->l->word; bit++) {
		v = found ^ UINT64_C(1) << bit;
		if (v > lo && v < hi)
			word(k, n, maple_pivot_at(k->l, n->type, i), v);
	}
}

/* ---- the rest of a node ---- */

static void try_end(struct look *k, const struct maple_node *n)
{
	const struct maple_form *f = form(k, n);

	for (unsigned i = 0; i < f->slots - 1; i++)
		if (pivot(k, n, i) == n->hi)
			meta(k, n, f->end, i);
	if (!f->meta_in_slot)
		meta(k, n, f->end, f->slots - 1);
	else
		meta(k, n, f->end, n->end);
}

static void try_gaps(struct look *k, const struct maple_node *n)
{
	const struct maple_form *f = form(k, n);
	uint64_t most = 0, g;
	unsigned at = 0;

	if (!f->gap || n->child == MAPLE_NONE) {
		if (!f->gap)
			meta(k, n, f->meta_gap, 0);
		return;
	}
	for (unsigned i = 0; i <= n->end; i++) {
		g = k->gap[n->child + i];
		if (g != UINT64_MAX)
			word(k, n, maple_gap_at(k->l, n->type, i), g);
		else
			g = maple_word(k->l, n->bytes, maple_gap_at(k->l, n->type, i));
		at = g > most ? i : at;
		most = g > most ? g : most;
	}
	meta(k, n, f->meta_gap, at);
}

static void try_tail(struct look *k, const struct maple_node *n)
{
	const struct maple_form *f = form(k, n);

	for (unsigned i = n->end + 1u; i < f->slots - f->meta_in_slot; i++) {
		word(k, n, maple_slot_at(k->l, n->type, i), 0);
		if (f->gap)
			word(k, n, maple_gap_at(k->l, n->type, i), 0);
	}
}

/* ---- entries ---- */

/* Objects one bit of the entry away that are for just that range. */
static void flip_entry(struct look *k, const struct maple_node *n, unsigned i)
{
	uint64_t lo = maple_lo(k->m, n, i), hi = maple_hi(k->m, n, i), first, last;
	uint64_t entry = maple_slot(k->m, n, i), other;

	for (unsigned bit = 3; entry && bit < 8u * k->l->word; bit++) {
		other = entry ^ UINT64_C(1) << bit;
		if (k->e->says(k->e->arg, other, &first, &last) == MAPLE_SAYS_RANGE &&
		    first == lo && last == hi)
			word(k, n, maple_slot_at(k->l, n->type, i), other);
	}
}

static void try_slot(struct look *k, const struct maple_node *n, unsigned i)
{
	unsigned offset = maple_slot_at(k->l, n->type, i);
	uint64_t lo = maple_lo(k->m, n, i), hi = maple_hi(k->m, n, i), entry, first, last;
	const char *name;

	if (lo <= hi && k->e->find && k->e->find(k->e->arg, lo, hi, &entry))
		word(k, n, offset, entry);
	word(k, n, offset, 0);
	if (k->e->says && !says(k, n, i, &first, &last))
		flip_entry(k, n, i);
	if (says(k, n, i, &first, &last) && (first == lo || last == hi))
		unknown(k, n, offset, MAPLE_REPAIR_OBJECT);
	else if (k->e->is_overwritten &&
		 k->e->is_overwritten(k->e->arg, maple_slot(k->m, n, i), &name))
		unknown(k, n, offset, MAPLE_REPAIR_ENTRY);
	else
		unknown(k, n, offset, MAPLE_REPAIR_CUT);
}

/* One that the tree has lost. */
static void find_entries(struct look *k, const struct maple_node *n)
{
	uint64_t entry;

	for (unsigned i = 0; k->e->find && i <= n->end; i++)
		if (!maple_slot(k->m, n, i) &&
		    k->e->find(k->e->arg, maple_lo(k->m, n, i), maple_hi(k->m, n, i), &entry))
			word(k, n, maple_slot_at(k->l, n->type, i), entry);
}

static void try_entries(struct look *k, const struct maple_node *n)
{
	for (unsigned i = 0; i <= n->end; i++)
		try_slot(k, n, i);
}

/* The last entry is there twice, for no index the second time: the spanning store of CVE-2024-50200
 * left it so, three words in one go. */
static void try_twice(struct look *k, const struct maple_node *n)
{
	const struct maple_form *f = form(k, n);
	unsigned slot = maple_slot_at(k->l, n->type, n->end), pivot_at;
	struct maple_repair r = { .nmore = 2 };

	if (!n->end || maple_slot(k->m, n, n->end) != maple_slot(k->m, n, n->end - 1u) ||
	    pivot(k, n, n->end - 1u) != n->hi)
		return;
	pivot_at = maple_pivot_at(k->l, n->type, n->end < f->slots - 1 ? n->end : n->end - 1u);
	r.patch = (struct maple_patch){ n->addr, n->addr + pivot_at, k->l->word, 0 };
	r.found = maple_word(k->l, n->bytes, pivot_at);
	r.more[0] = (struct maple_patch){ n->addr, n->addr + slot, k->l->word, 0 };
	r.more[1] = (struct maple_patch){ n->addr, n->addr + f->end, 1, n->end - 1u };
	if (n->end == f->slots - 1) { /* no pivot is its own: the slot is all there is */
		r.patch = r.more[0];
		r.found = maple_slot(k->m, n, n->end);
		r.more[0] = r.more[1];
		r.nmore = 1;
	}
	add(k, r);
}

/* ---- which of them ---- */

static void try_node(struct look *k, uint32_t i)
{
	const struct maple_node *n = &k->m->node[i];

	word(k, n, 0, n->parent == MAPLE_NONE ?
			      k->m->tree | MAPLE_ROOT_PARENT :
			      maple_parent_of(k->m->node[n->parent].addr, n->slot));
	try_end(k, n);
	for (unsigned p = 0; p < form(k, n)->slots - 1; p++)
		try_pivot(k, n, p);
	try_gaps(k, n);
	try_tail(k, n);
	if (n->type == MAPLE_LEAF)
		try_twice(k, n);
}

/* The nodes above whose pivots bound a node. */
static void try_bounds(struct look *k, uint32_t i)
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

static void try_root(struct look *k)
{
	uint64_t parent = k->m->tree | MAPLE_ROOT_PARENT;

	search_child(k, MAPLE_NONE, parent);
	flip_link(k, MAPLE_NONE, k->m->root, parent);
}

static void flags_value(struct look *k, uint64_t value)
{
	add(k, (struct maple_repair){
		.patch = { k->m->tree, k->m->tree + k->l->flags, k->l->flags_size, value },
		.found = k->m->flags,
	});
}

/* Whether the tree keeps gaps; and what else its flags should be. */
static void try_kind(struct look *k)
{
	uint64_t levels = 0;

	for (size_t i = 0; i < k->m->n; i++)
		if (k->m->node[i].depth >= levels)
			levels = k->m->node[i].depth + 1u;
	flags_value(k, k->m->flags ^ MAPLE_FLAG_GAPS);
	if (k->e->flagged)
		flags_value(k, (k->e->flags & ~MAPLE_FLAG_HEIGHT) | levels << MAPLE_HEIGHT_SHIFT);
}

static void try_tree(struct look *k, const struct maple_wrong *w)
{
	if (w->rule == MAPLE_RULE_ROOT_TAG)
		try_root(k);
	if (w->rule == MAPLE_RULE_HEIGHT || w->rule == MAPLE_RULE_FLAGS)
		add(k, (struct maple_repair){
			.patch = { k->m->tree, w->addr, w->size, w->expected },
			.found = w->found,
		});
	if (w->rule == MAPLE_RULE_ENTRY_LOST)
		for (uint32_t i = 0; i < k->m->n; i++)
			if (is_there(k, i) && k->m->node[i].type == MAPLE_LEAF)
				find_entries(k, &k->m->node[i]);
}

/* What a gap is counted from. */
static void try_below(struct look *k, uint32_t i, unsigned depth)
{
	const struct maple_node *n;

	for (; is_there(k, i) && depth < ANCESTORS; depth++) {
		uint32_t next = MAPLE_NONE;

		n = &k->m->node[i];
		if (n->type == MAPLE_LEAF) {
			try_node(k, i);
			try_entries(k, n);
			return;
		}
		for (unsigned c = 0; n->child != MAPLE_NONE && c <= n->end; c++)
			if (k->gap[n->child + c] == k->gap[i])
				next = n->child + c;
		i = next;
	}
}

/* The entries on both sides of a pivot of an inner node: their objects may be what is off. */
static void try_sides(struct look *k, uint32_t i, unsigned slot)
{
	for (unsigned side = 0; side < 2 && slot + side <= k->m->node[i].end; side++) {
		uint32_t at = k->m->node[i].child + slot + side;
		const struct maple_node *n = &k->m->node[at];

		for (; is_there(k, at) && n->child != MAPLE_NONE; n = &k->m->node[at])
			at = n->child + (side ? 0 : n->end);
		if (is_there(k, at) && n->type == MAPLE_LEAF)
			try_slot(k, n, side ? 0 : n->end);
	}
}

void maple_repairs_find(const struct maple *m, const uint64_t *gap, const struct maple_entries *e,
			const struct maple_wrong *w, struct maple_repairs *ret)
{
	struct look k = { m, m->layout, e, gap, ret };
	uint32_t i = w->node, up;

	if (i == MAPLE_NONE) {
		try_tree(&k, w);
		return;
	}
	up = m->node[i].parent;
	if (w->rule == MAPLE_RULE_NODE_TYPE)
		try_kind(&k);
	if (is_there(&k, i))
		try_node(&k, i);
	if (is_there(&k, up)) {
		try_node(&k, up);
		try_bounds(&k, i);
	}
	if (is_there(&k, i) && m->node[i].type == MAPLE_LEAF)
		try_entries(&k, &m->node[i]);
	if (w->rule == MAPLE_RULE_PIVOT_ENTRY && is_there(&k, i) && m->node[i].child != MAPLE_NONE)
		try_sides(&k, i, w->slot);
	if (w->rule == MAPLE_RULE_GAP_PARENT)
		try_below(&k, m->node[i].child + w->slot, 0);
	if (w->rule == MAPLE_RULE_PIVOT_ORDER || w->rule == MAPLE_RULE_PIVOT_RANGE) {
		guess_pivot(&k, &m->node[i], w->slot);
		if (w->slot)
			guess_pivot(&k, &m->node[i], w->slot - 1u);
	}
	try_link(&k, i);
	if (is_there(&k, up) && m->node[up].parent != MAPLE_NONE)
		try_link(&k, up);
}
