/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "cmd/cmd.h"
#include "cmd/log_out.h"
#include "cmd/stack_out.h"
#include "lib/kern/clock.h"
#include "lib/kern/cpu.h"
#include "lib/kern/log.h"
#include "lib/kern/module.h"
#include "lib/kern/panic.h"
#include "lib/kern/task.h"
#include "unwind/culprit.h"
#include "unwind/start.h"

#define LOG_BEFORE 8    /* records shown before the one that tells of the crash */
#define BLOCKED_SHOWN 16
#define CHAIN_SHOWN 5   /* functions of a one-line stack */

/* What one report is made from. A part that could not be had is NULL, and c->degraded
 * says why. */
struct report {
	struct call *call;
	struct cairn *c;
	struct out *o;
	struct panic panic;
	const struct cpus *cpus;
	const struct tasks *tasks;
	struct unwinder unwinder;
	bool can_unwind;
	struct trace crash;        /* of the panicking CPU; n 0: none */
	const struct task *victim; /* who ran there */
};

/* What the user did not wait for is not missing. */
static void note(struct report *r, const char *what, const struct cairn_err *err)
{
	if (err->code != CAIRN_INTERRUPTED)
		session_degrade(r->c, what, err);
}

static void gather(struct report *r)
{
	struct cairn_err err;

	if (panic_get(r->c, &r->panic, &err) != CAIRN_OK)
		note(r, "panic", &err);
	if (r->panic.log_err.code != CAIRN_OK)
		session_degrade(r->c, "log", &r->panic.log_err);
	if (cpus_get(r->c, &r->cpus, &err) != CAIRN_OK)
		note(r, "CPUs", &err);
	if (tasks_get(r->c, &r->tasks, &err) != CAIRN_OK)
		note(r, "tasks", &err);
	if (unwinder_init(&r->unwinder, r->c, r->call->scratch, &err) == CAIRN_OK)
		r->can_unwind = true;
	else
		note(r, "stacks", &err);
}

static const struct task *task_of(struct report *r, unsigned cpu)
{
	return r->tasks ? task_on_cpu(r->c, r->tasks, cpu) : NULL;
}

static void trace_crash(struct report *r)
{
	const struct cpu *cpu;

	if (!r->cpus || r->panic.cpu < 0)
		return;
	cpu = cpu_by_id(r->cpus, (unsigned)r->panic.cpu);
	if (!cpu)
		return;
	r->victim = task_of(r, cpu->id);
	if (r->can_unwind)
		trace_cpu(&r->crash, &r->unwinder, cpu, r->victim, r->call->scratch);
}

/* ---- parts of the report ---- */

static void head(struct report *r)
{
	struct out *o = r->o;

	out_str(o, "file", NULL, image_info(r->c->img)->path);
	out_str(o, "release", "%s", r->c->release[0] ? r->c->release : NULL);
	out_str(o, "arch", " on %s", r->c->arch ? r->c->arch->name : NULL);
	if (r->cpus) {
		out_num(o, "ncpus", ", %s CPU", (int64_t)r->cpus->n);
		out_text(o, r->cpus->n == 1 ? "" : "s");
	}
	if (r->tasks)
		out_num(o, "ntasks", ", %s tasks", (int64_t)r->tasks->n);
	out_str(o, "build_id", ", build %s\n", r->c->build_id[0] ? r->c->build_id : NULL);
}

static void when(struct report *r)
{
	struct out *o = r->o;
	char text[CLOCK_TEXT];

	if (r->panic.has_time)
		out_real(o, "time", "  after    %s s", (double)(r->panic.ts_nsec / 1000) / 1e6, 6);
	else
		out_null(o, "time", NULL);
	if (r->panic.wall_ns)
		out_str(o, "date", r->panic.has_time ? ", %s" : "  at       %s",
			clock_text(r->panic.wall_ns, text));
	else
		out_null(o, "date", NULL);
	if (r->panic.has_time || r->panic.wall_ns)
		out_text(o, "\n");
}

static void where(struct report *r)
{
	const struct frame *f = culprit_find(&r->crash);
	struct out *o = r->o;

	if (f && f->named) {
		out_str(o, "function", "  in       %s", f->sym.name);
		out_hex(o, "offset", "+%s", f->offset);
		if (f->sym.module)
			out_str(o, "module", " [%s]", f->sym.module);
		else
			out_null(o, "module", NULL);
		out_text(o, "\n");
	} else {
		out_null(o, "function", NULL);
		out_null(o, "offset", NULL);
		out_null(o, "module", NULL);
	}
	if (f)
		out_hex(o, "address", NULL, f->pc);
	else
		out_null(o, "address", NULL);
}

static void who(struct report *r)
{
	struct out *o = r->o;
	bool known = r->victim && !r->victim->fault;

	if (r->panic.cpu >= 0)
		out_num(o, "cpu", "  on       CPU %s", r->panic.cpu);
	else
		out_null(o, "cpu", NULL);
	if (known) {
		out_num(o, "pid", ", task %s", r->victim->pid);
		out_str(o, "comm", " \"%s\"", r->victim->comm);
	} else {
		out_null(o, "pid", NULL);
		out_null(o, "comm", NULL);
	}
	if (r->panic.cpu >= 0)
		out_text(o, "\n");
}

static void crash(struct report *r)
{
	struct out *o = r->o;

	out_object(o, "crash");
	out_paint(o, OUT_RED);
	if (r->panic.title)
		out_str(o, "title", "\n%s\n", r->panic.title);
	else
		out_null(o, "title", NULL);
	if (!r->panic.crashed)
		out_text(o, "\nno crash: the machine was alive when it was dumped\n");
	else if (!r->panic.title)
		out_text(o, "\ncrashed; what of is not known\n");
	out_paint(o, OUT_PLAIN);
	out_str(o, "class", "  class    %s\n", r->panic.class ? r->panic.class : "unknown");
	if (r->panic.message)
		out_str(o, "message", r->panic.cause ? "  then     %s\n" : NULL, r->panic.message);
	else
		out_null(o, "message", NULL);
	where(r);
	who(r);
	when(r);
	out_end(o);
	out_null(o, "signature", NULL);
	out_null(o, "signature_fuzzy", NULL);
}

static void crash_stack(struct report *r)
{
	struct out *o = r->o;

	if (!r->crash.n) {
		out_null(o, "stack", NULL);
		return;
	}
	out_text(o, "\n");
	out_object(o, "stack");
	stack_fields(o, r->c, r->victim, r->panic.cpu, &r->crash);
	out_end(o);
}

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
	const struct task *t = task_of(r, cpu->id);
	struct arena one = { 0 };
	struct out *o = r->o;
	struct trace tr;

	out_object(o, NULL);
	out_num(o, "cpu", "  CPU %-3s", cpu->id);
	out_text(o, cpu->guessed ? " (guessed)" : "");
	out_bool(o, "guessed", NULL, cpu->guessed);
	out_bool(o, "online", NULL, cpu->online);
	if (cpu->fault)
		out_fault(o, "fault", " %s", cpu->fault);
	if (t && !t->fault) {
		out_num(o, "pid", " %6s", t->pid);
		out_str(o, "comm", " %-15s", t->comm);
	} else {
		out_null(o, "pid", " %6s");
		out_null(o, "comm", " %-15s");
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

static void cpus(struct report *r)
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
static void blocked(struct report *r)
{
	size_t n = 0;

	out_array(r->o, "blocked");
	for (size_t i = 0; r->tasks && i < r->tasks->n && !cmd_interrupted(); i++) {
		if (r->tasks->task[i].state != 'D')
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
}

/* The records that lead to the one that tells of the crash. */
static void log_tail(struct report *r)
{
	static const struct log_look look = { .margin = 2 };
	const struct log_record *told = r->panic.cause ? r->panic.cause : r->panic.record;
	const struct log *log;
	size_t end, i;

	if (log_get(r->c, &log, NULL) != CAIRN_OK || !log->n) {
		out_null(r->o, "log", NULL);
		return;
	}
	end = told ? (size_t)(told - log->record) + 1 : log->n;
	out_text(r->o, "\nLog, up to the crash\n");
	out_array(r->o, "log");
	for (i = end > LOG_BEFORE ? end - LOG_BEFORE : 0; i < end; i++) {
		const struct log_record *rec = &log->record[i];

		out_object(r->o, NULL);
		log_fields(r->o, &look, rec);
		out_end(r->o);
	}
	out_end(r->o);
}

static void degraded(struct report *r)
{
	const struct cairn_degraded *d;

	out_array(r->o, "degraded");
	for (size_t i = 0; (d = cairn_degraded(r->c, i)); i++) {
		if (!i)
			out_text(r->o, "\nMissing\n");
		out_object(r->o, NULL);
		out_paint(r->o, OUT_YELLOW);
		out_str(r->o, "what", "  %s: ", d->what);
		out_str(r->o, "reason", "%s\n", d->reason);
		out_paint(r->o, OUT_PLAIN);
		out_end(r->o);
	}
	out_end(r->o);
}

static void next_steps(struct report *r)
{
	const char *path = image_info(r->c->img)->path;

	if (!r->can_unwind)
		return;
	out_text(r->o, "\nNext: cairn ");
	out_text_safe(r->o, path, strlen(path));
	out_text(r->o, " bt -a | log | ps | foreach bt\n");
}

static int64_t elapsed_ms(const struct cairn *c)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec - (int64_t)c->opened_ns) / 1000000;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct report r = { .call = call, .c = call->cairn, .o = call->out,
			    .panic = { .cpu = -1 } };

	if (call->argc)
		return cairn_fail(err, CAIRN_USAGE, "triage takes no operands but vmcores");
	gather(&r);
	trace_crash(&r);
	out_record(r.o, "triage");
	head(&r);
	crash(&r);
	crash_stack(&r);
	cpus(&r);
	blocked(&r);
	log_tail(&r);
	out_array(r.o, "findings");
	out_end(r.o);
	degraded(&r);
	out_num(r.o, "elapsed_ms", NULL, elapsed_ms(r.c));
	next_steps(&r);
	out_end(r.o);
	if (r.can_unwind)
		unwinder_deinit(&r.unwinder);
	if (r.c->ndegraded)
		*verdict = VERDICT_PARTIAL;
	return cmd_interrupted() ? cairn_fail(err, CAIRN_INTERRUPTED, "interrupted") : CAIRN_OK;
}

static const struct cmd triage = {
	.name = "triage",
	.synopsis = "[VMCORE...]",
	.summary = "what happened: one report a dump",
	.help = "What crashed and where, the crashing CPU's trace over all its stacks, what every\n"
		"other CPU was doing, which tasks are blocked, the log up to the crash, and what of\n"
		"the dump is missing, with the reason. `cairn triage A B C` reports several dumps, one\n"
		"after the other; with -j, one line each. Exit 4: something was missing.",
	.many_dumps = true,
	.run = run,
};
CAIRN_CMD(&triage);
