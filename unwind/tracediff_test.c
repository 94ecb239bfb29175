/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "unwind/tracediff.h"

#define MOST 16

/* Names with a blank between; in the log a '?' before a guess, in the dump a '~' before a caller in
   the link register, and '=' before one that a return probe had replaced. */
static struct tracediff diff(const char *log, const char *dump, bool complete, bool *compared)
{
	static char text[2][256];
	static struct arena a;
	static struct oops_frame of[MOST];
	static struct frame df[MOST];
	struct oops o = { .frame = of };
	struct trace tr = { .frame = df, .complete = complete };
	struct tracediff ret;
	char *save;

	memset(of, 0, sizeof(of));
	memset(df, 0, sizeof(df));
	strcpy(text[0], log);
	strcpy(text[1], dump);
	for (char *s = strtok_r(text[0], " ", &save); s; s = strtok_r(NULL, " ", &save))
		of[o.n++] = (struct oops_frame){ .function = s + (*s == '?'), .reliable = *s != '?' };
	df[tr.n++] = (struct frame){ .sym.name = "panic", .named = true, .grade = 'A' };
	for (char *s = strtok_r(text[1], " ", &save); s; s = strtok_r(NULL, " ", &save))
		df[tr.n++] = (struct frame){ .sym.name = s + (*s == '~'), .named = true, .grade = 'A',
					     .rule = *s == '~' ? RULE_LR : *s == '=' ? RULE_RETHOOK
										     : RULE_ORC };
	o.function = o.n ? of[0].function : NULL;
	*compared = tracediff(&ret, &o, &tr, &a);
	return ret;
}

static void same(void **state)
{
	bool compared;
	struct tracediff d = diff("foo ?junk bar baz", "foo bar baz", true, &compared);

	(void)state;
	assert_true(compared);
	assert_int_equal(d.nsame, 3);
	assert_int_equal(d.nlog + d.ndump, 0);
}

static void each_alone(void **state)
{
	bool compared;
	struct tracediff d = diff("foo extra bar baz", "foo bar lost baz", true, &compared);

	(void)state;
	assert_int_equal(d.nsame, 3);
	assert_int_equal(d.nlog, 1);
	assert_string_equal(d.log[0], "extra");
	assert_int_equal(d.ndump, 1);
	assert_string_equal(d.dump[0], "lost");
}

/* A name that comes again later must not take the row with it. */
static void recursion(void **state)
{
	bool compared;
	struct tracediff d = diff("foo rec rec bar", "foo rec rec rec bar", true, &compared);

	(void)state;
	assert_int_equal(d.nsame, 4);
	assert_int_equal(d.nlog, 0);
	assert_int_equal(d.ndump, 1);
}

static void cut(void **state)
{
	bool compared;
	struct tracediff d = diff("foo bar baz end", "foo bar", false, &compared);

	(void)state;
	assert_int_equal(d.nlog, 0); /* the walk says itself that it was cut */
	d = diff("foo bar baz end", "foo bar", true, &compared);
	assert_int_equal(d.nlog, 2);
	d = diff("foo bar", "foo bar baz", true, &compared);
	assert_int_equal(d.ndump, 0); /* a log that was cut */
	diff("", "foo", true, &compared);
	assert_false(compared);
	diff("?foo", "foo", true, &compared);
	assert_false(compared);
}

static void where_kernels_differ(void **state)
{
	bool compared;
	struct tracediff d = diff("foo bar", "foo ~caller bar", true, &compared);

	(void)state;
	assert_int_equal(d.nsame, 2);
	assert_int_equal(d.ndump, 0);
	d = diff("foo rec rec bar", "foo ~rec rec rec bar", true, &compared);
	assert_int_equal(d.nsame, 4);
	assert_int_equal(d.ndump, 0);
	d = diff("foo caller bar", "foo ~caller bar", true, &compared);
	assert_int_equal(d.nsame, 3);
	d = diff("foo junk bar", "foo =true bar", true, &compared);
	assert_int_equal(d.nsame, 1);
	assert_int_equal(d.nlog + d.ndump, 0);
}

static void many(void **state)
{
	bool compared;
	struct tracediff d = diff("a b1 b2 b3 b4 b5 b6 b7 b8 z", "a z", true, &compared);

	(void)state;
	assert_int_equal(d.nlog, 8);
	assert_string_equal(d.log[TRACEDIFF_NAMES - 1], "b6");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same), cmocka_unit_test(each_alone), cmocka_unit_test(recursion),
		cmocka_unit_test(cut), cmocka_unit_test(where_kernels_differ),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
