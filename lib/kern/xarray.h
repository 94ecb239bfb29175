/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xarray - the kernel's XArrays (and radix trees and IDRs, which are XArrays), walked in order
 * of their indices and with care.
 *
 *   struct xarray_walk w;
 *   code = xarray_begin(&w, c, xa, limit, err);
 *   while (code == CAIRN_OK && xarray_next(&w))
 *           use(w.index, w.entry);
 *   code = xarray_end(&w, err);
 *
 * Entries come as they are stored: pointers, values (bit 0 set), or pointers with tag bits.
 * Retry, sibling and zero entries are left out. A node that cannot be read, that is reached
 * twice or whose shift does not fit its parent's is left out, the walk goes on, and
 * xarray_end() tells.
 *
 * Source: include/linux/xarray.h (struct xarray, xa_node; internal entries have bits 1 0 as
 * 10, nodes among them are above 4096).
 */
#ifndef CAIRN_KERN_XARRAY_H
#define CAIRN_KERN_XARRAY_H

#include "lib/base/map.h"
#include "lib/debug/shape.h"
#include "lib/kern/session.h"

/** 64 bits of index, at least 4 of them a level. */
#define XARRAY_DEPTH 17

struct xarray_level {
	uint64_t node, first; /* its address; the index of its slot 0 */
	unsigned shift, slot; /* the slot that is looked at next */
	unsigned end;         /* of its slots */
};

struct xarray_walk {
	uint64_t index, entry;
	uint64_t node;          /* the node that has the entry; 0: the head itself has it */
	size_t n;               /* entries so far, the current one included */
	struct cairn_err err;   /* the first node that was left out, or why the walk ended */
	/* private */
	struct cairn *c;
	struct shape shape;     /* of struct xa_node */
	unsigned slots;         /* in a node */
	size_t limit;
	uint64_t head;          /* an entry without a node; 0: none, or it was told */
	struct map seen;
	struct xarray_level level[XARRAY_DEPTH];
	unsigned depth;
};

/** Begin at the struct xarray (radix_tree_root, idr) at `xa`. CAIRN_MISSING without its type.
 *  `limit`: of entries, and of nodes. */
enum cairn_code xarray_begin(struct xarray_walk *w, struct cairn *c, uint64_t xa, size_t limit,
			     struct cairn_err *err);

/** Begin at a struct xa_node (radix_tree_node): the entries below it, its first index being 0. */
enum cairn_code xarray_begin_node(struct xarray_walk *w, struct cairn *c, uint64_t node,
				  size_t limit, struct cairn_err *err);

/** Go to the next entry; false at the end, whatever its reason. */
bool xarray_next(struct xarray_walk *w);

/** Free, and say how it went: CAIRN_OK, what xarray_begin() said, or CAIRN_FAULT,
 *  CAIRN_CORRUPT, CAIRN_LIMIT, CAIRN_INTERRUPTED, CAIRN_NOMEM; err->addr is the first node
 *  that was left out, or the address that could not be read. */
enum cairn_code xarray_end(struct xarray_walk *w, struct cairn_err *err);

#endif
