/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/triage.h"
#include "unwind/culprit.h"
#include "unwind/start.h"

#define BLOCKED_SHOWN 16
#define CHAIN_SHOWN 5 /* functions of a one-line stack */

static void nothing_shown(struct out *o, const struct trace *tr)
{
	out_text(o, "  ");
	if (tr->end == TRACE_USER_MODE || tr->end == TRACE_USER_REGS)
		out_text(o, "in user mode");
	else
		out_text_safe(o, tr->reason, strlen(tr->reason));
}

/* A stack in one line: what it was doing, innermost first. */
static void chain(struct report *r, const struct trace *tr)
{
	size_t first = culprit_skip_idle_talk(tr), i, shown = 0;
	struct out *o = r->o;

	out_array(o, "functions");
	for (i = first; i < tr->n; i++) {
		const struct frame *f = &tr->frame[i];

		if (!f->named)
			continue;
		out_str(o, NULL, shown++ >= CHAIN_SHOWN ? NULL : shown == 1 ? "  %s" : " < %s",
			f->sym.name);
	}
	out_end(o);
	if (shown > CHAIN_SHOWN)
		out_text(o, " < ...");
	if (!shown)
		nothing_shown(o, tr);
	out_str(o, "end", NULL, tr->reason);
	out_bool(o, "complete", NULL, tr->complete);
}

static void cpu_line(struct report *r, const struct cpu *cpu)
{
	const struct task *t = triage_task_of(r, cpu->id);
	struct arena one = { 0 };
	struct out *o = r->o;
	struct trace tr;

	out_object(o, NULL);
	out_num(o, "cpu", "  CPU %-3s", cpu->id);
	out_text(o, cpu->guessed ? " (guessed)" : "");
	out_bool(o, "guessed", NULL, cpu->guessed);
	if (cpu->fault)
		out_fault(o, "fault", " %s", cpu->fault);
	if (t && !t->fault) {
		out_num(o, "pid", " %6s", t->pid);
		out_str(o, "comm", " %-15s", t->comm);
	} else {
		out_null(o, "pid", " %6s");
		out_null(o, "comm", t ? NULL : " %-15s");
	}
	if (t && t->fault) {
		out_addr(o, "task", " task %s", t->addr, r->c->arch->word * 2);
		out_fault(o, "task_fault", " %s", t->fault);
	}
	if ((int)cpu->id == r->panic.cpu) {
		out_text(o, "  crashed, see above");
	} else if (r->can_unwind) {
		trace_cpu(&tr, &r->unwinder, cpu, t, &one);
		chain(r, &tr);
	}
	out_text(o, "\n");
	out_end(o);
	arena_deinit(&one);
}

void triage_cpus(struct report *r)
{
	out_text(r->o, "\nCPUs\n");
	out_array(r->o, "cpus");
	for (size_t i = 0; r->cpus && i < r->cpus->n && !cmd_interrupted(); i++)
		cpu_line(r, &r->cpus->cpu[i]);
	out_end(r->o);
}

static void blocked_line(struct report *r, const struct task *t)
{
	struct arena one = { 0 };
	struct trace tr;

	out_object(r->o, NULL);
	out_num(r->o, "pid", "  %-7s", t->pid);
	out_str(r->o, "comm", " %-15s", t->comm);
	if (r->can_unwind) {
		trace_task(&tr, &r->unwinder, t, &one);
		chain(r, &tr);
	}
	out_text(r->o, "\n");
	out_end(r->o);
	arena_deinit(&one);
}

/* Tasks in uninterruptible sleep: what hangs, hangs here. */
void triage_blocked(struct report *r)
{
	size_t n = 0, lost = 0;

	out_array(r->o, "blocked");
	for (size_t i = 0; r->tasks && i < r->tasks->n && !cmd_interrupted(); i++) {
		lost += r->tasks->task[i].fault != NULL;
		if (r->tasks->task[i].fault || r->tasks->task[i].state != 'D')
			continue;
		if (!n)
			out_text(r->o, "\nBlocked (state D)\n");
		if (n++ < BLOCKED_SHOWN)
			blocked_line(r, &r->tasks->task[i]);
	}
	out_end(r->o);
	out_num(r->o, "nblocked", NULL, (int64_t)n);
	if (n > BLOCKED_SHOWN)
		out_text(r->o, "  and %zu more: ps -s D\n", n - BLOCKED_SHOWN);
	out_num(r->o, "nunreadable", NULL, (int64_t)lost);
	if (lost)
		out_text(r->o, "\n%zu of %zu tasks could not be read: they may be blocked, too\n",
			 lost, r->tasks->n);
}
