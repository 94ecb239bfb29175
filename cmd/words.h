/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * words - a command line of the shell, taken apart.
 *
 *   WORD...              words part at blanks; '...' and "..." hold blanks together, and
 *                        a backslash takes the next character as it is (not inside '...')
 *   WORD... | PROGRAM    PROGRAM, the rest of the line as it stands, is for /bin/sh
 *   WORD... > FILE       FILE is one word; >> appends
 *
 * Inside quotes and inside parentheses, and in the C operators -> || >=, the characters
 * | and > mean nothing special, so that expressions can be typed as they are.
 */
#ifndef CAIRN_CMD_WORDS_H
#define CAIRN_CMD_WORDS_H

#include "lib/base/arena.h"
#include "lib/base/err.h"

enum line_target { LINE_PLAIN, LINE_PIPE, LINE_FILE, LINE_APPEND };

struct line {
	int nwords;                /* 0: an empty line */
	const char *const *words;
	enum line_target to;
	const char *target;        /* the program or the file; NULL for LINE_PLAIN */
};

/** Take `text` apart, memory from the arena. CAIRN_USAGE for a quote that does not end, or
 *  a | or > with nothing behind it. */
enum cairn_code line_split(struct line *ret, struct arena *a, const char *text,
			   struct cairn_err *err);

#endif
