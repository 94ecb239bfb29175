/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/held.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t pages_of(pid_t pid)
{
	uint64_t size, resident, shared;
	char path[32];
	FILE *f;
	int n;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	n = fscanf(f, "%" SCNu64 " %" SCNu64 " %" SCNu64, &size, &resident, &shared);
	fclose(f);
	if (n != 3 || shared > resident)
		return 0;
	return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* What a descriptor keeps in memory; `name` is in /proc/PID/fd. Holes take nothing. */
static uint64_t file_of(int dir, const char *name)
{
	static const char in_memory[] = "/memfd:";
	char to[sizeof(in_memory)];
	struct stat st;

	if (readlinkat(dir, name, to, sizeof(to)) < (ssize_t)sizeof(in_memory) - 1 ||
	    memcmp(to, in_memory, sizeof(in_memory) - 1) || fstatat(dir, name, &st, 0))
		return 0;
	return (uint64_t)st.st_blocks * 512;
}

static uint64_t files_of(pid_t pid)
{
	const struct dirent *e;
	uint64_t sum = 0;
	char path[32];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir)))
		sum += file_of(dirfd(dir), e->d_name);
	if (dir)
		closedir(dir);
	return sum;
}

uint64_t held_by(pid_t pid)
{
	return pages_of(pid) + files_of(pid);
}
