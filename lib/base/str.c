/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/str.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"

static char empty[1];

void str_init(struct str *s)
{
	*s = (struct str){ .buf = empty };
}

void str_deinit(struct str *s)
{
	if (s->cap)
		mem_free(s->buf);
	str_init(s);
}

void str_clear(struct str *s)
{
	s->len = 0;
	if (s->cap)
		s->buf[0] = '\0';
}

static bool reserve(struct str *s, size_t more)
{
	size_t want, cap;
	char *buf;

	if (more > MEM_LIMIT)
		s->failed = true;
	if (s->failed)
		return false;
	if (more < s->cap - s->len && s->cap)
		return true;
	want = s->len + more + 1;
	cap = s->cap ? s->cap : 64;
	while (cap < want)
		cap *= 2;
	buf = mem_resize(s->cap ? s->buf : NULL, cap, 1);
	if (!buf) {
		s->failed = true;
		return false;
	}
	if (!s->cap)
		buf[0] = '\0';
	s->buf = buf;
	s->cap = cap;
	return true;
}

char *str_room(struct str *s, size_t n)
{
	return reserve(s, n) ? s->buf + s->len : NULL;
}

void str_took(struct str *s, size_t n)
{
	s->len += n;
	s->buf[s->len] = '\0';
}

void str_addn(struct str *s, const char *text, size_t n)
{
	if (!n || !reserve(s, n))
		return;
	memcpy(s->buf + s->len, text, n);
	s->len += n;
	s->buf[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_addn(s, text, strlen(text));
}

void str_addc(struct str *s, char c)
{
	str_addn(s, &c, 1);
}

void str_fill(struct str *s, char c, size_t n)
{
	if (!reserve(s, n))
		return;
	memset(s->buf + s->len, c, n);
	s->len += n;
	s->buf[s->len] = '\0';
}

void str_addv(struct str *s, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		s->failed = true;
	if (n > 0 && reserve(s, (size_t)n)) {
		vsnprintf(s->buf + s->len, (size_t)n + 1, fmt, again);
		s->len += (size_t)n;
	}
	va_end(again);
}

void str_addf(struct str *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	str_addv(s, fmt, ap);
	va_end(ap);
}

size_t str_utf8(const unsigned char *p, size_t n, uint32_t *cp)
{
	static const struct { unsigned char lo, hi; uint8_t len; uint32_t least; } lead[] = {
		{ 0xc2, 0xdf, 2, 0x80 }, { 0xe0, 0xef, 3, 0x800 }, { 0xf0, 0xf4, 4, 0x10000 },
	};
	size_t i, k;

	for (i = 0; i < sizeof(lead) / sizeof(lead[0]); i++) {
		uint32_t c = p[0] & (0xffu >> (lead[i].len + 1));

		if (p[0] < lead[i].lo || p[0] > lead[i].hi || n < lead[i].len)
			continue;
		for (k = 1; k < lead[i].len; k++) {
			if ((p[k] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (p[k] & 0x3f);
		}
		if (c < lead[i].least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return 0;
		*cp = c;
		return lead[i].len;
	}
	return 0;
}

/* C1 controls, line/paragraph separators, and the bidi controls that can make a line
 * read as what it is not. */
static bool treacherous(uint32_t cp)
{
	return cp < 0xa0 || cp == 0x61c || cp == 0x2028 || cp == 0x2029 || cp == 0x200e || cp == 0x200f ||
	       (cp >= 0x202a && cp <= 0x202e) || (cp >= 0x2066 && cp <= 0x2069);
}

/* Calls escape() for each piece that must not be written as it is: a byte (len 0) or a
 * well-formed character; writes the runs between. */
static void add_escaped(struct str *s, const char *text, size_t n, bool (*plain)(unsigned char c),
			void (*escape)(struct str *s, const unsigned char *p, size_t len,
				       uint32_t cp))
{
	const unsigned char *p = (const unsigned char *)text;
	size_t i = 0, run = 0, len;
	uint32_t cp = 0;

	while (i < n) {
		if (p[i] < 0x80 && plain(p[i])) {
			i++;
			continue;
		}
		len = p[i] < 0x80 ? 0 : str_utf8(p + i, n - i, &cp);
		if (len && !treacherous(cp)) {
			i += len;
			continue;
		}
		str_addn(s, text + run, i - run);
		escape(s, p + i, len, cp);
		i += len ? len : 1;
		run = i;
	}
	if (n)
		str_addn(s, text + run, n - run);
}

static bool plain_on_terminal(unsigned char c)
{
	return (c >= 0x20 && c < 0x7f) || c == '\t';
}

static void escape_for_terminal(struct str *s, const unsigned char *p, size_t len, uint32_t cp)
{
	(void)cp;
	do
		str_addf(s, "\\x%02x", *p++);
	while (len-- > 1);
}

void str_add_safe(struct str *s, const char *text, size_t n)
{
	add_escaped(s, text, n, plain_on_terminal, escape_for_terminal);
}

static bool plain_in_json(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* RFC 8259 section 7; a byte that is no character has no escape of its own there */
static void escape_for_json(struct str *s, const unsigned char *p, size_t len, uint32_t cp)
{
	static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt";

	if (len) {
		str_addf(s, "\\u%04x", cp);
		return;
	}
	for (const char *l = letters; *l; l += 2)
		if ((unsigned char)*l == *p) {
			str_addc(s, '\\');
			str_addc(s, l[1]);
			return;
		}
	str_addf(s, *p < 0x80 ? "\\u%04x" : "\\\\x%02x", *p);
}

void str_add_json(struct str *s, const char *text, size_t n)
{
	add_escaped(s, text, n, plain_in_json, escape_for_json);
}

const char *str_find(const char *text, size_t len, const char *what, size_t n)
{
	const char *p = text, *last;

	if (!n || len < n)
		return NULL;
	if (len > 1024)
		return memmem(text, len, what, n);
	for (last = text + len - n; p <= last; p++) {
		p = memchr(p, *what, (size_t)(last - p) + 1);
		if (!p || !memcmp(p, what, n))
			return p;
	}
	return NULL;
}
