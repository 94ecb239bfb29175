/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testcaches - for tests: three caches of the slab allocator with two nodes each, and slabs.
 */
#ifndef CAIRN_MM_TESTCACHES_H
#define CAIRN_MM_TESTCACHES_H

#include "lib/kern/testkern.h"

#define TC_HEAD TK_BASE                 /* slab_caches */
#define TC_IDS (TK_BASE + 0x20)         /* nr_node_ids */
#define TC_CACHES 3u
#define TC_CACHE(n) (TK_BASE + 0x100 + 0x100 * (n))
#define TC_NODE(n, i) (TK_BASE + 0x800 + 0x100 * (n) + 0x40 * (i))
#define TC_SLABS 3u                     /* with free objects, of node 0 of each cache */
#define TC_SLAB(n, i) (TK_BASE + 0x1000 + 0x100 * (n) + 0x40 * (i))
#define TC_NAME(n) (TK_BASE + 0x2000 + 0x10 * (n))
/* in struct kmem_cache */
#define TC_LIST 0x30
#define TC_NODES 0x50

/* element: bytes of each in the array of nodes */
static inline void tc_types(struct testkern *k, bool per_node, bool debug, unsigned element)
{
	const struct tk_member counter[] = { { .name = "counter", .size = 8 }, { .name = NULL } };
	const struct tk_member oo[] = { { .name = "x", .size = 4 }, { .name = NULL } };
	const struct tk_member link[] = {
		{ .name = "next", .size = 8 }, { .name = "prev", .offset = 8, .size = 8 },
		{ .name = NULL },
	};
	const struct tk_member ptrs[] = {
		{ .name = "barn", .size = 8 }, { .name = "node", .offset = 8, .size = 8 },
		{ .name = NULL },
	};
	const struct tk_member slab[] = {
		{ .name = "slab_list", .offset = 0x10, .nested = "list_head" },
		{ .name = "inuse", .offset = 0x28, .size = 2 },
		{ .name = "objects", .offset = 0x2a, .size = 2 }, { .name = NULL },
	};
	const struct tk_member node[] = {
		{ .name = "partial", .offset = 8, .nested = "list_head" },
		{ .name = debug ? "nr_slabs" : "nr_partial", .offset = 0x18, .nested = "counter" },
		{ .name = "total_objects", .offset = 0x20, .nested = "counter" }, { .name = NULL },
	};
	const struct tk_member cache[] = {
		{ .name = "size", .offset = 0x8, .size = 4 },
		{ .name = "object_size", .offset = 0xc, .size = 4 },
		{ .name = "oo", .offset = 0x10, .nested = "oo" },
		{ .name = "name", .offset = 0x18, .size = 8 },
		{ .name = "list", .offset = TC_LIST, .nested = "list_head" },
		{ .name = per_node ? "per_node" : "node", .offset = TC_NODES, .count = 8,
		  .nested = "ptrs" },
		{ .name = NULL },
	};

	tk_struct(k, "counter", 8, counter);
	tk_struct(k, "oo", 4, oo);
	tk_struct(k, "list_head", 16, link);
	tk_struct(k, "ptrs", element, ptrs);
	tk_struct(k, "slab", 0x40, slab);
	tk_struct(k, "kmem_cache_node", 0x30, node);
	tk_struct(k, "kmem_cache", 0x100, cache);
}

/** Link n elements, and the head, to a list. */
static inline void tc_list(struct testkern *k, uint64_t head, const uint64_t *at, unsigned n)
{
	uint64_t before = head;

	for (unsigned i = 0; i <= n; i++) {
		uint64_t here = i < n ? at[i] : head;

		tk_put(k, before, here, 8);
		tk_put(k, here + 8, before, 8);
		before = here;
	}
}

/* Cache n: node 0 has n slabs with free objects, one with 1, one with 2, ... of 10; node 1 none. */
static inline void tc_cache(struct testkern *k, unsigned n, unsigned node_step, unsigned node_at)
{
	uint64_t at = TC_CACHE(n), slab[TC_SLABS];
	char name[16];

	snprintf(name, sizeof(name), "zoo-%u", n);
	tk_text(k, TC_NAME(n), name);
	tk_put(k, at + 0x8, 64, 4);
	tk_put(k, at + 0xc, 56, 4);
	tk_put(k, at + 0x10, n << 16 | 10, 4);
	tk_put(k, at + 0x18, TC_NAME(n), 8);
	for (unsigned i = 0; i < 2; i++) {
		tk_put(k, at + TC_NODES + i * node_step + node_at, TC_NODE(n, i), 8);
		tk_put(k, TC_NODE(n, i) + 0x18, 5, 8);
		tk_put(k, TC_NODE(n, i) + 0x20, 50, 8);
		tc_list(k, TC_NODE(n, i) + 8, NULL, 0);
	}
	for (unsigned i = 0; i < n; i++) {
		slab[i] = TC_SLAB(n, i) + 0x10;
		tk_put(k, TC_SLAB(n, i) + 0x28, 9 - i, 2);
		tk_put(k, TC_SLAB(n, i) + 0x2a, 10, 2);
	}
	tc_list(k, TC_NODE(n, 0) + 8, slab, n);
}

/** All of it; then tk_open(k, 8). per_node: pointers to a node's parts (since 7.0); debug: nodes
 *  are counted. */
static inline void tc_make_of(struct testkern *k, bool per_node, bool debug, unsigned element)
{
	uint64_t at[TC_CACHES];

	tc_types(k, per_node, debug, element);
	for (unsigned n = 0; n < TC_CACHES; n++) {
		tc_cache(k, n, per_node ? 16 : 8, per_node ? 8 : 0);
		at[n] = TC_CACHE(n) + TC_LIST;
	}
	tc_list(k, TC_HEAD, at, TC_CACHES);
	tk_put(k, TC_IDS, 2, 4);
	/* beyond what the object has */
	tk_put(k, TC_CACHE(2) + TC_NODES + 2 * (per_node ? 16 : 8), TK_HOLE, 8);
	tk_symbol(k, "slab_caches", TC_HEAD);
	tk_symbol(k, "nr_node_ids", TC_IDS);
}

static inline void tc_make(struct testkern *k, bool per_node, bool debug)
{
	tc_make_of(k, per_node, debug, per_node ? 16 : 8);
}

#endif
