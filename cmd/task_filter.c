/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/task_filter.h"

#include <string.h>

#define STATES "RSDTtXZPI"

/* Those of crash's that are no letters of ours. */
static const char *const words[][2] = {
	{ "RU", "R" }, { "IN", "S" }, { "UN", "D" }, { "ZO", "Z" }, { "DE", "X" }, { "PA", "P" },
	{ "ST", "T" }, { "TR", "t" }, { "ID", "I" },
};

static const char *letter_of(const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i][0]))
			return words[i][1];
	return NULL;
}

bool task_filter_crash_state(const char *word)
{
	return letter_of(word) != NULL;
}

enum cairn_code task_filter_check(struct call *call, struct cairn_err *err)
{
	struct opt_value *state = &call->opt[TASK_FILTER_STATE];

	if (!state->set)
		return CAIRN_OK;
	if (letter_of(state->value))
		state->value = letter_of(state->value);
	if (*state->value && !state->value[strspn(state->value, STATES)])
		return CAIRN_OK;
	return cairn_fail(err, CAIRN_USAGE, "-s %s: states are letters of " STATES, state->value);
}

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
