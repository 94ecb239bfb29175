/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sink - where the output of one command line goes: standard output, a program, a file.
 */
#ifndef CAIRN_CMD_SINK_H
#define CAIRN_CMD_SINK_H

#include <stdbool.h>
#include <sys/types.h>

#include "cmd/words.h"
#include "lib/base/err.h"

struct sink {
	int fd;
	bool plain;      /* fd is standard output itself */
	pid_t pid;       /* of the program; 0: none */
	const char *pager; /* standard output is a terminal, and this shows what exceeds it; NULL:
			      nothing does */
};

/** Open what the line names. After CAIRN_OK the sink must be closed. */
enum cairn_code sink_open(struct sink *s, const struct line *line, struct cairn_err *err);

/** For struct out: `text` begins the output for standard output. The file descriptor that it goes
 *  to: the pager's, which is started, if the terminal has not as many rows. `arg`: the sink. */
int sink_choose(void *arg, const char *text, size_t n);

/** Close, and wait for the program to end. How it ended is its own affair. */
enum cairn_code sink_close(struct sink *s, struct cairn_err *err);

/** Run a shell command in the foreground and wait for it. */
enum cairn_code sink_shell(const char *command, struct cairn_err *err);

#endif
