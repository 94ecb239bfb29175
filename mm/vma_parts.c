/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/vma_parts.h"

#include "lib/base/mem.h"
#include "mm/vma_filler.h"

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

size_t vma_parts_size(const struct vma_shape *vs, const struct vmas *all)
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

/* ---- one after the other ---- */

struct vma_parts {
	const struct vma_shape *vs;
	const struct vmas *all;
	size_t size, at; /* of each; where the next begins that is to be read */
	struct vma_filler filler;
	struct vmas part[2];
	unsigned now;    /* that is read */
};

static enum cairn_code begin(struct vma_parts *ps, struct vmas *part, struct cairn_err *err)
{
	size_t left = ps->all->n - ps->at, n = ps->size < left ? ps->size : left;

	if (!part->vma)
		part->vma = mem_resize(NULL, n + 1, sizeof(*part->vma));
	if (!part->vma)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for %zu VMAs", n);
	part->n = n;
	part->faults = part->nfault = 0;
	ps->at += n;
	return vma_filler_begin(&ps->filler, part, 0, ps->all->range + ps->at - n, n, err);
}

struct vma_parts *vma_parts_begin(const struct vma_shape *vs, const struct vmas *all)
{
	struct vma_parts *ps = mem_zalloc(1, sizeof(*ps));

	if (!ps)
		return NULL;
	ps->vs = vs;
	ps->all = all;
	ps->size = vma_parts_size(vs, all);
	vma_filler_init(&ps->filler, vs);
	return ps;
}

/* What was begun last is there once the next has begun. */
enum cairn_code vma_parts_next(struct vma_parts *ps, const struct vmas **part,
			       struct cairn_err *err)
{
	struct vmas *coming = &ps->part[ps->now], *next = &ps->part[ps->now ^ 1];
	enum cairn_code code = CAIRN_OK;

	*part = NULL;
	if (!ps->at && ps->all->n)
		code = begin(ps, coming, err);
	if (!code && !coming->n)
		return CAIRN_OK;
	next->n = 0;
	if (!code && ps->at < ps->all->n)
		code = begin(ps, next, err);
	else
		vma_filler_wait(&ps->filler);
	if (code)
		return code;
	ps->now ^= 1;
	*part = coming;
	return CAIRN_OK;
}

void vma_parts_end(struct vma_parts *ps)
{
	if (!ps)
		return;
	vma_filler_deinit(&ps->filler);
	vmas_free(&ps->part[0]);
	vmas_free(&ps->part[1]);
	mem_free(ps);
}
