/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * typename - a type by what users write: as C does, or by its tag alone.
 */
#ifndef CAIRN_KERN_TYPENAME_H
#define CAIRN_KERN_TYPENAME_H

#include "lib/kern/session.h"

/** "struct task_struct", "task_struct", "pid_t", "unsigned long *": of the kernel's own types, then of
 *  its modules'. What is only declared is passed over. NULL: unknown, or c->stop() said so. */
const struct type *typename_find(struct cairn *c, const char *name);

/** The kernel's alone: nothing is read for one that is not there. */
const struct type *typename_find_kernel(struct cairn *c, const char *name);

#endif
