/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bt - stacks of many tasks, for `bt` and `foreach bt`.
 */
#ifndef CAIRN_CMD_BT_H
#define CAIRN_CMD_BT_H

#include "cmd/cmd.h"
#include "lib/kern/task.h"

/** Write the stacks of those tasks for which `wanted` is true (NULL: all), in the order of
 *  the list. VERDICT_PARTIAL when the list of tasks is not whole. */
enum cairn_code bt_tasks(struct call *call, bool (*wanted)(void *arg, const struct task *t),
			 void *arg, enum verdict *verdict, struct cairn_err *err);

#endif
