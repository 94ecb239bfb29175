/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_repair.h"
#include "lib/kern/maple_rule_impl.h"

#define UNREAD 16 /* entries that the dump has not, of which all that are one bit away are asked */

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

static bool has_other(const struct pass *p, uint64_t lo, uint64_t hi, uint64_t entry)
{
	uint64_t other;

	return p->e->find && p->e->find(p->e->arg, lo, hi, &other) && other != entry;
}

/* What the dump has not cannot be asked; an object that fits and that no slot has can. One that was
 * freed may still look so. */
static bool is_another_meant(struct pass *p, uint64_t lo, uint64_t hi, uint64_t entry)
{
	uint64_t other, first, last;

	for (unsigned bit = 3; p->unread < UNREAD && bit < 8u * p->l->word; bit++) {
		other = entry ^ UINT64_C(1) << bit;
		if (p->e->says(p->e->arg, other, &first, &last) == MAPLE_SAYS_RANGE &&
		    first == lo && last == hi)
			return true;
	}
	p->unread++;
	return p->e->find && p->e->find(p->e->arg, lo, hi, &other) && other != entry &&
	       (maple_one_bit(other, entry) >= 0 ||
		(p->e->is_used && p->e->is_used(p->e->arg, other)));
}

static void check_object(struct pass *p, unsigned i, uint64_t entry)
{
	unsigned offset = maple_slot_at(p->l, p->n->type, i);
	uint64_t lo = pass_lo(p, i), hi = pass_hi(p, i), first = 0, last = 0;

	if (!p->e->says)
		return;
	switch (p->e->says(p->e->arg, entry, &first, &last)) {
	case MAPLE_SAYS_NOTHING:
		if (is_another_meant(p, lo, hi, entry))
			pass_wrong(p, MAPLE_RULE_ENTRY_UNREAD, offset, i);
		break;
	case MAPLE_SAYS_OTHER: /* right in all but whose it is: its own word is bad, unless there is
				  another that is right in all */
		if (first != lo || last != hi || has_other(p, lo, hi, entry))
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
	return (entry & 3) == 2 && entry < MAPLE_RESERVED && !(entry == MAPLE_XA_ZERO && p->e->zero);
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

void pass_check_leaf(struct pass *p)
{
	for (unsigned i = 0; i <= p->n->end; i++)
		check_entry(p, i);
}
