/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/task_names.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>

static bool is_number(const char *word, int base, uint64_t value)
{
	char *end;
	uint64_t v;

	if (*word == '-' || *word == '+')
		return false;
	errno = 0;
	v = strtoull(word, &end, base);
	return end != word && !*end && !errno && v == value;
}

bool task_is_named(const struct task *t, const char *word)
{
	if (is_number(word, 16, t->addr))
		return true;
	return !t->fault && (is_number(word, 10, (uint64_t)t->pid) || !fnmatch(word, t->comm, 0));
}

bool tasks_are_named(const struct tasks *ts, const char *word)
{
	for (size_t i = 0; i < ts->n; i++)
		if (task_is_named(&ts->task[i], word))
			return true;
	return false;
}
