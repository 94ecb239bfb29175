/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/shelf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/mem.h"

#define FEW  64  /* pages that are not worth a load of their own: the cache may have them */
#define PINS 128 /* of the image's cache, which TLBs pin as well */
#define MANY 16384 /* pages of one block, at most, */
#define LEAST 1024 /* and at least: what is not used of it costs nothing */
#define TOO_OFTEN 8 /* the part of all pages that may be got again before none is dropped */
#define HUGE ((size_t)2 << 20)

struct shelf_block {
	struct shelf_block *next;
	size_t pages, used; /* that it has room for, that are there */
	unsigned char *data;
	unsigned char room[];
};

/* One page to be loaded, and whose it is. */
struct wanted {
	uint64_t paddr;
	size_t index;
};

void shelf_init(struct shelf *s, struct space *sp)
{
	*s = (struct shelf){ .sp = sp };
}

static void free_blocks(struct shelf_block *b)
{
	while (b) {
		struct shelf_block *next = b->next;

		mem_free(b);
		b = next;
	}
}

void shelf_clear(struct shelf *s)
{
	for (size_t i = 0; i < s->n; i++)
		image_put(s->sp->img, s->page[i].pin);
	free_blocks(s->blocks);
	free_blocks(s->spare);
	s->blocks = s->spare = NULL;
	map_deinit(&s->at);
	s->n = s->loaded = s->pins = s->bytes = s->last = s->nwanted = s->again = 0;
	s->last_wanted = 0;
}

void shelf_deinit(struct shelf *s)
{
	shelf_clear(s);
	mem_free(s->page);
	mem_free(s->wanted);
	s->page = NULL;
	s->wanted = NULL;
	s->cap = s->cap_wanted = 0;
}

/* The memory is kept: fresh memory costs as much as what is read into it. */
void shelf_trim(struct shelf *s, size_t bytes)
{
	struct shelf_block **end = &s->spare;

	if (s->bytes <= bytes || s->again > s->n / TOO_OFTEN)
		return;
	for (size_t i = 0; i < s->loaded; i++) {
		struct shelf_page *p = &s->page[i];

		p->dropped |= p->data && !p->pin;
		p->data = p->pin ? p->data : NULL;
	}
	while (*end)
		end = &(*end)->next;
	*end = s->blocks;
	s->blocks = NULL;
	s->bytes = 0;
}

static void *room(void *old, size_t n, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 64;
	void *p = old;

	if (n == *cap) {
		p = mem_resize(old, more, size);
		*cap = p ? more : *cap;
	}
	return p;
}

/* A page that was dropped is wanted anew. */
static void want_again(struct shelf *s, size_t i)
{
	size_t *p;

	if (!s->page[i].dropped || s->page[i].queued)
		return;
	p = room(s->wanted, s->nwanted, &s->cap_wanted, sizeof(*p));
	if (!p)
		return;
	s->wanted = p;
	p[s->nwanted++] = i;
	s->page[i].queued = true;
	s->last_wanted = s->page[i].vpage + 1;
	s->again++;
}

static void want_page(struct shelf *s, uint64_t vpage)
{
	struct shelf_page *p;
	uint64_t i;

	/* what is wanted lies together more often than not */
	if (s->last_wanted == vpage + 1)
		return;
	if (map_get(&s->at, vpage, &i)) {
		want_again(s, i);
		return;
	}
	p = room(s->page, s->n, &s->cap, sizeof(*p));
	if (!p)
		return;
	s->page = p;
	if (!map_put(&s->at, vpage, s->n))
		return;
	s->page[s->n++] = (struct shelf_page){ .vpage = vpage };
	s->last_wanted = vpage + 1;
}

void shelf_want(struct shelf *s, uint64_t va, size_t len)
{
	uint64_t last = va + len - 1 < va ? va : va + len - 1;

	for (uint64_t v = va >> s->sp->page_shift; v <= last >> s->sp->page_shift; v++)
		want_page(s, v);
}

/* ---- loading ---- */

static int by_place(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	return x->paddr < y->paddr ? -1 : x->paddr > y->paddr;
}

/* A page of the space may be a part of one of the dump. */
static const unsigned char *part_of(const struct shelf *s, const unsigned char *data,
				    uint64_t paddr)
{
	uint64_t page = UINT64_C(1) << image_info(s->sp->img)->page_shift;
	uint64_t part = UINT64_C(1) << s->sp->page_shift;

	return data + (paddr & (page - 1) & ~(part - 1));
}

static void pin(struct shelf *s, struct shelf_page *p)
{
	struct page *page = image_pin(s->sp->img, p->paddr);

	p->fault = page->fault;
	if (!page->data) {
		image_put(s->sp->img, page);
		return;
	}
	p->pin = page;
	p->data = part_of(s, page->data, p->paddr);
	s->pins++;
}

/* Fresh memory of many megabytes: its page faults would cost as much as what is read into it. */
static struct shelf_block *new_block(size_t pages, unsigned shift)
{
	size_t len = pages << shift, huge = len & ~(HUGE - 1), more = huge ? HUGE : 0;
	struct shelf_block *b = mem_resize(NULL, 1, sizeof(*b) + len + more);

	if (!b)
		return NULL;
	b->pages = pages;
	b->data = b->room;
	if (huge) {
		b->data += -(uintptr_t)b->room & (HUGE - 1);
		madvise(b->data, huge, MADV_HUGEPAGE);
	}
	return b;
}

/* One for n pages that nobody uses: a spare one, or a new one. */
static struct shelf_block *free_block(struct shelf *s, size_t n, unsigned shift)
{
	struct shelf_block **p = &s->spare, *b;

	while (*p && (*p)->pages < n)
		p = &(*p)->next;
	b = *p;
	if (b)
		*p = b->next;
	else
		b = new_block(n < LEAST ? LEAST : n, shift);
	return b;
}

/* One with room for n more pages: the last, or one that nobody uses. */
static struct shelf_block *take_block(struct shelf *s, size_t n, unsigned shift)
{
	struct shelf_block *b = s->blocks;

	if (b && b->pages - b->used >= n)
		return b;
	b = free_block(s, n, shift);
	if (b) {
		b->used = 0;
		b->next = s->blocks;
		s->blocks = b;
	}
	return b;
}

static bool load_block(struct shelf *s, const struct wanted *w, size_t n)
{
	unsigned shift = image_info(s->sp->img)->page_shift;
	struct shelf_block *b = take_block(s, n, shift);
	struct image_load *loads = mem_zalloc(n, sizeof(*loads));
	unsigned char *to = b ? b->data + (b->used << shift) : NULL;

	if (!b || !loads) {
		mem_free(loads);
		return false;
	}
	b->used += n;
	s->bytes += n << shift;
	for (size_t i = 0; i < n; i++)
		loads[i] = (struct image_load){ .paddr = w[i].paddr, .to = to + (i << shift) };
	image_load(s->sp->img, loads, n);
	for (size_t i = 0; i < n; i++) {
		struct shelf_page *p = &s->page[w[i].index];

		p->fault = loads[i].fault;
		if (p->fault == CAIRN_FAULT_NONE)
			p->data = part_of(s, loads[i].to, p->paddr);
	}
	mem_free(loads);
	return true;
}

static void translate(struct shelf *s, size_t i, struct wanted *w, size_t *n)
{
	struct shelf_page *p = &s->page[i];
	struct cairn_err err;

	if (space_translate(s->sp, p->vpage << s->sp->page_shift, &p->paddr, &err))
		p->fault = err.fault;
	else
		w[(*n)++] = (struct wanted){ p->paddr, i };
}

/* Those that are mapped, in the order of the file. */
static size_t gather(struct shelf *s, struct wanted *w)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nwanted; i++)
		w[n++] = (struct wanted){ s->page[s->wanted[i]].paddr, s->wanted[i] };
	for (size_t i = s->loaded; i < s->n; i++)
		translate(s, i, w, &n);
	qsort(w, n, sizeof(*w), by_place);
	return n;
}

/* Out of memory: they are as not wanted. */
static void forget(struct shelf *s)
{
	struct map kept = { 0 };

	s->n = s->loaded;
	for (size_t i = 0; i < s->n; i++)
		map_put(&kept, s->page[i].vpage, i);
	map_deinit(&s->at);
	s->at = kept;
}

/* Nothing is wanted any more. */
static void wanted_no_more(struct shelf *s)
{
	for (size_t i = 0; i < s->nwanted; i++) {
		struct shelf_page *p = &s->page[s->wanted[i]];

		p->queued = false;
		p->dropped = !p->data && p->fault == CAIRN_FAULT_NONE;
	}
	s->loaded = s->n;
	s->nwanted = 0;
	s->last_wanted = 0;
}

static bool load_now(struct shelf *s, const struct wanted *w, size_t n)
{
	size_t part;

	if (n < FEW && s->pins + n <= PINS) {
		for (size_t i = 0; i < n; i++)
			pin(s, &s->page[w[i].index]);
		return true;
	}
	for (size_t done = 0; done < n; done += part) {
		part = n - done < MANY ? n - done : MANY;
		if (!load_block(s, w + done, part))
			return false;
	}
	return true;
}

/* What is wanted, in the order of the file; NULL: nothing, or no memory. */
static struct wanted *take_wanted(struct shelf *s, size_t *n)
{
	struct wanted *w;

	if (s->loaded == s->n && !s->nwanted)
		return NULL;
	w = mem_zalloc(s->n - s->loaded + s->nwanted, sizeof(*w));
	if (w)
		*n = gather(s, w);
	else
		forget(s);
	return w;
}

void shelf_load(struct shelf *s)
{
	size_t n;
	struct wanted *w = take_wanted(s, &n);

	if (w && !load_now(s, w, n))
		forget(s);
	wanted_no_more(s);
	mem_free(w);
}

/* ---- looking ---- */

/* One that was got, and not dropped. */
static const struct shelf_page *page_there(struct shelf *s, uint64_t vpage)
{
	uint64_t i = s->last;

	if ((i >= s->loaded || s->page[i].vpage != vpage) && !map_get(&s->at, vpage, &i))
		return NULL;
	if (i >= s->loaded || s->page[i].dropped)
		return NULL;
	s->last = i;
	return &s->page[i];
}

static const struct shelf_page *page_at(struct shelf *s, uint64_t va)
{
	uint64_t vpage = va >> s->sp->page_shift;
	const struct shelf_page *p = page_there(s, vpage);

	if (p)
		return p;
	want_page(s, vpage);
	shelf_load(s);
	return page_there(s, vpage);
}

const unsigned char *shelf_there(struct shelf *s, uint64_t va, size_t len)
{
	size_t size = (size_t)1 << s->sp->page_shift, in = va & (size - 1);
	const struct shelf_page *p = len > size - in ? NULL : page_there(s, va >> s->sp->page_shift);

	return p && p->data ? p->data + in : NULL;
}

const unsigned char *shelf_peek(struct shelf *s, uint64_t va, size_t len, struct cairn_err *err)
{
	size_t size = (size_t)1 << s->sp->page_shift, in = va & (size - 1);
	const struct shelf_page *p;

	if (len > size - in) {
		cairn_fail(err, CAIRN_LIMIT, "0x%llx: more than a page", (unsigned long long)va);
		return NULL;
	}
	p = page_at(s, va);
	if (p && p->data)
		return p->data + in;
	if (p)
		cairn_fail_read(err, p->fault, va, s->sp->what);
	else
		cairn_fail(err, CAIRN_NOMEM, "no memory for pages");
	return NULL;
}

const unsigned char *shelf_bytes(struct shelf *s, uint64_t va, void *buf, size_t len,
				 struct cairn_err *err)
{
	size_t size = (size_t)1 << s->sp->page_shift, done = 0;

	if (len <= size - (va & (size - 1)))
		return shelf_peek(s, va, len, err);
	while (done < len) {
		size_t left = size - ((va + done) & (size - 1));
		size_t n = left < len - done ? left : len - done;
		const unsigned char *p = shelf_peek(s, va + done, n, err);

		if (!p)
			return NULL;
		memcpy((char *)buf + done, p, n);
		done += n;
	}
	return buf;
}
