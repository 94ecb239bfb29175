// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/kernel.h>
#include <linux/version.h>

#include "scen.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
#include <linux/maple_tree.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>

#define MAX_DEPTH 10

/* One node on the way from the root of a tree to a leaf. */
struct level {
	struct maple_node *node;
	enum maple_type type;
	unsigned int slot, end;		/* where the way goes on; the last slot in use */
	unsigned long min, max;
};

/* Slots of the way: where `address` is, or the middle of each node. */
struct way {
	bool middle;
	unsigned long address;
};

static unsigned long *pivots(struct level *level)
{
	return level->type == maple_arange_64 ? level->node->ma64.pivot : level->node->mr64.pivot;
}

static unsigned long slot_value(struct level *level)
{
	return (unsigned long)(level->type == maple_arange_64 ? level->node->ma64.slot :
			       level->node->mr64.slot)[level->slot];
}

static unsigned int last_slot(struct level *level)
{
	unsigned int i;

	if (level->type == maple_arange_64)
		return level->node->ma64.meta.end;
	for (i = 0; i < MAPLE_RANGE64_SLOTS - 1; i++)
		if (pivots(level)[i] == level->max || (i && !pivots(level)[i]))
			break;
	return i;
}

static void enter(struct level *level, unsigned long encoded, struct way way)
{
	level->node = (void *)(encoded & ~0xffUL);
	level->type = encoded >> 3 & 0xf;
	level->end = last_slot(level);
	level->slot = way.middle ? level->end / 2 : 0;
	while (!way.middle && level->slot < level->end &&
	       way.address > pivots(level)[level->slot])
		level->slot++;
}

/* Fill levels[], root first. Returns their number, 0 if the tree is not what it should be. */
static int descend(struct maple_tree *tree, struct way way, struct level *levels)
{
	unsigned long encoded = (unsigned long)tree->ma_root, min = 0, max = ULONG_MAX;
	int depth;

	for (depth = 0; depth < MAX_DEPTH; depth++) {
		struct level *level = &levels[depth];

		level->min = min;
		level->max = max;
		enter(level, encoded, way);
		if (level->type < maple_range_64)
			return depth + 1;
		if (level->slot)
			min = pivots(level)[level->slot - 1] + 1;
		if (level->slot < level->end)
			max = pivots(level)[level->slot];
		encoded = slot_value(level);
	}
	return 0;
}

static struct mm_struct *mm_of(int pid)
{
	struct pid *ref = find_get_pid(pid);
	struct task_struct *task = ref ? get_pid_task(ref, PIDTYPE_PID) : NULL;
	struct mm_struct *mm = task ? get_task_mm(task) : NULL;

	if (task)
		put_task_struct(task);
	put_pid(ref);
	return mm;
}

static scen_frame void set_word(const char *kind, struct mm_struct *mm, struct level *level,
				const char *field, int at, unsigned long *word, unsigned long new)
{
	pr_emerg(ORACLE "corruption %s mm %px node %px field %s[%d] addr %px old 0x%lx new 0x%lx node_min 0x%lx node_max 0x%lx\n",
		 kind, mm, level->node, field, at, word, *word, new, level->min, level->max);
	WRITE_ONCE(*word, new);
	SCEN_FRAME_END();
}

/* Where a process is to be damaged: its tree's levels, `height` of them. */
struct victim {
	struct mm_struct *mm;
	struct level levels[MAX_DEPTH];
	int height;
};

/* Returns false, and says so, if the process or its tree will not do. */
static bool find_victim(struct victim *victim, int pid, struct way way, int least)
{
	victim->mm = mm_of(pid);
	if (!victim->mm) {
		pr_emerg(ORACLE "failed: no mm of pid %d\n", pid);
		return false;
	}
	if (!way.middle)
		way.address = victim->mm->brk - 1;
	victim->height = descend(&victim->mm->mm_mt, way, victim->levels);
	pr_emerg(ORACLE "victim pid %d mm %px height %d map_count %d\n", pid, victim->mm,
		 victim->height, victim->mm->map_count);
	if (victim->height >= least)
		return true;
	pr_emerg(ORACLE "failed: the tree is too low\n");
	mmput(victim->mm);
	return false;
}

/* The slot of a leaf's middle entry that is no gap. */
static unsigned int middle_entry(struct level *leaf)
{
	unsigned int i = leaf->end / 2;

	while (i && !leaf->node->mr64.slot[i])
		i--;
	return i;
}

/* the biggest gap of a node above the leaves looks bigger than it is */
void scen_maple_gap(int pid)
{
	struct victim v;
	struct level *level;
	unsigned long *gap;
	unsigned int i, best = 0;

	if (!find_victim(&v, pid, (struct way){ .middle = true }, 2))
		return;
	level = &v.levels[v.height - 2];
	gap = level->node->ma64.gap;
	for (i = 0; i <= level->end; i++)
		if (gap[i] > gap[best])
			best = i;
	set_word("maple-gap", v.mm, level, "gap", best, &gap[best], gap[best] + 5 * PAGE_SIZE);
	mmput(v.mm);
}

/* one bit of a leaf's pivot flips: it is out of order with its neighbours */
void scen_maple_pivot(int pid)
{
	struct victim v;
	struct level *leaf;
	unsigned long *pivot;
	unsigned int at;

	if (!find_victim(&v, pid, (struct way){ .middle = true }, 2))
		return;
	leaf = &v.levels[v.height - 1];
	at = middle_entry(leaf);
	pivot = &leaf->node->mr64.pivot[at];
	set_word("maple-pivot", v.mm, leaf, "pivot", at, pivot, *pivot ^ 1UL << 24);
	mmput(v.mm);
}

/* one entry of a leaf is lost */
void scen_maple_slot(int pid)
{
	struct victim v;
	struct level *leaf;
	unsigned int at;

	if (!find_victim(&v, pid, (struct way){ .middle = true }, 2))
		return;
	leaf = &v.levels[v.height - 1];
	at = middle_entry(leaf);
	set_word("maple-slot", v.mm, leaf, "slot", at, (unsigned long *)&leaf->node->mr64.slot[at],
		 0);
	mmput(v.mm);
}

/* the type bits in the parent word of the node above brk's leaf are none that there are */
void scen_maple_parent(int pid)
{
	struct victim v;
	struct level *level;
	unsigned long *parent;

	if (!find_victim(&v, pid, (struct way){ .middle = false }, 3))
		return;
	level = &v.levels[v.height - 2];
	parent = (unsigned long *)&level->node->parent;
	set_word("maple-parent", v.mm, level, "parent", 0, parent, (*parent & ~6UL) | 2);
	mmput(v.mm);
}

#else	/* no maple trees */

static void no_maple(void)
{
	pr_emerg(ORACLE "failed: this kernel has no maple trees\n");
}

void scen_maple_gap(int pid) { no_maple(); }
void scen_maple_pivot(int pid) { no_maple(); }
void scen_maple_slot(int pid) { no_maple(); }
void scen_maple_parent(int pid) { no_maple(); }
#endif
