/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fnmatch.h>
#include <string.h>

#include "cmd/cmd.h"
#include "lib/kern/finding.h"
#include "unwind/class_words.h"

static void paragraph(struct out *o, const char *name, const char *heading, const char *text)
{
	out_paint(o, OUT_BOLD);
	out_text(o, "\n%s\n", heading);
	out_paint(o, OUT_PLAIN);
	if (o->mode == OUT_JSON)
		out_str(o, name, NULL, text);
	out_text(o, "%s\n", text);
}

static void tell(struct out *o, const struct cairn_check *check, const struct cairn_explanation *x)
{
	out_record(o, "explanation");
	out_paint(o, OUT_BOLD);
	out_str(o, "id", "%s", x->id);
	out_paint(o, OUT_PLAIN);
	out_str(o, "title", ": %s\n", x->title);
	out_str(o, "check", NULL, check->name);
	paragraph(o, "meaning", "What it means", x->meaning);
	paragraph(o, "causes", "What usually causes it", x->causes);
	paragraph(o, "next", "What to look at next", x->next);
	out_end(o);
}

static void tell_class(struct out *o, const struct class_words *w)
{
	out_record(o, "explanation");
	out_paint(o, OUT_BOLD);
	out_str(o, "id", "%s", w->class);
	out_paint(o, OUT_PLAIN);
	out_str(o, "title", ": %s\n", "the class of a crash");
	out_null(o, "check", NULL);
	paragraph(o, "meaning", "What it means", w->meaning);
	out_null(o, "causes", NULL);
	if (w->next)
		paragraph(o, "next", "What to look at next", w->next);
	else
		out_null(o, "next", NULL);
	out_end(o);
}

/* An id, a pattern, or the words before a dot. */
static bool is_meant(const char *word, const char *id)
{
	size_t n = strlen(word);

	return !fnmatch(word, id, 0) || (!strncmp(word, id, n) && id[n] == '.');
}

static size_t tell_all(struct call *call, const struct cairn_check *const *all, size_t n,
		       const char *word)
{
	struct class_words class;
	size_t told = 0;

	for (size_t i = 0; i < n; i++)
		for (const struct cairn_explanation *x = all[i]->ids; x->id; x++)
			if (is_meant(word, x->id)) {
				out_text(call->out, told++ ? "\n\n" : "");
				tell(call->out, all[i], x);
			}
	if (class_words_of(word, &class)) {
		out_text(call->out, told++ ? "\n\n" : "");
		tell_class(call->out, &class);
	}
	return told;
}

static void list(struct out *o, const struct cairn_check *const *all, size_t n)
{
	struct class_words class;

	for (size_t i = 0; i < n; i++)
		for (const struct cairn_explanation *x = all[i]->ids; x->id; x++) {
			if (o->mode == OUT_JSON)
				tell(o, all[i], x);
			out_text(o, "  %-28s  %s\n", x->id, x->title);
		}
	out_text(o, "\nClasses of crashes:");
	for (size_t i = 0; class_words_nth(i, &class); i++)
		out_text(o, "%s%s", i % 6 ? "  " : "\n  ", class.class);
	out_text(o, "\n");
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	size_t n;
	const struct cairn_check *const *all = checks_sorted(call->scratch, &n);

	(void)verdict;
	if (!all)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	if (!call->argc)
		list(call->out, all, n);
	for (int i = 0; i < call->argc; i++) {
		out_text(call->out, i ? "\n\n" : "");
		if (!tell_all(call, all, n, call->argv[i]))
			return cairn_fail(err, CAIRN_USAGE,
					  "no finding and no class is called %s (without an operand, explain "
					  "lists them)", call->argv[i]);
	}
	return CAIRN_OK;
}

static const struct cmd explain = {
	.name = "explain",
	.synopsis = "[ID | CLASS]...",
	.summary = "what a finding or the class of a crash means, and what to look at next",
	.help = "Tells of a finding of `check` or `triage` what it means, what usually causes it, and\n"
		"what to look at next. ID may be a pattern (`lock.*`) or its first word (`lock`).\n"
		"CLASS is what triage and oops call a crash: oom, soft-lockup. Without an operand, lists\n"
		"all findings that there may be, and the classes.",
	.no_dump = true,
	.complete = COMPLETE_FINDING,
	.run = run,
};
CAIRN_CMD(&explain);
