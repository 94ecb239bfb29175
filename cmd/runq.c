/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/operand.h"
#include "lib/kern/runqueue.h"
#include "lib/kern/task.h"

enum { OPT_CPU };

static const struct opt opts[] = {
	[OPT_CPU] = { 'c', "cpu", "CPU", "only this one" },
	{ 0, NULL, NULL, NULL },
};

static void heading(struct call *call)
{
	out_paint(call->out, OUT_BOLD);
	out_text(call->out, "       PID  %-*s  CLASS     PRIO       FOR s  COMM\n",
		 call->cairn->arch->word * 2, "TASK");
	out_paint(call->out, OUT_PLAIN);
}

/* For how long it has run, or waited to. */
static void duration(struct out *o, const struct runq *q, const struct runq_task *t)
{
	if (t->since && t->since <= q->clock)
		out_real(o, "for", "  %10s", (double)(q->clock - t->since) / 1e9, 3);
	else
		out_null(o, "for", "  %10s");
}

static void known(struct out *o, const struct runq *q, const struct runq_task *t)
{
	out_str(o, "class", "  %-8s", runq_class_name(t->class));
	out_num(o, "prio", "  %4s", t->prio);
	duration(o, q, t);
	out_count(o, "vruntime", NULL, t->vruntime);
	out_bool(o, "delayed", NULL, t->delayed);
	out_bool(o, "throttled", NULL, t->throttled);
}

static void unknown(struct out *o, const struct runq_task *t)
{
	static const char *const names[] = { "class", "prio", "for", "vruntime", "delayed",
					   "throttled" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		out_null(o, names[i], NULL);
	out_fault(o, "fault", "  %s", &t->err);
}

/* Why none leads to it. */
static const char *place(const struct runq_task *t)
{
	if (t->throttled)
		return "  (throttled)";
	if (t->queue || t->running || t->class == RUNQ_STOP || t->class == RUNQ_EXT)
		return "";
	return "  (on no queue)";
}

static void task_row(struct call *call, const struct tasks *ts, const struct runq *q,
		     const struct runq_task *t)
{
	const struct task *task = task_by_addr(ts, t->task);
	struct out *o = call->out;

	out_object(o, NULL);
	out_text(o, t->running ? "  >" : "   ");
	if (task && !task->fault)
		out_num(o, "pid", " %6s", task->pid);
	else
		out_null(o, "pid", " %6s");
	out_addr(o, "task", "  %s", t->task, call->cairn->arch->word * 2);
	out_bool(o, "running", NULL, t->running);
	if (t->err.code)
		unknown(o, t);
	else
		known(o, q, t);
	out_str(o, "comm", "  %s", task && !task->fault ? task->comm : NULL);
	if (t->queue)
		out_hex(o, "queue", NULL, t->queue);
	else
		out_null(o, "queue", NULL);
	out_text(o, "%s%s\n", t->delayed ? "  (asleep)" : "", place(t));
	out_end(o);
}

static void head(struct call *call, const struct runqs *all, const struct runq *q)
{
	static const char *const names[] = { "rq", "nr_running", "clock", "lag" };
	struct out *o = call->out;
	uint64_t lag = all->clock - q->clock;
	/* an idle CPU has no ticks */
	bool behind = lag >= 1000000000 && q->n && q->task[0].class != RUNQ_IDLE;

	out_num(o, "cpu", "CPU %s", q->cpu);
	if (q->fault.code) {
		out_fault(o, "fault", "  %s\n", &q->fault);
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			out_null(o, names[i], NULL);
		return;
	}
	out_null(o, "fault", NULL);
	out_addr(o, "rq", "  RUNQUEUE %s", q->addr, call->cairn->arch->word * 2);
	out_count(o, "nr_running", "  RUNNABLE %s", q->nr_running);
	out_real(o, "clock", "  CLOCK %s", (double)q->clock / 1e9, 6);
	out_real(o, "lag", behind ? "  BEHIND THE OTHERS BY %s s" : NULL, (double)lag / 1e9,
		 6);
	out_text(o, "\n");
}

static void show(struct call *call, const struct tasks *ts, const struct runqs *all,
		 const struct runq *q, enum verdict *verdict)
{
	struct out *o = call->out;

	out_record(o, "runq");
	head(call, all, q);
	out_array(o, "tasks");
	for (size_t i = 0; i < q->n; i++)
		task_row(call, ts, q, &q->task[i]);
	out_end(o);
	out_end(o);
	if (q->fault.code)
		*verdict = VERDICT_PARTIAL;
	if (q->err.code)
		error_partial(call, "there may be more", &q->err, verdict);
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	const struct cpu *cpu = NULL;
	const struct tasks *ts;
	struct runqs all;
	enum cairn_code code = CAIRN_OK;

	if (call->argc)
		return cairn_fail(err, CAIRN_USAGE, "runq takes no operands");
	if (call->opt[OPT_CPU].set)
		code = operand_cpu(call->cairn, call->opt[OPT_CPU].value, &cpu, err);
	if (!code)
		code = tasks_get(call->cairn, &ts, err);
	if (!code)
		code = runqs_read(call->cairn, call->scratch, &all, err);
	if (code)
		return code;
	heading(call);
	for (size_t i = 0; i < all.n && !out_broken(call->out); i++)
		if (!cpu || all.runq[i].cpu == cpu->id)
			show(call, ts, &all, &all.runq[i], verdict);
	return CAIRN_OK;
}

static const struct cmd runq = {
	.name = "runq",
	.synopsis = "[-c CPU]",
	.summary = "what each CPU executes, and what waits to be executed there",
	.help = "For each CPU the task that it executes (>), then those on its queues: deadline, real\n"
		"time by priority, fair ones in the order of their tree. FOR is how long a task has\n"
		"been executed, or has waited to be, by the runqueue's clock. That one stands still\n"
		"while a CPU takes no interrupts, or was stopped by the panic: it is told where it is a\n"
		"second or more behind the others, unless the CPU is idle. A task that went to sleep and\n"
		"is kept until its turn is `asleep`. One that waits and is on no queue is `throttled`\n"
		"where it, or its group, has used up the time that it may have; `on no queue` it lost\n"
		"its place, or the CPU was just about to execute it.",
	.opts = opts,
	.run = run,
};
CAIRN_CMD(&runq);
