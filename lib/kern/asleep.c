/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/asleep.h"

#include "lib/debug/shape.h"
#include "lib/kern/runqueue.h"

static const struct shape_want task_want = {
	"struct task_struct", 1, { "sched_info.last_arrival|se.exec_start" },
};

bool asleep_now(struct cairn *c, uint64_t *now_ns)
{
	const struct cpus *cpus;
	uint64_t clock;

	*now_ns = 0;
	if (cpus_get(c, &cpus, NULL))
		return false;
	for (size_t i = 0; i < cpus->n; i++)
		if (runq_clock(c, &cpus->cpu[i], &clock) && clock > *now_ns)
			*now_ns = clock;
	return *now_ns;
}

bool asleep_since(struct cairn *c, uint64_t task, uint64_t *ns)
{
	struct shape s;

	return !shape_resolve(&s, &task_want, &c->types, NULL) && shape_has(&s, 0) &&
	       !shape_get(&s, &c->kernel, task, 0, ns, NULL) && *ns;
}
