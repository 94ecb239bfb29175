/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/triage.h"

#include <string.h>
#include <time.h>

#include "cmd/finding_out.h"
#include "cmd/triage_batch.h"
#include "lib/kern/log.h"

/* What the user did not wait for is not missing. */
static void note(struct report *r, const char *what, const struct cairn_err *err)
{
	if (err->code != CAIRN_INTERRUPTED)
		session_degrade(r->c, what, err);
}

static void gather(struct report *r)
{
	const struct log *log;
	struct cairn_err err;

	if (panic_get(r->c, &r->panic, &err) != CAIRN_OK)
		note(r, "panic", &err);
	if (r->panic.log_err.code != CAIRN_OK)
		session_degrade(r->c, "log", &r->panic.log_err);
	if (log_get(r->c, &log, NULL) == CAIRN_OK && log->partial)
		session_degrade(r->c, "log", &log->err);
	if (cpus_get(r->c, &r->cpus, &err) != CAIRN_OK)
		note(r, "CPUs", &err);
	if (tasks_get(r->c, &r->tasks, &err) != CAIRN_OK)
		note(r, "tasks", &err);
	if (unwinder_init(&r->unwinder, r->c, r->call->scratch, &err) != CAIRN_OK)
		note(r, "stacks", &err);
	else if (!r->unwinder.arch)
		note(r, "stacks", &r->unwinder.lack);
	else
		r->can_unwind = true;
	r->can_wait = r->can_unwind && r->tasks &&
		      waits_init(&r->waits, r->c, &r->unwinder, r->tasks, NULL) == CAIRN_OK;
}

const struct task *triage_task_of(struct report *r, unsigned cpu)
{
	return r->tasks ? task_on_cpu(r->c, r->tasks, cpu) : NULL;
}

static void head(struct report *r)
{
	struct out *o = r->o;

	out_str(o, "file", NULL, image_info(r->c->img)->path);
	out_str(o, "release", "%s", r->c->release[0] ? r->c->release : NULL);
	out_str(o, "arch", " on %s", r->c->arch ? r->c->arch->name : NULL);
	if (r->cpus)
		out_num(o, "ncpus", r->cpus->n == 1 ? ", %s CPU" : ", %s CPUs", (int64_t)r->cpus->n);
	else
		out_null(o, "ncpus", NULL);
	if (r->tasks)
		out_num(o, "ntasks", ", %s tasks", (int64_t)r->tasks->n);
	else
		out_null(o, "ntasks", NULL);
	out_str(o, "build_id", ", build %s\n", r->c->build_id[0] ? r->c->build_id : NULL);
}

static void degraded(struct report *r)
{
	const struct cairn_degraded *d;

	out_array(r->o, "degraded");
	if (!cairn_degraded(r->c, 0) && r->findings.nunseen)
		out_text(r->o, "\nMissing\n");
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

static void fate(struct report *r)
{
	out_str(r->o, "fate", NULL, fate_name(FATE_DONE));
	out_null(r->o, "fate_reason", NULL);
}

static int64_t elapsed_ms(const struct cairn *c)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec - (int64_t)c->opened_ns) / 1000000;
}

static enum cairn_code schema(struct out *o)
{
	str_add(&o->buf, triage_schema);
	return CAIRN_OK;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct report r = { .call = call, .c = call->cairn, .o = call->out,
			    .panic = { .cpu = -1 } };
	bool found;

	if (call->argc)
		return cairn_fail(err, CAIRN_USAGE, "%s", call->opt[TRIAGE_SCHEMA].set ?
				  "--schema takes no operands" : "triage takes no operands but vmcores");
	if (call->opt[TRIAGE_SCHEMA].set)
		return schema(call->out);
	gather(&r);
	triage_died(&r);
	triage_look(&r);
	out_record(r.o, "triage");
	head(&r);
	triage_crash(&r);
	triage_object(&r);
	triage_code(&r);
	triage_stack(&r);
	triage_watched_stack(&r);
	found = triage_findings(&r);
	triage_cpus(&r);
	triage_blocked(&r);
	triage_kvm(&r);
	triage_kernel(&r);
	triage_earlier(&r);
	triage_log(&r);
	degraded(&r);
	unseen_text(r.o, &r.findings);
	fate(&r);
	out_num(r.o, "elapsed_ms", NULL, elapsed_ms(r.c));
	triage_next(&r);
	out_end(r.o);
	waits_deinit(&r.waits);
	unwinder_deinit(&r.unwinder);
	if (r.c->ndegraded || r.findings.nunseen)
		*verdict = VERDICT_PARTIAL;
	if (found)
		*verdict = VERDICT_FINDINGS;
	return cmd_interrupted() ? cairn_fail(err, CAIRN_INTERRUPTED, "interrupted") : CAIRN_OK;
}

static enum cairn_code unopened(struct call *call, const struct cairn_err *why, struct cairn_err *err)
{
	(void)err;
	if (call->out->mode == OUT_JSON)
		triage_lost(call->out, call->files[0], FATE_UNREADABLE, why->text);
	return CAIRN_OK;
}

static const struct opt opts[] = {
	[TRIAGE_JOBS] = { 'J', "jobs", "N", "of several dumps, N at a time (as many as CPUs)" },
	[TRIAGE_DEADLINE] = { 0, "deadline", "SECONDS", "give up on a dump after so long (300; 0: never)" },
	[TRIAGE_MAX_RSS] = { 0, "max-rss", "MB", "give up on a dump that needs more memory (4096; 0: never)" },
	[TRIAGE_SCHEMA] = { 0, "schema", NULL, "print the JSON Schema of the record" },
	{ 0, NULL, NULL, NULL },
};

static const struct cmd triage = {
	.name = "triage",
	.synopsis = "[-J N] [--deadline SECONDS] [--max-rss MB] [VMCORE]... | --schema",
	.summary = "what happened: one report a dump",
	.help = "What crashed and where, the instructions around the one that faulted and what its\n"
		"registers pointed to, the crashing CPU's trace over all its stacks, what every\n"
		"other CPU was doing, which tasks are blocked, what the checkers found (see check),\n"
		"the machine (time up, taint, modules that taint or crashed, what its memory was used\n"
		"for by the kernel's counters), what the log complained of earlier, the log up to the\n"
		"crash, what of the dump is missing, with the reason, and what to type next. The trace\n"
		"that the kernel printed is held against the one that was unwound: where they differ\n"
		"(trace), the functions that one of them has alone are told.\n"
		"\n"
		"`cairn triage A B C` reports several dumps, in the order in which they were named; with\n"
		"-j, one line each. Each is read in a process of its own, within limits, so that what one\n"
		"does to it no other feels, and each leaves a record: its `fate` is done, unreadable (no\n"
		"dump: of one alone, too), deadline, memory, crashed (cairn itself), output (over 64 MB) or\n"
		"failed (no process), and `fate_reason` says more. The same of one dump where -J, --deadline or\n"
		"--max-rss is given. Memory that a packed dump (.zst) is unpacked into counts; before that is\n"
		"too much it goes on in a file in $TMPDIR (/var/tmp). The exit code is the worst: 3 where a dump has no report. Of the files\n"
		"that -s gives, each dump takes those of its kernel; where there are none, that is told as\n"
		"missing.\n"
		"\n"
		"Where the log is missing, or has lost the report, the stack of the CPU that died tells what of\n"
		"(by_stack). What the kernel's checks say of a bad object is shown, with the stacks that it kept of\n"
		"who had it (said). A watchdog's panic is about whom it watched: that task's or CPU's stack is shown\n"
		"too (watched). file and line are of the function that is blamed, by a debug file if there is one;\n"
		"reported_at is where the kernel says that it found out.\n"
		"\n"
		"Where a finding explains the crash, or tasks of which\n"
		"the kernel complained that they hang, the report says which, why, and whether the task\n"
		"that crashed was the victim or the culprit.\n"
		"\n"
		"`signature` names the bug (see oops). Where it does not tell, `cause` says what is behind:\n"
		"a dump that was asked for (sysrq, an NMI) is of no bug by itself. It is c1c:CLASS:FUNCTION of the\n"
		"last thing that the log complains of, or c1c:FINDING:FIELD of what is broken in memory (of a\n"
		"circle of locks c1c:lock.cycle:FUNCTION), with :overrun where the object in front of it was\n"
		"written past its end. What is more than a warning goes before findings, these before\n"
		"warnings; but what is certainly broken goes before who hangs (`cause_log` is then what the\n"
		"log alone tells). Of other crashes it is the finding that explains them.\n"
		"\n"
		"Exit 1: there are findings worse than info. Exit 0: there are none; the machine may have\n"
		"crashed all the same (a crash alone is no finding: `crash` in the JSON has it). Exit 4:\n"
		"there are none, and something was missing or could not be checked.",
	.opts = opts,
	.no_dump_option = "schema",
	.many_dumps = true,
	.run = run,
	.unopened = unopened,
};
CAIRN_CMD(&triage);
