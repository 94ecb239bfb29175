/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/help.h"
#include "cmd/hint.h"
#include "cmd/intr.h"
#include "cmd/opt.h"
#include "cmd/pager.h"
#include "cmd/words.h"
#include "lib/kern/typename.h"

enum status status_of(enum cairn_code code)
{
	switch (code) {
	case CAIRN_OK: return STATUS_OK;
	case CAIRN_USAGE:
	case CAIRN_NOTFOUND: return STATUS_USAGE;
	case CAIRN_IO:
	case CAIRN_FORMAT: return STATUS_OPEN;
	default: return STATUS_PARTIAL;
	}
}

enum status status_worse(enum status a, enum status b)
{
	static const unsigned char rank[] = {
		[STATUS_OK] = 0,   [STATUS_PARTIAL] = 1, [STATUS_FINDINGS] = 2,
		[STATUS_OPEN] = 3, [STATUS_USAGE] = 4,
	};

	return rank[a] > rank[b] ? a : b;
}

static bool needs_dump(const struct call *call)
{
	if (call->cmd->no_dump)
		return false;
	for (unsigned i = 0; call->cmd->no_dump_option && i < CMD_OPTS; i++)
		if (call->opt[i].set && opt_waives_dump(call->cmd, i))
			return false;
	return true;
}

/* Run a command whose words have been read into `call`. */
static enum cairn_code invoke(struct call *call, const bool common[COMMON_N],
			      enum verdict *verdict, struct cairn_err *err)
{
	if (common[COMMON_HELP]) {
		help_show(call->out, call->cmd);
		return CAIRN_OK;
	}
	if (!call->cairn && needs_dump(call))
		return cairn_fail(err, CAIRN_USAGE, "needs a vmcore");
	return call->cmd->run(call, verdict, err);
}

/* "task_struct.comm ADDRESS": a type's name where a command's is expected. */
static bool is_type(const struct call *call, const char *word)
{
	char *name = arena_strndup(call->scratch, word, strcspn(word, "."));

	return name && *name && call->cairn && typename_find_kernel(call->cairn, name);
}

/* crash's commands, with options of theirs, and abbreviations of ours are no types as long as
 * nothing says so. */
static bool may_be_type(int argc, const char *const *argv)
{
	if (strchr(argv[0], '.'))
		return true;
	if (hint_crash_command(argv[0]))
		return argc > 1 && argv[1][0] != '-';
	return argc > 1 || strlen(argv[0]) > 1;
}

static enum cairn_code as_struct(struct call *call, bool common[COMMON_N], int argc,
				 const char *const *argv, struct cairn_err *err)
{
	const char **words = arena_array(call->scratch, (size_t)argc + 1, sizeof(*words));
	enum cairn_code code = cmd_lookup("struct", &call->cmd, err);

	if (!words)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	words[0] = "struct";
	memcpy(words + 1, argv, (size_t)argc * sizeof(*words));
	return code ? code : opt_parse(call, common, call->cmd, argc + 1, words, call->scratch, err);
}

static enum cairn_code read_words(struct call *call, bool common[COMMON_N], int argc,
				  const char *const *argv, struct cairn_err *err)
{
	enum cairn_code code = cmd_lookup(argv[0], &call->cmd, err);

	if (code && may_be_type(argc, argv) && is_type(call, argv[0]))
		return as_struct(call, common, argc, argv, err);
	if (code)
		return code;
	return opt_parse(call, common, call->cmd, argc, argv, call->scratch, err);
}

enum cairn_code cmd_call(const struct call *from, struct out *out, int argc,
			 const char *const *argv, enum verdict *verdict, struct cairn_err *err)
{
	struct call call = *from;
	bool common[COMMON_N] = { false };
	enum cairn_code code;

	call.out = out;
	call.cmd = NULL;
	code = read_words(&call, common, argc, argv, err);
	if (!code)
		code = invoke(&call, common, verdict, err);
	return code && call.cmd ? cairn_context(err, code, "%s", call.cmd->name) : code;
}

void cmd_warn(const struct call *call, const struct cairn_err *err)
{
	const struct runner *r = call->runner;

	if (r)
		r->report(r, call->out, call->cmd->name, call->cmd, err);
}

/* A command that failed may have left its record open. */
static void close_record(struct out *o)
{
	while (o->depth)
		out_end(o);
	out_paint(o, OUT_PLAIN);
}

/* What is missing of the session is no business of a command that did not need it. */
static enum status status_of_answer(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_OK: return STATUS_OK;
	case VERDICT_FINDINGS: return STATUS_FINDINGS;
	default: return STATUS_PARTIAL;
	}
}

/* A reader that went away (EPIPE) has seen enough: that is no error. */
static enum cairn_code end_output(struct out *o, struct cairn_err *err)
{
	out_flush(o);
	if (!o->error || o->error == EPIPE)
		return CAIRN_OK;
	return cairn_fail(err, CAIRN_IO, "output: %s", strerror(o->error));
}

/* JSON is for programs. */
static void open_output(struct out *o, struct runner *r, enum out_mode mode, struct sink *to)
{
	bool paged = to->pager && mode == OUT_TEXT;

	out_init(o, mode, paged ? -1 : to->fd);
	o->colour = to->plain ? r->colour_stdout : r->colour_always;
	o->choose = paged ? sink_choose : NULL;
	o->choose_arg = to;
}

/* A pager has the terminal until the user has seen enough; what went wrong is said after that. */
static void leave_pager(struct out *o, struct sink *to)
{
	if (!to->pager || o->mode != OUT_TEXT)
		return;
	out_flush(o);
	sink_close(to, NULL);
	o->choose = NULL;
	o->fd = to->fd;
}

void run_words(struct runner *r, int argc, const char *const *argv, struct sink *to)
{
	struct out o;
	struct call call = { .cairn = r->cairn, .out = &o, .scratch = &r->scratch,
			     .files = r->files, .nfiles = r->cairn ? r->nfiles : 0,
			     .chosen = &r->chosen, .runner = r, .at_prompt = r->at_prompt };
	bool common[COMMON_N] = { false };
	enum verdict verdict = VERDICT_OK;
	struct cairn_err err = { 0 };
	enum cairn_code code, ended;
	struct intr intr;

	intr_begin(&intr, to->pid != 0);
	code = read_words(&call, common, argc, argv, &err);
	open_output(&o, r, common[COMMON_JSON] ? OUT_JSON : r->mode, to);
	if (!code)
		code = invoke(&call, common, &verdict, &err);
	close_record(&o);
	leave_pager(&o, to);
	if (code)
		r->report(r, &o, argv[0], call.cmd, &err);
	ended = end_output(&o, &err);
	if (ended)
		r->report(r, NULL, argv[0], NULL, &err);
	r->status = status_worse(r->status, status_of(ended));
	r->status = status_worse(r->status, code ? status_of(code)
						 : status_of_answer(verdict));
	r->interrupted = cmd_interrupted();
	out_deinit(&o);
	arena_reset(&r->scratch);
	intr_end(&intr);
}

static void fail_line(struct runner *r, const char *name, const struct cairn_err *err)
{
	struct out o;

	out_init(&o, r->mode, STDOUT_FILENO);
	r->report(r, &o, name, NULL, err);
	out_deinit(&o);
	r->status = status_worse(r->status, status_of(err->code));
}

static void run_split(struct runner *r, const struct line *line)
{
	struct cairn_err err;
	struct sink to;

	/* the words must outlive the command, which resets r->scratch */
	if (sink_open(&to, line, &err)) {
		fail_line(r, line->words[0], &err);
		return;
	}
	to.pager = to.plain ? r->pager : NULL;
	run_words(r, line->nwords, line->words, &to);
	if (sink_close(&to, &err))
		fail_line(r, line->words[0], &err);
}

static bool is_quit(const struct line *line)
{
	const char *word = line->words[0];

	return line->nwords == 1 && line->to == LINE_PLAIN &&
	       (!strcmp(word, "q") || !strcmp(word, "quit") || !strcmp(word, "exit"));
}

/* "set pager off": whether it is one of these. */
static bool set_pager(struct runner *r, const struct line *line)
{
	const char *const *word = line->words;

	if (line->nwords != 3 || strcmp(word[0], "set") ||
	    (strcmp(word[1], "pager") && strcmp(word[1], "scroll")) ||
	    (strcmp(word[2], "on") && strcmp(word[2], "off")))
		return false;
	r->pager = word[2][1] == 'n' ? pager_program() : NULL;
	return true;
}

static void run_program(struct runner *r, const char *command)
{
	struct cairn_err err;

	command += strspn(command, " \t");
	if (!*command)
		cairn_fail(&err, CAIRN_USAGE, "! needs a program to run");
	else if (!sink_shell(command, &err))
		return;
	fail_line(r, "!", &err);
}

bool run_line(struct runner *r, const char *text)
{
	struct arena a = { 0 };
	struct cairn_err err;
	struct line line;
	bool quit = false;

	r->interrupted = false;
	text += strspn(text, " \t\r\n");
	if (*text == '!') {
		run_program(r, text + 1);
		return true;
	}
	if (!*text || *text == '#')
		return true;
	if (line_split(&line, &a, text, &err))
		fail_line(r, NULL, &err);
	else if (is_quit(&line))
		quit = true;
	else if (!set_pager(r, &line))
		run_split(r, &line);
	arena_deinit(&a);
	return !quit;
}

void run_script(struct runner *r, FILE *f, const char *name)
{
	char *text = NULL;
	size_t cap = 0;
	bool more = true;

	r->script = name;
	for (r->lineno = 1; more && getline(&text, &cap, f) >= 0; r->lineno++)
		more = run_line(r, text) && !r->interrupted;
	r->script = NULL;
	free(text);
}
