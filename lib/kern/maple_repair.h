/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_repair - what could be wrong, where a rule is broken: words, and what they should be.
 *
 * Most of what a maple tree says it says twice: a child's parent word and the slot that leads to
 * it, a pivot and the bounds of its entries and of its child, a gap and the ranges without entry
 * below it, meta.end and the pivot that ends the node. Each copy that is still good gives a value
 * for the other. Which repair is the right one is for maple_check.h to find out, by trying them.
 */
#ifndef CAIRN_KERN_MAPLE_REPAIR_H
#define CAIRN_KERN_MAPLE_REPAIR_H

#include "lib/kern/maple_rule.h"

enum maple_repair_kind {
	MAPLE_REPAIR_WORD,   /* patch.value is what it should be */
	MAPLE_REPAIR_CUT,    /* the slot at patch.addr is bad: what should be there is not known */
	MAPLE_REPAIR_NODE,   /* that slot is right, and the node that it leads to is overwritten */
	MAPLE_REPAIR_ENTRY,  /* likewise an entry's object */
	MAPLE_REPAIR_OBJECT, /* the entry in the slot at patch.addr has a bad word itself */
};

struct maple_repair {
	enum maple_repair_kind kind;
	struct maple_patch patch;
	uint64_t found;
	struct maple_patch more[2]; /* words that one store left together with it */
	unsigned nmore;
};

#define MAPLE_REPAIRS 512

struct maple_repairs {
	struct maple_repair repair[MAPLE_REPAIRS];
	size_t n;
};

/** What could make that contradiction go away, each once; `gap` is of maple_recount(). */
void maple_repairs_find(const struct maple *m, const uint64_t *gap, const struct maple_entries *e,
			const struct maple_wrong *w, struct maple_repairs *ret);

/** The bit in which two words differ; -1: they differ in none or in more. */
int maple_one_bit(uint64_t a, uint64_t b);

#endif
