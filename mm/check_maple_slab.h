/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_maple_slab - private to the checker "maple": are the nodes of a tree objects in use of the
 * slab cache that nodes lie in?
 */
#ifndef CAIRN_MM_CHECK_MAPLE_SLAB_H
#define CAIRN_MM_CHECK_MAPLE_SLAB_H

#include "lib/cairn.h"
#include "lib/image/shelf.h"
#include "mm/slab_use.h"

struct maple_slabs {
	struct slab_use use;
	uint64_t *node;  /* those of the tree at hand */
	size_t n, cap;
	bool quiet;      /* it is known that nobody is at work on it */
	size_t lost;     /* nodes for which there was no memory */
};

/** `nodes` holds the pages that nodes lie in: where no symbol names the cache, they tell. */
void maple_slabs_init(struct maple_slabs *s, struct cairn *c, const struct shelf *nodes);
void maple_slabs_deinit(struct maple_slabs *s);

/** For struct maple_subject: `arg` is the struct maple_slabs. */
void maple_slabs_node(void *arg, uint64_t addr, bool quiet);

/** Tell what is wrong with the nodes that came since the last call; `whose` is the tree, of_task: a
 *  task has it. Otherwise, or where somebody may be at work on it, nothing is certain. */
void maple_slabs_check(struct maple_slabs *s, struct cairn_run *run, const char *whose,
		       bool of_task);

#endif
