/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/unwinder.h"

#include "lib/kern/cpu.h"
#include "lib/kern/module.h"
#include "lib/kern/task.h"
#include "unwind/stack_arch.h"
#include "unwind/tracer.h"

enum cairn_code unwinder_init(struct unwinder *u, struct cairn *c, struct arena *arena,
			      struct cairn_err *err)
{
	const struct tasks *ts;

	*u = (struct unwinder){ .c = c, .arena = arena, .syms = &c->syms, .machine = c->arch };
	if (!c->kernel.tlb || !c->arch)
		return cairn_fail(err, CAIRN_MISSING, "no kernel memory to unwind in");
	u->mem = reader_of_space(&c->kernel);
	u->arch = walk_arch_by_id(c->arch->id);
	u->stack_arch = stack_arch_by_id(c->arch->id);
	if (!tasks_get(c, &ts, NULL))
		u->task_stack_size = ts->stack_size;
	else if (u->stack_arch)
		u->assumed_size = u->stack_arch->usual_size;
	if (sym_addr(u->syms, "_sinittext", &u->init_text.begin, NULL) ||
	    sym_addr(u->syms, "_einittext", &u->init_text.end, NULL))
		u->init_text = (struct range){ 0, 0 };
	if (u->arch) {
		u->calls = u->arch->calls;
		u->arch->init(u, &u->lack);
	} else {
		cairn_fail(&u->lack, CAIRN_MISSING, "no unwinder for %s", c->arch->name);
	}
	return CAIRN_OK;
}

void unwinder_deinit(struct unwinder *u)
{
	map_deinit(&u->cpus_done);
	map_deinit(&u->jumps);
}

static struct stack_finder finder(struct unwinder *u, const struct cpu *cpu)
{
	return (struct stack_finder){
		.c = u->c, .mem = &u->mem, .cpu = cpu, .task_stack_size = u->task_stack_size,
		.stacks = &u->stacks, .arena = u->arena,
	};
}

static uint64_t mark_used(struct unwinder *u, const struct cpu *cpu)
{
	return cpu->regs_source == CPU_REGS_NONE ? 0 : stacks_use(&u->stacks, regs_sp(&cpu->regs));
}

static void add_cpu(struct unwinder *u, const struct cpu *cpu)
{
	struct stack_finder f = finder(u, cpu);

	if (!map_visit(&u->cpus_done, cpu->id))
		return;
	u->stack_arch->cpu_stacks(&f);
	mark_used(u, cpu);
}

static const struct cpu *find_cpu(struct unwinder *u, unsigned id)
{
	const struct cpus *cpus;

	if (!u->c || !u->stack_arch || cpus_get(u->c, &cpus, NULL))
		return NULL;
	return cpu_by_id(cpus, id);
}

void unwinder_add_cpu(struct unwinder *u, unsigned cpu)
{
	const struct cpu *found = find_cpu(u, cpu);

	if (found)
		add_cpu(u, found);
}

static uint64_t end_of_task(struct unwinder *u, uint64_t addr)
{
	const struct tasks *ts;
	const struct task *t;

	if (tasks_get(u->c, &ts, NULL))
		return 0;
	t = task_by_addr(ts, addr);
	return t && t->stack ? t->stack + u->task_stack_size : 0;
}

struct stack_info unwinder_current_stack(struct unwinder *u, unsigned id)
{
	const struct cpu *cpu = find_cpu(u, id);
	uint64_t top = 0, size = u->task_stack_size;
	struct stack_finder f;
	struct stack_info ret;

	if (cpu && u->stack_arch->current_top) {
		f = finder(u, cpu);
		top = u->stack_arch->current_top(&f);
	}
	if (!top && cpu && cpu->current)
		top = end_of_task(u, cpu->current);
	if (top && !size)
		size = stack_probe(&u->mem, top);
	ret = stack_of_task(cpu ? cpu->current : 0, (int32_t)id, top > size ? top - size : 0, size,
			    u->stack_arch ? u->stack_arch->task_guard : 0);
	if (cpu && on_stack(&ret, mark_used(u, cpu), 1))
		ret.use = STACK_IN_USE;
	return ret;
}

void unwinder_add_all_cpus(struct unwinder *u)
{
	const struct cpus *cpus;

	if (!u->c || !u->stack_arch || cpus_get(u->c, &cpus, NULL))
		return;
	for (size_t i = 0; i < cpus->n; i++)
		add_cpu(u, &cpus->cpu[i]);
}

bool unwinder_task_stack(struct unwinder *u, uint64_t sp, struct stack_info *ret)
{
	const struct tasks *ts;
	const struct task *t;

	*ret = (struct stack_info){ .type = STACK_UNKNOWN, .cpu = -1 };
	if (!u->c || tasks_get(u->c, &ts, NULL))
		return false;
	t = task_by_stack(ts, sp);
	if (t)
		*ret = stack_of_task(t->addr, t->cpu, t->stack, u->task_stack_size,
				     u->stack_arch ? u->stack_arch->task_guard : 0);
	return t != NULL;
}

bool unwinder_is_text(struct unwinder *u, uint64_t addr)
{
	const struct modules *ms;

	if (sym_is_text(u->syms, addr))
		return true;
	if (!u->c || u->has_modules)
		return false;
	u->has_modules = true;
	return !modules_get(u->c, &ms, NULL) && sym_is_text(u->syms, addr);
}
