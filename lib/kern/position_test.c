/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/position.h"
#include "lib/kern/testkern.h"

#define NODE(n) (TK_BASE + 0x400 * (uint64_t)(n)) /* n from 1 */

static void rb(struct testkern *k, unsigned n, uint64_t parent, uint64_t left, uint64_t right)
{
	tk_put(k, NODE(n), parent | (n & 1), 8);
	tk_put(k, NODE(n) + 8, right, 8);
	tk_put(k, NODE(n) + 16, left, 8);
}

/*    1
 *  2   3
 *     4     */
static struct testkern *four(void)
{
	struct testkern *k = tk_new();

	rb(k, 1, 0, NODE(2), NODE(3));
	rb(k, 2, NODE(1), 0, 0);
	rb(k, 3, NODE(1), NODE(4), 0);
	rb(k, 4, NODE(3), 0, 0);
	return k;
}

static void expect_rb(struct testkern *k, unsigned n, uint64_t top, const char *text)
{
	struct arena a = { 0 };

	tk_open(k, 8);
	assert_string_equal(position_rbtree(&k->c.kernel, NODE(n), top, &a), text);
	arena_deinit(&a);
	tk_free(k);
}

static void rbtree(void **state)
{
	struct testkern *k;

	(void)state;
	expect_rb(four(), 1, 0, "root");
	expect_rb(four(), 2, 0, "root/l");
	expect_rb(four(), 4, 0, "root/r/l");
	expect_rb(four(), 4, NODE(3), "root/l");
	expect_rb(four(), 4, NODE(4), "root");
	/* nobody's child */
	k = four();
	tk_put(k, NODE(3) + 16, NODE(2), 8);
	expect_rb(k, 4, 0, "?");
	k = four();
	tk_put(k, NODE(3), NODE(2), 8);
	expect_rb(k, 4, 0, "?/l");
	/* a parent that is not there */
	k = four();
	tk_put(k, NODE(3), TK_HOLE, 8);
	expect_rb(k, 4, 0, "?/l");
}

/* Parents in a circle. */
static void rbtree_cycle(void **state)
{
	struct testkern *k = four();
	struct arena a = { 0 };

	(void)state;
	tk_put(k, NODE(1), NODE(3), 8);
	tk_put(k, NODE(3) + 8, NODE(1), 8);
	tk_open(k, 8);
	assert_int_equal(position_rbtree(&k->c.kernel, NODE(4), 0, &a)[0], '?');
	arena_deinit(&a);
	tk_free(k);
}

enum { SHIFT = 0, OFFSET = 1, PARENT = 8, SLOTS = 16 };

static void xa(struct testkern *k, unsigned n, unsigned shift, uint64_t parent, unsigned offset)
{
	tk_put(k, NODE(n) + SHIFT, shift, 1);
	tk_put(k, NODE(n) + OFFSET, offset, 1);
	tk_put(k, NODE(n) + PARENT, parent, 8);
	if (parent)
		tk_put(k, parent + SLOTS + 8 * offset, NODE(n) | 2, 8);
}

static struct testkern *two_levels(void)
{
	const struct tk_member node[] = {
		{ .name = "shift", .offset = SHIFT, .size = 1 },
		{ .name = "offset", .offset = OFFSET, .size = 1 },
		{ .name = "parent", .offset = PARENT, .size = 8 },
		{ .name = "slots", .offset = SLOTS, .size = 8, .count = 64 },
		{ .name = NULL },
	};
	struct testkern *k = tk_new();

	tk_struct(k, "xa_node", SLOTS + 8 * 64, node);
	xa(k, 1, 6, 0, 0);
	xa(k, 2, 0, NODE(1), 3);
	return k;
}

static void expect_xa(struct testkern *k, uint64_t node, uint64_t index, uint64_t top,
		      const char *text)
{
	struct arena a = { 0 };

	tk_open(k, 8);
	assert_string_equal(position_xarray(&k->c, node, index, top, &a), text);
	arena_deinit(&a);
	tk_free(k);
}

static void xarray(void **state)
{
	struct testkern *k;

	(void)state;
	expect_xa(two_levels(), 0, 0, 0, "root");
	expect_xa(two_levels(), NODE(1), 64, 0, "root/1");
	expect_xa(two_levels(), NODE(2), 3 * 64 + 5, 0, "root/3/5");
	expect_xa(two_levels(), NODE(2), 5, NODE(2), "root/5");
	k = two_levels();
	tk_put(k, NODE(2) + OFFSET, 4, 1);
	expect_xa(k, NODE(2), 3 * 64 + 5, 0, "?/5");
	k = two_levels();
	tk_put(k, NODE(2) + PARENT, TK_HOLE, 8);
	expect_xa(k, NODE(2), 3 * 64 + 5, 0, "?/5");
	k = two_levels();
	xa(k, 1, 6, NODE(2), 1);
	tk_open(k, 8);
	struct arena a = { 0 };
	assert_int_equal(position_xarray(&k->c, NODE(2), 5, 0, &a)[0], '?');
	arena_deinit(&a);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rbtree), cmocka_unit_test(rbtree_cycle), cmocka_unit_test(xarray),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
