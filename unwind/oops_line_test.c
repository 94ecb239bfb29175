/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "unwind/oops_line.h"

static struct oops_line got;
static struct oops_host host;

static void expect(const char *line, const char *text)
{
	oops_line_read(&got, line, strlen(line), &host);
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

/* Whatever a row of the table takes off, the text is the same, its own blanks among it. */
static void forms(void **state)
{
	static const char *const before[] = {
		"[   12.079495] ", "<4>[   12.079495][  T125] ", "[123456789.079495] ", "[   12.079495123] ",
		"[   12.079495 <    0.000012>] ", "[<    0.000012>] ", "[  +0.000012] ", "[Nov26 10:11] ",
		"2026-11-26T10:11:12,079495+00:00 ", "2026-11-26T10:11:12.079495Z ", "2026-11-26 10:11:12 ",
		"[Thu Nov 26 10:11:12 2026] ", "[Thu Nov  6 10:11:12 2026 <    0.000012>] ",
		"[2026-11-26 10:11:12] ", "kern  :warn  : ", "kern  :crit  : [   12.079495] ",
		"4,1234,12079495,-;", "4,1234,12079495,c,caller=T125;",
		"[   12.079495] myhost kernel: ", "1795703516.079495 myhost kernel: ",
		"Nov  6 10:11:12 myhost kernel[1]: ", "Nov 26 10:11:12.123456 my.host.org kernel: ",
		"Thu 2026-11-26 10:11:12 UTC myhost kernel: ", "    MESSAGE=",
		"<4>1 2026-11-26T10:11:12.12Z myhost kernel - - - ",
		"<4>Nov 26 10:11:12 myhost kernel: [   12.079495] ",
		"[   12.079495] c0 125 ", "[   12.079495] [0:  kworker/0:1:   17] ",
		"[   12.079495,0] ", "[   12.079495]  (0)[125:zoo-write]", "(0)[125:zoo-write][   12.079495] ",
		"[   12.079495][ T125/zoo-write] ", "[   12.079495][ zoo:125@C0] ",
		"[   12.079495]\t", "> > [   12.079495] ", "\xef\xbb\xbf[   12.079495] ",
		"2026-11-26T10:11:12.123456  <4>[   12.079495] ", "[Nov 6 10:11] ", "kernel: ",
		"Nov 26 10:11:12 10.0.0.1 ", "6.1.0-50-amd64,4,1234,5678901,c,caller=C7,ncfrag=0/9;",
	};
	static const char *const texts[] = { "Call Trace:", " foo+0x1/0x2", "  [<ffffffff81000000>] foo",
					     "[<c0100000>] (a) from [<c0100004>] (b)", "x" };
	char line[256];

	(void)state;
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
		for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++) {
			snprintf(line, sizeof(line), "%s%s", before[i], texts[k]);
			expect(line, texts[k]);
			assert_false(got.user);
		}
}

static void forms_tell(void **state)
{
	(void)state;
	expect("4,1234,12079495,-,caller=T125,cpu=1;text", "text");
	assert_true(got.stamped && got.escaped);
	assert_true(got.time > 12.0794 && got.time < 12.0796);
	assert_int_equal(got.by, 'T');
	assert_int_equal(got.caller, 125);
	expect("12,1234,12079495,-;text", "text");
	assert_true(got.user);
	expect("[   12.079495] [0:  kworker/0:1:   17] text", "text");
	assert_int_equal(got.caller, 17);
	expect("[   12.079495,3] text", "text");
	assert_int_equal(got.by, 'C');
	assert_int_equal(got.caller, 3);
	expect("user  :notice: [   12.079495] text", "text");
	assert_true(got.user);
}

/* Another program's line is not the kernel's, and what looks like one is. */
static void programs(void **state)
{
	(void)state;
	host.n = 0;
	expect("Nov 26 10:11:12 box divide error: 0000 [#1]", "box divide error: 0000 [#1]");
	assert_false(got.user);
	expect("Nov 26 10:11:12 divide error: 0000 [#1]", "divide error: 0000 [#1]");
	assert_false(got.user);
	expect("Nov 26 10:11:12 box app[12]: BUG: text", "BUG: text");
	assert_true(got.user);
	expect("Nov 26 10:11:12 box kernel: text", "text");
	assert_false(got.user);
	expect("Nov 26 10:11:12 box app: BUG: text", "BUG: text");
	assert_true(got.user);
	expect("[   12.345678] box app[12]: text", "text");
	assert_true(got.user);
	expect("[   12.345678] other app[12]: text", "other app[12]: text");
	assert_false(got.user);
	host.n = 0;
}

static void writers(void **state)
{
	struct oops_line a, b;

	(void)state;
	oops_line_read(&a, "[    1.000000][  T12] a", 23, &host);
	oops_line_read(&b, "[    2.000000][  T12] b", 23, &host);
	assert_true(oops_line_same_writer(&a, &b));
	oops_line_read(&b, "[    2.000000][  C12] b", 23, &host);
	assert_false(oops_line_same_writer(&a, &b));
	oops_line_read(&b, "[    2.000000] b", 16, &host);
	assert_false(oops_line_same_writer(&a, &b));
	oops_line_read(&a, "executing program", 17, &host);
	assert_false(oops_line_same_writer(&a, &b));
}

static void long_and_nul(void **state)
{
	static char big[OOPS_LINE_MAX + 100];

	(void)state;
	memset(big, 'x', sizeof(big));
	oops_line_read(&got, big, sizeof(big), &host);
	assert_int_equal(got.len, OOPS_LINE_MAX);
	oops_line_read(&got, "[   1.000000] a\0b\0", 18, &host);
	assert_int_equal(got.len, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_prefix), cmocka_unit_test(printk_time),
		cmocka_unit_test(callers),   cmocka_unit_test(other_prefixes),
		cmocka_unit_test(forms),     cmocka_unit_test(forms_tell),
		cmocka_unit_test(programs),
		cmocka_unit_test(writers),   cmocka_unit_test(long_and_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
