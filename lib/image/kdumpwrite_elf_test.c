/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/image/testcopy.h"

/* ---- ELF cores ---- */

static const struct td_load loads[] = {
	{ 0x1000, 0x9e400, 0x9e400 },   /* ends inside a page */
	{ 0x100800, 0x1f800, 0x2f800 }, /* begins inside one; 16 pages were excluded */
	{ 0x200000, 0, 0x10000 },
	{ 0x300000, 0x4000, 0x4000 },
	{ 0x302000, 0x4000, 0x4000 },   /* overlaps */
	{ 0x10000000, 0x2000, 0x2000 },
};

static void expect_elf_copy(uint16_t machine, enum arch_id arch, size_t prstatus,
			    const struct kdump_sub_layout *layout, uint64_t base)
{
	struct td_load at[6];
	struct td t = { 0 }, notes = { 0 };
	struct td_elf e = { .class = layout->word == 8 ? ELFCLASS64 : ELFCLASS32,
			    .machine = machine, .loads = at, .nloads = 6, .notes = &notes };
	const char *utsname = arch == ARCH_ARM ? "armv7l" : arch_by_id(arch)->utsname;
	struct copy c = { .w = { .codec = CODEC_ZSTD } };
	const struct kdump_head *h;
	const unsigned char *tail;

	for (size_t i = 0; i < 6; i++) {
		at[i] = loads[i];
		at[i].phys += base;
	}
	make_notes(&notes, arch, prstatus, false);
	td_note(&notes, "VMCOREINFO", 0, "OSRELEASE=6.1\nNUMBER(phys_base)=19922944\n", 41);
	td_elf(&t, &e);
	open_whole(&c.from, &t);
	assert_null(c.from.info->kdump);
	strcpy(c.w.utsname[0], "Linux");
	strcpy(c.w.utsname[2], "6.1");
	strcpy(c.w.utsname[4], utsname);
	want_every_third(&c);
	record_add(&c.pages, (base + 0x9f000) >> 12);
	record_add(&c.pages, (base + 0x100000) >> 12);
	write_copy(&c);
	expect_same_pages(&c, base > 0x10000 ? (base >> 12) - 16 : 0, (base + 0x320000) >> 12);
	expect_same_pages(&c, (base + 0x10000000 - 0x10000) >> 12, (base + 0x10010000) >> 12);
	expect_same_texts(&c);
	if (arch != ARCH_ARM)
		expect_library_agrees(&c, 0x320);
	h = c.to.info->kdump;
	tail = h->head + (layout->word == 8 ? KDUMP_TAIL64 : KDUMP_TAIL32);
	assert_ptr_equal(h->layout, layout);
	assert_int_equal(c.to.info->kdump_base, arch == ARCH_ARM ? base + 0x1000 : 0);
	assert_memory_equal(h->head + KDUMP_UTSNAME, c.w.utsname, sizeof(c.w.utsname));
	assert_int_equal(le32(tail + KDUMP_NR_CPUS), 2);
	assert_int_equal(le_uint(h->sub, layout->word),
			 arch == ARCH_X86_64 ? 19922944 : arch == ARCH_ARM ? base + 0x1000 : 0);
	assert_int_equal(le32(h->sub + layout->level), 31);
	drop(&c);
	td_free(&t);
	td_free(&notes);
}

static void test_elf(void **state)
{
	(void)state;
	expect_elf_copy(EM_X86_64, ARCH_X86_64, 336, &kdump_sub64, 0);
	expect_elf_copy(EM_AARCH64, ARCH_ARM64, 392, &kdump_sub64, 0);
	expect_elf_copy(EM_386, ARCH_I386, 144, &kdump_sub32, 0);
	expect_elf_copy(EM_ARM, ARCH_ARM, 148, &kdump_sub32_arm, 0x40000000);
	expect_elf_copy(EM_ARM, ARCH_ARM, 148, &kdump_sub32_arm, 0x80000000);
}

/* What was found in memory is no part of the file, and is found in the copy. */
static void test_vmcoreinfo_in_memory(void **state)
{
	static const struct td_load one = { 0x100000, 0x20000, 0x20000 };
	static const char text[] = "OSRELEASE=6.1\nPAGESIZE=4096\nSYMBOL(init_top_pgt)=1\n";
	struct td_elf e = { .class = ELFCLASS64, .machine = EM_NONE, .loads = &one, .nloads = 1 };
	struct copy c = { .w = { .codec = CODEC_ZSTD } };
	struct td t = { 0 };

	(void)state;
	td_elf(&t, &e);
	td_put(&t, e.data + 0x5000, text, sizeof(text));
	open_whole(&c.from, &t);
	c.w.pages = &c.pages;
	assert_int_equal(kdump_write(&c.w, c.from.img, -1, NULL), CAIRN_MISSING);
	assert_int_equal(image_search_vmcoreinfo(c.from.img, NULL), CAIRN_OK);
	strcpy(c.w.utsname[4], "x86_64");
	for (uint64_t pfn = 0; record_next(image_record(c.from.img), &pfn); pfn++)
		record_add(&c.pages, pfn);
	assert_int_equal(c.pages.count, 1);
	write_copy(&c);
	assert_null(c.to.info->vmcoreinfo.text);
	assert_int_equal(image_search_vmcoreinfo(c.to.img, NULL), CAIRN_OK);
	assert_string_equal(c.to.info->vmcoreinfo.text, text);
	drop(&c);
	td_free(&t);
}

/* A bitmap of more than anybody has is not written out. */
static void test_claims_too_much(void **state)
{
	static const struct td_load far[] = { { 0x1000, 0x1000, 0x1000 },
					      { (uint64_t)1 << 50, 0x1000, 0x1000 } };
	struct td_elf e = { .class = ELFCLASS64, .machine = EM_X86_64, .loads = far, .nloads = 2 };
	struct copy c = { .w = { .codec = CODEC_NONE, .pages = &c.pages } };
	struct cairn_err err;
	struct td t = { 0 };

	(void)state;
	td_elf(&t, &e);
	open_whole(&c.from, &t);
	assert_int_equal(kdump_write(&c.w, c.from.img, -1, &err), CAIRN_LIMIT);
	expect_text(err.text, "0x4000000001 pages");
	close_it(&c.from);
	td_free(&t);
}

/* 64 TiB that a file of a few pages says it has: no gigabytes of bitmaps. */
static void test_claims_unfounded(void **state)
{
	static const struct td_load one[] = { { 0x1000, 0x20000, ((uint64_t)1 << 46) - 0x1000 } };
	struct td_elf e = { .class = ELFCLASS64, .machine = EM_X86_64, .loads = one, .nloads = 1 };
	struct copy c = { .w = { .codec = CODEC_NONE } };
	struct td t = { 0 };

	(void)state;
	td_elf(&t, &e);
	open_whole(&c.from, &t);
	want_every_third(&c);
	write_copy(&c);
	assert_true(c.w.size < (uint64_t)200 << 20);
	expect_same_pages(&c, 0, 100);
	drop(&c);
	td_free(&t);
}

static unsigned asked;

static bool stop_at_last(void)
{
	return ++asked == 3;
}

static void test_bitmaps_stop(void **state)
{
	static const struct td_load one[] = { { 0x1000, 0x20000, (uint64_t)1 << 40 } };
	struct td_elf e = { .class = ELFCLASS64, .machine = EM_X86_64, .loads = one, .nloads = 1 };
	struct copy c = { .w = { .codec = CODEC_NONE, .pages = &c.pages, .stop = stop_at_last } };
	int fd = memfd_create("copy", 0);
	struct td t = { 0 };

	(void)state;
	td_elf(&t, &e);
	open_whole(&c.from, &t);
	assert_int_equal(kdump_write(&c.w, c.from.img, fd, NULL), CAIRN_INTERRUPTED);
	assert_int_equal(asked, 3);
	close(fd);
	close_it(&c.from);
	td_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elf),
		cmocka_unit_test(test_vmcoreinfo_in_memory),
		cmocka_unit_test(test_claims_too_much),
		cmocka_unit_test(test_claims_unfounded),
		cmocka_unit_test(test_bitmaps_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
