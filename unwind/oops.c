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

/* Parts of a log may lie in another order than they were written. */
static void lines(struct oops *o, const struct oops_report *r)
{
	o->first = o->last = r->row[0].line + 1;
	for (size_t i = 1; i < r->n; i++) {
		size_t no = r->row[i].line + 1;

		o->first = no < o->first ? no : o->first;
		o->last = no > o->last ? no : o->last;
	}
}

/* Of a panic that only repeats what was said before, the record that says it is the report's. */
static void head(struct oops *o, const struct oops_report *r, struct arena *a)
{
	const struct oops_said *cause = oops_cause(r), *panic = panic_of(r);

	o->class = cause->class->name;
	o->head = copy(a, cause->words);
	o->message = panic ? copy(a, panic->message) : NULL;
	o->complaint = cause->class->complaint && !panic;
	lines(o, r);
	o->boot = r->boot;
	o->has_time = r->by.stamped;
	o->time = r->by.time;
}

static enum cairn_code make(struct oops *o, const struct oops_report *r, struct arena *a)
{
	const struct oops_kind *kind;

	head(o, r, a);
	oops_facts(o, r, a);
	oops_modules_read(o, r, a);
	oops_points_read(o, r, a);
	oops_mce_read(o, r, a);
	kind = oops_title(o, r, a);
	if (oops_trace(o, r, kind, a) != CAIRN_OK || !o->title || !o->head)
		return CAIRN_NOMEM;
	if (!o->guilty)
		o->guilty = o->signature.guilty;
	oops_maple_read(o, r, a);
	return oops_advise(o, a);
}

static enum cairn_code make_all(struct oopses *ret, const struct oops_scan *scan, struct arena *a,
				struct cairn_err *err)
{
	ret->oops = arena_array(a, scan->n ? scan->n : 1, sizeof(*ret->oops));
	for (; ret->oops && ret->n < scan->n; ret->n++)
		if (make(&ret->oops[ret->n], scan->report[ret->n], a) != CAIRN_OK)
			break;
	return ret->oops && ret->n == scan->n
		       ? CAIRN_OK : cairn_fail(err, CAIRN_NOMEM, "no memory for a log's reports");
}

static enum cairn_code parse(struct oopses *ret, struct oops_source *from, struct arena *a,
			     struct cairn_err *err)
{
	struct oops_scan scan;
	enum cairn_code code = oops_scan(&scan, from, a, err);

	*ret = (struct oopses){ .nlines = scan.nlines, .nbefore = scan.nbefore };
	if (!code)
		code = make_all(ret, &scan, a, err);
	oops_scan_free(&scan);
	return code;
}

enum cairn_code oops_parse(struct oopses *ret, const char *text, size_t len, struct arena *a,
			   struct cairn_err *err)
{
	struct oops_source from;

	if (!oops_source_text(&from, text, len, a))
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the lines of a log");
	return parse(ret, &from, a, err);
}

enum cairn_code oops_parse_log(struct oopses *ret, const struct log *log, size_t from,
			       struct arena *a, struct cairn_err *err)
{
	struct oops_source source;

	oops_source_log(&source, log, from, a);
	return parse(ret, &source, a, err);
}

/* Higher: more of what a machine dies of. */
static int rank(const struct oops *o)
{
	return o->message ? 2 : !o->complaint;
}

/* CPUs that write at a time do not do so in order. */
#define CLOCK_SLACK 1.0 /* seconds */

/* The machine had begun anew in between: so the log says, or its clock went back. */
static bool is_of_later_life(const struct oops *o, const struct oops *than)
{
	/* a machine panics once */
	double slack = o->message && than->message ? 0 : CLOCK_SLACK;

	return o->boot > than->boot ||
	       (o->has_time && than->has_time && o->time < than->time - slack);
}

static bool comes_later(const struct oops *o, const struct oops *than)
{
	if (is_of_later_life(o, than))
		return rank(o) > 0 || rank(o) >= rank(than);
	if (than->message)
		return o->message && !o->has_time && !than->has_time;
	return rank(o) >= rank(than);
}

const struct oops *oops_last(const struct oopses *o)
{
	const struct oops *best = NULL;

	for (size_t i = 0; i < o->n; i++)
		if (!best || comes_later(&o->oops[i], best))
			best = &o->oops[i];
	return best;
}
