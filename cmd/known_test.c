/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cmd/known.h"

static struct arena arena;
static struct cairn_err err;
static struct known known;

static enum cairn_code parse(const char *text)
{
	arena_reset(&arena);
	return known_parse(&known, text, strlen(text), &arena, &err);
}

static void test_lines(void **state)
{
	(void)state;
	assert_int_equal(parse(""), CAIRN_OK);
	assert_int_equal(known.n, 0);
	assert_int_equal(parse("# a b\n\n  \t\nc1:x\thttp://a \nc1f:y*  l  6.1 and 6.2 \r\n"), CAIRN_OK);
	assert_int_equal(known.n, 2);
	assert_string_equal(known.issue[0].pattern, "c1:x");
	assert_string_equal(known.issue[0].link, "http://a");
	assert_null(known.issue[0].fixed_in);
	assert_string_equal(known.issue[1].fixed_in, "6.1 and 6.2");
}

static void test_no_link(void **state)
{
	(void)state;
	assert_int_equal(parse("c1:x l\nc1:y"), CAIRN_FORMAT);
	assert_string_equal(err.text, "line 2: no link behind the signature");
}

static void test_find(void **state)
{
	(void)state;
	assert_int_equal(parse("c1:a[ l0\nc1:b* l1\nc1f:c:? l2\nc1:b2 l3\nc1c:e.* l4"), CAIRN_OK);
	assert_string_equal(known_find(&known, "c1:a[", NULL, NULL)->link, "l0");
	assert_string_equal(known_find(&known, "c1:b2", NULL, NULL)->link, "l1");
	assert_string_equal(known_find(&known, "c1:q", "c1f:c:d", NULL)->link, "l2");
	assert_null(known_find(&known, "c1:q", "c1f:c:dd", NULL));
	assert_string_equal(known_find(&known, "c1:q", NULL, "c1c:e.f:g")->link, "l4");
	assert_null(known_find(&known, NULL, NULL, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines), cmocka_unit_test(test_no_link), cmocka_unit_test(test_find),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	arena_deinit(&arena);
	return failed;
}
