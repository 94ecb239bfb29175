/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/image/dumpfile.h"
#include "lib/image/kdumpfile.h"

#define CACHE_BYTES ((size_t)8 << 20) /* of page frames */
#define NO_FRAME UINT32_MAX
#define FILES_LIMIT 256

struct image {
	struct kdumpfile *file;
	struct image_info info;
	struct dumpfile head;
	struct arena arena;
	int fds[FILES_LIMIT];
	size_t nfds;       /* 0 for a clone, which borrows the fds of its origin */
	const struct image *origin;
	struct page *frames;
	unsigned char *data;
	uint32_t *buckets; /* pfn -> first frame of a chain through page.next */
	uint32_t nframes, nbuckets, hand;
	uint64_t pages_read;
};

const struct image_info *image_info(const struct image *img)
{
	return &img->info;
}

uint64_t image_pages_read(const struct image *img)
{
	return img->pages_read;
}

/* ---- frames ---- */

static enum cairn_code cache_init(struct image *img, struct cairn_err *err)
{
	img->nframes = (uint32_t)(CACHE_BYTES >> img->info.page_shift);
	if (img->nframes < 1024)
		img->nframes = 1024;
	img->nbuckets = img->nframes * 2;
	img->frames = mem_zalloc(img->nframes, sizeof(*img->frames));
	img->buckets = mem_zalloc(img->nbuckets, sizeof(*img->buckets));
	img->data = mem_zalloc(img->nframes, (size_t)1 << img->info.page_shift);
	if (!img->frames || !img->buckets || !img->data)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the page cache");
	memset(img->buckets, 0xff, img->nbuckets * sizeof(*img->buckets));
	return CAIRN_OK;
}

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

/* When every frame is pinned: a page that is never there. */
static struct page *no_page(void)
{
	static struct page none = { .fault = CAIRN_FAULT_ABSENT };

	return &none;
}

struct page *image_pin(struct image *img, uint64_t paddr)
{
	uint64_t pfn = paddr >> img->info.page_shift;
	uint32_t *head = bucket(img, pfn), f;
	unsigned char *data;
	struct page *p;

	for (f = *head; f != NO_FRAME; f = img->frames[f].next)
		if (img->frames[f].pfn == pfn)
			goto found;
	f = take_frame(img);
	if (f == NO_FRAME)
		return no_page();
	p = &img->frames[f];
	data = img->data + ((size_t)f << img->info.page_shift);
	p->fault = kdumpfile_page(img->file, pfn, data);
	p->data = p->fault == CAIRN_FAULT_NONE ? data : NULL;
	img->pages_read += p->data != NULL;
	p->pfn = pfn;
	p->used = true;
	p->next = *head;
	*head = f;
found:
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

	if (!kdumpfile_next(img->file, &pfn))
		return false;
	if (pfn != first)
		*paddr = pfn << shift;
	return true;
}

bool image_bounds(struct image *img, uint64_t *first, uint64_t *end)
{
	uint64_t lo = 0, at, step;

	if (!image_next_present(img, &lo))
		return false;
	*first = lo;
	/* gallop to a power of two past the last page, then halve back */
	at = lo;
	for (step = (uint64_t)1 << 62; step >= (uint64_t)1 << img->info.page_shift; step >>= 1) {
		uint64_t probe = at + step;

		if (probe > at && image_next_present(img, &probe))
			at = probe;
	}
	*end = (at & ~(((uint64_t)1 << img->info.page_shift) - 1)) +
	       ((uint64_t)1 << img->info.page_shift);
	return true;
}

/* ---- open ---- */

static enum cairn_code open_files(struct image *img, const char *const *paths, size_t npaths,
				  struct cairn_err *err)
{
	enum cairn_code code;

	if (!npaths || npaths > FILES_LIMIT)
		return cairn_fail(err, CAIRN_USAGE, "%zu dump files given; 1 to %d can be opened",
				  npaths, FILES_LIMIT);
	for (size_t i = 0; i < npaths; i++) {
		int fd = open(paths[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			return cairn_fail(err, CAIRN_IO, "%s: %s", paths[i], strerror(errno));
		img->fds[img->nfds++] = fd;
	}
	code = dumpfile_read(&img->head, img->fds[0], &img->arena, err);
	return code == CAIRN_OK ? code : cairn_context(err, code, "%s", paths[0]);
}

static void fill_info(struct image *img, const char *path)
{
	const struct dumpfile *h = &img->head;

	img->info = (struct image_info){
		.path = path,
		.format = kdumpfile_format(img->file),
		.arch = h->arch,
		.page_shift = kdumpfile_page_shift(img->file),
		.file_size = h->file_size,
		.truncated = h->promised > h->file_size,
		.missing_from = h->promised > h->file_size ? h->file_size : 0,
		.notes = h->notes,
		.notes_len = h->notes_len,
		.vmcoreinfo = { .text = h->vmcoreinfo, .len = h->vmcoreinfo_len },
	};
}

static enum cairn_code open_image(struct image *img, const char *const *paths, size_t npaths,
				  struct cairn_err *err)
{
	enum cairn_code code = open_files(img, paths, npaths, err);
	const char *path;

	if (code != CAIRN_OK)
		return code;
	code = kdumpfile_open(&img->file, img->fds, img->nfds, &img->head, err);
	if (code != CAIRN_OK)
		return cairn_context(err, code, "%s", paths[0]);
	path = arena_strdup(&img->arena, paths[0]);
	if (!path)
		return cairn_fail(err, CAIRN_NOMEM, "no memory to open the dump");
	fill_info(img, path);
	return cache_init(img, err);
}

enum cairn_code image_open(struct image **ret, const char *const *paths, size_t npaths,
			   struct cairn_err *err)
{
	struct image *img = mem_zalloc(1, sizeof(*img));
	enum cairn_code code;

	if (!img)
		return cairn_fail(err, CAIRN_NOMEM, "no memory to open the dump");
	code = open_image(img, paths, npaths, err);
	if (code != CAIRN_OK) {
		image_close(img);
		return code;
	}
	*ret = img;
	return CAIRN_OK;
}

enum cairn_code image_clone(struct image **ret, struct image *img, struct cairn_err *err)
{
	const struct image *origin = img->origin ? img->origin : img;
	struct image *twin = mem_zalloc(1, sizeof(*twin));
	enum cairn_code code;

	if (!twin)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for a second handle");
	twin->origin = origin;
	twin->info = img->info;
	twin->head = origin->head;
	/* not kdump_clone(): its handles share one lock and decompress one at a time */
	code = kdumpfile_open(&twin->file, origin->fds, origin->nfds, &origin->head, err);
	if (code == CAIRN_OK)
		code = cache_init(twin, err);
	if (code != CAIRN_OK) {
		image_close(twin);
		return code;
	}
	*ret = twin;
	return CAIRN_OK;
}

void image_close(struct image *img)
{
	if (!img)
		return;
	kdumpfile_close(img->file);
	for (size_t i = 0; i < img->nfds; i++)
		close(img->fds[i]);
	mem_free(img->frames);
	mem_free(img->buckets);
	mem_free(img->data);
	arena_deinit(&img->arena);
	mem_free(img);
}

enum cairn_code image_search_vmcoreinfo(struct image *img, struct cairn_err *err)
{
	static const char magic[] = "OSRELEASE=";
	size_t size = (size_t)1 << img->info.page_shift;
	uint64_t paddr = 0;

	/* vmcoreinfo_data is a page of its own: kernel/crash_core.c, crash_save_vmcoreinfo_init */
	for (; image_next_present(img, &paddr); paddr = (paddr & ~(uint64_t)(size - 1)) + size) {
		struct page *p = image_pin(img, paddr);
		char *text = NULL;

		if (p->data && !memcmp(p->data, magic, sizeof(magic) - 1) &&
		    memmem(p->data, size, "\nPAGESIZE=", 10))
			text = arena_strndup(&img->arena, (const char *)p->data, size);
		image_put(img, p);
		if (!text)
			continue;
		img->info.vmcoreinfo = (struct vmcoreinfo){ .text = text, .len = strlen(text) };
		img->info.vmcoreinfo_searched = true;
		return CAIRN_OK;
	}
	return cairn_fail(err, CAIRN_NOTFOUND, "no VMCOREINFO, neither as a note nor in memory");
}
