/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/testcmd.h"
#include "lib/kern/task.h"
#include "lib/kern/testmachine.h"

static struct testcmd run(enum out_mode mode, const char *line)
{
	struct testmachine m = tm_new(2);
	struct testcmd t;

	tk_typed(m.k, "init_task", "task_struct");
	t = testcmd(tm_open(&m), mode, line);
	tasks_free(&m.k->c);
	tk_free(m.k);
	return t;
}

static void values(void **state)
{
	struct testcmd t = run(OUT_TEXT, "p init_task.pid");

	(void)state;
	assert_int_equal(t.code, CAIRN_OK);
	assert_string_equal(t.text, "init_task.pid = 0\n");
	t = run(OUT_TEXT, "p -x 7 * 3");
	assert_string_equal(t.text, "7 * 3 = 0x15\n");
	t = run(OUT_JSON, "p 7 * 3");
	assert_string_equal(t.text, "{\"schema\":\"cairn.value/1\",\"expression\":\"7 * 3\",\"cpu\":null,"
				    "\"type\":\"long\",\"address\":null,\"value\":21}\n");
	t = run(OUT_TEXT, "p");
	assert_int_equal(t.code, CAIRN_USAGE);
	t = run(OUT_TEXT, "p init_task.pid extra");
	assert_int_equal(t.code, CAIRN_USAGE);
}

/* A specification of CPUs evaluates for each. */
static void cpus(void **state)
{
	struct testcmd t = run(OUT_TEXT, "p 1:a");

	(void)state;
	assert_string_equal(t.text, "1:0 = 1\n1:1 = 1\n");
	t = run(OUT_TEXT, "p 1:1");
	assert_string_equal(t.text, "1:1 = 1\n");
	t = run(OUT_TEXT, "p 1:0-1");
	assert_string_equal(t.text, "1:0 = 1\n1:1 = 1\n");
	t = run(OUT_TEXT, "p 1:9");
	assert_int_equal(t.code, CAIRN_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(values), cmocka_unit_test(cpus) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
