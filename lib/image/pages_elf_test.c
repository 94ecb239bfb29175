/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/image/testimage.h"

/* ---- ELF ---- */

static const struct td_load loads[] = {
	{ 0x1000, 0x9e400, 0x9e400 },   /* ends inside a page */
	{ 0x100800, 0x1f800, 0x2f800 }, /* begins inside one; 16 pages were excluded */
	{ 0x200000, 0, 0x10000 },       /* nothing of it was kept */
	{ 0x300000, 0x4000, 0x4000 },
	{ 0x302000, 0x4000, 0x4000 },   /* overlaps */
};

/* What is known of a byte of physical memory. */
static enum cairn_fault elf_byte(uint64_t a)
{
	enum cairn_fault f = CAIRN_FAULT_ABSENT;

	for (size_t i = 0; i < 5; i++) {
		if (a >= loads[i].phys && a - loads[i].phys < loads[i].filesz)
			return CAIRN_FAULT_NONE;
		if (a >= loads[i].phys && a - loads[i].phys < loads[i].memsz)
			f = CAIRN_FAULT_EXCLUDED;
	}
	return f;
}

static void expect_elf_page(struct image *img, uint64_t at, bool cut, size_t *good)
{
	enum cairn_fault want = CAIRN_FAULT_ABSENT;
	struct page *p = image_pin(img, at);
	unsigned char page[4096];

	td_page(at >> 12, page, 4096);
	for (size_t i = 0; i < 4096; i += 1024) {
		enum cairn_fault f = elf_byte(at + i);

		if (f != CAIRN_FAULT_NONE)
			memset(page + i, 0, 1024);
		if (f == CAIRN_FAULT_NONE || want == CAIRN_FAULT_ABSENT)
			want = f;
	}
	if (cut && want == CAIRN_FAULT_NONE && !p->data)
		want = CAIRN_FAULT_TRUNCATED;
	assert_int_equal(p->fault, want);
	if (p->data)
		assert_memory_equal(p->data, page, 4096);
	*good += p->data != NULL;
	image_put(img, p);
}

static void test_elf(void **state)
{
	(void)state;
	for (int v = 0; v < 8; v++) {
		struct td t = { 0 };
		struct td_elf e = {
			.class = v & 1 ? ELFCLASS32 : ELFCLASS64,
			.machine = v & 1 ? EM_386 : EM_X86_64, .loads = loads, .nloads = 5,
			.sections_first = v & 2, .xnum = v & 4,
		};
		uint64_t at = 0, lo, hi;
		size_t good = 0, seen = 0;
		struct opened o;

		td_elf(&t, &e);
		open_whole(&o, &t);
		assert_string_equal(o.info->format, "elf");
		assert_false(o.info->truncated);
		for (uint64_t a = 0; a < 0x310000; a += 4096)
			expect_elf_page(o.img, a, false, &good);
		for (; image_next_present(o.img, &at); at = (at & ~(uint64_t)4095) + 4096)
			seen++;
		assert_int_equal(seen, good);
		assert_true(image_bounds(o.img, &lo, &hi));
		assert_int_equal(lo, 0x1000);
		assert_int_equal(hi, 0x306000);
		close_it(&o);
		td_free(&t);
	}
}

static void test_truncated_elf(void **state)
{
	struct td t = { 0 };
	struct td_elf e = { .class = ELFCLASS64, .machine = EM_X86_64, .loads = loads, .nloads = 5 };
	size_t before = 0;

	(void)state;
	td_elf(&t, &e);
	for (size_t len = 4096; len < t.len; len += 4096) {
		size_t good = 0;
		struct opened o;

		open_len(&o, &t, len);
		assert_int_equal(o.code, CAIRN_OK);
		assert_true(o.info->truncated);
		assert_int_equal(o.info->missing_from, len);
		for (uint64_t a = 0; a < 0x310000; a += 4096)
			expect_elf_page(o.img, a, true, &good);
		assert_true(good >= before);
		before = good;
		close_it(&o);
	}
	assert_true(before > 100);
	td_free(&t);
}

/* PAGESIZE of VMCOREINFO is the page size of an ELF core. */
static void test_elf_page_size(void **state)
{
	static const char text[] = "OSRELEASE=6.1\nPAGESIZE=65536\nSYMBOL(x)=1\n";
	static const struct td_load one = { 0x40000000, 0x40000, 0x40000 };
	struct td t = { 0 }, notes = { 0 };
	struct td_elf e = { .class = ELFCLASS64, .machine = EM_AARCH64, .loads = &one, .nloads = 1,
			    .notes = &notes };
	unsigned char want[4096];
	struct opened o;
	struct page *p;

	(void)state;
	td_note(&notes, "VMCOREINFO", 0, text, strlen(text));
	td_elf(&t, &e);
	open_whole(&o, &t);
	assert_int_equal(o.info->page_shift, 16);
	assert_int_equal(o.info->arch->id, ARCH_ARM64);
	p = image_pin(o.img, 0x40013000);
	td_page(0x40013, want, 4096);
	assert_memory_equal(p->data + 0x3000, want, 4096);
	image_put(o.img, p);
	close_it(&o);
	td_free(&t);
	td_free(&notes);
}

/* Ranges of RAM: what was kept and what was not, in whole pages, none of them twice. */
static void test_elf_ram(void **state)
{
	static const struct { uint64_t first, end; } want[] = {
		{ 0x1, 0xa0 }, { 0x100, 0x130 }, { 0x200, 0x210 }, { 0x300, 0x304 },
		{ 0x304, 0x306 },
	};
	struct td t = { 0 };
	struct td_elf e = { .class = ELFCLASS64, .machine = EM_X86_64, .loads = loads, .nloads = 5 };
	uint64_t pfn = 0, end;
	struct opened o;

	(void)state;
	td_elf(&t, &e);
	open_whole(&o, &t);
	for (size_t i = 0; i < 5; i++, pfn = end) {
		assert_true(image_next_ram(o.img, &pfn, &end));
		assert_int_equal(pfn, want[i].first);
		assert_int_equal(end, want[i].end);
		pfn = end - 1; /* from its last page on */
		assert_true(image_next_ram(o.img, &pfn, &end));
		assert_int_equal(pfn, want[i].end - 1);
		assert_int_equal(end, want[i].end);
	}
	assert_false(image_next_ram(o.img, &pfn, &end));
	pfn = UINT64_MAX;
	assert_false(image_next_ram(o.img, &pfn, &end));
	close_it(&o);
	td_free(&t);
}

/* Ranges that share a page of a larger size, and a machine without any memory. */
static void test_elf_ram_in_large_pages(void **state)
{
	static const char text[] = "OSRELEASE=6.1\nPAGESIZE=65536\nSYMBOL(x)=1\n";
	static const struct td_load shared[] = { { 0x11000, 0x1000, 0x1000 },
						 { 0x13000, 0x1000, 0x1000 },
						 { 0x15000, 0, 0x20000 } };
	static const struct { uint64_t first, end; } want[] = { { 1, 2 }, { 2, 4 } };
	struct td t = { 0 }, empty = { 0 }, notes = { 0 };
	struct td_elf e = { .class = ELFCLASS64, .machine = EM_AARCH64, .loads = shared,
			    .nloads = 3, .notes = &notes };
	uint64_t pfn = 0, end;
	struct opened o;

	(void)state;
	td_note(&notes, "VMCOREINFO", 0, text, strlen(text));
	td_elf(&t, &e);
	open_whole(&o, &t);
	for (size_t i = 0; i < 2; i++, pfn = end) {
		assert_true(image_next_ram(o.img, &pfn, &end));
		assert_int_equal(pfn, want[i].first);
		assert_int_equal(end, want[i].end);
	}
	assert_false(image_next_ram(o.img, &pfn, &end));
	close_it(&o);
	e.nloads = 0;
	td_elf(&empty, &e);
	open_whole(&o, &empty);
	pfn = 0;
	assert_false(image_next_ram(o.img, &pfn, &end));
	close_it(&o);
	td_free(&t);
	td_free(&empty);
	td_free(&notes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elf),
		cmocka_unit_test(test_truncated_elf),
		cmocka_unit_test(test_elf_page_size),
		cmocka_unit_test(test_elf_ram),
		cmocka_unit_test(test_elf_ram_in_large_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
