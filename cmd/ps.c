/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fnmatch.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/operand.h"
#include "cmd/task_filter.h"
#include "lib/kern/task.h"

enum { OPT_TIMES = TASK_FILTER_OPTS_N };

static const struct opt opts[] = {
	TASK_FILTER_OPTS,
	{ 't', "times", NULL, "also start, user and system time, in seconds" },
	{ 0, NULL, NULL, NULL },
};

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

static void show_place(struct call *call, const struct task *t)
{
	struct out *o = call->out;

	if (t->cpu >= 0)
		out_num(o, "cpu", " %4s  ", t->cpu);
	else
		out_null(o, "cpu", " %4s  ");
	out_addr(o, "task", "%s  ", t->addr, call->cairn->arch->word * 2);
}

/* The same fields as of any other task: scripts rely on them. */
static void show_unread(struct call *call, const struct task *t)
{
	static const char *const ids[] = { "pid", "tgid", "ppid" };
	static const char *const rest[] = { "state", "comm", "kernel_thread" };
	struct out *o = call->out;

	for (size_t i = 0; i < 3; i++)
		out_fault(o, ids[i], NULL, t->fault);
	out_text(o, "      -       -");
	show_place(call, t);
	out_fault(o, "fault", "%s", t->fault);
	for (size_t i = 0; i < 3; i++)
		out_fault(o, rest[i], NULL, t->fault);
}

static void show_task(struct call *call, const struct task *t)
{
	struct out *o = call->out;
	const char state[2] = { t->state, '\0' };

	out_num(o, "pid", "%7s", t->pid);
	out_num(o, "tgid", NULL, t->tgid);
	if (t->ppid >= 0)
		out_num(o, "ppid", " %7s", t->ppid);
	else
		out_null(o, "ppid", " %7s");
	show_place(call, t);
	out_str(o, "state", "%-2s", state);
	if (call->opt[OPT_TIMES].set) {
		seconds(o, "start", t->start_time);
		seconds(o, "utime", t->utime);
		seconds(o, "stime", t->stime);
	}
	out_str(o, "comm", t->kernel_thread ? "  [%s]" : "  %s", t->comm);
	out_bool(o, "kernel_thread", NULL, t->kernel_thread);
}

static void row(struct call *call, const struct task *t, enum verdict *verdict)
{
	struct out *o = call->out;

	out_record(o, "task");
	out_text(o, t->on_cpu ? ">" : " ");
	if (!t->fault) {
		show_task(call, t);
	} else {
		show_unread(call, t);
		*verdict = VERDICT_PARTIAL;
	}
	out_bool(o, "on_cpu", NULL, t->on_cpu);
	out_text(o, "\n");
	out_end(o);
}

static bool is_glob(const char *word)
{
	return word[strcspn(word, "*?[")];
}

/* Every task that is called so. */
static enum cairn_code rows_of_glob(struct call *call, const struct tasks *ts, const char *glob,
				    enum verdict *verdict, struct cairn_err *err)
{
	bool any = false;

	for (size_t i = 0; i < ts->n && !out_broken(call->out); i++)
		if (!ts->task[i].fault && !fnmatch(glob, ts->task[i].comm, 0)) {
			row(call, &ts->task[i], verdict);
			any = true;
		}
	return any ? CAIRN_OK : cairn_fail(err, CAIRN_USAGE, "no task is called %s", glob);
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	const struct task **chosen;
	const struct tasks *ts;
	enum cairn_code code = task_filter_check(call, err);

	if (code == CAIRN_OK)
		code = tasks_get(call->cairn, &ts, err);
	if (code != CAIRN_OK)
		return code;
	chosen = arena_array(call->scratch, (size_t)call->argc + 1, sizeof(*chosen));
	if (!chosen)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the tasks");
	for (int i = 0; i < call->argc; i++) {
		chosen[i] = NULL;
		if (!is_glob(call->argv[i]))
			code = operand_task(call->cairn, call->argv[i], &chosen[i], err);
		if (code != CAIRN_OK)
			return code;
	}
	heading(call);
	for (int i = 0; code == CAIRN_OK && i < call->argc; i++) {
		if (chosen[i])
			row(call, chosen[i], verdict);
		else
			code = rows_of_glob(call, ts, call->argv[i], verdict, err);
	}
	for (size_t i = 0; i < ts->n && !call->argc && !out_broken(call->out); i++) {
		if (cmd_interrupted())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		if (task_filter(call, &ts->task[i]))
			row(call, &ts->task[i], verdict);
	}
	if (ts->partial)
		error_partial(call, "the list is not whole", &ts->err, verdict);
	return code;
}

static const struct cmd ps = {
	.name = "ps",
	.synopsis = "[-A] [-k | -u] [-t] [-s LETTERS] [PID | TASK | COMM]...",
	.summary = "list tasks",
	.help = "Lists every thread of the machine in the kernel's order, the idle task of each CPU\n"
		"first. `>` marks what a CPU was executing: the owner of its stack pointer. The\n"
		"state is the letter of /proc/PID/status, kernel threads stand in brackets. COMM may be a\n"
		"pattern: zoo-*.",
	.opts = opts,
	.tasks = true,
	.run = run,
};
CAIRN_CMD(&ps);
