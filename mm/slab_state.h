/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slab_state - is one object in use, as the slab allocator has it? slab_use answers for many of one
 * cache.
 */
#ifndef CAIRN_MM_SLAB_STATE_H
#define CAIRN_MM_SLAB_STATE_H

#include "mm/slab_free.h"

enum slab_state {
	SLAB_STATE_USED,
	SLAB_STATE_FREE,     /* on its slab's list of free objects */
	SLAB_STATE_KEPT,     /* free, kept by a CPU or a node */
	SLAB_STATE_DOUBTFUL, /* on such a list, which is broken behind it */
	SLAB_STATE_UNTOLD,   /* on none, as far as these can be followed */
};

/** *why says what is broken or not known of the lists, of the last two. */
enum slab_state slab_state_of(struct cairn *c, const struct page_map *m, uint64_t cache,
			      uint64_t object, struct cairn_err *why);

#endif
