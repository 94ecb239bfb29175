/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/oops_file.h"
#include "cmd/oops_out.h"
#include "unwind/guilty.h"
#include "unwind/guilty_matter.h"
#include "unwind/oops.h"

enum { OPT_LAST, OPT_GUESSES, OPT_VERBOSE, OPT_RULES };

static const struct opt opts[] = {
	{ 'l', "last", NULL, "only the report that the machine died of" },
	{ 'g', "guesses", NULL, "also the frames that the kernel marked with a ?" },
	{ 'v', "verbose", NULL, "also registers and what they lead to, code, modules" },
	{ 'r', "rules", NULL, "the functions that signatures and titles pass over, and why; reads nothing" },
	{ 0, NULL, NULL, NULL },
};

struct view {
	struct call *call;
	struct oops_view show;
};

static bool reports(struct view *v, const struct oopses *all)
{
	const struct oops *last = oops_last(all);

	if (v->call->opt[OPT_LAST].set) {
		if (last)
			oops_out(&v->show, all, (size_t)(last - all->oops));
		return last != NULL;
	}
	for (size_t i = 0; i < all->n && !out_broken(v->show.o); i++) {
		if (i)
			out_text(v->show.o, "\n");
		oops_out(&v->show, all, i);
	}
	return all->n != 0;
}

/* What of the log was not looked at; false: nothing. */
static bool left_out(struct cairn_err *err, const struct oopses *all, uint64_t skipped, bool cut)
{
	struct str text;

	if (!all->nbefore && !skipped && !cut)
		return false;
	str_init(&text);
	if (skipped)
		str_addf(&text, "the log is too long: its first %" PRIu64 " bytes were not looked at, "
			 "lines are counted behind them", skipped);
	if (all->nbefore)
		str_addf(&text, "%s%zu earlier reports are left out", skipped ? "; " : "", all->nbefore);
	if (cut)
		str_addf(&text, "%sthe log ends early", text.len ? "; " : "");
	cairn_fail(err, CAIRN_LIMIT, "%s", text.buf);
	str_deinit(&text);
	return true;
}

static void tell(struct view *v, const struct oopses *all, uint64_t skipped, bool cut,
		 enum verdict *verdict)
{
	struct cairn_err err;

	if (!reports(v, all))
		out_text(v->show.o, "no report of trouble in %zu lines\n", all->nlines);
	else
		*verdict = VERDICT_FINDINGS;
	if (!left_out(&err, all, skipped, cut))
		return;
	out_text(v->show.o, "\n%s\n", err.text);
	error_record(v->show.o, "oops", v->show.file, &err);
	if (*verdict == VERDICT_OK)
		*verdict = VERDICT_PARTIAL;
}

static void rule(struct out *o, bool always, const char *why, const char *names)
{
	out_record(o, "guilty.rule");
	out_str(o, "why", "%s", why);
	out_bool(o, "always", NULL, always);
	out_text(o, always ? "\n" : " (in reports of that alone)\n");
	out_str(o, "names", "    %s\n", names);
	out_end(o);
}

static void rules(struct out *o)
{
	const char *why, *names;

	for (size_t i = 0; guilty_rule(i, &why, &names); i++)
		rule(o, true, why, names);
	for (size_t i = 0; guilty_matter_rule(i, &why, &names); i++)
		rule(o, false, why, names);
}

static enum cairn_code of_dump(struct view *v, struct cairn *c, enum verdict *verdict,
			       struct cairn_err *err)
{
	struct oopses all;
	const struct log *log;
	enum cairn_code code = log_get(c, &log, err);

	if (!code)
		code = oops_parse_log(&all, log, 0, v->call->scratch, err);
	if (!code)
		tell(v, &all, 0, log->partial, verdict);
	return code;
}

/* A file that is no text: for its log nothing else is needed. */
static enum cairn_code of_other_dump(struct view *v, enum verdict *verdict, struct cairn_err *err)
{
	const struct cairn_opts how = { .no_cache = true, .no_debug_search = true };
	struct cairn *c;
	enum cairn_code code = cairn_open(&c, &v->show.file, 1, &how, err);

	if (code)
		return code;
	code = of_dump(v, c, verdict, err);
	cairn_close(c);
	return code ? cairn_context(err, code, "%s", v->show.file) : code;
}

static enum cairn_code of_file(struct view *v, enum verdict *verdict, struct cairn_err *err)
{
	struct str text;
	struct oopses all;
	enum cairn_code code;
	uint64_t skipped;
	bool cut, dump;

	str_init(&text);
	code = oops_file_read_end(&text, &skipped, &cut, &dump, v->show.file, err);
	if (!code && text.failed)
		code = cairn_fail(err, CAIRN_NOMEM, "%s: too large", v->show.file);
	if (!code)
		code = oops_parse(&all, text.buf, text.len, v->call->scratch, err);
	if (!code)
		tell(v, &all, skipped, cut, verdict);
	str_deinit(&text);
	return dump && strcmp(v->show.file, "-") ? of_other_dump(v, verdict, err) : code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct view v = { call, { .o = call->out, .scratch = call->scratch,
				  .guesses = call->opt[OPT_GUESSES].set,
				  .verbose = call->opt[OPT_VERBOSE].set } };
	enum cairn_code code = CAIRN_OK;

	if (call->opt[OPT_RULES].set) {
		rules(call->out);
		return CAIRN_OK;
	}
	if (!call->argc && call->cairn)
		return of_dump(&v, call->cairn, verdict, err);
	if (!call->argc) {
		v.show.file = "-";
		return of_file(&v, verdict, err);
	}
	for (int i = 0; i < call->argc && !code; i++) {
		if (call->argc > 1)
			out_text(call->out, "%s%s\n\n", i ? "\n" : "", call->argv[i]);
		v.show.file = call->argv[i];
		code = of_file(&v, verdict, err);
	}
	return code;
}

static const struct cmd oops = {
	.name = "oops",
	.synopsis = "[-lgv] [FILE]... | -r",
	.summary = "what a log that is text reports: oopses, warnings, lockups, hung tasks",
	.help = "Reads console logs, dmesg's output or mails (FILE may end in .zst; - or none is standard\n"
		"input) and tells of each report in them the same as triage does of a dump: class, title,\n"
		"function, place, who, the stack's frames, the signature, and what is known of such trouble.\n"
		"With a dump and without FILE, or where FILE is a dump, of the dump's own log. Whatever was\n"
		"put before the kernel's words is taken off: every time format of dmesg, callers, levels,\n"
		"/dev/kmsg and netconsole, syslog, journalctl (its JSON too), phones, mails, colours; UTF-16 and\n"
		"a pstore's parts in any order are read, and what decode_stacktrace.sh made of it. What a\n"
		"syslog says of other programs is none of the kernel's. Lines of CPUs that wrote at a time are\n"
		"told apart where the log says who wrote them. x86_64, i386, ARM32, arm64. A log that begins\n"
		"inside a report has an `unnamed report`; JSON's `complete` is false where a trace ends early,\n"
		"as its strict signature is then another. Of a long log the end counts: its last 256 MB and\n"
		"1000 reports; what is left out is said (in JSON by a record of schema cairn.error, code limit).\n"
		"-l is of the last boot that died.\n"
		"A signature names the bug: a dump's (triage) and its log's are the same, and so are those of\n"
		"other builds, as long as the functions are: of the class and the names of the sure frames\n"
		"from the one that crashed to the entry into the kernel, but for those that -r lists (pieces\n"
		"of names; ^ begins and $ ends one). The second, fuzzy one has the first three. A title is\n"
		"what syzkaller calls it (\"corrupted\": its report names no function). It blames the same\n"
		"function, but of a stall who waits for the one that does not get on, and of a stack that is\n"
		"used up who began it, where the signature has what runs there, or recurs; triage and bucket\n"
		"put the signature's function in. A panic that was asked for (sysrq, an NMI) is no bug by\n"
		"itself; its `cause` is what the log reports last before it. Of a BUG upon a maple node's\n"
		"parent word the registers are read, where the kernel says what they lead to (ARM32): whether\n"
		"the word has a flipped bit, or its neighbour in the slab wrote over it. What to check in a\n"
		"dump has the log's own values. -v adds the registers, what they lead to, the code's bytes\n"
		"and the modules, which JSON always has; there `taints` and `module_list` are empty if the\n"
		"log says that there are none, null if it does not say. Exit 0: the log reports no trouble.\n"
		"Exit 1: it does. Exit 3: a file could not be read. Exit 4: no report, in what was looked at.",
	.opts = opts,
	.no_dump = true,
	.dump_if_named = true,
	.complete = COMPLETE_FILE,
	.run = run,
};
CAIRN_CMD(&oops);
