/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/aranges.h"

#include "lib/base/cursor.h"

/* Units of one origin. */
struct set {
	struct cursor c; /* its ranges */
	uint64_t unit;
	unsigned word;   /* bytes of an address */
};

static uint64_t number(struct cursor *c, unsigned size)
{
	return size == 8 ? cursor_u64(c) : cursor_u32(c);
}

/* The next set's bytes. */
static bool next_set(struct cursor *c, struct cursor *ret, unsigned *offset_size)
{
	uint64_t length = cursor_u32(c);
	const void *at;

	*offset_size = length == UINT32_MAX ? 8 : 4;
	if (*offset_size == 8)
		length = cursor_u64(c);
	if (c->bad || length > cursor_left(c))
		return false;
	at = cursor_bytes(c, (size_t)length);
	*ret = cursor_init(at, (size_t)length);
	return true;
}

/* False for a set that is not understood. */
static bool read_head(struct set *s, unsigned offset_size)
{
	unsigned length_size = offset_size == 8 ? 12 : 4, version, segment;
	size_t head, align;

	version = cursor_u16(&s->c);
	s->unit = number(&s->c, offset_size);
	s->word = cursor_u8(&s->c);
	segment = cursor_u8(&s->c);
	if (s->c.bad || version != 2 || segment || (s->word != 4 && s->word != 8))
		return false;
	/* pairs are aligned to their size, counted from the length on */
	align = 2 * s->word;
	head = length_size + cursor_offset(&s->c);
	cursor_skip(&s->c, (align - head % align) % align);
	return true;
}

static bool read_ranges(struct set *s, aranges_fn *fn, void *arg)
{
	while (cursor_left(&s->c) >= 2 * s->word) {
		uint64_t begin = number(&s->c, s->word), length = number(&s->c, s->word);

		if (!begin && !length)
			break;
		if (length && begin + length > begin && !fn(arg, begin, begin + length, s->unit))
			return false;
	}
	return true;
}

bool aranges_read(const void *data, size_t size, aranges_fn *fn, void *arg)
{
	struct cursor c = cursor_init(data, size);
	unsigned offset_size;
	struct set s;

	while (cursor_left(&c) && next_set(&c, &s.c, &offset_size))
		if (read_head(&s, offset_size) && !read_ranges(&s, fn, arg))
			return false;
	return true;
}
