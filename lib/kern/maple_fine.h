/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_fine - the nodes of a loaded tree that no rule says anything of, found at a glance.
 *
 * Nearly all nodes of nearly all trees. What a rule says, and of which word, costs branches and
 * second looks; that none says anything is found in one go: each node is read once, from the leaves
 * up, its gap recounted meanwhile, its entries asked some thousands at a time. What is not found
 * fine here is for the rules (maple_rule.h) to look at.
 */
#ifndef CAIRN_KERN_MAPLE_FINE_H
#define CAIRN_KERN_MAPLE_FINE_H

#include "lib/kern/maple_rule.h"

struct maple_fine {
	unsigned char *node;   /* of each node: 1, no rule would say anything of it */
	uint64_t *gap;         /* as maple_recount() has it */
	uint64_t entries, sum; /* of the leaves that are fine: entries, and indices that they have */
};

/** CAIRN_NOMEM, or CAIRN_INTERRUPTED; *ret is to be freed in any case. */
enum cairn_code maple_fine_find(const struct maple *m, const struct maple_entries *e,
				struct maple_fine *ret);
void maple_fine_free(struct maple_fine *f);

#endif
