/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/index.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fdio.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"

#define MAGIC "CAIRNIDX"
#define ALIGN ((uint64_t)64)

struct file_section {
	uint64_t offset, len, sum;
};

struct file_head {
	char magic[8];
	uint32_t version, sections;
	uint64_t size;
	char build_id[48];
	struct file_section section[INDEX_SECTIONS];
	uint64_t sum; /* of everything above */
};

struct index {
	const unsigned char *map;
	size_t size;
	bool verified[INDEX_SECTIONS];
};

/* ---- where ---- */

static bool plain_id(const char *build_id)
{
	return *build_id && strspn(build_id, "0123456789abcdef") == strlen(build_id) &&
	       strlen(build_id) < sizeof(((struct file_head *)NULL)->build_id);
}

static bool folder(char *path, size_t size)
{
	const char *base = getenv("XDG_CACHE_HOME");
	int n;

	if (base && base[0] == '/') {
		n = snprintf(path, size, "%s/cairn", base);
	} else {
		base = getenv("HOME");
		if (!base || base[0] != '/')
			return false;
		n = snprintf(path, size, "%s/.cache/cairn", base);
	}
	return n > 0 && (size_t)n < size;
}

static bool file_path(char path[PATH_MAX], const char *build_id)
{
	size_t n;

	if (!plain_id(build_id) || !folder(path, PATH_MAX))
		return false;
	n = strlen(path);
	return snprintf(path + n, PATH_MAX - n, "/%s", build_id) < (int)(PATH_MAX - n);
}

/* ---- reading ---- */

/* Somebody else's file, or one that others may write, is not ours to trust. */
static bool trustworthy(int fd, uint64_t *size)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & (S_IWGRP | S_IWOTH)))
		return false;
	*size = (uint64_t)st.st_size;
	return *size >= sizeof(struct file_head);
}

static bool head_verifies(const struct file_head *h, uint64_t size, const char *build_id)
{
	if (memcmp(h->magic, MAGIC, 8) || h->version != INDEX_VERSION ||
	    h->sections != INDEX_SECTIONS || h->size != size ||
	    strncmp(h->build_id, build_id, sizeof(h->build_id)) ||
	    h->sum != hash_bulk(h, offsetof(struct file_head, sum)))
		return false;
	for (int i = 0; i < INDEX_SECTIONS; i++)
		if (h->section[i].offset > size || h->section[i].offset % ALIGN ||
		    h->section[i].len > size - h->section[i].offset)
			return false;
	return true;
}

enum cairn_code index_open(struct index **ret, const char *build_id, struct cairn_err *err)
{
	char path[PATH_MAX];
	struct index *idx;
	uint64_t size;
	void *map;
	int fd;

	if (!file_path(path, build_id))
		return cairn_fail(err, CAIRN_NOTFOUND, "no place for an index of %s", build_id);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return cairn_fail(err, CAIRN_NOTFOUND, "%s: %s", path, strerror(errno));
	map = trustworthy(fd, &size) ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	close(fd);
	if (map == MAP_FAILED)
		return cairn_fail(err, CAIRN_NOTFOUND, "%s: not a file that can be trusted", path);
	idx = head_verifies(map, size, build_id) ? mem_zalloc(1, sizeof(*idx)) : NULL;
	if (!idx) {
		munmap(map, size);
		return cairn_fail(err, CAIRN_NOTFOUND, "%s: it does not verify", path);
	}
	idx->map = map;
	idx->size = size;
	*ret = idx;
	return CAIRN_OK;
}

void index_close(struct index *idx)
{
	if (!idx)
		return;
	munmap((void *)(uintptr_t)idx->map, idx->size);
	mem_free(idx);
}

const void *index_get(struct index *idx, enum index_section id, size_t *len)
{
	const struct file_head *h = (const struct file_head *)idx->map;
	const struct file_section *s = &h->section[id];

	if (!s->offset)
		return NULL;
	if (!idx->verified[id] && hash_bulk(idx->map + s->offset, s->len) != s->sum)
		return NULL;
	idx->verified[id] = true;
	*len = s->len;
	return idx->map + s->offset;
}

/* ---- writing ---- */

static bool write_file(int fd, const char *build_id, const struct index_part *part)
{
	struct file_head h = { .version = INDEX_VERSION, .sections = INDEX_SECTIONS };
	uint64_t at = (sizeof(h) + ALIGN - 1) & ~(ALIGN - 1);

	memcpy(h.magic, MAGIC, 8);
	memcpy(h.build_id, build_id, strlen(build_id));
	for (int i = 1; i < INDEX_SECTIONS; i++) {
		if (!part[i].data)
			continue;
		h.section[i] = (struct file_section){
			.offset = at, .len = part[i].len,
			.sum = hash_bulk(part[i].data, part[i].len),
		};
		if (!fd_write_at(fd, part[i].data, part[i].len, at))
			return false;
		at = (at + part[i].len + ALIGN - 1) & ~(ALIGN - 1);
	}
	h.size = at;
	h.sum = hash_bulk(&h, offsetof(struct file_head, sum));
	return ftruncate(fd, (off_t)at) == 0 && fd_write_at(fd, &h, sizeof(h), 0);
}

/* mkdir -p of the two last parts: ~/.cache may not be there yet. */
static void make_folder(char *path)
{
	char *slash = strrchr(path, '/');

	*slash = '\0';
	mkdir(path, 0700);
	*slash = '/';
	mkdir(path, 0700);
}

enum cairn_code index_save(const char *build_id, const struct index_part part[INDEX_SECTIONS],
			   struct cairn_err *err)
{
	char path[PATH_MAX], tmp[PATH_MAX + 16];
	bool ok;
	int fd;

	if (!file_path(path, build_id))
		return cairn_fail(err, CAIRN_IO, "no place for an index of %s", build_id);
	snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path);
	*strrchr(path, '/') = '\0';
	make_folder(path);
	path[strlen(path)] = '/';
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return cairn_fail(err, CAIRN_IO, "%s: %s", tmp, strerror(errno));
	ok = write_file(fd, build_id, part);
	ok = close(fd) == 0 && ok;
	if (ok && rename(tmp, path) == 0)
		return CAIRN_OK;
	cairn_fail(err, CAIRN_IO, "%s: %s", path, strerror(errno));
	unlink(tmp);
	return CAIRN_IO;
}
