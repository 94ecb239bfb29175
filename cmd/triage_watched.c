/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/stack_out.h"
#include "cmd/triage.h"
#include "lib/kern/crashclass.h"
#include "unwind/culprit.h"
#include "unwind/guilty.h"
#include "unwind/start.h"

/* The task that the last report of the log is about; without one, the last that would have been
   told: the kernel goes through all of them before it panics. kernel/hung_task.c */
static const struct task *hung_task(struct report *r)
{
	const struct task *last = NULL;

	if (!r->tasks)
		return NULL;
	if (r->told)
		return r->told->pid >= 0 ? task_by_pid(r->tasks, (int)r->told->pid) : NULL;
	for (size_t i = 0; i < r->tasks->n; i++)
		if (!r->tasks->task[i].fault && r->tasks->task[i].state == 'D')
			last = &r->tasks->task[i];
	return last;
}

static bool waits(const struct frame *f)
{
	struct piece name = { f->sym.name, f->named ? strlen(f->sym.name) : 0 };

	return !f->named || guilty_is_waiting(guilty_base(name), f->sym.module != NULL);
}

static void watch_task(struct report *r)
{
	const struct trace *tr = &r->watched.trace;
	size_t i = 0;

	r->watched.task = hung_task(r);
	if (!r->watched.task)
		return;
	r->watched.is = true;
	trace_task(&r->watched.trace, &r->unwinder, r->watched.task, r->call->scratch);
	while (i < tr->n && waits(&tr->frame[i]))
		i++;
	r->watched.at = i < tr->n ? &tr->frame[i] : NULL;
}

/* Of a CPU that stalled by itself, the stack that panicked is the one. */
static void watch_cpu(struct report *r)
{
	bool by_another = r->told && r->told->stuck >= 0;
	int64_t id = by_another ? r->told->stuck : r->told ? r->told->cpu : -1;
	const struct trace *tr = &r->watched.trace;
	const struct cpu *cpu = r->cpus && id >= 0 && id != r->panic.cpu ?
				cpu_by_id(r->cpus, (unsigned)id) : NULL;
	size_t i;

	if (!cpu)
		return;
	r->watched.is = true;
	r->watched.cpu = (int)id;
	r->watched.task = triage_task_of(r, cpu->id);
	trace_cpu(&r->watched.trace, &r->unwinder, cpu, r->watched.task, r->call->scratch);
	i = culprit_skip_idle_talk(tr);
	r->watched.at = by_another ? culprit_stuck(tr) : i < tr->n ? &tr->frame[i] : NULL;
}

void triage_watched(struct report *r)
{
	r->watched.cpu = -1;
	if (!r->can_unwind || !r->panic.crashed || !crash_class_is_stall(r->panic.class))
		return;
	if (!strcmp(r->panic.class, "hung-task"))
		watch_task(r);
	else
		watch_cpu(r);
}

void triage_watched_stack(struct report *r)
{
	struct out *o = r->o;

	if (!r->watched.is) {
		out_null(o, "watched", NULL);
		return;
	}
	out_text(o, r->watched.cpu < 0 ? "\nWhat hung\n" : "\nWhat stalled\n");
	out_object(o, "watched");
	stack_fields(o, r->c, r->watched.task, r->watched.cpu, &r->watched.trace, NULL);
	out_end(o);
}
