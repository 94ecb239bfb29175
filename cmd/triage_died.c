/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/triage.h"
#include "unwind/crashkind.h"
#include "unwind/start.h"

/* Neither the kernel's variables nor its log say which CPU it was: the one that stands in panic(). */
static const struct cpu *find_dead(struct report *r)
{
	struct arena one = { 0 };
	struct trace tr;
	bool dead = false;
	size_t i;

	for (i = 0; i < r->cpus->n && !dead && !cmd_interrupted(); i++) {
		const struct cpu *cpu = &r->cpus->cpu[i];

		if (cpu->never_up)
			continue;
		trace_cpu(&tr, &r->unwinder, cpu, triage_task_of(r, cpu->id), &one);
		dead = crashkind_died(&tr);
		arena_reset(&one);
	}
	arena_deinit(&one);
	return dead ? &r->cpus->cpu[i - 1] : NULL;
}

void triage_died(struct report *r)
{
	const struct cpu *cpu;

	if (!r->cpus || (r->panic.cpu < 0 && !r->can_unwind))
		return;
	cpu = r->panic.cpu < 0 ? find_dead(r) : cpu_by_id(r->cpus, (unsigned)r->panic.cpu);
	if (!cpu)
		return;
	r->victim = triage_task_of(r, cpu->id);
	if (!r->can_unwind)
		return;
	trace_cpu(&r->crash, &r->unwinder, cpu, r->victim, r->call->scratch);
	if (crashkind_died(&r->crash))
		panic_by_stack(r->c, &r->panic, cpu->id, crashkind_panicked(&r->crash),
			       crashkind_of(&r->crash, cpu, r->c->arch, &r->c->kernel));
}
