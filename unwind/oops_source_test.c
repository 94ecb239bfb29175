/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/mem.h"
#include "unwind/oops_source.h"

static struct arena arena;
static struct oops_source source;

static void begin(const char *text, size_t len)
{
	assert_true(oops_source_text(&source, text, len, &arena));
}

static void comes(const char *text, size_t no)
{
	struct oops_line line;

	assert_true(source.next(&source, &line));
	assert_int_equal(line.len, strlen(text));
	if (line.len)
		assert_memory_equal(line.text, text, line.len);
	assert_int_equal(line.no, no);
}

static void ends(void)
{
	struct oops_line line;

	assert_false(source.next(&source, &line));
	assert_false(source.failed);
}

static void expect(const char *text, const char *line)
{
	begin(text, strlen(text));
	comes(line, 0);
	ends();
}

static void lines(void **state)
{
	(void)state;
	begin("a\n\nb\r\nc", 7);
	comes("a", 0);
	comes("", 1);
	comes("b", 2);
	comes("c", 3);
	ends();
	begin("", 0);
	ends();
	begin(NULL, 0);
	ends();
	begin("\n", 1);
	comes("", 0);
	ends();
}

static void made_plain(void **state)
{
	(void)state;
	expect("\033[32m[    1.000000] \033[0m\033[1;31mtext\033[0m", "text");
	expect("\033(Btext\033[", "text");
	expect("[    1.000000]\xc2\xa0\xc2\xa0" "foo+0x1/0x2", " foo+0x1/0x2");
	expect("a\xa0" "b \xc3\xa0", "a b \xc3\xa0");
	expect("Nov 26 10:11:12 box kernel: #011text #033[0m#1 #999", "\ttext #1 #999");
	expect("&lt;TASK&gt; &amp;lt; &nbsp; &", "<TASK> &lt;   &");
	expect("a &amp; b", "a &amp; b");
	begin("Nov 26 10:11:12 box kernel: [    1.000000] a#012b\nc\n", 51);
	comes("a", 0);
	comes("b", 0);
	comes("c", 1);
	ends();
	begin("4,1,1000000,-;\\x0aa\\x09b\\x\n", 27);
	comes("", 0);
	comes("a\tb\\x", 0);
	ends();
}

static void utf16(void **state)
{
	static const char little[] = "\xff\xfe[\0 \0001\0.\0005\0]\0 \0\xe4\0b\0\n\0c\0";
	static const char big[] = "\0a\0b\0c\0d\0\n\0e";

	(void)state;
	begin(little, sizeof(little) - 1);
	comes("\xc3\xa4" "b", 0);
	comes("c", 1);
	ends();
	begin(big, sizeof(big) - 1);
	comes("abcd", 0);
	comes("e", 1);
	ends();
	/* a hole in a log is none */
	begin("ab\n\0\0\0\0\0\0\0\0\nc", 13);
	comes("ab", 0);
	comes("", 1);
	comes("c", 2);
	ends();
}

static void journals(void **state)
{
	struct oops_line line;
	static const char kernel[] =
		"{\"__MONOTONIC_TIMESTAMP\":\"9\",\"PRIORITY\":\"4\",\"MESSAGE\":\" a\\n\\u0041\\\"\\\\\\t\","
		"\"_TRANSPORT\":\"kernel\",\"_SOURCE_MONOTONIC_TIMESTAMP\":\"1500000\",\"X\":null}";

	(void)state;
	begin(kernel, sizeof(kernel) - 1);
	assert_true(source.next(&source, &line));
	assert_memory_equal(line.text, " a", 2);
	assert_true(line.stamped && !line.user);
	assert_true(line.time > 1.49 && line.time < 1.51);
	comes("A\"\\\t", 0);
	ends();
	begin("{\"MESSAGE\":\"BUG\",\"_TRANSPORT\":\"stdout\"}", 39);
	assert_true(source.next(&source, &line));
	assert_true(line.user);
	expect("{ \"MESSAGE\" : [ 97, 98,27,91,109 ] }", "ab");
	expect("\t\"MESSAGE\" : \"text\",", "text");
	/* no record of one's own */
	expect("{\"MESSAGE\":\"text", "{\"MESSAGE\":\"text");
	expect("{\"OTHER\":\"text\"}", "{\"OTHER\":\"text\"}");
}

static void pstore(void **state)
{
	static const char text[] = "before\nPanic#1 Part1\nc\nPanic#1 Part2\r\nb\nPanic#1 Part3\na\n"
				   "Oops#2 Part1\nd\n";

	(void)state;
	begin(text, sizeof(text) - 1);
	comes("before", 0);
	comes("Panic#1 Part3", 5);
	comes("a", 6);
	comes("Panic#1 Part2", 3);
	comes("b", 4);
	comes("Panic#1 Part1", 1);
	comes("c", 2);
	comes("Oops#2 Part1", 7);
	comes("d", 8);
	ends();
	begin("Panic#1 Part2\na\nPanic#1 Part1\nb\n", 32);
	comes("Panic#1 Part2", 0);
	comes("a", 1);
	comes("Panic#1 Part1", 2);
	comes("b", 3);
	ends();
}

static void a_copy_looks_ahead(void **state)
{
	struct oops_source ahead;
	struct oops_line line;

	(void)state;
	begin("a\nb\n", 4);
	comes("a", 0);
	ahead = source;
	assert_true(ahead.next(&ahead, &line));
	comes("b", 1);
	ends();
}

static void out_of_memory(void **state)
{
	static const char text[] = "{\"MESSAGE\":\"a\\nb\"}\n\033[0mc\nd\n";
	bool whole = false;

	(void)state;
	for (long n = 0; !whole && n < 100; n++) {
		struct arena a = { 0 };
		struct oops_source s;
		struct oops_line line;
		size_t got = 0;

		mem_fail_after(n);
		if (oops_source_text(&s, text, sizeof(text) - 1, &a))
			while (s.next(&s, &line))
				got++;
		mem_fail_after(-1);
		assert_true(got == 4 || !s.part || s.failed);
		whole = got == 4;
		arena_deinit(&a);
	}
	assert_true(whole);
}

static int tear_down(void **state)
{
	(void)state;
	arena_deinit(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),  cmocka_unit_test(made_plain), cmocka_unit_test(utf16),
		cmocka_unit_test(pstore), cmocka_unit_test(journals),
		cmocka_unit_test(a_copy_looks_ahead), cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
