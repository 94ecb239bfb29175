/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log_out - a record of the kernel's log as dmesg shows it, and its fields.
 */
#ifndef CAIRN_CMD_LOG_OUT_H
#define CAIRN_CMD_LOG_OUT_H

#include "lib/base/out.h"
#include "lib/kern/clock.h"
#include "lib/kern/log.h"

/** What is shown in text besides the record's own; zero is dmesg's way. */
struct log_look {
	const struct clock *wall; /* date and time in place of seconds since boot; NULL: not */
	bool no_time;             /* no time stamp */
	bool caller;              /* the thread or CPU that wrote the record */
	bool names;               /* facility and level */
	bool device;              /* subsystem and device, on lines of their own */
	bool repeat_prefix;       /* on every line of a record, not only its first */
	int margin;               /* spaces before each line */
};

/** The fields of cairn.log/1 into an open record or object, and whole lines of text. */
void log_fields(struct out *o, const struct log_look *look, const struct log_record *rec);

#endif
