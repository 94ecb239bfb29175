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
	assert_int_equal(parse("c1:x l\nc1:y\n\nc1:z # l\nc1:q l"), CAIRN_OK);
	assert_int_equal(known.n, 2);
	assert_int_equal(known.nbad, 2);
	assert_int_equal(known.bad[0], 2);
	assert_int_equal(known.bad[1], 4);
}

static void test_comments(void **state)
{
	(void)state;
	assert_int_equal(parse("  # a b\nc1:x http://a#c1 6.1\t# since Monday\n"
			       "c1:y l fixed in 6.13 # x\nc1:z l # not yet\nc1:f l fixed in \n"), CAIRN_OK);
	assert_int_equal(known.n, 4);
	assert_string_equal(known.issue[0].link, "http://a#c1");
	assert_string_equal(known.issue[0].fixed_in, "6.1");
	assert_string_equal(known.issue[1].fixed_in, "6.13");
	assert_null(known.issue[2].fixed_in);
	assert_string_equal(known.issue[3].fixed_in, "fixed in");
}

/* A signature that all dumps share that were asked for knows none of their causes. */
static void test_find_cause(void **state)
{
	static const char sysrq[] = "c1:sysrq:-:1", bug[] = "c1:bug:foo:1";

	(void)state;
	assert_int_equal(parse("c1:sysrq:* l0\nc1f:sysrq l1\nc1:bug:* l2\nc1:sysrq:*+c1c:a.b:* l3\nc1c:c.* l4\n"
			       "c1f:sysrq+c1c:d.e:f l5"), CAIRN_OK);
	assert_string_equal(known_find(&known, sysrq, "c1f:sysrq", NULL)->link, "l0");
	assert_null(known_find(&known, sysrq, "c1f:sysrq", "c1c:x.y:z"));
	assert_string_equal(known_find(&known, sysrq, "c1f:sysrq", "c1c:a.b:c")->link, "l3");
	assert_string_equal(known_find(&known, sysrq, "c1f:sysrq", "c1c:c.d:e")->link, "l4");
	assert_string_equal(known_find(&known, sysrq, "c1f:sysrq", "c1c:d.e:f")->link, "l5");
	assert_string_equal(known_find(&known, bug, NULL, "c1c:x.y:z")->link, "l2");
	assert_null(known_find(&known, "c1:oom:-:1", NULL, "c1c:a.b:c"));
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
		cmocka_unit_test(test_comments), cmocka_unit_test(test_find_cause),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	arena_deinit(&arena);
	return failed;
}
