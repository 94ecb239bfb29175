/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slab - the slab allocator's view of an address.
 *
 * Sources: mm/slab.h (struct slab, since 5.17 over struct page, before that in it),
 * include/linux/slub_def.h (struct kmem_cache).
 */
#ifndef CAIRN_MM_SLAB_H
#define CAIRN_MM_SLAB_H

#include <stdint.h>

#include "mm/page.h"

/** Bytes of an object of the cache that the kernel address lies in, as its user may use them.
 *  CAIRN_NOTFOUND if it lies in no slab. */
enum cairn_code slab_object_size(struct cairn *c, const struct page_map *m, uint64_t va,
				 uint64_t *ret, struct cairn_err *err);

#endif
