/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testspace - for tests: kernel memory of 4 MB at an address of the test's choice, written
 * word by word and then opened as the dump of a kernel.
 *
 *   struct testspace t = { .va = 0xffffffff81000000 };
 *   ts_init(&t);
 *   ts_put(&t, t.va + TS_FREE, 1, 8);
 *   ts_open(&t, 8);            t.sp is the space
 *   ts_free(&t);
 *
 * The page at va + TS_HOLE is not in the dump.
 */
#ifndef CAIRN_DEBUG_TESTSPACE_H
#define CAIRN_DEBUG_TESTSPACE_H

#include "lib/image/space.h"
#include "lib/image/testmem.h"

#define TS_FREE UINT64_C(0x10000) /* below it: the page tables */
#define TS_HOLE UINT64_C(0x300000)
#define TS_SIZE UINT64_C(0x400000)

#define TS_PGD UINT64_C(0x1000)
#define TS_PUD UINT64_C(0x2000)
#define TS_PMD UINT64_C(0x3000)

struct testspace {
	uint64_t va; /* a multiple of 4 MB */
	struct testmem mem;
	struct image *img;
	struct space sp;
};

static inline void ts_init(struct testspace *t)
{
	testmem_add(&t->mem, 0, TS_HOLE);
	testmem_add(&t->mem, TS_HOLE + 0x1000, TS_SIZE - TS_HOLE - 0x1000);
	testmem_put(&t->mem, TS_PGD + (t->va >> 39 & 511) * 8, TS_PUD | 0x63, 8);
	testmem_put(&t->mem, TS_PUD + (t->va >> 30 & 511) * 8, TS_PMD | 0x63, 8);
	for (uint64_t i = 0; i < 2; i++) /* pages of 2 MB */
		testmem_put(&t->mem, TS_PMD + ((t->va >> 21 & 511) + i) * 8, i << 21 | 0xe3, 8);
}

static inline void ts_put(struct testspace *t, uint64_t va, uint64_t value, size_t bytes)
{
	testmem_put(&t->mem, va - t->va, value, bytes);
}

static inline void ts_write(struct testspace *t, uint64_t va, const void *p, size_t n)
{
	testmem_write(&t->mem, va - t->va, p, n);
}

/** What was written so far becomes the dump. `word`: bytes of a pointer. */
static inline void ts_open(struct testspace *t, uint8_t word)
{
	t->img = testmem_open(&t->mem);
	if (!t->img || space_init(&t->sp, t->img, &paging_x86_64_l4, TS_PGD, word,
				  "kernel address", NULL) != CAIRN_OK)
		abort();
}

static inline void ts_free(struct testspace *t)
{
	space_deinit(&t->sp);
	image_close(t->img);
	testmem_free(&t->mem);
}

#endif
