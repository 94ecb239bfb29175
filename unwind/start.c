/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/start.h"

#include <string.h>

#include "unwind/damage.h"
#include "unwind/stack_arch.h"
#include "unwind/tracer.h"

static void begin(struct tracer *t, struct trace *ret, struct unwinder *u, const struct task *task,
		  int32_t cpu, struct arena *arena)
{
	*ret = (struct trace){ .nregs = u->arch ? u->arch->nregs : u->machine->nregs };
	*t = (struct tracer){
		.u = u, .trace = ret, .arena = arena, .task = task, .cpu = cpu,
		.task_stack = { .cpu = -1 }, .stack = { .cpu = -1 },
	};
	if (task)
		t->task_stack = stack_of_task(task->addr, task->cpu, task->stack,
					      u->task_stack_size,
					      u->stack_arch ? u->stack_arch->task_guard : 0);
}

static void user_mode_only(struct tracer *t, const uint64_t *regs)
{
	tracer_user_regs(t, regs, 0);
	tracer_end(t, TRACE_USER_MODE, NULL);
	t->trace->complete = true;
}

void trace_cpu(struct trace *ret, struct unwinder *u, const struct cpu *cpu,
	       const struct task *task, struct arena *arena)
{
	struct walk_state first = { .interrupted = true, .rule = RULE_REGS, .grade = 'A' };
	struct tracer t;

	begin(&t, ret, u, task, (int32_t)cpu->id, arena);
	if (t.task_stack.type == STACK_UNKNOWN)
		t.task_stack = unwinder_current_stack(u, cpu->id);
	ret->task_stack = t.task_stack;
	damage_of_magic(&ret->damage, u, &ret->task_stack);
	if (cpu->regs_source == CPU_REGS_NONE) {
		tracer_end(&t, TRACE_NO_REGS, cpu->never_up ? "CPU %u never came up" :
							      "of CPU %u in the dump", cpu->id);
		return;
	}
	if (u->arch && u->arch->user_mode(cpu->regs.r)) {
		user_mode_only(&t, cpu->regs.r);
		return;
	}
	memcpy(first.regs, cpu->regs.r, ret->nregs * sizeof(first.regs[0]));
	first.has_regs = first.full = first.by_regs = true;
	first.pc = regs_pc(&cpu->regs);
	first.sp = regs_sp(&cpu->regs);
	first.fp = regs_fp(&cpu->regs);
	first.fp_known = true;
	tracer_run(&t, &first);
	damage_of_frames(ret);
	ret->cpu_guessed = cpu->guessed;
	for (size_t i = 0; cpu->guessed && i < ret->n; i++)
		if (ret->frame[i].grade == 'A')
			ret->frame[i].grade = 'B';
}

static void trace_waiting(struct trace *ret, struct unwinder *u, const struct task *task,
			  struct arena *arena)
{
	struct walk_state first = { 0 };
	struct tracer t;

	begin(&t, ret, u, task, -1, arena);
	ret->task_stack = t.task_stack;
	damage_of_magic(&ret->damage, u, &ret->task_stack);
	if (task->fault) {
		ret->err = *task->fault;
		tracer_end(&t, TRACE_UNREADABLE, "task: %s", task->fault->text);
		return;
	}
	if (t.task_stack.type == STACK_UNKNOWN) {
		tracer_end(&t, TRACE_NO_STACK, task->stack ? "its size is not known" :
							     "it was freed with the task's death");
		ret->complete = !task->stack;
		return;
	}
	if (!on_stack(&t.task_stack, task->sp, 1)) {
		tracer_end(&t, TRACE_OFF_STACK, "the saved one is %#llx",
			   (unsigned long long)task->sp);
		return;
	}
	if (!u->arch)
		tracer_end(&t, TRACE_NO_UNWINDER, "%s", u->lack.text);
	else if (u->arch->waiting(&t, task->sp, &first) == TRACE_GOES_ON)
		tracer_run(&t, &first);
}

void trace_task(struct trace *ret, struct unwinder *u, const struct task *task,
		struct arena *arena)
{
	const struct cpu *cpu = NULL;
	const struct cpus *cpus;

	if (task->on_cpu && task->cpu >= 0 && !cpus_get(u->c, &cpus, NULL))
		cpu = cpu_by_id(cpus, (unsigned)task->cpu);
	if (cpu)
		trace_cpu(ret, u, cpu, task, arena);
	else
		trace_waiting(ret, u, task, arena);
}
