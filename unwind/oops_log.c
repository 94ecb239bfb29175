/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "unwind/oops.h"

#define CALLER_CPU UINT32_C(0x80000000)

static struct oops_line line_of(const struct log_record *rec, const char *text, size_t len)
{
	return (struct oops_line){
		.text = text, .len = len < OOPS_LINE_MAX ? len : OOPS_LINE_MAX,
		.stamped = rec->has_info,
		.time = (double)(rec->ts_nsec / 1000) / 1e6, /* as the kernel prints it */
		.by = rec->caller & CALLER_CPU ? 'C' : 'T',
		.caller = rec->caller & ~CALLER_CPU,
		.user = rec->has_level && rec->facility != 0,
	};
}

/* The lines of a record; into `to` if that is not NULL. Returns how many. */
static size_t lines_of(const struct log_record *rec, struct oops_line *to)
{
	const char *p = rec->text, *end = p + rec->len;
	size_t n = 0;

	do {
		const char *nl = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
		const char *stop = nl ? nl : end;

		if (to)
			to[n] = line_of(rec, p, (size_t)(stop - p));
		n++;
		p = nl ? nl + 1 : end;
	} while (p < end);
	return n;
}

enum cairn_code oops_parse_log(struct oopses *ret, const struct log *log, size_t from,
			       struct arena *a, struct cairn_err *err)
{
	struct oops_line *line;
	size_t n = 0, at = 0;

	for (size_t i = from; i < log->n; i++)
		n += lines_of(&log->record[i], NULL);
	line = arena_array(a, n ? n : 1, sizeof(*line));
	if (!line)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the lines of the log");
	for (size_t i = from; i < log->n; i++)
		at += lines_of(&log->record[i], line + at);
	return oops_parse_lines(ret, line, n, a, err);
}
