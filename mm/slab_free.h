/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slab_free - free objects of the slab allocator.
 *
 * A slab has a list of those that lie in it. A CPU takes the list of the slab that it allocates
 * from away, up to 7.0 into its struct kmem_cache_cpu; since 6.18 a CPU has sheaves, arrays of free
 * objects of any slab, of which its node keeps full ones in a barn. Objects in a list hold the
 * address of the next one, encoded with CONFIG_SLAB_FREELIST_HARDENED; those in sheaves hold what they
 * held in use.
 *
 * Sources: mm/slub.c, mm/slab.h, include/linux/slub_def.h.
 */
#ifndef CAIRN_MM_SLAB_FREE_H
#define CAIRN_MM_SLAB_FREE_H

#include "lib/debug/shape.h"
#include "mm/slab.h"

/** Told of a free object's address. */
typedef void slab_free_fn(void *arg, uint64_t object);

/** How the objects of a cache are linked; to be opened once for many slabs. */
struct slab_links {
	struct cairn *c;
	struct shape cache_shape, slab_shape;
	struct object cache;
	struct slab_layout layout;
	uint64_t addr;         /* struct kmem_cache */
};

/** CAIRN_MISSING without SLUB's types. Close it after CAIRN_OK. */
enum cairn_code slab_links_open(struct slab_links *l, struct cairn *c, uint64_t cache,
				struct cairn_err *err);
void slab_links_close(struct slab_links *l);

/** Where a free object keeps its link, and the next one that it leads to; 0: it is the last. */
enum cairn_code slab_link_next(const struct slab_links *l, uint64_t object, uint64_t *place,
			       uint64_t *next, struct cairn_err *err);

/** Tell of each object on a slab's list of free ones, as far as its links lead. CAIRN_CORRUPT: they
 *  lead to what is no object of the slab, or in a circle. */
enum cairn_code slab_links_each(const struct slab_links *l, const struct slab *slab,
				slab_free_fn *fn, void *arg, struct cairn_err *err);

/** Likewise, of the slab that the kernel address lies in. CAIRN_MISSING without SLUB's types. */
enum cairn_code slab_each_free(struct cairn *c, const struct page_map *m, uint64_t va,
			       slab_free_fn *fn, void *arg, struct cairn_err *err);

/** Tell of each free object of a cache that CPUs and nodes keep, which no slab's list has. What
 *  cannot be read is left out: then the first reason is returned, CAIRN_CORRUPT before others,
 *  CAIRN_MISSING where the CPUs' memory is not known (no symbol names it). */
enum cairn_code slab_each_kept(struct cairn *c, const struct page_map *m, uint64_t cache,
			       slab_free_fn *fn, void *arg, struct cairn_err *err);

#endif
