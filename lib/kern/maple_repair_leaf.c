/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of a leaf. */
#include "lib/kern/maple_repair_impl.h"

/* Objects one bit of the entry away that are for just that range. */
static void flip_entry(struct repair_look *k, const struct maple_node *n, unsigned i)
{
	uint64_t lo = maple_lo(k->m, n, i), hi = maple_hi(k->m, n, i), first, last;
	uint64_t entry = maple_slot(k->m, n, i), other;

	for (unsigned bit = 3; entry && bit < 8u * k->l->word; bit++) {
		other = entry ^ UINT64_C(1) << bit;
		if (k->e->says(k->e->arg, other, &first, &last) == MAPLE_SAYS_RANGE &&
		    first == lo && last == hi)
			repair_word(k, n, maple_slot_at(k->l, n->type, i), other);
	}
}

void repair_slot(struct repair_look *k, const struct maple_node *n, unsigned i)
{
	unsigned offset = maple_slot_at(k->l, n->type, i);
	uint64_t lo = maple_lo(k->m, n, i), hi = maple_hi(k->m, n, i), entry, first, last;
	const char *name;

	if (lo <= hi && k->e->find && k->e->find(k->e->arg, lo, hi, &entry))
		repair_word(k, n, offset, entry);
	repair_word(k, n, offset, 0);
	if (k->e->says && !repair_says(k, n, i, &first, &last))
		flip_entry(k, n, i);
	if (repair_says(k, n, i, &first, &last) && (first == lo || last == hi))
		repair_unknown(k, n, offset, MAPLE_REPAIR_OBJECT);
	else if (k->e->is_overwritten &&
		 k->e->is_overwritten(k->e->arg, maple_slot(k->m, n, i), &name))
		repair_unknown(k, n, offset, MAPLE_REPAIR_ENTRY);
	else
		repair_unknown(k, n, offset, MAPLE_REPAIR_CUT);
}

/* One that the tree has lost. */
void repair_find_entries(struct repair_look *k, const struct maple_node *n)
{
	uint64_t entry;

	for (unsigned i = 0; k->e->find && i <= n->end; i++)
		if (!maple_slot(k->m, n, i) &&
		    k->e->find(k->e->arg, maple_lo(k->m, n, i), maple_hi(k->m, n, i), &entry))
			repair_word(k, n, maple_slot_at(k->l, n->type, i), entry);
}

void repair_entries(struct repair_look *k, const struct maple_node *n)
{
	for (unsigned i = 0; i <= n->end; i++)
		repair_slot(k, n, i);
}

/* The last entry is there twice, for no index the second time: the spanning store of CVE-2024-50200
 * left it so, three words in one go. */
void repair_twice(struct repair_look *k, const struct maple_node *n)
{
	const struct maple_form *f = repair_form(k, n);
	unsigned slot = maple_slot_at(k->l, n->type, n->end), pivot_at;
	struct maple_repair r = { .nmore = 2 };

	if (!n->end || maple_slot(k->m, n, n->end) != maple_slot(k->m, n, n->end - 1u) ||
	    repair_pivot(k, n, n->end - 1u) != n->hi)
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
	repair_add(k, r);
}
