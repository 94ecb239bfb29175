/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_shelf - the pages that nodes of maple trees lie in, kept for who comes next.
 *
 * Every address space is walked by one checker after the other, and by commands. Between two of
 * them the session keeps the pages, as long as they are few enough and memory is what it was.
 */
#ifndef CAIRN_KERN_MAPLE_SHELF_H
#define CAIRN_KERN_MAPLE_SHELF_H

#include "lib/image/shelf.h"
#include "lib/kern/session.h"

/** Bytes of pages that are kept while nobody uses them. */
#define MAPLE_SHELF_KEPT ((size_t)32 << 20)

/** The session's shelf, to be given back as often as it was taken. NULL: out of memory. */
struct shelf *maple_shelf_take(struct cairn *c);
void maple_shelf_give(struct cairn *c);

/** When the session ends. */
void maple_shelf_free(struct cairn *c);

#endif
