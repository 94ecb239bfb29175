/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rbtree - the kernel's red-black trees, walked in order and with care.
 *
 * A walk yields the addresses of the struct rb_node that are embedded in the elements, from
 * the leftmost on. It goes by child pointers alone, has a visit limit, goes to no node
 * twice, and can be interrupted:
 *
 *   struct rbtree_walk w;
 *   rbtree_begin(&w, sp, root, limit);
 *   while (rbtree_next(&w))
 *           use(w.node - offset);
 *   code = rbtree_end(&w, err);
 *
 * Where a child cannot be read or leads nowhere, its subtree is left out, the walk goes on,
 * and rbtree_end() tells. A node that cannot be read is an element all the same: its parent
 * names it.
 *
 * Source: include/linux/rbtree_types.h: struct rb_node is { __rb_parent_color, rb_right,
 * rb_left }, struct rb_root one pointer.
 */
#ifndef CAIRN_KERN_RBTREE_H
#define CAIRN_KERN_RBTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/map.h"
#include "lib/image/space.h"

/** A tree of n nodes is at most 2 log2(n + 1) deep: no address space holds a deeper one. */
#define RBTREE_DEPTH 128

struct rbtree_walk {
	uint64_t node;          /* the current element's rb_node */
	size_t n;               /* elements so far, the current one included */
	bool (*stop)(void);     /* may be set after rbtree_begin(): true interrupts the walk */
	struct cairn_err err;   /* the first subtree that was left out, or why the walk ended */
	/* private */
	struct space *sp;
	size_t limit;
	struct map seen;
	uint64_t above[RBTREE_DEPTH]; /* nodes whose left side is being walked */
	size_t depth;
};

/** Begin at the struct rb_root at that address. */
void rbtree_begin(struct rbtree_walk *w, struct space *sp, uint64_t root, size_t limit);

/** Begin at a node: the subtree below it. */
void rbtree_begin_node(struct rbtree_walk *w, struct space *sp, uint64_t node, size_t limit);

/** Go to the next element; false at the end, whatever its reason. */
bool rbtree_next(struct rbtree_walk *w);

/** Free, and say how it went: CAIRN_OK, or CAIRN_FAULT, CAIRN_CORRUPT (a cycle, a tree too
 *  deep), CAIRN_LIMIT, CAIRN_INTERRUPTED, CAIRN_NOMEM; err->addr is the first node that the
 *  walk did not go to, or the address that could not be read. */
enum cairn_code rbtree_end(struct rbtree_walk *w, struct cairn_err *err);

#endif
