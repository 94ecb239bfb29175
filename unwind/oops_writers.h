/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oops_writers - the reports that are being written, one a writer, however many write at a time.
 */
#ifndef CAIRN_UNWIND_OOPS_WRITERS_H
#define CAIRN_UNWIND_OOPS_WRITERS_H

#include "lib/base/map.h"
#include "unwind/oops_priv.h"

/** Reports at a time that other CPUs tell of themselves in. */
#define OOPS_ASKING 16

struct oops_writers {
	struct map open; /* writer -> report, 0: none */
	struct oops_report *asking[OOPS_ASKING]; /* the last is the newest */
	size_t nasking;
};

/** What the writer of a line is writing; NULL: nothing. */
struct oops_report *oops_writers_open(const struct oops_writers *w, const struct oops_line *line);

/** The report that asked other CPUs to tell of themselves, if the line is a CPU's. */
struct oops_report *oops_writers_asked(const struct oops_writers *w, const struct oops_line *line);

/** The writer of r->by begins it, and ends what it wrote before. False: out of memory. */
bool oops_writers_begin(struct oops_writers *w, struct oops_report *r);
void oops_writers_end(struct oops_writers *w, const struct oops_report *r);

/** It asks other CPUs. */
void oops_writers_ask(struct oops_writers *w, struct oops_report *r);

#endif
