/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_rule_impl.h"

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

/* A word of the struct maple_tree, or what all of it amounts to (size 0). */
static void wrong_tree(struct pass *p, enum maple_rule rule, unsigned offset, unsigned size,
		       uint64_t expected, uint64_t found)
{
	pass_add(p, (struct maple_wrong){ rule, MAPLE_NONE, p->m->tree + offset, expected, found,
					  (uint8_t)size, 0, true });
}

static void wrong_height(struct pass *p, unsigned levels)
{
	uint64_t want = (p->m->flags & ~MAPLE_FLAG_HEIGHT) |
			(uint64_t)levels << MAPLE_HEIGHT_SHIFT;

	wrong_tree(p, MAPLE_RULE_HEIGHT, (unsigned)p->l->flags, p->l->flags_size, want,
		   p->m->flags);
}

/* Whether readers use RCU changes in a tree's life. Of flags that are off by more than a bit nothing
 * is to be kept. */
static void check_flags(struct pass *p, unsigned levels)
{
	uint64_t flags = p->m->flags, keep = MAPLE_FLAG_HEIGHT | MAPLE_FLAG_RCU;
	uint64_t diff = (flags ^ p->e->flags) & ~keep, want;

	if (!p->e->flagged || !diff)
		return;
	want = p->e->flags & ~MAPLE_FLAG_HEIGHT;
	if (!(diff & (diff - 1)))
		want = (flags ^ diff) & ~MAPLE_FLAG_HEIGHT;
	wrong_tree(p, MAPLE_RULE_FLAGS, (unsigned)p->l->flags, p->l->flags_size,
		   want | (uint64_t)levels << MAPLE_HEIGHT_SHIFT, flags);
}

static void check_depth(struct pass *p, unsigned depth)
{
	uint64_t height = (p->m->flags & MAPLE_FLAG_HEIGHT) >> MAPLE_HEIGHT_SHIFT;

	for (uint32_t i = 0; i < p->m->n; i++) {
		const struct maple_node *n = &p->m->node[i];

		if (n->state == MAPLE_THERE &&
		    (n->type == MAPLE_LEAF ? n->depth != depth : n->depth == depth))
			pass_wrong_link(p, MAPLE_RULE_DEPTH, i, 0, false);
	}
	check_flags(p, depth + 1);
	if (height != depth + 1)
		wrong_height(p, depth + 1);
}

static void wrong_root(struct pass *p)
{
	pass_add(p, (struct maple_wrong){ MAPLE_RULE_ROOT_TAG, MAPLE_NONE,
					  p->m->tree + p->l->root, 0, p->m->root, p->l->word, 0,
					  false });
}

static void check_empty(struct pass *p)
{
	check_flags(p, 0);
	if (!(p->m->flags & MAPLE_FLAG_HEIGHT))
		return;
	/* one that has levels and should have entries has lost them */
	if (p->m->single || (!p->m->root && p->e->counted && p->e->count))
		wrong_root(p);
	else if (!p->m->root)
		wrong_height(p, 0);
}

static bool is_whole(const struct pass *p)
{
	return !p->missing && !p->m->partial && !p->m->first && p->m->last >= p->l->max;
}

static void check_totals(struct pass *p)
{
	uint64_t sum = p->sum & p->l->max;

	if (p->e->counted && p->entries != p->e->count)
		wrong_tree(p, MAPLE_RULE_ENTRY_LOST, 0, 0, p->e->count, p->entries);
	if (p->e->summed && sum != p->e->sum)
		wrong_tree(p, MAPLE_RULE_ENTRY_TOTAL, 0, 0, p->e->sum, sum);
}

void pass_check_tree(struct pass *p)
{
	unsigned depth = leaf_depth(p->m);

	if (!p->m->n)
		check_empty(p);
	else if (depth != MAPLE_NONE)
		check_depth(p, depth);
	if (is_whole(p))
		check_totals(p);
}
