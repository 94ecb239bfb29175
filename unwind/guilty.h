/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guilty - which functions of a stack are not to blame for what happened, and when two stacks
 * are the same bug: one table for the stacks of dumps and those of text logs.
 *
 * Three kinds of function say nothing about a bug: those that report it, those that do what any
 * code asks of them (allocate, lock, copy, print, walk lists), and those that call whatever was
 * registered with them. Names are without the compiler's endings (guilty_base()). Experience with
 * which of them are in the way is syzbot's: google/syzkaller, pkg/report/linux.go.
 */
#ifndef CAIRN_UNWIND_GUILTY_H
#define CAIRN_UNWIND_GUILTY_H

#include <stdbool.h>
#include <stddef.h>

#include "unwind/oops_text.h"

/** A name without what compilers append: ".isra.0", ".part.0", ".constprop.0", ".cold",
 *  ".llvm.123". */
struct piece guilty_base(struct piece name);

/** A base name without what makes a system call's name different from machine to machine:
 *  "__x64_sys_write", "ksys_write", "__arm64_sys_write": "write". */
struct piece guilty_plain(struct piece base);

/** The same as titles have it: the first of the prefixes alone is off, "sys_write". */
struct piece guilty_told(struct piece base);

/** The function does what others ask of it, or reports: not to blame. `more` is further pieces of
 *  names (guilty_matter.h); NULL: none. A module's functions are not the kernel's helpers for having
 *  a piece in the middle of their names ("foo_list_del"). */
bool guilty_is_helper(struct piece base, bool in_module, const char *more);

/** Some piece in `names` fits. */
bool guilty_fits(struct piece base, bool in_module, const char *names);

/** It calls what was registered with it, or is the way from hardware or user mode into the
 *  kernel: what it calls is one bug, whoever came this way. */
bool guilty_is_entry(struct piece base);

/** It is the way from an exception of the kernel's own code: if what follows it is only a report,
 *  what it came from is to blame. */
bool guilty_is_exception(struct piece base);

/** Where others loop or wait for it: it is the function above this one that is told of a
 *  stall, since the innermost one is where the loop happened to be. */
bool guilty_is_anchor(struct piece base);

/** It waits, or is how to wait; what called it tells more. */
bool guilty_is_waiting(struct piece base, bool in_module);

/** The rules, for a page that documents them: i-th group's reason and names; false past the
 *  end. */
bool guilty_rule(size_t i, const char **why, const char **names);

#endif
