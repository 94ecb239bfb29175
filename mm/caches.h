/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * caches - the caches of the slab allocator, and how full they are, as /proc/slabinfo has it.
 *
 * A node counts its slabs and their objects (CONFIG_SLUB_DEBUG), and lists those slabs that have
 * free ones. What CPUs keep for themselves (a slab, partial slabs, lists, sheaves) /proc/slabinfo
 * counts as allocated; it is told apart where it is known. Sources: mm/slab.h, mm/slub.c
 * (get_slabinfo, count_partial; order in the upper 16 bits of kmem_cache.oo), before 6.8
 * include/linux/slub_def.h; mm/slab_common.c (slab_caches).
 */
#ifndef CAIRN_MM_CACHES_H
#define CAIRN_MM_CACHES_H

#include "lib/debug/shape.h"
#include "mm/page.h"

#define CACHES_LIMIT 65536

/** How this kernel keeps its caches. */
struct caches {
	struct cairn *c;
	struct page_map pages;
	bool has_pages;
	uint64_t head;             /* slab_caches: of the list */
	struct shape cache, node, slab;
	struct shape keeps, cpu, next; /* what leads to what CPUs keep */
	uint64_t nodes, node_step; /* where in a cache its nodes are pointed to */
	uint64_t max_nodes;        /* that there is room for in the type, not in memory */
	struct cairn_err lack;     /* code not CAIRN_OK: nothing is counted here, and why */
};

struct slab_cache {
	uint64_t addr;             /* struct kmem_cache */
	char name[64];
	uint64_t size;             /* bytes of an object, as its user may use them */
	uint64_t stride;           /* from one to the next */
	uint64_t slab_size;        /* bytes of a slab, as new ones are made */
	uint64_t slabs, objects;   /* of all nodes */
	uint64_t free;             /* objects of these */
	uint64_t kept;             /* objects that are free as well, and kept by CPUs */
	struct cairn_err err;      /* code not CAIRN_OK: these three are not known, and why */
	struct cairn_err free_err; /* likewise, of `free` and `kept` alone */
	struct cairn_err kept_err; /* likewise, of `kept` alone */
};

/** CAIRN_MISSING without the types, or where nothing leads to the list: the symbol slab_caches, or
 *  where the kernel names no data the cache of a task's task_struct. */
enum cairn_code caches_init(struct caches *ret, struct cairn *c, struct cairn_err *err);

/** Tell of every cache, in the kernel's order: the last made first. An error is where the list
 *  breaks; what it led to is told. */
enum cairn_code caches_each(const struct caches *s, void (*fn)(void *arg, uint64_t cache),
			    void *arg, struct cairn_err *err);

/** Read one. An error: nothing is known of it. */
enum cairn_code cache_read(const struct caches *s, uint64_t addr, struct slab_cache *ret,
			   struct cairn_err *err);

/** Count the objects that are free and that CPUs, or barns of nodes, keep. CAIRN_MISSING where the
 *  CPUs' memory is not known. */
enum cairn_code cache_kept(const struct caches *s, uint64_t cache, uint64_t *ret,
			   struct cairn_err *err);

/** Told of a node, or of a slab's first struct page; what it returns ends the walk. */
typedef enum cairn_code cache_fn(void *arg, uint64_t at, struct cairn_err *err);

/** Tell of each struct kmem_cache_node of a cache. s->lack.code must be CAIRN_OK, here and below. */
enum cairn_code cache_each_node(const struct caches *s, uint64_t cache, cache_fn *fn, void *arg,
				struct cairn_err *err);

/** Tell of each slab of a node that has free objects. */
enum cairn_code cache_each_partial(const struct caches *s, uint64_t node, cache_fn *fn, void *arg,
				   struct cairn_err *err);

/** Tell of each slab that a CPU allocates from or has set aside. CAIRN_MISSING where the CPUs'
 *  memory is not known. */
enum cairn_code cache_each_cpu_slab(const struct caches *s, uint64_t cache, cache_fn *fn, void *arg,
				    struct cairn_err *err);

/** For caches_init(): the shapes that cache_kept() needs; it says what is missing. */
void caches_kept_init(struct caches *s);

/** For cache_kept(): add the objects on a slab's own list of free ones. */
enum cairn_code cache_slab_free(const struct caches *s, uint64_t slab, uint64_t *sum,
				struct cairn_err *err);

#endif
