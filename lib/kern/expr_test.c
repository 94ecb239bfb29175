/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/expr.h"
#include "lib/kern/testkern.h"

#define ITEM(n) (TK_BASE + 0x100 * (uint64_t)(n))

/* struct item { int id; struct inner { u16 a, b; } in; struct item *next; u32 row[4]; } */
static struct testkern *world(void)
{
	static const struct tk_member inner[] = {
		{ .name = "a", .offset = 0, .size = 2 }, { .name = "b", .offset = 2, .size = 2 },
		{ .name = NULL },
	};
	static const struct tk_member item[] = {
		{ .name = "id", .offset = 0, .size = 4 },
		{ .name = "in", .offset = 4, .nested = "inner" },
		{ .name = "next", .offset = 8, .size = 8, .nested = "*item" },
		{ .name = "row", .offset = 16, .size = 4, .count = 4 },
		{ .name = "lost", .offset = 32, .size = 8, .nested = "*item" }, { .name = NULL },
	};
	struct testkern *k = tk_new();

	tk_struct(k, "inner", 4, inner);
	tk_struct(k, "item", 0x28, item);
	tk_symbol(k, "first", ITEM(1));
	tk_symbol(k, "word", ITEM(5));
	tk_symbol(k, "abc", ITEM(6));
	tk_typed(k, "first", "item");
	tk_put(k, ITEM(1), 11, 4);
	tk_put(k, ITEM(1) + 6, 7, 2);
	tk_put(k, ITEM(1) + 8, ITEM(2), 8);
	tk_put(k, ITEM(1) + 16 + 8, 300, 4);
	tk_put(k, ITEM(1) + 32, TK_HOLE, 8);
	tk_put(k, ITEM(2), 22, 4);
	tk_put(k, ITEM(2) + 8, ITEM(1), 8);
	tk_put(k, ITEM(5), 0x1234, 8);
	return k;
}

static enum cairn_code eval(const char *text, struct expr *e, struct cairn_err *err, struct arena *a)
{
	struct testkern *k = world();
	struct cairn *c = tk_open(k, 8);
	enum cairn_code code;

	c->opts_copy.no_debug_search = true;
	c->opts = &c->opts_copy;
	code = expr_eval(e, c, text, -1, a, err);
	tk_free(k);
	return code;
}

static void expect(const char *text, bool place, uint64_t v)
{
	struct arena a = { 0 };
	struct cairn_err err = { 0 };
	struct expr e = { 0 };

	if (eval(text, &e, &err, &a))
		fail_msg("%s: %s", text, err.text);
	if (e.place != place || (place ? e.addr : e.number) != v)
		fail_msg("%s: %s 0x%llx", text, e.place ? "place" : "number",
			 (unsigned long long)(e.place ? e.addr : e.number));
	arena_deinit(&a);
}

static void refused(const char *text, enum cairn_code code, const char *why)
{
	struct arena a = { 0 };
	struct cairn_err err = { 0 };
	struct expr e = { 0 };

	if (eval(text, &e, &err, &a) != code || !strstr(err.text, why))
		fail_msg("%s: %d %s", text, err.code, err.text);
	arena_deinit(&a);
}

static void places(void **state)
{
	(void)state;
	expect("first", true, ITEM(1));
	expect(" first . in . b ", true, ITEM(1) + 6);
	expect("first.next->id", true, ITEM(2));
	expect("first.next.id", true, ITEM(2)); /* as gdb has it */
	expect("first.next->next->next->row[3]", true, ITEM(2) + 16 + 12);
	expect("*first.next", true, ITEM(2));
	expect("(*first.next).in", true, ITEM(2) + 4);
	expect("first.next[1].id", true, ITEM(2) + 0x28);
	expect("*(first.row + 2)", true, ITEM(1) + 24);
	expect("((struct item *)0x10200)->id", true, ITEM(2));
	expect("((item*)0x10200)->id", true, ITEM(2));
	expect("*(item *)&first", true, ITEM(1));
	expect("word", true, ITEM(5));
	expect("abc", true, ITEM(6)); /* a symbol before a number */
}

static void numbers(void **state)
{
	(void)state;
	expect("1 + 2 * 3", false, 7);
	expect("(1 + 2) * 3", false, 9);
	expect("10 - 3 - 2", false, 5);
	expect("1 << 4 | 1", false, 17);
	expect("0x10 >> 2 & 6 ^ 1", false, 5);
	expect("7 / 2 + 7 % 4", false, 6);
	expect("-1 >> 60", false, UINT64_MAX);
	expect("-7 / 2", false, (uint64_t)-3);
	expect("~0", false, UINT64_MAX);
	expect("!5 + !0", false, 1);
	expect("3 < 4", false, 1);
	expect("3 >= 4", false, 0);
	expect("-1 < 1", false, 1);
	expect("2 == 2 != 0", false, 1);
	expect("(u64)0 - 1 > 1", false, 1); /* unsigned, if one of them is */
	expect("1 < -1 + (u64)0", false, 1);
	expect("(u32)0 - 1 > 1", false, 0);
	expect("1UL", false, 1);
	expect("fff", false, 0xfff);
	expect("first.id + 1", false, 12);
	expect("first.row[2] * 2", false, 600);
	expect("&first.in", false, ITEM(1) + 4);
	expect("&first.next[2] - first.next", false, 2);
	expect("first.next + 1", false, ITEM(2) + 0x28);
	expect("1 + first.next", false, ITEM(2) + 0x28);
	expect("first.next - 1", false, ITEM(2) - 0x28);
	expect("first.next - 0x8000000000000000", false, ITEM(2)); /* an even multiple of 2^63 */
	expect("sizeof(struct item)", false, 0x28);
	expect("sizeof(item)", false, 0x28);
	expect("sizeof first.in", false, 4);
	expect("sizeof(first.row)", false, 16);
	expect("(u8)0x1234", false, 0x34);
	expect("(u64)first.next", false, ITEM(2));
	expect("(first.id)", true, ITEM(1));
}

static void refusals(void **state)
{
	char deep[300];

	(void)state;
	refused("", CAIRN_USAGE, "ends early");
	refused("first.", CAIRN_USAGE, "a member is missing");
	refused("first.nothing", CAIRN_USAGE, "no member nothing");
	refused("first.id.x", CAIRN_USAGE, "no pointer");
	refused("nothing", CAIRN_USAGE, "no symbol nothing");
	refused("first + 1", CAIRN_USAGE, "no number");
	refused("*first", CAIRN_USAGE, "no pointer");
	refused("&5", CAIRN_USAGE, "no address");
	refused("5[2]", CAIRN_USAGE, "no array");
	refused("1 / 0", CAIRN_USAGE, "zero");
	refused("1 % (2 - 2)", CAIRN_USAGE, "zero");
	refused("(1", CAIRN_USAGE, ") is missing");
	refused("first.row[1", CAIRN_USAGE, "] is missing");
	refused("1 2", CAIRN_USAGE, "not understood");
	refused("first = 1", CAIRN_USAGE, "not understood");
	refused("(item)1", CAIRN_USAGE, "a pointer to it");
	refused("first.lost->id + 1", CAIRN_FAULT, "");
	memset(deep, '(', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	refused(deep, CAIRN_USAGE, "levels");
	memset(deep, '-', sizeof(deep) - 1);
	refused(deep, CAIRN_USAGE, "levels");
}

static void untyped(void **state)
{
	struct arena a = { 0 };
	struct expr e;

	(void)state;
	assert_int_equal(eval("word", &e, NULL, &a), CAIRN_OK);
	assert_true(e.untyped);
	assert_int_equal(eval("word + 1", &e, NULL, &a), CAIRN_OK);
	assert_int_equal(e.number, 0x1235);
	assert_int_equal(eval("first", &e, NULL, &a), CAIRN_OK);
	assert_false(e.untyped);
	arena_deinit(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places), cmocka_unit_test(numbers), cmocka_unit_test(refusals),
		cmocka_unit_test(untyped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
