/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * user - the address space of a process, for commands that take user addresses.
 */
#ifndef CAIRN_CMD_USER_H
#define CAIRN_CMD_USER_H

#include "cmd/cmd.h"
#include "lib/image/space.h"
#include "lib/kern/task.h"
#include "mm/vma_name.h"

struct user {
	struct call *call;
	const struct task *task;
	struct mm mm;
	struct space space;
	struct vma_shape vs;
	struct vma_namer namer;
};

/** Of the task that is named by `word`, or NULL: that panicked. CAIRN_USAGE where it has no
 *  address space of its own. Free with user_close() after success. */
enum cairn_code user_open(struct user *u, struct call *call, const char *word,
			  struct cairn_err *err);
void user_close(struct user *u);

/** Fields of the open record: the area that holds the address, or null. */
void user_area(struct user *u, struct out *o, uint64_t va);

#endif
