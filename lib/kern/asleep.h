/* SPDX-License-Identifier: GPL-2.0-or-later */
/* asleep - for how long a task has been off its CPU, by the scheduler's clock. */
#ifndef CAIRN_KERN_ASLEEP_H
#define CAIRN_KERN_ASLEEP_H

#include "lib/kern/session.h"

/** The latest time that any CPU's runqueue has seen, ns since boot. False: not known. */
bool asleep_now(struct cairn *c, uint64_t *now_ns);

/** When the task was last put on a CPU, on the same clock. False: not known. */
bool asleep_since(struct cairn *c, uint64_t task, uint64_t *ns);

#endif
