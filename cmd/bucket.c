/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/buckets.h"
#include "cmd/cmd.h"
#include "cmd/known.h"
#include "cmd/lines.h"
#include "cmd/oops_file.h"

enum { OPT_FUZZY, OPT_KNOWN, OPT_EXAMPLES, OPT_ANY_CAUSE, OPT_SINCE, OPT_TOP };

static const struct opt opts[] = {
	{ 'f', "fuzzy", NULL, "by the fuzzy signature: class and the first three functions" },
	{ 'k', "known", "FILE", "known issues: signature or pattern, link, fixed in" },
	{ 'n', "examples", "N", "name so many files of each (3)" },
	{ 0, "any-cause", NULL, "by the signature alone, whatever the cause" },
	{ 0, "since", "DATE", "only bugs seen since, 2026-11-20 or 2026-11-20T08:00; says which are new" },
	{ 0, "top", "N", "no more bugs than so many" },
	{ 0, NULL, NULL, NULL },
};

#define TOLD 10 /* lines of one file that are no records */

struct view {
	struct call *call;
	struct out *o;
	size_t nbad;    /* lines of this file that are no records */
	size_t nothers; /* lines of all files that are records of something else */
	char other[256]; /* the first of these, in words */
	struct sights sights;
	struct known known;
	size_t nexamples, top;
	size_t nshown, nnew, nunknown;
	enum verdict *verdict;
};

/* What is no record is told, and costs nothing else. */
static void tell(struct view *v, const struct cairn_err *err)
{
	cmd_warn(v->call, err);
	*v->verdict = VERDICT_PARTIAL;
}

static void note_other(struct view *v, const struct jsonrec *r)
{
	const char *message = jsonrec_str(r->json, "message");

	if (!v->nothers++)
		snprintf(v->other, sizeof(v->other), "%s%s%s", r->schema, message ? ": " : "",
			 message ? message : "");
}

static void tell_others(struct view *v)
{
	struct cairn_err err;

	if (!v->nothers)
		return;
	cairn_fail(&err, CAIRN_FORMAT, "records of other kinds, not counted: %zu; the first: %s", v->nothers, v->other);
	tell(v, &err);
}

static enum cairn_code take_line(struct view *v, const char *line, size_t len, struct cairn_err *err)
{
	enum cairn_code code;
	struct jsonrec r;

	code = jsonrec_read(&r, line, len, err);
	if (!code && r.other)
		note_other(v, &r);
	else if (!code)
		code = sights_add(&v->sights, &r, v->call->scratch, err);
	jsonrec_deinit(&r);
	return code;
}

static void tell_bad(struct view *v, const struct lines *l, struct cairn_err *err)
{
	if (v->nbad++ >= TOLD)
		return;
	cairn_context(err, err->code, "%s:%zu", l->file.path, l->no);
	tell(v, err);
}

static void tell_bad_rest(struct view *v, const struct lines *l)
{
	struct cairn_err err;

	if (v->nbad <= TOLD)
		return;
	cairn_fail(&err, CAIRN_FORMAT, "%s: %zu more lines are no records", l->file.path, v->nbad - TOLD);
	tell(v, &err);
}

static enum cairn_code take_lines(struct view *v, struct lines *l, struct cairn_err *err)
{
	enum cairn_code code;
	const char *line;
	size_t len;

	v->nbad = 0;
	while (!(code = lines_next(l, &line, &len, err)) && line) {
		if (strspn(line, " \t\r") >= len)
			continue;
		code = take_line(v, line, len, err);
		if (code != CAIRN_FORMAT && code)
			return code;
		if (code)
			tell_bad(v, l, err);
	}
	tell_bad_rest(v, l);
	return code;
}

static enum cairn_code take_file(struct view *v, const char *file, struct cairn_err *err)
{
	struct lines lines;
	enum cairn_code code = lines_open(&lines, file, err);

	if (!code)
		code = take_lines(v, &lines, err);
	if (code == CAIRN_LIMIT)
		code = cairn_context(err, code, "%s", lines.file.path);
	if (!code && textfile_is_cut(&lines.file)) {
		cairn_fail(err, CAIRN_FORMAT, "%s: it is cut short: there were more", lines.file.path);
		tell(v, err);
	}
	lines_close(&lines);
	return code;
}

static enum cairn_code all_known(struct view *v, const char *file, struct cairn_err *err)
{
	struct known *k = &v->known;
	struct cairn_err one;

	for (size_t i = 0; i < k->nbad && i < TOLD; i++) {
		cairn_fail(&one, CAIRN_FORMAT, "%s:%zu: no link behind the signature", file, k->bad[i]);
		cmd_warn(v->call, &one);
	}
	return k->nbad ? cairn_fail(err, CAIRN_FORMAT, "%s: %zu lines without a link", file, k->nbad)
		       : CAIRN_OK;
}

static enum cairn_code take_known(struct view *v, struct cairn_err *err)
{
	const char *file = v->call->opt[OPT_KNOWN].value;
	enum cairn_code code;
	struct str text;
	bool cut;

	if (!v->call->opt[OPT_KNOWN].set)
		return CAIRN_OK;
	str_init(&text);
	code = oops_file_read(&text, &cut, NULL, file, err);
	if (!code)
		code = known_parse(&v->known, text.buf, text.len, v->call->scratch, err);
	if (!code)
		code = all_known(v, file, err);
	str_deinit(&text);
	return code;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What n records have as one of their texts, each once, sorted; how many. */
static size_t distinct(struct view *v, const struct sight *s, size_t n, size_t member,
		       const char ***ret)
{
	const char **text = arena_array(v->call->scratch, n, sizeof(*text));
	size_t have = 0, kept = 0;

	*ret = text;
	for (size_t i = 0; text && i < n; i++) {
		const char *one = *(const char *const *)((const char *)&s[i] + member);

		if (one)
			text[have++] = one;
	}
	if (have)
		qsort(text, have, sizeof(*text), by_text);
	for (size_t i = 0; i < have; i++)
		if (!kept || strcmp(text[i], text[kept - 1]))
			text[kept++] = text[i];
	return kept;
}

static void kernels(struct view *v, const struct sight *s, size_t n)
{
	const char **name;
	size_t have = distinct(v, s, n, offsetof(struct sight, release), &name);

	out_array(v->o, "kernels");
	for (size_t i = 0; i < have; i++)
		out_str(v->o, NULL, i ? ", %s" : "      kernels    %s", name[i]);
	out_text(v->o, have ? "\n" : "");
	out_end(v->o);
}

static void causes(struct view *v, const char **cause, size_t n)
{
	if (n == 1)
		out_str(v->o, "cause", NULL, cause[0]);
	else
		out_null(v->o, "cause", NULL);
	out_array(v->o, "causes");
	for (size_t i = 0; i < n; i++)
		out_str(v->o, NULL, "      cause      %s\n", cause[i]);
	out_end(v->o);
}

static void examples(struct view *v, const struct sight *s, size_t n)
{
	size_t left = v->nexamples;

	out_array(v->o, "examples");
	for (size_t i = 0; i < n && left; i++) {
		if (!s[i].file || !sight_is_recent(&v->sights, &s[i]))
			continue;
		out_str(v->o, NULL, "      example    %s\n", s[i].file);
		left--;
	}
	out_end(v->o);
}

/* By the causes of all its records, and the signatures of the first. */
static void known(struct view *v, const struct sight *s, const char **cause, size_t n)
{
	const struct known_issue *k = known_find(&v->known, s->signature, s->fuzzy, n ? cause[0] : NULL);

	for (size_t i = 1; i < n && !k; i++)
		k = known_find(&v->known, s->signature, s->fuzzy, cause[i]);
	v->nunknown += !k;
	if (!k) {
		out_null(v->o, "known", NULL);
		return;
	}
	out_object(v->o, "known");
	out_str(v->o, "link", "      known      %s", k->link);
	out_str(v->o, "fixed_in", k->fixed_in ? ", fixed in %s" : NULL, k->fixed_in);
	out_str(v->o, "pattern", NULL, k->pattern);
	out_text(v->o, "\n");
	out_end(v->o);
}

static const char *title_of(const struct sight *s)
{
	if (s->title)
		return s->title;
	if (s->class && !strcmp(s->class, "none"))
		return "no crash: the machine was running";
	return s->fate ? "no report" : s->class ? s->class : "unknown";
}

static size_t undated_of(const struct sight *s, size_t n)
{
	size_t ret = 0;

	for (size_t i = 0; i < n; i++)
		ret += !s[i].date;
	return ret;
}

/* Among all, or among those that are recent, where that was asked for. */
static void heading(struct view *v, const struct sight *s, const struct bucket *b)
{
	bool since = v->sights.since != NULL, is_new = since && s->date && sight_is_recent(&v->sights, s);
	size_t undated = undated_of(s, b->n);
	struct out *o = v->o;

	v->nnew += is_new;
	out_num(o, "count", since ? NULL : "%5s ", (int64_t)b->n);
	out_num(o, "recent", since ? "%5s " : NULL, (int64_t)b->recent);
	out_num(o, "doubles", NULL, (int64_t)b->doubles);
	out_paint(o, OUT_BOLD);
	out_str(o, "title", "%s", title_of(s));
	out_paint(o, OUT_PLAIN);
	out_str(o, "fate", s->fate ? ": %s" : NULL, s->fate);
	if (since)
		out_bool(o, "new", is_new ? ", new" : NULL, is_new);
	else
		out_null(o, "new", NULL);
	if (b->recent < b->n)
		out_text(o, ", of %zu", b->n);
	out_num(o, "undated", since && undated ? ", %s of them without a date" : NULL, (int64_t)undated);
	out_text(o, "\n");
}

static void one(struct view *v, const struct bucket *b)
{
	const struct sight *s = &v->sights.sight[b->from];
	struct out *o = v->o;
	const char **cause;
	size_t ncauses = distinct(v, s, b->n, offsetof(struct sight, cause), &cause);

	v->nshown++;
	out_record(o, "bucket");
	heading(v, s, b);
	out_str(o, "class", NULL, s->class);
	out_str(o, "signature", s->signature ? "      signature  %s\n" : NULL, s->signature);
	out_str(o, "signature_fuzzy", s->fuzzy ? "                 %s\n" : NULL, s->fuzzy);
	causes(v, cause, ncauses);
	out_str(o, "first", b->first ? "      seen       %s" : NULL, b->first);
	out_str(o, "last", b->last ? " to %s\n" : NULL, b->last);
	kernels(v, s, b->n);
	examples(v, s, b->n);
	known(v, s, cause, ncauses);
	out_end(o);
}

static void summary(struct view *v, size_t nbuckets)
{
	size_t undated = undated_of(v->sights.sight, v->sights.n);

	out_text(v->o, "%zu records in %zu buckets", v->sights.n, nbuckets);
	if (v->nshown < nbuckets)
		out_text(v->o, ", %zu shown", v->nshown);
	if (v->sights.since)
		out_text(v->o, ", %zu new since %s", v->nnew, v->sights.since);
	if (v->sights.doubles)
		out_text(v->o, ", %zu left out that %s of the same dumps", v->sights.doubles,
			 v->sights.doubles == 1 ? "is" : "are");
	if (v->sights.since && undated)
		out_text(v->o, "; %zu without a date are counted: they may have been since",
			 undated);
	out_text(v->o, "\n");
}

static enum cairn_code show(struct view *v, struct cairn_err *err)
{
	struct buckets all;
	enum cairn_code code = buckets_make(&all, &v->sights, v->call->scratch, err);

	for (size_t i = 0; !code && i < all.n && !out_broken(v->o); i++)
		if (all.bucket[i].recent && v->nshown < v->top)
			one(v, &all.bucket[i]);
	if (!code)
		summary(v, all.n);
	if (!code && v->call->opt[OPT_KNOWN].set && v->nunknown)
		*v->verdict = VERDICT_FINDINGS;
	return code;
}

static enum cairn_code number(size_t *ret, const struct opt_value *opt, const char *name,
			      struct cairn_err *err)
{
	char *end;

	if (!opt->set)
		return CAIRN_OK;
	*ret = strtoul(opt->value, &end, 10);
	if (*end || end == opt->value || *opt->value == '-')
		return cairn_fail(err, CAIRN_USAGE, "%s takes a number", name);
	return CAIRN_OK;
}

/* The beginning of a date as records have it: at least the day. */
static enum cairn_code date(const char **ret, const struct opt_value *opt, struct cairn_err *err)
{
	static const char form[] = "0000-00-00T00:00:00.000000Z";
	size_t n = 0;

	if (!opt->set)
		return CAIRN_OK;
	while (form[n] && (form[n] == '0' ? isdigit((unsigned char)opt->value[n])
					  : opt->value[n] == form[n]))
		n++;
	if (opt->value[n] || n < strlen("0000-00-00"))
		return cairn_fail(err, CAIRN_USAGE, "--since takes a date, as 2026-11-20 or 2026-11-20T08:00");
	*ret = opt->value;
	return CAIRN_OK;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct view v = { .call = call, .o = call->out, .verdict = verdict, .nexamples = 3,
			  .top = SIZE_MAX };
	enum cairn_code code;

	v.sights.by_fuzzy = call->opt[OPT_FUZZY].set;
	v.sights.any_cause = call->opt[OPT_ANY_CAUSE].set;
	code = number(&v.nexamples, &call->opt[OPT_EXAMPLES], "--examples", err);
	if (!code)
		code = number(&v.top, &call->opt[OPT_TOP], "--top", err);
	if (!code)
		code = date(&v.sights.since, &call->opt[OPT_SINCE], err);
	if (!code)
		code = take_known(&v, err);
	if (!code && !call->argc)
		code = take_file(&v, "-", err);
	for (int i = 0; i < call->argc && !code; i++)
		code = take_file(&v, call->argv[i], err);
	if (code)
		return code;
	tell_others(&v);
	return show(&v, err);
}

static const struct cmd bucket = {
	.name = "bucket",
	.synopsis = "[-f] [-k FILE] [-n N] [--since DATE] [--top N] [RECORDS]...",
	.summary = "triage's and oops's JSON records, grouped by bug",
	.help = "Reads what `cairn -j triage` and `cairn -j oops` wrote (RECORDS may end in .zst; - or\n"
		"none is standard input), and tells of each signature how often, when first and last, on\n"
		"which kernels and in which files it was seen, the most frequent first. A dump and its log\n"
		"are of one bug. Where the signature does not tell (a crash that was asked for, a stall, one\n"
		"that names nobody), records of different causes are told apart; those that name none, as\n"
		"logs do, go with the others if these have but one. Dumps that have no report are grouped\n"
		"by their fate, reports without a signature by their class.\n"
		"\n"
		"A dump counts once, however many records there are of it; the last one counts. Records are\n"
		"of the same dump if its file, the kernel (release, build id), and the time of the crash\n"
		"(date, and seconds since boot) are the same: dumps of two hosts may be called alike. Of a log's\n"
		"reports it is the log, the release, the time, the lines, and what it says. Where a record tells\n"
		"no time (no report, no crash, a log without times), or is of standard input, nothing says\n"
		"that it is the same, and each counts. `doubles` in the JSON is how many were left out of a\n"
		"bug; the last line of the text has their sum.\n"
		"\n"
		"FILE has a known issue a line: a signature, strict or fuzzy, a cause, both as\n"
		"SIGNATURE+CAUSE, or patterns as a shell's (* ? [...]) of these; a link; and, if it is, in\n"
		"what it is fixed; # begins a comment. What has a cause, and was asked for or names nobody,\n"
		"is known by its cause or by both, not by such a signature alone.\n"
		"\n"
		"--since counts the dumps whose kernel died at DATE (UTC) or later, and leaves out bugs of\n"
		"which there is none; a bug without an earlier one is new. What has no date (logs, dumps that\n"
		"do not tell) may have been later, is counted, and told of.\n"
		"\n"
		"Exit 1: FILE was given, and a bug that is shown is in none of its lines. Exit 4: a line of\n"
		"RECORDS is no such record (the first ten are told, and how many there are); the others are\n"
		"told of.",
	.opts = opts,
	.no_dump = true,
	.complete = COMPLETE_FILE,
	.run = run,
};
CAIRN_CMD(&bucket);
