/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "unwind/oops_source.h"

#define CALLER_CPU UINT32_C(0x80000000)

static struct oops_line line_of(const struct log_record *rec, struct piece text, size_t no)
{
	return (struct oops_line){
		.text = text.p, .len = text.len < OOPS_LINE_MAX ? text.len : OOPS_LINE_MAX,
		.stamped = rec->has_info,
		.time = (double)(rec->ts_nsec / 1000) / 1e6, /* as the kernel prints it */
		.by = rec->caller & CALLER_CPU ? 'C' : 'T',
		.caller = rec->caller & ~CALLER_CPU,
		.user = rec->has_level && rec->facility != 0,
		.no = no,
	};
}

/* A record has at least one line, and no empty one at its end. */
static bool next_line(struct oops_source *s, struct oops_line *ret)
{
	struct piece text;
	const char *nl;

	if (s->record >= s->log->n)
		return false;
	if (!s->rest.p)
		s->rest = (struct piece){ s->log->record[s->record].text, s->log->record[s->record].len };
	text = s->rest;
	nl = text.len ? memchr(text.p, '\n', text.len) : NULL;
	if (nl)
		text.len = (size_t)(nl - text.p);
	*ret = line_of(&s->log->record[s->record], text, s->no++);
	s->rest = piece_drop(s->rest, text.len + (nl != NULL));
	if (!s->rest.len) {
		s->rest.p = NULL;
		s->record++;
	}
	return true;
}

void oops_source_log(struct oops_source *s, const struct log *log, size_t from, struct arena *a)
{
	*s = (struct oops_source){ .next = next_line, .a = a, .log = log, .record = from };
}
