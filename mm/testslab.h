/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testslab - for tests: a slab whose third and second object are free, its cache, two CPUs, and what
 * these and a node keep of the cache; in a test kernel's memory (testpages.h).
 */
#ifndef CAIRN_MM_TESTSLAB_H
#define CAIRN_MM_TESTSLAB_H

#include "lib/kern/cpu.h"
#include "mm/slab_free.h"
#include "mm/testpages.h"

#define SLAB  (TP_FREE >> 12) /* a frame */
#define CACHE (TP_FREE + 0x20000)
#define OTHER (CACHE + 0x100) /* another cache */
#define CPUS  (CACHE + 0x1000)
#define SHEAF(n) (CPUS + 0x1000 + 0x100 * (n))
#define BARN  (CPUS + 0x2000)
#define OBJECT(n) ((SLAB << 12) + 96 * (uint64_t)(n))

#define FREE_HEAD 48 /* in struct slab */
#define COUNT_AT  40
#define COUNT     42u /* objects of the slab */
#define FREE_AT   16 /* in each free object */
#define RANDOM    UINT64_C(0x1122334455667788)

/* in struct kmem_cache, and what a CPU has of it */
enum { OF_STRIDE = 32, OF_SIZE = 36, OF_CAPACITY = 40, OF_OFFSET = 48, OF_RANDOM = 56,
       OF_LISTS = 64, OF_SHEAVES = 72, OF_NODES = 80 };
enum { CPU_LIST = 8, CPU_SLAB = 24, CPU_MAIN = 8, CPU_SPARE = 16, CPU_RCU = 24, CPU_AREA = 0x100 };
enum { NODE_BARN = 8 }; /* in struct kmem_cache_node */
/* in struct slab_sheaf */
enum { SHEAF_LIST = 0, SHEAF_CACHE = 16, SHEAF_SIZE = 24, SHEAF_OBJECTS = 32 };

struct testslab {
	struct testpages *t;
	struct page_map m;
	struct cpu cpu[2];
	struct cpus cpus;
};

static inline void ts_link_free(struct testslab *w, bool hard, uint64_t object, uint64_t next)
{
	uint64_t place = object + FREE_AT;

	tp_put(w->t, place, hard ? next ^ RANDOM ^ __builtin_bswap64(place) : next, 8);
}

/* The third object is free, then the second, then `last`. */
static inline void ts_begin(struct testslab *w, bool hard, uint64_t last)
{
	*w = (struct testslab){ .t = tp_new(0), .cpus = { .cpu = w->cpu, .n = 2 } };
	for (unsigned i = 0; i < 2; i++)
		w->cpu[i] = (struct cpu){ .id = i, .offset = CPUS + i * CPU_AREA };
	tp_sparse(w->t, 0);
	tp_slab(w->t, SLAB, CACHE);
	tp_page(w->t, SLAB, 64, COUNT_AT, COUNT, 2);
	tp_put(w->t, CACHE + OF_STRIDE, 96, 4);
	tp_put(w->t, CACHE + OF_SIZE, 88, 4);
	tp_put(w->t, CACHE + OF_OFFSET, FREE_AT, 4);
	tp_put(w->t, CACHE + OF_RANDOM, RANDOM, 8);
	tp_page(w->t, SLAB, 64, FREE_HEAD, OBJECT(2), 8);
	ts_link_free(w, hard, OBJECT(2), OBJECT(1));
	ts_link_free(w, hard, OBJECT(1), last);
	w->t->c.cpus = &w->cpus;
}

static inline struct btf *ts_common_types(void)
{
	struct btf *b = tt_new();

	tt(btf__add_struct(b, "slab", 64));
	tt(btf__add_field(b, "slab_cache", TT_ULONG, 16 * 8, 0));
	tt(btf__add_field(b, "freelist", TT_ULONG, FREE_HEAD * 8, 0));
	tt(btf__add_field(b, "objects", TT_UINT, COUNT_AT * 8, 15));
	tt(btf__add_struct(b, "kmem_cache_cpu", 32));
	tt(btf__add_field(b, "freelist", TT_ULONG, CPU_LIST * 8, 0));
	tt(btf__add_field(b, "slab", TT_ULONG, CPU_SLAB * 8, 0));
	tt(btf__add_struct(b, "slub_percpu_sheaves", 32));
	tt(btf__add_field(b, "main", TT_ULONG, CPU_MAIN * 8, 0));
	tt(btf__add_field(b, "spare", TT_ULONG, CPU_SPARE * 8, 0));
	tt(btf__add_field(b, "rcu_free", TT_ULONG, CPU_RCU * 8, 0));
	tt(btf__add_struct(b, "node_barn", 32));
	tt(btf__add_field(b, "sheaves_full", TT_LIST_HEAD, 8 * 8, 0));
	return b;
}

/* by_node: as 6.18 has it, barns in struct kmem_cache_node. */
static inline void ts_open_nodes(struct testslab *w, bool hard, bool lists, bool sheaves,
				 bool by_node)
{
	struct btf *b = ts_common_types();
	int objects = tt_array(b, TT_ULONG, 0), per_node, nodes;

	tt(btf__add_struct(b, "slab_sheaf", 32));
	tt(btf__add_field(b, "barn_list", TT_LIST_HEAD, SHEAF_LIST * 8, 0));
	tt(btf__add_field(b, "cache", TT_ULONG, SHEAF_CACHE * 8, 0));
	tt(btf__add_field(b, "size", TT_UINT, SHEAF_SIZE * 8, 0));
	tt(btf__add_field(b, "objects", objects, SHEAF_OBJECTS * 8, 0));
	per_node = tt(btf__add_struct(b, by_node ? "kmem_cache_node" : "kmem_cache_per_node_ptrs", 16));
	tt(btf__add_field(b, "barn", TT_ULONG, by_node ? NODE_BARN * 8 : 0, 0));
	nodes = tt_array(b, by_node ? TT_ULONG : per_node, 4);
	tt(btf__add_struct(b, "kmem_cache", 256));
	tt(btf__add_field(b, "size", TT_UINT, OF_STRIDE * 8, 0));
	tt(btf__add_field(b, "object_size", TT_UINT, OF_SIZE * 8, 0));
	tt(btf__add_field(b, "offset", TT_UINT, OF_OFFSET * 8, 0));
	if (hard)
		tt(btf__add_field(b, "random", TT_ULONG, OF_RANDOM * 8, 0));
	if (lists)
		tt(btf__add_field(b, "cpu_slab", TT_ULONG, OF_LISTS * 8, 0));
	if (sheaves) {
		tt(btf__add_field(b, "cpu_sheaves", TT_ULONG, OF_SHEAVES * 8, 0));
		tt(btf__add_field(b, "sheaf_capacity", TT_UINT, OF_CAPACITY * 8, 0));
		tt(btf__add_field(b, by_node ? "node" : "per_node", nodes, OF_NODES * 8, 0));
	}
	tp_open(w->t, ARCH_X86_64, "mem_section", TP_AMD64_6_1);
	tp_types(w->t, b);
	if (page_map_init(&w->m, &w->t->c, NULL))
		abort();
}

static inline void ts_open(struct testslab *w, bool hard, bool lists, bool sheaves)
{
	ts_open_nodes(w, hard, lists, sheaves, false);
}

static inline void ts_end(struct testslab *w)
{
	w->t->c.cpus = NULL;
	tp_free(w->t);
}

static inline void ts_sheaf(struct testslab *w, unsigned n, uint64_t cache, unsigned size,
			    unsigned first)
{
	tp_put(w->t, SHEAF(n) + SHEAF_CACHE, cache, 8);
	tp_put(w->t, SHEAF(n) + SHEAF_SIZE, size, 4);
	for (unsigned i = 0; i < size; i++)
		tp_put(w->t, SHEAF(n) + SHEAF_OBJECTS + 8 * i, OBJECT(first + i), 8);
}

static inline void ts_list(struct testslab *w, uint64_t from, uint64_t to)
{
	tp_put(w->t, from, to, 8);
	tp_put(w->t, to + 8, from, 8);
}

static inline void ts_begin_sheaves(struct testslab *w)
{
	ts_begin(w, false, 0);
	tp_put(w->t, CACHE + OF_SHEAVES, 0x40, 8);
	tp_put(w->t, CACHE + OF_CAPACITY, 2, 4);
	ts_sheaf(w, 0, CACHE, 2, 10);
	ts_sheaf(w, 1, CACHE, 0, 0);
	ts_sheaf(w, 2, CACHE, 1, 12);
	ts_sheaf(w, 3, CACHE, 1, 13);
	tp_put(w->t, CPUS + 0x40 + CPU_MAIN, SHEAF(0), 8);
	tp_put(w->t, CPUS + CPU_AREA + 0x40 + CPU_MAIN, SHEAF(1), 8);
	tp_put(w->t, CPUS + CPU_AREA + 0x40 + CPU_RCU, SHEAF(2), 8);
	tp_put(w->t, CACHE + OF_NODES, BARN, 8);
	ts_list(w, BARN + 8, SHEAF(3) + SHEAF_LIST);
	ts_list(w, SHEAF(3) + SHEAF_LIST, BARN + 8);
	/* behind the nodes that there are: what is there is none */
	tp_put(w->t, CACHE + OF_NODES + 16, TP_SIZE + 0x1000, 8);
}

#endif
