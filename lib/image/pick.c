/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/pick.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"

#define NONE UINT32_MAX

struct pick_page {
	uint64_t vpage, paddr;
	enum cairn_fault fault;
	uint32_t first; /* of its runs */
};

/* Objects that are named one after the other and lie whole in one page; n 0: a part of one that
 * does not, `first` being 2 * k or 2 * k + 1 for the parts of half[k]. */
struct pick_run {
	uint32_t first, n, next; /* next: of the same page */
};

struct pick_half {
	uint32_t i;
	bool got[2];
};

void pick_init(struct pick *p, struct space *sp, uint64_t lo, size_t len, pick_seen *seen,
	       void *arg)
{
	*p = (struct pick){ .sp = sp, .lo = lo, .len = len, .seen = seen, .arg = arg };
}

void pick_deinit(struct pick *p)
{
	pick_wait(p);
	mem_free(p->page);
	mem_free(p->load);
	mem_free(p->bucket);
	mem_free(p->run);
	mem_free(p->half);
	mem_free(p->raw);
}

/* ---- what lies where ---- */

static uint64_t page_at(const struct pick *p, uint64_t at)
{
	return at >> p->sp->page_shift;
}

/* Where the bytes of an object begin, and where their last one is. */
static uint64_t begin_of(const struct pick *p, size_t i)
{
	return p->addr[i] + p->lo;
}

static uint64_t last_of(const struct pick *p, size_t i)
{
	return p->addr[i] + p->lo + p->len - 1;
}

static bool is_whole(const struct pick *p, size_t i)
{
	return page_at(p, begin_of(p, i)) == page_at(p, last_of(p, i));
}

static struct pick_page *page_of(struct pick *p, uint64_t vpage)
{
	size_t at = hash_u64(vpage) & (p->nbuckets - 1);

	for (; p->bucket[at]; at = (at + 1) & (p->nbuckets - 1))
		if (p->page[p->bucket[at] - 1].vpage == vpage)
			return &p->page[p->bucket[at] - 1];
	p->page[p->npages] = (struct pick_page){ .vpage = vpage, .first = NONE };
	p->bucket[at] = (uint32_t)++p->npages;
	return &p->page[p->npages - 1];
}

static struct pick_run *add_run(struct pick *p, struct pick_page *page, size_t first, uint32_t n)
{
	struct pick_run *run = &p->run[p->nruns];

	*run = (struct pick_run){ (uint32_t)first, n, page->first };
	page->first = (uint32_t)p->nruns++;
	return run;
}

static void add_parts(struct pick *p, size_t i)
{
	add_run(p, page_of(p, page_at(p, begin_of(p, i))), 2 * p->nhalves, 0);
	add_run(p, page_of(p, page_at(p, last_of(p, i))), 2 * p->nhalves + 1, 0);
	p->half[p->nhalves++] = (struct pick_half){ .i = (uint32_t)i };
}

/* The run that an object begins; NULL: it does not. */
static struct pick_run *begin_run(struct pick *p, size_t i)
{
	if (!p->addr[i] || last_of(p, i) < p->addr[i])
		return NULL;
	if (is_whole(p, i))
		return add_run(p, page_of(p, page_at(p, begin_of(p, i))), i, 1);
	add_parts(p, i);
	return NULL;
}

/* Objects that are named together lie together more often than not. */
static void find_pages(struct pick *p)
{
	uint64_t size = UINT64_C(1) << p->sp->page_shift, page = 0;
	struct pick_run *run = NULL;

	for (size_t i = 0; i < p->n; i++) {
		if (run && p->addr[i] && begin_of(p, i) - page <= size - p->len) {
			run->n++;
			continue;
		}
		run = begin_run(p, i);
		page = begin_of(p, i) & ~(size - 1);
	}
}

static void find_frames(struct pick *p)
{
	struct cairn_err err;

	for (size_t i = 0; i < p->npages; i++)
		if (space_translate(p->sp, p->page[i].vpage << p->sp->page_shift,
				    &p->page[i].paddr, &err))
			p->page[i].fault = err.fault ? err.fault : CAIRN_FAULT_UNMAPPED;
}

static int by_place(const void *a, const void *b)
{
	const struct pick_page *x = a, *y = b;

	return x->paddr < y->paddr ? -1 : x->paddr > y->paddr;
}

static bool are_sorted(const struct pick *p)
{
	for (size_t i = 1; i < p->npages; i++)
		if (p->page[i - 1].paddr > p->page[i].paddr)
			return false;
	return true;
}

/* In the order of the file: buckets are no use from here on. */
static void order_pages(struct pick *p)
{
	if (!are_sorted(p))
		qsort(p->page, p->npages, sizeof(*p->page), by_place);
	for (size_t i = 0; i < p->npages; i++)
		p->load[i] = (struct image_load){ .paddr = p->page[i].paddr,
						  .fault = p->page[i].fault };
}

/* ---- looking ---- */

static void copy_part(struct pick *p, size_t part, const unsigned char *data)
{
	struct pick_half *h = &p->half[part / 2];
	size_t size = (size_t)1 << p->sp->page_shift, at = begin_of(p, h->i) & (size - 1);
	size_t left = size - at;
	unsigned char *raw = p->raw + part / 2 * p->len;

	if (part % 2)
		memcpy(raw + left, data, p->len - left);
	else
		memcpy(raw, data + at, left);
	h->got[part % 2] = true;
}

/* A page is there: each is on one of the threads, each part in one page. */
static void see(void *arg, size_t n, const unsigned char *data)
{
	struct pick *p = arg;
	uint64_t whole = UINT64_C(1) << image_info(p->sp->img)->page_shift;
	uint64_t size = UINT64_C(1) << p->sp->page_shift;

	/* the space's pages may be parts of the dump's */
	data += p->page[n].paddr & (whole - 1) & ~(size - 1);
	for (uint32_t k = p->page[n].first; k != NONE; k = p->run[k].next) {
		const struct pick_run *run = &p->run[k];

		if (!run->n)
			copy_part(p, run->first, data);
		for (size_t i = run->first; i < (size_t)run->first + run->n; i++)
			p->seen(p->arg, i, data + (begin_of(p, i) & (size - 1)));
	}
}

/* ---- a turn ---- */

static void *fresh(void *old, size_t n, size_t size)
{
	mem_free(old);
	return mem_resize(NULL, n, size);
}

static bool make_room(struct pick *p, size_t n, size_t halves)
{
	size_t pages = n + halves;

	if (p->cap >= n && p->cap_halves >= halves && p->nbuckets)
		return true;
	for (p->nbuckets = 64; p->nbuckets < 2 * pages;)
		p->nbuckets *= 2;
	p->page = fresh(p->page, pages + 1, sizeof(*p->page));
	p->load = fresh(p->load, pages + 1, sizeof(*p->load));
	p->bucket = fresh(p->bucket, p->nbuckets, sizeof(*p->bucket));
	p->run = fresh(p->run, n + 2 * halves + 1, sizeof(*p->run));
	p->half = fresh(p->half, halves + 1, sizeof(*p->half));
	p->raw = fresh(p->raw, halves + 1, p->len);
	p->cap = n;
	p->cap_halves = halves;
	if (!p->page || !p->load || !p->bucket || !p->run || !p->half || !p->raw)
		p->nbuckets = 0;
	return p->nbuckets;
}

bool pick_begin(struct pick *p, const uint64_t *addr, size_t n)
{
	size_t halves = 0;

	p->addr = addr;
	p->n = n;
	p->npages = p->nruns = p->nhalves = 0;
	for (size_t i = 0; i < n; i++)
		halves += !is_whole(p, i);
	if (p->len > (size_t)1 << p->sp->page_shift || n > NONE / 4 || !make_room(p, n, halves))
		return false;
	memset(p->bucket, 0, p->nbuckets * sizeof(*p->bucket));
	find_pages(p);
	find_frames(p);
	order_pages(p);
	p->loading = image_each_begin(p->sp->img, p->load, p->npages, see, p);
	if (!p->loading)
		image_each(p->sp->img, p->load, p->npages, see, p);
	return true;
}

void pick_wait(struct pick *p)
{
	if (p->loading)
		image_each_wait(p->sp->img, p->loading);
	p->loading = NULL;
	for (size_t i = 0; i < p->nhalves; i++)
		if (p->half[i].got[0] && p->half[i].got[1])
			p->seen(p->arg, p->half[i].i, p->raw + i * p->len);
	p->nhalves = 0;
}
