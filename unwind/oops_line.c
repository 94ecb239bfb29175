/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/oops_line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What is left of a line. */
struct rest {
	const char *p, *end;
};

static size_t left(const struct rest *r)
{
	return (size_t)(r->end - r->p);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && is_digit(p[n]))
		n++;
	return n;
}

static void skip_blanks(struct rest *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\t'))
		r->p++;
}

/* "> > " */
static void skip_quotes(struct rest *r)
{
	while (r->p < r->end && *r->p == '>') {
		r->p++;
		if (r->p < r->end && *r->p == ' ')
			r->p++;
	}
}

/* "<4>", "<12>": three bits of level, the rest is the facility, 0 for the kernel */
static bool read_level(struct rest *r, struct oops_line *ret)
{
	size_t n;

	if (left(r) < 3 || *r->p != '<')
		return false;
	n = digits(r->p + 1, r->end);
	if (!n || n > 3 || r->p + 1 + n == r->end || r->p[1 + n] != '>')
		return false;
	ret->user |= atoi(r->p + 1) >= 8;
	r->p += n + 2;
	return true;
}

/* "12.345678]" and blanks before; the end of it, or NULL */
static const char *time_end(const char *p, const char *end, double *seconds)
{
	char buf[32];
	size_t n, m;

	while (p < end && *p == ' ')
		p++;
	n = digits(p, end);
	if (!n || p + n == end || p[n] != '.')
		return NULL;
	m = digits(p + n + 1, end);
	if (!m || n + 1 + m >= sizeof(buf) || p + n + 1 + m == end || p[n + 1 + m] != ']')
		return NULL;
	memcpy(buf, p, n + 1 + m);
	buf[n + 1 + m] = '\0';
	*seconds = strtod(buf, NULL);
	return p + n + 1 + m + 1;
}

static bool read_time(struct rest *r, struct oops_line *ret)
{
	const char *after;

	if (!left(r) || *r->p != '[')
		return false;
	after = time_end(r->p + 1, r->end, &ret->time);
	if (!after)
		return false;
	ret->stamped = true;
	r->p = after;
	return true;
}

/* "[Thu Nov 26 13:27:00 2026]" */
static bool skip_date(struct rest *r)
{
	static const char shape[] = "[Aaa Aaa d0 00:00:00 0000]";
	size_t i;

	if (left(r) < sizeof(shape) - 1)
		return false;
	for (i = 0; shape[i]; i++) {
		unsigned char c = (unsigned char)r->p[i];
		bool ok = shape[i] == '0'   ? isdigit(c)
			  : shape[i] == 'd' ? isdigit(c) || c == ' '
			  : isalpha((unsigned char)shape[i]) ? isalpha(c)
							     : (char)c == shape[i];

		if (!ok)
			return false;
	}
	r->p += i;
	return true;
}

/* "[ T123]", "[  C0]", "[T123@C0]" */
static bool read_caller(struct rest *r, struct oops_line *ret)
{
	const char *p = r->p;
	size_t n;
	char by;

	if (p == r->end || *p != '[')
		return false;
	for (p++; p < r->end && *p == ' '; p++)
		;
	if (p == r->end || (*p != 'T' && *p != 'C'))
		return false;
	by = *p++;
	n = digits(p, r->end);
	if (!n || n > 9 || p + n == r->end)
		return false;
	ret->by = by;
	ret->caller = (uint32_t)strtoul(p, NULL, 10);
	p += n;
	if (*p == '@')
		p = memchr(p, ']', (size_t)(r->end - p));
	if (!p || *p != ']')
		return false;
	r->p = p + 1;
	return true;
}

/* "2018/01/09 14:28:48 ", as programs in Go log what a kernel tells them */
static void skip_go_date(struct rest *r)
{
	static const char shape[] = "0000/00/00 00:00:00 ";
	size_t i;

	if (left(r) < sizeof(shape) - 1)
		return;
	for (i = 0; shape[i]; i++)
		if (shape[i] == '0' ? !is_digit(r->p[i]) : shape[i] != r->p[i])
			return;
	r->p += i;
}

/* The word before `program` and a date are a syslog's: "Nov 26 13:27:00 host kernel: " or
   "2026-11-26T13:27:00.123456+00:00 host kernel: ". */
static bool skip_syslog(struct rest *r)
{
	static const char program[] = " kernel: ";
	const char *at;

	if (left(r) < 20 || !isalnum((unsigned char)*r->p))
		return false;
	at = memmem(r->p, left(r) < 160 ? left(r) : 160, program, sizeof(program) - 1);
	if (!at || !memchr(r->p, ':', (size_t)(at - r->p)))
		return false;
	r->p = at + sizeof(program) - 1;
	return true;
}

/* "kern  :warn  : " of dmesg -x */
static bool skip_words(struct rest *r)
{
	static const char *const facilities[] = { "kern  :", "user  :", "daemon:" };
	const char *colon;

	for (size_t i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++) {
		if (left(r) < 16 || memcmp(r->p, facilities[i], 7))
			continue;
		colon = memchr(r->p + 7, ':', 8);
		if (!colon)
			return false;
		r->p = colon + 1;
		skip_blanks(r);
		return true;
	}
	return false;
}

/* One thing that can stand before the kernel's words. */
static bool take_one(struct rest *r, struct oops_line *ret)
{
	struct rest next = *r;

	skip_blanks(&next);
	if (!read_level(&next, ret) && !read_time(&next, ret) && !skip_date(&next) &&
	    !read_caller(&next, ret))
		return false;
	*r = next;
	return true;
}

/* A time in the middle of the line: what is before it is of other programs. */
static bool find_time(struct rest *r, struct oops_line *ret)
{
	const char *p = r->p;

	while ((p = memchr(p, '[', (size_t)(r->end - p)))) {
		const char *after = time_end(p + 1, r->end, &ret->time);

		if (after && after < r->end && (*after == ' ' || *after == '[')) {
			ret->stamped = true;
			r->p = after;
			return true;
		}
		p++;
	}
	return false;
}

void oops_line_read(struct oops_line *ret, const char *line, size_t len)
{
	struct rest r = { line, line + (len < OOPS_LINE_MAX ? len : OOPS_LINE_MAX) };
	bool any = false;

	*ret = (struct oops_line){ 0 };
	while (r.end > r.p && (r.end[-1] == '\r' || r.end[-1] == '\0'))
		r.end--;
	skip_quotes(&r);
	skip_go_date(&r);
	skip_syslog(&r);
	skip_words(&r);
	while (take_one(&r, ret))
		any = true;
	if (!ret->stamped && find_time(&r, ret)) {
		any = true;
		while (take_one(&r, ret))
			;
	}
	/* one blank belongs to what was put before; more are the text's own */
	if (any && r.p < r.end && *r.p == ' ')
		r.p++;
	ret->text = r.p;
	ret->len = left(&r);
}

bool oops_line_same_writer(const struct oops_line *a, const struct oops_line *b)
{
	return a->stamped == b->stamped && a->by == b->by && a->caller == b->caller;
}
