/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/cursor.h"

#include <string.h>

struct cursor cursor_init(const void *data, size_t size)
{
	const unsigned char *p = size ? data : (const unsigned char *)"";

	return (struct cursor){ .start = p, .pos = p, .end = p + size };
}

size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->pos);
}

size_t cursor_offset(const struct cursor *c)
{
	return (size_t)(c->pos - c->start);
}

const void *cursor_bytes(struct cursor *c, size_t n)
{
	const unsigned char *p = c->pos;

	if (c->bad || n > cursor_left(c)) {
		if (!c->bad)
			c->bad_at = cursor_offset(c);
		c->bad = true;
		return NULL;
	}
	c->pos += n;
	return p;
}

uint8_t cursor_u8(struct cursor *c)
{
	const unsigned char *p = cursor_bytes(c, 1);

	return p ? *p : 0;
}

uint16_t cursor_u16(struct cursor *c)
{
	const void *p = cursor_bytes(c, 2);

	return p ? le16(p) : 0;
}

uint32_t cursor_u32(struct cursor *c)
{
	const void *p = cursor_bytes(c, 4);

	return p ? le32(p) : 0;
}

uint64_t cursor_u64(struct cursor *c)
{
	const void *p = cursor_bytes(c, 8);

	return p ? le64(p) : 0;
}

const char *cursor_text(struct cursor *c)
{
	const unsigned char *nul = c->bad ? NULL : memchr(c->pos, 0, cursor_left(c));

	if (!nul)
		return cursor_bytes(c, cursor_left(c) + 1);
	return cursor_bytes(c, (size_t)(nul - c->pos) + 1);
}

void cursor_skip(struct cursor *c, size_t n)
{
	cursor_bytes(c, n);
}

void cursor_align(struct cursor *c, size_t align)
{
	size_t over = cursor_offset(c) & (align - 1);

	if (over)
		cursor_skip(c, align - over);
}
