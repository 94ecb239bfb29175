/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_check - which word of a maple tree is bad, and what it should be.
 *
 * The rules (maple_rule.h) tell of words that contradict each other. One bad word may break many
 * rules; so every word that could be it (maple_repair.h) is put right in memory, and the tree is
 * held against the rules again: the repair that leaves the fewest contradictions is the verdict,
 * those that it made go away are its evidence. A bad word for which nothing better is known is
 * told as the rule found it.
 */
#ifndef CAIRN_KERN_MAPLE_CHECK_H
#define CAIRN_KERN_MAPLE_CHECK_H

#include "lib/kern/maple_word.h"

/** Who is at work on the tree: of its own lock, or of the one around it. */
struct maple_lock_state {
	bool known;
	bool written;   /* held by a writer */
	uint64_t owner; /* its task_struct; 0: not known */
};

/** One bad word. */
struct maple_verdict {
	enum maple_rule rule;
	enum cairn_grade grade;
	uint64_t tree, node;    /* node 0: the struct maple_tree itself */
	uint64_t lo, hi;        /* the indices that the node is for */
	uint64_t addr;          /* of the word */
	unsigned size;
	char field[MAPLE_FIELD]; /* "maple_node.ma64.gap[3]" */
	uint64_t expected, found;
	bool told;              /* expected is known */
	int bit;                /* the one bit in which they differ; -1 */
	bool of_object;         /* the word is none of the tree: the entry `found` has a bad word */
	bool is_leaf;           /* the node is one */
	bool of_entries;        /* the tree may have other entries, or ranges for them, than it shows */
	bool filled;            /* of a node that is overwritten: all its words are `found` */
	bool twice;             /* the leaf's last entry is there twice: three words of one store */
	uint64_t neighbour;     /* the node before, whose owner wrote beyond its end; 0: none */
	const struct maple_wrong *because; /* what it explains; borrowed during the call */
	size_t nbecause;
};

typedef void (*maple_tell)(void *arg, const struct maple_verdict *v);

/** What to look at. */
struct maple_subject {
	struct cairn *c;
	const struct maple_layout *layout;
	struct shelf *shelf;                 /* for the nodes */
	uint64_t tree;
	const struct maple_entries *entries; /* NULL: nothing is known of them */
	const struct maple_lock_state *lock; /* NULL: not known */
	size_t limit;                        /* of nodes */
	size_t *trials;                      /* nodes that may still be looked at to try repairs; a
						word is told as the rule found it when there are
						none left. NULL: no bound */
	/* Told of each node of a tree that has no bad word and that no writer is known to have locked;
	   quiet: it is known that none has. May be NULL. */
	void (*node)(void *arg, uint64_t addr, bool quiet);
	void *node_arg;
};

struct maple_checked {
	size_t nodes, depth;  /* depth: levels */
	struct cairn_err lost; /* the first part that could not be looked at; code 0: none */
};

/** Verify a tree and tell of each bad word once. An error is what kept it from looking:
 *  CAIRN_FAULT, CAIRN_NOMEM, CAIRN_INTERRUPTED. */
enum cairn_code maple_verify(const struct maple_subject *s, maple_tell tell, void *arg,
			     struct maple_checked *ret, struct cairn_err *err);

#endif
