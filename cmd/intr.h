/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * intr - Ctrl-C while a command runs.
 *
 * Between intr_begin() and intr_end() SIGINT only sets a flag, which commands ask for with
 * cmd_interrupted(). A command that does not ask can be ended by pressing Ctrl-C three
 * times: the third one ends the program as it would without cairn's handler; unless the
 * keys may be meant for a program that reads the output, such as a pager. Outside, SIGINT
 * does what it did before.
 */
#ifndef CAIRN_CMD_INTR_H
#define CAIRN_CMD_INTR_H

#include <signal.h>
#include <stdbool.h>

/** What to restore. */
struct intr {
	struct sigaction before;
};

/** `shared`: another program has the terminal too. */
void intr_begin(struct intr *i, bool shared);
void intr_end(const struct intr *i);

/** From now on it has. */
void intr_share(void);

#endif
