/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/cmd.h"
#include "cmd/operand.h"
#include "cmd/typed.h"
#include "cmd/vm_out.h"

enum { OPT_MEMBERS, OPT_HEX };

static const struct opt opts[] = {
	{ 'R', "members", "MEMBER,...", "only these members" },
	{ 'x', "hex", NULL, "integers in hexadecimal" },
	{ 0, NULL, NULL, NULL },
};

static enum cairn_code what(struct typed *ret, struct call *call, struct cairn_err *err)
{
	const char *members = call->opt[OPT_MEMBERS].value;
	const char *word = members ? arena_printf(call->scratch, "task_struct.%s", members)
				   : "task_struct";

	return word ? typed_read(ret, call, word, err)
		    : cairn_fail(err, CAIRN_NOMEM, "no memory for the task");
}

/* Of several tasks, a line above each says which it is. */
static void show(struct call *call, const struct typed *what, const struct task *t,
		 enum verdict *verdict)
{
	if (call->argc > 1)
		vm_out_task(call->out, call->cairn, t);
	typed_show(call, what, t->addr, call->opt[OPT_HEX].set, verdict);
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	const struct task *t;
	struct typed shown;
	enum cairn_code code = what(&shown, call, err);

	if (!code && !call->argc) {
		code = operand_default(call, &t, err);
		if (!code)
			show(call, &shown, t, verdict);
	}
	for (int i = 0; !code && i < call->argc && !out_broken(call->out); i++) {
		if (cmd_interrupted())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		code = operand_task(call->cairn, call->argv[i], &t, err);
		if (!code)
			show(call, &shown, t, verdict);
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
