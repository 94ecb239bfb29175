/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * complete_place - what may stand at a place of a line: by the command that it is a word of, and by
 * the option before it, whose argument it is.
 */
#ifndef CAIRN_CMD_COMPLETE_PLACE_H
#define CAIRN_CMD_COMPLETE_PLACE_H

#include "cmd/cmd.h"

struct complete_place {
	const struct cmd *cmd;     /* NULL: none, or one that there is not */
	bool first;                /* the command's own name stands there */
	bool argument;             /* an option's argument does */
	enum cmd_complete kind;    /* what else */
};

/** Of the word that begins at `start`. The command of foreach and of slim is the one whose words
 *  follow. */
struct complete_place complete_place(const char *line, size_t start, struct arena *a);

#endif
