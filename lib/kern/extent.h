/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * extent - a stretch of kernel memory that was read in one go and may have holes.
 *
 * For arrays and rings that are wanted whole: read once in ascending order, then looked at
 * in place. A page that could not be read costs what lies on it, nothing else.
 */
#ifndef CAIRN_KERN_EXTENT_H
#define CAIRN_KERN_EXTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/image/space.h"

struct extent_hole {
	uint64_t begin, end; /* offsets */
	enum cairn_fault fault;
};

struct extent {
	uint64_t addr;
	const unsigned char *data; /* len bytes, zero where nothing was read */
	size_t len;
	const char *what;          /* the address space, for messages */
	struct extent_hole *hole;  /* ascending */
	size_t nholes;
};

/** Read [addr, addr + len) into memory of the arena. Fails only for want of memory: ask
 *  extent_at() for what was read. */
enum cairn_code extent_read(struct extent *e, struct arena *a, struct space *sp, uint64_t addr,
			    size_t len, struct cairn_err *err);

/** The n bytes at `addr`, or NULL: outside of the extent (CAIRN_CORRUPT), or not read
 *  (CAIRN_FAULT at the first missing byte). */
const void *extent_at(const struct extent *e, uint64_t addr, size_t n, struct cairn_err *err);

/** The NUL-terminated text at `addr`, of at most max-1 bytes. NULL: likewise, or no NUL. */
const char *extent_text(const struct extent *e, uint64_t addr, size_t max,
			struct cairn_err *err);

#endif
