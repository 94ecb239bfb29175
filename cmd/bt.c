/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "cmd/operand.h"
#include "cmd/stack_group.h"
#include "cmd/stack_out.h"
#include "cmd/trace_filter.h"
#include "lib/kern/cpu.h"
#include "lib/kern/debuginfo.h"
#include "lib/kern/panic.h"
#include "unwind/start.h"

enum {
	OPT_ALL, OPT_CPU, OPT_GROUP, OPT_FUNCTION, OPT_MODULE, OPT_LINES, OPT_INLINES, OPT_VARS,
	OPT_REGS, OPT_SCAN, OPT_RAW,
};

static const struct opt opts[] = {
	{ 'a', "all", NULL, "what each CPU executes" },
	{ 'c', "cpu", "CPU", "what this CPU executes" },
	{ 'g', "group", NULL, "equal stacks merged and counted, the most frequent first" },
	TRACE_FILTER_OPTS,
	{ 'l', "lines", NULL, "source file and line of each frame" },
	{ 'i', "inlines", NULL, "a frame for each inlined call" },
	{ 'v', "variables", NULL, "arguments and local variables, and -i" },
	{ 'e', "registers", NULL, "only frames that were interrupted, with their registers" },
	{ 's', "scan", NULL, "also what else on the stacks looks like a return address" },
	{ 'r', "raw", NULL, "also every word of the stacks, and what it is" },
	{ 0, NULL, NULL, NULL },
};

/* What traces share, and the memory of one. */
struct bt {
	struct call *call;
	enum verdict *verdict;
	struct trace_filter filter;
	bool grouped, no_memory, any; /* any stack was shown, or is in a group */
	size_t nseen;                 /* stacks that were looked at */
	struct stack_groups groups;
	struct stack_detail detail;
	struct unwinder u;
	struct arena one;
};

/* Of equal stacks that are merged, what each has of its own is not told. */
static enum cairn_code check_options(const struct call *call, struct cairn_err *err)
{
	static const unsigned own[] = { OPT_VARS, OPT_REGS, OPT_SCAN, OPT_RAW };

	if (call->opt[OPT_ALL].set + call->opt[OPT_CPU].set + (call->argc > 0) > 1)
		return cairn_fail(err, CAIRN_USAGE, "-a, -c CPU and tasks exclude each other");
	for (size_t i = 0; call->opt[OPT_GROUP].set && i < sizeof(own) / sizeof(own[0]); i++)
		if (call->opt[own[i]].set)
			return cairn_fail(err, CAIRN_USAGE, "-%c does not go with -g",
					  opts[own[i]].letter);
	return CAIRN_OK;
}

static enum cairn_code bt_begin(struct bt *bt, struct call *call, enum verdict *verdict,
				struct cairn_err *err)
{
	*bt = (struct bt){
		.call = call, .verdict = verdict, .grouped = call->opt[OPT_GROUP].set,
		.filter = { .function = call->opt[OPT_FUNCTION].value,
			    .module = call->opt[OPT_MODULE].value },
		.groups = { .arena = call->scratch },
		.detail = { .lines = call->opt[OPT_LINES].set,
			    .inlines = call->opt[OPT_INLINES].set || call->opt[OPT_VARS].set,
			    .vars = call->opt[OPT_VARS].set ? &bt->u : NULL,
			    .arena = &bt->one,
			    .regs_only = call->opt[OPT_REGS].set,
			    .guess = call->opt[OPT_SCAN].set ? &bt->u : NULL,
			    .words = call->opt[OPT_RAW].set ? &bt->u : NULL },
	};
	if (bt->detail.lines || bt->detail.inlines)
		error_no_debuginfo(call);
	return unwinder_init(&bt->u, call->cairn, call->scratch, err);
}

static void note_none(const struct bt *bt)
{
	if (bt->any || (!bt->filter.function && !bt->filter.module))
		return;
	out_text(bt->call->out, bt->nseen == 1 ? "(this one stack has no such function on it; those of "
						 "all tasks: foreach bt)\n" :
						 "(no stack has such a function on it)\n");
}

/* Groups are shown when all stacks are in them. */
static enum cairn_code bt_end(struct bt *bt, enum cairn_code code, struct cairn_err *err)
{
	if (!code && bt->no_memory)
		code = cairn_fail(err, CAIRN_NOMEM, "no memory for the groups");
	stack_groups_sort(&bt->groups);
	if (!code)
		stack_groups_show(&bt->groups, bt->call->out, bt->call->cairn, &bt->detail);
	if (!code)
		note_none(bt);
	stack_groups_deinit(&bt->groups);
	unwinder_deinit(&bt->u);
	arena_deinit(&bt->one);
	return code;
}

static void show(struct bt *bt, const struct task *task, int32_t cpu, const struct trace *tr)
{
	bool wanted = trace_filter(&bt->filter, tr);

	bt->any |= wanted;
	bt->nseen++;
	if (wanted && bt->grouped)
		bt->no_memory |= !stack_groups_add(&bt->groups, task, cpu, tr);
	else if (wanted)
		stack_record(bt->call->out, bt->call->cairn, task, cpu, tr, &bt->detail);
	/* the dump or cairn lacked something; where the stack itself is broken, the answer is whole */
	if (tr->end == TRACE_UNREADABLE || tr->end == TRACE_NO_REGS || tr->end == TRACE_NO_UNWINDER)
		*bt->verdict = VERDICT_PARTIAL;
	arena_reset(&bt->one);
}

static void one_task(struct bt *bt, const struct task *task)
{
	struct trace tr;

	trace_task(&tr, &bt->u, task, &bt->one);
	show(bt, task, task->cpu, &tr);
}

/* Who runs there need not be known to say where it stands. */
static void one_cpu(struct bt *bt, const struct cpu *cpu)
{
	const struct task *task = NULL;
	const struct tasks *ts;
	struct trace tr;

	if (tasks_get(bt->call->cairn, &ts, NULL))
		*bt->verdict = VERDICT_PARTIAL;
	else
		task = task_on_cpu(bt->call->cairn, ts, cpu->id);
	trace_cpu(&tr, &bt->u, cpu, task, &bt->one);
	show(bt, task, (int32_t)cpu->id, &tr);
}

static enum cairn_code each_cpu(struct bt *bt, struct cairn_err *err)
{
	const struct cpus *cpus;
	enum cairn_code code = cpus_get(bt->call->cairn, &cpus, err);

	for (size_t i = 0; !code && i < cpus->n && !out_broken(bt->call->out); i++) {
		if (cmd_interrupted())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		one_cpu(bt, &cpus->cpu[i]);
	}
	return code;
}

static enum cairn_code cpu_operand(struct bt *bt, const char *word, struct cairn_err *err)
{
	const struct cpu *cpu;
	enum cairn_code code = operand_cpu(bt->call->cairn, word, &cpu, err);

	if (!code)
		one_cpu(bt, cpu);
	return code;
}

static enum cairn_code panicking_cpu(struct bt *bt, struct cairn_err *err)
{
	struct cairn *c = bt->call->cairn;
	const struct cpus *cpus;
	const struct cpu *cpu;
	struct panic p;
	enum cairn_code code = cpus_get(c, &cpus, err);
	int id;

	if (code)
		return code;
	id = panic_cpu(c);
	if (id < 0 && !panic_get(c, &p, err))
		id = p.cpu;
	cpu = id >= 0 ? cpu_by_id(cpus, (unsigned)id) : NULL;
	if (!cpu)
		return cairn_fail(err, CAIRN_NOTFOUND,
				  "no CPU is known to have panicked: name a task, -a or -c CPU");
	one_cpu(bt, cpu);
	return CAIRN_OK;
}

static enum cairn_code default_task(struct bt *bt, struct cairn_err *err)
{
	const struct task *t;
	enum cairn_code code;

	if (!bt->call->chosen || !*bt->call->chosen)
		return panicking_cpu(bt, err);
	code = operand_default(bt->call, &t, err);
	if (!code)
		one_task(bt, t);
	return code;
}

static enum cairn_code each_operand(struct bt *bt, struct cairn_err *err)
{
	struct call *call = bt->call;
	const struct task *t;
	enum cairn_code code = CAIRN_OK;

	for (int i = 0; !code && i < call->argc && !out_broken(call->out); i++) {
		if (cmd_interrupted())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		code = operand_task(call->cairn, call->argv[i], &t, err);
		if (!code)
			one_task(bt, t);
	}
	return code;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	bool all = call->opt[OPT_ALL].set, cpu = call->opt[OPT_CPU].set;
	enum cairn_code code = check_options(call, err);
	struct bt bt;

	if (!code)
		code = bt_begin(&bt, call, verdict, err);
	if (code)
		return code;
	if (all)
		code = each_cpu(&bt, err);
	else if (cpu)
		code = cpu_operand(&bt, call->opt[OPT_CPU].value, err);
	else if (call->argc)
		code = each_operand(&bt, err);
	else
		code = default_task(&bt, err);
	return bt_end(&bt, code, err);
}

static const struct cmd bt_cmd = {
	.name = "bt",
	.synopsis = "[-livesr] [-g] [-f GLOB] [-m GLOB] [-a | -c CPU | {PID | TASK | COMM}...]",
	.summary = "stack traces",
	.help = "Shows the stack of a task, of what each CPU executes (-a), of what one CPU\n"
		"executes (-c), or without operand of the CPU that panicked (or of the task that `set`\n"
		"chose). Frames are numbered\n"
		"from the innermost; the address is the stack pointer in that frame.\n"
		"\n"
		"-g merges equal stacks: for each, how many tasks have it and which, and its frames,\n"
		"the most frequent first. `foreach bt -g` so tells what all tasks of the machine do;\n"
		"`foreach -s D bt -g` what the blocked ones do; `stacks -g` is the same. Of what a\n"
		"stack has of its own it shows nothing; -l and -i go with it.\n"
		"\n"
		"Stacks are named between brackets as in the kernel's traces, <IRQ> to </IRQ>.\n"
		"Where an interrupt or exception came in, the registers that it saved follow.\n"
		"\n"
		"The letter before a function says how sure the frame is. None: the kernel's own\n"
		"tables led there and the call site agrees. B: the call site names another\n"
		"function, which jumped here, or cannot be read. C: found by a fallback. ?: a\n"
		"guess. The last line says why the trace ended.\n"
		"\n"
		"With debug info (-s, or found by build-id) -l shows where in the source a frame is,\n"
		"and -i the calls that the compiler inlined: each has the number of the frame it is\n"
		"in, and comes before it, the innermost first.\n"
		"\n"
		"-v shows arguments and local variables. Behind the value stands where it is from: a\n"
		"register, with the address where that was saved; an address in memory; a constant;\n"
		"computed; or \"entry value\": what the caller passed, by what debug info says of the\n"
		"call. A ? is with those where the call went through a pointer: it may have led to\n"
		"another function that jumped here. What is <optimized out> is nowhere; what is <not\n"
		"known> is in a register that was lost on the way, and why.\n"
		"\n"
		"-e leaves only the frames of interrupts and exceptions, with the registers they saved.\n"
		"-s shows behind each frame, marked ?, the words up to its caller that are addresses\n"
		"of instructions, as the kernel's own traces do: left from before, or frames that the\n"
		"walk does not know of. Where it came to no frame of the task's stack, that is\n"
		"searched whole. -r shows all words of the stacks from the innermost frame on: return\n"
		"addresses and saved registers with the number of their frame, addresses of code,\n"
		"of data, of stacks.\n"
		"\n"
		"A line behind the end says if the stack ran over into its guard, or if the word at its\n"
		"end, which never changes (STACK_END_MAGIC), was overwritten.",
	.opts = opts,
	.tasks = true,
	.run = run,
};
CAIRN_CMD(&bt_cmd);
