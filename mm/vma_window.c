/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vma_window - how many of very many areas should be looked at at a time. */
#include "lib/base/mem.h"
#include "mm/vma.h"

#define WINDOW   ((size_t)16384) /* VMAS_LIMIT areas are fewer windows than 16 bits can count */
#define SPAN_MAX (UINT64_C(1) << 26) /* pages that the structs are spread over */

/* Pages of `all`, each counted once; *turns: once in each of the windows that need it. */
static size_t count_pages(const struct vma_shape *vs, const struct vmas *all, uint64_t base,
			  uint16_t *window_of, size_t *turns)
{
	size_t pages = 0;

	*turns = 0;
	for (size_t at = 0; at < all->n; at++) {
		uint16_t window = (uint16_t)(at / WINDOW + 1);
		uint16_t *last = &window_of[(all->range[at].addr >> vs->c->kernel.page_shift) - base];

		pages += !*last;
		*turns += *last != window;
		*last = window;
	}
	return pages;
}

size_t vmas_window(const struct vma_shape *vs, const struct vmas *all)
{
	uint64_t low = UINT64_MAX, high = 0;
	uint16_t *window_of = NULL; /* the last one that needed the page; 0: none did */
	size_t pages, turns;
	bool often = true;

	if (all->n <= WINDOW)
		return all->n ? all->n : 1;
	for (size_t i = 0; i < all->n; i++) {
		uint64_t page = all->range[i].addr >> vs->c->kernel.page_shift;

		low = page < low ? page : low;
		high = page > high ? page : high;
	}
	if (high - low < SPAN_MAX)
		window_of = mem_zalloc(high - low + 1, sizeof(*window_of));
	if (window_of) {
		pages = count_pages(vs, all, low, window_of, &turns);
		often = turns > pages / 8 * 9;
	}
	mem_free(window_of);
	return often ? all->n : WINDOW;
}
