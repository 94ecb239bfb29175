/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/mem.h"

static void test_zeroed(void **state)
{
	unsigned char *p = mem_zalloc(100, 10);
	size_t i;

	(void)state;
	assert_non_null(p);
	for (i = 0; i < 1000; i++)
		assert_int_equal(p[i], 0);
	mem_free(p);
	mem_free(NULL);
}

static void test_nothing_is_something(void **state)
{
	void *p = mem_zalloc(0, 8), *q = mem_zalloc(8, 0);

	(void)state;
	assert_non_null(p);
	assert_non_null(q);
	p = mem_resize(p, 0, 0);
	assert_non_null(p);
	mem_free(p);
	mem_free(q);
}

static void test_limits(void **state)
{
	void *p = mem_zalloc(1, 16);

	(void)state;
	assert_null(mem_zalloc(SIZE_MAX, SIZE_MAX));
	assert_null(mem_zalloc(SIZE_MAX / 2 + 1, 2));
	assert_null(mem_zalloc(MEM_LIMIT + 1, 1));
	assert_null(mem_resize(p, MEM_LIMIT / 16 + 1, 16));
	assert_null(mem_resize(p, SIZE_MAX, 8));
	mem_free(p); /* still ours after a resize that failed */
}

static void test_resize_keeps(void **state)
{
	char *p = mem_zalloc(6, 1);

	(void)state;
	strcpy(p, "cairn");
	p = mem_resize(p, 5000, 1);
	assert_non_null(p);
	assert_string_equal(p, "cairn");
	mem_free(p);
}

static void test_fail_after(void **state)
{
	void *p, *q;

	(void)state;
	mem_fail_after(2);
	p = mem_zalloc(1, 1);
	q = mem_zalloc(2, 1);
	assert_non_null(p);
	assert_non_null(q);
	assert_null(mem_zalloc(1, 1));
	assert_null(mem_resize(p, 2, 1));
	mem_fail_after(-1);
	mem_free(p);
	p = mem_zalloc(1, 1);
	assert_non_null(p);
	mem_free(p);
	mem_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zeroed),
		cmocka_unit_test(test_nothing_is_something),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_resize_keeps),
		cmocka_unit_test(test_fail_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
