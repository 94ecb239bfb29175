/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * oops_file - a text file as a whole: plain or .zst, a pipe, standard input.
 */
#ifndef CAIRN_CMD_OOPS_FILE_H
#define CAIRN_CMD_OOPS_FILE_H

#include "lib/base/str.h"
#include "lib/cairn.h"

/** No more of a text is kept; *cut or *skipped says that there was more. */
#define OOPS_FILE_MAX ((size_t)256 << 20)

/** Append the file's bytes to an empty text; "-" is standard input. As textfile_more(): *dump (may be
 *  NULL) says of what is no text that it is a vmcore. */
enum cairn_code oops_file_read(struct str *ret, bool *cut, bool *dump, const char *path,
			       struct cairn_err *err);

/** The same of a log, whose end matters: of one that is larger the last lines, and *skipped says how
 *  many bytes came before. *cut: it ends early. */
enum cairn_code oops_file_read_end(struct str *ret, uint64_t *skipped, bool *cut, bool *dump,
				   const char *path, struct cairn_err *err);

#endif
