/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * addrset - a set of addresses of which many lie close together, as objects in slabs do.
 *
 * A bit for every place of a block, and a block for every 4 KiB where there is one: of half a
 * million objects it is a tenth of what a map takes, and those that follow each other in memory
 * find their block without a search.
 */
#ifndef CAIRN_BASE_ADDRSET_H
#define CAIRN_BASE_ADDRSET_H

#include "lib/base/map.h"

/** Those that are no multiples of it, as no object's is, are kept one by one. */
#define ADDRSET_ALIGN 4

struct addrset_block;

/** Zero-initialised is a valid, empty set. */
struct addrset {
	struct map at, odd; /* block's number -> its place; addresses of no place */
	struct addrset_block *block;
	size_t n, cap, last; /* last: the block that was asked last */
};

void addrset_deinit(struct addrset *s);

/** Add an address: false if it is there already. Out of memory also yields false, so that a walk
 *  ends rather than cycles. */
bool addrset_visit(struct addrset *s, uint64_t addr);

#endif
