/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/debug/globals.h"

/* The table is searched by halves. lib/kern/session_test.c holds it against real dumps. */
static void test_sorted_and_found(void **state)
{
	const char *name, *last = "";
	size_t i;

	(void)state;
	for (i = 0; (name = global_name(i)); i++) {
		if (strcmp(name, last) <= 0)
			fail_msg("%s stands behind %s", name, last);
		assert_non_null(global_declaration(name));
		last = name;
	}
	assert_true(i > 20);
	assert_null(global_name(i));
	assert_null(global_name(SIZE_MAX));
}

static void test_declarations(void **state)
{
	(void)state;
	assert_string_equal(global_declaration("init_task"), "struct task_struct");
	assert_string_equal(global_declaration("prb"), "struct printk_ringbuffer *");
	assert_null(global_declaration("init_tas"));
	assert_null(global_declaration("init_task_"));
	assert_null(global_declaration(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sorted_and_found),
		cmocka_unit_test(test_declarations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
