/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/help.h"

#include <string.h>

#include "cmd/opt.h"

void help_usage(struct str *s, const struct cmd *cmd)
{
	str_add(s, cmd->name);
	if (cmd->synopsis && *cmd->synopsis)
		str_addf(s, " %s", cmd->synopsis);
}

void help_options(struct out *o, const struct opt *table)
{
	struct str spelled;

	str_init(&spelled);
	for (; table && (table->letter || table->name); table++) {
		str_clear(&spelled);
		opt_spell(&spelled, table);
		out_text(o, "  %-24s  %s\n", spelled.buf, table->help);
	}
	str_deinit(&spelled);
}

static bool has_letter(const struct opt *table, char letter)
{
	for (; table && (table->letter || table->name); table++)
		if (table->letter == letter)
			return true;
	return false;
}

/* What every command takes; by its long name alone where the letter is the command's own. */
static void common_options(struct out *o, const struct cmd *cmd)
{
	for (const struct opt *c = opt_common; c->letter || c->name; c++) {
		struct opt one[2] = { *c };

		if (has_letter(cmd->opts, c->letter))
			one[0].letter = 0;
		help_options(o, one);
	}
}

static void show_text(struct out *o, const struct cmd *cmd)
{
	struct str usage;

	str_init(&usage);
	help_usage(&usage, cmd);
	out_text(o, "%s - %s\n\nusage: %s\n", cmd->name, cmd->summary, usage.buf);
	str_deinit(&usage);
	help_options(o, cmd->opts);
	common_options(o, cmd);
	if (cmd->help && *cmd->help)
		out_text(o, "\n%s%s", cmd->help,
			 cmd->help[strlen(cmd->help) - 1] == '\n' ? "" : "\n");
}

static void show_json_options(struct out *o, const struct opt *table)
{
	for (; table && (table->letter || table->name); table++) {
		out_object(o, NULL);
		if (table->letter)
			out_strn(o, "letter", NULL, &table->letter, 1);
		else
			out_null(o, "letter", NULL);
		out_str(o, "name", NULL, table->name);
		out_str(o, "argument", NULL, table->arg);
		out_str(o, "help", NULL, table->help);
		out_end(o);
	}
}

static void show_json(struct out *o, const struct cmd *cmd)
{
	out_record(o, "command");
	out_str(o, "name", NULL, cmd->name);
	out_str(o, "synopsis", NULL, cmd->synopsis);
	out_str(o, "summary", NULL, cmd->summary);
	out_bool(o, "needs_dump", NULL, !cmd->no_dump);
	out_array(o, "options");
	show_json_options(o, cmd->opts);
	out_end(o);
	out_end(o);
}

void help_show(struct out *o, const struct cmd *cmd)
{
	if (o->mode == OUT_JSON)
		show_json(o, cmd);
	else
		show_text(o, cmd);
}

static void list_text(struct out *o, const struct cmd *const *all, size_t n)
{
	size_t i, width = 0;

	for (i = 0; i < n; i++)
		width = strlen(all[i]->name) > width ? strlen(all[i]->name) : width;
	for (i = 0; i < n; i++)
		out_text(o, "  %-*s  %s\n", (int)width, all[i]->name, all[i]->summary);
	out_text(o, "\n"
		    "`help NAME` or `NAME --help` tells more. A command may be shortened.\n"
		    "COMMAND | PROGRAM   COMMAND > FILE   COMMAND >> FILE   !PROGRAM   set pager off   q\n");
}

/* Words of the shell that are no commands. */
static bool of_shell(struct out *o, const char *word)
{
	if (strcmp(word, "q") && strcmp(word, "quit") && strcmp(word, "exit"))
		return false;
	out_text(o, "%s - leave the shell; so does Ctrl-D\n", word);
	return true;
}

static enum cairn_code help_run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	const struct cmd *const *all, *one;
	enum cairn_code code;
	size_t i, n;
	int k;

	(void)verdict;
	for (k = 0; k < call->argc; k++) {
		if (of_shell(call->out, call->argv[k]))
			continue;
		code = cmd_lookup(call->argv[k], &one, err);
		if (code)
			return code;
		if (k)
			out_text(call->out, "\n");
		help_show(call->out, one);
	}
	if (call->argc)
		return CAIRN_OK;
	all = cmd_sorted(call->scratch, &n);
	if (!all)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	if (call->out->mode == OUT_TEXT)
		list_text(call->out, all, n);
	for (i = 0; i < n && call->out->mode == OUT_JSON; i++)
		show_json(call->out, all[i]);
	return CAIRN_OK;
}

static const struct cmd help = {
	.name = "help",
	.synopsis = "[COMMAND]...",
	.summary = "list the commands, or tell what one does",
	.help = "Without an operand, lists every command with one line on each. With the name of\n"
		"a command, or a beginning of it that no other command has, prints its usage, its\n"
		"options and what it shows. With -j, prints one cairn.command/1 object for each.\n",
	.no_dump = true,
	.complete = COMPLETE_COMMAND,
	.run = help_run,
};

CAIRN_CMD(&help);
