/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/oops_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/image/rawfile.h"
#include "lib/image/unwrap.h"

#define PIECE_LEN 65536

static enum cairn_code read_stream(struct str *ret, bool *cut, int fd, const char *path,
				   struct cairn_err *err)
{
	char buf[PIECE_LEN];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		if (ret->len + (size_t)n > OOPS_FILE_MAX) {
			*cut = true;
			break;
		}
		str_addn(ret, buf, (size_t)n);
		if (ret->failed)
			break;
	}
	return n < 0 ? cairn_fail(err, CAIRN_IO, "%s: %s", path, strerror(errno)) : CAIRN_OK;
}

static enum cairn_code read_raw(struct str *ret, bool *cut, const struct rawfile *f,
				const char *path, struct cairn_err *err)
{
	char buf[PIECE_LEN];
	int error = 0;
	size_t n;

	while (ret->len < OOPS_FILE_MAX && !ret->failed &&
	       (n = rawfile_read(f, ret->len, buf, sizeof(buf), &error)) > 0)
		str_addn(ret, buf, n);
	*cut = f->cut || ret->len < f->size;
	return error ? cairn_fail(err, CAIRN_IO, "%s: %s", path, strerror(error)) : CAIRN_OK;
}

/* A regular file may be compressed. */
static enum cairn_code read_file(struct str *ret, bool *cut, int fd, const char *path,
				 struct cairn_err *err)
{
	struct rawfile f;
	enum cairn_code code = unwrap(&f, fd, err);

	if (code)
		return cairn_context(err, code, "%s", path);
	code = read_raw(ret, cut, &f, path, err);
	rawfile_close(&f);
	return code;
}

static enum cairn_code read_path(struct str *ret, bool *cut, const char *path,
				 struct cairn_err *err)
{
	enum cairn_code code;
	struct stat st;
	int fd;

	if (!strcmp(path, "-"))
		return read_stream(ret, cut, STDIN_FILENO, "standard input", err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cairn_fail(err, CAIRN_IO, "%s: %s", path, strerror(errno));
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size)
		return read_file(ret, cut, fd, path, err);
	code = read_stream(ret, cut, fd, path, err);
	close(fd);
	return code;
}

enum cairn_code oops_file_read(struct str *ret, bool *cut, const char *path, struct cairn_err *err)
{
	enum cairn_code code;

	*cut = false;
	code = read_path(ret, cut, path, err);
	return ret->failed ? cairn_fail(err, CAIRN_NOMEM, "%s: too large", path) : code;
}
