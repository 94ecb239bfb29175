/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/complete_names.h"

#include <string.h>

#include "lib/kern/finding.h"
#include "lib/kern/log.h"
#include "lib/kern/module.h"
#include "lib/kern/task.h"
#include "unwind/waitkind.h"

typedef void (*tell_fn)(void *arg, const char *name);

static void tell_commands(bool of_tasks, tell_fn tell, void *arg)
{
	SET_EACH(cairn_cmds, const struct cmd, p)
		if (!of_tasks || (*p)->tasks)
			tell(arg, (*p)->name);
}

/* Names with blanks would be several words. */
static void tell_tasks(struct cairn *c, tell_fn tell, void *arg)
{
	const struct tasks *ts;

	if (!c || tasks_get(c, &ts, NULL))
		return;
	for (size_t i = 0; i < ts->n; i++)
		if (!ts->task[i].fault && !strpbrk(ts->task[i].comm, " \t'\"|>"))
			tell(arg, ts->task[i].comm);
}

static void tell_modules(struct cairn *c, tell_fn tell, void *arg)
{
	const struct modules *ms;

	if (!c || modules_get(c, &ms, NULL))
		return;
	for (size_t i = 0; i < ms->n; i++)
		if (ms->module[i].fault.code == CAIRN_OK)
			tell(arg, ms->module[i].name);
}

static void tell_findings(struct arena *a, tell_fn tell, void *arg)
{
	size_t n;
	const struct cairn_check *const *all = checks_sorted(a, &n);

	for (size_t i = 0; all && i < n; i++) {
		tell(arg, all[i]->name);
		for (const struct cairn_explanation *x = all[i]->ids; x->id; x++)
			tell(arg, x->id);
	}
}

static void tell_waits(tell_fn tell, void *arg)
{
	for (unsigned i = 0; i < WAIT_KINDS; i++)
		if (wait_kind_name((enum wait_kind)i) &&
		    !strchr(wait_kind_name((enum wait_kind)i), ' '))
			tell(arg, wait_kind_name((enum wait_kind)i));
}

static void tell_levels(tell_fn tell, void *arg)
{
	for (unsigned i = 0; log_level_name(i); i++)
		tell(arg, log_level_name(i));
}

void complete_names(enum cmd_complete kind, struct cairn *c, struct arena *a, tell_fn tell,
		    void *arg)
{
	switch (kind) {
	case COMPLETE_COMMAND: tell_commands(false, tell, arg); break;
	case COMPLETE_TASK_COMMAND: tell_commands(true, tell, arg); break;
	case COMPLETE_TASK: tell_tasks(c, tell, arg); break;
	case COMPLETE_MODULE: tell_modules(c, tell, arg); break;
	case COMPLETE_FINDING: tell_findings(a, tell, arg); break;
	case COMPLETE_WAIT: tell_waits(tell, arg); break;
	case COMPLETE_LEVEL: tell_levels(tell, arg); break;
	case COMPLETE_NONE:
	case COMPLETE_SYMBOL:
	case COMPLETE_TYPE:
	case COMPLETE_TASK_MEMBER:
	case COMPLETE_FILE: break;
	}
}
