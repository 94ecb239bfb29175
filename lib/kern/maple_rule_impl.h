/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_rule_impl - one pass over a loaded tree, as the rules' files share it; nobody else includes
 * it.
 *
 * maple_rule_pass.c goes from node to node, past those that are fine (maple_fine.h), and keeps what
 * is wrong; maple_rule_node.c judges what
 * every node has (the link to it, parent, pivots, end), maple_rule_leaf.c the entries of a leaf,
 * maple_rule_gap.c the gaps of an inner node, maple_rule_tree.c what all of them make together.
 */
#ifndef CAIRN_KERN_MAPLE_RULE_IMPL_H
#define CAIRN_KERN_MAPLE_RULE_IMPL_H

#include "lib/kern/maple_rule.h"

struct pass {
	const struct maple *m;
	const struct maple_layout *l;
	const struct maple_entries *e;
	struct maple_wrongs *to;
	size_t limit;
	const struct maple_node *n; /* the current node, its place, its form */
	uint32_t at;
	const struct maple_form *f;
	uint64_t pivot[MAPLE_SLOTS], slot[MAPLE_SLOTS]; /* its words */
	const uint64_t *gap;        /* recounted, of each node */
	uint64_t entries, sum;      /* that are none of NULL; their indices */
	unsigned unread;            /* nodes, entries of which it was asked whether another one is
				       meant */
	bool missing;               /* a part of the tree is not there to be counted */
};

/** What the current node's slot covers. */
static inline uint64_t pass_lo(const struct pass *p, unsigned slot)
{
	return slot ? p->pivot[slot - 1] + 1 : p->n->lo;
}

static inline uint64_t pass_hi(const struct pass *p, unsigned slot)
{
	return slot < p->n->end ? p->pivot[slot] : p->n->hi;
}

/** The node ends the tree: nobody is obliged to have filled it. */
static inline bool pass_is_rightmost(const struct pass *p)
{
	return p->n->hi == p->l->max;
}

/* ---- saying what is wrong ---- */

void pass_add(struct pass *p, struct maple_wrong w);

/** A word of the current node; `told`: what it should be. */
void pass_wrong(struct pass *p, enum maple_rule rule, unsigned offset, unsigned slot);
void pass_wrong_told(struct pass *p, enum maple_rule rule, unsigned offset, unsigned slot,
		     uint64_t expected);

/** A byte of its meta. */
void pass_wrong_meta(struct pass *p, enum maple_rule rule, unsigned offset, uint64_t expected,
		     bool told);

/** The word that leads to the node at that place. */
void pass_wrong_link(struct pass *p, enum maple_rule rule, uint32_t child, uint64_t expected,
		     bool told);

/* ---- what is looked at ---- */

/** A node that is not there. */
void pass_check_link(struct pass *p, uint32_t i);

/** The current node but for its entries and gaps. */
void pass_check_frame(struct pass *p);

void pass_check_leaf(struct pass *p);
void pass_check_gaps(struct pass *p);

/** Once all nodes were looked at. */
void pass_check_tree(struct pass *p);

#endif
