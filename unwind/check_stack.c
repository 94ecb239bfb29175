/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_stack - stacks that ran over, and stacks whose end was written to.
 *
 * It is here and not among the plugins because it rests on the unwinder, which the public header
 * does not offer.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/kern/finding.h"
#include "unwind/damage.h"
#include "unwind/start.h"

struct look {
	struct cairn *c;
	struct cairn_run *run;
	struct unwinder u;
	struct arena arena, one;
	struct map told; /* begins of stacks that ran over */
};

#define TEXT 192

/* "the task stack of 125 (scen_underrun)"; the name comes out of the dump, and is escaped where
 * it is shown. */
static void whose(char text[TEXT], const struct stack_info *s, const struct task *t)
{
	if (t && s->type == STACK_TASK)
		snprintf(text, TEXT, "the task stack of %" PRId32 " (%s)", t->pid, t->comm);
	else
		snprintf(text, TEXT, "the %s stack of CPU %" PRId32, stack_type_name(s->type), s->cpu);
}

static void add_magic(struct look *l, const struct stack_damage *d, struct cairn_finding *f,
		      struct cairn_evidence *e, char found[TEXT])
{
	f->addr = d->magic_at;
	f->field = "STACK_END_MAGIC";
	f->expected = "0x57ac6e9d";
	snprintf(found, TEXT, "0x%" PRIx64, d->magic);
	f->found = found;
	e[f->nevidence++] = (struct cairn_evidence){
		d->magic_at, l->c->arch->word, "the last word of the stack, which never changes",
	};
}

static void report_overflow(struct look *l, const struct stack_damage *d, const struct task *t)
{
	struct cairn_evidence e[2];
	struct cairn_finding f = {
		.id = "stack.overflow", .severity = CAIRN_FATAL, .object = d->ran_over.begin,
		.addr = d->sp, .evidence = e,
	};
	char who[TEXT], found[TEXT], text[2 * TEXT];

	whose(who, &d->ran_over, t);
	if (d->sp) {
		snprintf(text, sizeof(text), "%s ran over: its pointer is %" PRIu64
			 " bytes below its begin", who, d->ran_over.begin - d->sp);
		e[f.nevidence++] = (struct cairn_evidence){ d->sp, l->c->arch->word,
							    "where the stack pointer stood" };
	} else {
		snprintf(text, sizeof(text), "%s ran over: the kernel was about to say so, its "
			 "pointer %" PRIu64 " bytes above its begin", who, d->above);
	}
	if (d->magic_at)
		add_magic(l, d, &f, e, found);
	f.message = text;
	map_visit(&l->told, d->ran_over.begin);
	cairn_report(l->run, &f);
}

static void report_magic(struct look *l, const struct stack_damage *d,
			 const struct stack_info *s, const struct task *t)
{
	struct cairn_evidence e[1];
	struct cairn_finding f = {
		.id = "stack.magic", .severity = CAIRN_ERROR, .object = s->begin, .evidence = e,
	};
	char who[TEXT], found[TEXT], text[2 * TEXT];

	whose(who, s, t);
	add_magic(l, d, &f, e, found);
	snprintf(text, sizeof(text), "the end of %s was overwritten", who);
	f.message = text;
	cairn_report(l->run, &f);
}

static void look_at_cpus(struct look *l, const struct tasks *ts)
{
	const struct cpus *cpus;
	struct trace tr;

	if (cpus_get(l->c, &cpus, NULL))
		return;
	for (size_t i = 0; i < cpus->n && cairn_go_on(l->run); i++) {
		const struct task *t = task_on_cpu(l->c, ts, cpus->cpu[i].id);

		trace_cpu(&tr, &l->u, &cpus->cpu[i], t, &l->one);
		if (tr.damage.ran_over.type != STACK_UNKNOWN)
			report_overflow(l, &tr.damage, t);
		arena_reset(&l->one);
	}
}

static void look_at_tasks(struct look *l, const struct tasks *ts)
{
	for (size_t i = 0; i < ts->n && cairn_go_on(l->run); i++) {
		const struct task *t = &ts->task[i];
		struct stack_info s = { .type = STACK_TASK, .begin = t->stack, .cpu = t->cpu,
					.task = t->addr };
		struct stack_damage d = { 0 };

		if (t->fault || !t->stack || map_get(&l->told, t->stack, NULL))
			continue;
		damage_of_magic(&d, &l->u, &s);
		if (d.magic_at)
			report_magic(l, &d, &s, t);
	}
	if (ts->partial)
		cairn_unseen(l->run, "tasks", &ts->err);
}

static enum cairn_code run(struct cairn *c, struct cairn_run *run_, struct cairn_err *err)
{
	struct look l = { .c = c, .run = run_ };
	const struct tasks *ts;
	enum cairn_code code = tasks_get(c, &ts, err);

	if (code)
		return code;
	code = unwinder_init(&l.u, c, &l.arena, err);
	if (!code) {
		look_at_cpus(&l, ts);
		look_at_tasks(&l, ts);
	}
	map_deinit(&l.told);
	unwinder_deinit(&l.u);
	arena_deinit(&l.one);
	arena_deinit(&l.arena);
	return code;
}

static const struct cairn_explanation ids[] = {
	{
		.id = "stack.overflow",
		.title = "a stack ran over",
		.meaning =
			"A CPU needed more stack than there is: its stack pointer stands in the page below the\n"
			"stack that is never mapped, or the kernel's own handler of such overflows was under\n"
			"way. Nothing below the stack was damaged where that page is; without it (i386, ARM\n"
			"before 5.18, interrupt stacks without CONFIG_VMAP_STACK) whatever lies there was.",
		.causes =
			"Recursion without an end. Large arrays or structures as local variables. Many layers\n"
			"on top of each other (file system over block device over network, with reclaim of\n"
			"memory in between). An index that ran below the begin of a local array.",
		.next =
			"`bt` of that task: which functions come again and again, and how far apart the stack\n"
			"pointers of neighbours are: the largest difference is the largest frame.",
	},
	{
		.id = "stack.magic",
		.title = "the word at the end of a task's stack was overwritten",
		.meaning =
			"The kernel writes STACK_END_MAGIC to the last word of every task's stack, where nothing\n"
			"else writes as long as there is room. It is something else now: once the stack was\n"
			"used up to its end, or somebody else wrote to this memory. The task may have gone on\n"
			"for long since.",
		.causes =
			"A deep call chain that has returned by now. A write through a wild pointer, or past the\n"
			"end of the memory below the stack.",
		.next =
			"`rd` around that address: what was written says whose it is: return addresses (`rd -s`)\n"
			"are the task's own, text or a pattern are not. `bt -r PID` shows the stack above.",
	},
	{ .id = NULL },
};

static const struct cairn_check check = {
	.name = "stack",
	.summary = "stacks that ran over or were written to at their end",
	.ids = ids,
	.run = run,
};
CAIRN_CHECK(&check);
