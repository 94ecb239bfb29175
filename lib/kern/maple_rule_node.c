/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_rule_impl.h"

/* ---- links and parents ---- */

/* Memory that there can be none at, as against memory that the dump has not. */
static bool is_no_memory(const struct pass *p, const struct maple_node *n)
{
	return n->fault == CAIRN_FAULT_UNMAPPED || n->fault == CAIRN_FAULT_NONCANONICAL ||
	       (p->e->is_elsewhere && p->e->is_elsewhere(p->e->arg, n->addr));
}

#define UNREAD 16 /* nodes that the dump has not, of which another is looked for */

static bool is_on_shelf(const struct pass *p, uint64_t parent)
{
	const struct shelf *s = p->m->shelf;
	size_t size = (size_t)1 << s->sp->page_shift;

	for (size_t i = 0; i < s->loaded; i++)
		for (size_t in = 0; s->page[i].data && in < size; in += p->l->size)
			if (maple_parent(p->l, s->page[i].data + in) == parent)
				return true;
	return false;
}

/* A node that is there names the slot as its own: it is what the slot should lead to. */
static bool is_named_by_another(struct pass *p, const struct maple_node *n)
{
	const struct maple_node *up = n->parent == MAPLE_NONE ? NULL : &p->m->node[n->parent];
	uint64_t parent = up ? maple_parent_of(up->addr, n->slot) : p->m->tree | MAPLE_ROOT_PARENT;
	uint64_t link = up ? maple_slot(p->m, up, n->slot) : p->m->root, got;

	if (p->unread++ >= UNREAD)
		return false;
	for (unsigned bit = 8; bit < 8u * p->l->word; bit++) {
		uint64_t addr = (link ^ UINT64_C(1) << bit) & ~(uint64_t)(p->l->size - 1);

		if (!space_word(&p->m->c->kernel, addr, &got, NULL) && got == parent)
			return true;
	}
	return is_on_shelf(p, parent);
}

void pass_check_link(struct pass *p, uint32_t i)
{
	const struct maple_node *n = &p->m->node[i];
	enum maple_rule rule;

	switch (n->state) {
	case MAPLE_NULL: rule = MAPLE_RULE_CHILD_NULL; break;
	case MAPLE_NO_NODE: rule = MAPLE_RULE_NODE_ALIGN; break;
	case MAPLE_TWICE: rule = MAPLE_RULE_NODE_SHARED; break;
	case MAPLE_DEEP: rule = MAPLE_RULE_DEPTH; break;
	case MAPLE_UNREAD:
		rule = is_no_memory(p, n) ? MAPLE_RULE_NODE_ALIGN : MAPLE_RULE_NODE_UNREAD;
		if (rule == MAPLE_RULE_NODE_UNREAD && !is_named_by_another(p, n))
			return;
		break;
	default: return;
	}
	if (!i && rule == MAPLE_RULE_NODE_ALIGN)
		rule = MAPLE_RULE_ROOT_TAG;
	pass_wrong_link(p, rule, i, 0, false);
}

static void check_type(struct pass *p)
{
	enum maple_type want = p->m->flags & MAPLE_FLAG_GAPS ? MAPLE_ARANGE : MAPLE_RANGE;

	if (p->n->type != MAPLE_LEAF && p->n->type != want)
		pass_wrong_link(p, MAPLE_RULE_NODE_TYPE, p->at,
				maple_link_to(p->l, p->n->addr, want) |
					(p->at ? 0 : MAPLE_ROOT_NODE),
				true);
}

static void check_parent(struct pass *p)
{
	const struct maple_node *n = p->n;
	uint64_t found = maple_parent(p->l, n->bytes), mask = p->l->size - 1, expected;
	enum maple_rule rule = MAPLE_RULE_ROOT_PARENT;

	expected = n->parent == MAPLE_NONE ? p->m->tree | MAPLE_ROOT_PARENT
					   : maple_parent_of(p->m->node[n->parent].addr, n->slot);
	if (found == expected)
		return;
	if ((found & ~mask) == n->addr)
		rule = MAPLE_RULE_DEAD_LINKED;
	else if (n->parent == MAPLE_NONE)
		rule = MAPLE_RULE_ROOT_PARENT;
	else if ((found & MAPLE_PARENT_TAGS) != MAPLE_PARENT_TAG)
		rule = MAPLE_RULE_PARENT_TYPE;
	else
		rule = (found ^ expected) & ~mask ? MAPLE_RULE_PARENT_NODE : MAPLE_RULE_PARENT_SLOT;
	pass_wrong_told(p, rule, 0, 0, expected);
}

/* ---- pivots, and where a node ends ---- */

static void check_pivot(struct pass *p, unsigned i)
{
	unsigned offset = maple_pivot_at(p->l, p->n->type, i);
	uint64_t v = p->pivot[i];

	if (i && !v)
		pass_wrong(p, MAPLE_RULE_PIVOT_ZERO, offset, i);
	else if (i && v <= p->pivot[i - 1])
		pass_wrong(p, MAPLE_RULE_PIVOT_ORDER, offset, i);
	else if (v < p->n->lo || v > p->n->hi)
		pass_wrong(p, MAPLE_RULE_PIVOT_RANGE, offset, i);
}

static void check_pivots(struct pass *p)
{
	unsigned end = p->n->end, pivots = p->f->slots - 1;

	for (unsigned i = 0; i < end; i++)
		check_pivot(p, i);
	if (end && p->n->hi <= p->pivot[end - 1]) { /* nothing is left for the last slot */
		unsigned i = end < pivots ? end : end - 1;

		pass_wrong(p, MAPLE_RULE_PIVOT_ORDER, maple_pivot_at(p->l, p->n->type, i), i);
	}
	if (end < pivots && p->pivot[end] != p->n->hi)
		pass_wrong_told(p, MAPLE_RULE_PIVOT_RANGE, maple_pivot_at(p->l, p->n->type, end),
				end, p->n->hi);
	for (unsigned i = end + 1; i < pivots; i++)
		if (p->pivot[i])
			pass_wrong_told(p, MAPLE_RULE_TAIL_PIVOT,
					maple_pivot_at(p->l, p->n->type, i), i, 0);
}

static void check_end(struct pass *p)
{
	unsigned end = maple_node_end(p->l, p->n->bytes, p->n->type, p->n->hi);
	unsigned meta = p->n->bytes[p->f->end];

	if (end >= p->f->slots)
		pass_wrong_meta(p, MAPLE_RULE_END_RANGE, p->f->end, 0, false);
	else if (maple_has_meta(p->l, p->n->type, end) && meta != end)
		pass_wrong_meta(p, MAPLE_RULE_END_META, p->f->end, end, true);
	if (end < p->f->min_end && p->at && !pass_is_rightmost(p))
		pass_wrong_meta(p, MAPLE_RULE_END_MIN, p->f->end, 0, false);
	if (!end && !p->at && p->n->type != MAPLE_LEAF)
		pass_wrong_meta(p, MAPLE_RULE_ROOT_SINGLE, p->f->end, 0, false);
}

static void check_tail(struct pass *p)
{
	unsigned last = p->f->slots - 1, end = p->n->end;

	for (unsigned i = end + 1; i <= last; i++) {
		if (i == last && p->f->meta_in_slot)
			break;
		if (p->slot[i])
			pass_wrong_told(p, MAPLE_RULE_TAIL_SLOT, maple_slot_at(p->l, p->n->type, i),
					i, 0);
	}
	if (p->f->gap)
		for (unsigned i = end + 1; i <= last; i++)
			if (maple_word(p->l, p->n->bytes, maple_gap_at(p->l, p->n->type, i)))
				pass_wrong_told(p, MAPLE_RULE_TAIL_GAP,
						maple_gap_at(p->l, p->n->type, i), i, 0);
	if (!p->f->gap && maple_has_meta(p->l, p->n->type, end) && p->n->bytes[p->f->meta_gap])
		pass_wrong_meta(p, MAPLE_RULE_GAP_META_RANGE, p->f->meta_gap, 0, true);
}

void pass_check_frame(struct pass *p)
{
	check_type(p);
	check_parent(p);
	check_pivots(p);
	check_end(p);
	check_tail(p);
}
