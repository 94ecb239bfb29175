/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * write_taker - could a function on a stack have taken a semaphore for writing? Or, if one asks for that,
 * at all?
 *
 * Who holds a lock has taken it in a function that is still on its stack, by calling
 * down_write() or one of its kind, or by calling a helper that did and came back with it. So the
 * instructions of the functions on a stack are read: each direct call and jump, by way of a
 * module's PLT too, and those of the functions that they lead to. Deeper helpers are not known,
 * nor calls through pointers: TAKES_NOTHING is said without them.
 *
 * Sources: include/linux/rwsem.h, include/linux/mmap_lock.h (where mmap_write_lock() is not inline,
 * it has that name).
 */
#ifndef CAIRN_UNWIND_WRITE_TAKER_H
#define CAIRN_UNWIND_WRITE_TAKER_H

#include "lib/base/map.h"
#include "lib/debug/disasm.h"
#include "lib/kern/session.h"
#include "unwind/callsite.h"
#include "unwind/trace.h"

enum write_taker {
	TAKES_NOTHING,
	TAKES_UNTOLD, /* its instructions are not all in the dump, or lead to no function */
	TAKES,        /* it does, or may */
};

struct write_takers {
	struct cairn *c;
	struct disasm d;
	const struct callsite_ops *calls; /* the machine's */
	struct map known; /* function and depth -> enum write_taker */
	bool reading;     /* set it behind write_takers_init(): who takes one for reading does, too */
};

/** CAIRN_MISSING: nobody disassembles this machine. */
enum cairn_code write_takers_init(struct write_takers *w, struct cairn *c,
				  const struct callsite_ops *calls, struct cairn_err *err);
void write_takers_deinit(struct write_takers *w);

/** Of all functions of a trace. One that is cut tells nothing, unless a function on it takes. */
enum write_taker write_taker_of(struct write_takers *w, const struct trace *tr);

#endif
