/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * main - the program: its words, its messages, its exit code. The only file that prints
 * errors and exits.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/args.h"
#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/help.h"
#include "cmd/repl.h"
#include "cmd/opt.h"
#include "cmd/run.h"
#include "cmd/triage_batch.h"
#include "lib/base/str.h"
#include "lib/cairn.h"
#include "lib/image/unwrap.h"
#include "lib/kern/finding.h"

#define USAGE \
	"usage: cairn [OPTION]... VMCORE... [COMMAND [WORD]...]\n" \
	"       cairn [OPTION]... COMMAND [WORD]...\n"

static void report_text(const struct runner *r, const struct cmd *cmd,
			const struct cairn_err *err)
{
	const char *text = *err->text ? err->text : error_code_name(err->code);
	struct str s;

	str_init(&s);
	str_add(&s, "cairn: ");
	if (r && r->script)
		str_addf(&s, "%s:%lu: ", r->script, r->lineno);
	if (cmd)
		str_addf(&s, "%s: ", cmd->name);
	str_add_safe(&s, text, strlen(text));
	str_addc(&s, '\n');
	if (cmd && err->code == CAIRN_USAGE) {
		str_add(&s, "usage: ");
		help_usage(&s, cmd);
		str_addc(&s, '\n');
	}
	fputs(s.buf, stderr);
	str_deinit(&s);
}

static void report(const struct runner *r, struct out *o, const char *name,
		   const struct cmd *cmd, const struct cairn_err *err)
{
	if (o) {
		error_record(o, name, r && r->nfiles ? r->files[0] : NULL, err);
		out_flush(o);
	}
	report_text(r, cmd, err);
}

static void report_now(const struct runner *r, enum out_mode mode, const struct cmd *cmd,
		       const struct cairn_err *err)
{
	struct out o;

	out_init(&o, mode, STDOUT_FILENO);
	report(r, &o, cmd ? cmd->name : NULL, cmd, err);
	out_deinit(&o);
}

static enum status usage_error(const struct args *args, const struct cairn_err *err)
{
	report_now(NULL, args->json ? OUT_JSON : OUT_TEXT, args->cmd, err);
	if (!args->cmd)
		fputs(USAGE, stderr);
	return STATUS_USAGE;
}

static void show_help(void)
{
	struct out o;

	out_init(&o, OUT_TEXT, STDOUT_FILENO);
	out_text(&o, USAGE);
	help_options(&o, args_opts);
	out_text(&o, "\nWithout a command, a terminal gets a shell; else commands are read from\n"
		     "standard input. `cairn help` lists the commands.\n");
	out_deinit(&o);
}

static bool colour_wanted(const struct args *args)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (args->colour != COLOUR_AUTO)
		return args->colour == COLOUR_ALWAYS;
	return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb");
}

static void run_job(struct runner *r, const struct args_job *job)
{
	struct cairn_err err;
	FILE *f;

	if (!job->script) {
		run_line(r, job->text);
	} else if (!strcmp(job->text, "-")) {
		run_script(r, stdin, "standard input");
	} else if ((f = fopen(job->text, "re"))) {
		run_script(r, f, job->text);
		fclose(f);
	} else {
		cairn_fail(&err, CAIRN_IO, "%s: %s", job->text, strerror(errno));
		report_now(r, r->mode, NULL, &err);
		r->status = status_worse(r->status, STATUS_OPEN);
	}
}

static void run_all(struct runner *r, const struct args *args)
{
	struct sink to = { .fd = STDOUT_FILENO, .plain = true };
	size_t i;

	for (i = 0; i < args->njobs && !r->interrupted; i++)
		run_job(r, &args->jobs[i]);
	if (args->cmd && !r->interrupted)
		run_words(r, args->nwords, args->words, &to);
	if (args->cmd || args->njobs)
		return;
	if (isatty(STDIN_FILENO))
		repl_run(r);
	else
		run_script(r, stdin, "standard input");
}

/* What the command itself says where there is no dump for it; false: it has nothing to say. */
static bool tell_unopened(struct runner *r, const struct args *args, struct out *o,
			  const struct cairn_err *why, struct cairn_err *err)
{
	struct call call = { .out = o, .scratch = &r->scratch, .files = r->files, .nfiles = r->nfiles };
	bool common[COMMON_N] = { false };

	*err = (struct cairn_err){ 0 };
	if (!args->cmd || !args->cmd->unopened ||
	    opt_parse(&call, common, args->cmd, args->nwords, args->words, &r->scratch, NULL))
		return false;
	args->cmd->unopened(&call, why, err);
	return true;
}

static void report_unopened(struct runner *r, const struct args *args, const struct cairn_err *why)
{
	struct cairn_err err;
	struct out o;

	out_init(&o, r->mode, STDOUT_FILENO);
	if (!tell_unopened(r, args, &o, why, &err))
		error_record(&o, NULL, r->nfiles ? r->files[0] : NULL, why);
	out_deinit(&o);
	report_text(r, NULL, why);
	if (err.code)
		report_text(r, args->cmd, &err);
}

#define PACKED_BIG (64l << 20)

/* A person who waits is told what for. */
static void note_packed(const char *path)
{
	unsigned char head[4];
	struct stat st;
	ssize_t n;
	int fd = isatty(STDERR_FILENO) ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;

	if (fd < 0)
		return;
	n = pread(fd, head, sizeof(head), 0);
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size >= PACKED_BIG && n > 0 &&
	    zstd_is(head, (size_t)n))
		fprintf(stderr, "cairn: %s is packed as a whole and unpacked into memory at each "
				"start: zstd -d spares that\n", path);
	close(fd);
}

static bool is_triage(const struct args *args)
{
	return args->cmd && !strcmp(args->cmd->name, "triage");
}

/* Open the dump that r->files name, do everything, close it. */
static void run_dump(struct runner *r, const struct args *args)
{
	const struct cairn_opts opts = {
		.debug_files = args->debug_files,
		.no_cache = args->no_cache,
		.no_debug_search = args->no_debug_search,
		.skip_misfits = is_triage(args),
	};
	struct cairn_err err;

	for (size_t i = 0; !r->batch && i < r->nfiles; i++)
		note_packed(r->files[i]);
	if (cairn_open(&r->cairn, r->files, r->nfiles, &opts, &err)) {
		report_unopened(r, args, &err);
		r->status = status_worse(r->status, STATUS_OPEN);
		return;
	}
	r->cairn->stop = cmd_interrupted;
	run_all(r, args);
	cairn_close(r->cairn);
	r->cairn = NULL;
}

static bool wants_dump(const struct args *args)
{
	if (args->cmd && args->cmd->dump_if_named && args->nfiles)
		return !args->command_help && !args->no_dump;
	if (args->cmd)
		return !args->cmd->no_dump && !args->command_help && !args->no_dump;
	return args->nfiles || !args->njobs;
}

/* Whoever started cairn learns that it was Ctrl-C, not an exit code of ours. */
static void die_of_interrupt(void)
{
	fflush(stdout);
	signal(SIGINT, SIG_DFL);
	raise(SIGINT);
}

struct each {
	struct runner *r;
	const struct args *args;
	struct batch_limits limits;
};

static int each_work(void *arg, size_t i)
{
	struct each *e = arg;

	e->r->files = e->args->files + i;
	run_dump(e->r, e->args);
	if (e->r->interrupted)
		die_of_interrupt();
	return (int)e->r->status;
}

/* Whose the text is that follows, where it may be another's. */
static void head(struct out *o, const struct args *args, size_t i)
{
	if (args->nfiles < 2)
		return;
	out_text(o, i ? "\n" : "");
	out_text_safe(o, args->files[i], strlen(args->files[i]));
	out_text(o, "\n\n");
}

static void head_now(enum out_mode mode, const struct args *args, size_t i)
{
	struct out o;

	out_init(&o, mode, STDOUT_FILENO);
	head(&o, args, i);
	out_deinit(&o);
}

static enum status status_of_end(const struct batch_end *end, bool record)
{
	if (end->fate == FATE_DONE && end->status <= STATUS_PARTIAL)
		return (enum status)end->status;
	return record ? STATUS_PARTIAL : STATUS_OPEN;
}

static bool each_take(void *arg, size_t i, const struct batch_end *end)
{
	struct each *e = arg;
	bool record = true, lost = end->fate != FATE_DONE;
	size_t len = end->out.len;
	struct str reason;
	struct out o;
	bool more;

	if (e->r->mode == OUT_JSON) {
		len = triage_lines(end->out.buf, len, &record);
		lost = !record;
	}
	out_init(&o, e->r->mode, STDOUT_FILENO);
	if (len)
		head(&o, e->args, i);
	str_addn(&o.buf, end->out.buf, len);
	str_init(&reason);
	fate_reason(&reason, end, &e->limits);
	if (lost)
		triage_lost(&o, e->args->files[i], end->fate == FATE_DONE ? FATE_FAILED : end->fate,
			    reason.buf);
	out_flush(&o);
	more = !out_broken(&o);
	str_deinit(&reason);
	out_deinit(&o);
	e->r->status = status_worse(e->r->status, status_of_end(end, record && !lost));
	return more;
}

/* Several dumps, each in a process of its own. */
static enum status run_each(struct runner *r, const struct args *args)
{
	struct each e = { .r = r, .args = args };
	struct batch b = { .n = args->nfiles, .work = each_work, .take = each_take, .arg = &e };
	bool common[COMMON_N] = { false }, given = false;
	struct call call = { 0 };
	struct cairn_err err;

	if (is_triage(args) && (opt_parse(&call, common, args->cmd, args->nwords, args->words,
					  &r->scratch, &err) ||
				triage_limits(&e.limits, &given, call.opt, &err)))
		return usage_error(args, &err);
	b.limits = e.limits;
	r->batch = is_triage(args) && (args->nfiles > 1 || given);
	if (!r->batch) {
		for (size_t i = 0; i < args->nfiles && !r->interrupted; i++) {
			r->files = args->files + i;
			head_now(r->mode, args, i);
			run_dump(r, args);
		}
	} else if (batch_run(&b, &err)) {
		report_now(r, r->mode, args->cmd, &err);
		r->status = STATUS_OPEN;
	}
	return r->status;
}

static enum status run_args(struct runner *r, const struct args *args)
{
	struct cairn_err err;
	bool wanted = wants_dump(args);

	if (!args->nfiles && wanted) {
		cairn_fail(&err, CAIRN_USAGE, "no vmcore was given");
		return usage_error(args, &err);
	}
	r->files = args->files;
	r->nfiles = args->nfiles;
	if (args->each)
		r->nfiles = 1;
	if (args->each && args->nfiles)
		return run_each(r, args);
	if (!wanted && !(args->nfiles && args->njobs))
		run_all(r, args);
	else
		run_dump(r, args);
	return r->status;
}

static enum status run_program(const struct args *args)
{
	struct runner r = { .mode = args->json ? OUT_JSON : OUT_TEXT, .report = report };
	enum status status;

	r.colour_stdout = colour_wanted(args);
	r.colour_always = args->colour == COLOUR_ALWAYS;
	status = run_args(&r, args);
	arena_deinit(&r.scratch);
	if (r.interrupted)
		die_of_interrupt();
	return status;
}

int main(int argc, char **argv)
{
	struct arena a = { 0 };
	struct args args = { 0 };
	struct cairn_err err;
	enum status status = STATUS_OK;

	signal(SIGPIPE, SIG_IGN);
	if (cmd_check(&err) || checks_check(&err) ||
	    args_parse(&args, &a, argc, (const char *const *)argv, &err))
		status = usage_error(&args, &err);
	else if (args.help)
		show_help();
	else if (args.version)
		puts("cairn " CAIRN_VERSION);
	else
		status = run_program(&args);
	arena_deinit(&a);
	return fflush(stdout) ? STATUS_OPEN : (int)status;
}
