/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * history - the lines of former sessions, in $XDG_STATE_HOME/cairn/history.
 *
 * The file is readable by its owner only: lines name what is inside other people's
 * memory. A line that begins with a blank, or repeats the one before, is not kept. All of
 * it is a convenience: what cannot be read or written is silently done without.
 */
#ifndef CAIRN_CMD_HISTORY_H
#define CAIRN_CMD_HISTORY_H

#include "lib/base/arena.h"

/** Lines that are kept. */
#define HISTORY_LINES 5000

/** Where the file is, by $XDG_STATE_HOME (absolute, as the XDG specification wants), else
 *  $HOME/.local/state. NULL if neither says. */
const char *history_path(struct arena *a);

/** Read the file; add a line to both history and file. `path` may be NULL. */
void history_load(const char *path);
void history_keep(const char *path, const char *line);

#endif
