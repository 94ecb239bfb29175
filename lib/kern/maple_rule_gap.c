/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_gap.h"
#include "lib/kern/maple_rule_impl.h"

#define NO_GAP_META 15 /* 6.1 has this for meta.gap where there is no gap at all */

static void check_gap(struct pass *p, unsigned i, uint64_t stored)
{
	unsigned offset = maple_gap_at(p->l, p->n->type, i);
	uint64_t lo = pass_lo(p, i), hi = pass_hi(p, i);
	uint64_t real = p->gap[p->n->child + i];

	if (real != MAPLE_GAP_UNKNOWN && real != stored)
		pass_wrong_told(p, MAPLE_RULE_GAP_PARENT, offset, i, real);
	else if (lo <= hi && stored > maple_range_size(lo, hi))
		pass_wrong(p, MAPLE_RULE_GAP_TOO_BIG, offset, i);
}

void pass_check_gaps(struct pass *p)
{
	unsigned named = p->n->bytes[p->f->meta_gap], at = 0;
	uint64_t most = 0, g;

	for (unsigned i = 0; i <= p->n->end; i++) {
		g = maple_gap(p->m, p->n, i);
		check_gap(p, i, g);
		if (g > most) {
			most = g;
			at = i;
		}
	}
	if (named > p->n->end) {
		if (most || (named != NO_GAP_META && named != p->l->form[MAPLE_LEAF].slots - 1))
			pass_wrong_meta(p, MAPLE_RULE_GAP_META_RANGE, p->f->meta_gap, at, true);
	} else if (maple_gap(p->m, p->n, named) != most) {
		pass_wrong_meta(p, MAPLE_RULE_GAP_NOT_MAX, p->f->meta_gap, at, true);
	}
}
