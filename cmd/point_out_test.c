/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "cmd/point_out.h"

static void poisons(void **state)
{
	(void)state;
	assert_int_equal(strncmp(point_poison(0xdead000000000100, 8), "LIST_POISON1", 12), 0);
	assert_int_equal(strncmp(point_poison(0x122, 4), "LIST_POISON2", 12), 0);
	assert_null(point_poison(0x122, 8));
	assert_null(point_poison(0xdead000000000101, 8));
	assert_int_equal(strncmp(point_poison(0x6b6b6b6b6b6b6b6b, 8), "POISON_FREE:", 12), 0);
	assert_int_equal(strncmp(point_poison(0x6b6b6b6b, 4), "POISON_FREE:", 12), 0);
	assert_null(point_poison(0x6b6b6b6b, 8));
	assert_null(point_poison(0, 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(poisons) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
