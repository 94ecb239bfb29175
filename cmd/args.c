/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/args.h"

#include <string.h>
#include <sys/stat.h>

#include "cmd/opt.h"

enum {
	ARG_COMMAND, ARG_SCRIPT, ARG_JSON, ARG_DEBUG_FILE, ARG_NO_CACHE, ARG_NO_DEBUG_SEARCH,
	ARG_COLOUR, ARG_VERSION, ARG_HELP,
};

const struct opt args_opts[] = {
	[ARG_COMMAND] = { 'c', "command", "LINE", "run one line of the shell; can be repeated" },
	[ARG_SCRIPT] = { 'x', "script", "FILE", "run the lines of a file (-: standard input)" },
	[ARG_JSON] = { 'j', "json", NULL, "print JSON, one object a line" },
	[ARG_DEBUG_FILE] = { 's', "debug-file", "FILE",
			     "use a vmlinux, .ko.debug or BTF file (or one in .zst); can be repeated" },
	[ARG_NO_CACHE] = { 0, "no-cache", NULL, "neither read nor write the index cache" },
	[ARG_NO_DEBUG_SEARCH] = { 0, "no-debug-search", NULL,
				  "do not look for debug files by build-id" },
	[ARG_COLOUR] = { 0, "color", "WHEN", "colour: auto, always or never" },
	[ARG_VERSION] = { 'V', "version", NULL, "print the version" },
	[ARG_HELP] = { 'h', "help", NULL, "print this" },
	{ 0 },
};

static enum cairn_code set_colour(struct args *ret, const char *when, struct cairn_err *err)
{
	static const char *const word[] = {
		[COLOUR_AUTO] = "auto", [COLOUR_ALWAYS] = "always", [COLOUR_NEVER] = "never",
	};
	unsigned i;

	for (i = 0; i < 3; i++) {
		if (strcmp(when, word[i]))
			continue;
		ret->colour = (enum args_colour)i;
		return CAIRN_OK;
	}
	return cairn_fail(err, CAIRN_USAGE, "--color: auto, always or never, not %s", when);
}

static enum cairn_code take_option(struct args *ret, unsigned index, const char *value,
				   struct cairn_err *err)
{
	switch (index) {
	case ARG_COMMAND:
	case ARG_SCRIPT:
		ret->jobs[ret->njobs++] = (struct args_job){ index == ARG_SCRIPT, value };
		break;
	case ARG_JSON: ret->json = true; break;
	case ARG_DEBUG_FILE: ret->debug_files[ret->ndebug_files++] = value; break;
	case ARG_NO_CACHE: ret->no_cache = true; break;
	case ARG_NO_DEBUG_SEARCH: ret->no_debug_search = true; break;
	case ARG_COLOUR: return set_colour(ret, value, err);
	case ARG_VERSION: ret->version = true; break;
	case ARG_HELP: ret->help = true; break;
	}
	return CAIRN_OK;
}

static bool exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* Whether an operand is the command: *cmd is set. Else it is a file, unless there is
 * a file already and this one is neither. */
static enum cairn_code is_command(const struct args *ret, const char *word,
				  const struct cmd **cmd, struct cairn_err *err)
{
	const struct cmd *found = cmd_find(word);

	*cmd = NULL;
	if (found && !strcmp(found->name, word)) {
		*cmd = found;
		return CAIRN_OK;
	}
	if (!ret->nfiles || exists(word) || strchr(word, '/'))
		return CAIRN_OK;
	if (cmd_lookup(word, cmd, err))
		return cairn_context(err, CAIRN_USAGE, "neither a file nor a command");
	return CAIRN_OK;
}

static enum cairn_code program_words(struct args *ret, struct opt_scan *s, struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;
	enum opt_event event;

	while (!code && !ret->cmd && (event = opt_next(s, err)) != OPT_END) {
		if (event == OPT_ERROR)
			return CAIRN_USAGE;
		if (event == OPT_OPTION) {
			code = take_option(ret, s->index, s->value, err);
			continue;
		}
		code = is_command(ret, s->value, &ret->cmd, err);
		if (!code && !ret->cmd)
			ret->files[ret->nfiles++] = s->value;
	}
	return code;
}

static void keep_words(struct args *ret, const struct opt_scan *s, int from, int to)
{
	for (; from < to; from++)
		ret->words[ret->nwords++] = s->argv[from];
}

/* `cairn COMMAND ...`: take the dumps out of the command's operands. */
static enum cairn_code command_words(struct args *ret, struct opt_scan *s, struct cairn_err *err)
{
	enum opt_event event;
	int from = s->at;

	s->table[0] = ret->cmd->opts;
	s->table[1] = opt_common;
	while ((event = opt_next(s, err)) != OPT_END) {
		if (event == OPT_ERROR)
			return opt_point_elsewhere(ret->cmd, s->argv[s->at - 1], err);
		/* mid-cluster the word is not over yet: -ab is two events of one word */
		if (s->cluster)
			continue;
		if (event == OPT_OPERAND)
			ret->files[ret->nfiles++] = s->value;
		else
			keep_words(ret, s, from, s->at);
		from = s->at;
		if (ret->nfiles && !ret->cmd->many_dumps)
			break;
	}
	if (s->operands_only)
		ret->words[ret->nwords++] = "--";
	keep_words(ret, s, s->at, s->argc);
	ret->each = ret->cmd->many_dumps;
	return CAIRN_OK;
}

/* What the command's words say to the program too: how to report a dump that does not
 * open, and that none is needed. Words that are off are the command's to tell. */
static void look_ahead(struct args *ret, const struct opt_scan *from)
{
	struct opt_scan s = *from;
	enum opt_event event;

	s.table[0] = ret->cmd->opts;
	s.table[1] = opt_common;
	while ((event = opt_next(&s, NULL)) == OPT_OPTION || event == OPT_OPERAND) {
		if (event == OPT_OPERAND)
			s.inner = s.operands_only |= ret->cmd->options_first && ret->nfiles;
		else if (s.which == 1 && s.index == COMMON_JSON)
			ret->json = true;
		else if (s.which == 1 && s.index == COMMON_HELP)
			ret->command_help = true;
		else if (s.which == 0 && opt_waives_dump(ret->cmd, s.index))
			ret->no_dump = true;
	}
}

static enum cairn_code allocate(struct args *ret, struct arena *a, int argc,
				struct cairn_err *err)
{
	size_t n = (size_t)argc + 2;

	*ret = (struct args){ .arena = a };
	ret->files = arena_array(a, n, sizeof(*ret->files));
	ret->debug_files = arena_array(a, n, sizeof(*ret->debug_files));
	ret->jobs = arena_array(a, n, sizeof(*ret->jobs));
	ret->words = arena_array(a, n, sizeof(*ret->words));
	if (!ret->files || !ret->debug_files || !ret->jobs || !ret->words)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	return CAIRN_OK;
}

enum cairn_code args_parse(struct args *ret, struct arena *a, int argc, const char *const *argv,
			   struct cairn_err *err)
{
	struct opt_scan s = { .table = { args_opts }, .argc = argc, .argv = argv, .at = 1 };
	enum cairn_code code;

	code = allocate(ret, a, argc, err);
	if (!code)
		code = program_words(ret, &s, err);
	if (code || !ret->cmd)
		return code;
	ret->words[ret->nwords++] = ret->cmd->name;
	s.operands_only = false;
	look_ahead(ret, &s);
	if (ret->nfiles || ret->cmd->no_dump || ret->command_help || ret->no_dump)
		keep_words(ret, &s, s.at, argc);
	else
		return command_words(ret, &s, err);
	return CAIRN_OK;
}
