/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * floor [-s TYPES] DUMP [JOB]: for each job (or the one that has that in its name) the best of several
 * runs, each on a dump opened anew, beside the best of as many loads of the same pages. Exit 1 if a
 * job takes longer than it may.
 */
#include "testdata/floor/floor.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/mem.h"

#define RUNS 5
#define BATCH 4096

struct cost {
	double wall, cpu; /* ms */
	size_t pages, n;
};

static const char *path, *types;

static double now_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct cairn *open_dump(void)
{
	const char *debug[] = { types, NULL };
	const struct cairn_opts opts = { .debug_files = types ? debug : NULL,
					 .no_debug_search = true };
	struct cairn_err err;
	struct cairn *c;

	if (!cairn_open(&c, &path, 1, &opts, &err))
		return c;
	printf("%s: %s\n", path, err.text);
	return NULL;
}

/* The pages that are in `all` and not in `before`: their numbers. */
static uint64_t *new_pages(const struct record *all, const uint64_t *before, size_t nbefore,
			   size_t *n)
{
	uint64_t *ret = mem_zalloc(all->count + 1, sizeof(*ret));
	size_t k = 0;

	*n = 0;
	for (uint64_t pfn = 0; ret && record_next(all, &pfn); pfn++) {
		while (k < nbefore && before[k] < pfn)
			k++;
		if (k == nbefore || before[k] != pfn)
			ret[(*n)++] = pfn;
	}
	return ret;
}

static void keep_best(struct cost *best, const struct cost *got)
{
	if (!best->wall || got->wall < best->wall)
		best->wall = got->wall;
	if (!best->cpu || got->cpu < best->cpu)
		best->cpu = got->cpu;
	best->pages = got->pages;
	best->n = got->n;
}

static bool work(const struct floor_job *job, struct cost *ret, uint64_t **pages)
{
	struct cairn *c = open_dump();
	struct cairn_err err;
	size_t nbefore;
	uint64_t *before;
	enum cairn_code code = c ? job->prepare(c, &err) : CAIRN_IO;

	if (!c)
		return false;
	before = new_pages(image_record(c->img), NULL, 0, &nbefore);
	ret->wall = -now_ms(CLOCK_MONOTONIC);
	ret->cpu = -now_ms(CLOCK_PROCESS_CPUTIME_ID);
	if (!code)
		code = job->run(c, &ret->n, &err);
	ret->wall += now_ms(CLOCK_MONOTONIC);
	ret->cpu += now_ms(CLOCK_PROCESS_CPUTIME_ID);
	mem_free(*pages);
	*pages = new_pages(image_record(c->img), before, nbefore, &ret->pages);
	mem_free(before);
	cairn_close(c);
	if (code)
		printf("  %s: %s\n", job->name, err.text);
	return !code && *pages;
}

static bool load(const uint64_t *pages, struct cost *ret)
{
	struct cairn *c = open_dump();
	struct image_load *loads = mem_zalloc(BATCH, sizeof(*loads));
	unsigned shift = c ? image_info(c->img)->page_shift : 0;
	unsigned char *to = c ? mem_zalloc(BATCH, (size_t)1 << shift) : NULL;

	if (!c || !loads || !to)
		return false;
	memset(to, 1, (size_t)BATCH << shift);
	ret->wall = -now_ms(CLOCK_MONOTONIC);
	ret->cpu = -now_ms(CLOCK_PROCESS_CPUTIME_ID);
	for (size_t i = 0, n; i < ret->pages; i += n) {
		n = ret->pages - i < BATCH ? ret->pages - i : BATCH;
		for (size_t k = 0; k < n; k++)
			loads[k] = (struct image_load){ pages[i + k] << shift, to + (k << shift),
							CAIRN_FAULT_NONE };
		image_load(c->img, loads, n);
	}
	ret->wall += now_ms(CLOCK_MONOTONIC);
	ret->cpu += now_ms(CLOCK_PROCESS_CPUTIME_ID);
	mem_free(loads);
	mem_free(to);
	cairn_close(c);
	return true;
}

static bool measure(const struct floor_job *job)
{
	struct cost best = { 0 }, floor = { 0 }, got = { 0 };
	uint64_t *pages = NULL;
	bool fine = true;

	for (unsigned i = 0; fine && i < RUNS; i++) {
		fine = work(job, &got, &pages);
		keep_best(&best, &got);
		fine = fine && load(pages, &got);
		keep_best(&floor, &got);
	}
	mem_free(pages);
	if (!fine)
		return false;
	printf("  %-32s %8zu %8zu %8.1f ms %8.1f ms %8.1f ms %8.1f ms %6.2f x (%.1f)\n", job->name,
	       best.n, best.pages, best.wall, best.cpu, floor.wall, floor.cpu,
	       best.wall / floor.wall, job->times);
	return best.wall <= job->times * floor.wall;
}

int main(int argc, char **argv)
{
	bool fine = true;

	if (argc >= 4 && !strcmp(argv[1], "-s")) {
		types = argv[2];
		argv += 2;
		argc -= 2;
	}
	if (argc != 2 && argc != 3) {
		fprintf(stderr, "floor [-s TYPES] DUMP [JOB]\n");
		return 2;
	}
	path = argv[1];
	printf("  %-32s %8s %8s %11s %11s %11s %11s\n", "", "things", "pages", "wall", "CPU",
	       "pages alone", "CPU");
	SET_EACH(floor_jobs, const struct floor_job, job)
		if (argc == 2 || strstr((*job)->name, argv[2]))
			fine = measure(*job) && fine;
	return fine ? 0 : 1;
}
