/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slab_use - are these objects, all of one slab cache, in use as the slab allocator has it?
 *
 * Each page of objects is asked about once, and what CPUs keep of the cache once.
 *
 *   struct slab_use u;
 *   slab_use_init(&u, c, "vm_area_cachep");
 *   slab_use_learn(&u, some, n);     where no symbol names the cache
 *   what = slab_use_of(&u, addr, &other);
 *   slab_use_deinit(&u);
 */
#ifndef CAIRN_MM_SLAB_USE_H
#define CAIRN_MM_SLAB_USE_H

#include "lib/base/map.h"
#include "mm/slab_free.h"

enum slab_use_kind {
	SLAB_UNTOLD,  /* the dump, its types or its symbols do not tell, or it is in no slab */
	SLAB_IN_USE,  /* or in a list of free objects that the dump has not */
	SLAB_FREE,    /* on its slab's list of free objects */
	SLAB_KEPT,    /* free, in a list or a sheaf that a CPU or a node keeps */
	SLAB_DOUBTFUL, /* on such a list that is broken: what leads to it may be the broken part */
	SLAB_BETWEEN, /* no object of its slab begins there */
	SLAB_OTHER,   /* in another cache, and no memory cgroup's clone of it */
};

struct slab_use {
	struct cairn *c;
	struct page_map frames;
	uint64_t cache;   /* 0: not known */
	struct shape clones; /* up to 5.8 each memory cgroup has one of the cache (10befea91b61) */
	struct slab_links links;
	struct map pages; /* page -> where the first object of its slab begins, or 0: nothing can
			     be told of it */
	struct map free, kept;
	struct map broken; /* pages whose slab's list of free objects is */
	bool kept_broken;  /* a list or sheaf of those that are kept is */
	struct cairn_err lack; /* why not all that are kept are known; code CAIRN_OK: they are, as
				  far as this kernel tells and the dump was made to have them */
};

/** `symbol` is the variable that has the cache. */
void slab_use_init(struct slab_use *u, struct cairn *c, const char *symbol);
void slab_use_deinit(struct slab_use *u);

/** Where the cache is not known, it becomes the one that most of these objects lie in, if that is
 *  clear. */
void slab_use_learn(struct slab_use *u, const uint64_t *object, size_t n);

/** *other is filled for SLAB_OTHER; a name of 64 bytes at least. */
enum slab_use_kind slab_use_of(struct slab_use *u, uint64_t addr, char *other);

/** Half a sentence. NULL: nothing is wrong with it. */
const char *slab_use_text(enum slab_use_kind kind);

#endif
