/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second opinion: what libkdumpfile reads at a virtual address is what a space reads.
 *
 * CAIRN_TEST_DUMPS names dumps, separated by blanks or colons; without it the test is skipped.
 * Skipped are also machines that libkdumpfile does not translate (ARM32).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libkdumpfile/addrxlat.h>
#include <libkdumpfile/kdumpfile.h>

#include "lib/image/layout.h"

#define SAMPLES 500 /* of each range */

struct peer {
	kdump_ctx_t *ctx;
	int fd;
};

/* With PAE the library looks for the root table by its virtual address, for which it needs
 * the root table: it must be told. */
static void tell_root(struct peer *p, const struct layout *l)
{
	kdump_attr_t as = { .type = KDUMP_NUMBER, .val.number = ADDRXLAT_MACHPHYSADDR };
	kdump_attr_t addr = { .type = KDUMP_ADDRESS, .val.address = l->root };

	kdump_set_attr(p->ctx, "addrxlat.force.rootpgt.as", &as);
	kdump_set_attr(p->ctx, "addrxlat.force.rootpgt.addr", &addr);
}

static bool peer_open(struct peer *p, const char *path, const struct layout *l)
{
	p->fd = open(path, O_RDONLY);
	p->ctx = kdump_new();
	kdump_set_number_attr(p->ctx, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_NEVER);
	if (kdump_open_fd(p->ctx, p->fd) != KDUMP_OK)
		return false;
	if (l->form.nlevels == 3 && l->arch->id == ARCH_I386)
		tell_root(p, l);
	return kdump_set_string_attr(p->ctx, KDUMP_ATTR_OSTYPE, "linux") == KDUMP_OK;
}

static void peer_close(struct peer *p)
{
	kdump_free(p->ctx);
	close(p->fd);
}

struct count {
	unsigned same, both_fail, only_us;
};

/* The library may fail where we read (it has no linear ranges and no answer at all for some
 * addresses), but not read where we fail, nor read another value. */
static void compare(struct space *s, struct peer *p, uint64_t va, struct count *n)
{
	uint64_t ours = 0, theirs = 0;
	size_t len = s->word;
	struct cairn_err err;
	bool we, they;

	va &= ~(uint64_t)7;
	they = kdump_read(p->ctx, KDUMP_KVADDR, va, &theirs, &len) == KDUMP_OK;
	we = space_word(s, va, &ours, &err) == CAIRN_OK;
	if (they && !we)
		fail_msg("0x%" PRIx64 ": %s; libkdumpfile reads 0x%" PRIx64, va, err.text, theirs);
	if (they && ours != theirs)
		fail_msg("0x%" PRIx64 ": 0x%" PRIx64 " and not 0x%" PRIx64, va, ours, theirs);
	n->same += we && they;
	n->both_fail += !we && !they;
	n->only_us += we && !they;
}

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 11;
}

static void compare_range(struct space *s, struct peer *p, uint64_t va, uint64_t size,
			  struct count *n)
{
	uint64_t seed = va ^ size;

	for (unsigned i = 0; i < SAMPLES; i++)
		compare(s, p, va + next_random(&seed) % size, n);
}

/* Every mapped range that a table of that level names, at most `limit`: vmalloc, per-CPU
 * areas, whatever the kernel has. */
static void compare_mappings(struct space *s, struct peer *p, struct image *img, uint64_t va,
			     uint64_t end, unsigned limit, struct count *n)
{
	unsigned found = 0;

	while (va < end && found < limit) {
		struct paging_walk w = paging_begin(s->form, img, s->root, va);
		uint64_t size;

		while (w.kind == PAGING_TABLE && paging_step(&w, NULL) == CAIRN_OK)
			;
		size = UINT64_C(1) << s->form->level[w.depth ? w.depth - 1 : 0].shift;
		if (w.kind == PAGING_PAGE) {
			compare(s, p, va + size / 2, n);
			found++;
		}
		if (va + size < va)
			break;
		va = (va & ~(size - 1)) + size;
	}
}

static void compare_ranges(struct space *s, struct peer *p, struct image *img,
			   const struct layout *l, struct count *n)
{
	uint64_t end = l->form.canonical ? UINT64_MAX : UINT32_MAX, above = l->stext;

	for (unsigned i = 0; i < l->nlinear; i++) {
		compare_range(s, p, l->linear[i].va, l->linear[i].size, n);
		above = l->linear[i].va + l->linear[i].size;
	}
	compare_range(s, p, l->stext, 16 << 20, n);
	compare_mappings(s, p, img, above, end, 1000, n);
	compare_mappings(s, p, img, l->stext + (UINT64_C(1) << 28), end, 1000, n);
}

static void compare_dump(const char *path)
{
	struct cairn_err err;
	struct count n = { 0, 0, 0 };
	struct image *img;
	struct layout l;
	struct space s;
	struct peer p;

	if (image_open(&img, &path, 1, &err) != CAIRN_OK ||
	    layout_find(&l, img, &err) != CAIRN_OK ||
	    layout_kernel_space(&l, img, &s, &err) != CAIRN_OK)
		fail_msg("%s: %s", path, err.text);
	if (l.arch->id == ARCH_ARM) {
		print_message("%s: libkdumpfile does not translate ARM32\n", path);
	} else {
		if (!peer_open(&p, path, &l))
			fail_msg("%s: libkdumpfile: %s", path, kdump_get_err(p.ctx));
		compare_ranges(&s, &p, img, &l, &n);
		print_message("%s: %u equal, %u read by neither, %u by us alone\n", path, n.same,
			      n.both_fail, n.only_us);
		assert_true(n.same > SAMPLES);
		peer_close(&p);
	}
	space_deinit(&s);
	image_close(img);
}

static void dumps(void **state)
{
	char *list = getenv("CAIRN_TEST_DUMPS"), *save, *path;

	(void)state;
	if (!list || !*list)
		skip();
	list = strdup(list);
	for (path = strtok_r(list, ": ", &save); path; path = strtok_r(NULL, ": ", &save))
		compare_dump(path);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(dumps) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
