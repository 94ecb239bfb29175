/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memsearch - where in the dump's memory a value or a text lies.
 *
 * Of physical memory, every page that the file has is looked at once, in order, past the cache
 * and on two threads; of virtual memory, every page of a range that is mapped and there. Nothing
 * of it is recorded as read.
 */
#ifndef CAIRN_KERN_MEMSEARCH_H
#define CAIRN_KERN_MEMSEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/image/image.h"
#include "lib/image/space.h"

#define MEMSEARCH_TEXT 256

/** What is looked for: an integer of `unit` bytes (2, 4 or 8) at its natural alignment, of which
 *  the bits in `mask` do not matter; or with `text`, any bytes of at most MEMSEARCH_TEXT. */
struct memsearch {
	uint64_t value, mask;
	unsigned unit;
	const unsigned char *text;
	size_t text_len;
	/* Called for each place in order of the addresses; `value` is the integer that lies there.
	   False: enough. */
	bool (*found)(void *arg, uint64_t addr, uint64_t value);
	bool (*stop)(void);    /* the user wants no more; NULL: never */
	void *arg;
	/* out */
	uint64_t pages, missing; /* looked at; of these, such that could not be read */
};

/** In physical [first, end). CAIRN_OK also if nothing was found. */
enum cairn_code memsearch_phys(struct memsearch *m, struct image *img, uint64_t first, uint64_t end,
			       struct cairn_err *err);

/** In virtual [first, end); pages that are not mapped are no pages. */
enum cairn_code memsearch_space(struct memsearch *m, struct space *s, uint64_t first, uint64_t end,
				struct cairn_err *err);

#endif
