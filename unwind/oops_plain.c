/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "lib/base/str.h"
#include "unwind/oops_source.h"

#define ESC '\033'

/* "#012", "#033": how rsyslog writes control bytes */
static bool is_octal(struct piece t)
{
	return t.len >= 4 && t.p[0] == '#' && t.p[1] == '0' && t.p[2] >= '0' && t.p[2] <= '3' &&
	       t.p[3] >= '0' && t.p[3] <= '7';
}

/* How a page has characters, and what they are. */
static const char *const entities[][2] = {
	{ "&lt;", "<" }, { "&gt;", ">" }, { "&nbsp;", " " }, { "&amp;", "&" },
};

/* How long the entity is that t begins with, and its character; 0: it is none */
static size_t entity(struct piece t, char *as)
{
	for (size_t i = 0; *t.p == '&' && i < sizeof(entities) / sizeof(entities[0]); i++)
		if (piece_begins(t, entities[i][0])) {
			*as = *entities[i][1];
			return strlen(entities[i][0]);
		}
	return 0;
}

bool oops_is_plain(struct piece text)
{
	if (!text.len)
		return true;
	return !memchr(text.p, ESC, text.len) && !memchr(text.p, '\xa0', text.len) &&
	       !piece_has(text, "#01") && !piece_has(text, "#03") && !piece_has(text, "&lt;") &&
	       !piece_has(text, "&nbsp;");
}

/* "\033[1;32m", "\033(B": how long it is */
static size_t sequence(struct piece t)
{
	size_t n = 1;

	if (n < t.len && t.p[n] == '[') {
		for (n++; n < t.len && (t.p[n] < '@' || t.p[n] > '~'); n++)
			if (t.p[n] < ' ')
				return n;
		return n < t.len ? n + 1 : n;
	}
	if (n < t.len && strchr("()#%", t.p[n]))
		n++;
	return n < t.len ? n + 1 : n;
}

/* A no-break space, in UTF-8 or, by itself, in Latin-1: how long it is; 0: it is none */
static size_t no_break_space(struct piece t)
{
	uint32_t cp;
	size_t n = (unsigned char)*t.p < 0x80 ? 1 : str_utf8((const unsigned char *)t.p, t.len, &cp);

	if (!n)
		return *t.p == '\xa0';
	return n > 1 && cp == 0xa0 ? n : 0;
}

/* Other characters of several bytes are taken whole: one may hold a byte that is looked for. */
static size_t character(struct piece t)
{
	uint32_t cp;
	size_t n = (unsigned char)*t.p < 0x80 ? 1 : str_utf8((const unsigned char *)t.p, t.len, &cp);

	return n ? n : 1;
}

/* Without terminals' sequences and pages' entities, and with plain spaces; octal control bytes are made bytes first, as
 * one may begin a sequence. In place: nothing grows. */
static size_t rewrite(char *buf, size_t len, bool octal)
{
	char *to = buf;

	for (struct piece t = { buf, len }; t.len; ) {
		size_t n = no_break_space(t), html;
		char as;

		if (octal && is_octal(t)) {
			*to++ = (char)((t.p[2] - '0') * 8 + t.p[3] - '0');
			n = 4;
		} else if (!octal && *t.p == ESC) {
			n = sequence(t);
		} else if (octal && (html = entity(t, &as))) {
			*to++ = as;
			n = html;
		} else if (n) {
			*to++ = ' ';
		} else {
			n = character(t);
			memmove(to, t.p, n);
			to += n;
		}
		t = piece_drop(t, n);
	}
	return (size_t)(to - buf);
}

static char *copy(struct piece t, struct arena *a)
{
	char *buf = arena_array(a, t.len + 1, 1);

	if (buf && t.len)
		memcpy(buf, t.p, t.len);
	return buf;
}

struct piece oops_plain(struct piece line, struct arena *a)
{
	char *buf;

	if (oops_is_plain(line))
		return line;
	buf = copy(line, a);
	if (!buf)
		return (struct piece){ NULL, 0 };
	line.len = rewrite(buf, line.len, true);
	return (struct piece){ buf, rewrite(buf, line.len, false) };
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct piece oops_unescape(struct piece text, struct arena *a)
{
	char *buf = copy(text, a), *to = buf;

	/* the copy ends with a NUL, which is no digit */
	for (const char *p = buf, *end = buf + text.len; buf && p < end; p++) {
		if (p[0] == '\\' && p[1] == 'x' && nibble(p[2]) >= 0 && nibble(p[3]) >= 0) {
			*to++ = (char)(nibble(p[2]) * 16 + nibble(p[3]));
			p += 3;
		} else {
			*to++ = *p;
		}
	}
	return (struct piece){ buf, (size_t)(to - buf) };
}
