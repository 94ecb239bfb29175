/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/oops.h"

#include <string.h>

#include "unwind/oops_priv.h"

static const struct oops_said *panic_of(const struct oops_report *r)
{
	for (size_t i = 0; i < r->nsaid; i++)
		if (r->said[i].panic)
			return &r->said[i];
	return NULL;
}

static const char *copy(struct arena *a, struct piece t)
{
	return arena_strndup(a, t.p, t.len);
}

/* Of a panic that only repeats what was said before, the record that says it is the report's. */
static void head(struct oops *o, const struct oops_report *r, struct arena *a)
{
	const struct oops_said *cause = oops_cause(r), *panic = panic_of(r);

	o->class = cause->class->name;
	o->head = copy(a, cause->words);
	o->message = panic ? copy(a, panic->message) : NULL;
	o->complaint = cause->class->complaint && !panic;
	o->first = r->row[0].line + 1;
	o->last = r->row[r->n - 1].line + 1;
	o->boot = r->boot;
	o->has_time = r->by->stamped;
	o->time = r->by->time;
}

static enum cairn_code make(struct oops *o, const struct oops_report *r, struct arena *a)
{
	const struct oops_kind *kind;

	head(o, r, a);
	oops_facts(o, r, a);
	oops_modules_read(o, r, a);
	oops_points_read(o, r, a);
	kind = oops_title(o, r, a);
	if (oops_trace(o, r, kind, a) != CAIRN_OK || !o->title || !o->head)
		return CAIRN_NOMEM;
	if (!o->guilty)
		o->guilty = o->signature.guilty;
	oops_maple_read(o, r, a);
	return oops_advise(o, a);
}

enum cairn_code oops_parse_lines(struct oopses *ret, const struct oops_line *line, size_t n,
				 struct arena *a, struct cairn_err *err)
{
	struct oops_scan scan;
	enum cairn_code code;

	*ret = (struct oopses){ .nlines = n };
	code = oops_scan(&scan, line, n, a, err);
	if (code)
		return code;
	ret->cut = scan.cut;
	ret->oops = arena_array(a, scan.n ? scan.n : 1, sizeof(*ret->oops));
	for (; ret->oops && ret->n < scan.n; ret->n++)
		if (make(&ret->oops[ret->n], scan.report[ret->n], a) != CAIRN_OK)
			break;
	return ret->oops && ret->n == scan.n
		       ? CAIRN_OK : cairn_fail(err, CAIRN_NOMEM, "no memory for a log's reports");
}

static size_t count_lines(const char *text, size_t len)
{
	size_t n = 0;

	for (const char *p = text, *end = text + len; p < end && n < OOPS_LINES; n++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		p = nl ? nl + 1 : end;
	}
	return n;
}

enum cairn_code oops_parse(struct oopses *ret, const char *text, size_t len, struct arena *a,
			   struct cairn_err *err)
{
	size_t n = count_lines(text, len), i = 0;
	struct oops_line *line = arena_array(a, n ? n : 1, sizeof(*line));
	const char *p = text, *end = text + len;
	struct oops_host host = { NULL, 0 };
	enum cairn_code code;

	if (!line)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the lines of a log");
	for (; i < n; i++) {
		const char *nl = memchr(p, '\n', (size_t)(end - p)), *stop = nl ? nl : end;

		oops_line_read(&line[i], p, (size_t)(stop - p), &host);
		p = nl ? nl + 1 : end;
	}
	code = oops_parse_lines(ret, line, n, a, err);
	ret->cut |= p < end;
	return code;
}

/* Higher: more of what a machine dies of. */
static int rank(const struct oops *o)
{
	return o->message ? 2 : !o->complaint;
}

const struct oops *oops_last(const struct oopses *o)
{
	const struct oops *best = NULL;

	for (size_t i = 0; i < o->n; i++)
		if (!best || (rank(&o->oops[i]) >= rank(best) && !best->message))
			best = &o->oops[i];
	return best;
}
