/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include <libkdumpfile/kdumpfile.h>

#include "lib/image/testimage.h"

static const enum codec_kind codecs[] = { CODEC_NONE, CODEC_ZLIB, CODEC_LZO, CODEC_SNAPPY,
					  CODEC_ZSTD };

static void test_codecs(void **state)
{
	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct td t = { 0 };
		struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 3000,
				      .codec = codecs[i] };
		struct opened o;

		td_kdump(&t, &k);
		open_whole(&o, &t);
		assert_string_equal(o.info->format, "kdump");
		assert_int_equal(o.info->arch->id, ARCH_X86_64);
		assert_int_equal(o.info->page_shift, 12);
		assert_int_equal(o.info->file_size, t.len);
		assert_false(o.info->truncated);
		assert_null(o.info->damage);
		expect_pages(o.img, &k, 0);
		close_it(&o);
		td_free(&t);
	}
}

static void test_page_sizes(void **state)
{
	(void)state;
	for (unsigned shift = 12; shift <= 16; shift += 2) {
		struct td t = { 0 };
		struct td_kdump k = { .machine = "aarch64", .word = 8, .max_pfn = 300,
				      .codec = CODEC_ZSTD, .shift = shift };
		struct opened o;

		td_kdump(&t, &k);
		open_whole(&o, &t);
		assert_int_equal(o.info->page_shift, shift);
		expect_pages(o.img, &k, 0);
		close_it(&o);
		td_free(&t);
	}
}

/* makedumpfile on ARM counts pfns from the start of RAM; QEMU, whose files do not name
 * the machine, from 0. */
static void test_arm(void **state)
{
	struct td notes = { 0 };

	(void)state;
	td_prstatus(&notes, arch_by_id(ARCH_ARM), 148, 1, 50);
	for (int qemu = 0; qemu < 2; qemu++) {
		struct td t = { 0 };
		struct td_kdump k = {
			.machine = qemu ? "" : "armv7l", .word = 4, .arm = !qemu, .max_pfn = 2000,
			.phys_base = 0x40000000, .notes = &notes, .codec = CODEC_ZLIB,
		};
		struct opened o;

		td_kdump(&t, &k);
		open_whole(&o, &t);
		assert_int_equal(o.info->arch->id, ARCH_ARM);
		expect_pages(o.img, &k, qemu ? 0 : 0x40000000);
		if (!qemu)
			expect_page(o.img, 0, 0, 12, CAIRN_FAULT_ABSENT);
		close_it(&o);
		td_free(&t);
	}
	td_free(&notes);
}

/* QEMU's of 16, 128 and 256 MiB, the number of whose pages could be the size of one. */
static void test_qemu_32_bit(void **state)
{
	static const uint64_t sizes[] = { 4096, 32768, 65536 };
	struct td notes = { 0 };

	(void)state;
	td_prstatus(&notes, arch_by_id(ARCH_I386), 144, 1, 50);
	for (size_t i = 0; i < 3; i++) {
		struct td t = { 0 };
		struct td_kdump k = { .machine = "", .word = 4, .max_pfn = sizes[i],
				      .notes = &notes, .codec = CODEC_LZO };
		struct opened o;

		td_kdump(&t, &k);
		open_whole(&o, &t);
		assert_int_equal(o.info->arch->id, ARCH_I386);
		expect_pages(o.img, &k, 0);
		close_it(&o);
		td_free(&t);
	}
	td_free(&notes);
}

static bool none(uint64_t pfn)
{
	(void)pfn;
	return false;
}

/* Bitmaps of several windows, and one of nothing. */
static void test_sparse(void **state)
{
	bool (*in_dump[])(uint64_t) = { sparse, none };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct td t = { 0 };
		struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 200000,
				      .in_dump = in_dump[i] };
		struct opened o;

		td_kdump(&t, &k);
		open_whole(&o, &t);
		expect_pages(o.img, &k, 0);
		close_it(&o);
		td_free(&t);
	}
}

/* ---- ranges of RAM ---- */

#define WINDOW 32768u /* pages that 4 KiB of a bitmap cover */

static bool all(uint64_t pfn)
{
	(void)pfn;
	return true;
}

/* Runs that end before, at and behind the borders of windows, and one over several. */
static bool runs(uint64_t pfn)
{
	return pfn == 3 || (pfn >= 8 && pfn < 24) || (pfn >= 100 && pfn < WINDOW - 1) ||
	       (pfn >= 2 * WINDOW - 5 && pfn < 2 * WINDOW) ||
	       (pfn >= 2 * WINDOW + 1 && pfn < 5 * WINDOW + 9) || pfn == 6 * WINDOW;
}

/* Ranges are in order, do not overlap, and hold all of RAM and nothing else; and asking from
 * any page gives the rest of its range. */
static void expect_ram(struct image *img, bool (*in_ram)(uint64_t), uint64_t max_pfn,
		       uint64_t base)
{
	uint64_t at = 0, pfn = 0, end = 0, from, to;

	while (image_next_ram(img, &at, &end)) {
		assert_true(at >= base + pfn && end > at && end <= base + max_pfn);
		for (; pfn < at - base; pfn++)
			assert_false(in_ram(pfn));
		for (; pfn < end - base; pfn++)
			assert_true(in_ram(pfn));
		from = end - 1;
		assert_true(image_next_ram(img, &from, &to));
		assert_int_equal(from, end - 1);
		assert_int_equal(to, end);
		at = end;
	}
	for (; pfn < max_pfn; pfn++)
		assert_false(in_ram(pfn));
	at = base + max_pfn;
	assert_false(image_next_ram(img, &at, &end));
	at = UINT64_MAX;
	assert_false(image_next_ram(img, &at, &end));
}

static void test_ram(void **state)
{
	bool (*in_ram[])(uint64_t) = { runs, all, none, sparse };
	static const uint64_t sizes[] = { 7 * WINDOW, 5 * WINDOW, 4 * WINDOW + 3, 1000, 1 };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (size_t n = 0; n < 5; n++) {
			struct td t = { 0 };
			struct td_kdump k = { .machine = n % 2 ? "armv7l" : "x86_64", .arm = n % 2,
					      .word = n % 2 ? 4 : 8, .max_pfn = sizes[n],
					      .phys_base = n % 2 ? 0x40000000 : 0x1000000,
					      .in_ram = in_ram[i], .in_dump = none };
			struct opened o;

			td_kdump(&t, &k);
			open_whole(&o, &t);
			expect_ram(o.img, in_ram[i], sizes[n], n % 2 ? 0x40000 : 0);
			close_it(&o);
			td_free(&t);
		}
}

/* Old files have one bitmap: what is not in the dump is not known to be RAM. */
static void test_ram_of_one_bitmap(void **state)
{
	struct td t = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 20000, .in_ram = all,
			      .in_dump = sparse };
	struct opened o;

	(void)state;
	td_kdump(&t, &k);
	td_uint(&t, 424 + 8, 2, 4); /* the bitmap of RAM is part of the sub-header */
	td_uint(&t, 424 + 12, 1, 4);
	open_whole(&o, &t);
	expect_page(o.img, 7 << 12, 7, 12, CAIRN_FAULT_NONE);
	expect_page(o.img, 8 << 12, 8, 12, CAIRN_FAULT_ABSENT);
	expect_ram(o.img, sparse, 20000, 0);
	close_it(&o);
	td_free(&t);
}

/* Each file of a set has the whole bitmap, however few of its pages. */
static void test_ram_of_split(void **state)
{
	struct td t[2] = { { 0 } };
	struct opened o;
	int fds[2];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 7 * WINDOW,
				      .in_ram = runs, .in_dump = sparse, .split = true,
				      .start = i ? 2 * WINDOW + 100 : 0,
				      .end = i ? 7 * WINDOW : 2 * WINDOW + 100 };

		td_kdump(&t[i], &k);
		fds[1 - i] = td_fd(&t[i], t[i].len);
	}
	open_fds(&o, fds, 2);
	assert_int_equal(o.code, CAIRN_OK);
	expect_ram(o.img, runs, 7 * WINDOW, 0);
	close_it(&o);
	open_len(&o, &t[1], t[1].len); /* half of the set */
	assert_int_equal(o.code, CAIRN_OK);
	expect_ram(o.img, runs, 7 * WINDOW, 0);
	close_it(&o);
	td_free(&t[0]);
	td_free(&t[1]);
}

/* The second opinion: libkdumpfile reads the same. */
static void test_library_agrees(void **state)
{
	unsigned char page[4096];
	kdump_addr_t pfn;
	size_t len;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct td t = { 0 };
		struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 2000,
				      .codec = codecs[i] };
		kdump_ctx_t *ctx = kdump_new();
		struct opened o;

		td_kdump(&t, &k);
		open_whole(&o, &t);
		assert_int_equal(kdump_open_fd(ctx, o.fds[0]), KDUMP_OK);
		for (pfn = 0; pfn < k.max_pfn; pfn++) {
			struct page *p = image_pin(o.img, pfn << 12);

			len = sizeof(page);
			if (kdump_read(ctx, KDUMP_MACHPHYSADDR, pfn << 12, page, &len) == KDUMP_OK)
				assert_memory_equal(p->data, page, sizeof(page));
			else
				assert_null(p->data);
			image_put(o.img, p);
		}
		kdump_free(ctx);
		close_it(&o);
		td_free(&t);
	}
}

/* ---- hostile ---- */

/* Pages before and after the 10th of the dump stay good; the 10th is an error. */
static void expect_bad_tenth(const struct td *t, const struct td_kdump *k, bool may_be_good)
{
	struct opened o;
	uint64_t pfn = 0;
	struct page *p;

	open_whole(&o, t);
	for (size_t i = 0;; pfn++)
		if (expected(k, pfn) == CAIRN_FAULT_NONE && i++ == 10)
			break;
	p = image_pin(o.img, pfn << 12);
	if (!may_be_good)
		assert_int_equal(p->fault, CAIRN_FAULT_CORRUPT);
	image_put(o.img, p);
	expect_page(o.img, 0, 0, 12, CAIRN_FAULT_NONE);
	expect_page(o.img, 50 << 12, 50, 12, CAIRN_FAULT_NONE);
	close_it(&o);
}

/* A descriptor that promises more than a page: libkdumpfile 0.5.1 reads it, up to 256 KiB,
 * into a buffer of one page. */
static void test_oversized_descriptor(void **state)
{
	static const uint32_t sizes[] = { 4097, 8192, 65536, 262144, 262145, 0x7fffffff,
					  0xffffffff, 0 };

	(void)state;
	for (size_t c = 0; c < 5; c++)
		for (size_t i = 0; i < 8; i++) {
			struct td t = { 0 };
			struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 1000,
					      .codec = codecs[c] };

			td_kdump(&t, &k);
			td_uint(&t, k.descs + 10 * 24 + 8, sizes[i], 4);
			td_uint(&t, k.descs + 10 * 24 + 12, codecs[c], 4);
			expect_bad_tenth(&t, &k, false);
			td_free(&t);
		}
}

static void test_hostile_descriptor(void **state)
{
	static const uint64_t offsets[] = { 0, 1, 4096, (uint64_t)1 << 40, INT64_MAX - 4096,
					    (uint64_t)1 << 63, UINT64_MAX };
	static const uint32_t flags[] = { 0, 1, 2, 4, 0x20, 3, 0x21, 8, 0x10, 0x40, 0xffffffff };
	struct td t = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 300, .codec = CODEC_ZLIB };

	(void)state;
	td_kdump(&t, &k);
	for (size_t i = 0; i < 7; i++)
		for (size_t f = 0; f < 11; f++) {
			td_uint(&t, k.descs + 10 * 24, offsets[i], 8);
			td_uint(&t, k.descs + 10 * 24 + 12, flags[f], 4);
			expect_bad_tenth(&t, &k, true);
		}
	td_free(&t);
}

/* Data that does not decompress, in every codec and every flipped byte of a page. */
static void test_corrupt_data(void **state)
{
	(void)state;
	for (size_t c = 1; c < 5; c++) {
		struct td t = { 0 };
		struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 300,
				      .codec = codecs[c] };
		uint64_t off, size;

		td_kdump(&t, &k);
		memcpy(&off, t.data + k.descs + 10 * 24, 8);
		memcpy(&size, t.data + k.descs + 10 * 24 + 8, 4);
		size &= 0xffffffff;
		assert_true(size > 20 && size < 4096);
		for (uint64_t i = 0; i < size; i += 7) {
			t.data[off + i] ^= 0x5a;
			expect_bad_tenth(&t, &k, true);
			t.data[off + i] ^= 0x5a;
		}
		memset(t.data + off, 0xff, size);
		expect_bad_tenth(&t, &k, false);
		td_free(&t);
	}
}

/* ---- files that claim to be large ---- */

#define HUGE_PAGES  ((uint64_t)1 << 38)
#define HUGE_BLOCKS (HUGE_PAGES / 8 / 4096) /* of one bitmap */
#define HUGE_RAM    ((uint64_t)2 << 12)
#define HUGE_DUMP   (HUGE_RAM + (HUGE_BLOCKS << 12))
#define HUGE_DESCS  (HUGE_DUMP + (HUGE_BLOCKS << 12))

static void write_at(int fd, uint64_t off, const void *data, size_t len)
{
	assert_int_equal(pwrite(fd, data, len, (off_t)off), len);
}

/* A file with no page of 2^38; only its first `len` bytes are there, all of them holes but
 * for the headers. */
static int huge_file(uint64_t len)
{
	struct td t = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 8, .in_dump = none };
	int fd;

	td_kdump(&t, &k);
	td_uint(&t, 424 + 12, 2 * HUGE_BLOCKS, 4);
	td_uint(&t, 4096 + 96, HUGE_PAGES, 8);
	fd = td_fd(&t, 8192);
	assert_int_equal(ftruncate(fd, (off_t)len), 0);
	td_free(&t);
	return fd;
}

static void huge_page(int fd, uint64_t pfn, uint64_t index)
{
	const unsigned char bit = (unsigned char)(1 << pfn % 8);
	unsigned char page[4096];
	struct td desc = { 0 };

	td_uint(&desc, 0, HUGE_DESCS + 8192 + (index << 12), 8);
	td_uint(&desc, 8, 4096, 4);
	td_uint(&desc, 23, 0, 1);
	td_page(pfn, page, sizeof(page));
	write_at(fd, HUGE_RAM + pfn / 8, &bit, 1);
	write_at(fd, HUGE_DUMP + pfn / 8, &bit, 1);
	write_at(fd, HUGE_DESCS + 24 * index, desc.data, 24);
	write_at(fd, HUGE_DESCS + 8192 + (index << 12), page, sizeof(page));
	td_free(&desc);
}

static double seconds_since(clock_t start)
{
	return (double)(clock() - start) / CLOCKS_PER_SEC;
}

/* Bitmaps that end with the file, at once or after a hole: nobody may walk 32 GiB. */
static void test_huge_cut(void **state)
{
	static const uint64_t lengths[] = { 60 << 20, HUGE_DUMP + 100, HUGE_DUMP + (8ul << 30),
					    HUGE_DESCS };
	clock_t start = clock();
	uint64_t lo, hi, at = 0;
	struct opened o;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		int fd = huge_file(lengths[i]);
		uint64_t ram = 0, end;

		open_fds(&o, &fd, 1);
		assert_int_equal(o.code, CAIRN_OK);
		assert_false(image_bounds(o.img, &lo, &hi));
		assert_false(image_next_present(o.img, &at));
		assert_false(image_next_ram(o.img, &ram, &end));
		close_it(&o);
	}
	assert_true(seconds_since(start) < 3);
}

static void test_huge_holes(void **state)
{
	static const uint64_t pfns[] = { 5, 40000, ((uint64_t)1 << 37) + 77, HUGE_PAGES - 70000 };
	int fd = huge_file(HUGE_DESCS);
	clock_t start = clock();
	uint64_t lo, hi, at = 0, ram = 0, end;
	struct opened o;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		huge_page(fd, pfns[i], i);
	open_fds(&o, &fd, 1);
	assert_int_equal(o.code, CAIRN_OK);
	assert_true(image_bounds(o.img, &lo, &hi));
	assert_int_equal(lo, pfns[0] << 12);
	assert_int_equal(hi, (pfns[3] + 1) << 12);
	for (size_t i = 0; i < 4; i++, at += 4096) {
		assert_true(image_next_present(o.img, &at));
		assert_int_equal(at, pfns[i] << 12);
		expect_page(o.img, at, pfns[i], 12, CAIRN_FAULT_NONE);
	}
	assert_false(image_next_present(o.img, &at));
	for (size_t i = 0; i < 4; i++, ram = end) {
		assert_true(image_next_ram(o.img, &ram, &end));
		assert_int_equal(ram, pfns[i]);
		assert_int_equal(end, pfns[i] + 1);
	}
	assert_false(image_next_ram(o.img, &ram, &end));
	close_it(&o);
	assert_true(seconds_since(start) < 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codecs),
		cmocka_unit_test(test_page_sizes),
		cmocka_unit_test(test_arm),
		cmocka_unit_test(test_qemu_32_bit),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_ram),
		cmocka_unit_test(test_ram_of_one_bitmap),
		cmocka_unit_test(test_ram_of_split),
		cmocka_unit_test(test_library_agrees),
		cmocka_unit_test(test_oversized_descriptor),
		cmocka_unit_test(test_hostile_descriptor),
		cmocka_unit_test(test_corrupt_data),
		cmocka_unit_test(test_huge_cut),
		cmocka_unit_test(test_huge_holes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
