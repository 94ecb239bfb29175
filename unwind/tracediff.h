/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tracediff - the trace that the kernel printed, held against the one that was unwound.
 *
 * Compared are functions by name, from the one that crashed outward: of the log those that the
 * kernel's own unwinder was sure of, of the dump those with a name. What both have in the same order
 * (the longest such row) is the same; the rest is told. Neither side is right by itself: a log may
 * be cut, a stack written to since. Where the kernel's own unwinder is known to get lost
 * (signature.h), the comparison ends.
 */
#ifndef CAIRN_UNWIND_TRACEDIFF_H
#define CAIRN_UNWIND_TRACEDIFF_H

#include "unwind/oops.h"
#include "unwind/trace.h"

/** No more names are kept of what one side has alone. */
#define TRACEDIFF_NAMES 6

struct tracediff {
	size_t nsame;
	size_t nlog, ndump;    /* that the log, that the dump has alone: between functions that both
				  have, or at the end of a trace that is complete */
	const char *log[TRACEDIFF_NAMES], *dump[TRACEDIFF_NAMES]; /* the first of them */
};

/** False if there is nothing to compare: the log does not name the function that crashed, or one of
 *  them has no sure, named frame. */
bool tracediff(struct tracediff *ret, const struct oops *log, const struct trace *dump,
	       struct arena *a);

/** The same of a dump's trace from this frame on: of who did not crash, but was watched. */
bool tracediff_from(struct tracediff *ret, const struct oops *log, const struct trace *dump,
		    const struct frame *first, struct arena *a);

#endif
