/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_repair_impl.h"

int maple_one_bit(uint64_t a, uint64_t b)
{
	uint64_t x = a ^ b;

	return x && !(x & (x - 1)) ? __builtin_ctzll(x) : -1;
}

void repair_add(struct repair_look *k, struct maple_repair r)
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

void repair_word(struct repair_look *k, const struct maple_node *n, unsigned offset, uint64_t value)
{
	repair_add(k, (struct maple_repair){
		.patch = { n->addr, n->addr + offset, k->l->word, value & k->l->max },
		.found = maple_word(k->l, n->bytes, offset),
	});
}

void repair_meta(struct repair_look *k, const struct maple_node *n, unsigned offset, unsigned value)
{
	repair_add(k, (struct maple_repair){
		.patch = { n->addr, n->addr + offset, 1, value }, .found = n->bytes[offset],
	});
}

void repair_unknown(struct repair_look *k, const struct maple_node *n, unsigned offset,
		    enum maple_repair_kind kind)
{
	repair_add(k, (struct maple_repair){
		.kind = kind, .patch = { n->addr, n->addr + offset, 0, 0 },
		.found = maple_word(k->l, n->bytes, offset),
	});
}

const struct maple_form *repair_form(const struct repair_look *k, const struct maple_node *n)
{
	return &k->l->form[n->type];
}

uint64_t repair_pivot(const struct repair_look *k, const struct maple_node *n, unsigned i)
{
	return maple_word(k->l, n->bytes, maple_pivot_at(k->l, n->type, i));
}

bool repair_is_there(const struct repair_look *k, uint32_t i)
{
	return i != MAPLE_NONE && k->m->node[i].state == MAPLE_THERE;
}

/* What an entry says of its range. */
bool repair_says(const struct repair_look *k, const struct maple_node *n, unsigned slot,
		 uint64_t *first, uint64_t *last)
{
	uint64_t entry = maple_slot(k->m, n, slot);

	return entry && k->e->says &&
	       k->e->says(k->e->arg, entry, first, last) == MAPLE_SAYS_RANGE;
}
