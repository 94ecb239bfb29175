/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image_impl - what the files of image share; nobody else includes it.
 *
 * image.c opens and closes, image_cache.c pins pages, image_load.c loads many at once,
 * image_search.c looks through all of them.
 */
#ifndef CAIRN_IMAGE_IMAGE_IMPL_H
#define CAIRN_IMAGE_IMAGE_IMPL_H

#include "lib/base/arena.h"
#include "lib/image/codec.h"
#include "lib/image/dumpfile.h"
#include "lib/image/image.h"
#include "lib/image/overlay.h"
#include "lib/image/pages.h"

struct image {
	struct image_info info;
	struct arena arena;
	struct rawfile *files;     /* of the set; a clone borrows its origin's */
	struct dumpfile *heads;
	size_t nfiles;
	const struct image *origin; /* NULL: this is no clone */
	struct pages *pages;
	struct codec *codec;
	bool loading;              /* image_each_begin() has the helper's codec */
	struct codec *helper;      /* of image_load()'s second thread; made when first used */
	uint64_t search_at;        /* where image_search_vmcoreinfo() goes on */
	uint64_t pages_read;
	struct record record;
	unsigned searching;        /* depth of image_search_begin() */
	struct overlay overlay;

	/* the cache */
	struct page *frames;
	unsigned char *data;
	uint32_t *buckets;         /* pfn -> first frame of a chain through page.next */
	uint32_t nframes, nbuckets, hand;
	struct page none;          /* handed out when every frame is pinned */
};

enum cairn_code image_cache_init(struct image *img, struct cairn_err *err);
void image_cache_deinit(struct image *img);

/** Take a page up into the record, if that is what is wanted. */
void image_note(struct image *img, uint64_t pfn, enum cairn_fault fault);

/** Whether the files belong together, and what they lack: info.damage and the like. */
enum cairn_code image_check_files(struct image *img, const char *const *paths,
				  struct cairn_err *err);

#endif
