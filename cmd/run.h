/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run - running command lines: one, or a script of them.
 *
 * A line is a command with its words (words.h), or
 *   # text            a comment; likewise an empty line
 *   !PROGRAM          for /bin/sh
 *   set pager on|off  (crash's `set scroll`): whether what exceeds the terminal is shown by pager.h
 *   q, quit, exit     no more lines
 *
 * Nothing is printed here but what commands write: errors go to runner.report.
 */
#ifndef CAIRN_CMD_RUN_H
#define CAIRN_CMD_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/sink.h"

/** The program's exit codes; those below PARTIAL that JSON.md gives to verdicts are the
 *  same numbers. A script's status is the worst of its commands':
 *  OK < PARTIAL < FINDINGS < OPEN < USAGE. */
enum status {
	STATUS_OK = 0,
	STATUS_FINDINGS = 1,
	STATUS_USAGE = 2,   /* the words were off: no such command, option, symbol, task */
	STATUS_OPEN = 3,    /* a file could not be opened, read or written */
	STATUS_PARTIAL = 4, /* answered as far as the dump allowed, or not at all */
};

enum status status_of(enum cairn_code code);
enum status status_worse(enum status a, enum status b);

/** What lines are run against. */
struct runner {
	struct cairn *cairn;          /* NULL: no dump */
	const char *const *files;     /* it was opened from; nfiles 0: none */
	size_t nfiles;
	enum out_mode mode;           /* unless the command has -j */
	bool colour_stdout, colour_always;
	const char *pager;            /* for text that exceeds the terminal; NULL: none */
	const char *script;           /* of the line being run; NULL: none */
	unsigned long lineno;
	struct arena scratch;         /* reset after each command */
	enum status status;           /* the worst so far */
	bool at_prompt;               /* the shell: its commands are typed without the program's name */
	bool batch;                   /* each dump in a process of its own */
	bool interrupted;             /* the last command was, by Ctrl-C */
	uint64_t chosen;              /* as *call.chosen */
	/* Say what went wrong. `o` is the command's output, NULL where there is none; `name`
	   is the command as typed and `cmd` its descriptor; each can be NULL. */
	void (*report)(const struct runner *r, struct out *o, const char *name,
		       const struct cmd *cmd, const struct cairn_err *err);
};

/** Run one command whose words are given. A pager is closed at the end. */
void run_words(struct runner *r, int argc, const char *const *argv, struct sink *to);

/** Run one line. False: it was q, quit or exit. */
bool run_line(struct runner *r, const char *text);

/** Run lines until the end of the file, a q, or Ctrl-C. `name` is for messages. */
void run_script(struct runner *r, FILE *f, const char *name);

#endif
