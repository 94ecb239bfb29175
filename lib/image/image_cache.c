/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/image/image_impl.h"

#define CACHE_BYTES ((size_t)8 << 20) /* of page frames */
#define MIN_FRAMES  1024              /* more than a TLB or two can pin */
#define NO_FRAME    UINT32_MAX

enum cairn_code image_cache_init(struct image *img, struct cairn_err *err)
{
	img->nframes = (uint32_t)(CACHE_BYTES >> img->info.page_shift);
	if (img->nframes < MIN_FRAMES)
		img->nframes = MIN_FRAMES;
	img->nbuckets = img->nframes * 2;
	img->none.fault = CAIRN_FAULT_ABSENT;
	img->frames = mem_zalloc(img->nframes, sizeof(*img->frames));
	img->buckets = mem_zalloc(img->nbuckets, sizeof(*img->buckets));
	img->data = mem_zalloc(img->nframes, (size_t)1 << img->info.page_shift);
	if (!img->frames || !img->buckets || !img->data)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the page cache");
	memset(img->buckets, 0xff, img->nbuckets * sizeof(*img->buckets));
	return CAIRN_OK;
}

void image_cache_deinit(struct image *img)
{
	mem_free(img->frames);
	mem_free(img->buckets);
	mem_free(img->data);
}

/* ---- the record ---- */

const struct record *image_record(const struct image *img)
{
	return &img->record;
}

void image_search_begin(struct image *img)
{
	img->searching++;
}

void image_search_end(struct image *img)
{
	img->searching--;
}

void image_note(struct image *img, uint64_t pfn, enum cairn_fault fault)
{
	if (!img->searching && fault != CAIRN_FAULT_ABSENT && fault != CAIRN_FAULT_EXCLUDED)
		record_add(&img->record, pfn);
}

/* ---- frames ---- */

static uint32_t *bucket(struct image *img, uint64_t pfn)
{
	return &img->buckets[hash_u64(pfn) % img->nbuckets];
}

static void unlink_frame(struct image *img, uint32_t f)
{
	uint32_t *link = bucket(img, img->frames[f].pfn);

	while (*link != f)
		link = &img->frames[*link].next;
	*link = img->frames[f].next;
	img->frames[f].used = false;
}

/* A frame to fill: the clock hand passes pinned and recently used ones. Pins are few
 * (one per TLB entry and one in hand), frames are many more. */
static uint32_t take_frame(struct image *img)
{
	for (uint32_t turns = 0; turns < 3 * img->nframes; turns++) {
		uint32_t f = img->hand;
		struct page *p = &img->frames[f];

		img->hand = (img->hand + 1) % img->nframes;
		if (p->pins)
			continue;
		if (p->used && p->recent) {
			p->recent = false;
			continue;
		}
		if (p->used)
			unlink_frame(img, f);
		return f;
	}
	return NO_FRAME;
}

static void fill_frame(struct image *img, uint32_t f, uint64_t pfn)
{
	unsigned char *data = img->data + ((size_t)f << img->info.page_shift);
	struct page *p = &img->frames[f];
	struct page_place place;

	p->fault = pages_find(img->pages, pfn, &place);
	if (p->fault == CAIRN_FAULT_NONE)
		p->fault = pages_load(img->pages, &place, img->codec, data);
	p->data = p->fault == CAIRN_FAULT_NONE ? data : NULL;
	if (p->data && img->overlay.n)
		overlay_apply(&img->overlay, pfn, img->info.page_shift, data);
	img->pages_read += p->data != NULL;
	p->pfn = pfn;
	p->used = true;
	p->recorded = false;
}

struct page *image_pin(struct image *img, uint64_t paddr)
{
	uint64_t pfn = paddr >> img->info.page_shift;
	uint32_t *head = bucket(img, pfn), f;

	for (f = *head; f != NO_FRAME; f = img->frames[f].next)
		if (img->frames[f].pfn == pfn)
			break;
	if (f == NO_FRAME) {
		f = take_frame(img);
		if (f == NO_FRAME)
			return &img->none;
		fill_frame(img, f, pfn);
		img->frames[f].next = *head;
		*head = f;
	}
	if (!img->frames[f].recorded && !img->searching) {
		image_note(img, pfn, img->frames[f].fault);
		img->frames[f].recorded = true;
	}
	img->frames[f].pins++;
	img->frames[f].recent = true;
	return &img->frames[f];
}

void image_put(struct image *img, struct page *page)
{
	(void)img;
	if (page && page->pins)
		page->pins--;
}

enum cairn_code image_read(struct image *img, uint64_t paddr, void *buf, size_t len,
			   struct cairn_err *err)
{
	size_t size = (size_t)1 << img->info.page_shift, in, n;
	unsigned char *to = buf;

	while (len) {
		struct page *p = image_pin(img, paddr);
		enum cairn_fault fault = p->fault;

		in = paddr & (size - 1);
		n = size - in < len ? size - in : len;
		if (p->data)
			memcpy(to, p->data + in, n);
		image_put(img, p);
		if (!p->data)
			return cairn_fail_read(err, fault, paddr, "physical address");
		to += n;
		paddr += n;
		len -= n;
	}
	return CAIRN_OK;
}

bool image_next_present(struct image *img, uint64_t *paddr)
{
	unsigned shift = img->info.page_shift;
	uint64_t first = *paddr >> shift, pfn = first;

	if (!pages_next(img->pages, &pfn))
		return false;
	if (pfn != first)
		*paddr = pfn << shift;
	return true;
}

bool image_next_ram(struct image *img, uint64_t *pfn, uint64_t *end)
{
	return pages_ram(img->pages, pfn, end);
}

bool image_bounds(struct image *img, uint64_t *first, uint64_t *end)
{
	uint64_t lo = 0, hi;

	if (!pages_next(img->pages, &lo) || !pages_last(img->pages, &hi))
		return false;
	*first = lo << img->info.page_shift;
	*end = (hi + 1) << img->info.page_shift;
	return true;
}
