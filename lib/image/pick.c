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

void pick_init(struct pick *p, struct space *sp, uint64_t lo, size_t len, pick_seen *seen)
{
	*p = (struct pick){ .sp = sp, .lo = lo, .len = len, .seen = seen };
}

static void free_turn(struct pick_turn *t)
{
	mem_free(t->page);
	mem_free(t->load);
	mem_free(t->run);
	mem_free(t->half);
	mem_free(t->raw);
}

void pick_deinit(struct pick *p)
{
	pick_wait(p);
	free_turn(&p->turn[0]);
	free_turn(&p->turn[1]);
	mem_free(p->bucket);
}

/* ---- what lies where ---- */

static uint64_t page_at(const struct pick *p, uint64_t at)
{
	return at >> p->sp->page_shift;
}

/* Where the bytes of an object begin, and where their last one is. */
static uint64_t begin_of(const struct pick_turn *t, size_t i)
{
	return t->addr[i] + t->p->lo;
}

static uint64_t last_of(const struct pick_turn *t, size_t i)
{
	return t->addr[i] + t->p->lo + t->p->len - 1;
}

static bool is_whole(const struct pick_turn *t, size_t i)
{
	return page_at(t->p, begin_of(t, i)) == page_at(t->p, last_of(t, i));
}

static struct pick_page *page_of(struct pick *p, struct pick_turn *t, uint64_t vpage)
{
	size_t at = hash_u64(vpage) & (p->nbuckets - 1);

	for (; p->bucket[at]; at = (at + 1) & (p->nbuckets - 1))
		if (t->page[p->bucket[at] - 1].vpage == vpage)
			return &t->page[p->bucket[at] - 1];
	t->page[t->npages] = (struct pick_page){ .vpage = vpage, .first = NONE };
	p->bucket[at] = (uint32_t)++t->npages;
	return &t->page[t->npages - 1];
}

static struct pick_run *add_run(struct pick_turn *t, struct pick_page *page, size_t first,
				uint32_t n)
{
	struct pick_run *run = &t->run[t->nruns];

	*run = (struct pick_run){ (uint32_t)first, n, page->first };
	page->first = (uint32_t)t->nruns++;
	return run;
}

static void add_parts(struct pick *p, struct pick_turn *t, size_t i)
{
	add_run(t, page_of(p, t, page_at(p, begin_of(t, i))), 2 * t->nhalves, 0);
	add_run(t, page_of(p, t, page_at(p, last_of(t, i))), 2 * t->nhalves + 1, 0);
	t->half[t->nhalves++] = (struct pick_half){ .i = (uint32_t)i };
}

/* The run that an object begins; NULL: it does not. */
static struct pick_run *begin_run(struct pick *p, struct pick_turn *t, size_t i)
{
	if (!t->addr[i] || last_of(t, i) < t->addr[i])
		return NULL;
	if (is_whole(t, i))
		return add_run(t, page_of(p, t, page_at(p, begin_of(t, i))), i, 1);
	add_parts(p, t, i);
	return NULL;
}

/* Objects that are named together lie together more often than not. */
static void find_pages(struct pick *p, struct pick_turn *t)
{
	uint64_t size = UINT64_C(1) << p->sp->page_shift, page = 0;
	struct pick_run *run = NULL;

	for (size_t i = 0; i < t->n; i++) {
		if (run && t->addr[i] && begin_of(t, i) - page <= size - p->len) {
			run->n++;
			continue;
		}
		run = begin_run(p, t, i);
		page = begin_of(t, i) & ~(size - 1);
	}
}

static void find_frames(struct pick *p, struct pick_turn *t)
{
	struct cairn_err err;

	for (size_t i = 0; i < t->npages; i++)
		if (space_translate(p->sp, t->page[i].vpage << p->sp->page_shift,
				    &t->page[i].paddr, &err))
			t->page[i].fault = err.fault ? err.fault : CAIRN_FAULT_UNMAPPED;
}

static int by_place(const void *a, const void *b)
{
	const struct pick_page *x = a, *y = b;

	return x->paddr < y->paddr ? -1 : x->paddr > y->paddr;
}

static bool are_sorted(const struct pick_turn *t)
{
	for (size_t i = 1; i < t->npages; i++)
		if (t->page[i - 1].paddr > t->page[i].paddr)
			return false;
	return true;
}

/* In the order of the file: buckets are no use from here on. */
static void order_pages(struct pick_turn *t)
{
	if (!are_sorted(t))
		qsort(t->page, t->npages, sizeof(*t->page), by_place);
	for (size_t i = 0; i < t->npages; i++)
		t->load[i] = (struct image_load){ .paddr = t->page[i].paddr,
						  .fault = t->page[i].fault };
}

/* ---- looking ---- */

static void copy_part(struct pick_turn *t, size_t part, const unsigned char *data)
{
	struct pick_half *h = &t->half[part / 2];
	size_t size = (size_t)1 << t->p->sp->page_shift, at = begin_of(t, h->i) & (size - 1);
	size_t left = size - at, len = t->p->len;
	unsigned char *raw = t->raw + part / 2 * len;

	if (part % 2)
		memcpy(raw + left, data, len - left);
	else
		memcpy(raw, data + at, left);
	h->got[part % 2] = true;
}

/* A page is there: each is on one of the threads, each part in one page. */
static void see(void *arg, size_t n, const unsigned char *data)
{
	struct pick_turn *t = arg;
	const struct pick *p = t->p;
	uint64_t whole = UINT64_C(1) << image_info(p->sp->img)->page_shift;
	uint64_t size = UINT64_C(1) << p->sp->page_shift;

	/* the space's pages may be parts of the dump's */
	data += t->page[n].paddr & (whole - 1) & ~(size - 1);
	for (uint32_t k = t->page[n].first; k != NONE; k = t->run[k].next) {
		const struct pick_run *run = &t->run[k];

		if (!run->n)
			copy_part(t, run->first, data);
		for (size_t i = run->first; i < (size_t)run->first + run->n; i++)
			p->seen(t->arg, i, data + (begin_of(t, i) & (size - 1)));
	}
}

/* ---- a turn ---- */

static void *fresh(void *old, size_t n, size_t size)
{
	mem_free(old);
	return mem_resize(NULL, n, size);
}

static bool make_room(const struct pick *p, struct pick_turn *t, size_t n, size_t halves)
{
	size_t pages = n + halves;

	if (t->cap >= n && t->cap_halves >= halves && t->page)
		return true;
	t->page = fresh(t->page, pages + 1, sizeof(*t->page));
	t->load = fresh(t->load, pages + 1, sizeof(*t->load));
	t->run = fresh(t->run, n + 2 * halves + 1, sizeof(*t->run));
	t->half = fresh(t->half, halves + 1, sizeof(*t->half));
	t->raw = fresh(t->raw, halves + 1, p->len);
	t->cap = n;
	t->cap_halves = halves;
	if (t->page && t->load && t->run && t->half && t->raw)
		return true;
	mem_free(t->page);
	t->page = NULL;
	return false;
}

static bool clear_buckets(struct pick *p, size_t pages)
{
	size_t want = 64;

	while (want < 2 * pages)
		want *= 2;
	if (want > p->nbuckets) {
		p->bucket = fresh(p->bucket, want, sizeof(*p->bucket));
		p->nbuckets = p->bucket ? want : 0;
	}
	if (p->bucket)
		memset(p->bucket, 0, p->nbuckets * sizeof(*p->bucket));
	return p->bucket;
}

/* Which pages, and what of which object is in each. */
static bool prepare(struct pick *p, struct pick_turn *t)
{
	size_t halves = 0;

	for (size_t i = 0; i < t->n; i++)
		halves += !is_whole(t, i);
	t->npages = t->nruns = t->nhalves = 0;
	if (p->len > (size_t)1 << p->sp->page_shift || t->n > NONE / 4 ||
	    !make_room(p, t, t->n, halves) || !clear_buckets(p, t->n + halves))
		return false;
	find_pages(p, t);
	find_frames(p, t);
	order_pages(t);
	return true;
}

bool pick_begin(struct pick *p, const uint64_t *addr, size_t n, void *arg, size_t *npages)
{
	struct pick_turn *t = &p->turn[p->coming == &p->turn[0]];
	bool fine;

	t->p = p;
	t->arg = arg;
	t->addr = addr;
	t->n = n;
	fine = prepare(p, t);
	pick_wait(p);
	if (!fine)
		return false;
	if (npages)
		*npages = t->npages;
	p->coming = t;
	p->loading = image_each_begin(p->sp->img, t->load, t->npages, see, t);
	if (!p->loading)
		image_each(p->sp->img, t->load, t->npages, see, t);
	return true;
}

void pick_wait(struct pick *p)
{
	struct pick_turn *t = p->coming;

	if (p->loading)
		image_each_wait(p->sp->img, p->loading);
	p->loading = NULL;
	p->coming = NULL;
	for (size_t i = 0; t && i < t->nhalves; i++)
		if (t->half[i].got[0] && t->half[i].got[1])
			p->seen(t->arg, t->half[i].i, t->raw + i * p->len);
}
