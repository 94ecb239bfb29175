/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testpatch - for fuzz targets: something valid, overwritten here and there as the input
 * says. Gets far behind the first checks, where bytes made of nothing never come.
 */
#ifndef CAIRN_DEBUG_TESTPATCH_H
#define CAIRN_DEBUG_TESTPATCH_H

#include <string.h>

#include "lib/base/cursor.h"

/** One patch: a 24-bit place, how many bytes (1 to 16), the bytes. False when there are no
 *  more. The bytes are borrowed from the input. */
static inline bool patch_next(struct cursor *c, size_t size, size_t *at, const void **bytes,
			      size_t *n)
{
	uint32_t place = cursor_u16(c);

	place |= (uint32_t)cursor_u8(c) << 16;
	*n = cursor_u8(c) % 16 + 1u;
	*bytes = cursor_bytes(c, *n);
	if (c->bad || !size)
		return false;
	*at = place % size;
	if (*n > size - *at)
		*n = size - *at;
	return true;
}

/** Apply all that is left of the input to a block. */
static inline void patch_all(struct cursor *c, void *block, size_t size)
{
	const void *bytes;
	size_t at, n;

	while (patch_next(c, size, &at, &bytes, &n))
		memcpy((char *)block + at, bytes, n);
}

#endif
