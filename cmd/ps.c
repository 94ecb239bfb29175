/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fnmatch.h>
#include <inttypes.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/operand.h"
#include "cmd/task_filter.h"
#include "cmd/task_memory.h"
#include "lib/kern/task.h"

enum { OPT_TIMES = TASK_FILTER_OPTS_N, OPT_MEMORY };

static const struct opt opts[] = {
	TASK_FILTER_OPTS,
	{ 't', "times", NULL, "also start, user and system time, in seconds" },
	{ 'm', "memory", NULL, "also resident, swapped and virtual memory, in KB; most resident first" },
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
	if (call->opt[OPT_MEMORY].set)
		out_text(call->out, "       RSS      SWAP       VSZ");
	out_text(call->out, "  COMM");
	out_paint(call->out, OUT_PLAIN);
	out_text(call->out, "\n");
}

/* In bytes, as text in KB; a kernel thread has none. */
static void kilobytes(struct out *o, const char *name, bool known, uint64_t n)
{
	if (known) {
		out_count(o, name, NULL, n);
		out_text(o, " %9" PRIu64, n >> 10);
	} else {
		out_null(o, name, NULL);
		out_text(o, " %9s", "-");
	}
}

static void show_memory(struct out *o, const struct task_memory *m)
{
	kilobytes(o, "rss", m->known, m->rss);
	kilobytes(o, "swapped", m->known, m->swapped);
	kilobytes(o, "virtual", m->known, m->virtual);
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

static void show_task(struct call *call, const struct task *t, const struct task_memory *m)
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
	if (m)
		show_memory(o, m);
	out_str(o, "comm", t->kernel_thread ? "  [%s]" : "  %s", t->comm);
	out_bool(o, "kernel_thread", NULL, t->kernel_thread);
}

/* The tasks, in the order in which they are shown. */
struct rows {
	struct call *call;
	const struct tasks *ts;
	struct task_memory *memory; /* of all of them; NULL: nobody asked */
	enum verdict *verdict;
};

static void row(const struct rows *r, const struct task *t, const struct task_memory *m)
{
	struct out *o = r->call->out;

	out_record(o, "task");
	out_text(o, t->on_cpu ? ">" : " ");
	if (!t->fault) {
		show_task(r->call, t, m);
	} else {
		show_unread(r->call, t);
		*r->verdict = VERDICT_PARTIAL;
	}
	out_bool(o, "on_cpu", NULL, t->on_cpu);
	out_text(o, "\n");
	out_end(o);
}

static bool is_glob(const char *word)
{
	return word[strcspn(word, "*?[")];
}

/* The n-th to be shown. */
static const struct task *nth(const struct rows *r, size_t n)
{
	return r->memory ? r->memory[n].task : &r->ts->task[n];
}

static void row_of(const struct rows *r, size_t n)
{
	row(r, nth(r, n), r->memory ? &r->memory[n] : NULL);
}

/* A task that was named. */
static void row_of_task(const struct rows *r, const struct task *t)
{
	for (size_t i = 0; i < r->ts->n; i++)
		if (nth(r, i) == t) {
			row_of(r, i);
			return;
		}
}

/* Every task that is called so. */
static enum cairn_code rows_of_glob(const struct rows *r, const char *glob, struct cairn_err *err)
{
	bool any = false;

	for (size_t i = 0; i < r->ts->n && !out_broken(r->call->out); i++)
		if (!nth(r, i)->fault && !fnmatch(glob, nth(r, i)->comm, 0)) {
			row_of(r, i);
			any = true;
		}
	return any ? CAIRN_OK : cairn_fail(err, CAIRN_USAGE, "no task is called %s", glob);
}

static enum cairn_code rows_of_all(const struct rows *r, struct cairn_err *err)
{
	for (size_t i = 0; i < r->ts->n && !out_broken(r->call->out); i++) {
		if (cmd_interrupted())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		if (task_filter(r->call, nth(r, i)))
			row_of(r, i);
	}
	return CAIRN_OK;
}

/* What words name, before anything is shown; a pattern is left NULL. */
static enum cairn_code choose(struct call *call, const struct task ***ret, struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;

	*ret = arena_array(call->scratch, (size_t)call->argc + 1, sizeof(**ret));
	if (!*ret)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the tasks");
	for (int i = 0; !code && i < call->argc; i++) {
		(*ret)[i] = NULL;
		if (!is_glob(call->argv[i]))
			code = operand_task(call->cairn, call->argv[i], &(*ret)[i], err);
	}
	return code;
}

static enum cairn_code get_rows(struct rows *r, struct cairn_err *err)
{
	struct call *call = r->call;
	enum cairn_code code = task_filter_check(call, err);

	if (!code)
		code = tasks_get(call->cairn, &r->ts, err);
	if (code || !call->opt[OPT_MEMORY].set)
		return code;
	code = task_memory_get(call->cairn, r->ts, call->scratch, &r->memory, err);
	if (!code)
		task_memory_sort(r->memory, r->ts->n);
	return code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct rows r = { .call = call, .verdict = verdict };
	const struct task **chosen;
	enum cairn_code code = get_rows(&r, err);

	if (!code)
		code = choose(call, &chosen, err);
	if (code)
		return code;
	heading(call);
	for (int i = 0; !code && i < call->argc; i++) {
		if (chosen[i])
			row_of_task(&r, chosen[i]);
		else
			code = rows_of_glob(&r, call->argv[i], err);
	}
	if (!call->argc)
		code = rows_of_all(&r, err);
	if (code != CAIRN_INTERRUPTED && r.ts->partial)
		error_partial(call, "the list is not whole", &r.ts->err, verdict);
	return code;
}

static const struct cmd ps = {
	.name = "ps",
	.synopsis = "[-A] [-k | -u] [-t] [-m] [-s LETTERS] [PID | TASK | COMM]...",
	.summary = "list tasks",
	.help = "Lists every thread of the machine in the kernel's order, the idle task of each CPU\n"
		"first. `>` marks what a CPU was executing: the owner of its stack pointer. The\n"
		"state is the letter of /proc/PID/status, kernel threads stand in brackets. COMM may be a\n"
		"pattern: zoo-*.\n"
		"\n"
		"With -m those that have most memory come first: what of it is resident (pages of files,\n"
		"anonymous ones and shared memory), swapped out, and all that is mapped (JSON rss, swapped,\n"
		"virtual, in bytes). Threads of a process have the same. `foreach -u vm` says where.",
	.opts = opts,
	.tasks = true,
	.run = run,
};
CAIRN_CMD(&ps);
