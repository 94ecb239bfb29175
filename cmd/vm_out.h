/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm_out - how `vm` shows areas: rows, and the pages of an area.
 */
#ifndef CAIRN_CMD_VM_OUT_H
#define CAIRN_CMD_VM_OUT_H

#include "cmd/cmd.h"
#include "lib/kern/task.h"
#include "mm/vma_name.h"

/** What rows are shown with. */
struct vm_out {
	struct call *call;
	const struct task *task;
	const struct mm *mm;
	const struct vma_shape *vs;
	struct vma_namer *namer;
	bool pages;           /* -p: the pages of each area */
	struct space user;    /* of the process; for -p */
	unsigned page_shift;
	enum verdict *verdict;
};

/** The line that names a task, as above its stack. Text only. */
void vm_out_task(struct out *o, const struct cairn *c, const struct task *t);

/** The lines above the areas of a task. Text only. */
void vm_out_heading(const struct vm_out *vo);

/** One area, a record cairn.vma/1; with its pages if they are wanted. */
void vm_out_area(struct vm_out *vo, const struct vma *v);

/** What the tree knows: ranges without their structs, records cairn.vmarange/1. */
void vm_out_ranges(struct call *call, const struct task *t, const struct vmas *v);

#endif
