/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * overlay - what-if writes: the dump's memory as it would be with other words in it.
 *
 * They are seen by everything that reads through this handle from then on, pages that are pinned
 * included, and undone in the reverse order. No file is ever written; clones do not see them;
 * what was copied out before (a shelf's loaded pages) stays as it was.
 */
#ifndef CAIRN_IMAGE_OVERLAY_H
#define CAIRN_IMAGE_OVERLAY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"

#define OVERLAY_BYTES 64 /* of one write */

struct image;

struct overlay_write {
	uint64_t paddr;
	size_t len;
	unsigned char bytes[OVERLAY_BYTES], was[OVERLAY_BYTES];
};

/** Zero-initialised: none. A part of struct image. */
struct overlay {
	struct overlay_write *write;
	size_t n, cap;
	uint64_t changes; /* writes and undone ones so far */
};

/** Write len bytes, at most OVERLAY_BYTES and within one page. A page that cannot be read cannot be
 *  written either: its fault. */
enum cairn_code overlay_write(struct image *img, uint64_t paddr, const void *p, size_t len,
			      struct cairn_err *err);

/** How many writes there are, and undo all but the first `keep`. */
size_t overlay_count(const struct image *img);
void overlay_undo(struct image *img, size_t keep);

/** Another number whenever memory has been changed: what was copied before may be stale. */
uint64_t overlay_changes(const struct image *img);

/** A page has just been loaded: put into it what was written. For image's own files. */
void overlay_apply(const struct overlay *o, uint64_t pfn, unsigned page_shift, unsigned char *data);
void overlay_deinit(struct overlay *o);

#endif
