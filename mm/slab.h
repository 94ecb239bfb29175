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

/** The slab that an address lies in. */
struct slab {
	uint64_t head, begin; /* its first struct page, and the address of that page's memory */
	uint64_t cache;       /* struct kmem_cache */
};

/** CAIRN_NOTFOUND if the kernel address lies in none. */
enum cairn_code slab_find(struct cairn *c, const struct page_map *m, uint64_t va, struct slab *ret,
			  struct cairn_err *err);

/** How the objects of a cache lie in its slabs. */
struct slab_layout {
	uint64_t size;   /* bytes of an object, as its user may use them */
	uint64_t stride; /* from one to the next */
	uint64_t pad;    /* before each */
};

/** CAIRN_CORRUPT: they have no size. */
enum cairn_code slab_layout_of(struct cairn *c, uint64_t cache, struct slab_layout *ret,
			       struct cairn_err *err);

/** How many objects a slab has. UINT64_MAX: not known. */
uint64_t slab_count(struct cairn *c, const struct slab *slab);

/** Where the n-th object of a slab begins, as its user has it. */
uint64_t slab_nth(const struct slab_layout *l, const struct slab *slab, uint64_t n);

/** Whether one of the slab's first `count` objects begins there. */
bool slab_begins(const struct slab_layout *l, const struct slab *slab, uint64_t count, uint64_t va);

/** KFENCE has put a single object somewhere on the slab's page (mm/kfence/core.c): there are fewer
 *  than the page has room for. `stride`: from one object of the cache to the next. */
bool slab_is_guarded(struct cairn *c, const struct page_map *m, const struct slab *slab,
		     uint64_t stride);

/** Bytes of an object of the cache that the kernel address lies in, as its user may use them.
 *  CAIRN_NOTFOUND if it lies in no slab. */
enum cairn_code slab_object_size(struct cairn *c, const struct page_map *m, uint64_t va,
				 uint64_t *ret, struct cairn_err *err);

/** An object of the slab allocator. */
struct slab_object {
	uint64_t cache;         /* struct kmem_cache */
	char name[64];          /* of the cache; "" if it cannot be read */
	uint64_t addr, size;    /* where it begins, and its bytes as its user may use them */
	uint64_t offset;        /* of the address from addr, modulo 2^64 */
	uint64_t before;        /* the begin of the object in front of it; 0: there is none */
};

/** The place for an object that the kernel address lies in, in use or free. CAIRN_NOTFOUND if
 *  it lies in no slab, behind the last object there, or in memory of KFENCE. An address in what
 *  SLUB keeps before or behind each object (red zones, its own data, padding) has
 *  offset >= size. */
enum cairn_code slab_object_at(struct cairn *c, const struct page_map *m, uint64_t va,
			       struct slab_object *ret, struct cairn_err *err);

#endif
