/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * complete - what the Tab key knows: commands, their options, and by cmd.complete the
 * names of symbols, types ("task_struct.se.<Tab>" goes on with members), commands, files.
 *
 * Symbol names are gathered and sorted when they are first wanted.
 */
#ifndef CAIRN_CMD_COMPLETE_H
#define CAIRN_CMD_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/run.h"
#include "lib/base/arena.h"

struct completer {
	struct cairn *cairn;
	struct arena arena;      /* sorted symbol names */
	const char **symbol;
	size_t nsymbols;
	bool gathered;
	struct arena scratch;    /* of one Tab */
};

/** Words that can stand where the word from `start` to `end` of `line` stands, sorted, each
 *  once; *n is their number. They live until the next call. NULL: file names, which the
 *  caller completes himself. *open tells that a word that is completed goes on (a path of
 *  members). */
const char *const *complete_words(struct completer *c, const char *line, size_t start,
				  size_t end, size_t *n, bool *open);

void complete_deinit(struct completer *c);

#endif
