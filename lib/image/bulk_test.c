/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/image/bulk.h"
#include "lib/image/testdump.h"

/* One table of 1024 32-bit entries at physical 0 maps 4 KiB pages; va page i lies in
 * physical page i * 37 % 1000 + 1, and pages from 900 on are not mapped. */
#define MAPPED 900

static const struct paging_form form = {
	.name = "test", .entry_size = 4, .nlevels = 1, .va_bits = 22,
	.level = { { .name = "PTE", .shift = 12, .bits = 10, .nrules = 1, .rules = {
		{ .mask = 1, .value = 1, .kind = PAGING_PAGE, .page_shift = 12,
		  .addr_mask = 0xfffff000u } } } },
};

static uint64_t phys_page(uint64_t i)
{
	return i * 37 % 1000 + 1;
}

static bool all(uint64_t pfn)
{
	return pfn < 2000;
}

/* Page 500 of the dump, va page of it below, was excluded. */
static bool but_one(uint64_t pfn)
{
	return pfn != 501;
}

static uint64_t hole(void)
{
	for (uint64_t i = 0; i < MAPPED; i++)
		if (phys_page(i) == 501)
			return i;
	return 0;
}

struct world {
	struct image *img;
	struct space s;
	int fd;
	unsigned char *want; /* MAPPED pages of virtual memory */
};

static void setup(struct world *w, bool (*in_dump)(uint64_t), size_t cut)
{
	struct td t = { 0 };
	struct td_kdump k = { .machine = "i686", .word = 4, .max_pfn = 1100, .in_ram = all,
			      .in_dump = in_dump };
	const char *path;
	char buf[32];

	td_kdump(&t, &k);
	/* the table takes the place of page 0's contents; pages are stored as they are */
	for (uint64_t i = 0; i < MAPPED; i++)
		td_uint(&t, k.data + i * 4, phys_page(i) << 12 | 1, 4);
	memset(t.data + k.data + MAPPED * 4, 0, 4096 - MAPPED * 4);
	w->fd = td_fd(&t, t.len - cut);
	path = td_path(buf, w->fd);
	assert_int_equal(image_open(&w->img, &path, 1, NULL), CAIRN_OK);
	assert_int_equal(space_init(&w->s, w->img, &form, 0, 4, "test address", NULL), CAIRN_OK);
	w->want = malloc(MAPPED * 4096);
	for (uint64_t i = 0; i < MAPPED; i++)
		td_page(phys_page(i), w->want + i * 4096, 4096);
	td_free(&t);
}

static void teardown(struct world *w)
{
	space_deinit(&w->s);
	image_close(w->img);
	close(w->fd);
	free(w->want);
}

static void test_ranges(void **state)
{
	static const struct { uint64_t va; size_t len; } ranges[] = {
		{ 0, MAPPED * 4096 }, { 0, 0 }, { 0, 1 }, { 4095, 2 }, { 100, 50 },
		{ 4096, 4096 }, { 1, 4095 }, { 1, 4096 }, { 5000, 300 * 4096 },
		{ 12345, 600 * 4096 + 77 }, { MAPPED * 4096 - 5, 5 }, { 8192, 63 * 4096 },
		{ 100 * 4096, 512 * 4096 }, { 100 * 4096, 513 * 4096 },
	};
	unsigned char *buf = malloc(MAPPED * 4096 + 1);
	struct world w;

	(void)state;
	setup(&w, all, 0);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		memset(buf, 0xaa, MAPPED * 4096 + 1);
		assert_int_equal(bulk_read(&w.s, ranges[i].va, buf, ranges[i].len, NULL), CAIRN_OK);
		assert_memory_equal(buf, w.want + ranges[i].va, ranges[i].len);
		assert_int_equal(buf[ranges[i].len], 0xaa);
	}
	teardown(&w);
	free(buf);
}

/* The first bad address is the one that is named, as by space_read(). */
static void expect_fault(struct world *w, uint64_t va, size_t len, enum cairn_fault fault,
			 uint64_t addr)
{
	unsigned char *buf = malloc(len);
	struct cairn_err bulk, plain;

	assert_int_equal(bulk_read(&w->s, va, buf, len, &bulk), CAIRN_FAULT);
	assert_int_equal(bulk_read(&w->s, va, buf, len, NULL), CAIRN_FAULT);
	assert_int_equal(space_read(&w->s, va, buf, len, &plain), CAIRN_FAULT);
	assert_int_equal(bulk.fault, fault);
	assert_int_equal(bulk.addr, addr);
	assert_string_equal(bulk.text, plain.text);
	free(buf);
}

static void test_faults(void **state)
{
	struct world w;

	(void)state;
	setup(&w, but_one, 0);
	expect_fault(&w, 0, MAPPED * 4096, CAIRN_FAULT_EXCLUDED, hole() * 4096);
	expect_fault(&w, 77, 4 * 4096 + hole() * 4096, CAIRN_FAULT_EXCLUDED, hole() * 4096);
	expect_fault(&w, hole() * 4096 + 9, 10, CAIRN_FAULT_EXCLUDED, hole() * 4096 + 9);
	expect_fault(&w, (hole() + 1) * 4096, 900 * 4096, CAIRN_FAULT_UNMAPPED, MAPPED * 4096);
	expect_fault(&w, (hole() - 2) * 4096, 900 * 4096, CAIRN_FAULT_EXCLUDED, hole() * 4096);
	expect_fault(&w, (uint64_t)1 << 33, 8192, CAIRN_FAULT_NONCANONICAL, (uint64_t)1 << 33);
	teardown(&w);
}

static void test_cut(void **state)
{
	unsigned char *buf = malloc(MAPPED * 4096);
	struct cairn_err err;
	struct world w;

	(void)state;
	setup(&w, all, 50 * 4096);
	assert_int_equal(bulk_read(&w.s, 0, buf, MAPPED * 4096, &err), CAIRN_OK);
	teardown(&w);
	setup(&w, all, 300 * 4096);
	assert_int_equal(bulk_read(&w.s, 0, buf, MAPPED * 4096, &err), CAIRN_FAULT);
	assert_int_equal(err.fault, CAIRN_FAULT_TRUNCATED);
	teardown(&w);
	free(buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
