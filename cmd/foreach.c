/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/opt.h"
#include "cmd/task_filter.h"
#include "cmd/task_names.h"
#include "lib/base/str.h"

static const struct opt opts[] = {
	TASK_FILTER_OPTS,
	{ 0, NULL, NULL, NULL },
};

/* Words that name tasks, before the command or behind it; without any, all are meant. */
struct names {
	const char **word;
	size_t n;
};

static bool is_meant(const struct names *names, const struct task *t)
{
	for (size_t i = 0; i < names->n; i++)
		if (task_is_named(t, names->word[i]))
			return true;
	return !names->n;
}

/* The other command gets all the tasks at once, by address: pids of idle tasks are all 0. */
static enum cairn_code call_with(struct call *call, const struct tasks *ts,
				 const struct names *names, enum verdict *verdict,
				 struct cairn_err *err)
{
	size_t own = (size_t)call->argc;
	const char **words = arena_array(call->scratch, own + ts->n, sizeof(*words));
	int n = call->argc;

	if (!words)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the tasks");
	memcpy(words, call->argv, own * sizeof(*words));
	for (size_t i = 0; i < ts->n; i++) {
		if (!task_filter(call, &ts->task[i]) || !is_meant(names, &ts->task[i]))
			continue;
		words[n] = arena_printf(call->scratch, "0x%" PRIx64, ts->task[i].addr);
		if (!words[n++])
			return cairn_fail(err, CAIRN_NOMEM, "no memory for the tasks");
	}
	return n > call->argc ? cmd_call(call, call->out, n, words, verdict, err) : CAIRN_OK;
}

/* The command's options stay, what else there is names tasks. What is wrong with an option is the
 * other command's to tell. */
static enum cairn_code take_operands(struct call *call, const struct cmd *cmd,
				     const struct tasks *ts, struct names *names,
				     struct cairn_err *err)
{
	struct opt_scan s = { .argc = call->argc, .argv = call->argv, .at = 1 };
	const char **kept = arena_array(call->scratch, (size_t)call->argc + 1, sizeof(*kept));
	enum opt_event event;
	int n = 1, from = 1;

	if (!kept)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	kept[0] = call->argv[0];
	s.table[0] = cmd->opts;
	s.table[1] = opt_common;
	while ((event = opt_next(&s, NULL)) == OPT_OPTION || event == OPT_OPERAND) {
		if (event == OPT_OPERAND && !tasks_are_named(ts, s.value))
			return cairn_fail(err, CAIRN_USAGE, "no task has the pid, address or name %s",
					  s.value);
		if (event == OPT_OPERAND)
			names->word[names->n++] = s.value;
		for (; from < s.at; from++)
			if (event == OPT_OPTION)
				kept[n++] = call->argv[from];
	}
	for (; from < call->argc; from++)
		kept[n++] = call->argv[from];
	call->argv = kept;
	call->argc = n;
	return CAIRN_OK;
}

/* "bt, ps, vm": the commands whose operands are tasks. */
static enum cairn_code tell_commands(struct call *call, struct cairn_err *err)
{
	size_t n;
	const struct cmd *const *all = cmd_sorted(call->scratch, &n);
	struct str s;

	str_init(&s);
	for (size_t i = 0; all && i < n; i++)
		if (all[i]->tasks)
			str_addf(&s, "%s%s", s.len ? ", " : "", all[i]->name);
	cairn_fail(err, CAIRN_USAGE, "name a command for tasks: %s", s.buf);
	str_deinit(&s);
	return CAIRN_USAGE;
}

/* crash names the tasks by words before the command: "UN", "user". */
static bool take_word(struct call *call)
{
	static const char *const words[] = { [TASK_FILTER_ACTIVE] = "active",
					     [TASK_FILTER_KERNEL] = "kernel",
					     [TASK_FILTER_USER] = "user" };
	const char *word = call->argc ? call->argv[0] : "";
	unsigned i = 0;

	while (i < TASK_FILTER_STATE && strcmp(word, words[i]))
		i++;
	if (i == TASK_FILTER_STATE && !task_filter_crash_state(word))
		return false;
	call->opt[i] = (struct opt_value){ true, i == TASK_FILTER_STATE ? word : NULL };
	call->argc--;
	call->argv++;
	return true;
}

/* So it names tasks by their names. */
static bool take_name(struct call *call, const struct tasks *ts, struct names *names)
{
	const struct cmd *cmd;

	if (!call->argc || !cmd_lookup(call->argv[0], &cmd, NULL) ||
	    !tasks_are_named(ts, call->argv[0]))
		return false;
	names->word[names->n++] = call->argv[0];
	call->argc--;
	call->argv++;
	return true;
}

static enum cairn_code find_command(struct call *call, const struct cmd **ret,
				    struct cairn_err *err)
{
	enum cairn_code code;

	if (!call->argc)
		return tell_commands(call, err);
	code = cmd_lookup(call->argv[0], ret, err);
	return code || (*ret)->tasks ? code : tell_commands(call, err);
}

static enum cairn_code read_words(struct call *call, const struct tasks *ts, struct names *names,
				  struct cairn_err *err)
{
	const struct cmd *cmd;
	enum cairn_code code;

	names->word = arena_array(call->scratch, (size_t)call->argc + 1, sizeof(*names->word));
	if (!names->word)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	while (take_word(call) || take_name(call, ts, names))
		continue;
	code = task_filter_check(call, err);
	if (!code)
		code = find_command(call, &cmd, err);
	return code ? code : take_operands(call, cmd, ts, names, err);
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	struct names names = { .n = 0 };
	const struct tasks *ts;
	enum cairn_code code = tasks_get(call->cairn, &ts, err);

	if (!code)
		code = read_words(call, ts, &names, err);
	if (!code)
		code = call_with(call, ts, &names, verdict, err);
	if (!code && ts->partial)
		*verdict = VERDICT_PARTIAL;
	return code;
}

static const struct cmd foreach = {
	.name = "foreach",
	.synopsis = "[-A] [-k | -u] [-s LETTERS] COMMAND [OPTION]... [PID | TASK | COMM]...",
	.summary = "a command for every task",
	.help = "Runs a command for every task of the machine, in the order of `ps`: `bt` shows\n"
		"its stack, `vm` its memory, `files` what it has open, `ps` its row, `wait`\n"
		"what it waits for, `task` its task_struct. Options after the command are that command's.\n"
		"Tasks may be named behind or before them: all that are called so, or as a pattern says\n"
		"(foreach bt 'zoo-*'). crash's words for tasks are known: foreach UN bt, foreach user vm,\n"
		"foreach zoo-spin bt.",
	.opts = opts,
	.options_first = true,
	.complete = COMPLETE_TASK_COMMAND,
	.run = run,
};
CAIRN_CMD(&foreach);
