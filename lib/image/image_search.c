/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "lib/base/mem.h"
#include "lib/image/image_impl.h"

#define BATCH 256 /* pages in hand */

/* So many pages in a row that cannot be had (16 GB): the rest is cut off as well, or the
 * bitmap lies. */
#define PATIENCE ((size_t)4 << 20)

static const char magic[] = "OSRELEASE=";

#define MAGIC_LEN (sizeof(magic) - 1)

/* The kernel's text, not the format string that it is made with, nor a tool that reads it. */
static bool plausible(const char *text, size_t len)
{
	const char *nl = memchr(text, '\n', len);
	const char *size = memmem(text, len, "\nPAGESIZE=", 10);

	return nl && nl > text + MAGIC_LEN && !memchr(text, '%', (size_t)(nl - text)) && size &&
	       size + 10 < text + len && size[10] >= '1' && size[10] <= '9' &&
	       memmem(text, len, "\nSYMBOL(", 8);
}

/* The text at paddr, of at most a page (VMCOREINFO_BYTES), which before 4.13 could lie
 * across two. What cannot be read ends it. */
static bool read_text(struct image *img, uint64_t paddr, char *text)
{
	size_t size = (size_t)1 << img->info.page_shift, first = size - (paddr & (size - 1));

	memset(text, 0, size + 1);
	if (image_read(img, paddr, text, first, NULL) != CAIRN_OK)
		return false;
	if (first < size)
		image_read(img, paddr + first, text + first, size - first, NULL);
	return plausible(text, strlen(text));
}

static bool take_text(struct image *img, uint64_t paddr)
{
	char *text = mem_zalloc(((size_t)1 << img->info.page_shift) + 1, 1), *copy = NULL;

	if (text && read_text(img, paddr, text))
		copy = arena_strdup(&img->arena, text);
	mem_free(text);
	if (!copy)
		return false;
	img->info.vmcoreinfo = (struct vmcoreinfo){ .text = copy, .len = strlen(copy) };
	img->info.vmcoreinfo_searched = true;
	if (!img->info.arch)
		img->info.arch = dumpfile_guess_arch(img->info.notes, img->info.notes_len,
						     &img->info.vmcoreinfo);
	return true;
}

static bool search_page(struct image *img, uint64_t paddr, const unsigned char *data, size_t size)
{
	const unsigned char *p = data, *end = data + size;

	while ((p = memmem(p, (size_t)(end - p), magic, MAGIC_LEN)) != NULL) {
		img->search_at = paddr + (uint64_t)(p - data) + 1;
		if (take_text(img, img->search_at - 1))
			return true;
		p++;
	}
	return false;
}

/* The next pages of the dump from *paddr on. */
static size_t gather(struct image *img, uint64_t *paddr, struct image_load *loads,
		     unsigned char *buf)
{
	uint64_t size = (uint64_t)1 << img->info.page_shift;
	size_t n = 0;

	for (; n < BATCH && image_next_present(img, paddr); n++) {
		loads[n] = (struct image_load){ .paddr = *paddr & ~(size - 1), .to = buf + n * size };
		*paddr = loads[n].paddr + size;
	}
	return n;
}

static bool search(struct image *img, unsigned char *buf)
{
	size_t size = (size_t)1 << img->info.page_shift, n;
	uint64_t from = img->search_at, paddr = from;
	struct image_load loads[BATCH];
	size_t missing = 0;

	while (missing < PATIENCE && (n = gather(img, &paddr, loads, buf)) != 0) {
		image_load(img, loads, n);
		for (size_t i = 0; i < n; i++) {
			uint64_t at = loads[i].paddr;
			size_t skip = from > at ? (size_t)(from - at) : 0;

			missing = loads[i].fault == CAIRN_FAULT_NONE ? 0 : missing + 1;
			if (!missing &&
			    search_page(img, at + skip, buf + i * size + skip, size - skip))
				return true;
		}
	}
	return false;
}

enum cairn_code image_search_vmcoreinfo(struct image *img, struct cairn_err *err)
{
	unsigned char *buf = mem_zalloc(BATCH, (size_t)1 << img->info.page_shift);
	bool found;

	if (!buf)
		return cairn_fail(err, CAIRN_NOMEM, "no memory to search for VMCOREINFO");
	image_search_begin(img);
	found = search(img, buf);
	image_search_end(img);
	mem_free(buf);
	if (found && take_text(img, img->search_at - 1))
		return CAIRN_OK;
	return cairn_fail(err, CAIRN_NOTFOUND, "no VMCOREINFO, neither as a note nor in memory");
}
