/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_gap - the biggest range without entry: what a node says of it, and what there is.
 *
 * A tree with MAPLE_FLAG_GAPS keeps for every child of an inner node the size of the biggest range
 * without entry below it (lib/maple_tree.c, mas_update_gap()).
 */
#ifndef CAIRN_KERN_MAPLE_GAP_H
#define CAIRN_KERN_MAPLE_GAP_H

#include "lib/kern/maple.h"

#define MAPLE_GAP_UNKNOWN UINT64_MAX

/** What an inner node that keeps gaps says of the child in that slot. */
uint64_t maple_gap(const struct maple *m, const struct maple_node *n, unsigned slot);

/** The biggest range without entry below each node, recounted from the leaves; MAPLE_GAP_UNKNOWN
 *  where nodes are missing. One for each node; free with mem_free(). NULL: out of memory. */
uint64_t *maple_recount(const struct maple *m);

/** That of the node at one place; `gap` has those of the nodes behind it (NULL: it is a leaf). */
uint64_t maple_recount_node(const struct maple *m, size_t i, const uint64_t *gap);

/** How many indices [lo, hi] has; 0 if lo > hi. Of all 2^64 one is left out. */
uint64_t maple_range_size(uint64_t lo, uint64_t hi);

#endif
