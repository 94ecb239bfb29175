/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/task_filter.h"

#include <string.h>

bool task_filter(const struct call *call, const struct task *t)
{
	const struct opt_value *opt = call->opt;

	if (opt[TASK_FILTER_ACTIVE].set && !t->on_cpu)
		return false;
	if (opt[TASK_FILTER_KERNEL].set && !t->kernel_thread)
		return false;
	if (opt[TASK_FILTER_USER].set && (t->kernel_thread || t->idle))
		return false;
	if (!opt[TASK_FILTER_STATE].set || !t->state)
		return true;
	return strchr(opt[TASK_FILTER_STATE].value, t->state);
}
