/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * panic - what the log and a few variables say of the crash itself.
 *
 * The log is searched for the record "Kernel panic - not syncing: ..." and, where that only
 * says that the kernel died (an oops, a watchdog), backward from it for the record that says
 * why: written by the same thread or CPU, in the same report. A kernel that went into kdump
 * straight from an oops has no panic record: then its last report is the crash.
 * Sources: kernel/panic.c, kernel/crash_core.c (CRASHTIME), arch/x86/kernel/crash.c.
 */
#ifndef CAIRN_KERN_PANIC_H
#define CAIRN_KERN_PANIC_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/kern/log.h"
#include "lib/kern/session.h"

struct panic {
	bool crashed;                    /* something tells of a crash */
	const char *class;               /* crashclass.h; "none" if nothing does, though it would;
					    "unknown" if what would tell could not be read */
	const struct log_record *record; /* the panic record; NULL: there is none */
	const struct log_record *cause;  /* the record that says why; NULL: none but `record` */
	const char *message;             /* of the panic record, first line; NULL: none */
	const char *title;               /* one line: of the cause, else of the panic; NULL: none */
	bool by_stack;                   /* the class is what the stack of `cpu` tells: the log
					    has lost the report */
	int cpu;                         /* that crashed; -1: not known */
	const char *cpu_source;          /* "panic_cpu", "log", "stack"; NULL */
	bool has_time;
	uint64_t ts_nsec;                /* since boot, as the log counts */
	int64_t wall_ns;                 /* since 1970; 0: not known */
	const char *wall_source;         /* clock_to_wall()'s, "vmcoreinfo", "last tick"; NULL */
	struct cairn_err log_err;        /* code not CAIRN_OK: why there was no log to ask */
};

/** Never fails but for want of memory: what cannot be found out is not known. */
enum cairn_code panic_get(struct cairn *c, struct panic *ret, struct cairn_err *err);

/** The stack of a CPU shows that it died there, and of what class (crashkind.h): what the log has
 *  of another crash, or only that there was one, does not stand against that. `panicked`: in
 *  panic(), which the log must have told of, unless it lost it. `class` NULL: no word of it. */
void panic_by_stack(struct cairn *c, struct panic *p, unsigned cpu, bool panicked, const char *class);

/** What happened, in one line: the title, or that none is known, and why. Never NULL. */
const char *panic_headline(const struct panic *p);

/** The CPU that the kernel's variables name as the one that crashed, -1 if none: what can
 *  be known without reading the log. */
int panic_cpu(struct cairn *c);

#endif
