/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "unwind/oops_priv.h"

/* Lines of one report follow each other, on a slow console too. */
#define REPORT_GAP 5.0

/* Reports that are being written at a time, each by another writer. */
#define OPEN 32

#define ROWS_MAX 20000

/* Lines of other writers between a panic's and its message. */
#define JOIN_MAX 64

/* ---- what a line says ---- */

/* "Oops: 0002 [#1]", "Internal error: Oops: 17 [#1] SMP ARM" */
static bool has_count(struct piece t)
{
	return piece_has(t, "[#");
}

bool oops_says(struct piece text, struct oops_said *ret)
{
	struct piece words = oops_kind_words(text);

	*ret = (struct oops_said){ .words = words, .kind = oops_kind_of(words) };
	if (ret->kind && !ret->kind->title)
		return false;
	ret->message.p = crash_panic_message(words.p, words.len, &ret->message.len);
	if (ret->message.p) {
		ret->panic = true;
		ret->class = crash_class_of_panic(ret->message.p, ret->message.len);
		return true;
	}
	ret->class = crash_class_of_line(words.p, words.len);
	if (!ret->class)
		return false;
	if (ret->class->vague && !ret->kind)
		return has_count(words);
	return ret->kind || strcmp(ret->class->name, "warning") != 0;
}

/* ---- reports being written ---- */

struct scan {
	struct oops_scan *ret;
	struct arena *a;
	struct oops_report *open[OPEN];
	size_t nopen;
	unsigned boot;
};

static struct oops_report *open_of(const struct scan *s, const struct oops_line *line)
{
	for (size_t i = s->nopen; i > 0; i--)
		if (oops_line_same_writer(s->open[i - 1]->by, line))
			return s->open[i - 1];
	return NULL;
}

/* Other CPUs tell of themselves in the report that asked them to. */
static struct oops_report *asked_by(const struct scan *s, const struct oops_line *line)
{
	for (size_t i = s->nopen; i > 0 && line->by == 'C'; i--)
		if (s->open[i - 1]->all_cpus && !s->open[i - 1]->ended)
			return s->open[i - 1];
	return NULL;
}

static void close_report(struct scan *s, const struct oops_report *r)
{
	for (size_t i = 0; i < s->nopen; i++)
		if (s->open[i] == r) {
			memmove(&s->open[i], &s->open[i + 1],
				(s->nopen - i - 1) * sizeof(s->open[0]));
			s->nopen--;
			return;
		}
}

static struct oops_report *new_report(struct scan *s, const struct oops_line *line)
{
	struct oops_report *r = arena_alloc(s->a, sizeof(*r)), **all;

	all = arena_room(s->a, s->ret->report, s->ret->n, &s->ret->cap, sizeof(struct oops_report *));
	if (!r || !all)
		return NULL;
	s->ret->report = all;
	all[s->ret->n++] = r;
	r->by = line;
	r->boot = s->boot;
	if (s->nopen == OPEN)
		close_report(s, s->open[0]);
	s->open[s->nopen++] = r;
	return r;
}

static bool in_time(const struct oops_report *r, const struct oops_line *line)
{
	return !line->stamped || line->time - r->last_time <= REPORT_GAP;
}

static const struct oops_said *last_said(const struct oops_report *r)
{
	return &r->said[r->nsaid - 1];
}

/* Each task that hangs is told of by itself; what is said of the lock is of the same report. */
static bool is_another(const struct oops_said *said)
{
	return said->kind && !strcmp(said->class->name, "hung-task");
}

/* Whether more words of what is wrong are of the same report: the kernel tells of one oops in
 * several lines, and its panic follows. */
static bool goes_on(const struct oops_report *r, const struct oops_said *said,
		    const struct oops_line *line)
{
	if (r->nsaid == OOPS_SAID || !in_time(r, line))
		return false;
	if (said->class->vague)
		return true;
	if (r->ended)
		return false;
	return !r->traced || (!is_another(said) &&
			      !strcmp(said->class->name, last_said(r)->class->name));
}

static bool append(struct scan *s, struct oops_report *r, const struct oops_row *row)
{
	struct oops_row *rows;

	if (r->n >= ROWS_MAX)
		return true;
	rows = arena_room(s->a, r->row, r->n, &r->cap, sizeof(*rows));
	if (!rows)
		return false;
	r->row = rows;
	rows[r->n++] = *row;
	return true;
}

static bool take_head(struct scan *s, struct oops_report *r, const struct oops_said *said,
		      const struct oops_line *line, size_t at)
{
	struct oops_row row = { .text = { line->text, line->len }, .line = at, .what = OOPS_HEAD };

	bool alone = r && !r->ended && said->kind && said->kind->where == OOPS_ALONE;

	if (!alone && r && !goes_on(r, said, line)) {
		close_report(s, r);
		r = NULL;
	}
	if ((!r || alone) && s->ret->n >= OOPS_REPORTS) {
		s->ret->cut = true;
		return true;
	}
	if (!r || alone)
		r = new_report(s, line);
	if (!r)
		return false;
	if (alone)
		close_report(s, r);
	r->said[r->nsaid] = *said;
	r->said[r->nsaid++].at = r->n;
	r->last_time = line->time;
	r->ended = false;
	return append(s, r, &row);
}

/* Who allocated and freed what a register leads to: not the report's own stack. */
static bool is_of_pointee(const struct oops_report *r, const struct oops_row *row)
{
	return r->n && r->row[r->n - 1].what == OOPS_POINTEE &&
	       ((row->what == OOPS_FRAME && row->nplaces == 1) ||
		piece_begins(piece_trim(row->text), "Free path:"));
}

static bool take_row(struct scan *s, struct oops_report *r, const struct oops_line *line, size_t at)
{
	struct oops_row row;

	if (r->ended || !in_time(r, line))
		return true;
	oops_row_read(&row, (struct piece){ line->text, line->len });
	row.line = at;
	if (is_of_pointee(r, &row))
		row.what = OOPS_POINTEE;
	if (row.what == OOPS_START || row.what == OOPS_HISTORY)
		r->history = row.what == OOPS_HISTORY;
	if (row.what == OOPS_FRAME && !r->history)
		r->traced = true;
	if (row.what == OOPS_FOREIGN && piece_has(row.text, "Sending NMI from CPU"))
		r->all_cpus = true;
	r->last_time = line->time;
	if (crash_is_end_of_report(line->text, line->len) ||
	    piece_begins(row.text, "---[ end Kernel panic"))
		r->ended = true;
	return append(s, r, &row);
}

static bool take_line(struct scan *s, const struct oops_line *line, size_t at)
{
	struct piece text = { line->text, line->len };
	struct oops_report *r;
	struct oops_said said;

	if (line->user)
		return true;
	s->boot += piece_begins(text, "Linux version ");
	r = open_of(s, line);
	if (oops_says(text, &said))
		return take_head(s, r, &said, line, at);
	if (!r)
		r = asked_by(s, line);
	return !r || take_row(s, r, line, at);
}

/* A panic whose message is a line of its own is read as the one line that it is elsewhere. */
static const struct oops_line *joined(struct scan *s, const struct oops_line *line, size_t n)
{
	struct oops_line *ret;
	size_t len, at = 1;

	if (!crash_panic_message(line->text, line->len, &len) || len)
		return line;
	n = n < JOIN_MAX ? n : JOIN_MAX;
	while (at < n && !oops_line_same_writer(line, &line[at]))
		at++;
	ret = at < n ? arena_alloc(s->a, sizeof(*ret)) : NULL;
	if (!ret)
		return line;
	*ret = *line;
	ret->text = arena_printf(s->a, "%.*s %.*s", (int)line->len, line->text, (int)line[at].len,
				 line[at].text);
	ret->len = ret->text ? strlen(ret->text) : 0;
	return ret;
}

enum cairn_code oops_scan(struct oops_scan *ret, const struct oops_line *line, size_t n,
			  struct arena *a, struct cairn_err *err)
{
	struct scan s = { .ret = ret, .a = a };

	*ret = (struct oops_scan){ 0 };
	for (size_t i = 0; i < n; i++)
		if (!take_line(&s, joined(&s, &line[i], n - i), i))
			return cairn_fail(err, CAIRN_NOMEM, "no memory for the reports of a log");
	return CAIRN_OK;
}

/* The line behind the n-th that says something says more of the same. */
static bool is_told_behind(const struct oops_report *r, size_t n)
{
	const struct oops_said *said = &r->said[n];

	return n + 1 < r->nsaid && said[1].at == said->at + 1 &&
	       crash_class_gives_way(said->class, said[1].class);
}

const struct oops_said *oops_cause(const struct oops_report *r)
{
	for (size_t i = 0; i < r->nsaid; i++)
		if (!r->said[i].class->vague)
			return &r->said[i + is_told_behind(r, i)];
	return &r->said[0];
}
