/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that is to be damaged: its address space, and the way down its maple tree.
 *
 * What is damaged is said on the console before it is written, as
 * "ORACLE corruption KIND mm M OBJECT O field F addr A size S old V new V": the oracle's "faults".
 */
#ifndef SCEN_VICTIM_H
#define SCEN_VICTIM_H

#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/version.h>

#include "scen.h"

/* The address space of a process, held (mmput()); NULL, and says so, if it has none. */
struct mm_struct *scen_mm_of(int pid);

/* Write `value` to a member of `object`, which the line on the console calls `what`. */
#define scen_set_member(kind, mm, what, object, member, value)                                    \
	do {                                                                                       \
		pr_emerg(ORACLE "corruption " kind " mm %px " what " %px field " #member           \
			 " addr %px size %zu old 0x%lx new 0x%lx\n", mm, object,                   \
			 &(object)->member, sizeof((object)->member),                              \
			 (unsigned long)(object)->member, (unsigned long)(value));                 \
		(object)->member = value;                                                          \
	} while (0)

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
#include <linux/maple_tree.h>

#define SCEN_MAX_DEPTH 10

/* One node on the way from the root of a tree to a leaf. */
struct scen_level {
	struct maple_node *node;
	enum maple_type type;
	unsigned int slot, end;		/* where the way goes on; the last slot in use */
	unsigned long min, max;
};

/* The slots of a way: where `address` is, or the middle of each node. */
struct scen_way {
	bool middle;
	unsigned long address;
};

/* A process with the levels of its tree, root first, `height` of them. */
struct scen_victim {
	struct mm_struct *mm;		/* held */
	struct scen_level levels[SCEN_MAX_DEPTH];
	int height;
};

/*
 * Find a process whose tree has `least` levels and go down to the end of its heap or by the middle.
 * Returns false, and says so, if there is none.
 */
enum scen_where { SCEN_BRK, SCEN_MIDDLE };
bool scen_find_victim(struct scen_victim *victim, int pid, enum scen_where where, int least);

/* Fill levels[SCEN_MAX_DEPTH]. Returns their number, 0 if the tree is not what it should be. */
int scen_descend(struct maple_tree *tree, struct scen_way way, struct scen_level *levels);

/* Go down to another leaf: the first one from address 0 on that `wanted` likes. False: none. */
bool scen_find_leaf(struct scen_victim *victim, bool (*wanted)(struct scen_level *leaf));

/* Arrays of a node of any type. */
unsigned long *scen_pivots(struct scen_level *level);
unsigned long *scen_slots(struct scen_level *level);

/* The last level. */
struct scen_level *scen_leaf(struct scen_victim *victim);

/* Write a word of a level's node: `field`[at] on the console. */
void scen_set_word(const char *kind, struct mm_struct *mm, struct scen_level *level,
		   const char *field, int at, unsigned long *word, unsigned long value);
#endif
#endif
