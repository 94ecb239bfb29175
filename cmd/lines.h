/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lines - a text file line by line, of any length: what is kept is the line.
 */
#ifndef CAIRN_CMD_LINES_H
#define CAIRN_CMD_LINES_H

#include "cmd/textfile.h"

/** A longer line is an error. */
#define LINES_LEN_MAX ((size_t)64 << 20)

struct lines {
	struct textfile file;
	struct str text;    /* what was read and is not passed yet begins at `at` */
	size_t at;
	size_t no;          /* of the last line, from 1 */
	bool more;          /* the file may have more */
};

enum cairn_code lines_open(struct lines *ret, const char *path, struct cairn_err *err);
void lines_close(struct lines *l);

/** The next line, without its end, borrowed until the next call; *line is NULL behind the last.
 *  CAIRN_IO, CAIRN_NOMEM; CAIRN_FORMAT: the file is no text; CAIRN_LIMIT: the line is too long. After an error nothing more can be had. */
enum cairn_code lines_next(struct lines *l, const char **line, size_t *len, struct cairn_err *err);

#endif
