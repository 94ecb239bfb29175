/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <zstd.h>

#include <libkdumpfile/kdumpfile.h>
#include <malloc.h>

#include "lib/image/testimage.h"

static const enum codec_kind codecs[] = { CODEC_NONE, CODEC_ZLIB, CODEC_LZO, CODEC_SNAPPY,
					  CODEC_ZSTD };

/* ---- cut short ---- */

static void test_truncated_kdump(void **state)
{
	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct td t = { 0 };
		struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 400,
				      .codec = codecs[i] };
		size_t good = 0, now;

		td_kdump(&t, &k);
		for (size_t len = 4096; len < t.len; len += 4096) {
			struct opened o;

			open_len(&o, &t, len);
			if (o.code != CAIRN_OK) {
				assert_true(len < 8192);
				assert_int_equal(o.code, CAIRN_FORMAT);
			} else {
				assert_true(o.info->truncated);
				assert_int_equal(o.info->missing_from, len);
				expect_text(o.info->damage, "cut off");
				now = expect_damaged(o.img, &k);
				assert_true(now >= good);
				good = now;
			}
			close_it(&o);
		}
		assert_true(good > 250);
		td_free(&t);
	}
}

static void test_seventy_percent(void **state)
{
	struct td t = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 3000, .codec = CODEC_LZO };
	struct opened o;
	size_t good;

	(void)state;
	td_kdump(&t, &k);
	open_len(&o, &t, t.len / 10 * 7);
	assert_int_equal(o.code, CAIRN_OK);
	good = expect_damaged(o.img, &k);
	assert_true(good > k.ndescs * 6 / 10 && good < k.ndescs * 8 / 10);
	close_it(&o);
	td_free(&t);
}

/* The last page of an uncompressed dump, one byte short: no zeros are made up. */
static void test_one_byte_short(void **state)
{
	struct td t = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 100 };
	struct opened o;

	(void)state;
	td_kdump(&t, &k);
	open_len(&o, &t, t.len - 1);
	assert_true(o.info->truncated);
	assert_int_equal(expected(&k, 98), CAIRN_FAULT_NONE);
	expect_page(o.img, 98 << 12, 98, 12, CAIRN_FAULT_TRUNCATED);
	expect_page(o.img, 97 << 12, 97, 12, CAIRN_FAULT_NONE);
	close_it(&o);
	td_free(&t);
}

static void test_truncated_wrapped(void **state)
{
	struct td t = { 0 }, flat = { 0 }, z = { 0 }, both = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 600, .codec = CODEC_ZLIB };
	const struct td *files[] = { &flat, &z, &both };
	const char *how[] = { "kdump (flattened)", "kdump (zstd)", "kdump (zstd, flattened)" };
	size_t good;

	(void)state;
	td_kdump(&t, &k);
	td_flatten(&flat, &t, 4096, true);
	td_zstd(&z, &t, 3);
	td_zstd(&both, &flat, 3);
	for (size_t i = 0; i < 3; i++) {
		struct opened o;

		open_whole(&o, files[i]);
		assert_string_equal(o.info->format, how[i]);
		assert_int_equal(o.info->file_size, files[i]->len);
		assert_false(o.info->truncated);
		expect_pages(o.img, &k, 0);
		close_it(&o);
		good = 0;
		for (size_t len = 4096; len < files[i]->len; len += 8192) {
			open_len(&o, files[i], len);
			if (o.code == CAIRN_OK) {
				assert_true(o.info->truncated);
				expect_text(o.info->damage, "cut off");
				good += expect_damaged(o.img, &k);
			}
			close_it(&o);
		}
		assert_true(good > 0);
	}
	td_free(&t);
	td_free(&flat);
	td_free(&z);
	td_free(&both);
}

/* A cut stream that lacks a piece of the bitmap, but not what comes behind it: descriptors
 * can no longer be counted, and no page is taken for another. */
static void test_hole_in_bitmap(void **state)
{
	struct td t = { 0 }, flat = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 200000, .in_dump = sparse };
	const size_t hole = 8192 + 28672 + 8192; /* the third block of the second bitmap */
	struct opened o;
	size_t good;

	(void)state;
	td_kdump(&t, &k);
	assert_int_equal(k.descs, 8192 + 2 * 28672);
	td_put(&flat, 0, "makedumpfile", 12);
	td_be64(&flat, 16, 1);
	td_be64(&flat, 4096, 0);
	td_be64(&flat, 4104, hole);
	td_put(&flat, 4112, t.data, hole);
	td_be64(&flat, 4112 + hole, hole + 4096);
	td_be64(&flat, 4120 + hole, t.len - hole - 4096);
	td_put(&flat, 4128 + hole, t.data + hole + 4096, t.len - hole - 4096);
	open_whole(&o, &flat);
	assert_true(o.info->truncated);
	good = expect_damaged(o.img, &k);
	assert_true(good >= 2 && good < k.ndescs / 2);
	close_it(&o);
	td_free(&t);
	td_free(&flat);
}

/* makedumpfile ran out of space: descriptors that it did not come to are zero. */
static void test_incomplete(void **state)
{
	struct td t = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 200, .status = 8 };
	struct opened o;

	(void)state;
	td_kdump(&t, &k);
	memset(t.data + k.descs + (k.ndescs - 10) * 24, 0, 240);
	open_whole(&o, &t);
	assert_true(o.info->truncated);
	expect_text(o.info->damage, "disk was full");
	expect_page(o.img, 198 << 12, 198, 12, CAIRN_FAULT_TRUNCATED);
	expect_page(o.img, 0, 0, 12, CAIRN_FAULT_NONE);
	close_it(&o);
	td_free(&t);
}

/* ---- split sets ---- */

static void make_parts(struct td *parts, struct td_kdump *k, const uint64_t *borders, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		k->split = true;
		k->start = borders[i];
		k->end = borders[i + 1];
		td_kdump(&parts[i], k);
	}
}

/* The second opinion: libkdumpfile finds the same pages in the same set. */
static void expect_library_agrees(const struct opened *o, const struct td_kdump *k)
{
	kdump_ctx_t *ctx = kdump_new();
	unsigned char page[4096], want[4096];
	size_t agreed = 0;

	assert_int_equal(kdump_open_fdset(ctx, (unsigned)o->n, o->fds), KDUMP_OK);
	for (uint64_t pfn = 0; pfn < k->max_pfn; pfn++) {
		size_t len = sizeof(page);

		if (expected(k, pfn) != CAIRN_FAULT_NONE)
			continue;
		assert_int_equal(kdump_read(ctx, KDUMP_MACHPHYSADDR, pfn << 12, page, &len), 0);
		td_page(pfn, want, sizeof(want));
		assert_memory_equal(page, want, sizeof(want));
		agreed++;
	}
	assert_true(agreed > 50);
	kdump_free(ctx);
}

static void test_split(void **state)
{
	static const uint64_t borders[] = { 0, 33000, 33001, 90000 };
	static const size_t orders[][3] = { { 0, 1, 2 }, { 2, 0, 1 }, { 1, 2, 0 }, { 2, 1, 0 } };
	struct td parts[3] = { { 0 } }, flat = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 90000, .in_dump = sparse };
	struct opened o;

	(void)state;
	make_parts(parts, &k, borders, 3);
	for (size_t i = 0; i < 4; i++) {
		int fds[3];

		for (size_t j = 0; j < 3; j++)
			fds[j] = td_fd(&parts[orders[i][j]], parts[orders[i][j]].len);
		open_fds(&o, fds, 3);
		assert_int_equal(o.code, CAIRN_OK);
		assert_string_equal(o.info->format, "kdump (split in 3)");
		assert_null(o.info->damage);
		assert_int_equal(o.info->file_size, parts[0].len + parts[1].len + parts[2].len);
		expect_pages(o.img, &k, 0);
		expect_library_agrees(&o, &k);
		close_it(&o);
	}
	td_flatten(&flat, &parts[1], 4096, false);
	open_fds(&o, (int[]){ td_fd(&flat, flat.len), td_fd(&parts[0], parts[0].len),
			      td_fd(&parts[2], parts[2].len) }, 3);
	assert_int_equal(o.code, CAIRN_OK);
	expect_pages(o.img, &k, 0);
	close_it(&o);
	for (size_t j = 0; j < 3; j++)
		td_free(&parts[j]);
	td_free(&flat);
}

static void test_split_missing(void **state)
{
	static const uint64_t borders[] = { 0, 300, 600, 1000 };
	struct td parts[3] = { { 0 } };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 1000, .codec = CODEC_LZO };

	(void)state;
	make_parts(parts, &k, borders, 3);
	for (size_t gone = 0; gone < 3; gone++) {
		size_t a = gone == 0, b = gone == 2 ? 1 : 2;
		struct opened o;
		char text[64];

		open_fds(&o, (int[]){ td_fd(&parts[b], parts[b].len),
				      td_fd(&parts[a], parts[a].len) }, 2);
		assert_int_equal(o.code, CAIRN_OK);
		snprintf(text, sizeof(text), "from %#llx to %#llx",
			 (unsigned long long)borders[gone] << 12,
			 (unsigned long long)borders[gone + 1] << 12);
		expect_text(o.info->damage, "missing");
		expect_text(o.info->damage, text);
		for (uint64_t pfn = 0; pfn < 1000; pfn++) {
			enum cairn_fault want = expected(&k, pfn);

			if (want == CAIRN_FAULT_NONE && pfn >= borders[gone] &&
			    pfn < borders[gone + 1])
				want = CAIRN_FAULT_TRUNCATED;
			expect_page(o.img, pfn << 12, pfn, 12, want);
		}
		close_it(&o);
	}
	for (size_t j = 0; j < 3; j++)
		td_free(&parts[j]);
}

static void test_not_a_set(void **state)
{
	static const uint64_t borders[] = { 0, 300, 1000 };
	struct td parts[2] = { { 0 } }, other[2] = { { 0 } }, whole = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 1000 };
	struct td_kdump w = k, l = k;
	struct opened o;

	(void)state;
	l.machine = "aarch64";
	make_parts(parts, &k, borders, 2);
	make_parts(other, &l, borders, 2);
	td_kdump(&whole, &w);
	open_fds(&o, (int[]){ td_fd(&whole, whole.len), td_fd(&parts[1], parts[1].len) }, 2);
	assert_int_equal(o.code, CAIRN_USAGE);
	expect_text(o.err.text, "not part of a split dump");
	close_it(&o);
	open_fds(&o, (int[]){ td_fd(&parts[0], parts[0].len), td_fd(&other[1], other[1].len) }, 2);
	assert_int_equal(o.code, CAIRN_USAGE);
	expect_text(o.err.text, "different dumps");
	close_it(&o);
	for (size_t j = 0; j < 2; j++) {
		td_free(&parts[j]);
		td_free(&other[j]);
	}
	td_free(&whole);
}

/* ---- what it costs ---- */

static size_t heap(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* Neither open time nor memory depends on the size of the machine: 8 MiB of (untouched)
 * cache, little else. */
static void test_terabyte_kdump(void **state)
{
	const uint64_t max_pfn = (uint64_t)1 << 28, map = max_pfn / 8;
	struct td t = { 0 };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 16 };
	uint64_t lo, hi;
	struct opened o;
	size_t before;
	int fd;

	(void)state;
	td_kdump(&t, &k);
	td_uint(&t, 424 + 12, 2 * map / 4096, 4);
	td_uint(&t, 424 + 16, max_pfn, 4);
	td_uint(&t, 4096 + 96, max_pfn, 8);
	fd = td_fd(&t, 8192);
	assert_int_equal(ftruncate(fd, (off_t)(8192 + 2 * map + 24 + 4096)), 0);
	/* one page, the last but one of the machine: bit 6 of the last byte */
	assert_int_equal(pwrite(fd, "\x40", 1, (off_t)(8192 + 2 * map - 1)), 1);
	td_free(&t);
	td_uint(&t, 0, 8192 + 2 * map + 24, 8);
	td_uint(&t, 8, 4096, 4);
	td_need(&t, 24 + 4096);
	td_page(max_pfn - 2, t.data + 24, 4096);
	assert_int_equal(pwrite(fd, t.data, t.len, (off_t)(8192 + 2 * map)), (ssize_t)t.len);
	before = heap();
	open_fds(&o, &fd, 1);
	assert_int_equal(o.code, CAIRN_OK);
	assert_false(o.info->truncated);
	assert_true(heap() - before < (size_t)10 << 20);
	expect_page(o.img, (max_pfn - 2) << 12, max_pfn - 2, 12, CAIRN_FAULT_NONE);
	expect_page(o.img, (max_pfn - 1) << 12, max_pfn - 1, 12, CAIRN_FAULT_ABSENT);
	assert_true(image_bounds(o.img, &lo, &hi));
	assert_int_equal(lo, (max_pfn - 2) << 12);
	assert_int_equal(hi, (max_pfn - 1) << 12);
	close_it(&o);
	td_free(&t);
}

static void test_terabyte_elf(void **state)
{
	const uint64_t top = ((uint64_t)1 << 40) - 4096;
	static const struct td_load one = { 0, 0x4000, 0x4000 };
	struct td t = { 0 };
	struct td_elf e = { .class = ELFCLASS64, .machine = EM_X86_64, .loads = &one, .nloads = 1 };
	unsigned char page[4096];
	struct opened o;
	size_t before;
	int fd;

	(void)state;
	td_elf(&t, &e);
	td_uint(&t, e.phoff + 56 + 32, (uint64_t)1 << 40, 8);
	td_uint(&t, e.phoff + 56 + 40, (uint64_t)1 << 40, 8);
	fd = td_fd(&t, t.len);
	td_page(top >> 12, page, 4096);
	assert_int_equal(pwrite(fd, page, 4096, (off_t)(e.data + top)), 4096);
	before = heap();
	open_fds(&o, &fd, 1);
	assert_int_equal(o.code, CAIRN_OK);
	assert_false(o.info->truncated);
	assert_true(heap() - before < (size_t)10 << 20);
	expect_page(o.img, top, top >> 12, 12, CAIRN_FAULT_NONE);
	close_it(&o);
	td_free(&t);
}

/* The difference of some text to itself, as `zstd --patch-from` makes it. */
static size_t difference(void *to, size_t room)
{
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	unsigned char text[8192], other[sizeof(text)];
	size_t n;

	for (size_t i = 0, x = 1; i < sizeof(text); i++, x = x * 1103515245 + 12345)
		text[i] = (unsigned char)(x >> 16); /* does not shrink by itself */
	memcpy(other, text, sizeof(text));
	ZSTD_CCtx_refPrefix(ctx, other, sizeof(other));
	n = ZSTD_compress2(ctx, to, room, text, sizeof(text));
	ZSTD_freeCCtx(ctx);
	assert_false(ZSTD_isError(n));
	return n;
}

static void expect_hint(const char *dir, const char *name, const char *text)
{
	unsigned char packed[16384];
	char path[128];
	const char *const paths[] = { path };
	size_t n = difference(packed, sizeof(packed));
	struct image *img;
	struct cairn_err err;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	assert_int_equal(write(fd, packed, n), n);
	close(fd);
	assert_int_equal(image_open(&img, paths, 1, &err), CAIRN_FORMAT);
	if (!strstr(err.text, text))
		fail_msg("\"%s\" does not say %s", err.text, text);
	unlink(path);
}

/* The tests' store has many of these. */
static void test_difference(void **state)
{
	char dir[] = "/tmp/cairn-difference-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	expect_hint(dir, "a-6.1-hung.from-a-6.1-sysrq.zst", "--patch-from=a-6.1-sysrq.kdump");
	expect_hint(dir, "x.zst", "--patch-from=THE_OTHER");
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_difference),
		cmocka_unit_test(test_truncated_kdump),
		cmocka_unit_test(test_seventy_percent),
		cmocka_unit_test(test_one_byte_short),
		cmocka_unit_test(test_truncated_wrapped),
		cmocka_unit_test(test_hole_in_bitmap),
		cmocka_unit_test(test_incomplete),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_split_missing),
		cmocka_unit_test(test_not_a_set),
		cmocka_unit_test(test_terabyte_kdump),
		cmocka_unit_test(test_terabyte_elf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
