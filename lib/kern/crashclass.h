/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crashclass - what one line of a kernel log says of a crash.
 *
 * A table of the kernel's own words, for the log in a dump and for a log that is a text
 * file. The lines are without stamps and levels. Sources: kernel/panic.c, hung_task.c,
 * watchdog.c, rcu/tree_stall.h, lib/bug.c, lib/list_debug.c, mm/slub.c, arch/x86/mm/fault.c,
 * arch/x86/kernel/traps.c, dumpstack.c, arch/arm and arch/arm64 (mm/fault.c, kernel/traps.c).
 */
#ifndef CAIRN_KERN_CRASHCLASS_H
#define CAIRN_KERN_CRASHCLASS_H

#include <stdbool.h>
#include <stddef.h>

struct crash_class {
	const char *name;    /* "null-deref", "bug", "hung-task", ... : stable, for scripts */
	bool complaint;      /* the kernel goes on after it unless told to panic */
	bool vague;          /* says that it died, not why: a line before it may know */
};

/** The class of a line that reports trouble; NULL: an ordinary line. */
const struct crash_class *crash_class_of_line(const char *line, size_t len);

/** The class of a panic by its message: what follows "Kernel panic - not syncing: ". A
 *  message that the table does not know has class "panic". Never NULL. */
const struct crash_class *crash_class_of_panic(const char *message, size_t len);

/** Whether a line of class `line` tells less than the line right behind it: what WARN() was given
 *  to say stands before "WARNING:", but behind it where no exception makes one of it (ARM32). */
bool crash_class_gives_way(const struct crash_class *line, const struct crash_class *next);

/** The n-th name of a class in the table, which has some more than once; NULL beyond the last. */
const char *crash_class_name(size_t n);

/** With which characters lines begin that have a class, or are a panic, and have no two capitals in
 *  a row. Others need not be asked about. */
void crash_class_begins(bool may[256]);

/** Something does not go on, and a watchdog told: whom it watched is the one that is to be looked
 *  at, not what ran where it told. `class` may be NULL. */
bool crash_class_is_stall(const char *class);

/** If the line is "Kernel panic - not syncing: MESSAGE": the message, else NULL. It is empty where
 *  a line of its own behind has it (5.10's PREEMPT_RT). */
const char *crash_panic_message(const char *line, size_t len, size_t *message_len);

/** Whether the line ends a report: "---[ end trace ...". */
bool crash_is_end_of_report(const char *line, size_t len);

#endif
