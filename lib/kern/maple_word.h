/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_word - the words of a maple tree: what each is, what the kernel calls it, and which rule
 * says best that it is bad.
 *
 * A word is named by the type of its node (enum maple_type; less than 0: it is of the struct
 * maple_tree) and its offset there.
 */
#ifndef CAIRN_KERN_MAPLE_WORD_H
#define CAIRN_KERN_MAPLE_WORD_H

#include "lib/kern/maple_rule.h"

#define MAPLE_FIELD 48

/** How the kernel calls it: "maple_node.ma64.gap[3]". */
void maple_field(const struct maple_layout *l, int type, unsigned offset, char *buf, size_t size);

enum maple_word_kind {
	MAPLE_WORD_PARENT,
	MAPLE_WORD_LINK,  /* to a node */
	MAPLE_WORD_PIVOT,
	MAPLE_WORD_SLOT,  /* an entry */
	MAPLE_WORD_GAP,
	MAPLE_WORD_META,
	MAPLE_WORD_TREE,
};

/** What a word of that size (bytes) is. */
enum maple_word_kind maple_kind_of_word(const struct maple_layout *l, int type, unsigned offset,
					unsigned size);

/** A healthy kernel may look like all of them. */
bool maple_only_doubts(const struct maple_wrong *w, size_t n);

/** Of the contradictions that one bad word made, the rule to tell it by. `is_end`: it is
 *  meta.end. */
enum maple_rule maple_rule_for(enum maple_word_kind kind, uint64_t addr, bool is_end,
			       const struct maple_wrong *w, size_t n);

#endif
