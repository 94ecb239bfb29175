/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/kern/extent.h"
#include "lib/kern/testkern.h"

static void whole(void **state)
{
	struct testkern *k = tk_new();
	struct arena a = { 0 };
	struct cairn_err err;
	struct extent e;
	struct cairn *c;

	(void)state;
	tk_text(k, TK_BASE + 0xffd, "hello");
	c = tk_open(k, 8);
	assert_int_equal(extent_read(&e, &a, &c->kernel, TK_BASE + 1, 0x3000, NULL), CAIRN_OK);
	assert_int_equal(e.nholes, 0);
	assert_memory_equal(extent_at(&e, TK_BASE + 0xffd, 6, NULL), "hello", 6);
	assert_string_equal(extent_text(&e, TK_BASE + 0xffd, 100, NULL), "hello");
	assert_non_null(extent_at(&e, TK_BASE + 0x3000, 1, NULL));
	assert_non_null(extent_at(&e, TK_BASE + 0x3001, 0, NULL));
	assert_null(extent_at(&e, TK_BASE + 0x3001, 1, &err));
	assert_int_equal(err.code, CAIRN_CORRUPT);
	assert_null(extent_at(&e, TK_BASE, 1, NULL));
	assert_null(extent_at(&e, TK_BASE + 1, SIZE_MAX, NULL));
	assert_null(extent_text(&e, TK_BASE, 10, NULL));
	assert_null(extent_text(&e, UINT64_MAX, 10, NULL));
	assert_int_equal(extent_read(&e, &a, &c->kernel, TK_BASE, 0, NULL), CAIRN_OK);
	assert_null(extent_at(&e, TK_BASE, 1, NULL));
	arena_deinit(&a);
	tk_free(k);
}

/* Four pages, the second of them the hole; then the end of what is mapped. */
static void holes(void **state)
{
	struct testkern *k = tk_new();
	struct arena a = { 0 };
	struct cairn_err err;
	struct extent e;
	struct cairn *c;

	(void)state;
	tk_text(k, TK_HOLE - 3, "ab");
	tk_write(k, TK_HOLE - 0x103, "xyz", 3);
	for (uint64_t at = TK_HOLE - 0x100; at < TK_HOLE - 3; at++)
		tk_put(k, at, 'z', 1);
	tk_text(k, TK_HOLE + 0x1000, "cd");
	c = tk_open(k, 8);
	assert_int_equal(extent_read(&e, &a, &c->kernel, TK_HOLE - 0x1000, 0x4000, NULL), CAIRN_OK);
	assert_int_equal(e.nholes, 1);
	assert_string_equal(extent_text(&e, TK_HOLE - 3, 8, NULL), "ab");
	assert_null(extent_at(&e, TK_HOLE - 1, 2, &err));
	assert_int_equal(err.code, CAIRN_FAULT);
	assert_int_equal(err.fault, CAIRN_FAULT_ABSENT);
	assert_int_equal(err.addr, TK_HOLE);
	assert_null(extent_at(&e, TK_HOLE + 0x10, 2, &err));
	assert_int_equal(err.addr, TK_HOLE + 0x10);
	assert_string_equal(extent_at(&e, TK_HOLE + 0x1000, 3, NULL), "cd");
	assert_null(extent_at(&e, TK_HOLE + 0xfff, 1, NULL));
	assert_null(extent_text(&e, TK_HOLE, 8, &err));
	assert_int_equal(err.fault, CAIRN_FAULT_ABSENT);

	assert_int_equal(extent_read(&e, &a, &c->kernel, TK_END - 0x10, 0x4000, NULL), CAIRN_OK);
	assert_int_equal(e.nholes, 1);
	assert_non_null(extent_at(&e, TK_END - 1, 1, NULL));
	assert_null(extent_at(&e, TK_END, 1, &err));
	assert_int_equal(err.fault, CAIRN_FAULT_UNMAPPED);
	arena_deinit(&a);
	tk_free(k);
}

static void text_without_end(void **state)
{
	static const unsigned char data[4] = { 'a', 'b', 'c', 'd' };
	struct extent e = { .addr = 0x1000, .data = data, .len = 4, .what = "kernel address" };
	struct cairn_err err;

	(void)state;
	assert_null(extent_text(&e, 0x1001, 100, &err));
	assert_int_equal(err.code, CAIRN_CORRUPT);
}

static void no_memory(void **state)
{
	struct testkern *k = tk_new();
	struct arena a = { 0 };
	struct extent e;
	struct cairn *c = tk_open(k, 8);

	(void)state;
	mem_fail_after(0);
	assert_int_equal(extent_read(&e, &a, &c->kernel, TK_BASE, 0x1000, NULL), CAIRN_NOMEM);
	mem_fail_after(-1);
	assert_null(extent_at(&e, TK_BASE, 1, NULL));
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(holes),
		cmocka_unit_test(text_without_end), cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
