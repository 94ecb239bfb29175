// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A maple node is damaged by its neighbour in the slab, as by mas_alloc_nodes() before "maple_tree:
 * Fix mas_alloc_nodes()" (Aug 2022): it filled maple_alloc.slot[] with one more node than it holds,
 * and the address of that one became the parent word of the node behind.
 */
#include <linux/kernel.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "victim.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0) && LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)

/* Nodes are had from a tree of our own that is then forgotten: modules do not get at the cache. */
#define ENTRIES 4000
#define POOL    256
#define EXTRA   (MAPLE_ALLOC_SLOTS + 1)

struct pool {
	struct maple_node *nodes[POOL];
	int n;
	struct maple_node *first;	/* nodes[] has the one behind it too */
};

/* The leaves of a tree with every other index in use, zeroed. */
static void take_leaves(struct pool *pool)
{
	static struct maple_tree tree;
	struct scen_level levels[SCEN_MAX_DEPTH];
	struct scen_way way = { .address = 0 };
	unsigned long i;
	int height;

	mt_init(&tree);
	for (i = 0; i < ENTRIES; i++)
		mtree_store(&tree, 2 * i, xa_mk_value(i), GFP_KERNEL);
	while (pool->n < POOL && way.address < 2 * ENTRIES) {
		height = scen_descend(&tree, way, levels);
		if (!height)
			break;
		pool->nodes[pool->n++] = levels[height - 1].node;
		way.address = levels[height - 1].max + 1;
	}
	tree.ma_root = NULL;
	for (i = 0; i < pool->n; i++)
		memset(pool->nodes[i], 0, sizeof(struct maple_node));
}

static void find_neighbours(struct pool *pool)
{
	int i, j;

	for (i = 0; i < pool->n; i++)
		for (j = 0; j < pool->n; j++)
			if (pool->nodes[j] == pool->nodes[i] + 1)
				pool->first = pool->nodes[i];
}

/* NULL, and says so: there are too few nodes, or no two that lie one behind the other. */
static struct pool *make_pool(void)
{
	struct pool *pool = kzalloc(sizeof(*pool), GFP_KERNEL);

	if (!pool)
		return NULL;
	take_leaves(pool);
	find_neighbours(pool);
	if (pool->first && pool->n >= EXTRA + 2)
		return pool;
	pr_emerg(ORACLE "failed: no two of %d nodes are neighbours\n", pool->n);
	kfree(pool);
	return NULL;
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

/* Fill the first of the neighbours, in front of the level's node, by one node too many. */
static void overflow(struct pool *pool, struct mm_struct *mm, struct scen_level *level)
{
	struct maple_alloc *alloc = (void *)pool->first;
	void **slot = (void **)((unsigned long)alloc + offsetof(struct maple_alloc, slot));
	int i, n;

	alloc->total = EXTRA + 1;
	alloc->node_count = MAPLE_ALLOC_SLOTS;
	pr_emerg(ORACLE "neighbour %px of node %px: a maple_alloc with %d nodes in %d slots\n",
		 alloc, level->node, (int)EXTRA, (int)MAPLE_ALLOC_SLOTS);
	for (i = 0, n = 0; n < EXTRA; i++) {
		if (pool->nodes[i] == pool->first || pool->nodes[i] == pool->first + 1)
			continue;
		if (n == MAPLE_ALLOC_SLOTS)
			scen_set_word("maple-neighbour", mm, level, "parent", 0,
				      (unsigned long *)&slot[n], (unsigned long)pool->nodes[i]);
		else
			slot[n] = pool->nodes[i];
		n++;
	}
}

/* the parent word of the node above brk's leaf is overwritten by the object in front of it */
void scen_maple_neighbour(int pid)
{
	struct pool *pool = make_pool();
	struct scen_victim v;

	if (!pool || !scen_find_victim(&v, pid, SCEN_BRK, 3))
		return;
	mmap_write_lock(v.mm);
	move_node(&v, v.height - 2, pool->first + 1);
	overflow(pool, v.mm, &v.levels[v.height - 2]);
	mmap_write_unlock(v.mm);
	mmput(v.mm);
	kfree(pool);
}
#endif
