/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "cmd/slim.h"
#include "lib/base/mem.h"
#include "mm/keys.h"

#define BLANK_LIMIT ((uint64_t)1 << 30) /* bytes of one range */

struct redact {
	struct cairn *c;
	struct page_map map;
	struct slim_redaction *r;
	bool nomem;
};

void slim_redaction_deinit(struct slim_redaction *r)
{
	record_deinit(&r->pages);
	mem_free(r->blank);
}

/* ---- pages ---- */

static void sort_page(struct redact *x, uint64_t pfn)
{
	enum page_owner owner;

	if (page_owner_of(&x->map, pfn, &owner, NULL) != CAIRN_OK)
		x->r->unknown++;
	else if (owner == PAGE_USER)
		x->r->user++;
	else if (owner == PAGE_CACHE)
		x->r->cache++;
	else if (owner == PAGE_FREE)
		x->r->free++;
	else
		record_add(&x->r->pages, pfn);
}

/* ---- keys ---- */

static void add_blank(struct redact *x, uint64_t paddr, uint64_t len)
{
	struct slim_redaction *r = x->r;
	size_t cap = r->cap ? 2 * r->cap : 64;
	struct kdump_blank *more;

	if (r->nblank == r->cap) {
		more = mem_resize(r->blank, cap, sizeof(*more));
		if (!more) {
			x->nomem = true;
			return;
		}
		r->blank = more;
		r->cap = cap;
	}
	r->blank[r->nblank++] = (struct kdump_blank){ paddr, len };
}

/* Page by page; what no page table maps is not in the dump either. */
static void blank_range(void *arg, uint64_t va, uint64_t len)
{
	struct redact *x = arg;
	uint64_t page = (uint64_t)1 << x->c->kernel.page_shift, paddr, part;

	for (len = len < BLANK_LIMIT ? len : BLANK_LIMIT; len; va += part, len -= part) {
		part = page - (va & (page - 1));
		part = part < len ? part : len;
		if (space_translate(&x->c->kernel, va, &paddr, NULL) == CAIRN_OK)
			add_blank(x, paddr, part);
	}
}

static int by_paddr(const void *a, const void *b)
{
	const struct kdump_blank *x = a, *y = b;

	return x->paddr < y->paddr ? -1 : x->paddr > y->paddr;
}

/* Sorted, and none overlaps another. */
static void order_blanks(struct slim_redaction *r)
{
	size_t kept = 0;

	if (r->nblank)
		qsort(r->blank, r->nblank, sizeof(*r->blank), by_paddr);
	for (size_t i = 0; i < r->nblank; i++) {
		struct kdump_blank *b = &r->blank[i], *last = kept ? &r->blank[kept - 1] : NULL;

		if (!last || b->paddr > last->paddr + last->len)
			r->blank[kept++] = *b;
		else if (b->paddr + b->len > last->paddr + last->len)
			last->len = b->paddr + b->len - last->paddr;
	}
	r->nblank = kept;
}

enum cairn_code slim_redact(struct cairn *c, const struct record *pages, struct slim_redaction *ret,
			    struct cairn_err *err)
{
	struct redact x = { .c = c, .r = ret };
	enum cairn_code code;

	*ret = (struct slim_redaction){ 0 };
	/* what is asked here is not what the commands asked */
	space_search_begin(&c->kernel);
	code = page_map_init(&x.map, c, err);
	for (uint64_t pfn = 0; code == CAIRN_OK && record_next(pages, &pfn); pfn++)
		sort_page(&x, pfn);
	if (code == CAIRN_OK)
		code = keys_each(c, &x.map, blank_range, &x, err);
	space_search_end(&c->kernel);
	order_blanks(ret);
	if (code == CAIRN_OK && (x.nomem || ret->pages.lost))
		code = cairn_fail(err, CAIRN_NOMEM, "no memory to redact");
	return code;
}
