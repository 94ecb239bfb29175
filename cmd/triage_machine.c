/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/chain_out.h"
#include "cmd/stack_group.h"
#include "cmd/triage.h"
#include "cmd/wait_out.h"
#include "lib/kern/runqueue.h"
#include "unwind/start.h"

#define BLOCKED_SHOWN 16 /* stacks, and tasks of each */

/* Of a CPU that is busy and had no tick for so long, interrupts were off, or its VM did not run. */
#define NO_TICK_NS UINT64_C(2000000000)

static void last_tick(struct report *r, const struct cpu *cpu, const struct task *t)
{
	uint64_t clock;
	bool known = r->panic.has_time && t && !t->fault && !t->idle &&
		     runq_clock(r->c, cpu, &clock) && clock;
	uint64_t before = known && clock < r->panic.ts_nsec ? r->panic.ts_nsec - clock : 0;

	if (known)
		out_real(r->o, "no_tick_for",
			 before >= NO_TICK_NS ? "\n             no tick for %s s before the crash" : NULL,
			 (double)before / 1e9, 3);
	else
		out_null(r->o, "no_tick_for", NULL);
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
		out_null(o, "pid", cpu->never_up ? NULL : " %6s");
		out_null(o, "comm", t || cpu->never_up ? NULL : " %-15s");
	}
	out_bool(o, "never_up", cpu->never_up ? "  never came up" : NULL, cpu->never_up);
	if (t && t->fault) {
		out_addr(o, "task", " task %s", t->addr, r->c->arch->word * 2);
		out_fault(o, "task_fault", " %s", t->fault);
	}
	if ((int)cpu->id == r->panic.cpu) {
		out_text(o, "  crashed, see above");
	} else if (r->can_unwind && !cpu->never_up) {
		trace_cpu(&tr, &r->unwinder, cpu, t, &one);
		chain_fields(r->o, &tr);
	}
	last_tick(r, cpu, t);
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

/* Tasks in uninterruptible sleep, by what they do. */
static size_t gather_blocked(struct report *r, struct stack_groups *g)
{
	struct arena one = { 0 };
	struct trace tr;
	size_t n = 0;

	for (size_t i = 0; r->tasks && i < r->tasks->n && !cmd_interrupted(); i++) {
		const struct task *t = &r->tasks->task[i];

		if (t->fault || t->state != 'D')
			continue;
		n++;
		tr = (struct trace){ .end = TRACE_NO_UNWINDER, .reason = "" };
		if (r->can_unwind)
			trace_task(&tr, &r->unwinder, t, &one);
		if (!stack_groups_add(g, t, t->cpu, &tr))
			break;
		arena_reset(&one);
	}
	arena_deinit(&one);
	stack_groups_sort(g);
	return n;
}

/* Text for the first one of a group only. */
static void waits_for(struct report *r, const struct task *t, bool told)
{
	struct wait_out to = { r->o, &r->waits, NULL };
	struct wait w;

	if (!r->can_wait || !wait_is_waiting(t)) {
		out_null(r->o, "waits_for", NULL);
		return;
	}
	wait_find(&r->waits, t, &w);
	out_object(r->o, "waits_for");
	wait_fields(&to, &w);
	out_end(r->o);
	if (!told || !w.object)
		return;
	out_text(r->o, "          waits for ");
	wait_what_text(&to, &w);
	out_text(r->o, "\n");
	wait_owner_text(&to, &w, "          ");
}

/* In text, the stack is told with the first task that has it; the others follow by name. */
static void blocked_task(struct report *r, const struct stack_group *g, size_t group, size_t i)
{
	const struct task *t = g->owner[i].task;
	struct out *o = r->o;

	out_object(o, NULL);
	if (i)
		out_text(o, i == 1 ? "          and %zu more: " : ", ", g->n - 1);
	out_num(o, "pid", i ? "%s" : "  %-7s", t->pid);
	out_str(o, "comm", i ? " %s" : " %-15s", t->comm);
	out_num(o, "group", NULL, (int64_t)group);
	if (r->can_unwind && (!i || o->mode == OUT_JSON))
		chain_fields(r->o, &g->trace);
	if (!i || i + 1 == g->n)
		out_text(o, "\n");
	if (!i || o->mode == OUT_JSON)
		waits_for(r, t, !i);
	out_end(o);
}

static void blocked_group(struct report *r, const struct stack_group *g, size_t group)
{
	for (size_t i = 0; i < g->n && i < BLOCKED_SHOWN; i++)
		blocked_task(r, g, group, i);
	if (g->n > BLOCKED_SHOWN)
		out_text(r->o, ", ...\n");
}

/* What hangs, hangs here. */
void triage_blocked(struct report *r)
{
	struct stack_groups g = { .arena = r->call->scratch };
	size_t lost = 0;

	r->nblocked = gather_blocked(r, &g);
	out_array(r->o, "blocked");
	if (r->nblocked)
		out_text(r->o, "\nBlocked (state D)\n");
	for (size_t i = 0; i < g.n && i < BLOCKED_SHOWN; i++)
		blocked_group(r, &g.group[i], i);
	out_end(r->o);
	out_num(r->o, "nblocked", NULL, (int64_t)r->nblocked);
	if (g.n > BLOCKED_SHOWN)
		out_text(r->o, "  and %zu other stacks: foreach -s D bt -g\n", g.n - BLOCKED_SHOWN);
	stack_groups_deinit(&g);
	for (size_t i = 0; r->tasks && i < r->tasks->n; i++)
		lost += r->tasks->task[i].fault != NULL;
	out_num(r->o, "nunreadable", NULL, (int64_t)lost);
	if (lost)
		out_text(r->o, "\n%zu of %zu tasks could not be read: they may be blocked, too\n",
			 lost, r->tasks->n);
}
