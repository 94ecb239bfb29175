/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/bt.h"

#include "cmd/operand.h"
#include "cmd/stack_out.h"
#include "lib/kern/cpu.h"
#include "unwind/start.h"

enum { OPT_ALL, OPT_CPU };

static const struct opt opts[] = {
	{ 'a', "all", NULL, "what each CPU executes" },
	{ 'c', "cpu", "CPU", "what this CPU executes" },
	{ 0, NULL, NULL, NULL },
};

/* What traces share, and the memory of one. */
struct bt {
	struct call *call;
	struct unwinder u;
	struct arena one;
};

static enum cairn_code bt_begin(struct bt *bt, struct call *call, struct cairn_err *err)
{
	*bt = (struct bt){ .call = call };
	return unwinder_init(&bt->u, call->cairn, call->scratch, err);
}

static void bt_end(struct bt *bt)
{
	unwinder_deinit(&bt->u);
	arena_deinit(&bt->one);
}

static void one_task(struct bt *bt, const struct task *task)
{
	struct trace tr;

	trace_task(&tr, &bt->u, task, &bt->one);
	stack_record(bt->call->out, bt->call->cairn, task, task->cpu, &tr);
	arena_reset(&bt->one);
}

static enum cairn_code one_cpu(struct bt *bt, const struct cpu *cpu, struct cairn_err *err)
{
	const struct task *task;
	const struct tasks *ts;
	struct trace tr;
	enum cairn_code code = tasks_get(bt->call->cairn, &ts, err);

	if (code)
		return code;
	task = task_on_cpu(bt->call->cairn, ts, cpu->id);
	trace_cpu(&tr, &bt->u, cpu, task, &bt->one);
	stack_record(bt->call->out, bt->call->cairn, task, (int32_t)cpu->id, &tr);
	arena_reset(&bt->one);
	return CAIRN_OK;
}

enum cairn_code bt_tasks(struct call *call, bool (*wanted)(void *arg, const struct task *t),
			 void *arg, enum verdict *verdict, struct cairn_err *err)
{
	const struct tasks *ts;
	enum cairn_code code = tasks_get(call->cairn, &ts, err);
	struct bt bt;

	if (!code)
		code = bt_begin(&bt, call, err);
	if (code)
		return code;
	for (size_t i = 0; i < ts->n && !code && !out_broken(call->out); i++) {
		if (cmd_interrupted())
			code = cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		else if (!wanted || wanted(arg, &ts->task[i]))
			one_task(&bt, &ts->task[i]);
	}
	if (ts->partial)
		*verdict = VERDICT_PARTIAL;
	bt_end(&bt);
	return code;
}

static enum cairn_code each_cpu(struct bt *bt, struct cairn_err *err)
{
	const struct cpus *cpus;
	enum cairn_code code = cpus_get(bt->call->cairn, &cpus, err);

	for (size_t i = 0; !code && i < cpus->n && !out_broken(bt->call->out); i++)
		code = cmd_interrupted() ? cairn_fail(err, CAIRN_INTERRUPTED, "interrupted") :
					   one_cpu(bt, &cpus->cpu[i], err);
	return code;
}

static enum cairn_code cpu_operand(struct bt *bt, const char *word, struct cairn_err *err)
{
	const struct cpus *cpus;
	const struct cpu *cpu;
	uint64_t id;
	enum cairn_code code = operand_count(word, &id, err);

	if (!code)
		code = cpus_get(bt->call->cairn, &cpus, err);
	if (code)
		return code;
	cpu = id <= UINT32_MAX ? cpu_by_id(cpus, (unsigned)id) : NULL;
	return cpu ? one_cpu(bt, cpu, err) : cairn_fail(err, CAIRN_USAGE, "there is no CPU %s", word);
}

/* The CPU that panics puts its number into panic_cpu first of all (kernel/panic.c). */
static enum cairn_code panicking_cpu(struct bt *bt, struct cairn_err *err)
{
	struct cairn *c = bt->call->cairn;
	const struct cpus *cpus;
	const struct cpu *cpu = NULL;
	uint64_t addr;
	uint32_t id;
	enum cairn_code code = cpus_get(c, &cpus, err);

	if (code)
		return code;
	if (!sym_addr(&c->syms, "panic_cpu", &addr, NULL) && !space_u32(&c->kernel, addr, &id, NULL))
		cpu = cpu_by_id(cpus, id);
	if (!cpu)
		return cairn_fail(err, CAIRN_NOTFOUND,
				  "no CPU has panicked: name a task, or use -a or -c CPU");
	return one_cpu(bt, cpu, err);
}

static enum cairn_code each_operand(struct bt *bt, struct cairn_err *err)
{
	struct call *call = bt->call;
	const struct task *t;
	enum cairn_code code = CAIRN_OK;

	for (int i = 0; !code && i < call->argc; i++) {
		code = operand_task(call->cairn, call->argv[i], &t, err);
		if (!code)
			one_task(bt, t);
	}
	return code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	bool all = call->opt[OPT_ALL].set, cpu = call->opt[OPT_CPU].set;
	enum cairn_code code;
	struct bt bt;

	(void)verdict;
	if (all + cpu + (call->argc > 0) > 1)
		return cairn_fail(err, CAIRN_USAGE, "-a, -c CPU and tasks exclude each other");
	code = bt_begin(&bt, call, err);
	if (code)
		return code;
	if (all)
		code = each_cpu(&bt, err);
	else if (cpu)
		code = cpu_operand(&bt, call->opt[OPT_CPU].value, err);
	else if (call->argc)
		code = each_operand(&bt, err);
	else
		code = panicking_cpu(&bt, err);
	bt_end(&bt);
	return code;
}

static const struct cmd bt_cmd = {
	.name = "bt",
	.synopsis = "[-a | -c CPU | PID | TASK | COMM]...",
	.summary = "stack traces",
	.help = "Shows the stack of a task, of what each CPU executes (-a), of what one CPU executes\n"
		"(-c), or without operand of the CPU that panicked. Frames are numbered from the\n"
		"innermost; the address is the stack pointer in that frame.\n"
		"\n"
		"Stacks are named between brackets as in the kernel's own traces: <IRQ> ... </IRQ>.\n"
		"Where an interrupt or exception came in, the registers that it saved follow.\n"
		"\n"
		"The letter before a function says how sure the frame is. None: the kernel's own\n"
		"tables led there and the call site agrees. B: the call site names another function,\n"
		"which jumped here, or cannot be read. C: found by a fallback. ?: a guess. The last\n"
		"line says why the trace ended.",
	.opts = opts,
	.run = run,
};
CAIRN_CMD(&bt_cmd);
