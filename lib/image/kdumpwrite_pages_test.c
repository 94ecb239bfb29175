/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/image/testcopy.h"

/* ---- pages that are damaged ---- */

static void test_damaged_stays_damaged(void **state)
{
	struct copy c = { .w = { .codec = CODEC_ZSTD } };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 600, .codec = CODEC_ZLIB };
	struct td t = { 0 };

	(void)state;
	td_kdump(&t, &k);
	td_uint(&t, k.descs + 4 * 24 + 8, 5000, 4);        /* larger than a page */
	memset(t.data + k.descs + 7 * 24, 0, 24);          /* never written */
	memset(t.data + le64(t.data + k.descs + 10 * 24), 0xff, 40); /* does not unpack */
	td_uint(&t, k.descs + 13 * 24 + 12, 0x40, 4);      /* packed in no known way */
	open_len(&c.from, &t, t.len - 20000);
	assert_true(c.from.info->truncated);
	want_every_third(&c);
	write_copy(&c);
	expect_same_pages(&c, 0, 700);
	assert_true(c.w.ndamaged > 6 && c.w.ndamaged < c.w.npages / 2);
	expect_same_texts(&c);
	expect_library_agrees(&c, 13);
	drop(&c);
	td_free(&t);
}

/* Damaged from the first page to the last: a file without data. */
static void test_all_damaged(void **state)
{
	(void)state;
	for (int cut = 0; cut < 2; cut++) {
		struct copy c = { .w = { .codec = CODEC_ZSTD } };
		struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 600 };
		struct td t = { 0 };

		td_kdump(&t, &k);
		for (size_t i = 0; i < k.ndescs; i++)
			td_uint(&t, k.descs + i * 24 + 8, 5000, 4);
		open_len(&c.from, &t, cut ? k.descs : t.len);
		want_every_third(&c);
		write_copy(&c);
		expect_same_pages(&c, 0, 700);
		assert_int_equal(c.w.ndamaged, c.w.npages);
		expect_same_texts(&c);
		drop(&c);
		td_free(&t);
	}
}

/* ---- zeros and blanks ---- */

static void test_zero_pages_are_shared(void **state)
{
	struct copy c = { .w = { .codec = CODEC_NONE } };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 100, .in_ram = every,
			      .in_dump = every };
	struct td t = { 0 };

	(void)state;
	td_kdump(&t, &k);
	open_whole(&c.from, &t);
	for (uint64_t pfn = 0; pfn < 100; pfn++)
		record_add(&c.pages, pfn);
	write_copy(&c);
	expect_same_pages(&c, 0, 100);
	/* two pages of header, two of bitmaps; 13 pages of zeros, 3 11 ... 99 */
	assert_int_equal(c.w.size, 4 * 4096 + 100 * 24 + (100 - 13 + 1) * 4096);
	drop(&c);
	td_free(&t);
}

/* Pages that change what their neighbours become must not be touched themselves. */
static void expect_blanked(const struct copy *c, uint64_t max_pfn)
{
	for (uint64_t pfn = 0; pfn < max_pfn; pfn++) {
		struct page *a = image_pin(c->from.img, pfn << 12);
		struct page *b = image_pin(c->to.img, pfn << 12);

		assert_int_equal(a->fault, b->fault);
		for (uint64_t i = 0; a->data && i < 4096; i++) {
			uint64_t at = pfn << 12 | i;
			bool blank = false;

			for (size_t n = 0; n < c->w.nblank; n++)
				blank |= at >= c->w.blank[n].paddr &&
					 at - c->w.blank[n].paddr < c->w.blank[n].len;
			if (b->data[i] != (blank ? 0 : a->data[i]))
				fail_msg("byte %#llx is %#x", (unsigned long long)at, b->data[i]);
		}
		image_put(c->from.img, a);
		image_put(c->to.img, b);
	}
}

static void test_blanks(void **state)
{
	static const struct kdump_blank blanks[] = {
		{ 0, 1 },             /* the first byte */
		{ 0xfff, 2 },         /* either side of a border */
		{ 0x1200, 0x10 }, { 0x1210, 0 }, { 0x1300, 1 }, /* several in a page */
		{ 0x2000, 0x1000 },   /* a page */
		{ 0x4008, 8 },        /* in a page that is not there */
		{ 0x5ff0, 0x10 },     /* up to a border, and from it on */
		{ 0x6000, 0x10 },
		{ 0x7f00, 0x2000 },   /* over three pages, of which one is missing */
		{ 0x50123, 0x100000 }, /* over hundreds */
		{ 0x200000, 0x10 },   /* behind the end */
	};
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 0x180 };
	struct copy c = { .w = { .codec = CODEC_ZSTD, .blank = blanks,
				 .nblank = sizeof(blanks) / sizeof(blanks[0]) } };
	struct td t = { 0 };

	(void)state;
	td_kdump(&t, &k);
	open_whole(&c.from, &t);
	for (uint64_t at = 0; image_next_present(c.from.img, &at); at += 4096)
		record_add(&c.pages, at >> 12);
	write_copy(&c);
	expect_blanked(&c, k.max_pfn);
	drop(&c);
	/* the same if the pages between are not wanted */
	c = (struct copy){ .w = c.w };
	open_whole(&c.from, &t);
	record_add(&c.pages, 8);
	record_add(&c.pages, 0x150);
	record_add(&c.pages, 0x151);
	write_copy(&c);
	for (uint64_t pfn = 8; record_next(&c.pages, &pfn); pfn++) {
		struct page *p = image_pin(c.to.img, pfn << 12);

		assert_non_null(p->data);
		for (size_t i = 0; i < 4096; i++)
			if (pfn == 8 || (pfn == 0x150 && i < 0x123))
				assert_int_equal(p->data[i], 0);
		image_put(c.to.img, p);
	}
	assert_int_equal(c.w.npages, 3);
	drop(&c);
	td_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_damaged_stays_damaged),
		cmocka_unit_test(test_all_damaged),
		cmocka_unit_test(test_zero_pages_are_shared),
		cmocka_unit_test(test_blanks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
