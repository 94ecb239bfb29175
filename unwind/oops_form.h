/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oops_form - the forms of what is put before the kernel's words: levels, times, callers, dates,
 * hosts and programs, as data.
 *
 * One table, tried in its order, from the line's beginning on as long as a row fits behind the one
 * before. To read another form, add a row to it.
 * Sources: kernel/printk/printk.c (print_prefix, info_print_ext_header), util-linux dmesg(1),
 * journalctl(1), RFC 3164 and 5424, fs/pstore; Android's, MediaTek's and Qualcomm's printk.
 */
#ifndef CAIRN_UNWIND_OOPS_FORM_H
#define CAIRN_UNWIND_OOPS_FORM_H

#include <stdbool.h>

#include "unwind/oops_line.h"

/** What is left of a line, and what was taken off. */
struct oops_rest {
	const char *p, *end;
	unsigned seen; /* enum oops_seen, of all rows so far */
	bool blank;    /* the blank that comes is of the prefix, not of the text */
};

enum oops_seen {
	OOPS_SEEN_DATE = 1,    /* of a wall clock, not in brackets: a program may follow */
	OOPS_SEEN_TIME = 2,    /* in brackets */
	OOPS_SEEN_PROGRAM = 4, /* a syslog's */
	OOPS_SEEN_OTHER = 8,
	OOPS_SEEN_KMSG = 16,   /* /dev/kmsg: what follows is escaped */
};

/** Take off the row that fits; false if none does. */
bool oops_form_take(struct oops_rest *r, struct oops_line *ret);

/** "12.345678]" and blanks before it: where it ends, or NULL. */
const char *oops_form_time(const char *p, const char *end, double *seconds);

#endif
