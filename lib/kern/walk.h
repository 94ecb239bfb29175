/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * walk - the bookkeeping that walks over the kernel's trees share: the first thing that went
 * wrong, nodes that were seen, and whether to go on.
 *
 * `first` is the walk's error: what is noted first stays.
 */
#ifndef CAIRN_KERN_WALK_H
#define CAIRN_KERN_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/map.h"

void walk_note(struct cairn_err *first, const struct cairn_err *err);

/** "<kind> 0xNODE <what>", CAIRN_CORRUPT. */
void walk_note_corrupt(struct cairn_err *first, const char *kind, uint64_t node, const char *what);

/** Go to a node for the first time. False, and noted, when it was seen before, or when the set
 *  of those that were cannot grow. */
bool walk_visit(struct cairn_err *first, struct map *seen, const char *kind, uint64_t node);

/** The walk ends here: `done` of the `things` are as many as `limit` allows, or the user wants no
 *  more (asked once in `every`; stop NULL: never). *first then says so, whatever it said before;
 *  its addr is left to the caller. */
bool walk_ends(struct cairn_err *first, size_t done, size_t limit, unsigned every,
	       bool (*stop)(void), const char *tree, const char *things);

#endif
