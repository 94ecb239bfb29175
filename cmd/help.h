/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * help - what the descriptors of the commands say about themselves.
 */
#ifndef CAIRN_CMD_HELP_H
#define CAIRN_CMD_HELP_H

#include "cmd/cmd.h"

/** Usage, options and paragraphs of one command; in JSON one cairn.command/1. */
void help_show(struct out *o, const struct cmd *cmd);

/** "bt [-a] [PID | TASK]...", without a newline. */
void help_usage(struct str *s, const struct cmd *cmd);

/** Rows of an option table, one "  -a, --all   what it does" a line; text only. */
void help_options(struct out *o, const struct opt *table);

#endif
