/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/image/unwrap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/held.h"

/* What the kernel thinks can be had without swapping: Documentation/filesystems/proc.rst,
 * MemAvailable. */
static uint64_t available(void)
{
	unsigned long long kib = 0;
	FILE *f = fopen("/proc/meminfo", "re");
	char line[128];

	if (!f)
		return 0;
	while (!kib && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) != 1)
			kib = 0;
	fclose(f);
	return (uint64_t)kib << 10;
}

/* What the process was told not to exceed, less what it has; since 2.4.30 no kernel holds anyone to it,
 * setrlimit(2). */
static uint64_t allowed(void)
{
	struct rlimit limit;
	uint64_t held;

	if (getrlimit(RLIMIT_RSS, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return UINT64_MAX;
	held = held_by(getpid());
	return held < limit.rlim_cur ? limit.rlim_cur - held : 0;
}

static uint64_t memory_room(void)
{
	uint64_t quarter = available() / 4, half = allowed() / 2;

	return quarter < half ? quarter : half;
}

static enum cairn_code open_plain(struct rawfile *f, struct cairn_err *err)
{
	struct stat st;
	off_t end;

	if (fstat(f->fd, &st) < 0)
		return cairn_fail(err, CAIRN_IO, "stat: %s", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return cairn_fail(err, CAIRN_IO, "it is a directory");
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return cairn_fail(err, CAIRN_IO, "neither a file nor a disk; a dump has to be read "
						 "in any order, so save it to a file first");
	end = lseek(f->fd, 0, SEEK_END);
	if (end < 0)
		return cairn_fail(err, CAIRN_IO, "seek: %s", strerror(errno));
	if (end == 0)
		return cairn_fail(err, CAIRN_FORMAT, "the file is empty");
	f->size = f->disk_size = (uint64_t)end;
	return CAIRN_OK;
}

static void add_how(struct rawfile *f, const char *what)
{
	size_t n = strlen(f->how);

	snprintf(f->how + n, sizeof(f->how) - n, "%s%s", n ? ", " : "", what);
}

static enum cairn_code open_layers(struct rawfile *f, uint64_t max, struct cairn_err *err)
{
	enum cairn_code code = open_plain(f, err);
	unsigned depth = 0;

	while (code == CAIRN_OK && zstd_probe(f)) {
		if (depth++ == UNWRAP_DEPTH)
			return cairn_fail(err, CAIRN_FORMAT, "compressed more than %d times over",
					  UNWRAP_DEPTH);
		code = zstd_open(f, max, memory_room, err);
		if (depth == 1)
			add_how(f, "zstd");
	}
	if (code == CAIRN_OK && flat_probe(f)) {
		code = flat_open(f, err);
		add_how(f, "flattened");
	}
	if (code == CAIRN_OK && f->segs && (zstd_probe(f) || flat_probe(f)))
		return cairn_fail(err, CAIRN_FORMAT, "a flattened file inside a flattened file");
	return code;
}

enum cairn_code unwrap_at_most(struct rawfile *ret, int fd, uint64_t max, struct cairn_err *err)
{
	enum cairn_code code;

	*ret = (struct rawfile){ .fd = fd };
	code = open_layers(ret, max, err);
	if (code != CAIRN_OK)
		rawfile_close(ret);
	return code;
}

enum cairn_code unwrap(struct rawfile *ret, int fd, struct cairn_err *err)
{
	return unwrap_at_most(ret, fd, UINT64_MAX, err);
}
