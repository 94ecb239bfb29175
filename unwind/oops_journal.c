/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * journalctl -o json and json-pretty: of the fields of a record only a few matter, whose values are
 * texts or, where a text is not printable, arrays of bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "unwind/oops_source.h"

static struct piece skip(struct piece t, const char *of)
{
	while (t.len && *t.p && strchr(of, *t.p))
		t = piece_drop(t, 1);
	return t;
}

/* The inside of the text that begins at t's quote; *t is then behind it. p NULL: it does not end. */
static struct piece quoted(struct piece *t)
{
	size_t n = 1;

	while (n < t->len && t->p[n] != '"')
		n += t->p[n] == '\\' && n + 1 < t->len ? 2 : 1;
	if (n >= t->len)
		return (struct piece){ NULL, 0 };
	*t = piece_drop(*t, n + 1);
	return (struct piece){ t->p - n, n - 1 };
}

/* A value that is no text, whole. */
static struct piece other_value(struct piece *t)
{
	bool array = t->len && *t->p == '[';
	struct piece v = piece_until(*t, array ? "]" : ",}");

	*t = piece_drop(*t, v.len);
	return v;
}

static char *put_utf8(char *to, unsigned cp)
{
	if (cp >= 0x800) {
		*to++ = (char)(0xe0 | cp >> 12);
		*to++ = (char)(0x80 | (cp >> 6 & 0x3f));
	} else if (cp >= 0x80) {
		*to++ = (char)(0xc0 | cp >> 6);
	} else {
		*to++ = (char)cp;
		return to;
	}
	*to++ = (char)(0x80 | (cp & 0x3f));
	return to;
}

/* What the backslash before t stands for; *t is then behind it. */
static char *put_escaped(char *to, struct piece *t)
{
	static const char from[] = "ntrbf", as[] = "\n\t\r\b\f";
	char c = *t->p;
	const char *at = c ? strchr(from, c) : NULL;
	uint64_t cp = 0;

	*t = piece_drop(*t, 1);
	if (c != 'u') {
		*to++ = at ? as[at - from] : c;
		return to;
	}
	*t = piece_drop(*t, piece_hex((struct piece){ t->p, t->len < 4 ? t->len : 4 }, &cp));
	return put_utf8(to, cp ? (unsigned)cp : '?');
}

/* No longer than it was. */
static struct piece decode(struct piece t, struct arena *a)
{
	char *buf = arena_array(a, t.len + 1, 1), *to = buf;

	while (buf && t.len) {
		if (*t.p == '\\' && t.len > 1) {
			t = piece_drop(t, 1);
			to = put_escaped(to, &t);
		} else {
			*to++ = *t.p;
			t = piece_drop(t, 1);
		}
	}
	return (struct piece){ buf, (size_t)(to - buf) };
}

/* "[91,32,49]" */
static struct piece bytes(struct piece t, struct arena *a)
{
	char *buf = arena_array(a, t.len + 1, 1), *to = buf;
	uint64_t byte;
	size_t n;

	for (t = skip(t, "[ "); buf && (n = piece_dec(t, &byte)); t = skip(piece_drop(t, n), ", "))
		*to++ = (char)byte;
	return (struct piece){ buf, (size_t)(to - buf) };
}

static bool is(struct piece t, const char *what)
{
	return t.len == strlen(what) && !memcmp(t.p, what, t.len);
}

static void take(struct oops_journal *ret, struct piece key, struct piece value, bool text,
		 struct piece *message, bool *is_text)
{
	uint64_t us;

	if (is(key, "MESSAGE")) {
		*message = value;
		*is_text = text;
	} else if (is(key, "_TRANSPORT") || is(key, "SYSLOG_IDENTIFIER")) {
		ret->user |= !is(value, "kernel");
	} else if ((is(key, "_SOURCE_MONOTONIC_TIMESTAMP") ||
		    (is(key, "__MONOTONIC_TIMESTAMP") && !ret->has_time)) && piece_dec(value, &us)) {
		ret->has_time = true;
		ret->time = (double)us / 1e6;
	}
}

bool oops_journal_read(struct oops_journal *ret, struct piece line, struct arena *a)
{
	struct piece t = skip(line, " \t{"), message = { NULL, 0 };
	bool is_text = false;

	*ret = (struct oops_journal){ .message = { NULL, 0 } };
	while (t.len && *t.p == '"') {
		struct piece key = quoted(&t), value;
		bool text;

		t = skip(t, " \t:");
		text = t.len && *t.p == '"';
		value = text ? quoted(&t) : other_value(&t);
		if (!key.p || !value.p)
			break;
		take(ret, key, value, text, &message, &is_text);
		t = skip(t, " \t,]");
	}
	if (!message.p)
		return false;
	ret->message = is_text ? decode(message, a) : bytes(message, a);
	return true;
}
