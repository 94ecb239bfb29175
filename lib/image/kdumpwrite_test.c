/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/image/testcopy.h"

static void clear(unsigned char *p, size_t at, size_t size)
{
	memset(p + at, 0, size);
}

/* A header without what a copy has of its own. */
static struct kdump_head common_head(const struct kdump_head *h)
{
	const struct kdump_sub_layout *l = h->layout;
	struct kdump_head c = *h;
	unsigned char *tail = c.head + (l->word == 8 ? KDUMP_TAIL64 : KDUMP_TAIL32);

	clear(c.head, 0, 12); /* signature, version */
	tail[0] &= (unsigned char)~0x27;
	clear(tail, KDUMP_SUB_BLOCKS, 12); /* size of the sub-header, of bitmaps, max_mapnr */
	clear(c.sub, l->split, sizeof(c.sub) - l->split);
	return c;
}

static void expect_same_head(const struct copy *c)
{
	const struct kdump_head *h = c->to.info->kdump;
	const unsigned char *tail = h->head + (h->layout->word == 8 ? KDUMP_TAIL64 : KDUMP_TAIL32);
	struct kdump_head a = common_head(c->from.info->kdump), b = common_head(h);

	assert_ptr_equal(a.layout, b.layout);
	assert_memory_equal(a.head, b.head, sizeof(a.head));
	assert_memory_equal(a.sub, b.sub, sizeof(a.sub));
	assert_int_equal(c->to.info->kdump_base, c->from.info->kdump_base);
	assert_memory_equal(h->head, "KDUMP   ", 8);
	assert_int_equal(le32(h->head + 8), 6);
	assert_int_equal(le32(tail) & 0x27, c->w.codec);
	assert_int_equal(le32(h->sub + h->layout->split), 0);
	assert_int_equal(le64(h->sub + h->layout->start_pfn_64), 0);
	assert_int_equal(le64(h->sub + h->layout->end_pfn_64), 0);
	assert_int_equal(le32(tail + KDUMP_MAX_MAPNR),
			 le64(h->sub + h->layout->max_mapnr_64));
}

/* ---- kdump files of every layout ---- */


static const enum codec_kind written[] = { CODEC_NONE, CODEC_ZLIB, CODEC_ZSTD };

static void expect_copy(struct td_kdump *k, enum codec_kind codec, bool library)
{
	struct copy c = { .w = { .codec = codec } };
	struct td t = { 0 };
	uint64_t base;

	td_kdump(&t, k);
	/* more than its reader looks at: uname, the time, CPUs */
	td_put(&t, 12 + 65, "node", 4);
	td_put(&t, 12 + 2 * 65, "6.1.0", 5);
	td_uint(&t, k->word == 8 ? 408 : 404, 1234567890, 4);
	td_uint(&t, (k->word == 8 ? 424 : 412) + 36, 7, 4);
	open_whole(&c.from, &t);
	want_every_third(&c);
	assert_true(c.pages.count > 20);
	write_copy(&c);
	base = c.from.info->kdump_base >> k->shift;
	expect_same_pages(&c, base > 100 ? base - 100 : 0, base + k->max_pfn + 100);
	expect_same_texts(&c);
	expect_same_head(&c);
	assert_null(c.to.info->damage);
	if (library)
		expect_library_agrees(&c, k->max_pfn);
	drop(&c);
	td_free(&t);
}

static void test_machines(void **state)
{
	static const struct {
		const char *machine;
		unsigned word;
		enum arch_id arch;
		size_t prstatus;
		bool arm, library;
		uint32_t phys_base;
	} all[] = {
		{ "x86_64", 8, ARCH_X86_64, 336, false, true, 0x1000000 },
		{ "i686", 4, ARCH_I386, 144, false, true, 0 },
		{ "armv7l", 4, ARCH_ARM, 148, true, false, 0x40000000 },
		{ "aarch64", 8, ARCH_ARM64, 392, false, true, 0 },
		/* QEMU's */
		{ "", 8, ARCH_X86_64, 336, false, false, 0 },
		{ "", 4, ARCH_I386, 144, false, false, 0 },
		{ "", 4, ARCH_ARM, 148, false, false, 0x40000000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (size_t c = 0; c < 3; c++) {
			struct td notes = { 0 };
			struct td_kdump k = {
				.machine = all[i].machine, .word = all[i].word, .arm = all[i].arm,
				.phys_base = all[i].phys_base, .max_pfn = 400, .notes = &notes,
				.codec = CODEC_ZLIB,
			};

			make_notes(&notes, all[i].arch, all[i].prstatus, c % 2);
			expect_copy(&k, written[c], all[i].library);
			td_free(&notes);
		}
}

static void test_page_sizes(void **state)
{
	(void)state;
	for (unsigned shift = 12; shift <= 16; shift += 2)
		for (size_t c = 0; c < 3; c++) {
			struct td_kdump k = { .machine = "aarch64", .word = 8, .max_pfn = 100,
					      .codec = CODEC_ZSTD, .shift = shift };

			expect_copy(&k, written[c], true);
		}
}

/* Whatever the pages were packed with; LZO and snappy are not written. */
static void test_codecs(void **state)
{
	static const enum codec_kind read[] = { CODEC_NONE, CODEC_ZLIB, CODEC_LZO, CODEC_SNAPPY,
						CODEC_ZSTD };

	(void)state;
	for (size_t i = 0; i < 5; i++)
		for (size_t c = 0; c < 3; c++) {
			struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 300,
					      .codec = read[i] };

			expect_copy(&k, written[c], true);
		}
}

/* VMCOREINFO outside of the notes, with and without any; of old versions, what they have. */
static void test_versions(void **state)
{
	static const struct { const char *machine; unsigned word; bool arm; } all[] = {
		{ "x86_64", 8, false }, { "i686", 4, false }, { "armv7l", 4, true },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (int version = 1; version <= 6; version++)
			for (int what = 0; what < 4; what++) {
				struct td notes = { 0 };
				struct td_kdump k = {
					.machine = all[i].machine, .word = all[i].word,
					.arm = all[i].arm, .version = version, .max_pfn = 200,
					.vmcoreinfo = what & 1 ? TC_INFO : NULL,
					.notes = what & 2 ? &notes : NULL,
				};

				td_prstatus(&notes, arch_by_utsname(k.machine),
					    k.word == 8 ? 336 : k.arm ? 148 : 144, 1, 100);
				expect_copy(&k, CODEC_ZSTD, all[i].word == 8);
				td_free(&notes);
			}
}

static void test_large_bitmaps(void **state)
{
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 200000,
			      .in_dump = sparse };

	(void)state;
	expect_copy(&k, CODEC_NONE, true);
	k.in_ram = sparse;
	expect_copy(&k, CODEC_NONE, false);
	k.in_ram = every;
	expect_copy(&k, CODEC_NONE, false);
}

/* Notes up to the end of the sub-header's block and over it; they may lie anywhere. */
static void test_long_notes(void **state)
{
	static const unsigned sizes[] = { 4, 3520, 3524, 3528, 3532, 3536, 3540, 3544, 3548, 20000 };
	static const unsigned char desc[20000] = { 1, 2, 3 };

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct copy c = { .w = { .codec = CODEC_NONE } };
		struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 100,
				      .vmcoreinfo = i % 2 ? TC_INFO : NULL };
		struct td t = { 0 }, notes = { 0 };

		td_kdump(&t, &k);
		td_prstatus(&notes, arch_by_id(ARCH_X86_64), 336, 1, 100);
		td_note(&notes, "QEMU", 0, desc, sizes[i / 2]);
		if (i % 2 == 0)
			td_note(&notes, "VMCOREINFO", 0, TC_INFO, sizeof(TC_INFO) - 1);
		td_uint(&t, 4096 + 48, t.len, 8);
		td_uint(&t, 4096 + 56, notes.len, 8);
		td_put(&t, t.len, notes.data, notes.len);
		open_whole(&c.from, &t);
		assert_int_equal(c.from.info->notes_len, notes.len);
		want_every_third(&c);
		write_copy(&c);
		expect_same_pages(&c, 0, 200);
		expect_same_texts(&c);
		expect_same_head(&c);
		drop(&c);
		td_free(&t);
		td_free(&notes);
	}
}

/* One of version 0 has no sub-header to speak of; a bitmap alone means that only what is in
 * the dump is known to be RAM. */
static void test_old_files(void **state)
{
	(void)state;
	for (int version = 0; version < 2; version++) {
		struct copy c = { .w = { .codec = CODEC_ZSTD, .utsname = { [4] = "x86_64" } } };
		struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 20000,
				      .in_dump = sparse, .in_ram = every, .version = 1 };
		struct td t = { 0 };

		td_kdump(&t, &k);
		if (!version)
			td_uint(&t, 8, 0, 4);
		else {
			td_uint(&t, 424 + 8, 2, 4);
			td_uint(&t, 424 + 12, 1, 4);
		}
		open_whole(&c.from, &t);
		assert_int_equal(!c.from.info->kdump, !version);
		record_add(&c.pages, 7);
		write_copy(&c);
		expect_same_pages(&c, 0, 20100);
		expect_same_texts(&c);
		drop(&c);
		td_free(&t);
	}
}

/* A set becomes one file; of one that is not complete, what is missing is cut off. */
static void test_split(void **state)
{
	(void)state;
	for (int whole = 1; whole >= 0; whole--) {
		struct td t[3] = { { 0 } };
		struct copy c = { .w = { .codec = CODEC_ZSTD } };
		int fds[3];

		for (size_t i = 0; i < 3; i++) {
			struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 1000,
					      .split = true, .start = i * 333,
					      .end = i < 2 ? (i + 1) * 333 : 1000 };

			td_kdump(&t[i], &k);
			fds[i] = td_fd(&t[i], t[i].len);
		}
		open_fds(&c.from, fds, whole ? 3 : 2);
		assert_int_equal(c.from.code, CAIRN_OK);
		want_every_third(&c);
		for (uint64_t pfn = 700; !whole && pfn < 730; pfn++) {
			image_put(c.from.img, image_pin(c.from.img, pfn << 12));
			if (record_has(image_record(c.from.img), pfn))
				record_add(&c.pages, pfn);
		}
		write_copy(&c);
		expect_same_pages(&c, 0, 1100);
		assert_int_equal(c.w.ndamaged > 0, !whole);
		expect_same_texts(&c);
		expect_same_head(&c);
		assert_null(c.to.info->damage);
		if (!whole)
			close(fds[2]);
		drop(&c);
		for (size_t i = 0; i < 3; i++)
			td_free(&t[i]);
	}
}

/* A descriptor for a page that the file's own bitmap does not call RAM. */
static void test_bitmaps_that_disagree(void **state)
{
	struct copy c = { .w = { .codec = CODEC_NONE } };
	struct td_kdump k = { .machine = "x86_64", .word = 8, .max_pfn = 300, .in_ram = every,
			      .in_dump = every };
	struct td t = { 0 };

	(void)state;
	td_kdump(&t, &k);
	memset(t.data + 8192 + 20, 0, 18); /* RAM ends at page 160 */
	open_whole(&c.from, &t);
	record_add(&c.pages, 10);
	record_add(&c.pages, 160);
	record_add(&c.pages, 299);
	write_copy(&c);
	expect_same_pages(&c, 0, 400);
	drop(&c);
	memset(t.data + 8192, 0, 64); /* or nowhere */
	c = (struct copy){ .w = { .codec = CODEC_NONE } };
	open_whole(&c.from, &t);
	write_copy(&c);
	expect_same_pages(&c, 0, 400);
	drop(&c);
	td_free(&t);
}

static bool none(uint64_t pfn)
{
	(void)pfn;
	return false;
}

/* No page wanted; none there; none even of RAM, where pages are not counted from 0. */
static void test_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct copy c = { .w = { .codec = CODEC_ZSTD } };
		struct td_kdump k = { .machine = "armv7l", .word = 4, .arm = true, .max_pfn = 300,
				      .phys_base = 0x40000000, .in_dump = i ? none : NULL,
				      .in_ram = i == 2 ? none : NULL };
		struct td t = { 0 };

		td_kdump(&t, &k);
		open_whole(&c.from, &t);
		write_copy(&c);
		assert_int_equal(c.w.npages, 0);
		expect_same_pages(&c, 0x40000 - 10, 0x40000 + 400);
		expect_same_texts(&c);
		drop(&c);
		td_free(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machines),
		cmocka_unit_test(test_page_sizes),
		cmocka_unit_test(test_codecs),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_large_bitmaps),
		cmocka_unit_test(test_long_notes),
		cmocka_unit_test(test_old_files),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_bitmaps_that_disagree),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
