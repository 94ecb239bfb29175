// SPDX-License-Identifier: GPL-2.0-or-later
/* One word of a process's maple tree is wrong. */
#include <linux/kernel.h>
#include <linux/sched/mm.h>

#include "victim.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)

/* what a failed fork leaves in a slot: lib/xarray.h, XA_ZERO_ENTRY */
#define ZERO_ENTRY ((unsigned long)xa_mk_internal(257))

/* The slot of a leaf's middle entry that is no gap. */
static unsigned int middle_entry(struct scen_level *leaf)
{
	unsigned int i = leaf->end / 2;

	while (i && !scen_slots(leaf)[i])
		i--;
	return i;
}

/* the biggest gap of a node above the leaves looks bigger than it is */
void scen_maple_gap(int pid)
{
	struct scen_victim v;
	struct scen_level *level;
	unsigned long *gap;
	unsigned int i, best = 0;

	if (!scen_find_victim(&v, pid, SCEN_MIDDLE, 2))
		return;
	level = &v.levels[v.height - 2];
	gap = level->node->ma64.gap;
	for (i = 0; i <= level->end; i++)
		if (gap[i] > gap[best])
			best = i;
	scen_set_word("maple-gap", v.mm, level, "gap", best, &gap[best],
		      gap[best] + 5 * PAGE_SIZE);
	mmput(v.mm);
}

/* one bit of a leaf's pivot flips: it is out of order with its neighbours */
void scen_maple_pivot(int pid)
{
	struct scen_victim v;
	struct scen_level *leaf;
	unsigned long *pivot;
	unsigned int at;

	if (!scen_find_victim(&v, pid, SCEN_MIDDLE, 2))
		return;
	leaf = scen_leaf(&v);
	at = middle_entry(leaf);
	pivot = &scen_pivots(leaf)[at];
	scen_set_word("maple-pivot", v.mm, leaf, "pivot", at, pivot, *pivot ^ 1UL << 24);
	mmput(v.mm);
}

static void set_middle_slot(const char *kind, int pid, unsigned long value)
{
	struct scen_victim v;
	struct scen_level *leaf;
	unsigned int at;

	if (!scen_find_victim(&v, pid, SCEN_MIDDLE, 2))
		return;
	leaf = scen_leaf(&v);
	at = middle_entry(leaf);
	scen_set_word(kind, v.mm, leaf, "slot", at, &scen_slots(leaf)[at], value);
	mmput(v.mm);
}

/* one entry of a leaf is lost */
void scen_maple_slot(int pid)
{
	set_middle_slot("maple-slot", pid, 0);
}

/* an entry is the mark that dup_mmap() leaves where it failed */
void scen_mm_xazero(int pid)
{
	set_middle_slot("mm-xazero", pid, ZERO_ENTRY);
}

/* the type bits in the parent word of the node above brk's leaf are none that there are */
void scen_maple_parent(int pid)
{
	struct scen_victim v;
	struct scen_level *level;
	unsigned long *parent;

	if (!scen_find_victim(&v, pid, SCEN_BRK, 3))
		return;
	level = &v.levels[v.height - 2];
	parent = (unsigned long *)&level->node->parent;
	scen_set_word("maple-parent", v.mm, level, "parent", 0, parent, (*parent & ~6UL) | 2);
	mmput(v.mm);
}

/* meta.end counts only where the last pivot is 0; the leaf's last entry is to be an area */
static bool has_room(struct scen_level *leaf)
{
	return leaf->end < MAPLE_RANGE64_SLOTS - 2 && scen_slots(leaf)[leaf->end] &&
	       leaf->max != ULONG_MAX;
}

static void set_end(const char *kind, struct mm_struct *mm, struct scen_level *leaf,
		    unsigned char end)
{
	struct maple_metadata *meta = &leaf->node->mr64.meta;

	pr_emerg(ORACLE "corruption %s mm %px node %px field meta.end addr %px size 1 old 0x%x new 0x%x\n",
		 kind, mm, leaf->node, &meta->end, meta->end, end);
	WRITE_ONCE(meta->end, end);
}

/* a leaf says that it is one entry shorter than it is */
void scen_maple_metaend(int pid)
{
	struct scen_victim v;

	if (!scen_find_victim(&v, pid, SCEN_MIDDLE, 2))
		return;
	if (scen_find_leaf(&v, has_room))
		set_end("maple-metaend", v.mm, scen_leaf(&v), scen_leaf(&v)->end - 1);
	mmput(v.mm);
}

/* as mas_spanning_rebalance() left it (CVE-2024-50200): a leaf's last entry is there twice, the
   second time with no length, and both pivots are equal */
void scen_maple_pivot_equal(int pid)
{
	struct scen_victim v;
	struct scen_level *leaf;
	unsigned int end;

	if (!scen_find_victim(&v, pid, SCEN_MIDDLE, 2))
		return;
	if (scen_find_leaf(&v, has_room)) {
		leaf = scen_leaf(&v);
		end = leaf->end;
		scen_set_word("maple-pivot-equal", v.mm, leaf, "pivot", end + 1,
			      &scen_pivots(leaf)[end + 1], leaf->max);
		scen_set_word("maple-pivot-equal", v.mm, leaf, "slot", end + 1,
			      &scen_slots(leaf)[end + 1], scen_slots(leaf)[end]);
		if (end + 1 < MAPLE_RANGE64_SLOTS - 1)
			set_end("maple-pivot-equal", v.mm, leaf, end + 1);
	}
	mmput(v.mm);
}

static void set_flags(const char *kind, int pid, unsigned int clear, int add)
{
	struct mm_struct *mm = scen_mm_of(pid);
	struct maple_tree *tree;
	unsigned int flags;

	if (!mm)
		return;
	tree = &mm->mm_mt;
	flags = (tree->ma_flags & ~clear) + add;
	pr_emerg(ORACLE "corruption %s mm %px tree %px field ma_flags addr %px size %zu old 0x%x new 0x%x\n",
		 kind, mm, tree, &tree->ma_flags, sizeof(tree->ma_flags), tree->ma_flags, flags);
	tree->ma_flags = flags;
	mmput(mm);
}

/* the tree says that it is one level higher than it is */
void scen_maple_height(int pid)
{
	set_flags("maple-height", pid, 0, 1 << MT_FLAGS_HEIGHT_OFFSET);
}

/* a live process's tree is not in RCU mode, so that its readers may see reused nodes */
void scen_maple_rcu(int pid)
{
	set_flags("maple-rcu", pid, MT_FLAGS_USE_RCU, 0);
}
#endif
