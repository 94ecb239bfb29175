/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task_names - tasks by words, of which each may name several.
 */
#ifndef CAIRN_CMD_TASK_NAMES_H
#define CAIRN_CMD_TASK_NAMES_H

#include "lib/kern/task.h"

/** The word is the task's PID, the address of its task_struct, its name, or a pattern of that. */
bool task_is_named(const struct task *t, const char *word);

/** Some task is. */
bool tasks_are_named(const struct tasks *ts, const char *word);

#endif
