/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_repair_impl - what the files of maple_repair share; nobody else includes it.
 *
 * maple_repair.c knows which words may be off where a rule is broken, and repairs pivots, ends and gaps;
 * maple_repair_link.c repairs what leads to nodes and the tree's own words, maple_repair_leaf.c the
 * entries of leaves, maple_repair_word.c notes what was thought of.
 */
#ifndef CAIRN_KERN_MAPLE_REPAIR_IMPL_H
#define CAIRN_KERN_MAPLE_REPAIR_IMPL_H

#include "lib/kern/maple_repair.h"

struct repair_look {
	const struct maple *m;
	const struct maple_layout *l;
	const struct maple_entries *e;
	const uint64_t *gap;
	struct maple_repairs *to;
};

/* ---- what is thought of ---- */

void repair_add(struct repair_look *k, struct maple_repair r);

/** A word of a node, a byte of its meta, becomes another. */
void repair_word(struct repair_look *k, const struct maple_node *n, unsigned offset, uint64_t value);
void repair_meta(struct repair_look *k, const struct maple_node *n, unsigned offset, unsigned value);

/** A word, or what it leads to, is bad; what should be there is not known. */
void repair_unknown(struct repair_look *k, const struct maple_node *n, unsigned offset,
		    enum maple_repair_kind kind);

/* ---- nodes ---- */

const struct maple_form *repair_form(const struct repair_look *k, const struct maple_node *n);
uint64_t repair_pivot(const struct repair_look *k, const struct maple_node *n, unsigned i);

/** There is a node at that place. */
bool repair_is_there(const struct repair_look *k, uint32_t i);

/** What an entry says of its range. */
bool repair_says(const struct repair_look *k, const struct maple_node *n, unsigned slot,
		 uint64_t *first, uint64_t *last);

/* ---- repairs ---- */

/** The word that leads to the node at that place, to the root of a tree without any. */
void repair_link(struct repair_look *k, uint32_t i);
void repair_root(struct repair_look *k);

/** Whether the tree keeps gaps; and what else its flags should be. */
void repair_kind(struct repair_look *k);

/** An entry, all of a leaf's, those that the tree has lost; the last one where it stands twice. */
void repair_slot(struct repair_look *k, const struct maple_node *n, unsigned i);
void repair_entries(struct repair_look *k, const struct maple_node *n);
void repair_find_entries(struct repair_look *k, const struct maple_node *n);
void repair_twice(struct repair_look *k, const struct maple_node *n);

#endif
