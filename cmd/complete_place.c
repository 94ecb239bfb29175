/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/complete_place.h"

#include <string.h>

/* What arguments of options are, by how the tables write them; `command` NULL: of any. */
static const struct { const char *command, *arg; enum cmd_complete kind; } arguments[] = {
	{ "check", "GLOB", COMPLETE_FINDING },
	{ "wait", "GLOB", COMPLETE_WAIT },
	{ "log", "LIST", COMPLETE_LEVEL },
	{ "sym", "NAME", COMPLETE_MODULE },
	{ "bt", "GLOB", COMPLETE_SYMBOL },
	{ "stacks", "GLOB", COMPLETE_SYMBOL },
	{ "tree", "TYPE", COMPLETE_NONE },
	{ NULL, "MEMBER,...", COMPLETE_TASK_MEMBER },
	{ NULL, "TYPE[.MEMBER,...]", COMPLETE_TYPE },
	{ NULL, "OFFSET", COMPLETE_TYPE },
	{ NULL, "TASK", COMPLETE_TASK },
	{ NULL, "FILE", COMPLETE_FILE },
	{ NULL, "ADDRESS", COMPLETE_SYMBOL },
};

static enum cmd_complete kind_of_argument(const struct cmd *cmd, const char *arg)
{
	for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++)
		if (!strcmp(arguments[i].arg, arg) &&
		    (!arguments[i].command || !strcmp(arguments[i].command, cmd->name)))
			return arguments[i].kind;
	return COMPLETE_NONE;
}

/* "--cpu" without "=", or letters the last of which takes an argument. */
static const char *awaits(const struct cmd *cmd, const char *word)
{
	char last = word[strlen(word) - 1];
	bool is_long = word[1] == '-';

	for (const struct opt *o = cmd->opts; o && (o->letter || o->name); o++)
		if (o->arg && (is_long ? o->name && !strcmp(o->name, word + 2) : o->letter == last))
			return o->arg;
	return NULL;
}

/* Go over the words in front, keep the option that the next word belongs to. */
static const char *read_words(struct complete_place *p, const char *line, size_t start,
			      struct arena *a)
{
	const char *arg = NULL;
	bool inner = false;

	for (size_t at = 0, n; p->cmd || at == 0; at += n) {
		char *word;

		at += strspn(line + at, " \t");
		n = strcspn(line + at, " \t");
		if (at + n >= start)
			break;
		word = arena_strndup(a, line + at, n);
		if (!word)
			break;
		if (!p->cmd) {
			p->cmd = cmd_find(word);
			p->first = false;
		} else if (arg) {
			arg = NULL;
		} else if (word[0] == '-' && word[1]) {
			arg = awaits(p->cmd, word);
		} else if (p->cmd->options_first && !inner) {
			inner = true;
			p->cmd = cmd_find(word);
		}
	}
	return arg;
}

struct complete_place complete_place(const char *line, size_t start, struct arena *a)
{
	struct complete_place p = { .first = true, .kind = COMPLETE_NONE };
	const char *arg = read_words(&p, line, start, a);

	if (!p.cmd)
		return p;
	p.argument = arg;
	if (arg)
		p.kind = kind_of_argument(p.cmd, arg);
	else if (p.cmd->complete == COMPLETE_NONE && p.cmd->tasks)
		p.kind = COMPLETE_TASK;
	else
		p.kind = p.cmd->complete;
	return p;
}
