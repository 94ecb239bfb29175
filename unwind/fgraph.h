/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fgraph - the shadow stack of the function graph tracer: true return addresses of functions
 * that return to return_to_handler.
 *
 * An entry has the address and the key of the slot it was taken from: the slot's address (x86)
 * or the caller's frame pointer (arm64). Up to 6.10 task->ret_stack is an array of entries and
 * curr_ret_stack the index of the newest, -1 without any. Since 6.11 it is an array of words in
 * which each entry and what tracers keep with it end with a word whose low bits lead back to
 * the entry's beginning; curr_ret_stack counts the words in use. Idle tasks point to per-CPU
 * ones. Sources: kernel/trace/fgraph.c ftrace_graph_ret_addr(), get_ret_stack();
 * include/linux/ftrace.h; fprobes use it since 6.14.
 */
#ifndef CAIRN_UNWIND_FGRAPH_H
#define CAIRN_UNWIND_FGRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/kern/session.h"

/** The newest true return address that the task (its task_struct) has for this key. Several
 *  tracers of one slot leave an entry each, the older ones with `trampoline` for an address:
 *  those are passed over. */
bool fgraph_find(struct cairn *c, uint64_t task, uint64_t key, uint64_t trampoline, uint64_t *ret);

#endif
