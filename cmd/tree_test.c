/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "cmd/testcmd.h"
#include "lib/kern/testmaple.h"
#include "lib/kern/testxarray.h"

#define ROOT TK_BASE
#define XA (TK_BASE + 0x40)
#define ITEM(n) (TK_BASE + 0x1000 * (uint64_t)(n)) /* n from 1 */
#define RB 0x20
#define NODE (TK_BASE + 0x800)

static void rb(struct testkern *k, unsigned n, unsigned parent, unsigned left, unsigned right)
{
	uint64_t at = ITEM(n) + RB;

	tk_put(k, ITEM(n), 10 * n, 4);
	tk_put(k, at, parent ? ITEM(parent) + RB : 0, 8);
	tk_put(k, at + 8, right ? ITEM(right) + RB : 0, 8);
	tk_put(k, at + 16, left ? ITEM(left) + RB : 0, 8);
}

/* Items 1 2 3 in an rb tree at ROOT; an XArray with item 1 at 4, the value 7 at 9. */
static struct testkern *world(void)
{
	static const struct tk_member item[] = {
		{ .name = "id", .offset = 0, .size = 4 },
		{ .name = "rb", .offset = RB, .size = 8, .count = 3 }, { .name = NULL },
	};
	struct testkern *k = tk_new();

	tk_struct(k, "item", 0x40, item);
	tk_symbol(k, "root", ROOT);
	tk_symbol(k, "array", XA);
	tk_put(k, ROOT, ITEM(2) + RB, 8);
	rb(k, 2, 0, 1, 3);
	rb(k, 1, 2, 0, 0);
	rb(k, 3, 2, 0, 0);
	tx_types(k, 8, 64);
	tk_put(k, XA + TX_HEAD, tx_link(NODE), 8);
	tx_slot(k, NODE, 4, ITEM(1), 8);
	tx_slot(k, NODE, 9, 7 << 1 | 1, 8);
	return k;
}

static void expect(const char *line, const char *text)
{
	struct testcmd t = testcmd_once(world(), OUT_TEXT, line);

	assert_int_equal(t.code, CAIRN_OK);
	assert_string_equal(t.text, text);
}

static void rbtree(void **state)
{
	struct testcmd t;

	(void)state;
	expect("tree -o item.rb root", "0000000000011000\n0000000000012000\n0000000000013000\n");
	expect("tree -t rb root -l -n 1", "0000000000011020\n");
	expect("tree -o item.rb -p -s item.id root -n 2",
	       "0000000000011000  root/l\n  id = 10,\n0000000000012000  root\n  id = 20,\n");
	expect("tree -o item.rb -N 13020 -p", "0000000000013000  root\n");
	expect("tree -r 10 -o item.rb fff6", "0000000000011000\n0000000000012000\n0000000000013000\n");
	t = testcmd_once(world(), OUT_JSON, "tree -o item.rb -p -s item.id root -n 1");
	assert_string_equal(t.text, "{\"schema\":\"cairn.element/1\",\"address\":\"0x11000\","
				    "\"position\":\"root/l\",\"type\":\"item\",\"value\":{\"id\":10}}\n");
}

static void xarray(void **state)
{
	struct testcmd t;

	(void)state;
	expect("tree -t xarray array -s item.id",
	       "0000000000011000  index 4\n  id = 10,\n000000000000000f  index 9  value 7\n");
	expect("tree -t radix array -n 1", "0000000000011000  index 4\n");
	expect("tree -t x -N 10800 -n 1", "0000000000011000  index 4\n");
	t = testcmd_once(world(), OUT_JSON, "tree -t x array");
	assert_non_null(strstr(t.text, "\"index\":4,\"type\":null"));
	assert_non_null(strstr(t.text, "\"address\":\"0xf\",\"index\":9,\"number\":7,"));
}

/* Ranges, in a tree of two levels; the walk is maple's, held to its own tests. */
static void maple(void **state)
{
	struct tmt_range e[40];
	struct tmt t = tmt_new(8, false);
	struct testcmd got;

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		e[i] = (struct tmt_range){ 0x1000 * (i + 1) - 1, i == 1 ? 0 : 0x10000 + 0x100 * i };
	e[39].last = t.max;
	e[2].entry = 7 << 1 | 1;
	tmt_build(&t, e, 40, 10, 8);
	tk_symbol(t.k, "tree", TMT_TREE);
	got = testcmd(tmt_open(&t), OUT_TEXT, "tree -t maple tree -n 2");
	assert_int_equal(got.code, CAIRN_OK);
	assert_string_equal(got.text, "0000000000010000  0x0-0xfff\n"
				      "000000000000000f  0x2000-0x2fff  value 7\n");
	got = testcmd(&t.k->c, OUT_JSON, "tree -t m -p tree");
	assert_non_null(strstr(got.text, "\"index\":\"0xa000\",\"last\":\"0xafff\","
					 "\"position\":\"root/1/0\""));
	got = testcmd(&t.k->c, OUT_TEXT, "tree -t maple -o 8 tree");
	assert_int_equal(got.code, CAIRN_USAGE);
	tk_symbol(t.k, "root", t.root); /* a node is none */
	got = testcmd(&t.k->c, OUT_TEXT, "tree -t maple root");
	assert_int_equal(got.code, CAIRN_USAGE);
	got = testcmd(&t.k->c, OUT_TEXT, "tree -t maple 0x11000");
	assert_int_equal(got.code, CAIRN_USAGE);
	tmt_free(&t);
}

static void damaged(void **state)
{
	struct testkern *k = world();
	struct testcmd t;

	(void)state;
	tk_put(k, ITEM(3) + RB + 8, ITEM(2) + RB, 8);
	t = testcmd_once(k, OUT_TEXT, "tree -o item.rb root");
	assert_int_equal(t.code, CAIRN_CORRUPT);
	assert_string_equal(t.text, "0000000000011000\n0000000000012000\n0000000000013000\n");
	assert_int_equal(t.err.addr, ITEM(2) + RB);
	k = world();
	tk_put(k, XA + TX_HEAD, tx_link(TK_HOLE), 8);
	t = testcmd_once(k, OUT_TEXT, "tree -t x array");
	assert_int_equal(t.code, CAIRN_FAULT);
	assert_string_equal(t.text, "");
}

static void usage(void **state)
{
	static const char *const lines[] = {
		"tree", "tree -t list root", "tree root root", "tree -N -r 8 root", "tree -n 0 root",
		"tree -t x -o 8 array", "tree -s item.no root", "tree nowhere",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct testcmd t = testcmd_once(world(), OUT_TEXT, lines[i]);

		if (t.code != CAIRN_USAGE)
			fail_msg("%s: %d", lines[i], t.code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rbtree), cmocka_unit_test(xarray), cmocka_unit_test(damaged),
		cmocka_unit_test(usage), cmocka_unit_test(maple),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
