/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_rule_impl.h"

#define AHEAD       1024            /* leaves whose entries are named before they are asked */
#define FETCH_AHEAD 6               /* nodes */
#define ZERO_ENTRY  UINT64_C(0x406) /* include/linux/xarray.h: XA_ZERO_ENTRY */

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
	pass_wrong_told(&up, MAPLE_RULE_PIVOT_ENTRY, maple_pivot_at(p->l, up.n->type, slot), slot,
			expected);
}

static void check_object(struct pass *p, unsigned i, uint64_t entry)
{
	unsigned offset = maple_slot_at(p->l, p->n->type, i);
	uint64_t lo = pass_lo(p, i), hi = pass_hi(p, i), first = 0, last = 0;

	if (!p->e->says)
		return;
	switch (p->e->says(p->e->arg, entry, &first, &last)) {
	case MAPLE_SAYS_NOTHING: break;
	case MAPLE_SAYS_OTHER: /* right in all but whose it is: its own word is bad */
		if (first != lo || last != hi)
			pass_wrong(p, MAPLE_RULE_ENTRY_WRONG, offset, i);
		break;
	case MAPLE_SAYS_RANGE:
		if (first != lo && last != hi)
			pass_wrong(p, MAPLE_RULE_ENTRY_WRONG, offset, i);
		else if (first != lo)
			wrong_bound(p, i, true, first - 1);
		else if (last != hi)
			wrong_bound(p, i, false, last);
	}
}

static bool is_reserved(const struct pass *p, uint64_t entry)
{
	return (entry & 3) == 2 && entry < MAPLE_RESERVED && !(entry == ZERO_ENTRY && p->e->zero);
}

static void check_entry(struct pass *p, unsigned i)
{
	unsigned offset = maple_slot_at(p->l, p->n->type, i);
	uint64_t entry = p->slot[i];

	if (entry || maple_is_cut(p->m, p->n->addr + offset)) {
		p->entries++;
		p->sum += pass_hi(p, i) - pass_lo(p, i) + 1;
	}
	if (maple_is_cut(p->m, p->n->addr + offset))
		return;
	if (!entry) {
		if (i && !p->slot[i - 1] && !maple_is_cut(p->m, p->n->addr + offset - p->l->word))
			pass_wrong(p, MAPLE_RULE_NULL_ADJACENT, offset, i);
		else if (i == p->n->end && !pass_is_rightmost(p))
			pass_wrong(p, MAPLE_RULE_NULL_LEAF_END, offset, i);
		return;
	}
	if (is_reserved(p, entry))
		pass_wrong(p, MAPLE_RULE_ENTRY_RESERVED, offset, i);
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

		maple_fetch(p->m, p->named + FETCH_AHEAD);
		if (n->state != MAPLE_THERE || n->type != MAPLE_LEAF)
			continue;
		maple_words(p->l, n->bytes + p->f->slot, slot, p->f->slots);
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

		lo[i] = pass_lo(p, i);
		hi[i] = pass_hi(p, i);
		size = hi[i] - lo[i] + 1;
		bad |= !e && (i ? !p->slot[i - 1] : 0);
		bad |= (e & 3) == 2 && e < MAPLE_RESERVED;
		entries += e != 0;
		sum += e ? size : 0;
	}
	bad |= !p->slot[end] && !pass_is_rightmost(p);
	if (bad ||
	    (p->e->says && (!p->e->agree || !p->e->agree(p->e->arg, p->slot, lo, hi, end + 1))))
		return false;
	p->entries += entries;
	p->sum += sum;
	return true;
}

void pass_check_leaf(struct pass *p)
{
	if (p->e->want && p->at >= p->asked)
		name_entries(p);
	if (is_leaf_fine(p))
		return;
	for (unsigned i = 0; i <= p->n->end; i++)
		check_entry(p, i);
}
