/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vma_window - how many of very many areas should be looked at at a time. */
#include "lib/base/mem.h"
#include "mm/vma.h"

#define WINDOW   ((size_t)16384)
#define SPAN_MAX (UINT64_C(1) << 26) /* pages that the structs are spread over */

/* Pages that these areas begin in, whose bits are not set yet. */
static size_t mark(const struct vma_shape *vs, const struct vma_range *r, size_t n, uint64_t base,
		   unsigned char *bits)
{
	size_t new = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t page = (r[i].addr >> vs->c->kernel.page_shift) - base;

		new += !(bits[page / 8] >> page % 8 & 1);
		bits[page / 8] |= (unsigned char)(1u << page % 8);
	}
	return new;
}

static void unmark(const struct vma_shape *vs, const struct vma_range *r, size_t n, uint64_t base,
		   unsigned char *bits)
{
	for (size_t i = 0; i < n; i++)
		bits[((r[i].addr >> vs->c->kernel.page_shift) - base) / 8] = 0;
}

/* Pages that are read if so many are looked at at a time. */
static size_t pages_of(const struct vma_shape *vs, const struct vmas *all, size_t size,
		       uint64_t base, unsigned char *bits)
{
	size_t sum = 0;

	for (size_t at = 0; at < all->n; at += size) {
		size_t n = size < all->n - at ? size : all->n - at;

		sum += mark(vs, all->range + at, n, base, bits);
		unmark(vs, all->range + at, n, base, bits);
	}
	return sum;
}

size_t vmas_window(const struct vma_shape *vs, const struct vmas *all)
{
	uint64_t low = UINT64_MAX, high = 0;
	unsigned char *bits = NULL;
	bool often = true;

	if (all->n <= WINDOW)
		return all->n ? all->n : 1;
	for (size_t i = 0; i < all->n; i++) {
		uint64_t page = all->range[i].addr >> vs->c->kernel.page_shift;

		low = page < low ? page : low;
		high = page > high ? page : high;
	}
	if (high - low < SPAN_MAX)
		bits = mem_zalloc((high - low) / 8 + 1, 1);
	if (bits)
		often = pages_of(vs, all, WINDOW, low, bits) > pages_of(vs, all, all->n, low, bits) / 8 * 9;
	mem_free(bits);
	return often ? all->n : WINDOW;
}
