/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cmd/opt.h"

static const struct opt table[] = {
	{ 'a', "all", NULL, "" },
	{ 'c', "cpu", "CPU", "" },
	{ 0, "alloc", NULL, "" },
	{ 'x', NULL, "N", "" },
	{ '8', NULL, NULL, "" },
	{ 0 },
};
enum { ALL, CPU, ALLOC, X, EIGHT };

static const struct cmd plain = { .name = "zebra", .opts = table };
static const struct cmd first = { .name = "zebu", .opts = table, .options_first = true };

/* Everything about one parse. */
static struct {
	struct arena arena;
	struct call call;
	bool common[COMMON_N];
	struct cairn_err err;
} got;

static enum cairn_code parse(const struct cmd *cmd, const char *const *argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	arena_reset(&got.arena);
	memset(got.common, 0, sizeof(got.common));
	return opt_parse(&got.call, got.common, cmd, argc, argv, &got.arena, &got.err);
}

#define PARSE(...) parse(&plain, (const char *const[]){ "zebra", __VA_ARGS__, NULL })

static void test_short(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-a", "-c", "4", "-x-1"), CAIRN_OK);
	assert_true(got.call.opt[ALL].set);
	assert_null(got.call.opt[ALL].value);
	assert_string_equal(got.call.opt[CPU].value, "4");
	assert_string_equal(got.call.opt[X].value, "-1");
	assert_false(got.call.opt[ALLOC].set);
	assert_int_equal(got.call.argc, 0);
}

static void test_clusters(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-ac4"), CAIRN_OK);
	assert_true(got.call.opt[ALL].set);
	assert_string_equal(got.call.opt[CPU].value, "4");
	assert_int_equal(PARSE("-a8c", "4", "word"), CAIRN_OK);
	assert_true(got.call.opt[EIGHT].set);
	assert_string_equal(got.call.opt[CPU].value, "4");
	assert_int_equal(got.call.argc, 1);
}

static void test_long(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--cpu=4=5", "--all"), CAIRN_OK);
	assert_string_equal(got.call.opt[CPU].value, "4=5");
	assert_true(got.call.opt[ALL].set); /* exact, though --alloc begins alike */
	assert_false(got.call.opt[ALLOC].set);
	assert_int_equal(PARSE("--cp", "7", "--allo"), CAIRN_OK);
	assert_string_equal(got.call.opt[CPU].value, "7");
	assert_true(got.call.opt[ALLOC].set);
	assert_int_equal(PARSE("--cpu="), CAIRN_OK);
	assert_string_equal(got.call.opt[CPU].value, "");
}

static void test_the_last_one_counts(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-c1", "-c", "2"), CAIRN_OK);
	assert_string_equal(got.call.opt[CPU].value, "2");
}

static void test_operands_mix(void **state)
{
	(void)state;
	assert_int_equal(PARSE("one", "-a", "-", "-5", "--", "-c", "--"), CAIRN_OK);
	assert_int_equal(got.call.argc, 5);
	assert_string_equal(got.call.argv[0], "one");
	assert_string_equal(got.call.argv[1], "-");
	assert_string_equal(got.call.argv[2], "-5");
	assert_string_equal(got.call.argv[3], "-c");
	assert_string_equal(got.call.argv[4], "--");
	assert_true(got.call.opt[ALL].set);
	assert_int_equal(PARSE("-8"), CAIRN_OK);
	assert_true(got.call.opt[EIGHT].set);
	assert_int_equal(got.call.argc, 0);
}

static void test_options_first(void **state)
{
	const char *const argv[] = { "zebu", "-a", "bt", "-c", "--", NULL };

	(void)state;
	assert_int_equal(parse(&first, argv), CAIRN_OK);
	assert_true(got.call.opt[ALL].set);
	assert_false(got.call.opt[CPU].set);
	assert_int_equal(got.call.argc, 3);
	assert_string_equal(got.call.argv[1], "-c");
	assert_string_equal(got.call.argv[2], "--");
}

static void test_common(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-ja", "--help"), CAIRN_OK);
	assert_true(got.common[COMMON_JSON]);
	assert_true(got.common[COMMON_HELP]);
	assert_true(got.call.opt[ALL].set);
	assert_int_equal(PARSE("-a"), CAIRN_OK);
	assert_false(got.common[COMMON_JSON]);
}

#define REFUSED(want, ...) \
	do { \
		assert_int_equal(PARSE(__VA_ARGS__), CAIRN_USAGE); \
		assert_string_equal(got.err.text, want); \
	} while (0)

static void test_refused(void **state)
{
	(void)state;
	REFUSED("unknown option -z", "-z");
	REFUSED("unknown option -z", "-az", "-c1");
	REFUSED("unknown option --zoo", "--zoo=1");
	REFUSED("ambiguous option --al", "--al");
	REFUSED("option -c, --cpu=CPU needs an argument", "-c");
	REFUSED("option -c, --cpu=CPU needs an argument", "--cpu");
	REFUSED("option -x N needs an argument", "-ax");
	REFUSED("option -a, --all takes no argument", "--all=1");
}

static void test_no_table(void **state)
{
	static const struct cmd bare = { .name = "zebra" };
	const char *const argv[] = { "zebra", "x", "--json", NULL };

	(void)state;
	assert_int_equal(parse(&bare, argv), CAIRN_OK);
	assert_int_equal(got.call.argc, 1);
	assert_true(got.common[COMMON_JSON]);
}

static void test_check(void **state)
{
	static const struct opt twice[] = { { 'a', "b", 0, "" }, { 'a', "c", 0, "" }, { 0 } };
	static const struct opt names[] = { { 'a', "b", 0, "" }, { 0, "b", 0, "" }, { 0 } };
	struct opt many[CMD_OPTS + 2] = { 0 };
	int i;

	(void)state;
	for (i = 0; i <= CMD_OPTS; i++)
		many[i].letter = (char)('a' + i);
	assert_int_equal(opt_check(table, NULL), CAIRN_OK);
	assert_int_equal(opt_check(NULL, NULL), CAIRN_OK);
	assert_int_equal(opt_check(opt_common, NULL), CAIRN_OK);
	assert_int_equal(opt_check(twice, NULL), CAIRN_USAGE);
	assert_int_equal(opt_check(names, NULL), CAIRN_USAGE);
	assert_int_equal(opt_check(many, NULL), CAIRN_USAGE);
	many[CMD_OPTS].letter = 0;
	assert_int_equal(opt_check(many, NULL), CAIRN_OK);
}

static int clean_up(void **state)
{
	(void)state;
	arena_deinit(&got.arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_clusters),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_the_last_one_counts),
		cmocka_unit_test(test_operands_mix),
		cmocka_unit_test(test_options_first),
		cmocka_unit_test(test_common),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_table),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, clean_up);
}
