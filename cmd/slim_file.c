/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/slim.h"
#include "lib/image/wrap_zstd.h"

/* A file beside its final place, readable by its owner alone: it has a kernel's memory in it. */
static int open_beside(const char *path, char name[PATH_MAX], struct cairn_err *err)
{
	int n = snprintf(name, PATH_MAX, "%s.XXXXXX", path), fd;

	if (n < 0 || n >= PATH_MAX) {
		cairn_fail(err, CAIRN_IO, "%s: %s", path, strerror(ENAMETOOLONG));
		return -1;
	}
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		cairn_fail(err, CAIRN_IO, "%s: %s", path, strerror(errno));
	return fd;
}

static bool wants_zstd(const char *path)
{
	size_t n = strlen(path);

	return n > 4 && !strcmp(path + n - 4, ".zst");
}

/* The plain file lives as long as its descriptor. */
static enum cairn_code write_wrapped(struct kdumpwrite *w, struct image *img, const char *path,
				     int fd, uint64_t *size, struct cairn_err *err)
{
	char name[PATH_MAX];
	int plain = open_beside(path, name, err);
	enum cairn_code code;

	if (plain < 0)
		return CAIRN_IO;
	unlink(name);
	w->codec = CODEC_NONE;
	code = kdump_write(w, img, plain, err);
	if (code == CAIRN_OK)
		code = wrap_zstd(plain, w->size, fd, size, w->stop, err);
	close(plain);
	return code;
}

static enum cairn_code write_to(struct kdumpwrite *w, struct image *img, const char *path, int fd,
				uint64_t *size, struct cairn_err *err)
{
	enum cairn_code code;

	if (wants_zstd(path))
		return write_wrapped(w, img, path, fd, size, err);
	code = kdump_write(w, img, fd, err);
	*size = w->size;
	return code;
}

/* Where the file will be: a symbolic link stays one. A rename would put a file in the place of a
 * device or of a pipe. */
static enum cairn_code final_place(const char *path, char place[PATH_MAX], struct cairn_err *err)
{
	struct stat st;

	if (!*path)
		return cairn_fail(err, CAIRN_USAGE, "-o needs the name of a file");
	if (stat(path, &st) < 0) {
		if (snprintf(place, PATH_MAX, "%s", path) < PATH_MAX)
			return CAIRN_OK;
		return cairn_fail(err, CAIRN_IO, "%s: %s", path, strerror(ENAMETOOLONG));
	}
	if (!S_ISREG(st.st_mode))
		return cairn_fail(err, CAIRN_USAGE, "%s is no regular file", path);
	if (!realpath(path, place))
		return cairn_fail(err, CAIRN_IO, "%s: %s", path, strerror(errno));
	return CAIRN_OK;
}

enum cairn_code slim_write(struct kdumpwrite *w, struct image *img, const char *path,
			   uint64_t *size, struct cairn_err *err)
{
	char place[PATH_MAX], name[PATH_MAX];
	enum cairn_code code = final_place(path, place, err);
	int fd;

	if (code != CAIRN_OK)
		return code;
	fd = open_beside(place, name, err);
	if (fd < 0)
		return CAIRN_IO;
	code = write_to(w, img, place, fd, size, err);
	if (code == CAIRN_IO)
		cairn_context(err, code, "%s", path);
	if (close(fd) < 0 && code == CAIRN_OK)
		code = cairn_fail(err, CAIRN_IO, "%s: %s", path, strerror(errno));
	if (code == CAIRN_OK && rename(name, place) < 0)
		code = cairn_fail(err, CAIRN_IO, "%s: %s", path, strerror(errno));
	if (code != CAIRN_OK)
		unlink(name);
	return code;
}
