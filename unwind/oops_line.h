/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oops_line - one line of a log as text: what the kernel wrote, and what was put before it.
 *
 * Before the kernel's words can stand, in this order and each of them or none: quotes of a mail
 * ("> > "), the date, host and program of a syslog, a level ("<4>", "kern  :warn  :"), a time
 * ("[   12.345678]", dmesg -T's "[Thu Nov 26 13:27:00 2026]"), who wrote it ("[  T123]", "[   C0]",
 * "[T123@C0]"). What else is on the line before a time is the console's, of other programs.
 * Sources: kernel/printk/printk.c (print_prefix), util-linux dmesg(1), syslog.
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
	bool user;         /* a level says that user space wrote it: it proves nothing */
};

/** No line is looked at beyond. */
#define OOPS_LINE_MAX 8192

/** Take the line apart. `len` is without '\n'; a '\r' at the end is taken off. */
void oops_line_read(struct oops_line *ret, const char *line, size_t len);

/** Same writer: lines of one report. */
bool oops_line_same_writer(const struct oops_line *a, const struct oops_line *b);

#endif
