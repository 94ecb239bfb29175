/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/image/shelf.h"
#include "lib/image/testmem.h"

#define BASE UINT64_C(0x10000)
#define HOLE UINT64_C(0x300000) /* a page that is mapped and not there */
#define END  UINT64_C(0x400000) /* not mapped from here on */
#define PAGE(n) (BASE + 0x1000 * (uint64_t)(n))

static struct testmem mem;
static struct image *img;
static struct space space;
static struct shelf shelf;

static void begin(void)
{
	mem = (struct testmem){ 0 };
	testmem_add(&mem, 0, HOLE);
	testmem_tables(&mem);
	for (unsigned i = 0; i < 700; i++)
		testmem_put(&mem, PAGE(i) + 8, 0x1000 + i, 8);
	img = testmem_open(&mem);
	assert_int_equal(space_init(&space, img, &paging_x86_64_l4, 0x1000, 8, "kernel address",
				    NULL), CAIRN_OK);
	shelf_init(&shelf, &space);
}

static void end(void)
{
	shelf_deinit(&shelf);
	space_deinit(&space);
	image_close(img);
	testmem_free(&mem);
}

static void expect(unsigned page)
{
	const unsigned char *p = shelf_peek(&shelf, PAGE(page) + 8, 8, NULL);

	assert_non_null(p);
	assert_int_equal(le64(p), 0x1000 + page);
}

static void few_are_pinned(void **state)
{
	const unsigned char *p;

	(void)state;
	begin();
	shelf_want(&shelf, PAGE(3), 16);
	shelf_want(&shelf, PAGE(3) + 100, 16);
	shelf_want(&shelf, PAGE(5) - 4, 8);
	assert_int_equal(shelf.n, 3);
	shelf_load(&shelf);
	assert_int_equal(shelf.pins, 3);
	assert_int_equal(shelf.bytes, 0);
	p = shelf_peek(&shelf, PAGE(3) + 8, 8, NULL);
	expect(3);
	expect(9); /* nobody wanted it */
	assert_int_equal(shelf.loaded, 4);
	assert_ptr_equal(p, shelf_peek(&shelf, PAGE(3) + 8, 8, NULL));
	shelf_clear(&shelf);
	assert_int_equal(shelf.loaded, 0);
	expect(3);
	end();
}

static void many_are_loaded(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 600; i--;)
		shelf_want(&shelf, PAGE(i), 8);
	shelf_load(&shelf);
	assert_int_equal(shelf.pins, 0);
	assert_int_equal(shelf.bytes, 600 * 4096);
	for (unsigned i = 0; i < 600; i++)
		expect(i);
	for (unsigned i = 600; i < 700; i++) /* one by one: pins end somewhere */
		expect(i);
	end();
}

/* What was given back comes back; memory is used again. */
static void trimmed(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 600; i++)
		shelf_want(&shelf, PAGE(i), 8);
	shelf_load(&shelf);
	shelf_trim(&shelf, 600 * 4096);
	assert_int_equal(shelf.bytes, 600 * 4096);
	shelf_trim(&shelf, 4096);
	assert_int_equal(shelf.bytes, 0);
	assert_non_null(shelf.spare);
	for (unsigned i = 0; i < 70; i++)
		shelf_want(&shelf, PAGE(i), 8);
	shelf_want(&shelf, PAGE(0), 8); /* once is enough */
	expect(0);                      /* wanted and not loaded yet */
	shelf_load(&shelf);
	assert_int_equal(shelf.again, 70);
	assert_int_equal(shelf.bytes, 70 * 4096);
	assert_null(shelf.spare);
	for (unsigned i = 0; i < 600; i++)
		expect(i);
	assert_int_equal(shelf.again, 600);
	shelf_trim(&shelf, 0); /* that was too often */
	assert_true(shelf.bytes > 0);
	expect(599);
	end();
}

/* What is there already is found without getting anything. */
static void there(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 100; i++)
		shelf_want(&shelf, PAGE(i), 8);
	assert_null(shelf_there(&shelf, PAGE(5), 8));
	shelf_want(&shelf, HOLE, 8);
	shelf_load(&shelf);
	assert_int_equal(le64(shelf_there(&shelf, PAGE(5) + 8, 8)), 0x1005);
	assert_null(shelf_there(&shelf, PAGE(5) + 4090, 8));
	assert_null(shelf_there(&shelf, PAGE(100), 8));
	assert_null(shelf_there(&shelf, HOLE, 8));
	assert_int_equal(shelf.n, 101);
	shelf_trim(&shelf, 0);
	assert_null(shelf_there(&shelf, PAGE(5), 8));
	expect(5);
	assert_non_null(shelf_there(&shelf, PAGE(5), 8));
	end();
}

static void across_pages(void **state)
{
	unsigned char buf[16];
	const unsigned char *p;
	struct cairn_err err;

	(void)state;
	begin();
	assert_null(shelf_peek(&shelf, PAGE(4) - 4, 16, &err));
	assert_int_equal(err.code, CAIRN_LIMIT);
	p = shelf_bytes(&shelf, PAGE(4) - 4, buf, 16, NULL);
	assert_ptr_equal(p, buf);
	assert_int_equal(le32(p + 12), 0x1004);
	p = shelf_bytes(&shelf, PAGE(4), buf, 16, NULL);
	assert_ptr_not_equal(p, buf);
	end();
}

static void faults(void **state)
{
	unsigned char buf[16];
	struct cairn_err err;

	(void)state;
	begin();
	shelf_want(&shelf, HOLE, 8);
	shelf_want(&shelf, END, 8);
	shelf_want(&shelf, PAGE(1), 8);
	shelf_want(&shelf, UINT64_MAX - 3, 8); /* does not go around the end */
	shelf_load(&shelf);
	assert_null(shelf_peek(&shelf, HOLE + 8, 8, &err));
	assert_int_equal(err.fault, CAIRN_FAULT_ABSENT);
	assert_int_equal(err.addr, HOLE + 8);
	assert_null(shelf_peek(&shelf, END, 8, &err));
	assert_int_equal(err.fault, CAIRN_FAULT_UNMAPPED);
	assert_null(shelf_bytes(&shelf, HOLE - 8, buf, 16, &err));
	assert_int_equal(err.addr, HOLE);
	expect(1);
	end();
}

static void no_memory(void **state)
{
	(void)state;
	for (long n = 0; n < 12; n++) {
		begin();
		mem_fail_after(n);
		for (unsigned i = 0; i < 200; i++)
			shelf_want(&shelf, PAGE(i), 8);
		shelf_load(&shelf);
		mem_fail_after(-1);
		for (unsigned i = 0; i < 200; i++)
			expect(i);
		shelf_trim(&shelf, 0);
		mem_fail_after(n / 4);
		for (unsigned i = 0; i < 200; i++)
			shelf_want(&shelf, PAGE(i), 8);
		shelf_load(&shelf);
		mem_fail_after(-1);
		for (unsigned i = 0; i < 200; i++)
			expect(i);
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_are_pinned),
		cmocka_unit_test(many_are_loaded),
		cmocka_unit_test(trimmed),
		cmocka_unit_test(there),
		cmocka_unit_test(across_pages),
		cmocka_unit_test(faults),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
