/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * position - where in its tree a node lies, by the way up: "root/l/r" in a red-black tree,
 * "root/0/31" in an XArray or a maple tree, as crash writes it.
 *
 * The way up goes by what nodes say of their parents and is held against what these say of their
 * children: where the two differ, or something cannot be read, the text begins with "?" in
 * place of "root".
 */
#ifndef CAIRN_KERN_POSITION_H
#define CAIRN_KERN_POSITION_H

#include "lib/base/arena.h"
#include "lib/debug/shape.h"
#include "lib/kern/maple.h"
#include "lib/kern/session.h"

/** Of an rb_node below `top` (0: the root of its tree); text in the arena. */
const char *position_rbtree(struct space *sp, uint64_t node, uint64_t top, struct arena *a);

/** Of the entry of `index` in the XArray node `node` (0: the head has it). */
const char *position_xarray(struct cairn *c, uint64_t node, uint64_t index, uint64_t top,
			    struct arena *a);

/** Of the element that a walk stands at; by the way down, so always known. */
const char *position_maple(const struct maple_walk *w, struct arena *a);

#endif
