/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/args.h"

static enum cairn_code nothing(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	(void)call;
	(void)verdict;
	(void)err;
	return CAIRN_OK;
}

static const struct opt zorilla_opts[] = { { 'a', "all", 0, "" }, { 'o', "out", "F", "" }, { 0 } };
static const struct cmd zorilla = { .name = "zorilla", .opts = zorilla_opts, .run = nothing };
static const struct cmd zorse = { .name = "zorse", .many_dumps = true, .run = nothing };
static const struct opt zebu_opts[] = { { 'l', "list", NULL, "" }, { 'n', "not", NULL, "" },
					{ 0, NULL, NULL, NULL } };
static const struct cmd zebu = { .name = "zebu", .opts = zebu_opts, .no_dump_option = "list",
				 .run = nothing };
static const struct cmd zokor = { .name = "zokor", .no_dump = true, .run = nothing };
static const struct cmd zopilote = { .name = "zopilote", .opts = zorilla_opts,
				     .options_first = true, .run = nothing };
CAIRN_CMD(&zorilla);
CAIRN_CMD(&zorse);
CAIRN_CMD(&zebu);
CAIRN_CMD(&zokor);
CAIRN_CMD(&zopilote);

static struct arena arena;
static struct args args;
static struct cairn_err err;

static enum cairn_code parse(const char *const *argv)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	arena_reset(&arena);
	return args_parse(&args, &arena, argc, argv, &err);
}

static const char *joined(const char *const *word, size_t n)
{
	char *all = arena_strdup(&arena, "");
	size_t i;

	for (i = 0; i < n; i++)
		all = arena_printf(&arena, "%s%s%s", all, i ? " " : "", word[i]);
	return all;
}

#define PARSE(...) parse((const char *const[]){ "cairn", __VA_ARGS__, NULL })
#define OK(...) assert_int_equal(PARSE(__VA_ARGS__), CAIRN_OK)
#define FILES(want) assert_string_equal(joined(args.files, args.nfiles), want)
#define WORDS(want) assert_string_equal(joined(args.words, (size_t)args.nwords), want)

static void test_dump_first(void **state)
{
	(void)state;
	OK("dump");
	FILES("dump");
	assert_null(args.cmd);
	OK("dump", "zorilla", "-a", "dump", "--", "-x");
	FILES("dump");
	WORDS("zorilla -a dump -- -x");
	assert_ptr_equal(args.cmd, &zorilla);
	OK("dump", "zoril", "missing/dump3", "zorse", "x");
	FILES("dump zoril missing/dump3");
	WORDS("zorse x");
	assert_false(args.each);
}

static void test_command_first(void **state)
{
	(void)state;
	OK("zorilla", "-ao", "out", "dump", "x", "-a");
	FILES("dump");
	WORDS("zorilla -ao out x -a");
	OK("zorilla", "-oout", "--", "dump", "-x");
	FILES("dump");
	WORDS("zorilla -oout -- -x");
	OK("zorilla");
	FILES("");
	WORDS("zorilla");
	OK("zopilote", "-o", "out", "dump", "zorilla", "-a");
	FILES("dump");
	WORDS("zopilote -o out zorilla -a");
}

static void test_many_dumps(void **state)
{
	(void)state;
	OK("zorse", "a", "-j", "b", "--", "-c");
	FILES("a b -c");
	assert_true(args.each);
	assert_true(args.json);
	WORDS("zorse -j --");
}

static void test_no_dump(void **state)
{
	(void)state;
	OK("zokor", "dump", "-x");
	FILES("");
	WORDS("zokor dump -x");
	OK("zebu", "--list");
	assert_true(args.no_dump);
	FILES("");
	WORDS("zebu --list");
	OK("zebu", "--not", "dump");
	assert_false(args.no_dump);
	FILES("dump");
}

static void test_names_and_files(void **state)
{
	(void)state;
	OK("dump", "zori", "x"); /* shortened: there is no such file */
	assert_ptr_equal(args.cmd, &zorilla);
	WORDS("zorilla x");
	OK("dump", "zoril"); /* ... but this one exists */
	assert_null(args.cmd);
	FILES("dump zoril");
	OK("zori"); /* the first word is only ever a whole name */
	assert_null(args.cmd);
	OK("./zorse", "zorse");
	FILES("./zorse");
	assert_int_equal(PARSE("dump", "nonsense"), CAIRN_USAGE);
	assert_null(args.cmd);
	assert_non_null(strstr(err.text, "nonsense: no such command"));
	assert_int_equal(PARSE("dump", "zor"), CAIRN_USAGE);
	assert_non_null(strstr(err.text, "zorilla, zorse"));
}

static void test_program_options(void **state)
{
	(void)state;
	OK("-j", "dump", "-s", "vmlinux", "--debug=kvm.ko", "--no-cache", "--color=never",
	   "--no-debug-search");
	assert_true(args.json);
	assert_true(args.no_cache);
	assert_true(args.no_debug_search);
	assert_int_equal(args.colour, COLOUR_NEVER);
	assert_string_equal(args.debug_files[0], "vmlinux");
	assert_string_equal(args.debug_files[1], "kvm.ko");
	assert_null(args.debug_files[2]);
	OK("-c", "ps", "dump", "-x", "-", "-cbt");
	assert_int_equal(args.njobs, 3);
	assert_false(args.jobs[0].script);
	assert_true(args.jobs[1].script);
	assert_string_equal(args.jobs[2].text, "bt");
	OK("--version");
	assert_true(args.version);
	assert_int_equal(PARSE("--color=pink", "dump"), CAIRN_USAGE);
	assert_int_equal(PARSE("--nonsense"), CAIRN_USAGE);
	assert_int_equal(PARSE("-s"), CAIRN_USAGE);
}

static void test_command_words_are_the_commands(void **state)
{
	(void)state;
	OK("dump", "zorilla", "-V", "--color=pink");
	assert_false(args.version);
	WORDS("zorilla -V --color=pink");
	assert_int_equal(PARSE("zorilla", "-V", "dump"), CAIRN_USAGE);
	assert_ptr_equal(args.cmd, &zorilla);
}

static void test_looks_ahead(void **state)
{
	(void)state;
	OK("dump", "zorilla", "-aj");
	assert_true(args.json);
	OK("dump", "zorilla", "-o", "-j");
	assert_false(args.json);
	OK("dump", "zorilla", "--", "-j");
	assert_false(args.json);
	OK("dump", "zopilote", "zorilla", "-j"); /* how to print is asked of the whole line */
	assert_true(args.json);
	OK("dump", "zopilote", "zorilla", "-a");
	assert_false(args.json);
	OK("zorilla", "--help");
	assert_true(args.command_help);
}

static int set_up(void **state)
{
	static char dir[] = "/tmp/cairn-args-XXXXXX";
	FILE *f;

	*state = dir;
	if (!mkdtemp(dir) || chdir(dir))
		return -1;
	f = fopen("zoril", "w");
	return f ? fclose(f) : -1;
}

static int clean_up(void **state)
{
	arena_deinit(&arena);
	return unlink("zoril") || chdir("/") || rmdir(*state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dump_first),
		cmocka_unit_test(test_command_first),
		cmocka_unit_test(test_many_dumps),
		cmocka_unit_test(test_no_dump),
		cmocka_unit_test(test_names_and_files),
		cmocka_unit_test(test_program_options),
		cmocka_unit_test(test_command_words_are_the_commands),
		cmocka_unit_test(test_looks_ahead),
	};

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
