/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/expectation.h"
#include "cmd/junit.h"
#include "cmd/oops_file.h"

enum { OPT_WRITE, OPT_JUNIT, OPT_GITHUB };

static const struct opt opts[] = {
	{ 'w', "write", NULL, "write FILE from what triage says now" },
	{ 0, "junit", "XML", "also write the result as JUnit has it" },
	{ 0, "github", NULL, "also print annotations for GitHub's workflows" },
	{ 0, NULL, NULL, NULL },
};

static enum cairn_code write_file(const char *path, const char *text, struct cairn_err *err)
{
	FILE *f = fopen(path, "we");
	bool bad = !f || fputs(text, f) < 0;

	if (f && fclose(f))
		bad = true;
	return bad ? cairn_fail(err, CAIRN_IO, "%s: %s", path, strerror(errno)) : CAIRN_OK;
}

/* What triage says of this dump. */
static enum cairn_code triage(json_t **ret, struct call *call, struct cairn_err *err)
{
	static const char *const words[] = { "triage" };
	enum verdict verdict = VERDICT_OK;
	enum cairn_code code;
	json_error_t e;
	struct out o;

	out_init(&o, OUT_JSON, -1);
	code = cmd_call(call, &o, 1, words, &verdict, err);
	*ret = code ? NULL : json_loadb(o.buf.buf, o.buf.len, JSON_ALLOW_NUL, &e);
	out_deinit(&o);
	if (!code && !*ret)
		return cairn_fail(err, CAIRN_NOMEM, "triage's record: %s", e.text);
	return code;
}

static enum cairn_code read_expectation(json_t **ret, const char *file, struct cairn_err *err)
{
	enum cairn_code code;
	struct str text;
	bool cut;

	*ret = NULL;
	str_init(&text);
	code = oops_file_read(&text, &cut, NULL, file, err);
	if (!code && expectation_parse(ret, text.buf, text.len, err))
		code = cairn_context(err, err->code, "%s", file);
	str_deinit(&text);
	return code;
}

/* Only what was one before is written anew: the word may have been meant for a dump. */
static enum cairn_code may_write(const char *file, bool *anew, struct cairn_err *err)
{
	enum cairn_code code;
	struct stat st;
	json_t *old;

	*anew = !stat(file, &st) && S_ISREG(st.st_mode) && st.st_size;
	if (!*anew)
		return CAIRN_OK;
	code = read_expectation(&old, file, err);
	json_decref(old);
	return code ? cairn_context(err, code, "not written over") : CAIRN_OK;
}

static enum cairn_code write_expectation(const char *file, const json_t *record,
					 struct cairn_err *err)
{
	json_t *o = expectation_make(record);
	char *text = o ? json_dumps(o, JSON_INDENT(2)) : NULL;
	enum cairn_code code;
	struct str s;

	str_init(&s);
	if (text)
		str_addf(&s, "%s\n", text);
	code = !text || s.failed ? cairn_fail(err, CAIRN_NOMEM, "out of memory")
				 : write_file(file, s.buf, err);
	str_deinit(&s);
	free(text);
	json_decref(o);
	return code;
}

static void show_item(struct out *o, const struct expected *e)
{
	out_object(o, NULL);
	out_paint(o, e->ok ? OUT_GREEN : e->unseen ? OUT_YELLOW : OUT_RED);
	out_bool(o, "ok", NULL, e->ok);
	out_text(o, e->ok ? "  ok      " : e->unseen ? "  unsure  " : "  not ok  ");
	out_paint(o, OUT_PLAIN);
	out_str(o, "what", e->ok ? "%-16s" : "%s", e->what);
	out_str(o, "expected", e->ok ? " %s\n" : "\n          expected  %s\n", e->want);
	out_str(o, "found", e->ok ? NULL : "          found     %s\n", e->found);
	out_str(o, "unchecked", e->unseen ? "          not checked: %s\n" : NULL, e->unseen);
	out_end(o);
}

static void show(struct call *call, const char *file, const struct held *held, bool checked)
{
	struct out *o = call->out;

	out_record(o, "expected");
	out_str(o, "file", "%s", call->files[0]);
	out_str(o, "expectation", held->failed ? " is not what %s expects\n" :
				  held->unseen ? " is what %s expects as far as it could be checked\n" :
						 " is what %s expects\n", file);
	out_bool(o, "ok", NULL, !held->failed && !held->unseen);
	out_array(o, "items");
	for (size_t i = 0; i < held->n; i++)
		show_item(o, &held->item[i]);
	out_end(o);
	out_bool(o, "checked", NULL, checked);
	if (!checked && !held->unseen)
		out_text(o, "  checks could not look at all of it: triage says at what not\n");
	out_end(o);
}

static enum cairn_code report(struct call *call, const char *file, const struct held *held,
			      bool checked, struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;
	struct str s;

	show(call, file, held, checked);
	str_init(&s);
	if (call->opt[OPT_GITHUB].set) {
		github_add(&s, call->files[0], file, held);
		out_text(call->out, "%s", s.buf);
		str_clear(&s);
	}
	if (call->opt[OPT_JUNIT].set) {
		junit_add(&s, call->files[0], held);
		code = s.failed ? cairn_fail(err, CAIRN_NOMEM, "out of memory")
				: write_file(call->opt[OPT_JUNIT].value, s.buf, err);
	}
	str_deinit(&s);
	return code;
}

static bool is_checked(const json_t *record)
{
	return json_is_true(json_object_get(record, "checked")) &&
	       !json_array_size(json_object_get(record, "unchecked"));
}

static enum cairn_code compare(struct call *call, const char *file, const json_t *record,
			       enum verdict *verdict, struct cairn_err *err)
{
	enum cairn_code code;
	struct held held;
	json_t *want;

	code = read_expectation(&want, file, err);
	if (!code)
		code = expectation_hold(&held, want, record, call->scratch, err);
	if (!code)
		code = report(call, file, &held, is_checked(record), err);
	if (!code && (held.failed || held.unseen))
		*verdict = held.failed ? VERDICT_FINDINGS : VERDICT_PARTIAL;
	json_decref(want);
	return code;
}

static enum cairn_code write_it(struct call *call, const json_t *record, struct cairn_err *err)
{
	const char *file = call->argv[0];
	bool anew;
	enum cairn_code code = may_write(file, &anew, err);

	if (!code)
		code = expectation_may_make(record, call->scratch, err);
	if (!code)
		code = write_expectation(file, record, err);
	if (!code)
		out_text(call->out, "%s: written%s\n", file, anew ? " anew" : "");
	return code;
}

/* A test without a result would not be missed. */
static enum cairn_code unopened(struct call *call, const struct cairn_err *why, struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;
	struct str s;

	error_record(call->out, NULL, call->files[0], why);
	if (!call->opt[OPT_JUNIT].set)
		return CAIRN_OK;
	str_init(&s);
	junit_add_unopened(&s, call->files[0], why->text);
	code = s.failed ? cairn_fail(err, CAIRN_NOMEM, "out of memory")
			: write_file(call->opt[OPT_JUNIT].value, s.buf, err);
	str_deinit(&s);
	return code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	enum cairn_code code;
	json_t *record;

	if (call->argc != 1)
		return cairn_fail(err, CAIRN_USAGE, "one VMCORE and one FILE are needed");
	code = triage(&record, call, err);
	if (!code && call->opt[OPT_WRITE].set)
		code = write_it(call, record, err);
	else if (!code)
		code = compare(call, call->argv[0], record, verdict, err);
	json_decref(record);
	return code;
}

static const struct cmd expect = {
	.name = "expect",
	.synopsis = "[-w] [--junit XML] [--github] [VMCORE] FILE",
	.summary = "hold what triage says against a file that says what it should",
	.help = "`cairn expect -w VMCORE FILE` writes the expectation, which is committed beside the test;\n"
		"`cairn expect VMCORE FILE` holds a dump against it and says what differs. FILE is JSON:\n"
		"\n"
		"  {\"schema\": \"cairn.expect/1\",\n"
		"   \"class\": \"bug\", \"function\": \"foo\", \"guilty\": \"foo\",\n"
		"   \"signature\": \"c1:bug:foo:*\", \"signature_fuzzy\": \"c1f:bug:foo:bar:*\",\n"
		"   \"cause\": \"c1c:maple.*\",\n"
		"   \"frames\": [\"foo\", \"bar\"],\n"
		"   \"require\": [\"maple.gap.*\"], \"forbid\": [\"*\"]}\n"
		"\n"
		"All texts are patterns as a shell's (* ? [...]); what is not named is not looked at. Frames\n"
		"are looked for in this order, inner ones first; others may lie between them. A text that is\n"
		"null is to be missing: of a dump without a cause -w writes \"cause\": null. `require` and\n"
		"`forbid` are of findings' ids: each of the first must be there, and none that fits the\n"
		"second may be, unless it is required. An empty list and `forbid` of \"*\" is a dump\n"
		"without findings.\n"
		"\n"
		"What compilers append to a function's name (.part.0, .cold) does not count, nor what machines\n"
		"put in front of a system call's. -w writes nothing where the dump does not tell what crashed, or\n"
		"has no signature: any other crash would pass. A FILE that expects nothing is an error. Where the\n"
		"dump that is held against it does not tell (its log is missing, a stack was not unwound to its\n"
		"end), that is \"unsure\", with the reason.\n"
		"\n"
		"Where a finding is not there, but a checker that could say it could not look at all of the\n"
		"dump (pages are missing, say), that is \"unsure\", with the reason, not \"ok\". Where that is\n"
		"how the dump is, \"unchecked\": [\"maple\"] names, by patterns, the checkers for which what\n"
		"there is to look at is enough; -w writes those that there are. A FILE that is there already\n"
		"-w writes anew if it is an expectation, else it is left alone.\n"
		"\n"
		"Exit 0: all is as expected. Exit 1: something is not. Exit 4: nothing differs, but not all\n"
		"could be checked. Exit 3: FILE is not as above, or VMCORE no dump. JUnit has exits 3\n"
		"(of a dump) and 4 as errors, exit 1 as failures.",
	.opts = opts,
	.complete = COMPLETE_FILE,
	.run = run,
	.unopened = unopened,
};
CAIRN_CMD(&expect);
