/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * list - the kernel's linked lists, walked with care.
 *
 * A walk yields the addresses of the links that are embedded in the elements (the
 * container's address minus the offset of its list_head is the caller's business). It has a
 * visit limit, ends at the first element seen twice, can be interrupted, and checks the back
 * link of every element where the kind has one:
 *
 *   struct list_walk w;
 *   list_begin(&w, sp, LIST_DOUBLE, head, limit);
 *   while (list_next(&w))
 *           use(w.node - offset);
 *   code = list_end(&w, err);
 *
 * A doubly linked list that breaks is also walked from its other end, up to the first
 * element already seen: those elements come with `backward` set, last one first.
 *
 * Sources: include/linux/types.h, list.h, list_nulls.h, list_bl.h, llist.h, poison.h. All
 * links have their pointer to the next element first.
 */
#ifndef CAIRN_KERN_LIST_H
#define CAIRN_KERN_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/map.h"
#include "lib/image/space.h"

enum list_kind {
	LIST_DOUBLE,      /* struct list_head: circular */
	LIST_HLIST,       /* struct hlist_head: ends with NULL */
	LIST_HLIST_NULLS, /* struct hlist_nulls_head: ends with an odd value */
	LIST_HLIST_BL,    /* struct hlist_bl_head: bit 0 of the head is a lock */
	LIST_LLIST,       /* struct llist_head: no back links */
	LIST_REVERSE,     /* struct list_head from its end on */
	LIST_CHAIN,       /* plain pointers from element to element: list_begin_chain() */
};

struct list_walk {
	uint64_t node;          /* the current element's link */
	size_t n;               /* elements so far, the current one included */
	bool backward;          /* the current element was found from the other end */
	uint64_t lost;          /* the link of an element that is there, and that this dump
				   has not: the forward walk ends before it. 0: none */
	bool (*stop)(void);     /* may be set after list_begin(): true interrupts the walk */
	struct cairn_err err;   /* why the walk ended early, or broke and went on backward */
	struct cairn_err doubt; /* the first back link that was off while the element is in
				   place all the same: an insertion or deletion under way, or
				   one damaged word */
	/* private */
	struct space *sp;
	enum list_kind kind;
	uint64_t head, next, offset;
	size_t limit;
	struct map seen;
};

/** Begin at the head (struct list_head, hlist_head, llist_head, ... at that address). */
void list_begin(struct list_walk *w, struct space *sp, enum list_kind kind, uint64_t head,
		size_t limit);

/** Begin at the first element of a chain: each holds, `offset` bytes behind its address, the
 *  address of the next, and the last one NULL or the address of the first. As with a head, the
 *  walk yields what comes after it; w->node is an element's own address. */
void list_begin_chain(struct list_walk *w, struct space *sp, uint64_t first, uint64_t offset,
		      size_t limit);

/** Go to the next element; false at the end, whatever its reason. */
bool list_next(struct list_walk *w);

/** Free, and say how it ended: CAIRN_OK at the proper end; CAIRN_FAULT, CAIRN_CORRUPT (a
 *  cycle, a poisoned or contradicting link), CAIRN_LIMIT, CAIRN_INTERRUPTED, CAIRN_NOMEM
 *  with the element named. */
enum cairn_code list_end(struct list_walk *w, struct cairn_err *err);

#endif
