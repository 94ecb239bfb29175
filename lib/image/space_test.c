/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/image/space.h"
#include "lib/image/testmem.h"

#define BASE UINT64_C(0x100000) /* of test memory; the root table is its first page */
#define SIZE UINT64_C(0x100000)
#define TABLE(n) (BASE + (n) * 0x1000u)
#define DATA(n) (BASE + 0x80000 + (n) * 0x1000u)
#define VA(n) (0xffff888000000000 + (n) * 0x1000u)

/* 512 pages from VA(0) by way of one PTE table; VA(512) and what follows is not mapped. */
struct world {
	struct testmem mem;
	struct image *img;
	struct space s;
};

static void map(struct world *w, unsigned n, uint64_t paddr)
{
	testmem_put(&w->mem, TABLE(3) + n * 8, paddr | 0x163, 8);
}

static struct world *make(void)
{
	struct world *w = calloc(1, sizeof(*w));

	testmem_add(&w->mem, BASE, SIZE);
	testmem_put(&w->mem, TABLE(0) + 273 * 8, TABLE(1) | 0x63, 8);
	testmem_put(&w->mem, TABLE(1), TABLE(2) | 0x63, 8);
	testmem_put(&w->mem, TABLE(2), TABLE(3) | 0x63, 8);
	for (unsigned i = 0; i < 16; i++)
		testmem_put(&w->mem, DATA(2) - 8 + i, 0x10u + i, 1);
	map(w, 0, DATA(1)); /* two pages in a row that are none in memory */
	map(w, 1, DATA(0));
	map(w, 2, DATA(2));
	testmem_write(&w->mem, DATA(0) + 0xffb, "world", 5);
	testmem_write(&w->mem, DATA(1) + 0xffb, "hello", 5);
	testmem_write(&w->mem, DATA(2) + 0x100, "short\0tail", 10);
	return w;
}

static void begin(struct world *w)
{
	w->img = testmem_open(&w->mem);
	assert_non_null(w->img);
	assert_int_equal(space_init(&w->s, w->img, &paging_x86_64_l4, TABLE(0), 8,
				    "kernel address", NULL), CAIRN_OK);
}

/* Of a dump whose page tables are of no known form, no space is made, and that is said. */
static void never_made(void **state)
{
	struct space s = { 0 };
	struct cairn_err err = { 0 };
	uint64_t value = 0;
	size_t left;

	(void)state;
	assert_int_equal(space_read(&s, VA(0), &value, 8, &err), CAIRN_FAULT);
	assert_int_equal(err.code, CAIRN_MISSING);
	assert_non_null(strstr(err.text, "not known"));
	assert_null(space_peek(&s, VA(0), &left, NULL));
	assert_int_equal(space_word(&s, VA(0), &value, NULL), CAIRN_FAULT);
	assert_int_equal(space_translate(&s, VA(0), &value, NULL), CAIRN_MISSING);
	assert_int_equal(space_hole(&s, VA(0)), 0);
	space_deinit(&s);
}

static void drop(struct world *w)
{
	space_deinit(&w->s);
	image_close(w->img);
	testmem_free(&w->mem);
	free(w);
}

/* 0xffff888000000000 and two pages more are mapped. */
static void holes(void **state)
{
	static const struct { uint64_t va, hole; } ways[] = {
		{ 0, UINT64_C(1) << 39 },
		{ 0x123, (UINT64_C(1) << 39) - 0x123 },
		{ 0x0000800000000000, UINT64_C(1) << 47 },
		{ 0xffff000000001000, (UINT64_C(1) << 47) - 0x1000 },
		{ 0xffff888000000000, 0 },
		{ 0xffff888000003000, 0x1000 },
		{ 0xffff888000201000, 0x1ff000 },
		{ 0xffff888040000000, UINT64_C(1) << 30 },
		{ 0xffffff8000000000, UINT64_C(1) << 39 },
	};
	struct world *w = make();

	(void)state;
	begin(w);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		assert_int_equal(space_hole(&w->s, ways[i].va), ways[i].hole);
	drop(w);
}

static void integers(void **state)
{
	struct world *w = make();
	uint64_t v64;
	uint32_t v32;
	uint8_t v8;

	(void)state;
	begin(w);
	assert_int_equal(space_u8(&w->s, VA(2) + 1, &v8, NULL), CAIRN_OK);
	assert_int_equal(v8, 0x19);
	assert_int_equal(space_u32(&w->s, VA(2) + 1, &v32, NULL), CAIRN_OK);
	assert_int_equal(v32, 0x1c1b1a19);
	assert_int_equal(space_u64(&w->s, VA(2), &v64, NULL), CAIRN_OK);
	assert_int_equal(v64, 0x1f1e1d1c1b1a1918);
	assert_int_equal(space_word(&w->s, VA(2), &v64, NULL), CAIRN_OK);
	assert_int_equal(v64, 0x1f1e1d1c1b1a1918);
	w->s.word = 4;
	assert_int_equal(space_word(&w->s, VA(2), &v64, NULL), CAIRN_OK);
	assert_int_equal(v64, 0x1b1a1918);
	/* four bytes of either page */
	assert_int_equal(space_u64(&w->s, VA(1) + 0xffc, &v64, NULL), CAIRN_OK);
	assert_int_equal(v64, 0x1b1a1918646c726f);
	drop(w);
}

static void bytes(void **state)
{
	struct world *w = make();
	char buf[0x2000];

	(void)state;
	begin(w);
	assert_int_equal(space_read(&w->s, VA(0) + 0xffb, buf, 0x1005, NULL), CAIRN_OK);
	assert_memory_equal(buf, "hello", 5);
	assert_memory_equal(buf + 0x1000, "world", 5);
	assert_int_equal(space_read(&w->s, VA(0), buf, 0, NULL), CAIRN_OK);
	drop(w);
}

static void faults(void **state)
{
	struct world *w = make();
	struct cairn_err err;
	unsigned char buf[64] = { 0 };
	uint64_t v;

	(void)state;
	map(w, 4, 0x40000000);
	begin(w);
	assert_int_equal(space_read_some(&w->s, VA(2) + 0xff0, buf, 64, &err), 16);
	assert_int_equal(err.fault, CAIRN_FAULT_UNMAPPED);
	assert_int_equal(err.addr, VA(3));
	assert_string_equal(err.text, "kernel address 0xffff888000003000: unmapped");
	assert_int_equal(space_read(&w->s, VA(2) + 0xff0, buf, 64, &err), CAIRN_FAULT);
	assert_int_equal(err.addr, VA(3));
	assert_int_equal(space_u64(&w->s, VA(2) + 0xffc, &v, &err), CAIRN_FAULT);
	assert_int_equal(err.addr, VA(3));
	assert_int_equal(space_u64(&w->s, VA(4), &v, &err), CAIRN_FAULT);
	assert_string_equal(err.text, "kernel address 0xffff888000004000: absent");
	assert_int_equal(space_u64(&w->s, 0x0000900000000000, &v, &err), CAIRN_FAULT);
	assert_string_equal(err.text, "kernel address 0x900000000000: non-canonical");
	assert_int_equal(space_translate(&w->s, VA(4) + 5, &v, &err), CAIRN_OK);
	assert_int_equal(v, 0x40000005);
	assert_int_equal(space_translate(&w->s, VA(3), &v, &err), CAIRN_FAULT);
	drop(w);
}

static void table_faults(void **state)
{
	struct world *w = make();
	struct cairn_err err;
	uint64_t v;

	(void)state;
	testmem_put(&w->mem, TABLE(2) + 8, 0x40000063, 8);
	begin(w);
	assert_int_equal(space_u64(&w->s, VA(512), &v, &err), CAIRN_FAULT);
	assert_string_equal(err.text, "page table of kernel address 0xffff888000200000: absent");
	assert_int_equal(err.addr, VA(512));
	assert_int_equal(space_translate(&w->s, VA(512), &v, &err), CAIRN_FAULT);
	assert_string_equal(err.text, "page table of kernel address 0xffff888000200000: absent");
	drop(w);
}

/* Asking again reads nothing. */
static void kept(void **state)
{
	struct world *w = make();
	uint64_t v, pages;

	(void)state;
	begin(w);
	space_u64(&w->s, VA(2), &v, NULL);
	space_u64(&w->s, VA(3), &v, NULL);
	pages = image_pages_read(w->img);
	assert_int_equal(pages, 5);
	testmem_free(&w->mem);
	w->mem.nranges = 0;
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(space_u64(&w->s, VA(2), &v, NULL), CAIRN_OK);
		assert_int_equal(space_u64(&w->s, VA(3), &v, NULL), CAIRN_FAULT);
	}
	assert_int_equal(image_pages_read(w->img), pages);
	drop(w);
}

/* More pages than the TLB has entries, and two that share one. */
static void crowded(void **state)
{
	struct world *w = make();
	uint64_t v;

	(void)state;
	for (unsigned i = 0; i < 512; i++) {
		testmem_put(&w->mem, DATA(i % 100) + 0x800, i % 100, 8);
		map(w, i, DATA(i % 100));
	}
	testmem_put(&w->mem, TABLE(2) + 8, TABLE(3) | 0x63, 8);
	testmem_put(&w->mem, TABLE(2) + 16, TABLE(3) | 0x63, 8);
	begin(w);
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < 3 * 512; i++) {
			assert_int_equal(space_u64(&w->s, VA(i) + 0x800, &v, NULL), CAIRN_OK);
			assert_int_equal(v, i % 512 % 100);
		}
	drop(w);
}

static void text(void **state)
{
	struct world *w = make();
	struct cairn_err err;
	char buf[0x1100];

	(void)state;
	testmem_put(&w->mem, DATA(2) + 0xff8, 0x4141414141414141, 8);
	begin(w);
	assert_int_equal(space_text(&w->s, VA(2) + 0x100, buf, sizeof(buf), NULL), CAIRN_OK);
	assert_string_equal(buf, "short");
	assert_int_equal(space_text(&w->s, VA(2) + 0x100, buf, 4, NULL), CAIRN_OK);
	assert_string_equal(buf, "sho");
	assert_int_equal(space_text(&w->s, VA(2) + 0x105, buf, sizeof(buf), NULL), CAIRN_OK);
	assert_string_equal(buf, "");
	assert_int_equal(space_text(&w->s, VA(2) + 0xff8, buf, sizeof(buf), &err), CAIRN_OK);
	assert_string_equal(buf, "AAAAAAAA"); /* the next page is not there */
	assert_int_equal(space_text(&w->s, VA(0) + 0xffb, buf, 7, NULL), CAIRN_OK);
	assert_string_equal(buf, "hello");
	assert_int_equal(space_text(&w->s, VA(3), buf, sizeof(buf), &err), CAIRN_FAULT);
	assert_int_equal(err.addr, VA(3));
	assert_string_equal(buf, "");
	assert_int_equal(space_text(&w->s, VA(2), buf, 1, NULL), CAIRN_OK);
	assert_string_equal(buf, "");
	drop(w);
}

/* The last page of the address space, and nothing after it. */
static void no_wrapping(void **state)
{
	struct world *w = make();
	struct cairn_err err;
	char buf[64];

	(void)state;
	testmem_put(&w->mem, TABLE(0), TABLE(1) | 0x63, 8); /* address 0 is mapped as well */
	testmem_put(&w->mem, TABLE(0) + 511 * 8, TABLE(1) | 0x63, 8);
	testmem_put(&w->mem, TABLE(1) + 511 * 8, TABLE(2) | 0x63, 8);
	testmem_put(&w->mem, TABLE(2) + 511 * 8, TABLE(3) | 0x63, 8);
	map(w, 511, DATA(0));
	begin(w);
	assert_int_equal(space_read_some(&w->s, UINT64_MAX - 4, buf, 64, &err), 5);
	assert_memory_equal(buf, "world", 5);
	assert_int_equal(err.fault, CAIRN_FAULT_NONCANONICAL);
	assert_int_equal(space_text(&w->s, UINT64_MAX - 4, buf, 64, &err), CAIRN_OK);
	assert_string_equal(buf, "world");
	drop(w);
}

/* A linear range answers for tables that are not there, not for those that say no. */
static void linear(void **state)
{
	struct world *w = make();
	uint64_t v;

	(void)state;
	testmem_put(&w->mem, TABLE(2) + 8, 0x40000063, 8);
	begin(w);
	assert_int_equal(space_translate(&w->s, VA(512), &v, NULL), CAIRN_FAULT);
	assert_int_equal(space_u64(&w->s, VA(514), &v, NULL), CAIRN_FAULT);
	assert_true(space_add_linear(&w->s, (struct space_linear){ VA(0), 0x203000,
								   DATA(0) - 0x200000 }));
	assert_int_equal(space_translate(&w->s, VA(512) + 0x123, &v, NULL), CAIRN_OK);
	assert_int_equal(v, DATA(0) + 0x123);
	assert_int_equal(space_u64(&w->s, VA(514), &v, NULL), CAIRN_OK);
	assert_int_equal(v, 0x1f1e1d1c1b1a1918);
	assert_int_equal(space_u64(&w->s, VA(515), &v, NULL), CAIRN_FAULT); /* past its end */
	assert_int_equal(space_translate(&w->s, VA(3), &v, NULL), CAIRN_FAULT); /* no, they say */
	assert_int_equal(space_translate(&w->s, VA(1), &v, NULL), CAIRN_OK);
	assert_int_equal(v, DATA(0)); /* as the tables say */
	for (unsigned i = 1; i < SPACE_LINEAR; i++)
		assert_true(space_add_linear(&w->s, (struct space_linear){ 0, 1, 0 }));
	assert_false(space_add_linear(&w->s, (struct space_linear){ 0, 1, 0 }));
	drop(w);
}

static void switched(void **state)
{
	struct world *w = make();
	uint64_t v;

	(void)state;
	testmem_put(&w->mem, TABLE(8) + 273 * 8, TABLE(9) | 0x63, 8);
	testmem_put(&w->mem, TABLE(9), TABLE(10) | 0x63, 8);
	testmem_put(&w->mem, TABLE(10), 0x1e3, 8); /* 2M at 0 */
	begin(w);
	assert_int_equal(space_u64(&w->s, VA(2), &v, NULL), CAIRN_OK);
	space_switch(&w->s, &paging_x86_64_l4, TABLE(8));
	assert_int_equal(space_u64(&w->s, VA(2), &v, NULL), CAIRN_FAULT);
	assert_int_equal(space_u64(&w->s, VA(0) + DATA(2), &v, NULL), CAIRN_OK);
	assert_int_equal(v, 0x1f1e1d1c1b1a1918);
	space_switch(&w->s, &paging_x86_64_l4, TABLE(0));
	assert_int_equal(space_u64(&w->s, VA(2), &v, NULL), CAIRN_OK);
	drop(w);
}

/* More spaces at once than the cache would have frames for, were each a kernel's. */
static void many(void **state)
{
	struct world *w = make();
	struct space s[12];
	uint64_t v;

	(void)state;
	for (unsigned i = 0; i < 512; i++)
		map(w, i, BASE + i % 256 * 0x1000);
	begin(w);
	for (unsigned i = 0; i < 12; i++) {
		assert_int_equal(space_init_sized(&s[i], w->img, &paging_x86_64_l4, TABLE(0), 8,
						  "user address", SPACE_TLB_USER, NULL), CAIRN_OK);
		for (unsigned n = 0; n < 512; n++) {
			assert_int_equal(space_u64(&s[i], VA(n), &v, NULL), CAIRN_OK);
			assert_int_equal(space_u64(&w->s, VA(n), &v, NULL), CAIRN_OK);
		}
	}
	for (unsigned i = 0; i < 12; i++)
		space_deinit(&s[i]);
	drop(w);
}

/* Tables of 64K pages over a dump of 4K pages. */
static void large_pages(void **state)
{
	struct testmem mem = { .elf_machine = EM_AARCH64 };
	struct paging_form form;
	struct image *img;
	struct space s;
	uint64_t v;

	(void)state;
	testmem_add(&mem, BASE, SIZE);
	testmem_put(&mem, BASE, (BASE + 0x10000) | 3, 8);
	testmem_put(&mem, BASE + 0x10000, (BASE + 0x20000) | 3, 8);
	testmem_put(&mem, BASE + 0x20000, (BASE + 0x50000) | 0x703, 8);
	testmem_put(&mem, BASE + 0x20008, (BASE + 0x30000) | 0x703, 8);
	testmem_put(&mem, BASE + 0x5fffc, 0x44332211, 4);
	testmem_put(&mem, BASE + 0x30000, 0x88776655, 4);
	assert_true(paging_arm64(&form, 16, 48));
	img = testmem_open(&mem);
	assert_int_equal(space_init(&s, img, &form, BASE, 8, "user address", NULL), CAIRN_OK);
	assert_int_equal(s.page_shift, image_info(img)->page_shift < 16 ? 12 : 16);
	assert_int_equal(space_u64(&s, 0xfffc, &v, NULL), CAIRN_OK);
	assert_int_equal(v, 0x8877665544332211);
	space_deinit(&s);
	image_close(img);
	testmem_free(&mem);
}

/* Tables of 4K pages over a dump of 64K pages: neighbours in memory are none in it. */
static void large_frames(void **state)
{
	struct world *w = make();
	uint64_t v;

	(void)state;
	testmem_vmcoreinfo(&w->mem, "OSRELEASE=6.1.0\nPAGESIZE=65536\n");
	begin(w);
	if (image_info(w->img)->page_shift != 16) {
		drop(w);
		skip();
	}
	assert_int_equal(w->s.page_shift, 12);
	assert_int_equal(space_u64(&w->s, VA(0) + 0xffc, &v, NULL), CAIRN_OK);
	assert_int_equal(v, 0x6f6c6c65);
	assert_int_equal(space_u64(&w->s, VA(2), &v, NULL), CAIRN_OK);
	assert_int_equal(v, 0x1f1e1d1c1b1a1918);
	assert_int_equal(space_u64(&w->s, VA(3), &v, NULL), CAIRN_FAULT);
	drop(w);
}

static bool recorded(const struct world *w, uint64_t paddr)
{
	return record_has(image_record(w->img), paddr >> 12);
}

/* What is read: the page and the tables on the way to it. */
static void is_recorded(void **state)
{
	struct world *w = make();
	uint64_t v;

	(void)state;
	begin(w);
	assert_int_equal(space_u64(&w->s, VA(2), &v, NULL), CAIRN_OK);
	assert_int_equal(space_u64(&w->s, VA(3), &v, NULL), CAIRN_FAULT); /* the tables say so */
	for (unsigned i = 0; i < 4; i++)
		assert_true(recorded(w, TABLE(i)));
	assert_true(recorded(w, DATA(2)));
	assert_int_equal(image_record(w->img)->count, 5);
	drop(w);
}

/* A search leaves no entry behind from which somebody could read past the record; nor does the
 * end of one within another. */
static void searched(void **state)
{
	struct world *w = make();
	uint64_t v, pages;

	(void)state;
	begin(w);
	assert_int_equal(space_u64(&w->s, VA(0), &v, NULL), CAIRN_OK);
	space_search_begin(&w->s);
	assert_int_equal(space_u64(&w->s, VA(2), &v, NULL), CAIRN_OK);
	space_search_begin(&w->s);
	assert_int_equal(space_u64(&w->s, VA(1), &v, NULL), CAIRN_OK);
	space_search_end(&w->s);
	assert_int_equal(space_u64(&w->s, VA(1), &v, NULL), CAIRN_OK);
	assert_int_equal(image_record(w->img)->count, 5);
	space_search_end(&w->s);
	assert_int_equal(image_record(w->img)->count, 5);
	pages = image_pages_read(w->img);
	assert_int_equal(space_u64(&w->s, VA(2), &v, NULL), CAIRN_OK);
	assert_true(recorded(w, DATA(2)));
	assert_false(recorded(w, DATA(0)));
	assert_int_equal(space_u64(&w->s, VA(1), &v, NULL), CAIRN_OK);
	assert_true(recorded(w, DATA(0)));
	assert_int_equal(image_record(w->img)->count, 7);
	assert_int_equal(image_pages_read(w->img), pages); /* all from the cache */
	drop(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holes), cmocka_unit_test(integers), cmocka_unit_test(bytes),
		cmocka_unit_test(faults), cmocka_unit_test(table_faults), cmocka_unit_test(kept), cmocka_unit_test(crowded),
		cmocka_unit_test(text), cmocka_unit_test(no_wrapping), cmocka_unit_test(linear),
		cmocka_unit_test(switched), cmocka_unit_test(many), cmocka_unit_test(large_pages),
		cmocka_unit_test(large_frames), cmocka_unit_test(is_recorded),
		cmocka_unit_test(searched), cmocka_unit_test(never_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
