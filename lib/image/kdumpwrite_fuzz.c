/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Some pages of a dump of any bytes, written to a file: it opens, says the same of itself, and
 * each of these pages is what it was, or damaged as it was.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/image/fuzzdump.h"
#include "lib/image/kdumpwrite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAGES 24 /* that are written */
#define PFN_LIMIT ((uint64_t)1 << 20) /* no bitmap of more is written */

/* A dump may claim memory without end; writing that down takes as long. */
static bool claims_too_much(struct image *img)
{
	uint64_t pfn = 0, end, first = UINT64_MAX;

	while (image_next_ram(img, &pfn, &end)) {
		first = first < pfn ? first : pfn;
		if (end > PFN_LIMIT && end - first > PFN_LIMIT)
			return true;
		pfn = end;
	}
	return false;
}

/* Pages in the order of the dump, and those that the input names. */
static void read_pages(struct image *img, const uint8_t *data, size_t size)
{
	const struct image_info *info = image_info(img);
	uint64_t at = (uint64_t)data[1] % 8 << info->page_shift;
	uint64_t end = info->kdump_base + (PFN_LIMIT << info->page_shift);

	for (int i = 0; i < PAGES / 2 && image_next_present(img, &at) && at < end; i++) {
		image_put(img, image_pin(img, at));
		at = ((at >> info->page_shift) + 1) << info->page_shift;
	}
	for (size_t i = 4; i < size && i < 4 + PAGES / 2; i++)
		image_put(img, image_pin(img, info->kdump_base +
					 ((uint64_t)data[i] << info->page_shift)));
}

static void fill_utsname(struct kdumpwrite *w, const struct arch *arch)
{
	if (arch)
		strcpy(w->utsname[4], arch->id == ARCH_ARM ? "armv7l" : arch->utsname);
}

static bool same_bytes(const void *a, size_t alen, const void *b, size_t blen)
{
	return alen == blen && (!alen || !memcmp(a, b, alen));
}

static void expect_same(struct image *a, struct image *b, const struct record *pages)
{
	const struct image_info *x = image_info(a), *y = image_info(b);

	if (x->arch != y->arch || x->page_shift != y->page_shift ||
	    !same_bytes(x->notes, x->notes_len, y->notes, y->notes_len) ||
	    !same_bytes(x->vmcoreinfo.text, x->vmcoreinfo.len, y->vmcoreinfo.text,
			y->vmcoreinfo.len))
		abort();
	for (uint64_t pfn = 0; record_next(pages, &pfn); pfn++) {
		struct page *p = image_pin(a, pfn << x->page_shift);
		struct page *q = image_pin(b, pfn << x->page_shift);

		if (p->fault != q->fault ||
		    (p->data && memcmp(p->data, q->data, (size_t)1 << x->page_shift)))
			abort();
		image_put(a, p);
		image_put(b, q);
	}
}

/* A page that was not asked for is not in it. */
static void expect_no_more(struct image *img, const struct record *pages)
{
	unsigned shift = image_info(img)->page_shift;
	uint64_t at = 0, n = 0;

	for (; image_next_present(img, &at); at = ((at >> shift) + 1) << shift)
		if (!record_has(pages, at >> shift) || ++n > PAGES)
			abort();
	if (n != pages->count)
		abort();
}

static void write_and_compare(struct image *img, enum codec_kind codec)
{
	struct kdumpwrite w = { .pages = image_record(img), .codec = codec };
	int fd = memfd_create("copy", 0);
	struct cairn_err err = { .text = "" };
	struct image *copy;
	const char *path;
	char buf[32];
	enum cairn_code code;

	fill_utsname(&w, image_info(img)->arch);
	code = kdump_write(&w, img, fd, &err);
	if (code != CAIRN_OK && (code != CAIRN_MISSING || image_info(img)->arch || !err.text[0]))
		abort();
	path = td_path(buf, fd);
	if (code == CAIRN_OK) {
		if (image_open(&copy, &path, 1, &err) != CAIRN_OK)
			abort();
		expect_same(img, copy, w.pages);
		expect_no_more(copy, w.pages);
		image_close(copy);
	}
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum codec_kind kinds[] = { CODEC_NONE, CODEC_ZLIB, CODEC_ZSTD };
	struct image *img;
	const char *path;
	char buf[32];
	int fd;

	if (size < 4)
		return 0;
	fd = fd_file(data, size);
	path = td_path(buf, fd);
	if (image_open(&img, &path, 1, NULL) == CAIRN_OK) {
		if (!claims_too_much(img)) {
			read_pages(img, data, size);
			write_and_compare(img, kinds[size % 3]);
		}
		image_close(img);
	}
	close(fd);
	return 0;
}
