/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pick - a few bytes of each of very many objects, whose pages are read once and not kept.
 *
 *   struct pick p;
 *   pick_init(&p, space, lo, len, seen);
 *   pick_begin(&p, addr, n, arg)   in the background, on a second thread, until the next begins:
 *   pick_begin(&p, more, m, arg2)  finds where those lie, waits for the first, and lets them come
 *   pick_wait(&p);                 until here
 *   pick_deinit(&p);
 *
 * seen() gets the bytes of every object that could be read, on one of two threads, in no order,
 * while their page is in the processor's cache. A page is read once in each turn, however many
 * objects lie in it, pages in the order of the file; of an object that reaches from one page into
 * the next both parts are put together.
 */
#ifndef CAIRN_IMAGE_PICK_H
#define CAIRN_IMAGE_PICK_H

#include "lib/image/space.h"

/** The object at addr[i]: `bytes` are gone when it returns. */
typedef void pick_seen(void *arg, size_t i, const unsigned char *bytes);

struct pick_page;
struct pick_run;
struct pick_half;
struct pick;

/* What is named together. */
struct pick_turn {
	const struct pick *p;
	void *arg;
	const uint64_t *addr;
	size_t n, npages, nruns, nhalves;
	struct pick_page *page;
	struct image_load *load; /* of page[i] */
	struct pick_run *run;    /* what lies in them */
	struct pick_half *half;
	unsigned char *raw;      /* len bytes for each of half[] */
	size_t cap, cap_halves;
};

struct pick {
	struct space *sp;
	uint64_t lo;
	size_t len;
	pick_seen *seen;
	struct pick_turn turn[2], *coming; /* NULL: none is waited for */
	struct image_loading *loading;     /* NULL: it was done at once */
	uint32_t *bucket;                  /* page's hash -> place in page[] + 1 */
	size_t nbuckets;
};

/** Of each object the bytes [lo, lo + len) are wanted, no more than a page; `sp` is borrowed. */
void pick_init(struct pick *p, struct space *sp, uint64_t lo, size_t len, pick_seen *seen);
void pick_deinit(struct pick *p);

/** Begin with n objects; 0 is none. `addr` and `arg` stay until they have come; those that were begun
 *  before have come when this returns. False: out of memory, or too many; nothing is coming then.
 *  *npages, if wanted, is how many pages they lie in. */
bool pick_begin(struct pick *p, const uint64_t *addr, size_t n, void *arg, size_t *npages);
void pick_wait(struct pick *p);

#endif
