/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nameindex - from the hash of a name to the numbers of what may bear it.
 *
 * Numbers sorted into buckets by hash, ascending within each, in one block of 32-bit words
 * that the index cache keeps as it is:
 *
 *   nbuckets (a power of two), n, start[nbuckets + 1], number[n]
 *
 * Building is linear whatever the names are. A block that was kept is untrusted: buckets are
 * cut to what it holds, the numbers are the caller's to check.
 */
#ifndef CAIRN_DEBUG_NAMEINDEX_H
#define CAIRN_DEBUG_NAMEINDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

struct nameindex {
	const uint32_t *block; /* borrowed, or of the arena it was built in */
	size_t size;           /* bytes */
};

/** Hash of a name; never 0. `space` tells equal names of different kinds apart. */
uint32_t nameindex_hash(const char *name, size_t len, unsigned space);

/** Index the numbers 0 to n-1 by hash[number]; those whose hash is 0 are left out. */
enum cairn_code nameindex_build(struct nameindex *ret, const uint32_t *hash, uint32_t n,
				struct arena *arena, struct cairn_err *err);

/** Take a block that was kept; false if it is not of this form. */
bool nameindex_take(struct nameindex *ret, const void *block, size_t size);

/** The numbers that may have that hash, and in *n how many. */
const uint32_t *nameindex_bucket(const struct nameindex *x, uint32_t hash, uint32_t *n);

#endif
