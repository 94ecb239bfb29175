/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "unwind/oops_text.h"

static struct piece of(const char *s)
{
	return (struct piece){ s, strlen(s) };
}

static void assert_is(struct piece t, const char *s)
{
	assert_non_null(t.p);
	assert_int_equal(t.len, strlen(s));
	assert_memory_equal(t.p, s, t.len);
}

static void parts(void **state)
{
	(void)state;
	assert_is(piece_after(of("a: b: c"), ": "), "b: c");
	assert_null(piece_after(of("a"), ": ").p);
	assert_null(piece_after((struct piece){ NULL, 0 }, "x").p);
	assert_is(piece_until(of("ab c"), " "), "ab");
	assert_int_equal(piece_until((struct piece){ "a\0b ", 4 }, " ").len, 3);
	assert_is(piece_trim(of(" \ta b ")), "a b");
	assert_is(piece_drop(of("ab"), 5), "");
	assert_true(piece_shouts(of("a BUG")));
	assert_false(piece_shouts(of("A Bug")));
}

static void numbers(void **state)
{
	uint64_t v = 7;

	(void)state;
	assert_int_equal(piece_hex(of("ffz"), &v), 2);
	assert_int_equal(v, 0xff);
	assert_int_equal(piece_hex(of("z"), &v), 0);
	assert_int_equal(v, 0xff);
	assert_int_equal(piece_dec(of("18446744073709551615"), &v), 20);
	assert_true(v == UINT64_MAX);
	assert_int_equal(piece_dec(of("18446744073709551616"), &v), 19);
}

static void globs(void **state)
{
	struct piece c[GLOB_CAPTURES];

	(void)state;
	assert_true(piece_glob("BUG: * in *", of("BUG: x y in foo"), c));
	assert_is(c[0], "x y");
	assert_is(c[1], "foo");
	assert_true(piece_glob("WARNING: ", of("WARNING: all the rest"), c));
	assert_false(piece_glob("WARNING: x", of("WARNING: "), c));
	assert_true(piece_glob("* a", of("b a c"), c));
	assert_is(c[0], "b");
	assert_false(piece_glob("a*b*c", of("abx"), c));
	assert_true(piece_glob("*********", of("x"), c));
	assert_false(piece_glob("a", (struct piece){ NULL, 0 }, c));
	assert_false(piece_glob("*a", (struct piece){ NULL, 0 }, c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts), cmocka_unit_test(numbers), cmocka_unit_test(globs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
