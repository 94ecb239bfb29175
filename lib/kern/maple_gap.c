/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_gap.h"

#include "lib/base/mem.h"

#define FETCH_AHEAD 6 /* nodes */

uint64_t maple_range_size(uint64_t lo, uint64_t hi)
{
	return lo > hi ? 0 : hi - lo == UINT64_MAX ? UINT64_MAX - 1 : hi - lo + 1;
}

static uint64_t leaf_gap(const struct maple *m, const struct maple_node *n)
{
	const struct maple_form *f = &m->layout->form[n->type];
	uint64_t most = 0, size, slot[MAPLE_SLOTS];

	maple_words(m->layout, n->bytes + f->slot, slot, f->slots);
	for (unsigned i = 0; i <= n->end; i++) {
		/* whatever is in a slot that is not to be trusted, it is an entry */
		if (slot[i] || (m->ncuts && maple_is_cut(m, n->addr + maple_slot_at(m->layout,
										     n->type, i))))
			continue;
		size = maple_range_size(maple_lo(m, n, i), maple_hi(m, n, i));
		most = size > most ? size : most;
	}
	return most;
}

uint64_t maple_gap(const struct maple *m, const struct maple_node *n, unsigned i)
{
	return maple_word(m->layout, n->bytes, maple_gap_at(m->layout, n->type, i));
}

/* Where a child is not known, what the node says of it is not contradicted. */
static uint64_t inner_gap(const struct maple *m, const struct maple_node *n, const uint64_t *gap)
{
	uint64_t most = 0, g;

	for (unsigned i = 0; i <= n->end; i++) {
		g = gap[n->child + i];
		if (g == MAPLE_GAP_UNKNOWN && m->layout->form[n->type].gap)
			g = maple_gap(m, n, i);
		if (g == MAPLE_GAP_UNKNOWN)
			return MAPLE_GAP_UNKNOWN;
		most = g > most ? g : most;
	}
	return most;
}

uint64_t maple_recount_node(const struct maple *m, size_t i, const uint64_t *gap)
{
	const struct maple_node *n = &m->node[i];

	if (n->state != MAPLE_THERE)
		return MAPLE_GAP_UNKNOWN;
	if (n->child != MAPLE_NONE)
		return inner_gap(m, n, gap);
	return n->type == MAPLE_LEAF ? leaf_gap(m, n) : MAPLE_GAP_UNKNOWN;
}

uint64_t *maple_recount(const struct maple *m)
{
	uint64_t *gap = mem_zalloc(m->n + 1, sizeof(*gap));

	for (size_t i = m->n; gap && i--;) {
		maple_fetch(m, i - FETCH_AHEAD);
		gap[i] = maple_recount_node(m, i, gap);
	}
	return gap;
}
