/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/task_filter.h"

static const struct opt opts[] = {
	TASK_FILTER_OPTS,
	{ 0, NULL, NULL, NULL },
};

/* The other command gets all the tasks at once, by address: pids of idle tasks are all 0. */
static enum cairn_code call_with(struct call *call, const struct tasks *ts,
				 enum verdict *verdict, struct cairn_err *err)
{
	size_t own = (size_t)call->argc;
	const char **words = arena_array(call->scratch, own + ts->n, sizeof(*words));
	int n = call->argc;

	if (!words)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the tasks");
	memcpy(words, call->argv, own * sizeof(*words));
	for (size_t i = 0; i < ts->n; i++) {
		if (!task_filter(call, &ts->task[i]))
			continue;
		words[n] = arena_printf(call->scratch, "0x%" PRIx64, ts->task[i].addr);
		if (!words[n++])
			return cairn_fail(err, CAIRN_NOMEM, "no memory for the tasks");
	}
	return n > call->argc ? cmd_call(call, call->out, n, words, verdict, err) : CAIRN_OK;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	const struct tasks *ts;
	enum cairn_code code;

	if (!call->argc || strcmp(call->argv[0], "bt"))
		return cairn_fail(err, CAIRN_USAGE, "one command is known here: bt");
	for (int i = 1; i < call->argc; i++)
		if (call->argv[i][0] != '-')
			return cairn_fail(err, CAIRN_USAGE, "the tasks are chosen by options: %s",
					  call->argv[i]);
	code = tasks_get(call->cairn, &ts, err);
	if (!code)
		code = call_with(call, ts, verdict, err);
	if (!code && ts->partial)
		*verdict = VERDICT_PARTIAL;
	return code;
}

static const struct cmd foreach = {
	.name = "foreach",
	.synopsis = "[-A] [-k | -u] [-s LETTERS] bt [OPTION]...",
	.summary = "a command for every task",
	.help = "Runs a command for every task of the machine, in the order of `ps`: `bt` shows\n"
		"its stack. Options after `bt` are that command's.",
	.opts = opts,
	.options_first = true,
	.run = run,
};
CAIRN_CMD(&foreach);
