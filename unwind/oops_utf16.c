/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "unwind/oops_source.h"

/* Enough of a beginning to see what a text is made of. */
#define LOOK 512

static unsigned unit(const char *p, bool big)
{
	unsigned char a = (unsigned char)p[0], b = (unsigned char)p[1];

	return big ? a << 8 | b : b << 8 | a;
}

/* By its mark, or as most are ASCII: of each two bytes it is always the same one that is zero. */
static bool is_utf16(struct piece t, bool *big)
{
	size_t n = (t.len < LOOK ? t.len : LOOK) & ~(size_t)1, zero[2] = { 0, 0 };

	if (n < 4)
		return false;
	if (unit(t.p, false) == 0xfeff || unit(t.p, true) == 0xfeff) {
		*big = unit(t.p, true) == 0xfeff;
		return true;
	}
	for (size_t i = 0; i < n; i++)
		zero[i & 1] += !t.p[i];
	*big = zero[0] > zero[1];
	return zero[*big ? 0 : 1] * 10 >= n / 2 * 9 && zero[*big ? 1 : 0] * 10 < n / 2;
}

static char *put(char *to, unsigned cp)
{
	if (cp < 0x80) {
		*to++ = (char)cp;
		return to;
	}
	if (cp >= 0x800) {
		*to++ = (char)(0xe0 | cp >> 12);
		*to++ = (char)(0x80 | (cp >> 6 & 0x3f));
	} else {
		*to++ = (char)(0xc0 | cp >> 6);
	}
	*to++ = (char)(0x80 | (cp & 0x3f));
	return to;
}

struct piece oops_utf16(struct piece text, struct arena *a)
{
	struct piece ret = text;
	bool big;
	char *to;

	if (!text.len)
		return PIECE("");
	if (!is_utf16(text, &big))
		return text;
	to = arena_array(a, text.len / 2, 3);
	ret.p = to;
	if (!to)
		return (struct piece){ NULL, 0 };
	for (size_t i = 0; i + 1 < text.len; i += 2) {
		unsigned cp = unit(text.p + i, big);

		/* what is beyond 16 bits is in no word of the kernel's */
		if (cp != 0xfeff)
			to = put(to, cp >= 0xd800 && cp < 0xe000 ? '?' : cp);
	}
	ret.len = (size_t)(to - ret.p);
	return ret;
}
