// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A maple node is damaged by its neighbour in the slab, as by mas_alloc_nodes() before "maple_tree:
 * Fix mas_alloc_nodes()" (Aug 2022): it filled maple_alloc.slot[] with one more node than it holds,
 * and the address of that one became the parent word of the node behind.
 */
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/mmap_lock.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "victim.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0) && LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)

#define POOL  128		/* nodes among which there are two neighbours */
#define EXTRA (MAPLE_ALLOC_SLOTS + 1)

/* The slab cache of all maple nodes; NULL, and says so, if its name is not known. */
static struct kmem_cache *node_cache(void)
{
	struct kprobe kp = { .symbol_name = "kallsyms_lookup_name" };
	unsigned long (*lookup)(const char *name);
	struct kmem_cache **cache;
	int ret = register_kprobe(&kp);

	if (ret) {
		pr_emerg(ORACLE "failed: kallsyms_lookup_name: %d\n", ret);
		return NULL;
	}
	lookup = (void *)kp.addr;
	unregister_kprobe(&kp);
	cache = (void *)lookup("maple_node_cache");
	if (!cache)
		pr_emerg(ORACLE "failed: no maple_node_cache\n");
	return cache ? *cache : NULL;
}

/* Allocate two nodes that lie one behind the other. Returns the first one, or NULL, and says so. */
static struct maple_node *neighbours(struct kmem_cache *cache)
{
	struct maple_node **pool = kcalloc(POOL, sizeof(*pool), GFP_KERNEL), *first = NULL;
	int i, j, n = pool ? kmem_cache_alloc_bulk(cache, GFP_KERNEL, POOL, (void **)pool) : 0;

	for (i = 0; i < n && !first; i++)
		for (j = 0; j < n; j++)
			if (pool[j] == pool[i] + 1)
				first = pool[i];
	for (i = 0; i < n; i++)
		if (!first || (pool[i] != first && pool[i] != first + 1))
			kmem_cache_free(cache, pool[i]);
	kfree(pool);
	if (!first)
		pr_emerg(ORACLE "failed: no two nodes are neighbours\n");
	return first;
}

static unsigned long with_node(unsigned long encoded, struct maple_node *node)
{
	return (unsigned long)node | (encoded & 0xff);
}

/* Have the tree use `to` in the place of the inner node at victim->levels[at]. */
static void move_node(struct scen_victim *victim, int at, struct maple_node *to)
{
	struct scen_level *level = &victim->levels[at], *above = &victim->levels[at - 1];
	unsigned long *from_above = &scen_slots(above)[above->slot];
	struct maple_node *old = level->node, *child;
	unsigned int i;

	*to = *old;
	level->node = to;
	for (i = 0; i <= level->end; i++) {
		child = (void *)(scen_slots(level)[i] & ~0xffUL);
		child->parent = (void *)with_node((unsigned long)child->parent, to);
	}
	smp_store_release(from_above, with_node(*from_above, to));
	old->parent = (void *)old;	/* dead: readers start over */
}

/* Fill the object in front of the level's node by one node too many. */
static void overflow(struct kmem_cache *cache, struct mm_struct *mm, struct scen_level *level)
{
	struct maple_alloc *alloc = (void *)(level->node - 1);
	void **slot = (void **)((unsigned long)alloc + offsetof(struct maple_alloc, slot));
	void *nodes[EXTRA];
	int i, n = kmem_cache_alloc_bulk(cache, GFP_KERNEL, EXTRA, nodes);

	memset(alloc, 0, offsetof(struct maple_alloc, slot));
	alloc->total = EXTRA + 1;
	alloc->node_count = MAPLE_ALLOC_SLOTS;
	pr_emerg(ORACLE "neighbour %px of node %px: a maple_alloc with %d nodes in %d slots\n",
		 alloc, level->node, n, (int)MAPLE_ALLOC_SLOTS);
	for (i = 0; i < n - 1; i++)
		slot[i] = nodes[i];
	scen_set_word("maple-neighbour", mm, level, "parent", 0,
		      (unsigned long *)&level->node->parent, (unsigned long)nodes[n - 1]);
}

/* the parent word of the node above brk's leaf is overwritten by the object in front of it */
void scen_maple_neighbour(int pid)
{
	struct kmem_cache *cache = node_cache();
	struct maple_node *pair = cache ? neighbours(cache) : NULL;
	struct scen_victim v;

	if (!pair || !scen_find_victim(&v, pid, SCEN_BRK, 3))
		return;
	mmap_write_lock(v.mm);
	move_node(&v, v.height - 2, pair + 1);
	overflow(cache, v.mm, &v.levels[v.height - 2]);
	mmap_write_unlock(v.mm);
	mmput(v.mm);
}
#endif
