/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/oops_file.h"

#include <string.h>

#include "cmd/textfile.h"

/* What comes beyond the limit before the beginning is dropped again: moving it costs. */
#define SLACK (OOPS_FILE_MAX / 4)

static void drop_front(struct str *s, size_t n)
{
	memmove(s->buf, s->buf + n, s->len - n);
	s->len -= n;
	s->buf[s->len] = '\0';
}

/* A line that has lost its beginning is none. */
static void drop_half_line(struct str *s, uint64_t *skipped)
{
	const char *nl = *skipped ? memchr(s->buf, '\n', s->len) : NULL;
	size_t n = nl ? (size_t)(nl - s->buf) + 1 : 0;

	/* of UTF-16 two bytes are one: pairs stay pairs */
	n += n & 1 && n < s->len && !s->buf[n];
	drop_front(s, n);
	*skipped += n;
}

static enum cairn_code read_all(struct textfile *f, struct str *ret, struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;

	for (bool more = true; !code && more && ret->len <= OOPS_FILE_MAX; )
		code = textfile_more(f, ret, &more, err);
	return code;
}

static enum cairn_code read_end(struct textfile *f, struct str *ret, uint64_t *skipped,
				struct cairn_err *err)
{
	bool more = true;
	enum cairn_code code = textfile_more(f, ret, &more, err);

	if (!code && textfile_seek_end(f, OOPS_FILE_MAX, skipped))
		str_clear(ret);
	while (!code && more) {
		code = textfile_more(f, ret, &more, err);
		if (ret->len > OOPS_FILE_MAX && (!more || ret->len > OOPS_FILE_MAX + SLACK)) {
			size_t n = (ret->len - OOPS_FILE_MAX + 1) & ~(size_t)1;

			drop_front(ret, n);
			*skipped += n;
		}
	}
	drop_half_line(ret, skipped);
	return code;
}

enum cairn_code oops_file_read(struct str *ret, bool *cut, bool *dump, const char *path,
			       struct cairn_err *err)
{
	struct textfile f;
	enum cairn_code code = textfile_open(&f, path, err);

	*cut = false;
	if (dump)
		*dump = false;
	if (code)
		return code;
	code = read_all(&f, ret, err);
	*cut = textfile_is_cut(&f) || ret->len > OOPS_FILE_MAX;
	if (ret->len > OOPS_FILE_MAX) {
		ret->len = OOPS_FILE_MAX;
		ret->buf[ret->len] = '\0';
	}
	if (dump)
		*dump = f.dump;
	textfile_close(&f);
	return code;
}

enum cairn_code oops_file_read_end(struct str *ret, uint64_t *skipped, bool *cut, bool *dump,
				   const char *path, struct cairn_err *err)
{
	struct textfile f;
	enum cairn_code code = textfile_open(&f, path, err);

	*skipped = 0;
	*cut = *dump = false;
	if (code)
		return code;
	code = read_end(&f, ret, skipped, err);
	*cut = textfile_is_cut(&f);
	*dump = f.dump;
	textfile_close(&f);
	return code;
}
