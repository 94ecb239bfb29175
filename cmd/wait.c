/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fnmatch.h>

#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/operand.h"
#include "cmd/wait_out.h"
#include "lib/base/str.h"

enum { OPT_ALL, OPT_WHAT };

static const struct opt opts[] = {
	{ 'a', "all", NULL, "every task that sleeps, whatever for" },
	{ 'w', "what", "GLOB", "every task that waits for this kind of thing: mutex, futex, pipe..." },
	{ 0, NULL, NULL, NULL },
};

static void heading(struct out *o)
{
	out_paint(o, OUT_BOLD);
	out_text(o, "    PID COMM            ST     FOR s  WAITS FOR\n");
	out_paint(o, OUT_PLAIN);
}

/* What hangs: uninterruptible sleep, and waiting for a lock however it may be ended. */
static bool is_wanted(const struct call *call, const struct wait *w)
{
	const char *glob = call->opt[OPT_WHAT].value, *kind = wait_kind_name(w->kind);

	if (glob)
		return kind && !fnmatch(glob, kind, 0);
	return call->opt[OPT_ALL].set || w->task->state == 'D' || wait_kind_is_lock(w->kind);
}

/* A kind that there is none of is a word that is off. */
static enum cairn_code check_glob(const struct call *call, struct cairn_err *err)
{
	const char *glob = call->opt[OPT_WHAT].value, *name;
	struct str s;

	str_init(&s);
	for (unsigned k = 0; glob && k < WAIT_KINDS; k++) {
		name = wait_kind_name((enum wait_kind)k);
		if (name && !fnmatch(glob, name, 0))
			glob = NULL;
		else if (name)
			str_addf(&s, "%s%s", s.len ? ", " : "", name);
	}
	if (glob)
		cairn_fail(err, CAIRN_USAGE, "-w %s is none of %s", glob, s.buf);
	str_deinit(&s);
	return glob ? CAIRN_USAGE : CAIRN_OK;
}

static enum cairn_code each_wait(struct call *call, const struct wait_out *to,
				 struct cairn_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < to->graph->n && !out_broken(call->out); i++) {
		if (cmd_interrupted())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		if (!is_wanted(call, &to->graph->wait[i]))
			continue;
		if (!n++)
			heading(call->out);
		wait_record(to, &to->graph->wait[i]);
	}
	if (!n)
		out_text(call->out, "no task waits for such a thing\n");
	return CAIRN_OK;
}

static enum cairn_code each_operand(struct call *call, const struct wait_out *to,
				    enum verdict *verdict, struct cairn_err *err)
{
	const struct task *t;
	const struct wait *w;
	enum cairn_code code = CAIRN_OK;

	heading(call->out);
	for (int i = 0; !code && i < call->argc && !out_broken(call->out); i++) {
		code = operand_task(to->waits->c, call->argv[i], &t, err);
		if (code)
			break;
		w = wait_graph_of(to->graph, t->addr);
		if (w)
			wait_record(to, w);
		else
			wait_record_none(to, t);
		if (t->fault)
			*verdict = VERDICT_PARTIAL;
	}
	return code;
}

static enum cairn_code show(struct call *call, struct waits *waits, enum verdict *verdict,
			    struct cairn_err *err)
{
	struct wait_graph graph;
	struct wait_out to = { call->out, waits, &graph };
	enum cairn_code code = wait_graph_make(&graph, waits, call->scratch, NULL, NULL, err);

	if (!code && call->argc)
		code = each_operand(call, &to, verdict, err);
	else if (!code)
		code = each_wait(call, &to, err);
	wait_graph_deinit(&graph);
	return code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	const struct tasks *ts;
	struct unwinder u;
	struct waits waits;
	struct cairn_err why;
	enum cairn_code code = check_glob(call, err);

	if (!code)
		code = tasks_get(call->cairn, &ts, err);
	if (code)
		return code;
	code = unwinder_init(&u, call->cairn, call->scratch, err);
	if (code)
		return code;
	code = waits_init(&waits, call->cairn, &u, ts, err);
	if (!code)
		code = show(call, &waits, verdict, err);
	waits_deinit(&waits);
	if (!code && waits_complete(&waits, &why))
		error_partial(call, "waits", &why, verdict);
	if (!code && !u.arch)
		error_partial(call, "stacks", &u.lack, verdict);
	if (!code && ts->partial)
		error_partial(call, "the list of tasks is not whole", &ts->err, verdict);
	unwinder_deinit(&u);
	return code;
}

static const struct cmd wait_cmd = {
	.name = "wait",
	.synopsis = "[-a | -w GLOB | {PID | TASK | COMM}...]",
	.summary = "what blocked tasks wait for, and who has it",
	.help = "For every task in uninterruptible sleep, and every one that waits for a lock: what it\n"
		"waits for, since when, and who has it, what that task waits for, and so on to the\n"
		"end of the chain. FOR is the time since the task was last put on a CPU.\n"
		"\n"
		"The functions on the stack tell the kind. The object is found by structure: the task\n"
		"has put a waiter on its stack, and the list that this is linked into leads to the\n"
		"lock, the queue, the completion. An object that is shown is proved so; `not found which`\n"
		"stands where none is. Who reads is known only by number, but for the one\n"
		"that came last.\n"
		"\n"
		"Kinds: mutex, rwsem, semaphore, rt_mutex, percpu_rwsem, file lock, completion, futex\n"
		"(with the user address), page and bit (with the bit), pipe, socket, epoll, poll,\n"
		"child, wait queue, signal, sleep, stopped, frozen, idle. `check` tells of deadlocks.",
	.opts = opts,
	.tasks = true,
	.run = run,
};
CAIRN_CMD(&wait_cmd);
