/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/textkind.h"
#include "lib/image/unwrap.h"

#define PIECE_LEN 65536

/* A dump is not unpacked to be told that it is one: whoever opens it does so anyway. */
static bool is_packed_dump(int fd)
{
	char head[TEXTKIND_LEN];

	return textkind(head, unwrap_head(fd, head, sizeof(head))) == TEXTKIND_DUMP;
}

enum cairn_code textfile_open(struct textfile *ret, const char *path, struct cairn_err *err)
{
	enum cairn_code code;
	struct stat st;

	*ret = (struct textfile){ .path = path, .raw.fd = -1 };
	if (!strcmp(path, "-")) {
		ret->path = "standard input";
		ret->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	} else {
		ret->fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (ret->fd < 0)
		return cairn_fail(err, CAIRN_IO, "%s: %s", ret->path, strerror(errno));
	if (!strcmp(path, "-") || fstat(ret->fd, &st) || !S_ISREG(st.st_mode) || !st.st_size)
		return CAIRN_OK;
	/* a regular file may be compressed */
	ret->dump = is_packed_dump(ret->fd);
	if (ret->dump)
		return CAIRN_OK;
	code = unwrap(&ret->raw, ret->fd, err);
	ret->fd = -1;
	return code ? cairn_context(err, code, "%s", path) : CAIRN_OK;
}

void textfile_close(struct textfile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	rawfile_close(&f->raw);
}

static ssize_t read_some(struct textfile *f, char *buf, int *error)
{
	ssize_t n;

	if (f->fd < 0)
		return (ssize_t)rawfile_read(&f->raw, f->at, buf, PIECE_LEN, error);
	do
		n = read(f->fd, buf, PIECE_LEN);
	while (n < 0 && errno == EINTR);
	*error = n < 0 ? errno : 0;
	return n < 0 ? 0 : n;
}

static enum cairn_code look(struct textfile *f, const char *head, size_t n, struct cairn_err *err)
{
	enum textkind kind = f->dump ? TEXTKIND_DUMP : textkind(head, n);

	f->dump = kind == TEXTKIND_DUMP;
	if (f->dump)
		return cairn_fail(err, CAIRN_FORMAT, "%s: no text but a vmcore: `cairn triage` reads these",
				  f->path);
	return kind == TEXTKIND_TEXT ? CAIRN_OK : cairn_fail(err, CAIRN_FORMAT, "%s: no text", f->path);
}

enum cairn_code textfile_more(struct textfile *f, struct str *to, bool *more, struct cairn_err *err)
{
	char *room = str_room(to, PIECE_LEN);
	int error = 0;
	ssize_t n;

	*more = false;
	if (!room)
		return cairn_fail(err, CAIRN_NOMEM, "%s: too large", f->path);
	n = read_some(f, room, &error);
	if (error)
		return cairn_fail(err, CAIRN_IO, "%s: %s", f->path, strerror(error));
	if (!f->looked && look(f, room, (size_t)n, err))
		return CAIRN_FORMAT;
	f->looked = true;
	str_took(to, (size_t)n);
	f->at += (uint64_t)n;
	*more = n > 0;
	return CAIRN_OK;
}

bool textfile_seek_end(struct textfile *f, uint64_t last, uint64_t *skipped)
{
	if (f->fd >= 0 || f->raw.size <= last)
		return false;
	/* even: UTF-16 */
	f->at = *skipped = (f->raw.size - last + 1) & ~UINT64_C(1);
	return true;
}

bool textfile_is_cut(const struct textfile *f)
{
	return f->fd < 0 && f->raw.cut;
}
