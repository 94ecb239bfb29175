/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quit - signals that end the program, put off until what is being written is whole.
 *
 * Between quit_begin() and quit_end() SIGINT, SIGTERM and SIGHUP only set a flag; one that comes a
 * second time ends the program at once. What was ignored before (nohup) stays so.
 */
#ifndef CAIRN_CMD_QUIT_H
#define CAIRN_CMD_QUIT_H

#include <signal.h>

#define QUIT_SIGNALS 3

/** What to restore. */
struct quit {
	struct sigaction before[QUIT_SIGNALS];
};

void quit_begin(struct quit *q);

/** The signal that came, or 0. */
int quit_asked(void);

/** In a process that was forked since: signals do what they did before, and none has come. */
void quit_forget(const struct quit *q);

/** Likewise; and the one that came is raised again, which ends the program if nothing else does. */
void quit_end(const struct quit *q);

#endif
