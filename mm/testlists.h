/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testlists - for tests: a cache and all lists of its free objects, in a test kernel's memory
 * (testpages.h): that of a CPU, and those of slabs that the CPU and a node have.
 *
 *	slab 0   CPU 0 allocates from it and has objects 1 and 2; 3 was given back since
 *	slab 1   CPU 0 has set it aside; 0, 1 and 2 are free
 *	slab 2   likewise; none is
 *	slab 3   the node lists it; 4 and 5 are free
 *	slab 4   likewise; 9 is
 */
#ifndef CAIRN_MM_TESTLISTS_H
#define CAIRN_MM_TESTLISTS_H

#include "lib/kern/cpu.h"
#include "mm/testpages.h"

#define TL_SLAB(n)      ((TP_FREE >> 12) + (n)) /* frames */
#define TL_PAGE(n)      (TP_MAP + TL_SLAB(n) * 64) /* their struct slab */
#define TL_OBJECT(n, i) ((TL_SLAB(n) << 12) + 96 * (uint64_t)(i)) /* its first word is its link */
#define TL_OBJECTS      10u /* of a slab */
#define TL_CACHE        (TP_FREE + 0x20000)
#define TL_HEAD         (TL_CACHE + 0x100) /* slab_caches */
#define TL_NODE         (TL_CACHE + 0x200)
#define TL_NAME         (TL_CACHE + 0x300)
#define TL_CPUS         (TL_CACHE + 0x1000)
#define TL_AREA         0x100
#define TL_PER_CPU      0x10 /* what the cache says of these: an offset */

/* in struct slab, struct kmem_cache, struct kmem_cache_node, struct kmem_cache_cpu */
enum { TL_NEXT = 8, TL_OWNER = 24, TL_FREE = 32, TL_INUSE = 40, TL_COUNT = 42 };
enum { TL_LISTS = 8, TL_LINK = 16, TL_SIZE = 32, TL_OBJECT_SIZE = 36, TL_FREE_AT = 40, TL_NODES = 48 };
enum { TL_PARTIAL = 16, TL_LOCK = 32 };
enum { TL_CPU_LIST = 0, TL_CPU_SLAB = 8, TL_CPU_PARTIAL = 16 };

struct testlists {
	struct testpages *t;
	struct cpu cpu[2];
	struct cpus cpus;
};

static inline void tl_page(struct testlists *w, unsigned n, unsigned member, uint64_t value, size_t bytes)
{
	tp_page(w->t, TL_SLAB(n), 64, member, value, bytes);
}

/** A slab of which `nfree` objects from `first` on are on its own list. */
static inline void tl_slab(struct testlists *w, unsigned n, unsigned first, unsigned nfree)
{
	tl_page(w, n, 0, 1u << 9, 8); /* PG_slab */
	tl_page(w, n, TL_OWNER, TL_CACHE, 8);
	tl_page(w, n, TL_INUSE, TL_OBJECTS - nfree, 2);
	tl_page(w, n, TL_COUNT, TL_OBJECTS, 2);
	tl_page(w, n, TL_FREE, nfree ? TL_OBJECT(n, first) : 0, 8);
	for (unsigned i = 0; i < nfree; i++)
		tp_put(w->t, TL_OBJECT(n, first + i), i + 1 < nfree ? TL_OBJECT(n, first + i + 1) : 0, 8);
}

static inline void tl_link(struct testlists *w, uint64_t from, uint64_t to)
{
	tp_put(w->t, from, to, 8);
	tp_put(w->t, to + 8, from, 8);
}

static inline void tl_types_of_nodes(struct btf *b)
{
	int counter = tt(btf__add_struct(b, "counter", 8)), in;

	tt(btf__add_field(b, "counter", TT_ULONG, 0, 0));
	in = tt(btf__add_struct(b, "qspinlock", 8));
	tt(btf__add_field(b, "val", counter, 0, 0));
	tt(btf__add_struct(b, "raw_spinlock", 8));
	tt(btf__add_field(b, "raw_lock", in, 0, 0));
	tt(btf__add_struct(b, "kmem_cache_node", 40));
	tt(btf__add_field(b, "nr_slabs", counter, 0, 0));
	tt(btf__add_field(b, "total_objects", counter, 8 * 8, 0));
	tt(btf__add_field(b, "partial", TT_LIST_HEAD, TL_PARTIAL * 8, 0));
	tt(btf__add_field(b, "list_lock", in + 1, TL_LOCK * 8, 0));
}

static inline void tl_types(struct btf *b)
{
	int nodes = tt_array(b, TT_ULONG, 1);

	tl_types_of_nodes(b);
	tt(btf__add_struct(b, "slab", 64));
	tt(btf__add_field(b, "next", TT_ULONG, TL_NEXT * 8, 0));
	tt(btf__add_field(b, "slab_list", TT_LIST_HEAD, TL_NEXT * 8, 0));
	tt(btf__add_field(b, "slab_cache", TT_ULONG, TL_OWNER * 8, 0));
	tt(btf__add_field(b, "inuse", TT_UINT, TL_INUSE * 8, 16));
	tt(btf__add_field(b, "objects", TT_UINT, TL_COUNT * 8, 15));
	tt(btf__add_field(b, "freelist", TT_ULONG, TL_FREE * 8, 0));
	tt(btf__add_struct(b, "kmem_cache_cpu", 24));
	tt(btf__add_field(b, "freelist", TT_ULONG, TL_CPU_LIST * 8, 0));
	tt(btf__add_field(b, "slab", TT_ULONG, TL_CPU_SLAB * 8, 0));
	tt(btf__add_field(b, "partial", TT_ULONG, TL_CPU_PARTIAL * 8, 0));
	tt(btf__add_struct(b, "kmem_cache", 64));
	tt(btf__add_field(b, "name", TT_ULONG, 0, 0));
	tt(btf__add_field(b, "cpu_slab", TT_ULONG, TL_LISTS * 8, 0));
	tt(btf__add_field(b, "list", TT_LIST_HEAD, TL_LINK * 8, 0));
	tt(btf__add_field(b, "size", TT_UINT, TL_SIZE * 8, 0));
	tt(btf__add_field(b, "object_size", TT_UINT, TL_OBJECT_SIZE * 8, 0));
	tt(btf__add_field(b, "offset", TT_UINT, TL_FREE_AT * 8, 0));
	tt(btf__add_field(b, "node", nodes, TL_NODES * 8, 0));
}

/** After all that the test writes: the dump. */
static inline void tl_open(struct testlists *w)
{
	struct btf *b = tt_new();

	tl_types(b);
	tp_open(w->t, ARCH_X86_64, "mem_section", TP_AMD64_6_1);
	tp_types(w->t, b);
	syms_init(&w->t->c.syms, &w->t->c.arena);
	symlist_add(&w->t->c.known, "slab_caches", TL_HEAD);
	if (symlist_register(&w->t->c.known, "test", &w->t->c.syms, NULL))
		abort();
}

static inline void tl_begin_cpus(struct testlists *w)
{
	for (unsigned i = 0; i < 2; i++)
		w->cpu[i] = (struct cpu){ .id = i, .offset = TL_CPUS + i * TL_AREA - TL_PER_CPU };
	tp_put(w->t, TL_OBJECT(0, 1), TL_OBJECT(0, 2), 8);
	tp_put(w->t, TL_CPUS + TL_CPU_LIST, TL_OBJECT(0, 1), 8);
	tp_put(w->t, TL_CPUS + TL_CPU_SLAB, TL_PAGE(0), 8);
	tp_put(w->t, TL_CPUS + TL_CPU_PARTIAL, TL_PAGE(1), 8);
	tl_page(w, 1, TL_NEXT, TL_PAGE(2), 8);
	w->t->c.cpus = &w->cpus;
}

static inline void tl_begin(struct testlists *w)
{
	*w = (struct testlists){ .t = tp_new(0), .cpus = { .cpu = w->cpu, .n = 2 } };
	tp_sparse(w->t, 0);
	tl_slab(w, 0, 3, 1);
	tl_slab(w, 1, 0, 3);
	tl_slab(w, 2, 0, 0);
	tl_slab(w, 3, 4, 2);
	tl_slab(w, 4, 9, 1);
	testmem_write(&w->t->mem, w->t->base + TL_NAME, "zoo", 4);
	tp_put(w->t, TL_CACHE, TL_NAME, 8);
	tp_put(w->t, TL_CACHE + TL_LISTS, TL_PER_CPU, 8);
	tp_put(w->t, TL_CACHE + TL_SIZE, 96, 4);
	tp_put(w->t, TL_CACHE + TL_OBJECT_SIZE, 96, 4);
	tp_put(w->t, TL_CACHE + TL_NODES, TL_NODE, 8);
	tl_link(w, TL_HEAD, TL_CACHE + TL_LINK);
	tl_link(w, TL_CACHE + TL_LINK, TL_HEAD);
	tl_link(w, TL_NODE + TL_PARTIAL, TL_PAGE(3) + TL_NEXT);
	tl_link(w, TL_PAGE(3) + TL_NEXT, TL_PAGE(4) + TL_NEXT);
	tl_link(w, TL_PAGE(4) + TL_NEXT, TL_NODE + TL_PARTIAL);
	tl_begin_cpus(w);
}

static inline void tl_end(struct testlists *w)
{
	w->t->c.cpus = NULL;
	tp_free(w->t);
}

#endif
