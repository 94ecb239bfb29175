/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * expr - C expressions over the dump.
 *
 *   jiffies                          a variable; module:name for one of a module
 *   init_task.comm                   a member, and ->, [ ], * and &
 *   ((struct file *)0xffff...)->f_op a cast; the tag alone will do: (file *)
 *   runqueues:0.curr                 a per-CPU variable's copy of CPU 0
 *   nr_cpu_ids * 2 + sizeof(pid_t)   C's operators but for assignments, calls, && || ?:
 *
 * A word that is no symbol and has only hexadecimal digits is that number.
 */
#ifndef CAIRN_KERN_EXPR_H
#define CAIRN_KERN_EXPR_H

#include "lib/base/arena.h"
#include "lib/kern/session.h"

/** What an expression stands for: a place in the dump's memory, or a number. */
struct expr {
	const struct type *type;
	bool place;
	uint64_t addr;        /* of a place */
	struct member bits;   /* of a place that is a bit-field: .bit_size, at addr */
	uint64_t number;      /* extended as its type is */
	bool untyped;         /* nothing tells the type of the variable: a word of it */
};

#define EXPR_TEXT 1024 /* longest */

/** Evaluate; types that have to be made come from the arena. `cpu`: whose copy a per-CPU variable
 *  without ":CPU" means; -1: none is meant, and that is CAIRN_USAGE. CAIRN_USAGE says what was
 *  not understood; CAIRN_FAULT: memory on the way. */
enum cairn_code expr_eval(struct expr *ret, struct cairn *c, const char *text, int cpu,
			  struct arena *a, struct cairn_err *err);

/** The name that an expression begins with is a per-CPU variable's, and no CPU is named. */
bool expr_wants_cpu(struct cairn *c, const char *text);

#endif
