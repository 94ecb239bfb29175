/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "lib/base/mem.h"
#include "unwind/oops_priv.h"
#include "unwind/oops_writers.h"

/* Lines of one report follow each other, on a slow console too. */
#define REPORT_GAP 5.0

#define ROWS_MAX 20000 /* of one report */

/* Lines of other writers between a panic's and its message. */
#define JOIN_MAX 64

/* A report whose beginning is lost is looked for so many lines behind what lost it. */
#define CUT_LINES 40

struct scan {
	struct oops_scan *ret;
	struct oops_source *from;
	struct arena *a;
	struct arena ahead; /* lines that are only looked at */
	struct oops_writers writers;
	struct oops_firsts firsts;
	size_t cap;    /* of ret->report */
	size_t nrows;  /* of all reports */
	unsigned boot;
	size_t cut;    /* lines that may yet be of a report whose beginning is lost */
};

/* ---- reports being written ---- */

static void forget(struct scan *s, size_t i)
{
	struct oops_report *r = s->ret->report[i];

	oops_writers_end(&s->writers, r);
	s->nrows -= r->n;
	mem_free(r->row);
	mem_free(r);
	s->ret->n--;
	memmove(&s->ret->report[i], &s->ret->report[i + 1],
		(s->ret->n - i) * sizeof(s->ret->report[0]));
}

/* The last ones matter: they are what the machine died of. */
static void forget_oldest(struct scan *s)
{
	s->ret->nbefore += !s->ret->report[0]->doubtful;
	forget(s, 0);
}

static bool has_rows(const struct oops_report *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->row[i].what != OOPS_HEAD && r->row[i].what != OOPS_OTHER)
			return true;
	return false;
}

/* What looked like a report and is none. */
static void forget_doubtful(struct scan *s)
{
	for (size_t i = s->ret->n; i > 0; i--) {
		const struct oops_report *r = s->ret->report[i - 1];

		if (r->doubtful && (!r->said[0].class->complaint || !has_rows(r)))
			forget(s, i - 1);
	}
}

static struct oops_report *new_report(struct scan *s, const struct oops_line *line)
{
	struct oops_report *r, **all;

	if (s->ret->n == OOPS_REPORTS)
		forget_oldest(s);
	all = arena_room(s->a, s->ret->report, s->ret->n, &s->cap, sizeof(*all));
	r = all ? mem_zalloc(1, sizeof(*r)) : NULL;
	if (!r)
		return NULL;
	s->ret->report = all;
	all[s->ret->n++] = r;
	r->by = *line;
	r->boot = s->boot;
	return r;
}

/* It has no beginning, and nothing yet that makes up for it. */
static bool is_unsure(const struct oops_report *r)
{
	return r->doubtful && !r->said[0].class->complaint;
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
	if (r->n >= ROWS_MAX)
		return true;
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 32;
		struct oops_row *rows = mem_resize(r->row, cap, sizeof(*rows));

		if (!rows)
			return false;
		r->row = rows;
		r->cap = cap;
	}
	r->row[r->n++] = *row;
	s->nrows++;
	while (s->nrows > OOPS_ROWS && s->ret->report[0] != r)
		forget_oldest(s);
	return true;
}

static bool begin(struct scan *s, struct oops_report **r, const struct oops_line *line, bool alone)
{
	*r = new_report(s, line);
	return *r && (alone || oops_writers_begin(&s->writers, *r));
}

static bool take_head(struct scan *s, struct oops_report *r, const struct oops_said *said,
		      const struct oops_line *line)
{
	struct oops_row row = { .text = { line->text, line->len }, .line = line->no,
				.what = OOPS_HEAD };
	bool alone = r && !r->ended && said->kind && said->kind->where == OOPS_ALONE;

	if ((!r || alone || is_unsure(r) || !goes_on(r, said, line)) && !begin(s, &r, line, alone))
		return false;
	r->doubtful = !r->nsaid && !said->kind && said->class->complaint &&
		      !strcmp(said->class->name, "bug-report");
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

/* A report that lost its beginning is one when it comes to the instruction, as those of an
 * exception do. */
static void see(struct scan *s, struct oops_report *r, const struct oops_row *row)
{
	if (row->what == OOPS_START || row->what == OOPS_HISTORY)
		r->history = row->what == OOPS_HISTORY;
	if (row->what == OOPS_FRAME && !r->history)
		r->traced = true;
	if (row->what == OOPS_REGS_AT && !row->user)
		r->doubtful = false;
	if ((row->what == OOPS_START || r->traced) && is_unsure(r))
		oops_writers_end(&s->writers, r);
	if (row->what == OOPS_FOREIGN && piece_has(row->text, "Sending NMI from CPU")) {
		r->all_cpus = true;
		oops_writers_ask(&s->writers, r);
	}
}

static bool take_row(struct scan *s, struct oops_report *r, const struct oops_line *line)
{
	struct oops_row row;

	if (r->ended || !in_time(r, line))
		return true;
	oops_row_read(&row, (struct piece){ line->text, line->len });
	row.line = line->no;
	if (is_of_pointee(r, &row))
		row.what = OOPS_POINTEE;
	see(s, r, &row);
	r->last_time = line->time;
	if (crash_is_end_of_report(line->text, line->len) ||
	    piece_begins(row.text, "---[ end Kernel panic"))
		r->ended = true;
	return append(s, r, &row);
}

/* ---- reports whose beginning is lost ---- */

/* Who was asked tells where he is, and nothing is wrong. */
static bool is_asked(struct piece t)
{
	return piece_begins(t, "NMI backtrace for") || piece_begins(t, "Sending NMI from") ||
	       piece_begins(t, "sysrq: ") || piece_begins(t, "SysRq : ");
}

/* Where the log begins, or lost lines. */
static void look_for_cut(struct scan *s, struct piece text)
{
	if (piece_begins(text, "** ") && piece_has(text, "printk messages dropped"))
		s->cut = CUT_LINES;
	else if (s->cut && is_asked(text))
		s->cut = 0;
	else
		s->cut -= s->cut != 0;
}

/* Lines that stand above an exception's registers. */
static bool is_above_regs(struct piece t)
{
	return (piece_begins(t, "CPU: ") && piece_has(t, " Comm: ")) || piece_begins(t, "Hardware name: ");
}

static bool take_unnamed(struct scan *s, const struct oops_line *line)
{
	struct piece text = { line->text, line->len };
	struct oops_report *r;

	if (!s->cut || !is_above_regs(text))
		return true;
	if (!begin(s, &r, line, false))
		return false;
	r->doubtful = true;
	r->said[r->nsaid++] = oops_unnamed(text);
	r->last_time = line->time;
	return take_row(s, r, line);
}

static bool take_line(struct scan *s, const struct oops_line *line)
{
	struct piece text = { line->text, line->len };
	struct oops_report *r;
	struct oops_said said;

	if (line->user)
		return true;
	s->boot += piece_begins(text, "Linux version ");
	look_for_cut(s, text);
	r = oops_writers_open(&s->writers, line);
	if (oops_says(text, &s->firsts, &said))
		return take_head(s, r, &said, line);
	if (!r)
		r = oops_writers_asked(&s->writers, line);
	return r ? take_row(s, r, line) : take_unnamed(s, line);
}

/* A panic whose message is a line of its own is read as the one line that it is elsewhere. */
static void join(struct scan *s, struct oops_line *line)
{
	struct oops_source ahead;
	struct oops_line next;
	size_t len;

	if (!crash_panic_message(line->text, line->len, &len) || len)
		return;
	arena_reset(&s->ahead);
	ahead = *s->from;
	ahead.a = &s->ahead;
	for (size_t i = 1; i < JOIN_MAX && ahead.next(&ahead, &next); i++) {
		const char *text;

		if (!oops_line_same_writer(line, &next))
			continue;
		text = arena_printf(s->a, "%.*s %.*s", (int)line->len, line->text, (int)next.len,
				    next.text);
		if (text) {
			line->text = text;
			line->len = strlen(text);
		}
		return;
	}
}

enum cairn_code oops_scan(struct oops_scan *ret, struct oops_source *from, struct arena *a,
			  struct cairn_err *err)
{
	struct scan s = { .ret = ret, .from = from, .a = a, .cut = CUT_LINES };
	struct oops_line line;
	bool ok = true;

	*ret = (struct oops_scan){ 0 };
	oops_firsts(&s.firsts);
	while (ok && from->next(from, &line)) {
		ret->nlines = line.no + 1 > ret->nlines ? line.no + 1 : ret->nlines;
		join(&s, &line);
		ok = take_line(&s, &line);
	}
	forget_doubtful(&s);
	arena_deinit(&s.ahead);
	map_deinit(&s.writers.open);
	return ok && !from->failed
		       ? CAIRN_OK : cairn_fail(err, CAIRN_NOMEM, "no memory for the reports of a log");
}

void oops_scan_free(struct oops_scan *s)
{
	for (size_t i = 0; i < s->n; i++) {
		mem_free(s->report[i]->row);
		mem_free(s->report[i]);
	}
	s->n = 0;
}
