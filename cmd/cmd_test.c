/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cmd/cmd.h"
#include "cmd/help.h"

static const struct opt opts[] = { { 'a', "all", NULL, "every one" }, { 0, "n", "N", "how many" },
				   { 0 } };
static const struct cmd zebra = { .name = "zebra", .synopsis = "[-a] [--n=N]",
				  .summary = "stripes", .help = "More.", .opts = opts };
static const struct cmd zebrass = { .name = "zebrass", .no_dump = true };
static const struct cmd zebu = { .name = "zebu" };
static const struct cmd yak = { .name = "yak" };
CAIRN_CMD(&yak);
CAIRN_CMD(&zebu);
CAIRN_CMD(&zebra);
CAIRN_CMD(&zebrass);

static void test_find(void **state)
{
	(void)state;
	assert_ptr_equal(cmd_find("zebu"), &zebu);
	assert_ptr_equal(cmd_find("zebra"), &zebra); /* whole, though it begins another */
	assert_ptr_equal(cmd_find("zebras"), &zebrass);
	assert_null(cmd_find("zebr"));
	assert_ptr_equal(cmd_find("ya"), &yak);
	assert_null(cmd_find("y")); /* one letter */
	assert_null(cmd_find("zebra2"));
	assert_null(cmd_find(""));
}

static void test_lookup_says_why(void **state)
{
	const struct cmd *cmd = &zebu;
	struct cairn_err err;

	(void)state;
	assert_int_equal(cmd_lookup("zeb", &cmd, &err), CAIRN_USAGE);
	assert_string_equal(err.text, "zeb: can mean zebra, zebrass, zebu");
	assert_int_equal(cmd_lookup("y", &cmd, &err), CAIRN_USAGE);
	assert_string_equal(err.text, "y: one letter is too few for yak");
	assert_int_equal(cmd_lookup("zz", &cmd, &err), CAIRN_USAGE);
	assert_string_equal(err.text, "zz: no such command");
	cmd_lookup("zebar", &cmd, &err);
	assert_string_equal(err.text, "zebar: no such command; zebra?");
	cmd_lookup("dmesg", &cmd, &err);
	assert_string_equal(err.text, "dmesg: no such command; here: log");
	assert_int_equal(cmd_lookup("", &cmd, NULL), CAIRN_USAGE);
	assert_ptr_equal(cmd, &zebu);
	assert_int_equal(cmd_lookup("zebras", &cmd, &err), CAIRN_OK);
	assert_ptr_equal(cmd, &zebrass);
}

static void test_sorted(void **state)
{
	struct arena a = { 0 };
	const struct cmd *const *all;
	size_t i, n;

	(void)state;
	all = cmd_sorted(&a, &n);
	assert_int_equal(n, SET_SIZE(cairn_cmds));
	for (i = 1; i < n; i++)
		assert_true(strcmp(all[i - 1]->name, all[i]->name) < 0);
	arena_deinit(&a);
}

static void test_check(void **state)
{
	struct cairn_err err = { 0 };

	(void)state;
	if (cmd_check(&err))
		fail_msg("%s", err.text);
}

static void test_help(void **state)
{
	struct out o;

	(void)state;
	out_init(&o, OUT_TEXT, -1);
	help_show(&o, &zebra);
	assert_string_equal(o.buf.buf, "zebra - stripes\n\n"
				       "usage: zebra [-a] [--n=N]\n"
				       "  -a, --all                 every one\n"
				       "  --n=N                     how many\n"
				       "  -j, --json                print JSON, one object a line\n"
				       "  -h, --help                say what the command does\n"
				       "\nMore.\n");
	out_deinit(&o);
	out_init(&o, OUT_JSON, -1);
	help_show(&o, &zebra);
	help_show(&o, &zebrass);
	assert_string_equal(
		o.buf.buf,
		"{\"schema\":\"cairn.command/1\",\"name\":\"zebra\",\"synopsis\":\"[-a] [--n=N]\","
		"\"summary\":\"stripes\",\"needs_dump\":true,\"options\":["
		"{\"letter\":\"a\",\"name\":\"all\",\"argument\":null,\"help\":\"every one\"},"
		"{\"letter\":null,\"name\":\"n\",\"argument\":\"N\",\"help\":\"how many\"}]}\n"
		"{\"schema\":\"cairn.command/1\",\"name\":\"zebrass\",\"synopsis\":null,"
		"\"summary\":null,\"needs_dump\":false,\"options\":[]}\n");
	out_deinit(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_lookup_says_why),
		cmocka_unit_test(test_sorted),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
