/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * retaddr - return addresses that the kernel replaced on the stack, and where it keeps the
 * true ones.
 *
 * A return probe puts its trampoline's address into the slot and remembers the old value
 * with the slot's address (x86) or the caller's frame pointer (ARM, arm64). Sources: kernel/trace/rethook.c (struct rethook_node on
 * task->rethooks, 5.18), kernel/kprobes.c (task->kretprobe_instances, 5.11; before that
 * kretprobe_inst_table, hashed by task), arch/x86/kernel/rethook.c. What the function graph
 * tracer replaced: fgraph.h. Both can have replaced the same.
 */
#ifndef CAIRN_UNWIND_RETADDR_H
#define CAIRN_UNWIND_RETADDR_H

#include "unwind/tracer.h"

/** If next->pc is such a trampoline, put the true return address, its rule and grade into
 *  *next. Ends with TRACE_TRAMPOLINE if it is one and the true address is not found. */
enum trace_end retaddr_recover(struct tracer *t, struct walk_state *next);

#endif
