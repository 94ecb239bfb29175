// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/kernel.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>

#include "victim.h"

struct mm_struct *scen_mm_of(int pid)
{
	struct pid *ref = find_get_pid(pid);
	struct task_struct *task = ref ? get_pid_task(ref, PIDTYPE_PID) : NULL;
	struct mm_struct *mm = task ? get_task_mm(task) : NULL;

	if (task)
		put_task_struct(task);
	put_pid(ref);
	if (!mm)
		pr_emerg(ORACLE "failed: no mm of pid %d\n", pid);
	return mm;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)

unsigned long *scen_pivots(struct scen_level *level)
{
	return level->type == maple_arange_64 ? level->node->ma64.pivot : level->node->mr64.pivot;
}

unsigned long *scen_slots(struct scen_level *level)
{
	return (unsigned long *)(level->type == maple_arange_64 ? level->node->ma64.slot :
				 level->node->mr64.slot);
}

struct scen_level *scen_leaf(struct scen_victim *victim)
{
	return &victim->levels[victim->height - 1];
}

static unsigned int last_slot(struct scen_level *level)
{
	unsigned int i;

	if (level->type == maple_arange_64)
		return level->node->ma64.meta.end;
	for (i = 0; i < MAPLE_RANGE64_SLOTS - 1; i++)
		if (scen_pivots(level)[i] == level->max || (i && !scen_pivots(level)[i]))
			break;
	return i;
}

static void enter(struct scen_level *level, unsigned long encoded, struct scen_way way)
{
	level->node = (void *)(encoded & ~0xffUL);
	level->type = encoded >> 3 & 0xf;
	level->end = last_slot(level);
	level->slot = way.middle ? level->end / 2 : 0;
	while (!way.middle && level->slot < level->end &&
	       way.address > scen_pivots(level)[level->slot])
		level->slot++;
}

int scen_descend(struct maple_tree *tree, struct scen_way way, struct scen_level *levels)
{
	unsigned long encoded = (unsigned long)tree->ma_root, min = 0, max = ULONG_MAX;
	int depth;

	for (depth = 0; depth < SCEN_MAX_DEPTH; depth++) {
		struct scen_level *level = &levels[depth];

		level->min = min;
		level->max = max;
		enter(level, encoded, way);
		if (level->type < maple_range_64)
			return depth + 1;
		if (level->slot)
			min = scen_pivots(level)[level->slot - 1] + 1;
		if (level->slot < level->end)
			max = scen_pivots(level)[level->slot];
		encoded = scen_slots(level)[level->slot];
	}
	return 0;
}

bool scen_find_victim(struct scen_victim *victim, int pid, enum scen_where where, int least)
{
	struct scen_way way = { .middle = where == SCEN_MIDDLE };

	victim->mm = scen_mm_of(pid);
	if (!victim->mm)
		return false;
	way.address = victim->mm->brk - 1;
	victim->height = scen_descend(&victim->mm->mm_mt, way, victim->levels);
	pr_emerg(ORACLE "victim pid %d mm %px height %d map_count %d\n", pid, victim->mm,
		 victim->height, victim->mm->map_count);
	if (victim->height >= least)
		return true;
	pr_emerg(ORACLE "failed: the tree is too low\n");
	mmput(victim->mm);
	return false;
}

bool scen_find_leaf(struct scen_victim *victim, bool (*wanted)(struct scen_level *leaf))
{
	struct scen_way way = { .address = 0 };

	do {
		victim->height = scen_descend(&victim->mm->mm_mt, way, victim->levels);
		if (!victim->height)
			break;
		if (wanted(scen_leaf(victim)))
			return true;
		way.address = scen_leaf(victim)->max + 1;
	} while (way.address);
	pr_emerg(ORACLE "failed: no leaf will do\n");
	return false;
}

scen_frame void scen_set_word(const char *kind, struct mm_struct *mm, struct scen_level *level,
			      const char *field, int at, unsigned long *word, unsigned long value)
{
	pr_emerg(ORACLE "corruption %s mm %px node %px field %s[%d] addr %px size %zu old 0x%lx new 0x%lx node_min 0x%lx node_max 0x%lx\n",
		 kind, mm, level->node, field, at, word, sizeof(*word), *word, value, level->min,
		 level->max);
	WRITE_ONCE(*word, value);
	SCEN_FRAME_END();
}
#endif
