/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdalign.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"

static void all_zero(const unsigned char *p, size_t n)
{
	while (n--)
		assert_int_equal(*p++, 0);
}

static void test_aligned_zeroed_apart(void **state)
{
	struct arena a = { 0 };
	unsigned char *p[200];
	size_t i;

	(void)state;
	for (i = 0; i < 200; i++) {
		p[i] = arena_alloc(&a, i);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % alignof(max_align_t), 0);
		all_zero(p[i], i);
		memset(p[i], (int)i, i);
	}
	for (i = 0; i < 200; i++)
		assert_true(i == 0 || (p[i][0] == i && p[i][i - 1] == i));
	assert_true(a.total >= 199 * 200 / 2);
	arena_deinit(&a);
	assert_null(a.chunks);
	assert_int_equal(a.total, 0);
}

static void test_large_objects_waste_no_chunk(void **state)
{
	struct arena a = { 0 };
	char *first = arena_alloc(&a, 16), *big, *second;

	(void)state;
	big = arena_alloc(&a, 1 << 20);
	second = arena_alloc(&a, 16);
	assert_ptr_equal(second, first + 16);
	memset(big, 1, 1 << 20);
	arena_deinit(&a);

	big = arena_alloc(&a, 1 << 20);
	memset(big, 1, 1 << 20);
	second = arena_alloc(&a, 16);
	memset(second, 2, 16);
	assert_int_equal(big[(1 << 20) - 1], 1);
	arena_deinit(&a);
}

static void test_reset_keeps_one_clean_chunk(void **state)
{
	struct arena a = { 0 };
	unsigned char *p;
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		memset(arena_alloc(&a, 10000), 0xff, 10000);
	arena_alloc(&a, 1 << 20);
	arena_reset(&a);
	assert_int_equal(a.total, 0);
	mem_fail_after(0); /* the kept chunk must do */
	p = arena_alloc(&a, 10000);
	mem_fail_after(-1);
	assert_non_null(p);
	all_zero(p, 10000);
	arena_deinit(&a);
	arena_reset(&a);
	assert_null(a.chunks);
}

static void test_limits(void **state)
{
	struct arena a = { 0 };

	(void)state;
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_alloc(&a, MEM_LIMIT + 1));
	assert_null(arena_alloc(&a, MEM_LIMIT));
	assert_null(arena_array(&a, SIZE_MAX / 2, 4));
	assert_null(arena_array(&a, MEM_LIMIT / 8 + 1, 8));
	assert_non_null(arena_array(&a, 0, 8));
	assert_non_null(arena_array(&a, 8, 0));
	arena_deinit(&a);
}

static void test_texts(void **state)
{
	struct arena a = { 0 };
	char raw[4] = { 'c', 'o', 'm', 'm' }; /* no NUL: as task_struct.comm can be */

	(void)state;
	assert_string_equal(arena_strdup(&a, "init"), "init");
	assert_string_equal(arena_strndup(&a, raw, sizeof(raw)), "comm");
	assert_string_equal(arena_strndup(&a, "ab\0cd", 5), "ab");
	assert_string_equal(arena_strndup(&a, "x", 0), "");
	assert_string_equal(arena_printf(&a, "%s/%d", "cpu", 7), "cpu/7");
	assert_int_equal(strlen(arena_printf(&a, "%100000d", 1)), 100000);
	arena_deinit(&a);
}

static void test_out_of_memory(void **state)
{
	struct arena a = { 0 };

	(void)state;
	mem_fail_after(0);
	assert_null(arena_alloc(&a, 1));
	assert_null(arena_strdup(&a, "x"));
	assert_null(arena_printf(&a, "x"));
	mem_fail_after(-1);
	assert_non_null(arena_alloc(&a, 1));
	arena_deinit(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aligned_zeroed_apart),
		cmocka_unit_test(test_large_objects_waste_no_chunk),
		cmocka_unit_test(test_reset_keeps_one_clean_chunk),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
