/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mutate - checkers measured: one word of a healthy dump is changed in memory, the checker looks
 * at what it belongs to, the word is put back; thousands of times.
 *
 * A family is one file here; its last line is MUTATIONS(&family). It knows which words there
 * are, which values change an invariant, and how to ask the checker about the structure that a
 * word is in.
 */
#ifndef CAIRN_TESTDATA_MUTATE_H
#define CAIRN_TESTDATA_MUTATE_H

#include "lib/base/arena.h"
#include "lib/base/set.h"
#include "lib/kern/session.h"

/** Repeatable numbers: xorshift64*. Never 0 as state. */
uint64_t mutate_random(uint64_t *state);
uint64_t mutate_below(uint64_t *state, uint64_t n);

/** A word that may be changed. */
struct mutable_word {
	uint64_t addr;       /* kernel address */
	unsigned size;
	uint64_t old;
	const char *kind;    /* "pivot", "parent": a row of the table */
	uint64_t owner;      /* for the family: which structure it is in */
	uint64_t more;       /* for the family */
};

struct mutable_words {
	struct mutable_word *word;
	size_t n, cap;
};

/** Add one. */
void mutate_word(struct mutable_words *to, struct mutable_word w);

/** Likewise, of at most 8 bytes in memory; one that cannot be read is left out. */
void mutate_word_at(struct mutable_words *to, struct space *sp, const char *kind, uint64_t addr,
		    unsigned size, uint64_t more);

/** Call `each` for every task's address space, once. */
enum cairn_code mutate_each_mm(struct cairn *c, void (*each)(void *arg, uint64_t mm), void *arg,
			       struct cairn_err *err);

/** A change: what the word becomes, and how that value was made. */
struct change {
	uint64_t value;
	const char *how;     /* "one bit", "zero" */
};

/** A value that is not the old one and of which `breaks` says that it changes an invariant; false:
 *  none was found. */
bool mutate_until(void *state, const struct mutable_word *w, uint64_t *random, struct change *ret,
		  bool (*breaks)(const void *state, const struct mutable_word *w, uint64_t value));

/** Another value of any kind, or one of n that others have, which is then said to be made `how`.
 *  It may be the old one. */
struct change mutate_other(const struct cairn *c, const struct mutable_word *w, uint64_t *random,
			   const uint64_t *others, size_t n, const char *how);

/** What the checker said. */
struct answer {
	size_t findings;     /* at all */
	size_t unseen;       /* what is told as not looked at; need not be known where there are
				findings */
	bool named;          /* of the word that was changed */
	bool expected;       /* with the value that it had */
	char first[96];      /* of the first finding: id and word, for misses */
};

struct family {
	const char *name;
	double found, named; /* what is demanded of it, as parts of 1 */
	double unseen;       /* of slim dumps: as many changes at most may lead to what they lack */
	/** State of one dump, freed by end(); the words that may be changed. CAIRN_MISSING: this dump
	 *  has none. */
	enum cairn_code (*begin)(struct cairn *c, void **state, struct mutable_words *words,
				 struct cairn_err *err);
	void (*end)(void *state);
	/** A value that changes an invariant; false: none was found for this word. */
	bool (*change)(void *state, const struct mutable_word *w, uint64_t *random,
		       struct change *ret);
	/** Ask the checker; w NULL: about everything, untouched. */
	enum cairn_code (*ask)(void *state, const struct mutable_word *w, struct answer *ret,
			       struct cairn_err *err);
};

/** ask() of a family whose checkers are those that match `only`: a word is named if one of the findings
 *  is about it, or about what it shares 8 bytes with. Memory from the arena, which is reset. */
enum cairn_code mutate_ask(struct cairn *c, struct arena *a, const char *only,
			   const struct mutable_word *w, struct answer *ret, struct cairn_err *err);

SET_DECLARE(mutations, const struct family);
#define MUTATIONS(member) SET_ADD(mutations, const struct family, member)

#endif
