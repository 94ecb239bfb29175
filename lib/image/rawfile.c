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

void rawfile_close(struct rawfile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	mem_free(f->segs);
	*f = (struct rawfile){ .fd = -1 };
}
