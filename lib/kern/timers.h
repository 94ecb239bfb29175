/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timers - what is to happen when, on each CPU: the timer wheels and the high-resolution timers.
 *
 * A wheel's timers expire by jiffies, a hrtimer base's by the nanoseconds of its clock. Sources:
 * kernel/time/timer.c (struct timer_base, timer_bases: standard and deferrable, since 6.9 local,
 * global and deferrable; struct process_timer), include/linux/hrtimer_defs.h (struct
 * hrtimer_cpu_base, hrtimer_clock_base: half of them for timers of softirqs), kernel/time/jiffies.c,
 * include/linux/timerqueue_types.h, include/linux/workqueue.h (struct delayed_work),
 * include/linux/hrtimer.h (struct hrtimer_sleeper), include/uapi/linux/time.h (clock ids).
 */
#ifndef CAIRN_KERN_TIMERS_H
#define CAIRN_KERN_TIMERS_H

#include "lib/base/arena.h"
#include "lib/kern/session.h"

#define TIMERS_LIMIT 1048576 /* of a base */

struct timer {
	uint64_t addr;          /* struct timer_list, struct hrtimer */
	uint64_t expires, soft; /* soft: of a hrtimer, when it may be at the earliest */
	int64_t in;             /* how long after the base's `now` it expires; negative: before */
	uint64_t function;
	uint64_t task;          /* that it wakes; 0: it does something else */
	uint64_t work;          /* function of the work that it queues; 0: none */
	struct cairn_err err;   /* code not CAIRN_OK: nothing but the address is known, and why */
};

struct timer_base {
	unsigned cpu;
	bool hr;                /* times are ns of its clock, else jiffies */
	const char *name;       /* "std", "def", "local", "global"; "monotonic", ..., NULL: not known */
	bool soft;              /* hr: run by softirqs */
	uint64_t addr;          /* struct timer_base, struct hrtimer_clock_base */
	uint64_t running;       /* the timer whose function is executed; 0: none */
	bool has_now;
	uint64_t now;           /* as `expires` counts: jiffies, or what the clock last showed */
	uint64_t unit_ns;       /* of `expires`: 1, or a jiffy; 0: not known */
	struct timer *timer;    /* the next one first; a hrtimer that is executed is among them,
				   though the kernel has taken it off */
	size_t n, cap;          /* cap: private */
	struct cairn_err fault; /* code not CAIRN_OK: nothing of it is known, and why */
	struct cairn_err err;   /* likewise: there may be more timers */
};

struct timer_bases {
	struct timer_base *base; /* by CPU */
	size_t n;
};

/** Read the bases of all CPUs; memory from the arena. CAIRN_MISSING without the types. Where no
 *  symbol names jiffies, `now` is what a wheel says that it has seen (at least that). */
enum cairn_code timers_wheel(struct cairn *c, struct arena *a, struct timer_bases *ret,
			     struct cairn_err *err);
enum cairn_code timers_hr(struct cairn *c, struct arena *a, struct timer_bases *ret,
			  struct cairn_err *err);

#endif
