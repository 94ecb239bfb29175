/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_check_impl - what the files of maple_check share; nobody else includes it.
 *
 * maple_check.c looks for one bad word after the other, maple_check_try.c tries a repair out,
 * maple_check_verdict.c makes a finding of the best one, maple_check_whole.c looks at all of them
 * together.
 */
#ifndef CAIRN_KERN_MAPLE_CHECK_IMPL_H
#define CAIRN_KERN_MAPLE_CHECK_IMPL_H

#include "lib/kern/maple_check.h"
#include "lib/kern/maple_repair.h"

#define VERDICTS 16 /* of one tree: what is broken more thoroughly is told no better */

/** The indices that a bad word is about. */
struct court_extent {
	uint64_t lo, hi;
};

struct court {
	const struct maple_subject *s;
	struct maple m;                /* the tree with all repairs so far: parameters only */
	struct maple_entries entries;
	struct maple_wrongs given_up;  /* told as they are */
	struct maple_verdict verdict[VERDICTS];
	struct maple_wrong *because[VERDICTS];
	bool dropped[VERDICTS]; /* told by another */
	struct court_extent extent[VERDICTS];
	size_t n;
};

/** The best repair so far. */
struct court_best {
	struct maple_repair repair;
	struct maple_wrongs left; /* that it leaves */
	size_t cost;
	unsigned rank;
	bool any;
};

/** The same tree, not loaded. */
struct maple court_again(const struct maple *m);

/** Load the tree with its repairs and hold it against the rules: what nobody has given up, at most
 *  `limit`. */
enum cairn_code court_try(struct court *t, struct maple *m, size_t limit, struct maple_wrongs *ret,
			  struct cairn_err *err);

/** Make a repair one of the tree's; false: there are too many. */
bool court_apply(struct maple *m, const struct maple_repair *r);

/** Try a repair of a tree that has `limit` contradictions without it; keep it if it is better. */
enum cairn_code court_weigh(struct court *t, const struct maple *before, size_t limit,
			    const struct maple_repair *r, struct court_best *best,
			    struct cairn_err *err);

/** Nodes that may be looked at beyond the first time are spent. */
bool court_is_spent(const struct court *t);
void court_spend(const struct court *t, size_t nodes);

bool court_has(const struct maple_wrongs *set, const struct maple_wrong *w);

/** Of the node at that address; -1: there is none. */
int court_type_at(const struct maple *m, uint64_t node);

/** One more verdict: by the best repair, which goes into the tree, or as the first rule of `w` has
 *  it, which is given up with what else is said of its node. */
void court_convict(struct court *t, const struct maple *m, struct maple_wrongs *w,
		   const struct court_best *best);
void court_convict_as_found(struct court *t, const struct maple *m, struct maple_wrongs *w);

/** Nobody answers these questions. */
void court_drop(struct court *t, const struct maple_wrongs *w);

/** A verdict becomes one on a node, or an entry's object, as a whole. */
void court_convict_node(struct court *t, uint64_t node, struct maple_verdict *v);
void court_convict_entry(struct court *t, uint64_t entry, struct maple_verdict *v);

enum cairn_grade court_grade(const struct court *t, const struct maple_verdict *v);

/** Where many words of one node are bad, the node is; and more than one store leaves is not in flight. */
void court_sum_up(struct court *t);

#endif
