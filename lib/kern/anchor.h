/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * anchor - the few global variables that everything hangs on, found by their shape in memory
 * where the kernel names no data (no CONFIG_KALLSYMS_ALL: Debian's i386, ARM and arm64).
 *
 * A candidate counts only if the structure it would be proves itself: lists that close,
 * members that fit. Nothing is guessed where a symbol exists.
 */
#ifndef CAIRN_KERN_ANCHOR_H
#define CAIRN_KERN_ANCHOR_H

#include "lib/kern/session.h"

/** Where the kernel's BTF lies: a header whose sections fit each other. Needs no types. */
enum cairn_code anchor_find_btf(struct cairn *c, uint64_t *start, uint64_t *stop,
				struct cairn_err *err);

/** Add init_task to `l` if it is missing and can be found. Needs types; open does it. */
void anchor_find_init_task(struct cairn *c, struct symlist *l);

/** Likewise the list of modules: a look at every word of .data, so it waits until modules are
 *  asked for. */
void anchor_find_modules(struct cairn *c, struct symlist *l);

#endif
