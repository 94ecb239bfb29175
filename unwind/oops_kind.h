/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oops_kind - the kinds of trouble that a kernel reports, as data: by which words it begins,
 * what its title is, and where in it the function to blame is looked for.
 *
 * Titles are the ones under which the reports of syzbot are known, so that they can be looked up.
 */
#ifndef CAIRN_UNWIND_OOPS_KIND_H
#define CAIRN_UNWIND_OOPS_KIND_H

#include "unwind/oops_text.h"

/** Where in a report the function to blame is looked for. */
enum oops_where {
	OOPS_NOWHERE,   /* the kind has none */
	OOPS_ALONE,     /* likewise, and it is one line: another report may go on behind it */
	OOPS_IN_REGS,   /* at the interrupted instruction, then in the trace */
	OOPS_ONLY_REGS, /* at the interrupted instruction alone */
	OOPS_IN_TRACE,  /* in the first trace */
	OOPS_IN_HEAD,   /* the function that the first line names, then the trace */
	OOPS_IN_LINES,  /* frames behind the first line, in a trace or not */
	OOPS_IN_HEAD_LINES, /* the first line's function, then as IN_LINES */
	OOPS_IN_LOCK,   /* at the locks that are taken ("at: foo+0x1/0x2"), then in their traces */
	OOPS_ON_HEAD,   /* the function that the first line names, by itself */
	OOPS_ON_LOCK,   /* the function of the first line with "at: foo+0x1/0x2", by itself */
	OOPS_IN_STALL,  /* as IN_REGS, but that function for which others loop (guilty.h) */
	OOPS_IN_RCU,    /* as IN_STALL, behind the timer's interrupt */
	OOPS_IN_STALL_TRACE,
	OOPS_IN_HANG,   /* in the trace, what waits apart from how it waits */
};

struct oops_kind {
	/* The first line of a report of this kind (piece_glob). */
	const char *line;
	/* What a later line must hold for the row to count (piece_glob, its captures follow those
	   of `line`, its beginning is anywhere in a line); NULL: nothing. */
	const char *later;
	/* $1 to $6: what the asterisks stand for; $f: the function to blame; $a: "Read" or "Write",
	   without which the row does not count. NULL: what begins like this is no report. */
	const char *title;
	enum oops_where where;
	/* Lines that must have come before frames count (piece_glob, anywhere in a line); NULL: none. */
	const char *after;
	/* Functions that are not blamed here, besides those of guilty.h: names and pieces of them
	   with blanks between; NULL: none. */
	const char *skip;
};

/** The row for a line that can begin a report; NULL: it does not. */
const struct oops_kind *oops_kind_of(struct piece line);

/** The rows that follow, for the same line; NULL: no more. */
const struct oops_kind *oops_kind_next(const struct oops_kind *kind, struct piece line);

/** Of a line that does not shout (piece_shouts) and can have words for oops_kind_words(): the
 *  character that it begins with behind blanks, or it has words of those within. */
void oops_kind_begins(bool may[256]);
bool oops_kind_within(struct piece line);

/** The line without what some kernels put around the words: "[ INFO: ... ]", "Oops: "; and the row
 *  for those, as oops_kind_of(). */
struct piece oops_kind_words(struct piece line, const struct oops_kind **kind);

#endif
