/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shelf - pages of an address space that are wanted soon, got all at once and kept in place.
 *
 * For structures that name many others (tree nodes, objects of a list that is known): want the
 * addresses, load, then look. Pages come in the order of the file, each once, many of them
 * on two threads; what is looked at is never copied.
 *
 *   struct shelf s;
 *   shelf_init(&s, space);
 *   for (...)
 *           shelf_want(&s, addr, len);
 *   shelf_load(&s);
 *   p = shelf_peek(&s, addr, len, &err);
 *   shelf_deinit(&s);
 */
#ifndef CAIRN_IMAGE_SHELF_H
#define CAIRN_IMAGE_SHELF_H

#include "lib/base/map.h"
#include "lib/image/space.h"

struct shelf_page {
	uint64_t vpage, paddr;
	const unsigned char *data; /* NULL: fault, once it was loaded; or it was dropped */
	struct page *pin;          /* NULL: data is the shelf's own */
	enum cairn_fault fault;
	bool dropped, queued; /* not there any more; wanted again */
};

struct shelf_block;

struct shelf {
	struct space *sp;
	struct map at;             /* virtual page -> index of page[] */
	struct shelf_page *page;
	size_t n, cap, loaded;     /* pages from `loaded` on are wanted only */
	size_t *wanted, nwanted, cap_wanted; /* dropped pages that are wanted anew */
	size_t pins;
	struct shelf_block *blocks, *spare;
	size_t bytes;              /* of the pages in the blocks */
	size_t again;              /* pages that had to be got more than once */
	size_t last;               /* the page that was looked at last */
	uint64_t last_wanted;      /* virtual page + 1; 0: none since the last load */
};

/** `sp` is borrowed. */
void shelf_init(struct shelf *s, struct space *sp);
void shelf_deinit(struct shelf *s);

/** Give all pages back; what was peeked is gone. */
void shelf_clear(struct shelf *s);

/** Give pages back if they are more than so many bytes; those that are wanted after all are got
 *  again. Nothing is done where that has happened too often. What was peeked is gone. */
void shelf_trim(struct shelf *s, size_t bytes);

/** [va, va + len) will be looked at. Out of memory it is got when it is looked at. */
void shelf_want(struct shelf *s, uint64_t va, size_t len);

/** Get what is wanted. */
void shelf_load(struct shelf *s);

/** len bytes at va in place, until the shelf is cleared; what nobody wanted is got now. NULL: the
 *  fault is in *err, or CAIRN_LIMIT: the bytes cross into another page. */
const unsigned char *shelf_peek(struct shelf *s, uint64_t va, size_t len, struct cairn_err *err);

/** The same if it was got before, else NULL. */
const unsigned char *shelf_there(struct shelf *s, uint64_t va, size_t len);

/** Likewise in place, or in buf (of len bytes) where the bytes cross into another page. */
const unsigned char *shelf_bytes(struct shelf *s, uint64_t va, void *buf, size_t len,
				 struct cairn_err *err);

#endif
