/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/banner.h"

#define RECORD(s) { .text = s, .len = sizeof(s) - 1 }

static void panic_is(struct log_record *record, size_t n, const char *want, size_t want_len)
{
	struct log log = { .record = record, .n = n };
	size_t len = 0;
	const char *text = banner_panic(&log, &len);

	assert_int_equal(text != NULL, want != NULL);
	if (!want)
		return;
	assert_int_equal(len, want_len);
	assert_memory_equal(text, want, len);
}

static void test_panic_line(void **state)
{
	struct log_record log[] = {
		RECORD("BUG: something"),
		RECORD("Kernel panic - not syncing: "),
		RECORD("Kernel panic - not syncing: later"),
	};
	struct log_record lines[] = { RECORD("Kernel panic - not syncing: a\nsecond line") };
	struct log_record none[] = {
		RECORD(""), RECORD("Kernel panic"), RECORD("x Kernel panic - not syncing: y"),
	};

	(void)state;
	panic_is(log, 3, "Kernel panic - not syncing: ", 28);
	panic_is(lines, 1, "Kernel panic - not syncing: a", 29);
	panic_is(none, 3, NULL, 0);
	panic_is(NULL, 0, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_panic_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
