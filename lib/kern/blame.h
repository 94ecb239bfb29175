/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blame - which finding explains a crash, and what part the crashed task had in it.
 *
 * A table says which families of findings explain which crashes, by the crash's class and by
 * the functions that crashed. Among those that do, one that is about the crashed task's own
 * objects goes before one that a register of the crash points to, and that before one of which only
 * the kind fits.
 */
#ifndef CAIRN_KERN_BLAME_H
#define CAIRN_KERN_BLAME_H

#include "lib/kern/finding.h"

/** What the task that crashed was: it ran into what was broken before; it did it itself; it only
 *  reported it (a watchdog). BLAME_OPEN: one of the first two. */
enum blame_role { BLAME_VICTIM, BLAME_CULPRIT, BLAME_WITNESS, BLAME_OPEN };

/** Memory that belongs to who crashed, or to whom the kernel complained of. */
struct blame_own {
	uint64_t begin, end;
	const char *what; /* "mm", "stack", "task", ... */
};

/** A crash, or a complaint of the kernel's that it went on after. */
struct blame_case {
	const char *class;           /* as crashclass.h has it */
	const char *const *function; /* that crashed, and its callers; innermost first */
	size_t nfunctions;
	const struct blame_own *own;
	size_t nown;
	const uint64_t *reg;         /* values of registers when it crashed */
	size_t nregs;
};

struct blame {
	const struct said *said;     /* the finding */
	enum blame_role role;
	const char *why;             /* one line: what the function, or the task, did */
	const char *function;        /* of the case, by which the table knows it; NULL: by the class
					alone */
	const char *own;             /* what of the case's own it is about; NULL: nothing known */
	bool by_register;            /* a register pointed to what it is about */
};

/** The finding that explains the case best; false if none does. Borrowed from both. */
bool blame_find(struct blame *ret, const struct findings *f, const struct blame_case *of);

/** "victim", ...; NULL for BLAME_OPEN. */
const char *blame_role_name(enum blame_role role);

#endif
