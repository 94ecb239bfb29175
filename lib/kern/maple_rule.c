/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_rule.h"

#include <stdlib.h>

#include "lib/base/mem.h"

#define STOP_EVERY 256
#define AHEAD 1024                 /* leaves whose entries are named before they are asked */
#define FETCH_AHEAD 6              /* nodes */
#define UNKNOWN UINT64_MAX
#define ZERO_ENTRY UINT64_C(0x406) /* include/linux/xarray.h: XA_ZERO_ENTRY */
#define NO_GAP_META 15             /* 6.1 has this for meta.gap where there is no gap at all */

static const char *const ids[MAPLE_RULES] = {
	[MAPLE_RULE_ROOT_TAG] = "maple.root.tag",
	[MAPLE_RULE_ROOT_PARENT] = "maple.root.parent",
	[MAPLE_RULE_NODE_ALIGN] = "maple.node.align",
	[MAPLE_RULE_NODE_TYPE] = "maple.node.type",
	[MAPLE_RULE_DEAD_LINKED] = "maple.node.dead-linked",
	[MAPLE_RULE_NODE_SHARED] = "maple.node.shared",
	[MAPLE_RULE_PARENT_TYPE] = "maple.parent.type",
	[MAPLE_RULE_PARENT_SLOT] = "maple.parent.slot",
	[MAPLE_RULE_PARENT_NODE] = "maple.parent.node",
	[MAPLE_RULE_CHILD_NULL] = "maple.child.null",
	[MAPLE_RULE_DEPTH] = "maple.depth.uniform",
	[MAPLE_RULE_HEIGHT] = "maple.height",
	[MAPLE_RULE_PIVOT_ORDER] = "maple.pivot.order",
	[MAPLE_RULE_PIVOT_RANGE] = "maple.pivot.range",
	[MAPLE_RULE_PIVOT_ZERO] = "maple.pivot.zero",
	[MAPLE_RULE_PIVOT_ENTRY] = "maple.pivot.entry",
	[MAPLE_RULE_END_RANGE] = "maple.end.range",
	[MAPLE_RULE_END_META] = "maple.end.meta",
	[MAPLE_RULE_END_MIN] = "maple.end.min",
	[MAPLE_RULE_TAIL_SLOT] = "maple.tail.slot",
	[MAPLE_RULE_TAIL_PIVOT] = "maple.tail.pivot",
	[MAPLE_RULE_TAIL_GAP] = "maple.tail.gap",
	[MAPLE_RULE_NULL_ADJACENT] = "maple.null.adjacent",
	[MAPLE_RULE_NULL_LEAF_END] = "maple.null.leaf-end",
	[MAPLE_RULE_ROOT_SINGLE] = "maple.root.single",
	[MAPLE_RULE_GAP_PARENT] = "maple.gap.parent-mismatch",
	[MAPLE_RULE_GAP_NOT_MAX] = "maple.gap.meta-not-max",
	[MAPLE_RULE_GAP_TOO_BIG] = "maple.gap.too-big",
	[MAPLE_RULE_GAP_META_RANGE] = "maple.gap.meta-range",
	[MAPLE_RULE_ENTRY_RESERVED] = "maple.entry.reserved",
	[MAPLE_RULE_ENTRY_WRONG] = "maple.entry.wrong",
	[MAPLE_RULE_ENTRY_LOST] = "maple.entry.lost",
	[MAPLE_RULE_ENTRY_TOTAL] = "maple.entry.total",
};

const char *maple_rule_id(enum maple_rule rule)
{
	return ids[rule];
}

bool maple_rule_is_doubt(enum maple_rule rule)
{
	return rule == MAPLE_RULE_END_MIN || rule == MAPLE_RULE_ROOT_SINGLE;
}

bool maple_rule_is_outside(enum maple_rule rule)
{
	return rule == MAPLE_RULE_ENTRY_LOST || rule == MAPLE_RULE_ENTRY_TOTAL;
}

struct pass {
	const struct maple *m;
	const struct maple_layout *l;
	const struct maple_entries *e;
	struct maple_wrongs *to;
	size_t limit;
	const struct maple_node *n; /* the current node, its place, its form */
	uint32_t at;
	uint32_t named, asked;      /* entries of nodes before are named, and may be asked */
	const struct maple_form *f;
	uint64_t pivot[MAPLE_SLOTS], slot[MAPLE_SLOTS]; /* its words */
	uint64_t *gap;              /* recounted, of each node */
	uint64_t entries, sum;      /* that are none of NULL; their indices */
	bool missing;               /* a part of the tree is not there to be counted */
};

static void add(struct pass *p, struct maple_wrong w)
{
	struct maple_wrongs *to = p->to;
	size_t cap = to->cap ? to->cap * 2 : 16;
	struct maple_wrong *new;

	if (to->n >= p->limit) {
		to->full = true;
		return;
	}
	if (to->n == to->cap) {
		new = mem_resize(to->wrong, cap, sizeof(*new));
		if (!new) {
			to->full = true;
			return;
		}
		to->wrong = new;
		to->cap = cap;
	}
	to->wrong[to->n++] = w;
}

void maple_wrongs_deinit(struct maple_wrongs *w)
{
	mem_free(w->wrong);
	*w = (struct maple_wrongs){ 0 };
}

/* A word of the current node. */
static void wrong(struct pass *p, enum maple_rule rule, unsigned offset, unsigned slot)
{
	add(p, (struct maple_wrong){
		rule, p->at, p->n->addr + offset, 0, maple_word(p->l, p->n->bytes, offset),
		p->l->word, (uint8_t)slot, false,
	});
}

static void wrong_told(struct pass *p, enum maple_rule rule, unsigned offset, unsigned slot,
		       uint64_t expected)
{
	add(p, (struct maple_wrong){
		rule, p->at, p->n->addr + offset, expected,
		maple_word(p->l, p->n->bytes, offset), p->l->word, (uint8_t)slot, true,
	});
}

/* A byte of its meta. */
static void wrong_meta(struct pass *p, enum maple_rule rule, unsigned offset, uint64_t expected,
		       bool told)
{
	add(p, (struct maple_wrong){
		rule, p->at, p->n->addr + offset, expected, p->n->bytes[offset], 1, 0, told,
	});
}

/* The word that leads to the node at that place. */
static void wrong_link(struct pass *p, enum maple_rule rule, uint32_t child, uint64_t expected,
		       bool told)
{
	const struct maple_node *n = &p->m->node[child];
	const struct maple_node *up = n->parent == MAPLE_NONE ? NULL : &p->m->node[n->parent];
	unsigned offset = up ? maple_slot_at(p->l, up->type, n->slot) : 0;

	add(p, (struct maple_wrong){
		rule, child, up ? up->addr + offset : p->m->tree + p->l->root, expected,
		up ? maple_word(p->l, up->bytes, offset) : p->m->root, p->l->word, n->slot, told,
	});
}

/* ---- links and parents ---- */

/* Memory that there can be none at, as against memory that the dump has not. */
static bool is_no_memory(const struct pass *p, const struct maple_node *n)
{
	return n->fault == CAIRN_FAULT_UNMAPPED || n->fault == CAIRN_FAULT_NONCANONICAL ||
	       (p->e->is_elsewhere && p->e->is_elsewhere(p->e->arg, n->addr));
}

static void check_link(struct pass *p, uint32_t i)
{
	const struct maple_node *n = &p->m->node[i];
	enum maple_rule rule;

	switch (n->state) {
	case MAPLE_NULL: rule = MAPLE_RULE_CHILD_NULL; break;
	case MAPLE_NO_NODE: rule = MAPLE_RULE_NODE_ALIGN; break;
	case MAPLE_TWICE: rule = MAPLE_RULE_NODE_SHARED; break;
	case MAPLE_DEEP: rule = MAPLE_RULE_DEPTH; break;
	case MAPLE_UNREAD:
		if (!is_no_memory(p, n))
			return;
		rule = MAPLE_RULE_NODE_ALIGN;
		break;
	default: return;
	}
	if (!i && rule == MAPLE_RULE_NODE_ALIGN)
		rule = MAPLE_RULE_ROOT_TAG;
	wrong_link(p, rule, i, 0, false);
}

static void check_type(struct pass *p)
{
	enum maple_type want = p->m->flags & MAPLE_FLAG_GAPS ? MAPLE_ARANGE : MAPLE_RANGE;

	if (p->n->type != MAPLE_LEAF && p->n->type != want)
		wrong_link(p, MAPLE_RULE_NODE_TYPE, p->at,
			   maple_link_to(p->l, p->n->addr, want) |
				   (p->at ? 0 : MAPLE_ROOT_NODE), true);
}

static void check_parent(struct pass *p)
{
	const struct maple_node *n = p->n;
	uint64_t found = maple_parent(p->l, n->bytes), mask = p->l->size - 1, expected;
	enum maple_rule rule = MAPLE_RULE_ROOT_PARENT;

	expected = n->parent == MAPLE_NONE ? p->m->tree | MAPLE_ROOT_PARENT :
					     maple_parent_of(p->m->node[n->parent].addr, n->slot);
	if (found == expected)
		return;
	if ((found & ~mask) == n->addr)
		rule = MAPLE_RULE_DEAD_LINKED;
	else if (n->parent == MAPLE_NONE)
		rule = MAPLE_RULE_ROOT_PARENT;
	else if ((found & MAPLE_PARENT_TAGS) != MAPLE_PARENT_TAG)
		rule = MAPLE_RULE_PARENT_TYPE;
	else
		rule = (found ^ expected) & ~mask ? MAPLE_RULE_PARENT_NODE :
						    MAPLE_RULE_PARENT_SLOT;
	wrong_told(p, rule, 0, 0, expected);
}

/* ---- pivots, and where a node ends ---- */

static void words_of(uint64_t *to, const unsigned char *from, unsigned n, unsigned word)
{
	if (word == 8)
		for (unsigned i = 0; i < n; i++)
			to[i] = le64(from + 8 * i);
	else
		for (unsigned i = 0; i < n; i++)
			to[i] = le32(from + 4 * i);
}

/* A large tree's nodes are in no cache any more when they are looked at again. */
static void fetch(const struct maple *m, size_t i)
{
	const unsigned char *p = i < m->n ? m->node[i].bytes : NULL;

	for (unsigned at = 0; p && at < m->layout->size; at += 64)
		__builtin_prefetch(p + at);
}

static uint64_t lo_of(const struct pass *p, unsigned i)
{
	return i ? p->pivot[i - 1] + 1 : p->n->lo;
}

static uint64_t hi_of(const struct pass *p, unsigned i)
{
	return i < p->n->end ? p->pivot[i] : p->n->hi;
}

static void check_pivot(struct pass *p, unsigned i)
{
	unsigned offset = maple_pivot_at(p->l, p->n->type, i);
	uint64_t v = p->pivot[i];

	if (i && !v)
		wrong(p, MAPLE_RULE_PIVOT_ZERO, offset, i);
	else if (i && v <= p->pivot[i - 1])
		wrong(p, MAPLE_RULE_PIVOT_ORDER, offset, i);
	else if (v < p->n->lo || v > p->n->hi)
		wrong(p, MAPLE_RULE_PIVOT_RANGE, offset, i);
}

static void check_pivots(struct pass *p)
{
	unsigned end = p->n->end, pivots = p->f->slots - 1;

	for (unsigned i = 0; i < end; i++)
		check_pivot(p, i);
	if (end && p->n->hi <= p->pivot[end - 1]) { /* nothing is left for the last slot */
		unsigned i = end < pivots ? end : end - 1;

		wrong(p, MAPLE_RULE_PIVOT_ORDER, maple_pivot_at(p->l, p->n->type, i), i);
	}
	if (end < pivots && p->pivot[end] != p->n->hi)
		wrong_told(p, MAPLE_RULE_PIVOT_RANGE, maple_pivot_at(p->l, p->n->type, end), end,
			   p->n->hi);
	for (unsigned i = end + 1; i < pivots; i++)
		if (p->pivot[i])
			wrong_told(p, MAPLE_RULE_TAIL_PIVOT, maple_pivot_at(p->l, p->n->type, i), i,
				   0);
}

/* Nobody is obliged to have filled the node that ends the tree. */
static bool is_rightmost(const struct pass *p)
{
	return p->n->hi == p->l->max;
}

static void check_end(struct pass *p)
{
	unsigned end = maple_node_end(p->l, p->n->bytes, p->n->type, p->n->hi);
	unsigned meta = p->n->bytes[p->f->end];

	if (end >= p->f->slots)
		wrong_meta(p, MAPLE_RULE_END_RANGE, p->f->end, 0, false);
	else if (maple_has_meta(p->l, p->n->type, end) && meta != end)
		wrong_meta(p, MAPLE_RULE_END_META, p->f->end, end, true);
	if (end < p->f->min_end && p->at && !is_rightmost(p))
		wrong_meta(p, MAPLE_RULE_END_MIN, p->f->end, 0, false);
	if (!end && !p->at && p->n->type != MAPLE_LEAF)
		wrong_meta(p, MAPLE_RULE_ROOT_SINGLE, p->f->end, 0, false);
}

static void check_tail(struct pass *p)
{
	unsigned last = p->f->slots - 1, end = p->n->end;

	for (unsigned i = end + 1; i <= last; i++) {
		if (i == last && p->f->meta_in_slot)
			break;
		if (p->slot[i])
			wrong_told(p, MAPLE_RULE_TAIL_SLOT, maple_slot_at(p->l, p->n->type, i), i,
				   0);
	}
	if (p->f->gap)
		for (unsigned i = end + 1; i <= last; i++)
			if (maple_word(p->l, p->n->bytes, maple_gap_at(p->l, p->n->type, i)))
				wrong_told(p, MAPLE_RULE_TAIL_GAP,
					   maple_gap_at(p->l, p->n->type, i), i, 0);
	if (!p->f->gap && maple_has_meta(p->l, p->n->type, end) && p->n->bytes[p->f->meta_gap])
		wrong_meta(p, MAPLE_RULE_GAP_META_RANGE, p->f->meta_gap, 0, true);
}

/* ---- leaves ---- */

/* The pivot that sets where a slot of the current leaf begins (or ends): its own, or that of the
 * node above that has one there. */
static void wrong_bound(struct pass *p, unsigned slot, bool low, uint64_t expected)
{
	struct pass up = *p;

	while (low ? !slot : slot == up.n->end && slot >= up.f->slots - 1) {
		if (up.n->parent == MAPLE_NONE)
			return;
		slot = up.n->slot;
		up.at = up.n->parent;
		up.n = &p->m->node[up.at];
		up.f = &p->l->form[up.n->type];
	}
	slot -= low;
	wrong_told(&up, MAPLE_RULE_PIVOT_ENTRY, maple_pivot_at(p->l, up.n->type, slot), slot,
		   expected);
}

static void check_object(struct pass *p, unsigned i, uint64_t entry)
{
	unsigned offset = maple_slot_at(p->l, p->n->type, i);
	uint64_t lo = lo_of(p, i), hi = hi_of(p, i), first = 0, last = 0;

	if (!p->e->says)
		return;
	switch (p->e->says(p->e->arg, entry, &first, &last)) {
	case MAPLE_SAYS_NOTHING: break;
	case MAPLE_SAYS_OTHER: /* right in all but whose it is: its own word is bad */
		if (first != lo || last != hi)
			wrong(p, MAPLE_RULE_ENTRY_WRONG, offset, i);
		break;
	case MAPLE_SAYS_RANGE:
		if (first != lo && last != hi)
			wrong(p, MAPLE_RULE_ENTRY_WRONG, offset, i);
		else if (first != lo)
			wrong_bound(p, i, true, first - 1);
		else if (last != hi)
			wrong_bound(p, i, false, last);
	}
}

static bool is_reserved(const struct pass *p, uint64_t entry)
{
	return (entry & 3) == 2 && entry < MAPLE_RESERVED &&
	       !(entry == ZERO_ENTRY && p->e->zero);
}

static void check_entry(struct pass *p, unsigned i)
{
	unsigned offset = maple_slot_at(p->l, p->n->type, i);
	uint64_t entry = p->slot[i];

	if (entry || maple_is_cut(p->m, p->n->addr + offset)) {
		p->entries++;
		p->sum += hi_of(p, i) - lo_of(p, i) + 1;
	}
	if (maple_is_cut(p->m, p->n->addr + offset))
		return;
	if (!entry) {
		if (i && !p->slot[i - 1] &&
		    !maple_is_cut(p->m, p->n->addr + offset - p->l->word))
			wrong(p, MAPLE_RULE_NULL_ADJACENT, offset, i);
		else if (i == p->n->end && !is_rightmost(p))
			wrong(p, MAPLE_RULE_NULL_LEAF_END, offset, i);
		return;
	}
	if (is_reserved(p, entry))
		wrong(p, MAPLE_RULE_ENTRY_RESERVED, offset, i);
	else
		check_object(p, i, entry);
}

/* Nodes of a level lie in a row, leaves in the order in which they are looked at. */
static void name_some(struct pass *p)
{
	uint64_t slot[MAPLE_SLOTS];
	uint32_t end = p->named + AHEAD;

	for (; p->named < p->m->n && p->named < end; p->named++) {
		const struct maple_node *n = &p->m->node[p->named];

		fetch(p->m, p->named + FETCH_AHEAD);
		if (n->state != MAPLE_THERE || n->type != MAPLE_LEAF)
			continue;
		words_of(slot, n->bytes + p->f->slot, p->f->slots, p->l->word);
		p->e->want(p->e->arg, slot, n->end + 1u);
	}
	p->e->start(p->e->arg);
}

/* While some are asked, the next are on their way. */
static void name_entries(struct pass *p)
{
	p->e->done(p->e->arg);
	if (!p->named) {
		p->named = p->at;
		name_some(p);
	}
	p->asked = p->named;
	name_some(p);
}

/* What check_entry() would find nothing in, all entries at once. */
static bool is_leaf_fine(struct pass *p)
{
	uint64_t lo[MAPLE_SLOTS], hi[MAPLE_SLOTS], entries = 0, sum = 0;
	unsigned end = p->n->end, bad = p->m->ncuts != 0;

	for (unsigned i = 0; i <= end; i++) {
		uint64_t e = p->slot[i], size;

		lo[i] = lo_of(p, i);
		hi[i] = hi_of(p, i);
		size = hi[i] - lo[i] + 1;
		bad |= !e && (i ? !p->slot[i - 1] : 0);
		bad |= (e & 3) == 2 && e < MAPLE_RESERVED;
		entries += e != 0;
		sum += e ? size : 0;
	}
	bad |= !p->slot[end] && !is_rightmost(p);
	if (bad || (p->e->says && (!p->e->agree ||
				   !p->e->agree(p->e->arg, p->slot, lo, hi, end + 1))))
		return false;
	p->entries += entries;
	p->sum += sum;
	return true;
}

static void check_leaf(struct pass *p)
{
	if (p->e->want && p->at >= p->asked)
		name_entries(p);
	if (is_leaf_fine(p))
		return;
	for (unsigned i = 0; i <= p->n->end; i++)
		check_entry(p, i);
}

/* ---- gaps ---- */

static uint64_t range_size(uint64_t lo, uint64_t hi)
{
	return lo > hi ? 0 : hi - lo == UINT64_MAX ? UINT64_MAX - 1 : hi - lo + 1;
}

static uint64_t leaf_gap(const struct maple *m, const struct maple_node *n)
{
	const struct maple_form *f = &m->layout->form[n->type];
	uint64_t most = 0, size, slot[MAPLE_SLOTS];

	words_of(slot, n->bytes + f->slot, f->slots, m->layout->word);
	for (unsigned i = 0; i <= n->end; i++) {
		/* whatever is in a slot that is not to be trusted, it is an entry */
		if (slot[i] || (m->ncuts && maple_is_cut(m, n->addr + maple_slot_at(m->layout,
										     n->type, i))))
			continue;
		size = range_size(maple_lo(m, n, i), maple_hi(m, n, i));
		most = size > most ? size : most;
	}
	return most;
}

static uint64_t stored_gap(const struct maple *m, const struct maple_node *n, unsigned i)
{
	return maple_word(m->layout, n->bytes, maple_gap_at(m->layout, n->type, i));
}

/* Where a child is not known, what the node says of it is not contradicted. */
static uint64_t inner_gap(const struct maple *m, const struct maple_node *n, const uint64_t *gap)
{
	uint64_t most = 0, g;

	for (unsigned i = 0; i <= n->end; i++) {
		g = gap[n->child + i];
		if (g == UNKNOWN && m->layout->form[n->type].gap)
			g = stored_gap(m, n, i);
		if (g == UNKNOWN)
			return UNKNOWN;
		most = g > most ? g : most;
	}
	return most;
}

uint64_t *maple_recount(const struct maple *m)
{
	uint64_t *gap = mem_zalloc(m->n + 1, sizeof(*gap));

	for (size_t i = m->n; gap && i--;) {
		const struct maple_node *n = &m->node[i];

		fetch(m, i - FETCH_AHEAD);
		if (n->state != MAPLE_THERE)
			gap[i] = UNKNOWN;
		else if (n->child == MAPLE_NONE)
			gap[i] = n->type == MAPLE_LEAF ? leaf_gap(m, n) : UNKNOWN;
		else
			gap[i] = inner_gap(m, n, gap);
	}
	return gap;
}

static void check_gap(struct pass *p, unsigned i, uint64_t stored)
{
	unsigned offset = maple_gap_at(p->l, p->n->type, i);
	uint64_t lo = lo_of(p, i), hi = hi_of(p, i);
	uint64_t real = p->gap[p->n->child + i];

	if (real != UNKNOWN && real != stored)
		wrong_told(p, MAPLE_RULE_GAP_PARENT, offset, i, real);
	else if (lo <= hi && stored > range_size(lo, hi))
		wrong(p, MAPLE_RULE_GAP_TOO_BIG, offset, i);
}

static void check_gaps(struct pass *p)
{
	unsigned named = p->n->bytes[p->f->meta_gap], at = 0;
	uint64_t most = 0, g;

	for (unsigned i = 0; i <= p->n->end; i++) {
		g = stored_gap(p->m, p->n, i);
		check_gap(p, i, g);
		if (g > most) {
			most = g;
			at = i;
		}
	}
	if (named > p->n->end) {
		if (most || (named != NO_GAP_META && named != p->l->form[MAPLE_LEAF].slots - 1))
			wrong_meta(p, MAPLE_RULE_GAP_META_RANGE, p->f->meta_gap, at, true);
	} else if (stored_gap(p->m, p->n, named) != most) {
		wrong_meta(p, MAPLE_RULE_GAP_NOT_MAX, p->f->meta_gap, at, true);
	}
}

/* ---- the tree as a whole ---- */

/* The depth that most leaves have. */
static unsigned leaf_depth(const struct maple *m)
{
	size_t at[MAPLE_DEPTH + 2] = { 0 };
	unsigned best = 0;

	for (size_t i = 0; i < m->n; i++)
		if (m->node[i].state == MAPLE_THERE && m->node[i].type == MAPLE_LEAF)
			at[m->node[i].depth]++;
	for (unsigned d = 1; d < MAPLE_DEPTH + 2; d++)
		best = at[d] > at[best] ? d : best;
	return at[best] ? best : MAPLE_NONE;
}

static void check_depth(struct pass *p, unsigned depth)
{
	uint64_t height = (p->m->flags & MAPLE_FLAG_HEIGHT) >> MAPLE_HEIGHT_SHIFT;
	uint64_t at = p->m->tree + p->l->flags;
	uint64_t want = (p->m->flags & ~MAPLE_FLAG_HEIGHT) |
			(uint64_t)(depth + 1) << MAPLE_HEIGHT_SHIFT;

	for (uint32_t i = 0; i < p->m->n; i++) {
		const struct maple_node *n = &p->m->node[i];

		if (n->state == MAPLE_THERE &&
		    (n->type == MAPLE_LEAF ? n->depth != depth : n->depth == depth))
			wrong_link(p, MAPLE_RULE_DEPTH, i, 0, false);
	}
	if (height != depth + 1)
		add(p, (struct maple_wrong){ MAPLE_RULE_HEIGHT, MAPLE_NONE, at, want, p->m->flags,
					     (uint8_t)p->l->flags_size, 0, true });
}

static void check_empty(struct pass *p)
{
	uint64_t at = p->m->tree + p->l->flags;

	if (!p->m->root && p->m->flags & MAPLE_FLAG_HEIGHT)
		add(p, (struct maple_wrong){ MAPLE_RULE_HEIGHT, MAPLE_NONE, at,
					     p->m->flags & ~MAPLE_FLAG_HEIGHT, p->m->flags,
					     (uint8_t)p->l->flags_size, 0, true });
	else if (p->m->single && p->m->flags & MAPLE_FLAG_HEIGHT)
		add(p, (struct maple_wrong){ MAPLE_RULE_ROOT_TAG, MAPLE_NONE,
					     p->m->tree + p->l->root, 0, p->m->root, p->l->word, 0,
					     false });
}

static bool is_whole(const struct pass *p)
{
	return !p->missing && !p->m->partial && !p->m->first && p->m->last >= p->l->max;
}

static void check_totals(struct pass *p)
{
	uint64_t sum = p->sum & p->l->max;

	if (p->e->counted && p->entries != p->e->count)
		add(p, (struct maple_wrong){ MAPLE_RULE_ENTRY_LOST, MAPLE_NONE, p->m->tree,
					     p->e->count, p->entries, 0, 0, true });
	if (p->e->summed && sum != p->e->sum)
		add(p, (struct maple_wrong){ MAPLE_RULE_ENTRY_TOTAL, MAPLE_NONE, p->m->tree,
					     p->e->sum, sum, 0, 0, true });
}

static void check_tree(struct pass *p)
{
	unsigned depth = leaf_depth(p->m);

	if (!p->m->n)
		check_empty(p);
	else if (depth != MAPLE_NONE)
		check_depth(p, depth);
	if (is_whole(p))
		check_totals(p);
}

/* What check_type() to check_tail() would find nothing in, in one go. */
static bool is_frame_fine(const struct pass *p)
{
	const struct maple_node *n = p->n;
	unsigned end = n->end, slots = p->f->slots, last = slots - p->f->meta_in_slot;
	const struct maple_node *up = n->parent == MAPLE_NONE ? NULL : &p->m->node[n->parent];
	uint64_t tail = 0, bad, before = n->lo;

	if (!up || end < p->f->min_end)
		return false;
	if (maple_has_meta(p->l, n->type, end) &&
	    (n->bytes[p->f->end] != end || (!p->f->gap && n->bytes[p->f->meta_gap])))
		return false;
	bad = maple_node_end(p->l, n->bytes, n->type, n->hi) ^ end;
	bad |= maple_parent(p->l, n->bytes) ^ maple_parent_of(up->addr, n->slot);
	bad |= n->type != MAPLE_LEAF &&
	       n->type != (p->m->flags & MAPLE_FLAG_GAPS ? MAPLE_ARANGE : MAPLE_RANGE);
	bad |= p->pivot[0] < before || !p->pivot[0];
	for (unsigned i = 1; i < end; i++)
		bad |= p->pivot[i] <= p->pivot[i - 1];
	bad |= p->pivot[end - 1] >= n->hi;
	bad |= end < slots - 1 && p->pivot[end] != n->hi;
	for (unsigned i = end + 1; i < slots - 1; i++)
		tail |= p->pivot[i];
	for (unsigned i = end + 1; i < last; i++)
		tail |= p->slot[i];
	for (unsigned i = end + 1; p->f->gap && i < slots; i++)
		tail |= maple_word(p->l, n->bytes, maple_gap_at(p->l, n->type, i));
	return !(bad | tail);
}

static void check_frame(struct pass *p)
{
	check_type(p);
	check_parent(p);
	check_pivots(p);
	check_end(p);
	check_tail(p);
}

static void check_node(struct pass *p, uint32_t i)
{
	p->at = i;
	p->n = &p->m->node[i];
	p->f = &p->l->form[p->n->type];
	if (p->n->state != MAPLE_THERE) {
		p->missing = true;
		check_link(p, i);
		return;
	}
	words_of(p->pivot, p->n->bytes + p->f->pivot, p->f->slots - 1, p->l->word);
	words_of(p->slot, p->n->bytes + p->f->slot, p->f->slots, p->l->word);
	if (!is_frame_fine(p))
		check_frame(p);
	if (p->n->type == MAPLE_LEAF)
		check_leaf(p);
	else if (p->f->gap && p->n->child != MAPLE_NONE)
		check_gaps(p);
}

bool maple_rules_check(const struct maple *m, const struct maple_entries *e, size_t limit,
		       struct maple_wrongs *ret)
{
	struct pass p = {
		.m = m, .l = m->layout, .e = e, .to = ret, .limit = limit,
		.gap = maple_recount(m),
	};

	for (uint32_t i = 0; p.gap && i < m->n && !ret->full; i++) {
		if (m->c->stop && i % STOP_EVERY == STOP_EVERY - 1 && m->c->stop()) {
			mem_free(p.gap);
			return false;
		}
		fetch(m, i + FETCH_AHEAD);
		check_node(&p, i);
	}
	if (!ret->full)
		check_tree(&p);
	ret->full |= !p.gap;
	mem_free(p.gap);
	return true;
}
