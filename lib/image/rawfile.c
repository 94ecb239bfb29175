/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/rawfile.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"

static size_t read_fd(int fd, uint64_t off, void *buf, size_t len, int *error)
{
	size_t done = 0;
	ssize_t n;

	if (off > INT64_MAX - len)
		return 0;
	while (done < len) {
		n = pread(fd, (char *)buf + done, len - done, (off_t)(off + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && error)
			*error = errno;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}

/* The first segment that ends behind `off`; nsegs: none. */
static size_t find_seg(const struct rawfile *f, uint64_t off)
{
	size_t lo = 0, hi = f->nsegs;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (f->segs[mid].pos + f->segs[mid].len <= off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static size_t read_segs(const struct rawfile *f, uint64_t off, void *buf, size_t len, int *error)
{
	unsigned char *to = buf;
	size_t i = find_seg(f, off), done = 0;

	while (done < len && i < f->nsegs) {
		const struct rawseg *s = &f->segs[i];
		uint64_t at = off + done, in = at > s->pos ? at - s->pos : 0;
		size_t want = len - done, got;

		if (at < s->pos) {
			if (f->cut)
				break;
			got = s->pos - at < want ? (size_t)(s->pos - at) : want;
			memset(to + done, 0, got);
			done += got;
			continue;
		}
		if (s->len - in < want)
			want = (size_t)(s->len - in);
		got = read_fd(f->fd, s->src + in, to + done, want, error);
		done += got;
		if (got < want)
			break;
		i++;
	}
	return done;
}

size_t rawfile_read(const struct rawfile *f, uint64_t off, void *buf, size_t len, int *error)
{
	if (error)
		*error = 0;
	if (off >= f->size)
		return 0;
	if (len > f->size - off)
		len = (size_t)(f->size - off);
	return f->segs ? read_segs(f, off, buf, len, error) : read_fd(f->fd, off, buf, len, error);
}

/* ---- holes ---- */

/* Where data begins in [off, end). A file system that knows no holes names `off` itself. */
static bool data_in_fd(int fd, uint64_t off, uint64_t end, uint64_t *ret)
{
	off_t at;

	if (off >= end || off > INT64_MAX)
		return false;
	at = lseek(fd, (off_t)off, SEEK_DATA);
	if (at < 0 && errno == ENXIO)
		return false;
	*ret = at < 0 ? off : (uint64_t)at;
	return *ret < end;
}

/* There is no SEEK_DATA backward: bisect for the last offset with data behind it. */
static uint64_t data_end_in_fd(int fd, uint64_t begin, uint64_t end)
{
	uint64_t hi = end, at;

	if (!data_in_fd(fd, begin, end, &at))
		return begin;
	if (data_in_fd(fd, end - 1, end, &at))
		return end;
	while (hi - begin > 1) {
		uint64_t mid = begin + (hi - begin) / 2;

		if (data_in_fd(fd, mid, end, &at))
			begin = at;
		else
			hi = mid;
	}
	return hi;
}

uint64_t rawfile_data_from(const struct rawfile *f, uint64_t off)
{
	uint64_t at;

	if (f->cut || off >= f->size)
		return off < f->size ? off : f->size;
	if (!f->segs)
		return data_in_fd(f->fd, off, f->size, &at) ? at : f->size;
	for (size_t i = find_seg(f, off); i < f->nsegs; i++) {
		const struct rawseg *s = &f->segs[i];
		uint64_t in = off > s->pos ? off - s->pos : 0;

		if (data_in_fd(f->fd, s->src + in, s->src + s->len, &at))
			return s->pos + (at - s->src);
	}
	return f->size;
}

uint64_t rawfile_data_end(const struct rawfile *f, uint64_t begin, uint64_t end)
{
	if (end > f->size)
		end = f->size;
	if (begin >= end)
		return begin;
	if (!f->segs)
		return data_end_in_fd(f->fd, begin, end);
	for (size_t i = find_seg(f, end - 1) + 1; i > 0; i--) {
		const struct rawseg *s = i <= f->nsegs ? &f->segs[i - 1] : NULL;
		uint64_t from, to, got;

		if (!s || s->pos >= end)
			continue;
		if (s->pos + s->len <= begin)
			break;
		from = s->src + (begin > s->pos ? begin - s->pos : 0);
		to = s->src + (end - s->pos < s->len ? end - s->pos : s->len);
		got = data_end_in_fd(f->fd, from, to);
		if (got > from)
			return s->pos + (got - s->src);
	}
	return begin;
}

void rawfile_close(struct rawfile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	mem_free(f->segs);
	*f = (struct rawfile){ .fd = -1 };
}
