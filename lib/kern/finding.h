/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * finding - what the registered checkers say of a dump.
 *
 * The vocabulary (struct cairn_finding, struct cairn_check, CAIRN_CHECK) is in lib/cairn.h;
 * here the checkers are run and what they say is kept.
 */
#ifndef CAIRN_KERN_FINDING_H
#define CAIRN_KERN_FINDING_H

#include "lib/base/arena.h"
#include "lib/base/set.h"
#include "lib/kern/session.h"

SET_DECLARE(cairn_checks, const struct cairn_check);

/** No checker's findings are kept beyond this number. */
#define FINDINGS_LIMIT 1000

/** One finding and who said it. */
struct said {
	const struct cairn_check *check;
	struct cairn_finding f;
};

/** What a checker could not look at. */
struct unseen {
	const struct cairn_check *check;
	const char *what;       /* NULL: anything at all */
	struct cairn_err why;
};

struct findings {
	struct said *said;      /* in the order of the checkers, then as they came */
	size_t n, cap;
	struct unseen *unseen;
	size_t nunseen, cap_unseen;
	size_t nchecks;         /* checkers that were run */
};

/** What to run, and how much of it. Zero-initialised: everything. */
struct check_limits {
	const char *only;     /* fnmatch() pattern of a checker's name or of one of its ids: only
				 those ids are kept; NULL: all */
	uint64_t deadline_ms; /* for all checkers together; 0: none */
	uint64_t budget;      /* objects that all checkers together may look at, as they count
				 them by cairn_go_on(): unlike a deadline, it ends at the same
				 place each time. 0: none */
};

/** Run the checkers in the order of their names; memory from the arena. What kept one from
 *  looking is in `unseen`. CAIRN_USAGE when `only` matches none; CAIRN_INTERRUPTED with what
 *  there is until then. */
enum cairn_code findings_get(struct findings *ret, struct cairn *c,
			     const struct check_limits *limits, struct arena *arena,
			     struct cairn_err *err);

/** One is worse than CAIRN_INFO, which a healthy machine may have, too. */
bool findings_any_fault(const struct findings *f);

/** Something was not looked at for another reason than that a healthy machine was at work on it. */
bool findings_lack(const struct findings *f);

/** All checkers, sorted by name; *n is their number. NULL when out of memory. */
const struct cairn_check *const *checks_sorted(struct arena *a, size_t *n);

/** The checkers are fit to be used together: names and ids differ, every id has a dot and is
 *  explained. CAIRN_USAGE names the first that is not. */
enum cairn_code checks_check(struct cairn_err *err);

/** The pattern names this checker, or one of its ids. */
bool check_matches(const struct cairn_check *check, const char *pattern);

/** "error", "certain", ...: as JSON has them. Never NULL. */
const char *severity_name(enum cairn_severity severity);
const char *grade_name(enum cairn_grade grade);

#endif
