/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/cursor.h"

static const unsigned char bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

static void test_reads_little_endian(void **state)
{
	struct cursor c = cursor_init(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(cursor_u8(&c), 1);
	assert_int_equal(cursor_u16(&c), 0x0302);
	assert_int_equal(cursor_u32(&c), 0x07060504);
	assert_int_equal(cursor_u64(&c), 0x0f0e0d0c0b0a0908);
	assert_int_equal(cursor_offset(&c), 15);
	assert_int_equal(cursor_left(&c), 1);
	assert_false(c.bad);
}

static void test_overrun_is_sticky(void **state)
{
	struct cursor c = cursor_init(bytes, 6);

	(void)state;
	cursor_u32(&c);
	assert_int_equal(cursor_u32(&c), 0);
	assert_true(c.bad);
	assert_int_equal(c.bad_at, 4);
	assert_int_equal(cursor_u8(&c), 0); /* though two bytes are left */
	assert_null(cursor_bytes(&c, 0));
	assert_null(cursor_text(&c));
	assert_int_equal(cursor_u16(&c), 0);
	assert_int_equal(c.bad_at, 4);
}

static void test_empty(void **state)
{
	struct cursor c = cursor_init(NULL, 0);

	(void)state;
	assert_int_equal(cursor_left(&c), 0);
	assert_non_null(cursor_bytes(&c, 0));
	assert_int_equal(cursor_u16(&c), 0);
	assert_true(c.bad);
	assert_int_equal(c.bad_at, 0);
}

static void test_huge_counts(void **state)
{
	struct cursor c = cursor_init(bytes, sizeof(bytes));

	(void)state;
	cursor_skip(&c, 1);
	assert_null(cursor_bytes(&c, SIZE_MAX));
	assert_int_equal(c.bad_at, 1);
}

static void test_text(void **state)
{
	static const char data[] = { 'a', 'b', 0, 0, 'c', 'd' };
	struct cursor c = cursor_init(data, sizeof(data));

	(void)state;
	assert_string_equal(cursor_text(&c), "ab");
	assert_string_equal(cursor_text(&c), "");
	assert_int_equal(cursor_offset(&c), 4);
	assert_null(cursor_text(&c));
	assert_true(c.bad);
	assert_int_equal(c.bad_at, 4);
}

static void test_align(void **state)
{
	struct cursor c = cursor_init(bytes, sizeof(bytes));

	(void)state;
	cursor_align(&c, 8);
	assert_int_equal(cursor_offset(&c), 0);
	cursor_skip(&c, 9);
	cursor_align(&c, 4);
	assert_int_equal(cursor_offset(&c), 12);
	cursor_skip(&c, 4);
	assert_false(c.bad);
	assert_int_equal(cursor_left(&c), 0);
	c = cursor_init(bytes, sizeof(bytes));
	cursor_skip(&c, 13);
	cursor_align(&c, 32);
	assert_true(c.bad);
}

static void test_loads(void **state)
{
	(void)state;
	assert_int_equal(le_uint(bytes + 1, 1), 2);
	assert_int_equal(le_uint(bytes + 1, 2), 0x0302);
	assert_int_equal(le_uint(bytes + 1, 4), 0x05040302);
	assert_int_equal(le_uint(bytes + 1, 8), 0x0908070605040302);
	assert_int_equal(le_uint(bytes + 1, 3), 0);
	assert_int_equal(le64("\xff\xff\xff\xff\xff\xff\xff\xff"), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_little_endian),
		cmocka_unit_test(test_overrun_is_sticky),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_huge_counts),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_align),
		cmocka_unit_test(test_loads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
