/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "cmd/buckets.h"
#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/known.h"
#include "cmd/oops_file.h"

enum { OPT_FUZZY, OPT_KNOWN, OPT_EXAMPLES, OPT_ANY_CAUSE };

static const struct opt opts[] = {
	{ 'f', "fuzzy", NULL, "by the fuzzy signature: class and the first three functions" },
	{ 'k', "known", "FILE", "known issues: signature or pattern, link, fixed in" },
	{ 'n', "examples", "N", "name so many files of each (3)" },
	{ 0, "any-cause", NULL, "by the signature alone, whatever the cause" },
	{ 0, NULL, NULL, NULL },
};

struct view {
	struct call *call;
	struct out *o;
	struct sights sights;
	struct known known;
	size_t nexamples, nunknown;
	enum verdict *verdict;
};

/* A line that is no record is told, and costs nothing else. */
static enum cairn_code take_line(struct view *v, const char *file, size_t lineno, const char *line,
				 size_t len, struct cairn_err *err)
{
	enum cairn_code code;
	struct jsonrec r;

	if (!len || strspn(line, " \t\r") >= len)
		return CAIRN_OK;
	if (jsonrec_read(&r, line, len, err)) {
		cairn_context(err, CAIRN_FORMAT, "line %zu", lineno);
		error_partial(v->call, file, err, v->verdict);
		return CAIRN_OK;
	}
	code = r.other ? CAIRN_OK : sights_add(&v->sights, &r, v->call->scratch, err);
	jsonrec_deinit(&r);
	return code;
}

static enum cairn_code take_text(struct view *v, const char *file, const struct str *text,
				 struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;
	size_t lineno = 0, n;

	for (size_t at = 0; at < text->len && !code; at += n + 1) {
		const char *nl = memchr(text->buf + at, '\n', text->len - at);

		n = (nl ? (size_t)(nl - text->buf) : text->len) - at;
		code = take_line(v, file, ++lineno, text->buf + at, n, err);
	}
	return code;
}

static enum cairn_code read_all(struct str *text, bool *cut, const char *file, struct cairn_err *err)
{
	enum cairn_code code = oops_file_read(text, cut, file, err);

	return !code && text->failed ? cairn_fail(err, CAIRN_NOMEM, "%s: too large", file) : code;
}

static enum cairn_code take_file(struct view *v, const char *file, struct cairn_err *err)
{
	enum cairn_code code;
	struct str text;
	bool cut;

	str_init(&text);
	code = read_all(&text, &cut, file, err);
	if (!code)
		code = take_text(v, file, &text, err);
	if (!code && cut) {
		cairn_fail(err, CAIRN_FORMAT, "too long: the rest was not read");
		error_partial(v->call, file, err, v->verdict);
	}
	str_deinit(&text);
	return code;
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
	code = read_all(&text, &cut, file, err);
	if (!code && known_parse(&v->known, text.buf, text.len, v->call->scratch, err))
		code = cairn_context(err, err->code, "%s", file);
	str_deinit(&text);
	return code;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void kernels(struct view *v, const struct sight *s, size_t n)
{
	const char **name = arena_array(v->call->scratch, n, sizeof(*name));
	size_t have = 0;

	for (size_t i = 0; name && i < n; i++)
		if (s[i].release)
			name[have++] = s[i].release;
	if (have)
		qsort(name, have, sizeof(*name), by_text);
	out_array(v->o, "kernels");
	for (size_t i = 0; i < have; i++)
		if (!i || strcmp(name[i], name[i - 1]))
			out_str(v->o, NULL, i ? ", %s" : "      kernels    %s", name[i]);
	out_text(v->o, have ? "\n" : "");
	out_end(v->o);
}

static void examples(struct view *v, const struct sight *s, size_t n)
{
	out_array(v->o, "examples");
	for (size_t i = 0; i < n && i < v->nexamples; i++)
		if (s[i].file)
			out_str(v->o, NULL, "      example    %s\n", s[i].file);
	out_end(v->o);
}

static void known(struct view *v, const struct sight *s)
{
	const struct known_issue *k = known_find(&v->known, s->signature, s->fuzzy, s->cause);

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
	return s->fate ? "no report" : s->class ? s->class : "unknown";
}

static void one(struct view *v, const struct bucket *b)
{
	const struct sight *s = &v->sights.sight[b->from];
	struct out *o = v->o;

	out_record(o, "bucket");
	out_num(o, "count", "%5s ", (int64_t)b->n);
	out_paint(o, OUT_BOLD);
	out_str(o, "title", "%s", title_of(s));
	out_paint(o, OUT_PLAIN);
	out_str(o, "fate", s->fate ? ": %s" : NULL, s->fate);
	out_text(o, "\n");
	out_str(o, "class", NULL, s->class);
	out_str(o, "signature", s->signature ? "      signature  %s\n" : NULL, s->signature);
	out_str(o, "signature_fuzzy", s->fuzzy ? "                 %s\n" : NULL, s->fuzzy);
	out_str(o, "cause", s->cause ? "      cause      %s\n" : NULL, s->cause);
	out_str(o, "first", b->first ? "      seen       %s" : NULL, b->first);
	out_str(o, "last", b->last ? " to %s\n" : NULL, b->last);
	kernels(v, s, b->n);
	examples(v, s, b->n);
	known(v, s);
	out_end(o);
}

static enum cairn_code show(struct view *v, struct cairn_err *err)
{
	struct buckets all;
	enum cairn_code code = buckets_make(&all, &v->sights, v->call->scratch, err);

	for (size_t i = 0; !code && i < all.n && !out_broken(v->o); i++)
		one(v, &all.bucket[i]);
	if (!code)
		out_text(v->o, "%zu records in %zu buckets\n", v->sights.n, all.n);
	if (!code && v->call->opt[OPT_KNOWN].set && v->nunknown)
		*v->verdict = VERDICT_FINDINGS;
	return code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct view v = { .call = call, .o = call->out, .verdict = verdict, .nexamples = 3 };
	enum cairn_code code;
	char *end;

	v.sights.by_fuzzy = call->opt[OPT_FUZZY].set;
	v.sights.any_cause = call->opt[OPT_ANY_CAUSE].set;
	if (call->opt[OPT_EXAMPLES].set) {
		v.nexamples = strtoul(call->opt[OPT_EXAMPLES].value, &end, 10);
		if (*end || end == call->opt[OPT_EXAMPLES].value)
			return cairn_fail(err, CAIRN_USAGE, "--examples takes a number");
	}
	code = take_known(&v, err);
	if (!code && !call->argc)
		code = take_file(&v, "-", err);
	for (int i = 0; i < call->argc && !code; i++)
		code = take_file(&v, call->argv[i], err);
	return code ? code : show(&v, err);
}

static const struct cmd bucket = {
	.name = "bucket",
	.synopsis = "[-f] [-k FILE] [-n N] [RECORDS]...",
	.summary = "triage's and oops's JSON records, grouped by bug",
	.help = "Reads what `cairn -j triage` and `cairn -j oops` wrote (RECORDS may end in .zst; - or\n"
		"none is standard input), and tells of each signature how often, when first and last, on\n"
		"which kernels and in which files it was seen, the most frequent first. Where the records\n"
		"name a cause, dumps of the same signature and different causes are told apart: sysrq\n"
		"crashes, which share one, by what was wrong. Dumps that have no report are grouped by\n"
		"their fate, reports without a signature by their class.\n"
		"\n"
		"FILE has a known issue a line: a signature, strict or fuzzy, a cause, or a pattern as a\n"
		"shell's (* ? [...]), a link, and, if it is, in what it is fixed; # begins a comment.\n"
		"\n"
		"Exit 1: FILE was given, and a bucket is in none of its lines. Exit 4: a line of RECORDS\n"
		"is no record; the others are told of.",
	.opts = opts,
	.no_dump = true,
	.complete = COMPLETE_FILE,
	.run = run,
};
CAIRN_CMD(&bucket);
