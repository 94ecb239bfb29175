/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * area_judge - which bound of an area is the bad word.
 *
 * A bound is known more than once: from the struct, from the tree's range (maple), from the
 * neighbour that it touches, from the page offset of anonymous memory, and all bounds together
 * from the address space's total. Where these disagree, each word that could be the bad one is
 * put right in turn, and the one whose repair leaves the fewest contradictions is the verdict.
 *
 * Pure: it reads nothing but what it is given.
 */
#ifndef CAIRN_MM_AREA_JUDGE_H
#define CAIRN_MM_AREA_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** An area as the judge sees it; `end` and `tree_end` exclusive. */
struct area {
	uint64_t start, end;           /* of the struct */
	uint64_t tree_start, tree_end; /* of the tree */
	uint64_t offset;               /* where anonymous memory should begin; ANY: not told */
	bool told;                     /* the struct could be read, and is what the tree says */
};

#define AREA_ANY UINT64_MAX

enum area_word { AREA_START, AREA_END, AREA_OFFSET, AREA_TREE_START, AREA_TREE_END, AREA_TOTAL };

struct area_verdict {
	enum area_word word;
	size_t area;                  /* AREA_TOTAL: none */
	uint64_t found, expected;
};

/** What is judged. */
struct area_case {
	struct area *area;            /* in order; verdicts put their words right in it */
	size_t n;
	bool has_tree;                /* tree_start and tree_end are set */
	bool has_total;
	uint64_t total, page;         /* bytes that all areas should have together; of a page */
	uint64_t limit;               /* above all user addresses; 0: not known */
};

/** At most `max` verdicts; their number. */
size_t area_judge(struct area_case *c, struct area_verdict *ret, size_t max);

#endif
