/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kdumpwrite - some of an image's pages as a kdump-compressed file.
 *
 * What cairn, libkdumpfile, drgn and crash read: version 6, with the header fields, notes and
 * VMCOREINFO of the file that the image was opened from, its bitmap of RAM (so that a page
 * that is left out is told from one that never was), and the pages that are asked for. A
 * page that is damaged in the image is damaged in the file, one that is cut off is cut off.
 * Format: see kdump_layout.h.
 */
#ifndef CAIRN_IMAGE_KDUMPWRITE_H
#define CAIRN_IMAGE_KDUMPWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/image/codec.h"
#include "lib/image/image.h"
#include "lib/image/kdump_layout.h"
#include "lib/image/record.h"

/** Physical memory [paddr, paddr + len) that is written as zeros. */
struct kdump_blank {
	uint64_t paddr, len;
};

struct kdumpwrite {
	const struct record *pages;
	enum codec_kind codec;              /* NONE, ZLIB or ZSTD */
	const struct kdump_blank *blank;    /* sorted by paddr, disjoint */
	size_t nblank;
	/* of an image that is no kdump file: uname's fields, in that order */
	char utsname[6][KDUMP_UTS_LEN];
	bool (*stop)(void);                 /* the user wants no more; NULL: never */
	/* out */
	uint64_t npages, ndamaged, size;    /* written; of them damaged; bytes of the file */
};

/** Write to fd, an empty file that can be written at offsets. CAIRN_MISSING: the image does not
 *  tell its machine; CAIRN_INTERRUPTED. */
enum cairn_code kdump_write(struct kdumpwrite *w, struct image *img, int fd,
			    struct cairn_err *err);

#endif
