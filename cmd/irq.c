/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/operand.h"
#include "cmd/symbol_out.h"
#include "lib/kern/cpu.h"
#include "lib/kern/irqs.h"
#include "lib/kern/task.h"

enum { OPT_ALL, OPT_CPUS };

static const struct opt opts[] = {
	[OPT_ALL] = { 'A', "all", NULL, "also those that nobody handles" },
	[OPT_CPUS] = { 's', "cpus", NULL, "how often each CPU took it" },
	{ 0, NULL, NULL, NULL },
};

struct view {
	struct call *call;
	const struct cpus *cpus;
	const struct tasks *tasks; /* NULL: none */
};

static void heading(struct call *call)
{
	out_paint(call->out, OUT_BOLD);
	out_text(call->out, " IRQ  %-*s       COUNT  %-14s  %-14s  HANDLERS\n",
		 call->cairn->arch->word * 2, "IRQ_DESC", "CHIP", "FLOW");
	out_paint(call->out, OUT_PLAIN);
}

static void thread(const struct view *v, const struct irq_action *a)
{
	const struct task *t = v->tasks && a->thread ? task_by_addr(v->tasks, a->thread) : NULL;
	struct out *o = v->call->out;

	symbol_fields(o, v->call->cairn, "thread_fn", "thread_name", ", thread %s", a->thread_fn);
	if (t && !t->fault)
		out_num(o, "pid", " of task %s", t->pid);
	else
		out_null(o, "pid", NULL);
	if (a->thread)
		out_hex(o, "thread", NULL, a->thread);
	else
		out_null(o, "thread", NULL);
}

static void handler(const struct view *v, const struct irq_action *a, bool first)
{
	struct out *o = v->call->out;

	out_object(o, NULL);
	out_text(o, first ? "  " : "; ");
	out_hex(o, "action", a->err.code ? "%s" : NULL, a->addr);
	if (a->err.code) {
		out_fault(o, "fault", " %s", &a->err);
	} else {
		out_str(o, "name", *a->name ? "%s" : "-", a->name);
		symbol_fields(o, v->call->cairn, "handler", "handler_name", " (%s)", a->handler);
		thread(v, a);
	}
	out_end(o);
}

static void handlers(const struct view *v, const struct irq *irq)
{
	struct out *o = v->call->out;

	out_array(o, "handlers");
	for (size_t i = 0; i < irq->nactions; i++)
		handler(v, &irq->action[i], !i);
	out_end(o);
	if (irq->actions_err.code)
		out_fault(o, "handlers_fault", "; there may be more: %s", &irq->actions_err);
	else
		out_null(o, "handlers_fault", NULL);
}

static void state(struct out *o, const struct irq *irq)
{
	bool busy = irq->state & IRQ_STATE_INPROGRESS, masked = irq->state & IRQ_STATE_MASKED;
	bool off = irq->depth && irq->nactions && !irq->per_cpu;

	out_count(o, "depth", off ? "  disabled (depth %s)" : NULL, irq->depth);
	out_bool(o, "per_cpu", NULL, irq->per_cpu);
	out_bool(o, "masked", NULL, masked);
	out_bool(o, "in_progress", busy ? "  in progress" : NULL, busy);
	out_count(o, "unhandled", irq->unhandled ? "  unhandled: %s" : NULL, irq->unhandled);
}

/* In text, those that took it. */
static void counts(const struct view *v, const struct irq *irq)
{
	struct out *o = v->call->out;
	bool told = v->call->opt[OPT_CPUS].set;

	if (!irq->count) {
		out_null(o, "counts", NULL);
		return;
	}
	if (told && irq->total)
		out_text(o, "     ");
	out_array(o, "counts");
	for (size_t i = 0; i < v->cpus->n; i++) {
		out_object(o, NULL);
		told = v->call->opt[OPT_CPUS].set && irq->count[i];
		out_num(o, "cpu", told ? "  CPU %s:" : NULL, v->cpus->cpu[i].id);
		out_count(o, "count", told ? " %s" : NULL, irq->count[i]);
		out_end(o);
	}
	out_end(o);
	if (v->call->opt[OPT_CPUS].set && irq->total)
		out_text(o, "\n");
}

/* By its own name, else by that of the variable that it is. */
static void chip(const struct view *v, const struct irq *irq)
{
	struct out *o = v->call->out;
	uint64_t off;
	struct sym s;
	bool named = !*irq->chip && irq->chip_at &&
		     sym_at(&v->call->cairn->syms, irq->chip_at, &s, &off) && !off;

	out_str(o, "chip", named ? NULL : "  %-14s", *irq->chip ? irq->chip : NULL);
	out_str(o, "chip_symbol", named ? "  %-14s" : NULL, named ? s.name : NULL);
}

/* Likewise: handle_fasteoi_irq is "fasteoi". */
static void flow(const struct view *v, const struct irq *irq)
{
	struct out *o = v->call->out;
	uint64_t off;
	struct sym s = { .name = NULL };
	const char *text = *irq->name ? irq->name : "-";
	bool named = irq->flow && sym_at(&v->call->cairn->syms, irq->flow, &s, &off);
	int n;

	out_str(o, "flow", NULL, *irq->name ? irq->name : NULL);
	out_str(o, "flow_handler", NULL, named ? s.name : NULL);
	if (named && !*irq->name)
		text = !strncmp(s.name, "handle_", 7) ? s.name + 7 : s.name;
	n = (int)strlen(text);
	if (text != irq->name && n > 4 && !strcmp(text + n - 4, "_irq"))
		n -= 4;
	out_text(o, "  ");
	out_text_safe(o, text, (size_t)n);
	out_text(o, "%*s", n < 14 ? 14 - n : 0, "");
}

static void known(const struct view *v, const struct irq *irq)
{
	struct out *o = v->call->out;

	if (irq->has_total)
		out_count(o, "total", "  %10s", irq->total);
	else
		out_null(o, "total", "  %10s");
	chip(v, irq);
	flow(v, irq);
	out_count(o, "hwirq", NULL, irq->hw);
	handlers(v, irq);
	state(o, irq);
	out_text(o, "\n");
	counts(v, irq);
}

static void row(const struct view *v, const struct irq *irq, enum verdict *verdict)
{
	struct out *o = v->call->out;

	out_record(o, "irq");
	if (irq->err.code)
		out_null(o, "irq", "%4s");
	else
		out_count(o, "irq", "%4s", irq->number);
	out_addr(o, "desc", "  %s", irq->desc, v->call->cairn->arch->word * 2);
	if (irq->err.code) {
		out_fault(o, "fault", "  %s\n", &irq->err);
		*verdict = VERDICT_PARTIAL;
	} else {
		out_null(o, "fault", NULL);
		known(v, irq);
	}
	out_end(o);
}

/* By number, or by the name of one who handles it. */
static bool is_named(const struct irq *irq, const char *word)
{
	uint64_t n;

	if (!operand_count(word, &n, NULL))
		return n == irq->number;
	for (size_t i = 0; i < irq->nactions; i++)
		if (!strcmp(word, irq->action[i].name))
			return true;
	return false;
}

static bool is_wanted(const struct call *call, const struct irq *irq)
{
	for (int i = 0; i < call->argc; i++)
		if (!irq->err.code && is_named(irq, call->argv[i]))
			return true;
	return !call->argc && (irq->err.code || irq->nactions || call->opt[OPT_ALL].set);
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct view v = { .call = call };
	struct irqs all;
	size_t shown = 0;
	enum cairn_code code = cpus_get(call->cairn, &v.cpus, err);

	if (!code)
		code = irqs_read(call->cairn, call->scratch, &all, err);
	if (code)
		return code;
	if (tasks_get(call->cairn, &v.tasks, NULL))
		v.tasks = NULL;
	for (size_t i = 0; i < all.n && !out_broken(call->out); i++) {
		if (!is_wanted(call, &all.irq[i]))
			continue;
		if (!shown++)
			heading(call);
		row(&v, &all.irq[i], verdict);
	}
	if (!shown && call->argc)
		code = cairn_fail(err, CAIRN_NOTFOUND, "no interrupt %s", call->argv[0]);
	if (all.err.code)
		error_partial(call, "there may be more", &all.err, verdict);
	return code;
}

static const struct cmd irq = {
	.name = "irq",
	.synopsis = "[-A] [-s] [IRQ | NAME]...",
	.summary = "interrupts: who handles each, how often it came",
	.help = "Lists the interrupts that somebody handles, as /proc/interrupts does: how often each\n"
		"came, its chip and flow, and who handles it: name, function, and the thread where\n"
		"there is one. Behind that stands whether it is disabled, being handled, or came when\n"
		"none of them cared for it (of late). -s adds how often each CPU took it. Where it is not\n"
		"known where CPUs have their data (ARM, older arm64 kernels), neither is that, nor the\n"
		"COUNT of what each CPU has of its own.",
	.opts = opts,
	.run = run,
};
CAIRN_CMD(&irq);
