/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * repl - the shell: a prompt, with history and completion.
 *
 * Ctrl-C clears the line or stops the command, Ctrl-D leaves.
 */
#ifndef CAIRN_CMD_REPL_H
#define CAIRN_CMD_REPL_H

#include "cmd/run.h"

/** Read and run lines from the terminal until the user leaves. */
void repl_run(struct runner *r);

#endif
