/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "unwind/oops_line.h"

static struct oops_line got;

static void expect(const char *line, const char *text)
{
	oops_line_read(&got, line, strlen(line));
	assert_int_equal(got.len, strlen(text));
	assert_memory_equal(got.text, text, got.len);
}

static void no_prefix(void **state)
{
	(void)state;
	expect("kernel BUG at lib/maple_tree.c:911!", "kernel BUG at lib/maple_tree.c:911!");
	assert_false(got.stamped);
	expect(" foo+0x1/0x2\r", " foo+0x1/0x2");
	expect(" [<ffffffff81000000>] foo+0x1/0x2", " [<ffffffff81000000>] foo+0x1/0x2");
	expect("", "");
	expect("\r\r", "");
	expect("[ INFO: possible recursive locking detected ]",
	       "[ INFO: possible recursive locking detected ]");
}

static void printk_time(void **state)
{
	(void)state;
	expect("[    1.411404] Call Trace:", "Call Trace:");
	assert_true(got.stamped);
	assert_true(got.time > 1.411403 && got.time < 1.411405);
	assert_int_equal(got.by, 0);
	expect("[   12.345678]  foo+0x1/0x2", " foo+0x1/0x2");
	expect("<4>[   12.345678] text", "text");
	assert_false(got.user);
	expect("<12>[   12.345678] text", "text");
	assert_true(got.user);
	expect("[   12.345678]", "");
	expect("[12.] text", "[12.] text");
	expect("[x12.3] text", "[x12.3] text");
}

static void callers(void **state)
{
	(void)state;
	expect("[  733.821133][    C1] BUG: text", "BUG: text");
	assert_int_equal(got.by, 'C');
	assert_int_equal(got.caller, 1);
	expect("[  733.821133][T12771]  ? text", " ? text");
	assert_int_equal(got.by, 'T');
	assert_int_equal(got.caller, 12771);
	expect("[  733.821133][T12@C3] text", "text");
	assert_int_equal(got.caller, 12);
	expect("[  733.821133][x12] text", "[x12] text");
	expect("[  733.821133][T] text", "[T] text");
	expect("[  733.821133][T12", "[T12");
}

static void other_prefixes(void **state)
{
	(void)state;
	expect("Nov 26 13:27:00 host kernel: [   12.345678] text", "text");
	assert_true(got.stamped);
	expect("2026-11-26T13:27:00.123456+00:00 host kernel: text", "text");
	expect("[Thu Nov 26 13:27:00 2026] text", "text");
	assert_false(got.stamped);
	expect("kern  :warn  : [   12.345678] text", "text");
	expect(">>> kernel BUG at x.c:1!", "kernel BUG at x.c:1!");
	expect("> > text", "text");
	expect("2018/01/09 14:28:48 BUG: memory leak", "BUG: memory leak");
	expect("syzkaller login: [   12.345678] text", "text");
	expect("** 3 printk messages dropped ** [   12.345678][  T1] text", "text");
	assert_int_equal(got.caller, 1);
}

static void writers(void **state)
{
	struct oops_line a, b;

	(void)state;
	oops_line_read(&a, "[    1.000000][  T12] a", 23);
	oops_line_read(&b, "[    2.000000][  T12] b", 23);
	assert_true(oops_line_same_writer(&a, &b));
	oops_line_read(&b, "[    2.000000][  C12] b", 23);
	assert_false(oops_line_same_writer(&a, &b));
	oops_line_read(&b, "[    2.000000] b", 16);
	assert_false(oops_line_same_writer(&a, &b));
	oops_line_read(&a, "executing program", 17);
	assert_false(oops_line_same_writer(&a, &b));
}

static void long_and_nul(void **state)
{
	static char big[OOPS_LINE_MAX + 100];

	(void)state;
	memset(big, 'x', sizeof(big));
	oops_line_read(&got, big, sizeof(big));
	assert_int_equal(got.len, OOPS_LINE_MAX);
	oops_line_read(&got, "[   1.000000] a\0b\0", 18);
	assert_int_equal(got.len, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_prefix), cmocka_unit_test(printk_time),
		cmocka_unit_test(callers),   cmocka_unit_test(other_prefixes),
		cmocka_unit_test(writers),   cmocka_unit_test(long_and_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
