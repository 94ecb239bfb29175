/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/err.h"

static void test_fail_fills_all(void **state)
{
	struct cairn_err err = { .fault = CAIRN_FAULT_ABSENT, .addr = 7 };

	(void)state;
	assert_int_equal(cairn_fail(&err, CAIRN_CORRUPT, "node %d", 3), CAIRN_CORRUPT);
	assert_int_equal(err.code, CAIRN_CORRUPT);
	assert_int_equal(err.fault, CAIRN_FAULT_NONE);
	assert_int_equal(err.addr, 0);
	assert_string_equal(err.text, "node 3");
}

static void test_null_is_probing(void **state)
{
	(void)state;
	assert_int_equal(cairn_fail(NULL, CAIRN_IO, "x"), CAIRN_IO);
	assert_int_equal(cairn_fail_read(NULL, CAIRN_FAULT_ABSENT, 1, "x"), CAIRN_FAULT);
	assert_int_equal(cairn_context(NULL, CAIRN_LIMIT, "x"), CAIRN_LIMIT);
}

static void test_fail_may_quote_its_own_text(void **state)
{
	struct cairn_err err;

	(void)state;
	cairn_fail(&err, CAIRN_IO, "inner");
	cairn_fail(&err, CAIRN_FORMAT, "outer (%s)", err.text);
	assert_string_equal(err.text, "outer (inner)");
}

static void test_read_fault(void **state)
{
	struct cairn_err err;

	(void)state;
	cairn_fail_read(&err, CAIRN_FAULT_NONCANONICAL, 0xdead000000000100, "kernel address");
	assert_int_equal(err.code, CAIRN_FAULT);
	assert_int_equal(err.fault, CAIRN_FAULT_NONCANONICAL);
	assert_int_equal(err.addr, 0xdead000000000100);
	assert_string_equal(err.text, "kernel address 0xdead000000000100: non-canonical");
}

static void test_context_prepends_and_keeps(void **state)
{
	struct cairn_err err;

	(void)state;
	cairn_fail_read(&err, CAIRN_FAULT_EXCLUDED, 0x1000, "physical address");
	assert_int_equal(cairn_context(&err, CAIRN_LIMIT, "task %d", 4), CAIRN_FAULT);
	assert_string_equal(err.text, "task 4: physical address 0x1000: excluded");
	assert_int_equal(err.fault, CAIRN_FAULT_EXCLUDED);
	assert_int_equal(err.addr, 0x1000);
}

static void test_context_cuts_at_the_end(void **state)
{
	struct cairn_err err;
	char big[600];

	(void)state;
	memset(big, 'b', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	cairn_fail(&err, CAIRN_IO, "inner");
	cairn_context(&err, CAIRN_IO, "%.250s", big);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_string_equal(err.text + 250, ": inn");
	cairn_context(&err, CAIRN_IO, "a%s", big);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_memory_equal(err.text, "abbb", 4);
}

static void test_fault_names(void **state)
{
	int i;

	(void)state;
	for (i = CAIRN_FAULT_NONE; i <= CAIRN_FAULT_SWAPPED; i++) {
		assert_non_null(cairn_fault_name((enum cairn_fault)i));
		assert_string_not_equal(cairn_fault_name((enum cairn_fault)i), "unknown");
	}
	assert_string_equal(cairn_fault_name((enum cairn_fault)99), "unknown");
	assert_string_equal(cairn_fault_name((enum cairn_fault)-1), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fail_fills_all),
		cmocka_unit_test(test_null_is_probing),
		cmocka_unit_test(test_fail_may_quote_its_own_text),
		cmocka_unit_test(test_read_fault),
		cmocka_unit_test(test_context_prepends_and_keeps),
		cmocka_unit_test(test_context_cuts_at_the_end),
		cmocka_unit_test(test_fault_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
