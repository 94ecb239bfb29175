/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/oops_source.h"

#include <string.h>

/* The piece up to the next '\n', which is taken off the rest with it. */
static struct piece cut_line(struct piece *rest)
{
	const char *nl = memchr(rest->p, '\n', rest->len);
	struct piece line = { rest->p, nl ? (size_t)(nl - rest->p) : rest->len };

	*rest = piece_drop(*rest, line.len + (nl != NULL));
	if (!rest->len)
		rest->p = NULL;
	return line;
}

static bool next_part(struct oops_source *s)
{
	while (!s->rest.len) {
		if (!s->nparts)
			return false;
		s->rest = s->part->text;
		s->no = s->part->first;
		s->part++;
		s->nparts--;
	}
	return true;
}

/* What a journal's record knows besides its text. */
static void of_journal(struct oops_line *ret, const struct oops_journal *j)
{
	ret->user |= j->user;
	if (!j->has_time || ret->stamped)
		return;
	ret->stamped = true;
	ret->time = j->time;
}

static bool may_be_journal(struct piece line)
{
	line = piece_trim(line);
	return line.len > 10 && (*line.p == '{' || !memcmp(line.p, "\"MESSAGE\"", 9));
}

/* False: out of memory. */
static bool read_line(struct oops_source *s, struct oops_line *ret, struct piece line)
{
	struct oops_journal j = { .message = { NULL, 0 } };
	bool journal = may_be_journal(line) && oops_journal_read(&j, line, s->a);

	if (journal)
		line = j.message;
	if (line.p && (journal || !s->plain))
		line = oops_plain(line, s->a);
	if (!line.p)
		return false;
	if (journal || !s->plain) {
		s->more = line;
		line = cut_line(&s->more);
	}
	oops_line_read(ret, line.p, line.len, &s->host);
	if (journal)
		of_journal(ret, &j);
	if (ret->escaped && memchr(ret->text, '\\', ret->len)) {
		s->more = oops_unescape((struct piece){ ret->text, ret->len }, s->a);
		if (!s->more.p)
			return false;
		line = cut_line(&s->more);
		ret->text = line.p;
		ret->len = line.len;
	}
	ret->no = s->no++;
	s->last = *ret;
	return true;
}

/* The next line of the record that the last one was of. */
static bool next_of_record(struct oops_source *s, struct oops_line *ret)
{
	struct piece line = cut_line(&s->more);

	*ret = s->last;
	ret->text = line.p;
	ret->len = line.len < OOPS_LINE_MAX ? line.len : OOPS_LINE_MAX;
	return true;
}

static bool next_line(struct oops_source *s, struct oops_line *ret)
{
	if (s->more.p)
		return next_of_record(s, ret);
	if (s->failed || !next_part(s))
		return false;
	s->failed = !read_line(s, ret, cut_line(&s->rest));
	return !s->failed;
}

bool oops_source_text(struct oops_source *s, const char *text, size_t len, struct arena *a)
{
	struct piece all = oops_utf16((struct piece){ text, len }, a);

	*s = (struct oops_source){ .next = next_line, .a = a };
	s->part = all.p ? oops_pstore(all, &s->nparts, a) : NULL;
	s->plain = all.p && oops_is_plain(all);
	return s->part != NULL;
}
