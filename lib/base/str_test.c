/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/mem.h"
#include "lib/base/str.h"

static void safe_is(const char *in, size_t n, const char *want)
{
	struct str s;

	str_init(&s);
	str_add_safe(&s, in, n);
	assert_string_equal(s.buf, want);
	assert_int_equal(s.len, strlen(want));
	str_deinit(&s);
}

#define SAFE(in, want) safe_is(in, sizeof(in) - 1, want)

static void test_json(void **state)
{
	struct str s;

	(void)state;
	str_init(&s);
	str_add_json(&s, "a\"b\\c\t\n\033\177", 9);
	str_add_json(&s, "\xff \xc3\xa9 \xe2\x80\xae", 8);
	assert_string_equal(s.buf, "a\\\"b\\\\c\\t\\n\\u001b\\u007f"
				   "\\\\xff \xc3\xa9 \\u202e");
	str_deinit(&s);
}

static void test_grows(void **state)
{
	struct str s;
	int i;

	(void)state;
	str_init(&s);
	assert_string_equal(s.buf, "");
	for (i = 0; i < 1000; i++)
		str_addf(&s, "%d,", i % 10);
	assert_int_equal(s.len, 2000);
	assert_memory_equal(s.buf + 1990, "5,6,7,8,9,", 11);
	str_clear(&s);
	assert_string_equal(s.buf, "");
	str_addc(&s, 'x');
	str_fill(&s, '-', 3);
	str_addn(&s, "abc", 2);
	str_addn(&s, NULL, 0);
	str_add(&s, "");
	assert_string_equal(s.buf, "x---ab");
	assert_false(s.failed);
	str_deinit(&s);
	assert_string_equal(s.buf, "");
}

static void test_clear_of_an_empty_text(void **state)
{
	struct str s;

	(void)state;
	str_init(&s);
	str_clear(&s);
	str_addf(&s, "%s", "");
	assert_string_equal(s.buf, "");
	assert_false(s.failed);
	str_deinit(&s);
}

static void test_long_format(void **state)
{
	struct str s;

	(void)state;
	str_init(&s);
	str_addf(&s, "%5000d|%s", 1, "end");
	assert_int_equal(s.len, 5004);
	assert_string_equal(s.buf + 4999, "1|end");
	str_deinit(&s);
}

static void test_out_of_memory_is_sticky(void **state)
{
	struct str s;

	(void)state;
	str_init(&s);
	mem_fail_after(0);
	str_add(&s, "lost");
	mem_fail_after(-1);
	assert_true(s.failed);
	assert_string_equal(s.buf, "");
	str_add(&s, "too late");
	assert_string_equal(s.buf, "");
	str_deinit(&s);
}

static void test_absurd_sizes(void **state)
{
	struct str s;

	(void)state;
	str_init(&s);
	str_add(&s, "kept");
	str_fill(&s, 'x', SIZE_MAX - 2);
	assert_true(s.failed);
	assert_string_equal(s.buf, "kept");
	str_deinit(&s);
}

static void test_safe_plain(void **state)
{
	(void)state;
	SAFE("", "");
	safe_is(NULL, 0, "");
	SAFE("kworker/0:1H", "kworker/0:1H");
	SAFE("a\\b", "a\\b");
	SAFE("tab\there\nnl\r", "tab\there\\x0anl\\x0d");
	SAFE("\033[2J\177", "\\x1b[2J\\x7f");
	SAFE("nul\0in", "nul\\x00in");
}

static void test_safe_utf8(void **state)
{
	(void)state;
	SAFE("caf\xc3\xa9 \xe2\x9c\x93 \xf0\x9f\xaa\xa8", "caf\xc3\xa9 \xe2\x9c\x93 \xf0\x9f\xaa\xa8");
	SAFE("\xc2\x80", "\\xc2\\x80");                 /* C1 control */
	SAFE("\xc2\x9b" "31m", "\\xc2\\x9b31m");        /* C1 CSI */
	SAFE("\xc2\xa0", "\xc2\xa0");
	SAFE("\xe2\x80\xae" "evil", "\\xe2\\x80\\xaeevil"); /* right-to-left override */
	SAFE("\xe2\x81\xa6", "\\xe2\\x81\\xa6");
	SAFE("\xe2\x80\xa8", "\\xe2\\x80\\xa8");        /* line separator */
	SAFE("\xd8\x9c", "\\xd8\\x9c");                 /* Arabic letter mark */
}

static void test_safe_malformed(void **state)
{
	(void)state;
	SAFE("\xc3", "\\xc3");                          /* cut */
	SAFE("\xe2\x9c", "\\xe2\\x9c");
	SAFE("\xc3(", "\\xc3(");
	SAFE("\x80\xbf", "\\x80\\xbf");
	SAFE("\xc0\x80", "\\xc0\\x80");                 /* overlong */
	SAFE("\xe0\x80\xaf", "\\xe0\\x80\\xaf");
	SAFE("\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf");
	SAFE("\xed\xa0\x80", "\\xed\\xa0\\x80");        /* surrogate */
	SAFE("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* past U+10FFFF */
	SAFE("\xff\xfe", "\\xff\\xfe");
}

static void finds(void **state)
{
	static char big[3000];
	static const char text[] = "aab ab";

	(void)state;
	assert_ptr_equal(str_find(text, 6, "ab", 2), text + 1);
	assert_ptr_equal(str_find(text, 6, "b", 1), text + 2);
	assert_ptr_equal(str_find(text, 6, " ab", 3), text + 3);
	assert_ptr_equal(str_find(text, 6, text, 6), text);
	assert_null(str_find(text, 5, " ab", 3));
	assert_null(str_find(text, 6, "aab abc", 7));
	assert_null(str_find(text, 6, "", 0));
	assert_null(str_find(NULL, 0, "a", 1));
	memset(big, 'x', sizeof(big));
	memcpy(big + sizeof(big) - 2, "ab", 2);
	assert_ptr_equal(str_find(big, sizeof(big), "ab", 2), big + sizeof(big) - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_clear_of_an_empty_text),
		cmocka_unit_test(test_long_format),
		cmocka_unit_test(test_out_of_memory_is_sticky),
		cmocka_unit_test(test_absurd_sizes),
		cmocka_unit_test(test_safe_plain),
		cmocka_unit_test(test_safe_utf8),
		cmocka_unit_test(test_safe_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
