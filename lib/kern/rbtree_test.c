/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/kern/rbtree.h"
#include "lib/kern/testkern.h"

#define ROOT TK_BASE
#define NODE(n) (TK_BASE + 0x100 * (uint64_t)(n)) /* n from 1 */

static void child(struct testkern *k, unsigned n, bool left, uint64_t to, size_t word)
{
	tk_put(k, NODE(n) + (left ? 2 : 1) * word, to, word);
}

/* Nodes lo to hi as a balanced tree; returns the address of its root, 0 if there are none. */
static uint64_t subtree(struct testkern *k, unsigned lo, unsigned hi, size_t word)
{
	unsigned mid = lo + (hi - lo) / 2;

	if (lo > hi)
		return 0;
	child(k, mid, true, subtree(k, lo, mid - 1, word), word);
	child(k, mid, false, subtree(k, mid + 1, hi, word), word);
	return NODE(mid);
}

/*      4
 *    2   6
 *   1 3 5 7   in a tree of seven */
static struct testkern *tree(unsigned n, size_t word)
{
	struct testkern *k = tk_new();

	tk_put(k, ROOT, subtree(k, 1, n, word), word);
	return k;
}

/* The numbers of the nodes that a walk yields, as digits; a stranger is '?'. */
struct seen {
	char text[64];
	size_t n;
	enum cairn_code code;
	struct cairn_err err;
};

static struct seen walk(struct testkern *k, uint8_t word, size_t limit)
{
	struct seen s = { .text = "" };
	struct rbtree_walk w;

	tk_open(k, word);
	rbtree_begin(&w, &k->c.kernel, ROOT, limit);
	while (rbtree_next(&w)) {
		uint64_t n = (w.node - ROOT) / 0x100;

		if (s.n < sizeof(s.text) - 1)
			s.text[s.n] = (char)(n > 0 && n < 10 ? '0' + n : '?');
		assert_int_equal(w.n, ++s.n);
	}
	assert_int_equal(w.node, 0);
	assert_false(rbtree_next(&w)); /* and stays at its end */
	assert_int_equal(w.n, s.n);
	s.code = rbtree_end(&w, &s.err);
	tk_free(k);
	return s;
}

static void in_order(void **state)
{
	static const char digits[] = "123456789";
	struct seen s;

	(void)state;
	for (size_t word = 4; word <= 8; word += 4)
		for (unsigned n = 0; n <= 9; n++) {
			s = walk(tree(n, word), (uint8_t)word, 100);
			assert_int_equal(s.code, CAIRN_OK);
			assert_int_equal(s.n, n);
			assert_int_equal(strncmp(s.text, digits, n), 0);
		}
	s = walk(tree(2000, 8), 8, 2000);
	assert_int_equal(s.code, CAIRN_OK);
	assert_int_equal(s.n, 2000);
}

/* All nodes in a row, as deep as a walk goes, or one deeper. */
static void depth(void **state)
{
	(void)state;
	for (int left = 0; left < 2; left++)
		for (unsigned n = RBTREE_DEPTH - 1; n <= RBTREE_DEPTH + 2; n++) {
			struct testkern *k = tk_new();
			bool deep = left && n > RBTREE_DEPTH;
			struct seen s;

			tk_put(k, ROOT, NODE(1), 8);
			for (unsigned i = 1; i < n; i++)
				child(k, i, left, NODE(i + 1), 8);
			s = walk(k, 8, 1000);
			/* to the right, no node is above another that waits */
			assert_int_equal(s.n, deep ? RBTREE_DEPTH : n);
			assert_int_equal(s.code, deep ? CAIRN_CORRUPT : CAIRN_OK);
			if (deep) {
				assert_int_equal(s.err.addr, NODE(RBTREE_DEPTH + 1));
				assert_non_null(strstr(s.err.text, "deeper"));
			}
		}
}

/* A child that is one of its ancestors, itself, or somebody else's child. */
static void cycles(void **state)
{
	static const struct {
		unsigned node;
		bool left;
		unsigned to;
		const char *text;
	} cases[] = {
		{ 1, true, 4, "1234567" }, { 1, false, 2, "1234567" }, { 7, false, 4, "1234567" },
		{ 3, true, 3, "1234567" }, { 3, false, 3, "1234567" }, { 6, true, 6, "123467" },
		{ 6, true, 2, "123467" }, { 4, false, 2, "1234" }, { 7, true, 1, "1234567" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct testkern *k = tree(7, 8);
		struct seen s;

		child(k, cases[i].node, cases[i].left, NODE(cases[i].to), 8);
		s = walk(k, 8, 100);
		assert_int_equal(s.code, CAIRN_CORRUPT);
		assert_string_equal(s.text, cases[i].text);
		assert_int_equal(s.err.addr, NODE(cases[i].to));
		assert_non_null(strstr(s.err.text, "reached twice"));
	}
}

/* What cannot be read costs what is below it. The first fault is told. */
static void unreadable(void **state)
{
	struct testkern *k = tree(7, 8);
	struct seen s;

	(void)state;
	child(k, 4, true, TK_HOLE + 0x40, 8);
	s = walk(k, 8, 100);
	assert_int_equal(s.code, CAIRN_FAULT);
	assert_int_equal(s.err.fault, CAIRN_FAULT_ABSENT);
	assert_int_equal(s.err.addr, TK_HOLE + 0x50);
	assert_string_equal(s.text, "?4567");

	k = tree(7, 8);
	child(k, 2, false, TK_END + 0x100, 8);
	child(k, 6, true, TK_HOLE, 8);
	s = walk(k, 8, 100);
	assert_int_equal(s.code, CAIRN_FAULT);
	assert_int_equal(s.err.fault, CAIRN_FAULT_UNMAPPED);
	assert_string_equal(s.text, "12?4?67");

	/* the second half of a node is on a page that is not there */
	k = tree(7, 8);
	child(k, 6, false, TK_HOLE - 8, 8);
	s = walk(k, 8, 100);
	assert_int_equal(s.err.addr, TK_HOLE + 8);
	assert_string_equal(s.text, "123456?");
	k = tree(7, 8);
	child(k, 6, false, TK_HOLE - 16, 8);
	tk_put(k, TK_HOLE - 8, NODE(8), 8);
	s = walk(k, 8, 100);
	assert_int_equal(s.err.addr, TK_HOLE);
	assert_string_equal(s.text, "123456?8");
}

static void misaligned(void **state)
{
	struct testkern *k = tree(7, 8);
	struct seen s;

	(void)state;
	child(k, 2, true, NODE(1) + 4, 8);
	child(k, 6, false, NODE(7) + 1, 8);
	s = walk(k, 8, 100);
	assert_int_equal(s.code, CAIRN_CORRUPT);
	assert_int_equal(s.err.addr, NODE(1) + 4);
	assert_non_null(strstr(s.err.text, "not aligned"));
	assert_string_equal(s.text, "23456");
	k = tree(3, 4);
	child(k, 2, true, NODE(1) + 4, 4); /* is aligned where a word has four bytes */
	s = walk(k, 4, 100);
	assert_int_equal(s.code, CAIRN_OK);
	assert_string_equal(s.text, "123");
}

static void no_root(void **state)
{
	struct testkern *k = tk_new();
	struct rbtree_walk w;
	struct cairn_err err;

	(void)state;
	tk_open(k, 8);
	rbtree_begin(&w, &k->c.kernel, TK_HOLE, 10);
	assert_false(rbtree_next(&w));
	assert_int_equal(rbtree_end(&w, &err), CAIRN_FAULT);
	assert_int_equal(err.addr, TK_HOLE);
	rbtree_begin(&w, &k->c.kernel, ROOT, 10);
	assert_false(rbtree_next(&w));
	assert_int_equal(rbtree_end(&w, NULL), CAIRN_OK);
	tk_free(k);
}

static void limits(void **state)
{
	struct testkern *k;
	struct seen s = walk(tree(7, 8), 8, 7);

	(void)state;
	assert_int_equal(s.code, CAIRN_OK);
	s = walk(tree(7, 8), 8, 6);
	assert_int_equal(s.code, CAIRN_LIMIT);
	assert_string_equal(s.text, "123456");
	assert_int_equal(s.err.addr, NODE(7));
	s = walk(tree(7, 8), 8, 0);
	assert_int_equal(s.code, CAIRN_LIMIT);
	assert_string_equal(s.text, "");
	/* that the walk ended counts for more than what it left out */
	k = tree(7, 8);
	child(k, 2, true, 3, 8);
	s = walk(k, 8, 3);
	assert_int_equal(s.code, CAIRN_LIMIT);
	assert_string_equal(s.text, "234");
}

static unsigned asked;

static bool at_third(void)
{
	return ++asked == 3;
}

static void interrupted(void **state)
{
	struct testkern *k = tree(2000, 8);
	struct rbtree_walk w;
	struct cairn_err err;
	size_t n = 0;

	(void)state;
	asked = 0;
	tk_open(k, 8);
	rbtree_begin(&w, &k->c.kernel, ROOT, 5000);
	w.stop = at_third;
	while (rbtree_next(&w))
		n++;
	assert_int_equal(rbtree_end(&w, &err), CAIRN_INTERRUPTED);
	assert_int_equal(asked, 3);
	assert_true(n > 100 && n < 1000);
	assert_int_equal(err.addr, NODE(n + 1));
	tk_free(k);
}

static void below_a_node(void **state)
{
	struct testkern *k = tree(7, 8);
	struct rbtree_walk w;

	(void)state;
	tk_open(k, 8);
	rbtree_begin_node(&w, &k->c.kernel, NODE(6), 100);
	for (unsigned n = 5; n <= 7; n++) {
		assert_true(rbtree_next(&w));
		assert_int_equal(w.node, NODE(n));
	}
	assert_false(rbtree_next(&w));
	assert_int_equal(rbtree_end(&w, NULL), CAIRN_OK);
	tk_free(k);
}

/* A set that cannot grow is no cycle. */
static void out_of_memory(void **state)
{
	struct testkern *k = tree(2000, 8);
	size_t last = 0;

	(void)state;
	tk_open(k, 8);
	for (long n = 0; n < 8; n++) {
		struct rbtree_walk w;
		struct cairn_err err;

		mem_fail_after(n);
		rbtree_begin(&w, &k->c.kernel, ROOT, 5000);
		while (rbtree_next(&w))
			;
		mem_fail_after(-1);
		assert_true(w.n >= last);
		last = w.n;
		if (rbtree_end(&w, &err) == CAIRN_OK)
			break;
		assert_int_equal(err.code, CAIRN_NOMEM);
		assert_true(n || !w.n);
	}
	assert_int_equal(last, 2000);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order), cmocka_unit_test(depth), cmocka_unit_test(cycles),
		cmocka_unit_test(unreadable), cmocka_unit_test(misaligned),
		cmocka_unit_test(no_root), cmocka_unit_test(limits),
		cmocka_unit_test(interrupted), cmocka_unit_test(out_of_memory),
		cmocka_unit_test(below_a_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
