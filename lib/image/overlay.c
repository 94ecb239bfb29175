/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/overlay.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/image/image_impl.h"

static struct overlay_write *room_for_one(struct overlay *o)
{
	size_t cap = o->cap ? o->cap * 2 : 16;
	struct overlay_write *p;

	if (o->n < o->cap)
		return &o->write[o->n];
	p = mem_resize(o->write, cap, sizeof(*p));
	if (!p)
		return NULL;
	o->write = p;
	o->cap = cap;
	return &p[o->n];
}

/* The page in the cache is changed in place: pins and TLBs see it. */
static void put(struct image *img, uint64_t paddr, const unsigned char *bytes, size_t len)
{
	struct page *page = image_pin(img, paddr);
	size_t size = (size_t)1 << img->info.page_shift;

	if (page->data)
		memcpy(img->data + (page->data - img->data) + (paddr & (size - 1)), bytes, len);
	image_put(img, page);
}

enum cairn_code overlay_write(struct image *img, uint64_t paddr, const void *p, size_t len,
			      struct cairn_err *err)
{
	size_t size = (size_t)1 << img->info.page_shift;
	struct overlay_write *w;
	enum cairn_code code;

	if (len > OVERLAY_BYTES || len > size - (paddr & (size - 1)))
		return cairn_fail(err, CAIRN_USAGE, "a write of %zu bytes is too long", len);
	w = room_for_one(&img->overlay);
	if (!w)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for an overlay");
	*w = (struct overlay_write){ .paddr = paddr, .len = len };
	memcpy(w->bytes, p, len);
	code = image_read(img, paddr, w->was, len, err);
	if (code)
		return code;
	img->overlay.n++;
	img->overlay.changes++;
	put(img, paddr, w->bytes, len);
	return CAIRN_OK;
}

size_t overlay_count(const struct image *img)
{
	return img->overlay.n;
}

uint64_t overlay_changes(const struct image *img)
{
	return img->overlay.changes;
}

/* The write is taken away first: a page that is loaded anew must not have it. */
void overlay_undo(struct image *img, size_t keep)
{
	while (img->overlay.n > keep) {
		const struct overlay_write w = img->overlay.write[--img->overlay.n];

		img->overlay.changes++;
		put(img, w.paddr, w.was, w.len);
	}
}

void overlay_apply(const struct overlay *o, uint64_t pfn, unsigned page_shift, unsigned char *data)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->write[i].paddr >> page_shift == pfn)
			memcpy(data + (o->write[i].paddr & ((UINT64_C(1) << page_shift) - 1)),
			       o->write[i].bytes, o->write[i].len);
}

void overlay_deinit(struct overlay *o)
{
	mem_free(o->write);
	*o = (struct overlay){ 0 };
}
