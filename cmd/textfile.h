/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * textfile - the bytes of a text, piece by piece: of a file, plain or .zst, a pipe, standard input.
 */
#ifndef CAIRN_CMD_TEXTFILE_H
#define CAIRN_CMD_TEXTFILE_H

#include <stdbool.h>

#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/image/rawfile.h"

struct textfile {
	const char *path;   /* borrowed */
	int fd;             /* of what is read as it comes; -1: `raw` is read */
	struct rawfile raw;
	uint64_t at;
	bool looked;        /* that it is a text */
	bool dump;
};

/** "-" is standard input. CAIRN_IO. */
enum cairn_code textfile_open(struct textfile *ret, const char *path, struct cairn_err *err);
void textfile_close(struct textfile *f);

/** Append what comes next; *more is false at the end. CAIRN_IO, CAIRN_NOMEM; CAIRN_FORMAT: it is no
 *  text (textkind.h), and `dump` says whether it is a vmcore instead. */
enum cairn_code textfile_more(struct textfile *f, struct str *to, bool *more, struct cairn_err *err);

/** Where the text can be read anywhere and has more than `last` bytes: go on with those, and say in
 *  *skipped how many come before. False, and nothing changes, otherwise. */
bool textfile_seek_end(struct textfile *f, uint64_t last, uint64_t *skipped);

/** What it was packed in ended early: the text does so too. */
bool textfile_is_cut(const struct textfile *f);

#endif
