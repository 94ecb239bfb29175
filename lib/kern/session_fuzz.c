/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole dump, patched anywhere, or bytes that are no dump at all: it opens or says why not,
 * and then lists its tasks and CPUs. */
#include <stdlib.h>

#include "lib/debug/testpatch.h"
#include "lib/kern/cpu.h"
#include "lib/kern/task.h"
#include "lib/kern/testvmcore.h"

/* Where patches go, by offset in the image; the first is the head of the file. */
static const struct { uint64_t at, size; } regions[] = {
	{ 0, 8192 }, { TV_PGD, 0x5000 }, { TV_DATA, 0x100 }, { TV_INIT_TASK, 0x200 },
	{ TV_SYMS, 0x1400 }, { TV_BTF, 0x800 }, { TV_AREAS, 0x2000 }, { TV_TASKS, 0x1000 },
};
#define REGIONS (sizeof(regions) / sizeof(regions[0]))

static unsigned char *good;
static size_t good_size, image_at;
static int fd = -1;

/* The core is made once; each run writes over it and puts back what was there. */
static void set_up(void)
{
	struct testvmcore v;

	if (good)
		return;
	tv_make(&v, 0);
	tv_finish(&v, SIZE_MAX);
	fd = dup(v.fd);
	good_size = (size_t)lseek(fd, 0, SEEK_END);
	good = malloc(good_size);
	if (fd < 0 || !good || pread(fd, good, good_size, 0) != (ssize_t)good_size)
		abort();
	image_at = good_size - (TV_SIZE - 0x1000); /* one page is not in the file */
	tv_free(&v);
}

static size_t file_offset(size_t region, size_t at)
{
	uint64_t off = regions[region].at + at;

	if (!region)
		return at;
	return image_at + off - (off > TV_EXCLUDED ? 0x1000 : 0);
}

static void put(size_t at, const void *bytes, size_t n)
{
	if (pwrite(fd, bytes, n, (off_t)at) != (ssize_t)n)
		abort();
}

static void patch(struct cursor *c, bool restore)
{
	while (cursor_left(c)) {
		size_t r = cursor_u8(c) % REGIONS, at, n;
		const void *bytes;

		if (!patch_next(c, regions[r].size, &at, &bytes, &n))
			break;
		at = file_offset(r, at);
		put(at, restore ? good + at : bytes, n);
	}
}

static void look(int file)
{
	static const struct cairn_opts opts = { .no_cache = true, .no_debug_search = true };
	char path[32];
	const char *const paths[] = { path };
	const struct tasks *ts;
	const struct cpus *cpus;
	struct cairn_err err = { 0 };
	struct cairn *c;
	uint64_t off;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	if (cairn_open(&c, paths, 1, &opts, &err) != CAIRN_OK) {
		if (!err.text[0])
			abort();
		return;
	}
	if (cpus_get(c, &cpus, NULL) == CAIRN_OK)
		for (size_t i = 0; i < cpus->n; i++)
			cairn_symbolize(c, cpus->cpu[i].current, &off);
	if (tasks_get(c, &ts, &err) == CAIRN_OK)
		for (size_t i = 0; i < ts->n; i++)
			if (strlen(ts->task[i].comm) > TASK_COMM_LEN)
				abort();
	cairn_close(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_init(data, size), again;
	int raw;

	set_up();
	if (size && data[0] == 0xff) { /* the bytes as they are */
		raw = memfd_create("raw", 0);
		if (raw < 0 || write(raw, data + 1, size - 1) != (ssize_t)size - 1)
			abort();
		look(raw);
		close(raw);
		return 0;
	}
	again = c;
	patch(&c, false);
	look(fd);
	patch(&again, true);
	return 0;
}
