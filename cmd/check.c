/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/finding_out.h"
#include "cmd/operand.h"
#include "lib/base/str.h"

#define DEADLINE_MAX (24 * 3600 * 1000)

enum { OPT_ONLY, OPT_LIST, OPT_DEADLINE, OPT_BUDGET };

static const struct opt opts[] = {
	{ 'o', "only", "GLOB", "only these checkers, or findings" },
	{ 'l', "list", NULL, "list the checkers and what they may find; needs no vmcore" },
	{ 0, "deadline", "MS", "stop after so many milliseconds" },
	{ 0, "budget", "N", "stop when so many objects were looked at (tasks, locks, nodes, ...)" },
	{ 0, NULL, NULL, NULL },
};

static void list_one(struct out *o, const struct cairn_check *check)
{
	out_record(o, "checker");
	out_paint(o, OUT_BOLD);
	out_str(o, "name", "%s", check->name);
	out_paint(o, OUT_PLAIN);
	out_str(o, "summary", "  %s\n", check->summary);
	out_array(o, "findings");
	for (const struct cairn_explanation *x = check->ids; x->id; x++) {
		out_object(o, NULL);
		out_str(o, "id", "  %-28s", x->id);
		out_str(o, "title", "  %s\n", x->title);
		out_end(o);
	}
	out_end(o);
	out_end(o);
}

static enum cairn_code list(struct call *call, struct cairn_err *err)
{
	const char *only = call->opt[OPT_ONLY].value;
	size_t n;
	const struct cairn_check *const *all = checks_sorted(call->scratch, &n);

	if (!all)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		if (!only || check_matches(all[i], only))
			list_one(call->out, all[i]);
	return CAIRN_OK;
}

static enum cairn_code read_limits(const struct call *call, struct check_limits *ret,
				   struct cairn_err *err)
{
	const char *word = call->opt[OPT_DEADLINE].value, *budget = call->opt[OPT_BUDGET].value;
	enum cairn_code code = CAIRN_OK;

	*ret = (struct check_limits){ .only = call->opt[OPT_ONLY].value };
	if (word)
		code = operand_count(word, &ret->deadline_ms, err);
	if (!code && word && (!ret->deadline_ms || ret->deadline_ms > DEADLINE_MAX))
		return cairn_fail(err, CAIRN_USAGE, "a deadline is 1 to %d ms", DEADLINE_MAX);
	if (!code && budget)
		code = operand_count(budget, &ret->budget, err);
	if (!code && budget && !ret->budget)
		return cairn_fail(err, CAIRN_USAGE, "a budget of 0 checks nothing");
	return code;
}

static void show(struct call *call, const struct findings *f, bool ended)
{
	struct out *o = call->out;

	for (size_t i = 0; i < f->n && !out_broken(o); i++) {
		out_text(o, i ? "\n" : "");
		out_record(o, "finding");
		finding_fields(o, call->cairn, &f->said[i]);
		out_end(o);
	}
	if (f->n)
		out_text(o, "\n`explain %s` tells more\n", f->said[0].f.id);
	else if (ended)
		out_text(o, "nothing found by %zu checker%s%s\n", f->nchecks, f->nchecks == 1 ? "" : "s",
			 f->nunseen ? ", as far as could be checked" : "");
}

static void show_unseen(struct call *call, const struct findings *f, enum verdict *verdict)
{
	unseen_text(call->out, f);
	for (size_t i = 0; i < f->nunseen; i++) {
		struct cairn_err why = f->unseen[i].why;

		if (f->unseen[i].what)
			cairn_context(&why, why.code, "%s", f->unseen[i].what);
		cairn_context(&why, why.code, "%s", f->unseen[i].check->name);
		error_record(call->out, call->cmd->name, call->nfiles ? call->files[0] : NULL, &why);
	}
	if (findings_lack(f))
		*verdict = VERDICT_PARTIAL;
	if (findings_any_fault(f))
		*verdict = VERDICT_FINDINGS;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct check_limits limits;
	struct findings found;
	enum cairn_code code;

	if (call->argc)
		return cairn_fail(err, CAIRN_USAGE, "check takes no operands but vmcores");
	if (call->opt[OPT_LIST].set)
		return list(call, err);
	code = read_limits(call, &limits, err);
	if (code)
		return code;
	code = findings_get(&found, call->cairn, &limits, call->scratch, err);
	if (code && code != CAIRN_INTERRUPTED)
		return code;
	show(call, &found, code == CAIRN_OK);
	show_unseen(call, &found, verdict);
	return code;
}

static const struct cmd check = {
	.name = "check",
	.synopsis = "[-o GLOB] [--deadline MS] [--budget N] [VMCORE...]",
	.summary = "run all checkers over the dump",
	.help = "Runs every checker and shows what they found: a stable id, how bad it is, what was\n"
		"expected and what was found where, and the memory that it rests on. A finding is\n"
		"certain unless it says otherwise: in-flight (a writer was at work there) or\n"
		"suspicious (there are innocent reasons). `explain ID` says what it means.\n"
		"GLOB is a pattern of checkers (`lock`) or of findings (`maple.gap.*`), as --list has\n"
		"them. One that reads much (slab) runs by itself where the kernel died in what it looks\n"
		"at, and else where GLOB names it. At the deadline, or when the budget is spent, what\n"
		"was found until then is shown, and what was not looked at is named.\n"
		"\n"
		"Exit 0: nothing found that is worse than info, which a healthy machine may have, too.\n"
		"1: findings. 4: none of these, but something could not be checked; the lines `not\n"
		"checked` say what and why.",
	.opts = opts,
	.many_dumps = true,
	.no_dump_option = "list",
	.run = run,
};
CAIRN_CMD(&check);
