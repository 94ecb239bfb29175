/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * args - the program's own command line.
 *
 *   cairn [OPTION]... VMCORE... [COMMAND [WORD]...]
 *   cairn [OPTION]... COMMAND [WORD]...
 *
 * Options of the program stand before the command's name; what follows is the command's.
 * A word that is a command's full name is that command (write ./log for a file of that
 * name). Words before it are the files of one dump, which is a split set if they are
 * several; once there is a file, a word that is no file may also shorten a command's name.
 *
 * In the second form the dump is the first operand of the command, or for a command with
 * many_dumps each operand is a dump of its own. A command that needs no dump keeps its
 * operands.
 */
#ifndef CAIRN_CMD_ARGS_H
#define CAIRN_CMD_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/cmd.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"

/** -c and -x, in the order they were given. */
struct args_job {
	bool script;      /* text is a file's name ("-": standard input), not a command line */
	const char *text;
};

enum args_colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

struct args {
	const char **files;       /* of the dump, or dumps */
	size_t nfiles;
	bool each;                /* files are dumps of their own */
	const char **debug_files; /* NULL-terminated */
	struct args_job *jobs;
	size_t njobs;
	const struct cmd *cmd;    /* NULL: none on the command line */
	const char **words;       /* of the command, words[0] its name */
	int nwords;
	bool command_help;        /* the command is only asked for its help */
	bool no_dump;             /* ... or by its option for what needs no dump */
	bool json, no_cache, no_debug_search, version, help;
	enum args_colour colour;
	/* private */
	struct arena *arena;
	size_t ndebug_files;
};

/** The program's options, for help. */
extern const struct opt args_opts[];

/** Read the command line; memory from the arena, words borrowed from argv. After
 *  CAIRN_USAGE, ret->cmd is the command whose words were off, or NULL. */
enum cairn_code args_parse(struct args *ret, struct arena *a, int argc, const char *const *argv,
			   struct cairn_err *err);

#endif
