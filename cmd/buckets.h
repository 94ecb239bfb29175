/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * buckets - records that are of one bug, together.
 *
 * Records with a signature are of one bug when it is the same; those without one when their fate
 * or class is. Where the signature does not tell, those of different causes are of different bugs:
 * of dumps that were asked for (cause.h), of what has hung, of what names no function. There those
 * without a cause (a log has none) go with the others, if these are of one; but a dump that was
 * asked for and tells of nothing is of no bug. Records of a cause that the logs of dumps of another
 * tell go with these, if that is one.
 *
 * A record that was given before, or another one of the same dump, does not count again: the last of
 * them does. It is of the same dump if its file is called the same, and it tells of the same kernel
 * that died at the same moment; hosts may call their dumps alike. What does not tell when (no
 * report, no crash, a log without times) is never taken for the same, nor is what has no name.
 */
#ifndef CAIRN_CMD_BUCKETS_H
#define CAIRN_CMD_BUCKETS_H

#include "cmd/jsonrec.h"
#include "lib/base/arena.h"

/** What is kept of one record; a text that it does not have is NULL. */
struct sight {
	const char *key;       /* what it is sorted by; never NULL */
	bool joins;            /* it has no cause, and goes with those that have */
	const char *log_key;   /* that its log has; NULL: the same */
	const char *signature, *fuzzy, *cause, *class, *title, *release, *date, *file, *fate;
	uint64_t mark;         /* jsonrec.h */
	size_t nth;            /* of all that were added */
	size_t doubles;        /* records of the same that came before it */
};

/** Zero-initialised is valid and empty. */
struct sights {
	struct sight *sight;
	size_t n, cap;
	size_t doubles;        /* records that are no longer there, as later ones are of the same */
	/* set before anything is added */
	bool by_fuzzy;         /* the fuzzy signature counts */
	bool any_cause;        /* the cause does not */
	const char *since;     /* the beginning of a date: none before it is recent; NULL: all are */
};

/** sight[from] to sight[from + n - 1] are of one bug. */
struct bucket {
	size_t from, n;
	size_t recent;            /* of the n */
	size_t doubles;           /* besides the n */
	const char *first, *last; /* the earliest and the latest date; NULL: none has one */
};

struct buckets {
	struct bucket *bucket;
	size_t n;
};

/** Keep a copy of a record. */
enum cairn_code sights_add(struct sights *s, const struct jsonrec *r, struct arena *a,
			   struct cairn_err *err);

/** Keep one of a dump, sort them, by key, date, file, and group them: those of most recent records first, then by how
 *  many there are, then by key. */
enum cairn_code buckets_make(struct buckets *ret, struct sights *s, struct arena *a,
			     struct cairn_err *err);

/** Whether it was at s->since or later, as far as is known: one without a date may have been. */
bool sight_is_recent(const struct sights *s, const struct sight *sight);

#endif
