/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/task_names.h"

static void words(void **state)
{
	static const struct cairn_err lost = { .code = CAIRN_FAULT };
	struct task task[] = {
		{ .addr = 0xffff888000001000, .pid = 12, .comm = "zoo-spin" },
		{ .addr = 0xffff888000002000, .pid = 0, .comm = "" , .fault = &lost },
	};
	struct tasks ts = { .task = task, .n = 2 };
	static const struct { const char *word; bool first, second; } rows[] = {
		{ "12", true, false }, { "0", false, false }, { "-12", false, false },
		{ "zoo-spin", true, false }, { "zoo-*", true, false }, { "zoo", false, false },
		{ "ffff888000001000", true, false }, { "0xffff888000002000", false, true },
		{ "", false, false }, { "12x", false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(task_is_named(&task[0], rows[i].word), rows[i].first);
		assert_int_equal(task_is_named(&task[1], rows[i].word), rows[i].second);
		assert_int_equal(tasks_are_named(&ts, rows[i].word), rows[i].first || rows[i].second);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(words) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
