/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cmd/words.h"

static struct arena arena;
static struct cairn_err err;

/* "a|b c> file": the words between bars, then what follows. */
static const char *split(const char *text)
{
	static const char *const sign[] = {
		[LINE_PLAIN] = "", [LINE_PIPE] = "|", [LINE_FILE] = ">", [LINE_APPEND] = ">>",
	};
	struct line line;
	char *all;
	int i;

	arena_reset(&arena);
	if (line_split(&line, &arena, text, &err))
		return err.text;
	all = arena_strdup(&arena, "");
	for (i = 0; i < line.nwords; i++)
		all = arena_printf(&arena, "%s[%s]", all, line.words[i]);
	assert_int_equal(line.to == LINE_PLAIN, line.target == NULL);
	return arena_printf(&arena, "%s%s%s", all, sign[line.to], line.target ? line.target : "");
}

#define IS(text, want) assert_string_equal(split(text), want)

static void test_words(void **state)
{
	(void)state;
	IS("", "");
	IS(" \t\n", "");
	IS("bt", "[bt]");
	IS("  bt\t-a   12 \n", "[bt][-a][12]");
}

static void test_quotes(void **state)
{
	(void)state;
	IS("p 'a  b' \"c  d\"", "[p][a  b][c  d]");
	IS("p ''", "[p][]");
	IS("p a'b c'd", "[p][ab cd]");
	IS("p \"a\\\"b\\\\c\" 'a\\b'", "[p][a\"b\\c][a\\b]");
	IS("p a\\ b \\'", "[p][a b][']");
	IS("p \"it's\"", "[p][it's]");
	IS("p a\\", "[p][a\\]");
	IS("p 'a", "' does not end");
	IS("p \"a\\\"", "\" does not end");
}

static void test_pipes(void **state)
{
	(void)state;
	IS("ps | grep 'a b' | wc -l > x", "[ps]|grep 'a b' | wc -l > x");
	IS("ps|less", "[ps]|less");
	IS("ps '|' x", "[ps][|][x]");
	IS("ps \\| x", "[ps][|][x]");
	IS("ps |", "nothing behind the |");
	IS("| less", "no command before | less");
}

static void test_files(void **state)
{
	(void)state;
	IS("ps > out", "[ps]>out");
	IS("ps>out", "[ps]>out");
	IS("ps >> 'my file'  ", "[ps]>>my file");
	IS("ps >", "nothing behind the >");
	IS("ps > a b", "more than a file name behind the >");
	IS("ps > a | less", "more than a file name behind the >");
	IS("> out", "no command before > out");
}

static void test_expressions(void **state)
{
	(void)state;
	IS("p init_task->mm", "[p][init_task->mm]");
	IS("p a->b > out", "[p][a->b]>out");
	IS("p a >= b", "[p][a][>=][b]");
	IS("p a || b", "[p][a][||][b]");
	IS("p a||b|less", "[p][a||b]|less");
	IS("p (a >> 3 | 1) | less", "[p][(a][>>][3][|][1)]|less");
	IS("p ((a|b)|c)", "[p][((a|b)|c)]");
	IS("p ) | less", "[p][)]|less");
	IS("p '(' | less", "[p][(]|less");
	IS("p \\( | less", "[p][(]|less");
}

static int clean_up(void **state)
{
	(void)state;
	arena_deinit(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words), cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_pipes), cmocka_unit_test(test_files),
		cmocka_unit_test(test_expressions),
	};

	return cmocka_run_group_tests(tests, NULL, clean_up);
}
