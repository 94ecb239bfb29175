/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clock - the time of the crashed machine.
 *
 * From the kernel's timekeeper, as of its last tick before the end. Sources:
 * include/linux/timekeeper_internal.h, kernel/time/timekeeping.c.
 */
#ifndef CAIRN_KERN_CLOCK_H
#define CAIRN_KERN_CLOCK_H

#include <stdint.h>

#include "lib/kern/session.h"

struct clock {
	int64_t wall_ns;     /* CLOCK_REALTIME, since 1970 */
	int64_t uptime_ns;   /* CLOCK_BOOTTIME: with time spent suspended */
	int64_t to_wall_ns;  /* add to a CLOCK_MONOTONIC time, such as a log record's */
};

enum cairn_code clock_get(struct cairn *c, struct clock *ret, struct cairn_err *err);

/** What to add to a CLOCK_MONOTONIC time, by the first that knows: the timekeeper; where no symbol
 *  names it, the copy that each CPU's timers have of it; what the log says of the clock that was
 *  set, which is right to a second or so. Returns which it was: "timekeeper", "timers", "log"; NULL:
 *  none. */
const char *clock_to_wall(struct cairn *c, int64_t *ret);

/** The wall clock at a CLOCK_MONOTONIC time. Wraps rather than overflows: both are the dump's. */
int64_t clock_wall(const struct clock *clock, uint64_t mono_ns);

#define CLOCK_TEXT 40

/** "2026-11-21T09:54:32.123456Z". Returns buf of CLOCK_TEXT bytes. */
const char *clock_text(int64_t wall_ns, char *buf);

#endif
