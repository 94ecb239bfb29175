/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/oops_text.h"

#include <ctype.h>
#include <string.h>

#include "lib/base/str.h"

/* Most differ in the first character. */
bool piece_begins(struct piece t, const char *with)
{
	for (size_t i = 0; with[i]; i++)
		if (i >= t.len || t.p[i] != with[i])
			return false;
	return true;
}

struct piece piece_after(struct piece t, const char *what)
{
	size_t n = strlen(what);
	const char *at = !t.len ? NULL : n ? str_find(t.p, t.len, what, n) : t.p;

	if (!at)
		return (struct piece){ NULL, 0 };
	return piece_drop(t, (size_t)(at - t.p) + n);
}

bool piece_has(struct piece t, const char *what)
{
	return piece_after(t, what).p != NULL;
}

struct piece piece_until(struct piece t, const char *stop)
{
	size_t n = 0;

	while (n < t.len && (!t.p[n] || !strchr(stop, t.p[n])))
		n++;
	t.len = n;
	return t;
}

struct piece piece_trim(struct piece t)
{
	while (t.len && (*t.p == ' ' || *t.p == '\t'))
		t = piece_drop(t, 1);
	while (t.len && (t.p[t.len - 1] == ' ' || t.p[t.len - 1] == '\t'))
		t.len--;
	return t;
}

struct piece piece_drop(struct piece t, size_t n)
{
	if (!n || !t.len)
		return t;
	if (n > t.len)
		n = t.len;
	return (struct piece){ t.p + n, t.len - n };
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static size_t number(struct piece t, int base, uint64_t *ret)
{
	uint64_t v = 0;
	size_t n;

	for (n = 0; n < t.len; n++) {
		int d = hex_digit(t.p[n]);

		if (d < 0 || d >= base || v > (UINT64_MAX - (uint64_t)d) / (uint64_t)base)
			break;
		v = v * (uint64_t)base + (uint64_t)d;
	}
	if (n)
		*ret = v;
	return n;
}

size_t piece_hex(struct piece t, uint64_t *ret)
{
	return number(t, 16, ret);
}

size_t piece_dec(struct piece t, uint64_t *ret)
{
	return number(t, 10, ret);
}

bool piece_glob(const char *pattern, struct piece t, struct piece capture[GLOB_CAPTURES])
{
	size_t n, ncap = 0;

	for (n = 0; pattern[n] && pattern[n] != '*'; n++)
		if (n >= t.len || t.p[n] != pattern[n])
			return false;
	for (t = piece_drop(t, n), pattern += n; *pattern == '*'; pattern += n) {
		const char *at;

		n = strcspn(++pattern, "*");
		at = !n ? piece_drop(t, t.len).p : t.len ? str_find(t.p, t.len, pattern, n) : NULL;
		if (!at)
			return false;
		if (ncap < GLOB_CAPTURES)
			capture[ncap++] = (struct piece){ t.p, (size_t)(at - t.p) };
		t = piece_drop(t, (size_t)(at - t.p) + n);
	}
	return true;
}

bool piece_shouts(struct piece t)
{
	unsigned before = 0;

	for (size_t i = 0; i < t.len; i++) {
		unsigned is = (unsigned char)(t.p[i] - 'A') < 26;

		if (is & before)
			return true;
		before = is;
	}
	return false;
}
