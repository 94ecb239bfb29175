/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oops_advice - what is known of a trouble, and the commands that tell more in a dump.
 */
#ifndef CAIRN_UNWIND_OOPS_ADVICE_H
#define CAIRN_UNWIND_OOPS_ADVICE_H

#include <stdbool.h>
#include <stddef.h>

#define OOPS_STEPS 5

/**
 * A command of an advice. In braces stands what the log has: {pid}, {node} and {neighbour} (of a broken
 * maple tree), {place} (the function that crashed, with its offset), {address} (each of those that the
 * report's first line names). Where the log does not have it, the command is left out.
 */
struct oops_step {
	const char *command; /* NULL ends a row's */
	const char *why;     /* what it tells */
};

struct oops_advice {
	const char *class;    /* NULL: any */
	const char *function; /* base name; a '*' at its end: any that begins so; NULL: any */
	const char *known;
	struct oops_step step[OOPS_STEPS];
	const char *check;    /* in prose, for `explain` and where no step is left; NULL */
};

/** The n-th advice; false behind the last. */
bool oops_advice_nth(size_t n, const struct oops_advice **ret);

/** What is known of every crash of a class; false if nothing is. */
bool oops_advice_of_class(const char *class, const char **known, const char **check);

#endif
