/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task_filter - the options by which ps and foreach choose among the tasks.
 */
#ifndef CAIRN_CMD_TASK_FILTER_H
#define CAIRN_CMD_TASK_FILTER_H

#include <stdbool.h>

#include "cmd/cmd.h"
#include "lib/kern/task.h"

/** Indexes of these options, and of the first one that is the command's own. */
enum task_filter_opt {
	TASK_FILTER_ACTIVE, TASK_FILTER_KERNEL, TASK_FILTER_USER, TASK_FILTER_STATE,
	TASK_FILTER_OPTS_N,
};

/** What the command's table of options begins with. */
#define TASK_FILTER_OPTS \
	{ 'A', "active", NULL, "only the tasks that a CPU executes" }, \
	{ 'k', "kernel", NULL, "only kernel threads" }, \
	{ 'u', "user", NULL, "only user tasks" }, \
	{ 's', "state", "LETTERS", "only these states, as /proc shows them: RSDTtXZPI" }

/** CAIRN_USAGE where -s has a letter of no state. crash's words for states stand for their letter:
 *  UN is D. */
enum cairn_code task_filter_check(struct call *call, struct cairn_err *err);

/** One of these words. */
bool task_filter_crash_state(const char *word);

/** The task is wanted. One whose state could not be read may be in any: -s lets it pass. */
bool task_filter(const struct call *call, const struct task *t);

#endif
