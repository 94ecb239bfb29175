/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/testcmd.h"

#define HEAD TK_BASE
#define ITEM(n) (TK_BASE + 0x100 * (uint64_t)(n)) /* n from 1 */
#define LINK 0x10

/* Three items with an id, a list_head at LINK that HEAD leads to, and a pointer to the next at 8. */
static struct testkern *three(void)
{
	static const struct tk_member item[] = {
		{ .name = "id", .offset = 0, .size = 4 }, { .name = "next", .offset = 8, .size = 8 },
		{ .name = "link", .offset = LINK, .size = 8, .count = 2 }, { .name = NULL },
	};
	struct testkern *k = tk_new();

	tk_struct(k, "item", 0x20, item);
	tk_symbol(k, "items", HEAD);
	tk_put(k, HEAD, ITEM(1) + LINK, 8);
	tk_put(k, HEAD + 8, ITEM(3) + LINK, 8);
	for (unsigned n = 1; n <= 3; n++) {
		tk_put(k, ITEM(n), 10 * n, 4);
		tk_put(k, ITEM(n) + 8, n < 3 ? ITEM(n + 1) : 0, 8);
		tk_put(k, ITEM(n) + LINK, n < 3 ? ITEM(n + 1) + LINK : HEAD, 8);
		tk_put(k, ITEM(n) + LINK + 8, n > 1 ? ITEM(n - 1) + LINK : HEAD, 8);
	}
	return k;
}

static void expect(const char *line, const char *text)
{
	struct testcmd t = testcmd_once(three(), OUT_TEXT, line);

	assert_int_equal(t.code, CAIRN_OK);
	assert_string_equal(t.text, text);
}

static void starts(void **state)
{
	static const char all[] = "0000000000010100\n0000000000010200\n0000000000010300\n";

	(void)state;
	expect("list -H items -o item.link", all);
	expect("list -H items item.link", all);
	expect("list item.link -H items", all);
	expect("list 16 -H items", all);
	expect("list item.next 10100", all);
	expect("list 8 10100", all);
	expect("list -h 10100 item.link -e 10000", all);
	expect("list -h -O 0 -o item.link items", all);
	expect("list -H items item.link -k list -B", all);
	expect("list -r -H items -o item.link",
	       "0000000000010300\n0000000000010200\n0000000000010100\n");
	expect("list -H items -o item.link -n 1", "0000000000010100\n");
	expect("list item.next 10100 -n 1", "0000000000010100\n");
	expect("list -H items -o item.link -e 10300", "0000000000010100\n0000000000010200\n");
	expect("list -H items", "0000000000010110\n0000000000010210\n0000000000010310\n");
}

static void typed(void **state)
{
	struct testcmd t;

	(void)state;
	expect("list -H items item.link -s item.id -n 1", "0000000000010100\n  id = 10,\n");
	expect("list -H items item.link -S item.id -x -n 1", "0000000000010100\n  id = 0xa,\n");
	expect("list -H items -l item.link -s item.id -n 1", "0000000000010110\n  id = 10,\n");
	t = testcmd_once(three(), OUT_JSON, "list -H items item.link -s item.id -n 1");
	assert_string_equal(t.text, "{\"schema\":\"cairn.element/1\",\"address\":\"0x10100\","
				    "\"backward\":false,\"type\":\"item\",\"value\":{\"id\":10}}\n");
	t = testcmd_once(three(), OUT_JSON, "list -H items item.link -n 1");
	assert_non_null(strstr(t.text, "\"type\":null,\"value\":null}"));
}

static void damaged(void **state)
{
	struct testkern *k = three();
	struct testcmd t;

	(void)state;
	tk_put(k, ITEM(1) + LINK, 0, 8);
	t = testcmd_once(k, OUT_TEXT, "list -H items item.link");
	assert_int_equal(t.code, CAIRN_CORRUPT);
	assert_string_equal(t.text, "0000000000010100\n0000000000010300  (from the end)\n"
				    "0000000000010200  (from the end)\n");
	assert_non_null(strstr(t.err.text, "NULL"));

	k = three();
	tk_put(k, ITEM(3) + 8, ITEM(2), 8);
	t = testcmd_once(k, OUT_TEXT, "list item.next 10100");
	assert_int_equal(t.code, CAIRN_CORRUPT);
	assert_non_null(strstr(t.err.text, "cycle"));

	/* one that the dump has not is an element all the same */
	k = three();
	tk_put(k, ITEM(2) + 8, TK_HOLE, 8);
	t = testcmd_once(k, OUT_TEXT, "list item.next 10100 -s item.id");
	assert_int_equal(t.code, CAIRN_FAULT);
	assert_int_equal(t.verdict, VERDICT_PARTIAL);
	assert_non_null(strstr(t.text, "0000000000300000\n  id = <absent>,\n"));

	/* one back link */
	k = three();
	tk_put(k, ITEM(2) + LINK + 8, ITEM(3), 8);
	t = testcmd_once(k, OUT_JSON, "list -H items item.link");
	assert_int_equal(t.code, CAIRN_OK);
	assert_int_equal(t.verdict, VERDICT_PARTIAL);
	assert_non_null(strstr(t.text, "cairn.error/1"));
}

static void usage(void **state)
{
	static const char *const lines[] = {
		"list", "list -h -H items", "list -O 0 items", "list -k hlist items",
		"list -k hlist -h items", "list -k tree -H items", "list -r items",
		"list -r -k hlist -H items", "list -n 0 items", "list nowhere",
		"list -o item.no items", "list -o item.id,next items", "list -s thing items",
		"list -s item.no items", "list 1 2 3",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct testcmd t = testcmd_once(three(), OUT_TEXT, lines[i]);

		if (t.code != CAIRN_USAGE && t.code != CAIRN_NOTFOUND)
			fail_msg("%s: %d", lines[i], t.code);
		assert_string_equal(t.text, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts), cmocka_unit_test(typed), cmocka_unit_test(damaged),
		cmocka_unit_test(usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
