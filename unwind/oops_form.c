/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/oops_form.h"

#include <stdlib.h>
#include <string.h>

/*
 * A shape is text but for
 *   %0 a digit     %d a digit or blank   %9 digits        %A a letter     %_ blanks, or none
 *   %w a word without blanks             %n anything up to the character that follows in the shape
 *   %f "", ".123" or ",123"              %z "", "Z", "+01:00" or "+0100"  %[ "" or "[123]"
 * and what is kept:
 *   %s seconds since boot   %u microseconds   %l a level
 *   %t "T123" or "C0"       %p a task         %m a name and, behind it, a task     %c a CPU
 * Behind a shape one blank is of the prefix, unless it ends with one itself, with "=", ";" or "%.".
 */
struct form {
	char shape[80];
	unsigned char after; /* one of these must have been seen; 0: anywhere */
	unsigned char seen;  /* is seen with it */
	bool first;          /* only where nothing but such rows was */
	bool user;           /* a program's line */
};

#define DATE OOPS_SEEN_DATE
#define TIME OOPS_SEEN_TIME
#define OTHER OOPS_SEEN_OTHER

#define CLOCK "%0%0:%0%0:%0%0"
#define ISO "%0%0%0%0-%0%0-%0%0"

static const struct form forms[] = {
	/* around all: UTF-8's mark, a mail's quotes, a journal's field */
	{ "\xef\xbb\xbf", 0, 0, true, false },
	{ "> ", 0, 0, true, false },
	{ ">", 0, 0, true, false },
	{ "%_MESSAGE=", 0, OTHER, true, false },
	/* printk: level, time, caller */
	{ "<%l>", 0, OTHER, false, false },
	{ "[%_%s]", 0, TIME, false, false },
	{ "[%_%t]", 0, OTHER, false, false },
	{ "[%_%t@%n]", 0, OTHER, false, false },
	{ "[%_%t/%n]", TIME, OTHER, false, false },
	{ "[%_%m@C%9]", TIME, OTHER, false, false },
	/* /dev/kmsg, netconsole's extended one: a caller is among what is left */
	{ "%l,%9,%u,%n;", 0, TIME | OOPS_SEEN_KMSG, false, false },
	/* netconsole with a release */
	{ "%9.%n,%l,%9,%u,%n;", 0, TIME | OOPS_SEEN_KMSG, false, false },
	/* dmesg: ctime, ctime and delta, delta, notime, reltime, iso; -x */
	{ "[%A%A%A %A%A%A %d%0 " CLOCK " %0%0%0%0]", 0, TIME, false, false },
	{ "[%A%A%A %A%A%A %d%0 " CLOCK " %0%0%0%0 <%_%9.%9>]", 0, TIME, false, false },
	{ "[%_%s <%_%9.%9>]", 0, TIME, false, false },
	{ "[<%_%9.%9>]", 0, TIME, false, false },
	{ "[%_+%9.%9]", 0, TIME, false, false },
	{ "[%A%A%A%0%0 %0%0:%0%0]", 0, TIME, false, false },
	{ "[%A%A%A %9 %0%0:%0%0]", 0, TIME, false, false },
	{ "[" ISO " " CLOCK "%f]", 0, TIME, false, false },
	{ ISO "T" CLOCK "%f%z", 0, DATE, false, false },
	{ ISO " " CLOCK "%f%z", 0, DATE, false, false },
	{ "kern  :%n: ", 0, OTHER, false, false },
	{ "user  :%n: ", 0, OTHER, false, true },
	{ "daemon:%n: ", 0, OTHER, false, true },
	/* journalctl -o short-full, short-unix */
	{ "%A%A%A " ISO " " CLOCK "%f %w", 0, DATE, false, false },
	{ "%9.%9 %w kernel%[: ", 0, OOPS_SEEN_PROGRAM, true, false },
	{ "kernel: ", 0, OOPS_SEEN_PROGRAM, true, false },
	/* what came over the net and is of no program */
	{ "%9.%9.%9.%9 ", DATE, OTHER, false, false },
	/* syslog, of both RFCs; programs in Go */
	{ "%A%A%A %d%0 " CLOCK "%f", 0, DATE, false, false },
	{ "1 " ISO "T" CLOCK "%f%z %w kernel %w %w - ", OTHER, OOPS_SEEN_PROGRAM, false, false },
	{ "%0%0%0%0/%0%0/%0%0 " CLOCK " ", 0, 0, true, false },
	/* Android and vendors' kernels: CPU, task */
	{ "[%_%s,%c]", 0, TIME, false, false },
	{ " c%c %_%p ", TIME, OTHER, false, false },
	{ " [%c:%m]", TIME, OTHER, false, false },
	{ "%_(%c)[%p:%n]%.", TIME, OTHER, false, false },
};

#define NFORMS (sizeof(forms) / sizeof(forms[0]))

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *digits(const char *p, const char *end)
{
	while (p < end && is_digit(*p))
		p++;
	return p;
}

static const char *blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

/* ---- pieces: where each ends, NULL if it is not there ---- */

/* Digits whose value is below 10^max */
static const char *number(const char *p, const char *end, size_t max, uint64_t *value)
{
	const char *to = digits(p, end);

	if (to == p || (size_t)(to - p) > max)
		return NULL;
	for (*value = 0; p < to; p++)
		*value = *value * 10 + (uint64_t)(*p - '0');
	return to;
}

/* As exact as what the kernel printed it from. */
static const char *seconds(const char *p, const char *end, double *value)
{
	const char *point = digits(p, end), *to;
	uint64_t whole, part, unit = 1;

	if (point == p || point == end || *point != '.')
		return NULL;
	to = digits(point + 1, end);
	if (to - p > 18 || !number(p, point, 18, &whole) || !number(point + 1, to, 18, &part))
		return NULL;
	for (const char *q = point + 1; q < to; q++)
		unit *= 10;
	*value = (double)(whole * unit + part) / (double)unit;
	return to;
}

static const char *fraction(const char *p, const char *end)
{
	return p < end && (*p == '.' || *p == ',') ? digits(p + 1, end) : p;
}

static const char *zone(const char *p, const char *end)
{
	const char *hours;

	if (p == end || (*p != 'Z' && *p != '+' && *p != '-'))
		return p;
	if (*p == 'Z')
		return p + 1;
	hours = digits(p + 1, end);
	return hours - p == 3 && hours < end && *hours == ':' ? digits(hours + 1, end) : hours;
}

static const char *in_brackets(const char *p, const char *end)
{
	const char *to = p < end && *p == '[' ? digits(p + 1, end) : p;

	return to > p && to < end && *to == ']' ? to + 1 : p;
}

static const char *word(const char *p, const char *end)
{
	const char *to = p;

	while (to < end && *to != ' ' && *to != '\t')
		to++;
	return to > p ? to : NULL;
}

static const char *up_to(const char *p, const char *end, char stop)
{
	return memchr(p, stop, (size_t)(end - p < 64 ? end - p : 64));
}

static const char *level(const char *p, const char *end, struct oops_line *ret)
{
	uint64_t value;
	const char *to = number(p, end, 3, &value);

	/* three bits of level, the rest is the facility, 0 for the kernel */
	ret->user |= to && value >= 8;
	return to;
}

static const char *by(const char *p, const char *end, char who, struct oops_line *ret)
{
	uint64_t value;
	const char *to = number(p, end, 9, &value);

	if (to) {
		ret->by = who;
		ret->caller = (uint32_t)value;
	}
	return to;
}

/* "kworker/0:1:   17": the number that is last */
static const char *named(const char *p, const char *end, char stop, struct oops_line *ret)
{
	const char *to = up_to(p, end, stop), *from = to;

	while (from && from > p && is_digit(from[-1]))
		from--;
	return from && from > p && strchr(": ", from[-1]) ? by(from, to, 'T', ret) : NULL;
}

static const char *caller(const char *p, const char *end, struct oops_line *ret)
{
	return p < end && (*p == 'T' || *p == 'C') ? by(p + 1, end, *p, ret) : NULL;
}

static const char *since_boot(const char *p, const char *end, struct oops_line *ret)
{
	p = seconds(p, end, &ret->time);
	ret->stamped |= p != NULL;
	return p;
}

static const char *microseconds(const char *p, const char *end, struct oops_line *ret)
{
	uint64_t value;

	p = number(p, end, 18, &value);
	if (p) {
		ret->stamped = true;
		ret->time = (double)value / 1e6;
	}
	return p;
}

static const char *piece(char what, char next, const char *p, const char *end, struct oops_line *ret)
{
	switch (what) {
	case '0': return p < end && is_digit(*p) ? p + 1 : NULL;
	case 'd': return p < end && (is_digit(*p) || *p == ' ') ? p + 1 : NULL;
	case 'A': return p < end && is_letter(*p) ? p + 1 : NULL;
	case '9': return p < end && is_digit(*p) ? digits(p, end) : NULL;
	case '.': return p;
	case '_': return blanks(p, end);
	case 'w': return word(p, end);
	case 'n': return up_to(p, end, next);
	case 'f': return fraction(p, end);
	case 'z': return zone(p, end);
	case '[': return in_brackets(p, end);
	case 's': return since_boot(p, end, ret);
	case 'u': return microseconds(p, end, ret);
	case 'l': return level(p, end, ret);
	case 't': return caller(p, end, ret);
	case 'p': return by(p, end, 'T', ret);
	case 'm': return named(p, end, next, ret);
	case 'c': return ret->by ? digits(p, end) : by(p, end, 'C', ret);
	}
	return NULL;
}

/* Where the shape ends in the text, or NULL. */
static const char *fits(const char *shape, const char *p, const char *end, struct oops_line *ret)
{
	for (; *shape && p; shape++) {
		if (*shape == '%') {
			shape++;
			p = piece(*shape, shape[1], p, end, ret);
		} else {
			p = p < end && *p == *shape ? p + 1 : NULL;
		}
	}
	return p;
}

/* "caller=T125" among what /dev/kmsg has before the text */
static void kmsg_caller(const char *from, const char *to, struct oops_line *ret)
{
	static const char key[] = "caller=";
	const char *at = memmem(from, (size_t)(to - from), key, sizeof(key) - 1);

	if (at)
		caller(at + sizeof(key) - 1, to, ret);
}

/* Whether the row can fit here at all, by what came before and the first character. */
static bool may_fit(const struct form *f, const struct oops_rest *r, const char *p)
{
	char first = *f->shape;

	if ((f->after && !(r->seen & f->after)) || (f->first && r->seen))
		return false;
	if (first != '%')
		return *p == first;
	return f->shape[1] == '_' || (f->shape[1] == 'A' ? is_letter(*p) : is_digit(*p));
}

bool oops_form_take(struct oops_rest *r, struct oops_line *ret)
{
	const char *text = blanks(r->p, r->end);
	char first = text < r->end ? *text : '\0';

	if (r->p == r->end)
		return false;
	for (size_t i = 0; i < NFORMS; i++) {
		const struct form *f = &forms[i];
		const char *from = text, *to;
		struct oops_line got;

		if (*f->shape != first && *f->shape != '%' && *f->shape != ' ')
			continue;
		if (*f->shape == ' ' || f->shape[1] == '_')
			from = r->p;
		if (from == r->end || !may_fit(f, r, from))
			continue;
		got = *ret;
		to = fits(f->shape, from, r->end, &got);
		if (!to)
			continue;
		if (f->seen & OOPS_SEEN_KMSG)
			kmsg_caller(from, to, &got);
		got.user |= f->user;
		*ret = got;
		r->p = to;
		r->seen |= f->seen;
		r->blank = f->seen ? !strchr(" =;.", f->shape[strlen(f->shape) - 1]) : r->blank;
		return true;
	}
	return false;
}

const char *oops_form_time(const char *p, const char *end, double *value)
{
	p = seconds(blanks(p, end), end, value);
	return p && p < end && *p == ']' ? p + 1 : NULL;
}
