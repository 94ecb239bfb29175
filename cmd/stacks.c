/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/cmd.h"
#include "cmd/operand.h"
#include "cmd/task_filter.h"
#include "cmd/trace_filter.h"
#include "lib/kern/cpu.h"
#include "unwind/unwinder.h"

enum { OPT_GROUP = TASK_FILTER_OPTS_N, OPT_FUNCTION, OPT_MODULE };

static const struct opt opts[] = {
	TASK_FILTER_OPTS,
	{ 'g', "group", NULL, "of all tasks, equal ones merged: foreach bt -g" },
	TRACE_FILTER_OPTS,
	{ 0, NULL, NULL, NULL },
};

/* The name that people look for leads to the command that does it. */
static enum cairn_code group(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	const char *words[2 * CMD_OPTS + 3];
	int n = 0;

	words[n++] = "foreach";
	for (unsigned i = 0; i <= OPT_MODULE; i++) {
		if (i == OPT_GROUP)
			words[n++] = "bt";
		if (!call->opt[i].set)
			continue;
		words[n++] = arena_printf(call->scratch, "-%c%s", opts[i].letter,
					  opts[i].arg ? call->opt[i].value : "");
		if (!words[n - 1])
			return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	}
	return cmd_call(call, call->out, n, words, verdict, err);
}

static enum cairn_code check_options(const struct call *call, struct cairn_err *err)
{
	for (unsigned i = 0; i <= OPT_MODULE; i++)
		if (i != OPT_GROUP && call->opt[i].set && !call->opt[OPT_GROUP].set)
			return cairn_fail(err, CAIRN_USAGE, "-%c goes with -g", opts[i].letter);
	if (call->opt[OPT_GROUP].set && call->argc)
		return cairn_fail(err, CAIRN_USAGE, "-g goes without addresses");
	return CAIRN_OK;
}

static void heading(struct call *call)
{
	int w = call->cairn->arch->word * 2;

	out_paint(call->out, OUT_BOLD);
	out_text(call->out, "  CPU  %-8s  %-*s  %-*s  %-*s  IN USE\n", "TYPE", w, "BEGIN", w, "END",
		 w, "NEXT SP");
	out_paint(call->out, OUT_PLAIN);
}

static void row(struct call *call, const struct stack_info *s)
{
	int w = call->cairn->arch->word * 2;
	struct out *o = call->out;

	out_record(o, "stackrange");
	if (s->cpu >= 0)
		out_num(o, "cpu", "%5s", s->cpu);
	else
		out_null(o, "cpu", "%5s");
	out_str(o, "type", "  %-8s", stack_type_name(s->type));
	out_addr(o, "begin", "  %s", s->begin, w);
	out_addr(o, "end", "  %s", s->end, w);
	if (s->next_sp)
		out_addr(o, "next_sp", "  %s", s->next_sp, w);
	else
		out_null(o, "next_sp", w == 16 ? "  %-16s" : "  %-8s");
	if (s->use == STACK_USE_UNKNOWN)
		out_null(o, "in_use", "  %s");
	else
		out_bool(o, "in_use", "  %s", s->use == STACK_IN_USE);
	if (s->task)
		out_addr(o, "task", "  task %s", s->task, w);
	out_text(o, "\n");
	out_end(o);
}

/* Of a task that a CPU executes, the CPU tells what is in use: as list() has it. */
static bool task_stack(struct unwinder *u, uint64_t addr, struct stack_info *ret)
{
	struct stack_info current;

	if (!unwinder_task_stack(u, addr, ret))
		return false;
	if (ret->cpu < 0)
		return true;
	current = unwinder_current_stack(u, (unsigned)ret->cpu);
	if (current.begin == ret->begin && current.type == ret->type)
		*ret = current;
	return true;
}

/* Which stack an address lies on. */
static enum cairn_code classify(struct call *call, struct unwinder *u, const char *word, bool first,
				struct cairn_err *err)
{
	struct stack_info s;
	uint64_t addr;
	enum cairn_code code = operand_address(call->cairn, word, &addr, err);

	if (code)
		return code;
	if (!task_stack(u, addr, &s))
		code = stacks_find(&u->stacks, addr, &s, err);
	if (code)
		return code;
	if (first)
		heading(call);
	row(call, &s);
	return CAIRN_OK;
}

/* A CPU's own stacks follow the stack of the task that it executes. */
static enum cairn_code list(struct call *call, struct unwinder *u, struct cairn_err *err)
{
	const struct cpus *cpus;
	enum cairn_code code = cpus_get(call->cairn, &cpus, err);

	if (!code)
		heading(call);
	for (size_t i = 0; !code && i < cpus->n && !out_broken(call->out); i++) {
		struct stack_info task = unwinder_current_stack(u, cpus->cpu[i].id);

		if (task.type != STACK_UNKNOWN)
			row(call, &task);
		for (size_t j = 0; j < u->stacks.n; j++)
			if (u->stacks.stack[j].cpu == (int32_t)cpus->cpu[i].id)
				row(call, &u->stacks.stack[j]);
	}
	for (size_t j = 0; !code && j < u->stacks.n; j++)
		if (u->stacks.stack[j].cpu < 0) /* any CPU's: arm64's for EFI */
			row(call, &u->stacks.stack[j]);
	return code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct unwinder u;
	enum cairn_code code = check_options(call, err);

	if (!code && call->opt[OPT_GROUP].set)
		return group(call, verdict, err);
	if (!code)
		code = unwinder_init(&u, call->cairn, call->scratch, err);
	if (code)
		return code;
	unwinder_add_all_cpus(&u);
	if (!call->argc)
		code = list(call, &u, err);
	for (int i = 0; !code && i < call->argc; i++)
		code = classify(call, &u, call->argv[i], !i, err);
	unwinder_deinit(&u);
	return code;
}

static const struct cmd stacks = {
	.name = "stacks",
	.synopsis = "[ADDRESS]... | -g [-A] [-k | -u] [-s LETTERS] [-f GLOB] [-m GLOB]",
	.summary = "stacks of all CPUs, or the one that an address is on",
	.help = "Lists every stack of every CPU: that of the task it executes, and those for\n"
		"interrupts, each exception, overflows and the entry code. NEXT SP is where the\n"
		"stack says it was entered from; unless the stack is in use, that is left from\n"
		"before. IN USE is - where the machine has nothing that tells.\n"
		"\n"
		"-g shows stack traces of all tasks instead, equal ones merged and counted, the most\n"
		"frequent first; the other options choose among them.",
	.opts = opts,
	.complete = COMPLETE_SYMBOL,
	.run = run,
};
CAIRN_CMD(&stacks);
