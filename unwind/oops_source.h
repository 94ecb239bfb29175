/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oops_source - the lines of a log one after the other, from whatever holds them.
 *
 * A log may be larger than what is kept of it, so that no more than a line is made at a time. What
 * is not plain text is made so here: UTF-16 (a serial console that Windows recorded), a terminal's
 * colours, a mail's no-break spaces, a page's entities, what a syslog, /dev/kmsg or a journal's JSON
 * escape. A record of several lines is several lines. Parts that a pstore has stored last first are
 * put in order.
 *
 * A source is a value: a copy of it reads on by itself, which is how one looks ahead.
 */
#ifndef CAIRN_UNWIND_OOPS_SOURCE_H
#define CAIRN_UNWIND_OOPS_SOURCE_H

#include "lib/base/arena.h"
#include "lib/kern/log.h"
#include "unwind/oops_line.h"
#include "unwind/oops_text.h"

/** A run of a text's lines. */
struct oops_part {
	struct piece text;
	size_t first; /* its first line in the whole, from 0 */
};

struct oops_source {
	/* False at the end, or where `failed` is set. Text is borrowed, or the arena's. */
	bool (*next)(struct oops_source *s, struct oops_line *ret);
	struct arena *a;
	bool failed;             /* out of memory */
	/* of a text */
	const struct oops_part *part; /* those that follow */
	size_t nparts;
	struct piece rest;       /* of the part that is being read */
	size_t no;               /* of its next line */
	bool plain;              /* no line has to be rewritten for what terminals and mails do */
	struct oops_host host;
	/* lines that follow in the same record */
	struct oops_line last;
	struct piece more;
	/* of a dump's log */
	const struct log *log;
	size_t record;
};

/** A text's lines. False: out of memory. */
bool oops_source_text(struct oops_source *s, const char *text, size_t len, struct arena *a);

/** Those of the records of a dump's log, from record `from` on. */
void oops_source_log(struct oops_source *s, const struct log *log, size_t from, struct arena *a);

/** A text of UTF-16 as UTF-8; the same if it is none. p NULL: out of memory. */
struct piece oops_utf16(struct piece text, struct arena *a);

/** The parts of a text in the order in which the kernel wrote them; one where no pstore's heads are.
 *  NULL: out of memory. */
const struct oops_part *oops_pstore(struct piece text, size_t *n, struct arena *a);

/** Whether a text has anything that oops_plain() would change. */
bool oops_is_plain(struct piece text);

/** A line without colours, no-break spaces, entities and syslog's "#012"; it may then be several. p NULL: out
 *  of memory. */
struct piece oops_plain(struct piece line, struct arena *a);

/** "\x0a" and such of /dev/kmsg as bytes. p NULL: out of memory. */
struct piece oops_unescape(struct piece text, struct arena *a);

/** A journal's record in JSON. */
struct oops_journal {
	struct piece message; /* decoded */
	bool user;            /* no kernel's */
	bool has_time;
	double time;          /* since boot */
};

/** False: the line is no such record. message.p NULL: out of memory. */
bool oops_journal_read(struct oops_journal *ret, struct piece line, struct arena *a);

#endif
