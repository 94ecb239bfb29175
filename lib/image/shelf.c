/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/shelf.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

#define FEW  64  /* pages that are not worth a load of their own: the cache may have them */
#define PINS 128 /* of the image's cache, which TLBs pin as well */
#define MANY 4096 /* pages of one block */

struct shelf_block {
	struct shelf_block *next;
	unsigned char data[];
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

void shelf_clear(struct shelf *s)
{
	for (size_t i = 0; i < s->n; i++)
		image_put(s->sp->img, s->page[i].pin);
	while (s->blocks) {
		struct shelf_block *b = s->blocks;

		s->blocks = b->next;
		mem_free(b);
	}
	map_deinit(&s->at);
	s->n = s->loaded = s->pins = s->bytes = 0;
}

void shelf_deinit(struct shelf *s)
{
	shelf_clear(s);
	mem_free(s->page);
	s->page = NULL;
	s->cap = 0;
}

static void want_page(struct shelf *s, uint64_t vpage)
{
	size_t cap = s->cap ? s->cap * 2 : 64;
	struct shelf_page *p;

	if (map_get(&s->at, vpage, NULL))
		return;
	if (s->n == s->cap) {
		p = mem_resize(s->page, cap, sizeof(*p));
		if (!p)
			return;
		s->page = p;
		s->cap = cap;
	}
	if (!map_put(&s->at, vpage, s->n))
		return;
	s->page[s->n++] = (struct shelf_page){ .vpage = vpage };
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

static bool load_block(struct shelf *s, const struct wanted *w, size_t n)
{
	unsigned shift = image_info(s->sp->img)->page_shift;
	struct shelf_block *b = mem_resize(NULL, 1, sizeof(*b) + (n << shift));
	struct image_load *loads = mem_zalloc(n, sizeof(*loads));

	if (!b || !loads) {
		mem_free(b);
		mem_free(loads);
		return false;
	}
	b->next = s->blocks;
	s->blocks = b;
	s->bytes += n << shift;
	for (size_t i = 0; i < n; i++)
		loads[i] = (struct image_load){ .paddr = w[i].paddr, .to = b->data + (i << shift) };
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

/* Translate; those that are mapped, in the order of the file. */
static size_t gather(struct shelf *s, struct wanted *w)
{
	struct cairn_err err;
	size_t n = 0;

	for (size_t i = s->loaded; i < s->n; i++) {
		struct shelf_page *p = &s->page[i];

		if (space_translate(s->sp, p->vpage << s->sp->page_shift, &p->paddr, &err))
			p->fault = err.fault;
		else
			w[n++] = (struct wanted){ p->paddr, i };
	}
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

void shelf_load(struct shelf *s)
{
	struct wanted *w;
	size_t n, done, part;
	bool fine = true;

	if (s->loaded == s->n)
		return;
	w = mem_zalloc(s->n - s->loaded, sizeof(*w));
	n = w ? gather(s, w) : 0;
	if (w && n < FEW && s->pins + n <= PINS)
		for (size_t i = 0; i < n; i++)
			pin(s, &s->page[w[i].index]);
	else
		for (done = 0; done < n && fine; done += part) {
			part = n - done < MANY ? n - done : MANY;
			fine = load_block(s, w + done, part);
		}
	if (!w || !fine)
		forget(s);
	s->loaded = s->n;
	mem_free(w);
}

/* ---- looking ---- */

static const struct shelf_page *page_at(struct shelf *s, uint64_t va)
{
	uint64_t vpage = va >> s->sp->page_shift, i;

	if (!map_get(&s->at, vpage, &i) || i >= s->loaded) {
		want_page(s, vpage);
		shelf_load(s);
		if (!map_get(&s->at, vpage, &i))
			return NULL;
	}
	return &s->page[i];
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
