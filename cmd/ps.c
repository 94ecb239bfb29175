/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/operand.h"
#include "lib/kern/task.h"

enum { OPT_ACTIVE, OPT_KERNEL, OPT_USER, OPT_TIMES, OPT_STATE };

static const struct opt opts[] = {
	{ 'A', "active", NULL, "only the tasks that a CPU executes" },
	{ 'k', "kernel", NULL, "only kernel threads" },
	{ 'u', "user", NULL, "only user tasks" },
	{ 't', "times", NULL, "also start, user and system time, in seconds" },
	{ 's', "state", "LETTERS", "only these states, as /proc shows them: RSDTtXZPI" },
	{ 0, NULL, NULL, NULL },
};

static bool wanted(const struct call *call, const struct task *t)
{
	if (call->opt[OPT_ACTIVE].set && !t->on_cpu)
		return false;
	if (call->opt[OPT_KERNEL].set && !t->kernel_thread)
		return false;
	if (call->opt[OPT_USER].set && (t->kernel_thread || t->idle))
		return false;
	return !call->opt[OPT_STATE].set || strchr(call->opt[OPT_STATE].value, t->state);
}

static void seconds(struct out *o, const char *name, uint64_t ns)
{
	out_real(o, name, " %10s", (double)ns / 1e9, 3);
}

static void heading(struct call *call)
{
	int w = call->cairn->arch->word * 2;

	out_paint(call->out, OUT_BOLD);
	out_text(call->out, "     PID    PPID  CPU  %-*s  ST", w, "TASK");
	if (call->opt[OPT_TIMES].set)
		out_text(call->out, "      START       USER     SYSTEM");
	out_text(call->out, "  COMM");
	out_paint(call->out, OUT_PLAIN);
	out_text(call->out, "\n");
}

static void row(struct call *call, const struct task *t, enum verdict *verdict)
{
	struct out *o = call->out;
	const char state[2] = { t->state, '\0' };

	out_record(o, "task");
	out_text(o, t->on_cpu ? ">" : " ");
	if (t->fault.code != CAIRN_OK) {
		out_text(o, "      -       -    -  ");
		out_addr(o, "task", "%s  ", t->addr, call->cairn->arch->word * 2);
		out_fault(o, "fault", "%s", &t->fault);
		*verdict = VERDICT_PARTIAL;
	} else {
		out_num(o, "pid", "%7s", t->pid);
		out_num(o, "tgid", NULL, t->tgid);
		out_num(o, "ppid", " %7s", t->ppid);
		if (t->cpu >= 0)
			out_num(o, "cpu", " %4s  ", t->cpu);
		else
			out_null(o, "cpu", " %4s  ");
		out_addr(o, "task", "%s  ", t->addr, call->cairn->arch->word * 2);
		out_str(o, "state", "%-2s", state);
		if (call->opt[OPT_TIMES].set) {
			seconds(o, "start", t->start_time);
			seconds(o, "utime", t->utime);
			seconds(o, "stime", t->stime);
		}
		out_str(o, "comm", t->kernel_thread ? "  [%s]" : "  %s", t->comm);
		out_bool(o, "kernel_thread", NULL, t->kernel_thread);
		out_bool(o, "on_cpu", NULL, t->on_cpu);
	}
	out_text(o, "\n");
	out_end(o);
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	const struct tasks *ts;
	enum cairn_code code = tasks_get(call->cairn, &ts, err);

	if (code != CAIRN_OK)
		return code;
	heading(call);
	for (int i = 0; i < call->argc; i++) {
		const struct task *t;

		code = operand_task(call->cairn, call->argv[i], &t, err);
		if (code != CAIRN_OK)
			return code;
		row(call, t, verdict);
	}
	for (size_t i = 0; i < ts->n && !call->argc && !out_broken(call->out); i++) {
		if (cmd_interrupted())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		if (wanted(call, &ts->task[i]))
			row(call, &ts->task[i], verdict);
	}
	if (ts->partial) {
		out_text(call->out, "the list ends early: %s\n", ts->err.text);
		*verdict = VERDICT_PARTIAL;
	}
	return CAIRN_OK;
}

static const struct cmd ps = {
	.name = "ps",
	.synopsis = "[-A] [-k | -u] [-t] [-s LETTERS] [PID | TASK | COMM]...",
	.summary = "list tasks",
	.help = "Lists every thread of the machine in the kernel's order, the idle task of each CPU\n"
		"first. `>` marks what a CPU was executing: the owner of its stack pointer. The\n"
		"state is the letter of /proc/PID/status, kernel threads stand in brackets.",
	.opts = opts,
	.run = run,
};
CAIRN_CMD(&ps);
