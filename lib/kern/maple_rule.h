/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_rule - what holds for every maple tree that nobody is changing, and where it does not.
 *
 * Each rule has the id of the finding that tells of it. They were held against the kernel's own
 * lib/maple_tree.c (6.1, 6.12, 7.2; 32 and 64 bit; all modes) after each of many thousand random
 * stores; mt_validate() checks some of them. What a rule says contradicts is the start of a
 * verdict (maple_check.h), not the end: of two words that disagree, either may be the bad one.
 */
#ifndef CAIRN_KERN_MAPLE_RULE_H
#define CAIRN_KERN_MAPLE_RULE_H

#include "lib/kern/maple.h"

enum maple_rule {
	MAPLE_RULE_ROOT_TAG,       /* ma_root is no link to a node */
	MAPLE_RULE_ROOT_PARENT,    /* the root's parent is not the tree */
	MAPLE_RULE_NODE_ALIGN,     /* a slot's low bits are no node's, or there is no memory */
	MAPLE_RULE_NODE_OVERWRITTEN, /* a node is overwritten as a whole */
	MAPLE_RULE_NODE_UNREAD,    /* a slot leads to what the dump has not, another node names it */
	MAPLE_RULE_NODE_TYPE,      /* an inner node of the type that such a tree has not */
	MAPLE_RULE_DEAD_LINKED,    /* a node that was taken out of the tree is in it */
	MAPLE_RULE_NODE_SHARED,    /* a node is reached twice */
	MAPLE_RULE_PARENT_TYPE,    /* a parent word has the low bits of none */
	MAPLE_RULE_PARENT_SLOT,    /* a parent word names another slot */
	MAPLE_RULE_PARENT_NODE,    /* a parent word names another node */
	MAPLE_RULE_CHILD_NULL,     /* an inner node has an empty slot */
	MAPLE_RULE_DEPTH,          /* leaves lie at different depths */
	MAPLE_RULE_FLAGS,          /* ma_flags are none that such a tree has */
	MAPLE_RULE_HEIGHT,         /* ma_flags has another height */
	MAPLE_RULE_PIVOT_ORDER,    /* pivots do not rise */
	MAPLE_RULE_PIVOT_RANGE,    /* a pivot lies outside of its node, or the last is not its end */
	MAPLE_RULE_PIVOT_ZERO,     /* a pivot in use is 0 */
	MAPLE_RULE_PIVOT_ENTRY,    /* a pivot is not where its entry says */
	MAPLE_RULE_END_RANGE,      /* a node ends behind its last slot */
	MAPLE_RULE_END_META,       /* meta.end is not where the node ends */
	MAPLE_RULE_END_MIN,        /* a node has fewer entries than it may */
	MAPLE_RULE_TAIL_SLOT,      /* a slot behind the end is in use */
	MAPLE_RULE_TAIL_PIVOT,
	MAPLE_RULE_TAIL_GAP,
	MAPLE_RULE_NULL_ADJACENT,  /* two ranges without entry follow each other */
	MAPLE_RULE_NULL_LEAF_END,  /* a leaf ends with a range without entry */
	MAPLE_RULE_ROOT_SINGLE,    /* the root has one child only */
	MAPLE_RULE_GAP_PARENT,     /* a gap is not what the child has */
	MAPLE_RULE_GAP_NOT_MAX,    /* meta.gap does not name the greatest gap */
	MAPLE_RULE_GAP_TOO_BIG,    /* a gap is greater than the range that it lies in */
	MAPLE_RULE_GAP_META_RANGE, /* meta.gap names a slot that is not in use */
	MAPLE_RULE_ENTRY_RESERVED, /* an entry that is none */
	MAPLE_RULE_ENTRY_WRONG,    /* an entry is no object of this tree */
	MAPLE_RULE_ENTRY_UNREAD,   /* an entry is what the dump has not, another one fits */
	MAPLE_RULE_ENTRY_OVERWRITTEN, /* an entry's object is overwritten */
	MAPLE_RULE_ENTRY_LOST,     /* there are not as many entries as there should be */
	MAPLE_RULE_ENTRY_TOTAL,    /* the entries' ranges do not add up to what they should */
	MAPLE_RULES,
};

/** "maple.gap.parent-mismatch" */
const char *maple_rule_id(enum maple_rule rule);

/** It is about what is known beside the tree: the tree is not to blame if nothing else is. */
bool maple_rule_is_outside(enum maple_rule rule);

/** It is a question, no contradiction: only a repair that makes all fit answers it. */
bool maple_rule_is_question(enum maple_rule rule);

/** A healthy kernel may look like that, too. */
bool maple_rule_is_doubt(enum maple_rule rule);

/** What an entry says of itself. */
enum maple_said {
	MAPLE_SAYS_RANGE,   /* an object of this tree, for that range */
	MAPLE_SAYS_NOTHING, /* it cannot be read, or does not tell */
	MAPLE_SAYS_OTHER,   /* it is no object of this tree; the range it has, if any */
};

/** Entries that a tree has, and the ranges that it has them for: many at a time. */
struct maple_asked {
	const uint64_t *entry, *first, *last;
	unsigned char *agrees; /* 0; is set where an entry says MAPLE_SAYS_RANGE, and just that range */
	size_t n;
	size_t nodes;          /* that the tree has: there may be many more to ask */
};

/** What whoever owns a tree knows of its entries. Zero-initialised: nothing. */
struct maple_entries {
	void *arg;
	enum maple_said (*says)(void *arg, uint64_t entry, uint64_t *first, uint64_t *last);
	/* Likewise of many, of which those that agree are not asked again. It may go on in the
	   background until answer(), or until the next are asked: those before have answered when
	   it returns. Returns how many it is best asked at a time. May be NULL. */
	size_t (*ask)(void *arg, const struct maple_asked *q);
	void (*answer)(void *arg);
	/* The object for exactly that range, found elsewhere than in the tree. */
	bool (*find)(void *arg, uint64_t first, uint64_t last, uint64_t *entry);
	uint64_t align;     /* of the ranges' bounds; 0: not known */
	/* What the dump has not at that address is surely no object of the slab allocator. */
	bool (*is_elsewhere)(void *arg, uint64_t addr);
	/* A node, in use or not, lies at that address. */
	bool (*is_node)(void *arg, uint64_t addr);
	/* An entry that find() has found is in use; NULL: not known. */
	bool (*is_used)(void *arg, uint64_t entry);
	/* An object of the entries' kind lies there and says nothing that one of any tree would say:
	   the slot is right, and the object is overwritten. *name: what the kernel calls it. */
	bool (*is_overwritten)(void *arg, uint64_t entry, const char **name);
	bool counted;       /* `count` is how many entries there are to be */
	uint64_t count;
	bool summed;        /* `sum` is how many indices they have */
	uint64_t sum;
	bool zero;          /* XA_ZERO_ENTRY is an entry like others */
	bool flagged;       /* `flags` is ma_flags of such trees, whatever height they have */
	uint64_t flags;
};

/** One contradiction. */
struct maple_wrong {
	enum maple_rule rule;
	uint32_t node;      /* place in struct maple.node; MAPLE_NONE: the tree itself */
	uint64_t addr;      /* the word that is looked at first */
	uint64_t expected, found;
	uint8_t size;       /* of the word; meta is bytes */
	uint8_t slot;       /* which of the pivots, slots, gaps */
	bool told;          /* `expected` is known */
};

struct maple_wrongs {
	struct maple_wrong *wrong;
	size_t n, cap;
	bool full;          /* no more room, or no memory: there are more */
};

/** Hold a loaded tree against all rules, adding to `ret` at most `limit`. False when
 *  interrupted. */
bool maple_rules_check(const struct maple *m, const struct maple_entries *e, size_t limit,
		       struct maple_wrongs *ret);
void maple_wrongs_deinit(struct maple_wrongs *w);

#endif
