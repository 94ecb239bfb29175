/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/lines.h"

#include <string.h>

enum cairn_code lines_open(struct lines *ret, const char *path, struct cairn_err *err)
{
	*ret = (struct lines){ .more = true };
	str_init(&ret->text);
	return textfile_open(&ret->file, path, err);
}

void lines_close(struct lines *l)
{
	textfile_close(&l->file);
	str_deinit(&l->text);
}

static void forget(struct lines *l)
{
	l->text.len -= l->at;
	if (l->at)
		memmove(l->text.buf, l->text.buf + l->at, l->text.len + 1);
	l->at = 0;
}

/* Read until a line's end is there, or the file's; *end is the length of the line. */
static enum cairn_code read_line(struct lines *l, size_t *end, struct cairn_err *err)
{
	size_t seen = l->at;
	const char *nl;
	enum cairn_code code;

	while (!(nl = memchr(l->text.buf + seen, '\n', l->text.len - seen)) && l->more) {
		forget(l);
		seen = l->text.len;
		if (seen > LINES_LEN_MAX)
			return cairn_fail(err, CAIRN_LIMIT, "line %zu is over %zu MB", l->no + 1,
					  LINES_LEN_MAX >> 20);
		code = textfile_more(&l->file, &l->text, &l->more, err);
		if (code)
			return code;
	}
	*end = (nl ? (size_t)(nl - l->text.buf) : l->text.len) - l->at;
	return CAIRN_OK;
}

enum cairn_code lines_next(struct lines *l, const char **line, size_t *len, struct cairn_err *err)
{
	enum cairn_code code = read_line(l, len, err);

	*line = NULL;
	if (code || (!l->more && l->at >= l->text.len))
		return code;
	*line = l->text.buf + l->at;
	l->at += *len;
	l->at += l->at < l->text.len;
	l->no++;
	return CAIRN_OK;
}
