/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/cmd.h"
#include "cmd/operand.h"
#include "lib/kern/task.h"

enum { OPT_PANICKED, OPT_CPU };

static const struct opt opts[] = {
	[OPT_PANICKED] = { 'p', "panicked", NULL, "again the task that panicked" },
	[OPT_CPU] = { 'c', "cpu", "CPU", "the task that this CPU executes" },
	{ 0, NULL, NULL, NULL },
};

static void show(struct call *call, const struct task *t)
{
	const char state[2] = { t->state, '\0' };
	struct out *o = call->out;

	out_record(o, "task");
	if (t->fault) {
		out_null(o, "pid", NULL);
		out_null(o, "comm", NULL);
	} else {
		out_num(o, "pid", "PID: %-7s ", t->pid);
		out_str(o, "comm", "COMMAND: %s  ", t->comm);
	}
	out_addr(o, "task", "TASK: %s", t->addr, call->cairn->arch->word * 2);
	if (t->fault) {
		out_fault(o, "fault", "  %s\n", t->fault);
		out_end(o);
		return;
	}
	if (t->cpu >= 0)
		out_num(o, "cpu", "  CPU: %s", t->cpu);
	else
		out_null(o, "cpu", NULL);
	out_str(o, "state", "  STATE: %s", state);
	out_bool(o, "on_cpu", t->on_cpu ? " (executed)" : NULL, t->on_cpu);
	out_text(o, "\n");
	out_end(o);
}

static enum cairn_code on_cpu(struct call *call, const struct task **ret, struct cairn_err *err)
{
	const struct tasks *ts;
	const struct cpu *cpu;
	enum cairn_code code = operand_cpu(call->cairn, call->opt[OPT_CPU].value, &cpu, err);

	if (!code)
		code = tasks_get(call->cairn, &ts, err);
	if (code)
		return code;
	*ret = task_on_cpu(call->cairn, ts, cpu->id);
	return *ret ? CAIRN_OK
		    : cairn_fail(err, CAIRN_NOTFOUND, "what CPU %u executes is not known", cpu->id);
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	const struct task *t = NULL;
	enum cairn_code code = CAIRN_OK;

	(void)verdict;
	if (call->argc > 1 || (call->argc && call->opt[OPT_CPU].set))
		return cairn_fail(err, CAIRN_USAGE, "one task, or one CPU");
	if (call->opt[OPT_CPU].set)
		code = on_cpu(call, &t, err);
	else if (call->argc)
		code = operand_task(call->cairn, call->argv[0], &t, err);
	if (code)
		return code;
	if (call->chosen && (t || call->opt[OPT_PANICKED].set))
		*call->chosen = t ? t->addr : 0;
	code = operand_default(call, &t, err);
	if (!code)
		show(call, t);
	return code;
}

static const struct cmd set = {
	.name = "set",
	.synopsis = "[-p | -c CPU | PID | TASK | COMM]",
	.summary = "the task that commands are about when none is named",
	.help = "For the rest of the shell, or the script: `bt`, `vm`, `files`, `task`, `rd -u` and\n"
		"`vtop -u` show this task when they are given none. At first it is the one that\n"
		"panicked. Without an operand, tells which it is.\n"
		"\n"
		"`set pager off` and `set pager on` are the shell's: whether text that exceeds the\n"
		"terminal is shown by $PAGER.",
	.opts = opts,
	.complete = COMPLETE_TASK,
	.run = run,
};
CAIRN_CMD(&set);
