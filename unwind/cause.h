/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cause - what is behind a crash where its signature does not tell: version 1.
 *
 *   c1c:CLASS:FUNCTION          trouble that the kernel reported, and whom it blames (signature.h)
 *   c1c:FINDING:FIELD           what a checker found: its id, the member that is bad, without indices,
 *                               or what names the bug in place of it (cairn_finding.mark)
 *   c1c:FINDING:FIELD:overrun   the same, written there from the object in front of it
 *
 * A dump that was asked for (sysrq, an NMI) has no crash of its own: all of them would be one bug.
 * What somebody asked for it about is the last that the log reports before (an oops, a stall,
 * memory that is corrupt); where it has nothing, what is broken in memory; and where nothing is,
 * the last of the log's warnings but those of booting. A stall is told by whom it met, which is
 * chance: what is certainly broken in memory goes before it. Of a crash with a signature of its own
 * it is the finding that explains it.
 */
#ifndef CAIRN_UNWIND_CAUSE_H
#define CAIRN_UNWIND_CAUSE_H

#include "lib/base/arena.h"
#include "lib/kern/finding.h"
#include "unwind/oops.h"

/** The dump was asked for. `function`: that crashed; NULL: not known. */
bool cause_is_wanted(const char *class, const char *function);

/** Whether a signature, strict or fuzzy, does not tell the bug: the crash was asked for, or it names
 *  nobody. */
bool cause_is_needed(const char *signature);

/** What the log complains of before report i, which is such a panic; NULL: nothing. */
const struct oops *cause_complaint(const struct oopses *o, size_t i);

/** More than what might go wrong: a warning, a lock that could deadlock. */
bool cause_is_grave(const struct oops *complaint);

/** Whether the complaint tells what is behind, though this is broken in memory (NULL: nothing is
 *  known to be). `complaint` may be NULL. */
bool cause_is_told(const struct oops *complaint, const struct cairn_finding *broken);

/** The finding to name where none is known to explain anything: the first of those that are
 *  certain, else suspicious, errors before warnings; NULL: there is none. */
const struct cairn_finding *cause_finding(const struct findings *f);

/** What the log alone says of its report i; NULL: nothing. */
const char *cause_of_log(const struct oopses *o, size_t i, struct arena *a);

/** Their keys; NULL: out of memory. */
const char *cause_of_complaint(const struct oops *complaint, struct arena *a);
const char *cause_of_finding(const struct cairn_finding *f, struct arena *a);

#endif
