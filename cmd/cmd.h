/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cmd - what a command is.
 *
 * One file per command; its last line is CAIRN_CMD(&descriptor). Options are data: the
 * same table yields parsing, help, completion and the check against the man page.
 */
#ifndef CAIRN_CMD_CMD_H
#define CAIRN_CMD_CMD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/arena.h"
#include "lib/base/out.h"
#include "lib/base/set.h"
#include "lib/kern/session.h"

/** An option of a command (or of the program). The table ends with a zero entry. */
struct opt {
	char letter;      /* 'a'; 0: long only */
	const char *name; /* "all"; NULL: short only */
	const char *arg;  /* "CPU": takes an argument, shown by this word; NULL: a flag */
	const char *help; /* one line */
};

struct opt_value {
	bool set;
	const char *value; /* of the last occurrence; NULL for a flag */
};

#define CMD_OPTS 16

/** What completes a word that is not an option. */
enum cmd_complete {
	COMPLETE_NONE,
	COMPLETE_SYMBOL,
	COMPLETE_TYPE,
	COMPLETE_COMMAND,
	COMPLETE_FILE,
	COMPLETE_TASK,         /* a task's name: also where `tasks` says that operands are tasks */
	COMPLETE_TASK_COMMAND, /* commands for tasks */
	COMPLETE_TASK_MEMBER,  /* members of task_struct, with commas */
	COMPLETE_FINDING,      /* checkers, and ids of findings */
	COMPLETE_MODULE,
	COMPLETE_LEVEL,        /* of the log */
	COMPLETE_WAIT,         /* what is waited for */
};

struct runner;

/** One call of a command. */
struct call {
	struct cairn *cairn;     /* NULL: a command that needs no dump (help, explain) */
	struct out *out;
	struct arena *scratch;   /* reset after the command */
	const struct cmd *cmd;
	struct opt_value opt[CMD_OPTS]; /* by index into cmd->opts */
	int argc;                /* operands, options taken out */
	const char *const *argv;
	const char *const *files; /* what the session was opened from; nfiles 0: no session */
	size_t nfiles;
	uint64_t *chosen;        /* task_struct that `set` chose for commands whose task is not named;
				    0: the one that panicked */
	const struct runner *runner; /* for cmd_warn(); NULL: nobody listens */
	bool at_prompt;          /* typed in the shell, where others are typed likewise */
};

/** A command's verdict besides its error: the exit code of the program.
 *  JSON.md: 0 nothing found, 1 findings, 4 answered as far as a damaged dump allowed. */
enum verdict { VERDICT_OK = 0, VERDICT_FINDINGS = 1, VERDICT_PARTIAL = 4 };

struct cmd {
	const char *name;
	const char *synopsis;  /* "[-a] [-c CPU] [PID | TASK]..." */
	const char *summary;   /* one line for `help` */
	const char *help;      /* paragraphs for `help NAME` */
	const struct opt *opts;
	bool no_dump;          /* runs without a vmcore */
	bool dump_if_named;    /* of one that runs without: a vmcore before it is opened */
	const char *no_dump_option; /* runs without one when this option is given; NULL: none */
	bool many_dumps;       /* `cairn NAME A B`: every operand is a vmcore, and the command
				  runs once for each (else only the first operand is one) */
	bool options_first;    /* the first operand ends the options: the rest is another
				  command with options of its own (foreach, slim) */
	bool tasks;            /* every operand is a task: `foreach NAME` gives it all of them */
	enum cmd_complete complete;
	enum cairn_code (*run)(struct call *call, enum verdict *verdict, struct cairn_err *err);
	/* what is said in place of cairn.error/1, or left in a file, when the dump could not be opened;
	   NULL: nothing */
	enum cairn_code (*unopened)(struct call *call, const struct cairn_err *why, struct cairn_err *err);
};

SET_DECLARE(cairn_cmds, const struct cmd);
#define CAIRN_CMD(member) SET_ADD(cairn_cmds, const struct cmd, member)

/** By name, or by an abbreviation of two letters or more that only one command has. */
const struct cmd *cmd_find(const char *name);

/** All commands sorted by name; *n is their number. Memory from the arena. */
const struct cmd *const *cmd_sorted(struct arena *a, size_t *n);

/** The commands are fit to be used together: names differ, option tables have at most
 *  CMD_OPTS entries whose letters and names differ. CAIRN_USAGE names the first that is
 *  not. */
enum cairn_code cmd_check(struct cairn_err *err);

/** As cmd_find, with the reason: unknown, or the names that an abbreviation could mean. */
enum cairn_code cmd_lookup(const char *name, const struct cmd **ret, struct cairn_err *err);

/** Run another command inside a command (foreach, slim): argv[0] is its name, its options
 *  are parsed, the session and scratch memory are the caller's. Every command also takes
 *  -j, --json (here without effect: `out` has its mode) and -h, --help. */
enum cairn_code cmd_call(const struct call *from, struct out *out, int argc,
			 const char *const *argv, enum verdict *verdict, struct cairn_err *err);

/** Say at once what costs a part of the answer: on standard error, and among JSON as cairn.error/1. No
 *  record may be open. */
void cmd_warn(const struct call *call, const struct cairn_err *err);

/** True when the user pressed Ctrl-C: long loops ask and return CAIRN_INTERRUPTED. */
bool cmd_interrupted(void);

#endif
