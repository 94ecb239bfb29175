/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/task_memory.h"
#include "cmd/triage.h"

#define SHOWN 5

static double mib(uint64_t n)
{
	return (double)n / (1 << 20);
}

/* Threads share what they have: the first one of each address space stays. */
static size_t of_processes(struct task_memory *m, size_t n)
{
	struct map seen = { 0 };
	size_t kept = 0;

	for (size_t i = 0; i < n && m[i].known; i++)
		if (map_visit(&seen, m[i].task->mm))
			m[kept++] = m[i];
	map_deinit(&seen);
	return kept;
}

static void hog(struct out *o, const struct task_memory *m, size_t i)
{
	out_object(o, NULL);
	out_str(o, "comm", i ? ", %s" : "  largest  %s", m->task->comm);
	out_num(o, "pid", " (%s)", m->task->pid);
	out_count(o, "rss", NULL, m->rss);
	out_text(o, " %.1f", mib(m->rss));
	out_count(o, "swapped", NULL, m->swapped);
	out_end(o);
}

static void show(struct out *o, const struct task_memory *m, size_t n)
{
	uint64_t sum = 0;

	out_array(o, "largest");
	for (size_t i = 0; i < n && i < SHOWN; i++)
		hog(o, &m[i], i);
	out_end(o);
	for (size_t i = 0; i < n; i++)
		sum += m[i].rss;
	out_count(o, "resident", NULL, sum);
	if (n)
		out_text(o, ";\n           all %zu processes together %.1f MB resident\n", n, mib(sum));
}

void triage_hogs(struct report *r)
{
	struct task_memory *m;

	if (!r->tasks || !r->panic.class || strcmp(r->panic.class, "oom") ||
	    task_memory_get(r->c, r->tasks, r->call->scratch, &m, NULL)) {
		out_null(r->o, "largest", NULL);
		out_null(r->o, "resident", NULL);
		return;
	}
	task_memory_sort(m, r->tasks->n);
	show(r->o, m, of_processes(m, r->tasks->n));
}
