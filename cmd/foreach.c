/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/bt.h"
#include "cmd/cmd.h"
#include "lib/kern/task.h"

enum { OPT_ACTIVE, OPT_KERNEL, OPT_USER, OPT_STATE };

static const struct opt opts[] = {
	{ 'A', "active", NULL, "only the tasks that a CPU executes" },
	{ 'k', "kernel", NULL, "only kernel threads" },
	{ 'u', "user", NULL, "only user tasks" },
	{ 's', "state", "LETTERS", "only these states, as /proc shows them: RSDTtXZPI" },
	{ 0, NULL, NULL, NULL },
};

static bool wanted(void *arg, const struct task *t)
{
	const struct call *call = arg;

	if (call->opt[OPT_ACTIVE].set && !t->on_cpu)
		return false;
	if (call->opt[OPT_KERNEL].set && !t->kernel_thread)
		return false;
	if (call->opt[OPT_USER].set && (t->kernel_thread || t->idle))
		return false;
	return !call->opt[OPT_STATE].set || strchr(call->opt[OPT_STATE].value, t->state);
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	if (call->argc != 1 || strcmp(call->argv[0], "bt"))
		return cairn_fail(err, CAIRN_USAGE, "one command is known here: bt");
	return bt_tasks(call, wanted, call, verdict, err);
}

static const struct cmd foreach = {
	.name = "foreach",
	.synopsis = "[-A] [-k | -u] [-s LETTERS] bt",
	.summary = "a command for every task",
	.help = "Runs a command for every task of the machine, in the order of `ps`: `bt` shows\n"
		"its stack.",
	.opts = opts,
	.options_first = true,
	.run = run,
};
CAIRN_CMD(&foreach);
