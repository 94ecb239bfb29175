/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "cmd/cmd.h"
#include "cmd/operand.h"

enum { OPT_MEMBERS, OPT_HEX };

static const struct opt opts[] = {
	{ 'R', "members", "MEMBER,...", "only these members" },
	{ 'x', "hex", NULL, "integers in hexadecimal" },
	{ 0, NULL, NULL, NULL },
};

/* `struct task_struct.MEMBERS ADDRESS` says it all. */
static enum cairn_code show(struct call *call, const struct task *t, enum verdict *verdict,
			    struct cairn_err *err)
{
	const char *members = call->opt[OPT_MEMBERS].value, *words[4] = { "struct" };
	int n = 1;

	if (call->opt[OPT_HEX].set)
		words[n++] = "-x";
	words[n] = members ? arena_printf(call->scratch, "task_struct.%s", members) : "task_struct";
	words[n + 1] = arena_printf(call->scratch, "0x%" PRIx64, t->addr);
	if (!words[n] || !words[n + 1])
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the task");
	return cmd_call(call, call->out, n + 2, words, verdict, err);
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	const struct task *t;
	enum cairn_code code = CAIRN_OK;

	if (!call->argc) {
		code = operand_panicked(call->cairn, &t, err);
		return code ? code : show(call, t, verdict, err);
	}
	for (int i = 0; !code && i < call->argc && !out_broken(call->out); i++) {
		if (cmd_interrupted())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		code = operand_task(call->cairn, call->argv[i], &t, err);
		if (!code)
			code = show(call, t, verdict, err);
	}
	return code;
}

static const struct cmd task = {
	.name = "task",
	.synopsis = "[-x] [-R MEMBER,...] [PID | TASK | COMM]...",
	.summary = "a task's task_struct",
	.help = "Shows the task_struct of a task, or without operand of the one that panicked; -R only\n"
		"some members, as paths: `foreach task -R pid,comm,se.vruntime` shows these of all.",
	.opts = opts,
	.tasks = true,
	.run = run,
};
CAIRN_CMD(&task);
