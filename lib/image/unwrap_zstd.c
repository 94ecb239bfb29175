/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "lib/base/fdio.h"
#include "lib/base/cursor.h"
#include "lib/base/mem.h"
#include "lib/image/unwrap.h"

#define IN_SIZE  ((size_t)1 << 20)
#define OUT_SIZE ((size_t)4 << 20)
#define HOLE     ((size_t)64 << 10) /* zeros of this size and alignment are not written */

/* A file that unpacks to more than this, and a floor, is a bomb: memory of nothing but
 * zeros shrinks about 30,000 times, a dump that somebody wants read far less. */
#define RATIO 16384u
#define FLOOR ((uint64_t)1 << 30)

#define ZSTD_FRAME_MAGIC 0xfd2fb528u /* RFC 8878, 3.1.1 */
#define ZSTD_SKIP_MAGIC  0x184d2a50u /* 3.1.2; low 4 bits free */

bool zstd_is(const unsigned char *head, size_t n)
{
	return n >= 4 && (le32(head) == ZSTD_FRAME_MAGIC || (le32(head) & ~15u) == ZSTD_SKIP_MAGIC);
}

bool zstd_probe(const struct rawfile *f)
{
	unsigned char head[4];

	return zstd_is(head, rawfile_read(f, 0, head, sizeof(head), NULL));
}

#define HEAD_IN ((size_t)256 << 10) /* more than a block, before whose end nothing may come out */

/* What comes out of the first n bytes of a file. */
static size_t head_of(const void *in, size_t n, void *buf, size_t len)
{
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	ZSTD_outBuffer to = { buf, len, 0 };
	ZSTD_inBuffer from = { in, n, 0 };

	while (ctx && from.pos < from.size && to.pos < to.size)
		if (ZSTD_isError(ZSTD_decompressStream(ctx, &to, &from)))
			break;
	ZSTD_freeDCtx(ctx);
	return to.pos;
}

size_t unwrap_head(int fd, void *buf, size_t len)
{
	const struct rawfile f = { .fd = fd, .size = HEAD_IN };
	unsigned char *in = mem_zalloc(HEAD_IN, 1);
	size_t n = in ? rawfile_read(&f, 0, in, HEAD_IN, NULL) : 0;

	n = in && zstd_is(in, n) ? head_of(in, n, buf, len) : 0;
	mem_free(in);
	return n;
}

/* ---- where the bytes go ---- */

struct sink {
	int fd;
	bool on_disk;
	uint64_t size;    /* bytes so far, holes included */
	uint64_t written; /* without holes */
	uint64_t max;     /* no larger than this */
	uint64_t (*room)(void); /* how much may lie in memory, now */
};

static const char *tmp_dir(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/var/tmp";
}

static int disk_file(void)
{
	char path[4096];
	int fd = open(tmp_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	/* not every file system has unnamed files */
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	if ((size_t)snprintf(path, sizeof(path), "%s/cairn-XXXXXX", tmp_dir()) >= sizeof(path))
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static enum cairn_code sink_open(struct sink *s, struct cairn_err *err)
{
	s->on_disk = !s->room();
	s->fd = s->on_disk ? disk_file() : memfd_create("cairn", MFD_CLOEXEC);
	if (s->fd < 0 && !s->on_disk) {
		s->on_disk = true;
		s->fd = disk_file();
	}
	if (s->fd < 0)
		return cairn_fail(err, CAIRN_IO, "no temporary file in %s to unpack it: %s",
				  tmp_dir(), strerror(errno));
	return CAIRN_OK;
}

static bool all_zero(const unsigned char *p, size_t len)
{
	return !len || (!p[0] && !memcmp(p, p + 1, len - 1));
}

/* One stretch that lies in one HOLE-aligned unit. */
static bool put_unit(struct sink *s, const unsigned char *p, size_t len)
{
	if (!all_zero(p, len)) {
		if (!fd_write_at(s->fd, p, len, s->size))
			return false;
		s->written += len;
	}
	s->size += len;
	return true;
}

/* Too much for memory: go on in a file on disk. buf: OUT_SIZE bytes to work in. */
static bool move_to_disk(struct sink *s, unsigned char *buf)
{
	struct sink disk = { .fd = disk_file(), .on_disk = true, .max = s->max };
	struct rawfile from = { .fd = s->fd, .size = s->size };
	bool ok = true;

	if (disk.fd < 0)
		return false;
	while (ok && disk.size < s->size) {
		off_t data = lseek(s->fd, (off_t)disk.size, SEEK_DATA);
		size_t n;

		if (data < 0 && errno == ENXIO) {
			disk.size = s->size;
			break;
		}
		disk.size = data < 0 ? disk.size : (uint64_t)data;
		n = rawfile_read(&from, disk.size, buf, OUT_SIZE, NULL);
		ok = n > 0;
		for (size_t i = 0; ok && i < n; i += HOLE)
			ok = put_unit(&disk, buf + i, n - i < HOLE ? n - i : HOLE);
	}
	close(ok ? s->fd : disk.fd);
	if (!ok)
		return false;
	*s = disk;
	return true;
}

static enum cairn_code too_large(uint64_t max, struct cairn_err *err)
{
	return cairn_fail(err, CAIRN_LIMIT, "unpacks to more than %llu MB",
			  (unsigned long long)(max >> 20));
}

static enum cairn_code sink_put(struct sink *s, unsigned char *buf, size_t len,
				struct cairn_err *err)
{
	size_t done = 0;

	if (len > s->max - s->size)
		return too_large(s->max, err);
	while (done < len) {
		size_t unit = HOLE - (size_t)(s->size % HOLE);

		if (unit > len - done)
			unit = len - done;
		if (!put_unit(s, buf + done, unit))
			return cairn_fail(err, CAIRN_IO, "unpacking into %s: %s",
					  s->on_disk ? tmp_dir() : "memory", strerror(errno));
		done += unit;
	}
	if (!s->on_disk && s->written > s->room() && !move_to_disk(s, buf))
		return cairn_fail(err, CAIRN_IO, "unpacking into %s: %s", tmp_dir(),
				  strerror(errno));
	return CAIRN_OK;
}

/* ---- the stream ---- */

struct stream {
	const struct rawfile *f;
	ZSTD_DCtx *ctx;
	unsigned char *in, *out;
	struct sink sink;
	bool cut;
	char why[192]; /* nothing could be unpacked at all */
};

static bool bomb(const struct stream *z, uint64_t consumed)
{
	return z->sink.size > FLOOR && (z->sink.size - FLOOR) / RATIO > consumed;
}

/* A difference refers to bytes of another file before its own first one. */
static void say_why(struct stream *z, size_t error)
{
	bool first = ZSTD_getErrorCode(error) == ZSTD_error_corruption_detected && !z->sink.size;

	snprintf(z->why, sizeof(z->why), "zstd: %s%s", ZSTD_getErrorName(error),
		 first ? " at its begin: it is damaged, or only the difference to another file "
			 "(zstd -d --patch-from=THE_OTHER unpacks it)" : "");
}

/* Unpack what is in `in`; false to stop. hint is 0 where a frame has just ended. */
static bool feed(struct stream *z, ZSTD_inBuffer *in, uint64_t before, size_t *hint,
		 enum cairn_code *code, struct cairn_err *err)
{
	ZSTD_outBuffer out;

	do {
		out = (ZSTD_outBuffer){ z->out, OUT_SIZE, 0 };
		*hint = ZSTD_decompressStream(z->ctx, &out, in);
		if (ZSTD_isError(*hint)) {
			say_why(z, *hint);
			return false;
		}
		*code = sink_put(&z->sink, z->out, out.pos, err);
		if (*code != CAIRN_OK || bomb(z, before + in->pos))
			return false;
	} while (in->pos < in->size || (*hint && out.pos == out.size));
	return true;
}

static enum cairn_code unpack(struct stream *z, struct cairn_err *err)
{
	enum cairn_code code = sink_open(&z->sink, err);
	uint64_t at = 0;
	size_t hint = 0;

	z->cut = true;
	while (code == CAIRN_OK) {
		ZSTD_inBuffer in = { z->in, 0, 0 };

		in.size = rawfile_read(z->f, at, z->in, IN_SIZE, NULL);
		if (!in.size) {
			z->cut = hint != 0;
			break;
		}
		if (!feed(z, &in, at, &hint, &code, err))
			break;
		at += in.size;
	}
	return code;
}

static enum cairn_code finish(struct stream *z, struct rawfile *f, struct cairn_err *err)
{
	if (!z->sink.size)
		return cairn_fail(err, CAIRN_FORMAT, "%s",
				  *z->why ? z->why : "a zstd file with nothing in it");
	if (ftruncate(z->sink.fd, (off_t)z->sink.size) < 0)
		return cairn_fail(err, CAIRN_IO, "unpacking: %s", strerror(errno));
	close(f->fd);
	f->fd = z->sink.fd;
	f->size = z->sink.size;
	f->cut |= z->cut;
	z->sink.fd = -1;
	return CAIRN_OK;
}

/* What the first frame says of itself, where it does. */
static bool says_more(const struct rawfile *f, uint64_t max)
{
	unsigned char head[32]; /* ZSTD_FRAMEHEADERSIZE_MAX is 18 */
	unsigned long long size = ZSTD_getFrameContentSize(head, rawfile_read(f, 0, head, sizeof(head), NULL));

	return size != ZSTD_CONTENTSIZE_UNKNOWN && size != ZSTD_CONTENTSIZE_ERROR && size > max;
}

enum cairn_code zstd_open(struct rawfile *f, uint64_t max, uint64_t (*room)(void), struct cairn_err *err)
{
	struct stream z = {
		.f = f, .ctx = ZSTD_createDCtx(), .sink = { .fd = -1, .max = max, .room = room },
		.in = mem_zalloc(IN_SIZE, 1), .out = mem_zalloc(OUT_SIZE, 1),
	};
	enum cairn_code code;

	if (says_more(f, max))
		code = too_large(max, err);
	else if (z.ctx && z.in && z.out)
		code = unpack(&z, err);
	else
		code = cairn_fail(err, CAIRN_NOMEM, "no memory to unpack it");
	if (code == CAIRN_OK)
		code = finish(&z, f, err);
	if (z.sink.fd >= 0)
		close(z.sink.fd);
	ZSTD_freeDCtx(z.ctx);
	mem_free(z.in);
	mem_free(z.out);
	return code;
}
