/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slab_sheaf - private to slab_free: the free objects in sheaves of CPUs and nodes, since 6.18. */
#ifndef CAIRN_MM_SLAB_SHEAF_H
#define CAIRN_MM_SLAB_SHEAF_H

#include "mm/slab_cpu.h"
#include "mm/slab_free.h"

/** Tell of each; none where this kernel has no sheaves. */
void slab_each_in_sheaves(struct cairn *c, uint64_t cache, slab_free_fn *fn, void *arg,
			  struct slab_lack *lack);

#endif
