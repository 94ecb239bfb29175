/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stack_size - THREAD_SIZE, a macro that no type or symbol names.
 *
 * Told by whatever the kernel has: linker symbols around init_task's stack, a stack that is as
 * large, the vmalloc area of a stack, or the alignment that all stacks have in common.
 */
#ifndef CAIRN_KERN_STACK_SIZE_H
#define CAIRN_KERN_STACK_SIZE_H

#include "lib/kern/task.h"

/** Bytes of a task's kernel stack, a power of two from 4 to 64 KiB; 0: not known. */
uint64_t stack_size(struct cairn *c, const struct tasks *ts);

#endif
