/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_view - a maple tree with what is wrong with it, to be shown: as a text of nodes, as
 * records, as a picture.
 */
#ifndef CAIRN_CMD_MAPLE_VIEW_H
#define CAIRN_CMD_MAPLE_VIEW_H

#include "lib/base/out.h"
#include "lib/kern/maple_check.h"

#define MAPLE_VIEW_BAD 16

struct maple_view {
	struct maple m;                             /* loaded */
	struct maple_verdict bad[MAPLE_VIEW_BAD];   /* `because` is gone */
	size_t nbad;
	int width;                                  /* digits of an address */
};

/** The verdict on the word of a node at that offset; NULL: it is good. */
const struct maple_verdict *maple_view_bad(const struct maple_view *v, uint64_t addr);

/** Likewise on what a slot's line shows: its word, its pivot, its gap, the object that it leads to. */
const struct maple_verdict *maple_view_bad_slot(const struct maple_view *v,
						const struct maple_node *n, unsigned slot);
bool maple_view_is_of_slot(const struct maple_view *v, const struct maple_node *n,
			   const struct maple_verdict *b);

/** A word of the node is bad, or all of it; the verdict is on no node that is shown. */
bool maple_view_is_bad(const struct maple_view *v, const struct maple_node *n);
bool maple_view_is_of_tree(const struct maple_verdict *b);

/** "maple_node.parent is 0x10, should be 0x11, bit 0 has flipped (maple.root.parent)" */
void maple_view_words(const struct maple_verdict *b, char *buf, size_t size);

/** What it should be alone: ", should be 0x11", or "" where that is not known. */
void maple_view_told(const struct maple_verdict *b, char *buf, size_t size);

/** "arange_64", and what became of a node that is not there: "empty slot". */
const char *maple_view_type(enum maple_type type);
const char *maple_view_state(const struct maple_node *n);

/** The next node in the order of a reader: each before its children; MAPLE_NONE after the last, and
 *  before the first. */
uint32_t maple_view_next(const struct maple_view *v, uint32_t i);

/** Bad words of the struct maple_tree, and of objects that it leads to. */
void maple_view_bad_of_tree(struct out *o, const struct maple_view *v);

/** Every node with its pivots, slots and gaps. */
void maple_view_nodes(struct out *o, const struct maple_view *v);

/** The tree for dot(1), and as an SVG picture by itself; broken words are red. */
void maple_view_dot(struct out *o, const struct maple_view *v);
void maple_view_svg(struct out *o, const struct maple_view *v);

#endif
