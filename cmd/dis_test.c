/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/testcmd.h"

#define CODE TK_BASE

/* Of these symbols only the names are known, no ranges. first: push %rbp; mov %rsp, %rbp; call second; ret. second: ret */
static struct testcmd run(enum out_mode mode, const char *line)
{
	static const unsigned char code[] = { 0x55, 0x48, 0x89, 0xe5, 0xe8, 0x07, 0, 0, 0, 0xc3 };
	struct testkern *k = tk_new();

	tk_write(k, CODE, code, sizeof(code));
	tk_put(k, CODE + 0x10, 0xc3, 1);
	tk_symbol(k, "first", CODE);
	tk_symbol(k, "second", CODE + 0x10);
	k->c.opts_copy.no_debug_search = true;
	k->c.opts = &k->c.opts_copy;
	return testcmd_once(k, mode, line);
}

static void ranges(void **state)
{
	struct testcmd t = run(OUT_TEXT, "dis first 3");

	(void)state;
	assert_int_equal(t.code, CAIRN_OK);
	assert_string_equal(t.text, "0x10000:  pushq   %rbp\n"
				    "0x10001:  movq    %rsp, %rbp\n"
				    "0x10004:  callq   0x10010\n");
	t = run(OUT_TEXT, "dis first+1");
	assert_string_equal(t.text, "0x10001:  movq    %rsp, %rbp\n");
	t = run(OUT_TEXT, "dis 10009");
	assert_non_null(strstr(t.text, "retq"));
	assert_null(strstr(strchr(t.text, '\n') + 1, "\n"));
	t = run(OUT_JSON, "dis first+4");
	assert_non_null(strstr(t.text, "\"bytes\":\"e807000000\",\"mnemonic\":\"callq\""));
	assert_non_null(strstr(t.text, "\"target\":\"0x10010\","));
}

static void refusals(void **state)
{
	static const char *const lines[] = { "dis", "dis 1 2 3", "dis -r -f first", "dis first 0",
					     "dis nothing", "dis -r first" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(run(OUT_TEXT, lines[i]).code, CAIRN_USAGE);
	assert_int_equal(run(OUT_TEXT, "dis 300000").code, CAIRN_FAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(ranges), cmocka_unit_test(refusals) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
