/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/operand.h"
#include "cmd/symbol_out.h"
#include "lib/kern/task.h"
#include "lib/kern/timers.h"

enum { OPT_WHEEL, OPT_HR, OPT_CPU };

static const struct opt opts[] = {
	[OPT_WHEEL] = { 'w', "wheel", NULL, "only timer wheels, which expire by jiffies" },
	[OPT_HR] = { 'r', "hrtimer", NULL, "only high-resolution timers" },
	[OPT_CPU] = { 'c', "cpu", "CPU", "only of this one" },
	{ 0, NULL, NULL, NULL },
};

struct view {
	struct call *call;
	const struct tasks *tasks; /* NULL: none */
	const struct cpu *cpu;     /* NULL: all */
};

/* A time of a base: jiffies, or nanoseconds that text shows as seconds. */
static void time_field(struct out *o, const struct timer_base *b, const char *name, uint64_t t)
{
	if (b->hr)
		out_text(o, "  %17.9f", (double)(int64_t)t / 1e9);
	else
		out_text(o, "  %17" PRIu64, t);
	out_count(o, name, NULL, t);
}

static void distance_field(struct out *o, const struct timer_base *b, int64_t in)
{
	if (!b->has_now) {
		out_null(o, "in", "  %15s");
		return;
	}
	if (b->unit_ns)
		out_text(o, "  %15.6f", (double)in * (double)b->unit_ns / 1e9);
	else
		out_text(o, "  %15" PRId64, in);
	out_real(o, "in", NULL, (double)in, 0);
}

/* What it is there for: the work that it queues, the task that it wakes. */
static void owner(const struct view *v, const struct timer *t)
{
	const struct task *task = v->tasks && t->task ? task_by_addr(v->tasks, t->task) : NULL;
	struct out *o = v->call->out;

	symbol_fields(o, v->call->cairn, "work", "work_name", "  %s", t->work);
	if (task && !task->fault) {
		out_num(o, "pid", "  wakes %s", task->pid);
		out_str(o, "comm", " %s", task->comm);
	} else {
		out_null(o, "pid", NULL);
		out_null(o, "comm", NULL);
	}
	if (t->task)
		out_hex(o, "task", task ? NULL : "  wakes task %s", t->task);
	else
		out_null(o, "task", NULL);
}

static void row(const struct view *v, const struct timer_base *b, const struct timer *t)
{
	struct out *o = v->call->out;
	int w = v->call->cairn->arch->word * 2;

	out_object(o, NULL);
	if (t->err.code) {
		out_text(o, "%36s", "");
		out_addr(o, "timer", "  %s", t->addr, w);
		out_fault(o, "fault", "  %s\n", &t->err);
		out_end(o);
		return;
	}
	time_field(o, b, "expires", t->expires);
	distance_field(o, b, t->in);
	out_addr(o, "timer", "  %s", t->addr, w);
	symbol_fields(o, v->call->cairn, "function", "function_name", "  %s", t->function);
	owner(v, t);
	out_bool(o, "running", t->addr == b->running ? "  (running)" : NULL, t->addr == b->running);
	out_text(o, "\n");
	out_end(o);
}

static void head(const struct view *v, const struct timer_base *b)
{
	struct out *o = v->call->out;
	bool seen = b->n || b->fault.code || b->err.code; /* an empty one is nothing to look at */

	out_num(o, "cpu", seen ? "CPU %s" : NULL, b->cpu);
	out_str(o, "kind", seen ? "  %s" : NULL, b->hr ? "hrtimers" : "wheel");
	out_str(o, "base", seen && b->name ? " %s" : NULL, b->name);
	out_bool(o, "soft", b->soft && seen ? " of softirqs" : NULL, b->soft);
	if (b->addr)
		out_addr(o, "address", seen ? "  %s" : NULL, b->addr, v->call->cairn->arch->word * 2);
	else
		out_null(o, "address", NULL);
	if (b->fault.code)
		out_fault(o, "fault", "  %s\n", &b->fault);
	else
		out_null(o, "fault", NULL);
	if (!b->fault.code && b->has_now) {
		if (seen)
			out_text(o, "  NOW");
		if (seen && b->hr)
			out_text(o, " %.9f", (double)(int64_t)b->now / 1e9);
		else if (seen)
			out_text(o, " %" PRIu64, b->now);
		if (seen && !b->hr && b->unit_ns)
			out_text(o, ", %" PRIu64 " a second", UINT64_C(1000000000) / b->unit_ns);
		out_count(o, "now", NULL, b->now);
	} else {
		out_null(o, "now", NULL);
	}
	if (b->unit_ns)
		out_count(o, "unit_ns", NULL, b->unit_ns);
	else
		out_null(o, "unit_ns", NULL);
	out_text(o, seen && !b->fault.code ? "\n" : "");
}

static void show(const struct view *v, const struct timer_bases *all, enum verdict *verdict)
{
	struct out *o = v->call->out;

	for (size_t i = 0; i < all->n && !out_broken(o); i++) {
		const struct timer_base *b = &all->base[i];

		if (v->cpu && v->cpu->id != b->cpu)
			continue;
		out_record(o, "timers");
		head(v, b);
		out_array(o, "timers");
		for (size_t k = 0; k < b->n && !out_broken(o); k++)
			row(v, b, &b->timer[k]);
		out_end(o);
		out_end(o);
		if (b->fault.code)
			*verdict = VERDICT_PARTIAL;
		if (b->err.code)
			error_partial(v->call, "there may be more", &b->err, verdict);
	}
}

static void heading(struct call *call)
{
	out_paint(call->out, OUT_BOLD);
	out_text(call->out, "  %17s  %15s  %-*s  FUNCTION\n", "EXPIRES", "IN",
		 call->cairn->arch->word * 2, "TIMER");
	out_paint(call->out, OUT_PLAIN);
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	bool wheel = !call->opt[OPT_HR].set || call->opt[OPT_WHEEL].set;
	bool hr = !call->opt[OPT_WHEEL].set || call->opt[OPT_HR].set;
	struct view v = { .call = call };
	struct timer_bases bases;
	enum cairn_code code = CAIRN_OK;

	if (call->argc)
		return cairn_fail(err, CAIRN_USAGE, "timer takes no operands");
	if (call->opt[OPT_CPU].set)
		code = operand_cpu(call->cairn, call->opt[OPT_CPU].value, &v.cpu, err);
	if (code)
		return code;
	if (tasks_get(call->cairn, &v.tasks, NULL))
		v.tasks = NULL;
	if (wheel)
		code = timers_wheel(call->cairn, call->scratch, &bases, err);
	if (!code)
		heading(call);
	if (!code && wheel)
		show(&v, &bases, verdict);
	if (!code && hr)
		code = timers_hr(call->cairn, call->scratch, &bases, err);
	if (!code && hr)
		show(&v, &bases, verdict);
	return code;
}

static const struct cmd timer = {
	.name = "timer",
	.synopsis = "[-w] [-r] [-c CPU]",
	.summary = "timers of each CPU: when they expire, what they call, whom they wake",
	.help = "For each CPU the timers of its wheels (std and def, since 6.9 local, global and def:\n"
		"those that are deferrable), then those of its high-resolution clocks; the next to\n"
		"expire first. EXPIRES is in jiffies for wheels, in seconds of the base's clock for\n"
		"others. IN is in seconds (in jiffies where it is not known how long one is; in JSON in\n"
		"units of unit_ns); it is negative where it should have happened before the dump was made: the CPU\n"
		"took no interrupt, or ran no softirq. The clock is that of the last tick. Behind\n"
		"delayed_work_timer_fn stands the function of the work that it queues, behind\n"
		"process_timeout and hrtimer_wakeup the task that it wakes. Bases without timers are\n"
		"left out, but in JSON.",
	.opts = opts,
	.run = run,
};
CAIRN_CMD(&timer);
