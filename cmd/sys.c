/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/cmd.h"
#include "lib/kern/clock.h"
#include "lib/kern/cpu.h"
#include "lib/kern/panic.h"
#include "lib/kern/sysinfo.h"
#include "lib/kern/taint.h"
#include "lib/kern/task.h"

static void label(struct out *o, const char *name)
{
	out_paint(o, OUT_BOLD);
	out_text(o, "%12s: ", name);
	out_paint(o, OUT_PLAIN);
}

/* A line of its own; no line where the value is not known. */
static void line(struct out *o, const char *name, const char *key, const char *value)
{
	if (value && *value) {
		label(o, name);
		out_str(o, key, "%s\n", value);
	} else {
		out_null(o, key, NULL);
	}
}

static void show_file(struct out *o, struct cairn *c)
{
	const struct image_info *info = image_info(c->img);

	label(o, "FILE");
	out_str(o, "file", "%s", info->path);
	out_str(o, "format", "  [%s]", info->format);
	out_bool(o, "truncated", NULL, info->truncated);
	out_text(o, info->truncated ? "  [truncated]\n" : "\n");
}

static void show_kernel(struct out *o, struct cairn *c, const struct sysinfo *s)
{
	line(o, "RELEASE", "release", s->release);
	line(o, "VERSION", "version", s->version);
	line(o, "MACHINE", "machine", s->machine);
	line(o, "NODENAME", "nodename", s->nodename);
	out_str(o, "arch", NULL, c->arch ? c->arch->name : NULL);
	out_str(o, "build_id", NULL, c->build_id[0] ? c->build_id : NULL);
	out_str(o, "banner", NULL, s->banner);
}

static void count(struct out *o, const char *name, const char *key, enum cairn_code code,
		  const struct cairn_err *err, size_t n)
{
	label(o, name);
	if (code == CAIRN_OK)
		out_num(o, key, "%s\n", (int64_t)n);
	else
		out_fault(o, key, "%s\n", err);
}

/* False if something could not be counted. */
static bool show_counts(struct out *o, struct cairn *c, const struct sysinfo *s)
{
	const struct cpus *cpus = NULL;
	const struct tasks *ts = NULL;
	struct cairn_err err;
	enum cairn_code code = cpus_get(c, &cpus, &err);
	bool whole = code == CAIRN_OK;

	count(o, "CPUS", "cpus", code, &err, code == CAIRN_OK ? cpus->n : 0);
	code = tasks_get(c, &ts, &err);
	count(o, "TASKS", "tasks", code, &err, code == CAIRN_OK ? ts->n : 0);
	whole &= code == CAIRN_OK;
	if (s->memory) {
		label(o, "MEMORY");
		out_text(o, "%.1f MB\n", (double)s->memory / (1 << 20));
		out_hex(o, "memory", NULL, s->memory);
	} else {
		out_null(o, "memory", NULL);
	}
	return whole;
}

static void show_uptime(struct out *o, const struct clock *clock, const struct panic *p)
{
	uint64_t sec;

	if (!clock && !p->has_time) {
		out_null(o, "uptime", NULL);
		return;
	}
	sec = (clock ? (uint64_t)clock->uptime_ns : p->ts_nsec) / 1000000000;
	label(o, "UPTIME");
	out_num(o, "uptime", NULL, (int64_t)sec);
	if (sec >= 86400)
		out_text(o, "%llu days, ", (unsigned long long)sec / 86400);
	out_text(o, "%02u:%02u:%02u\n", (unsigned)(sec / 3600 % 24), (unsigned)(sec / 60 % 60),
		 (unsigned)(sec % 60));
}

/* The time of the crash, and where that is not known, of the last tick. */
static void show_time(struct out *o, struct cairn *c, const struct panic *p)
{
	struct clock clock;
	bool known = clock_get(c, &clock, NULL) == CAIRN_OK;
	int64_t wall = p->wall_ns ? p->wall_ns : known ? clock.wall_ns : 0;
	char buf[CLOCK_TEXT];

	line(o, "DATE", "date", wall ? clock_text(wall, buf) : NULL);
	show_uptime(o, known ? &clock : NULL, p);
}

static void show_task(struct out *o, struct cairn *c, const struct panic *p)
{
	const struct tasks *ts;
	const struct task *t;

	if (p->cpu < 0) {
		out_null(o, "cpu", NULL);
		return;
	}
	label(o, "CPU");
	out_num(o, "cpu", "%s", p->cpu);
	out_str(o, "cpu_source", NULL, p->cpu_source);
	if (tasks_get(c, &ts, NULL) == CAIRN_OK && (t = task_on_cpu(c, ts, (unsigned)p->cpu)) &&
	    !t->fault) {
		out_num(o, "pid", ", PID %s", t->pid);
		out_str(o, "comm", " (%s)", t->comm);
	}
	out_text(o, "\n");
}

static void show_panic(struct out *o, struct cairn *c, const struct panic *p)
{
	out_object(o, "panic");
	out_bool(o, "crashed", NULL, p->crashed);
	label(o, "CRASH");
	out_str(o, "class", "%s\n", p->class);
	line(o, "TITLE", "title", p->title);
	if (p->cause)
		line(o, "PANIC", "message", p->message);
	else
		out_str(o, "message", NULL, p->message);
	if (p->has_time)
		out_real(o, "time", NULL, (double)(p->ts_nsec / 1000) / 1e6, 6);
	else
		out_null(o, "time", NULL);
	show_task(o, c, p);
	if (p->log_err.code != CAIRN_OK) {
		label(o, "LOG");
		out_fault(o, "log", "%s\n", &p->log_err);
	}
	out_end(o);
}

static void show_taint(struct out *o, const struct sysinfo *s)
{
	char letters[TAINT_TEXT];
	const char *before = " (";

	if (!s->has_taint) {
		out_null(o, "taints", NULL);
		return;
	}
	label(o, "TAINT");
	out_str(o, "taints", s->taint ? "%s" : NULL, taint_letters(s->taint, letters));
	out_hex(o, "tainted", NULL, s->taint);
	out_text(o, s->taint ? "" : "none");
	for (unsigned i = 0; i < 64; i++)
		if (s->taint >> i & 1 && taint_meaning(i)) {
			out_text(o, "%s%s", before, taint_meaning(i));
			before = ", ";
		}
	out_text(o, *before == ',' ? ")\n" : "\n");
}

static void show_degraded(struct out *o, struct cairn *c)
{
	const struct cairn_degraded *d;

	out_array(o, "degraded");
	for (size_t i = 0; (d = cairn_degraded(c, i)); i++) {
		out_object(o, NULL);
		label(o, "NOT READ");
		out_str(o, "what", "%s: ", d->what);
		out_str(o, "reason", "%s\n", d->reason);
		out_end(o);
	}
	out_end(o);
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct cairn *c = call->cairn;
	struct out *o = call->out;
	struct sysinfo info;
	struct panic p;
	bool whole;
	enum cairn_code code = panic_get(c, &p, err);

	if (call->argc)
		return cairn_fail(err, CAIRN_USAGE, "sys takes no operands");
	if (code != CAIRN_OK)
		return code;
	sysinfo_get(c, &info);
	out_record(o, "sys");
	show_file(o, c);
	show_kernel(o, c, &info);
	whole = show_counts(o, c, &info);
	show_time(o, c, &p);
	show_panic(o, c, &p);
	show_taint(o, &info);
	line(o, "CMDLINE", "cmdline", info.cmdline);
	show_degraded(o, c);
	out_end(o);
	if (!whole || p.log_err.code != CAIRN_OK || cairn_degraded(c, 0))
		*verdict = VERDICT_PARTIAL;
	return CAIRN_OK;
}

static const struct cmd sys = {
	.name = "sys",
	.summary = "the machine, its kernel, and how it ended",
	.help = "One page on the dump: file, kernel, CPUs, tasks, memory, when it crashed and\n"
		"why. CRASH is the class of the crash, TITLE the line of the log that says why,\n"
		"PANIC what the kernel said when it gave up. NOT READ names what this dump could\n"
		"not tell.",
	.run = run,
};
CAIRN_CMD(&sys);
