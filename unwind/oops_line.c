/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/oops_line.h"

#include <ctype.h>
#include <string.h>

#include "unwind/oops_form.h"

static size_t left(const struct oops_rest *r)
{
	return (size_t)(r->end - r->p);
}

static const char *word_end(const char *p, const char *end, const char *stop)
{
	while (p < end && *p && !strchr(stop, *p))
		p++;
	return p;
}

static bool is(const char *p, const char *end, const char *what)
{
	return (size_t)(end - p) == strlen(what) && !memcmp(p, what, (size_t)(end - p));
}

/* "box kernel: ", "box kernel[1]: ", "box cron[712]: " behind a date or a time. A program that says
 * no number is one only on the host whose kernel was heard: "divide error: 0000" looks alike. */
static void read_program(struct oops_rest *r, struct oops_line *ret, struct oops_host *host)
{
	const char *at = r->p + (left(r) && *r->p == ' '), *name, *to, *after;
	struct oops_host here;

	here.p = at;
	at = word_end(at, r->end, " :[");
	here.n = (size_t)(at - here.p);
	if (!here.n || at == r->end || *at != ' ')
		return;
	name = at + 1;
	to = after = word_end(name, r->end, " :[");
	if (after < r->end && *after == '[')
		for (after++; after < r->end && (isdigit((unsigned char)*after) || *after == ']'); after++)
			;
	if (to == name || r->end - after < 2 || after[0] != ':' || after[1] != ' ')
		return;
	if (is(name, to, "kernel")) {
		*host = here;
	} else if ((to == after || !(r->seen & OOPS_SEEN_DATE)) &&
		   (here.n != host->n || memcmp(here.p, host->p, here.n))) {
		return;
	} else {
		ret->user = true;
	}
	r->p = after + 2;
	r->seen |= OOPS_SEEN_PROGRAM;
	r->blank = false;
}

/* Whatever date and host stand before " kernel: ", a clock's colon among them. */
static void skip_any_syslog(struct oops_rest *r)
{
	static const char program[] = " kernel: ";
	const char *at;

	if (left(r) < 20 || !isalnum((unsigned char)*r->p))
		return;
	at = memmem(r->p, left(r) < 160 ? left(r) : 160, program, sizeof(program) - 1);
	if (at && memchr(r->p, ':', (size_t)(at - r->p)))
		r->p = at + sizeof(program) - 1;
}

static void take_all(struct oops_rest *r, struct oops_line *ret, struct oops_host *host)
{
	while (oops_form_take(r, ret))
		if ((r->seen & (OOPS_SEEN_DATE | OOPS_SEEN_TIME)) && !(r->seen & OOPS_SEEN_PROGRAM))
			read_program(r, ret, host);
}

/* A time in the middle of the line: what is before it is of other programs. */
static bool find_time(struct oops_rest *r, struct oops_line *ret)
{
	const char *p = r->p;

	while ((p = memchr(p, '[', (size_t)(r->end - p)))) {
		const char *after = oops_form_time(p + 1, r->end, &ret->time);

		if (after && after < r->end && (*after == ' ' || *after == '[')) {
			ret->stamped = true;
			r->p = after;
			r->seen |= OOPS_SEEN_TIME;
			r->blank = true;
			return true;
		}
		p++;
	}
	return false;
}

void oops_line_read(struct oops_line *ret, const char *line, size_t len, struct oops_host *host)
{
	struct oops_rest r = { line, line + (len < OOPS_LINE_MAX ? len : OOPS_LINE_MAX), 0, false };

	*ret = (struct oops_line){ 0 };
	while (r.end > r.p && (r.end[-1] == '\r' || r.end[-1] == '\0'))
		r.end--;
	take_all(&r, ret, host);
	if (!(r.seen & (OOPS_SEEN_PROGRAM | OOPS_SEEN_TIME)))
		skip_any_syslog(&r);
	take_all(&r, ret, host);
	if (!ret->stamped && !ret->user && find_time(&r, ret))
		take_all(&r, ret, host);
	/* one blank belongs to what was put before; more are the text's own */
	if (r.blank && r.p < r.end && (*r.p == ' ' || *r.p == '\t'))
		r.p++;
	ret->escaped = r.seen & OOPS_SEEN_KMSG;
	ret->text = r.p;
	ret->len = left(&r);
}

bool oops_line_same_writer(const struct oops_line *a, const struct oops_line *b)
{
	return a->stamped == b->stamped && a->by == b->by && a->caller == b->caller;
}
