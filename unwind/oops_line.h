/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oops_line - one line of a log as text: what the kernel wrote, and what was put before it.
 *
 * What can stand before the kernel's words is a table: oops_form.h. What else is on the line before a
 * time is the console's, of other programs.
 */
#ifndef CAIRN_UNWIND_OOPS_LINE_H
#define CAIRN_UNWIND_OOPS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct oops_line {
	const char *text;  /* borrowed; without line end */
	size_t len;
	bool stamped;      /* it has a time since boot */
	double time;       /* seconds; only if stamped */
	char by;           /* 'T': a task, 'C': a CPU wrote it; 0: not said */
	uint32_t caller;   /* its number */
	bool user;         /* a level or a program's name says that user space wrote it: it proves
			      nothing */
	bool escaped;      /* as /dev/kmsg has it: "\x0a" */
	size_t no;         /* of the log's lines, from 0 */
};

/** The machine that a syslog is of, as its kernel's lines say; n 0: none was seen. Borrowed. */
struct oops_host {
	const char *p;
	size_t n;
};

/** No line is looked at beyond. */
#define OOPS_LINE_MAX 8192

/** Take the line apart. `len` is without '\n'; a '\r' at the end is taken off. `host` is the log's. */
void oops_line_read(struct oops_line *ret, const char *line, size_t len, struct oops_host *host);

/** Same writer: lines of one report. */
bool oops_line_same_writer(const struct oops_line *a, const struct oops_line *b);

#endif
