/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/kern/testxarray.h"

#define XA TK_BASE
#define NODE(n) (TK_BASE + 0x400 * (uint64_t)(n)) /* n from 1 */
#define ITEM(n) (UINT64_C(0xff008000) + 16 * (uint64_t)(n))
#define VALUE(n) ((uint64_t)(n) << 1 | 1) /* xa_mk_value() */
#define INTERNAL(n) ((uint64_t)(n) << 2 | 2) /* xa_mk_internal() */
#define RETRY INTERNAL(256)
#define ZERO INTERNAL(257)

#define SEEN 600

struct seen {
	uint64_t index[SEEN], entry[SEEN], node[SEEN];
	size_t n;
	enum cairn_code begun, code;
	struct cairn_err err;
};

static struct testkern *array(uint64_t head)
{
	struct testkern *k = tk_new();

	tk_put(k, XA + TX_HEAD, head, 8);
	return k;
}

static void node(struct testkern *k, unsigned n, unsigned shift)
{
	tk_put(k, NODE(n) + TX_SHIFT, shift, 1);
}

static void slot(struct testkern *k, unsigned n, unsigned at, uint64_t entry)
{
	tx_slot(k, NODE(n), at, entry, 8);
}

static struct seen walk_forms(struct testkern *k, uint8_t word, unsigned slots, size_t limit)
{
	struct seen s = { .n = 0 };
	struct xarray_walk w;

	tx_types(k, word, slots);
	tk_open(k, word);
	s.begun = xarray_begin(&w, &k->c, XA, limit, &s.err);
	while (s.begun == CAIRN_OK && xarray_next(&w)) {
		if (s.n < SEEN) {
			s.index[s.n] = w.index;
			s.entry[s.n] = w.entry;
			s.node[s.n] = w.node;
		}
		assert_int_equal(w.n, ++s.n);
	}
	if (s.begun == CAIRN_OK)
		assert_false(xarray_next(&w)); /* and stays at its end */
	s.code = xarray_end(&w, &s.err);
	tk_free(k);
	return s;
}

static struct seen walk(struct testkern *k)
{
	return walk_forms(k, 8, 64, 1000);
}

static void expect_at(const struct seen *s, size_t i, uint64_t index, uint64_t entry, uint64_t in)
{
	assert_true(i < s->n);
	assert_int_equal(s->index[i], index);
	assert_int_equal(s->entry[i], entry);
	assert_int_equal(s->node[i], in);
}

/* ---- what there is ---- */

static void empty(void **state)
{
	struct seen s = walk(array(0));

	(void)state;
	assert_int_equal(s.code, CAIRN_OK);
	assert_int_equal(s.n, 0);
	s = walk(array(ZERO));
	assert_int_equal(s.code, CAIRN_OK);
	assert_int_equal(s.n, 0);
}

/* An array of index 0 alone needs no node. */
static void head_alone(void **state)
{
	static const uint64_t heads[] = { ITEM(1), VALUE(0), VALUE(7), ITEM(1) | 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct seen s = walk(array(heads[i]));

		assert_int_equal(s.code, CAIRN_OK);
		assert_int_equal(s.n, 1);
		expect_at(&s, 0, 0, heads[i], 0);
	}
}

static void one_level(void **state)
{
	struct testkern *k = array(tx_link(NODE(1)));
	struct seen s;

	(void)state;
	node(k, 1, 0);
	slot(k, 1, 0, ITEM(0));
	slot(k, 1, 5, VALUE(9));
	slot(k, 1, 63, ITEM(63));
	s = walk(k);
	assert_int_equal(s.code, CAIRN_OK);
	assert_int_equal(s.n, 3);
	expect_at(&s, 0, 0, ITEM(0), NODE(1));
	expect_at(&s, 1, 5, VALUE(9), NODE(1));
	expect_at(&s, 2, 63, ITEM(63), NODE(1));
}

/* Entries above the lowest level stand for many indices; they come with the first. What comes
 * after a node of a lower level has the upper one's index again. */
static void levels(void **state)
{
	struct testkern *k = array(tx_link(NODE(1)));
	struct seen s;

	(void)state;
	node(k, 1, 12);
	node(k, 2, 6);
	node(k, 3, 0);
	slot(k, 1, 0, VALUE(1));
	slot(k, 1, 2, tx_link(NODE(2)));
	slot(k, 1, 63, VALUE(2));
	slot(k, 2, 1, tx_link(NODE(3)));
	slot(k, 2, 2, VALUE(3));
	slot(k, 3, 4, VALUE(4));
	s = walk(k);
	assert_int_equal(s.code, CAIRN_OK);
	assert_int_equal(s.n, 4);
	expect_at(&s, 0, 0, VALUE(1), NODE(1));
	expect_at(&s, 1, 2 * 4096 + 64 + 4, VALUE(4), NODE(3));
	expect_at(&s, 2, 2 * 4096 + 2 * 64, VALUE(3), NODE(2));
	expect_at(&s, 3, UINT64_C(63) << 12, VALUE(2), NODE(1));
}

static void left_out(void **state)
{
	struct testkern *k = array(tx_link(NODE(1)));
	struct seen s;

	(void)state;
	node(k, 1, 6);
	slot(k, 1, 0, VALUE(1));
	slot(k, 1, 1, INTERNAL(0)); /* siblings of slot 0, and of the last that can be one */
	slot(k, 1, 2, INTERNAL(62));
	slot(k, 1, 3, RETRY);
	slot(k, 1, 4, ZERO);
	slot(k, 1, 5, INTERNAL(1023)); /* the highest that is no node */
	slot(k, 1, 6, VALUE(2));
	s = walk(k);
	assert_int_equal(s.code, CAIRN_OK);
	assert_int_equal(s.n, 2);
	expect_at(&s, 1, 6 * 64, VALUE(2), NODE(1));
}

/* 16 slots of four bytes, as a 32-bit kernel with CONFIG_BASE_SMALL has. */
static void small_nodes(void **state)
{
	struct testkern *k = array(tx_link(NODE(1)));
	struct seen s;

	(void)state;
	node(k, 1, 4);
	node(k, 2, 0);
	tx_slot(k, NODE(1), 3, tx_link(NODE(2)), 4);
	tx_slot(k, NODE(1), 15, ITEM(2), 4);
	tx_slot(k, NODE(2), 15, ITEM(1), 4);
	s = walk_forms(k, 4, 16, 1000);
	assert_int_equal(s.code, CAIRN_OK);
	assert_int_equal(s.n, 2);
	expect_at(&s, 0, 3 * 16 + 15, ITEM(1), NODE(2));
	expect_at(&s, 1, 15 * 16, ITEM(2), NODE(1));
}

/* As deep as it goes; the topmost node has slots that no index leads to. */
static void deepest(void **state)
{
	static const struct { uint8_t word; unsigned slots, bits, top, last; } forms[] = {
		{ 8, 64, 6, 60, 15 }, { 8, 16, 4, 60, 15 }, { 4, 64, 6, 30, 3 }, { 4, 16, 4, 28, 15 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct testkern *k = array(tx_link(NODE(1)));
		unsigned n = 1, word = forms[i].word;
		struct seen s;

		for (unsigned shift = forms[i].top; shift; shift -= forms[i].bits, n++) {
			node(k, n, shift);
			tx_slot(k, NODE(n), n == 1 ? forms[i].last : forms[i].slots - 1,
				tx_link(NODE(n + 1)), word);
		}
		for (unsigned at = forms[i].last + 1; at < forms[i].slots; at++)
			tx_slot(k, NODE(1), at, ITEM(2), word);
		tx_slot(k, NODE(n), forms[i].slots - 1, ITEM(1), word);
		s = walk_forms(k, forms[i].word, forms[i].slots, 1000);
		assert_int_equal(s.code, CAIRN_OK);
		assert_int_equal(s.n, 1);
		expect_at(&s, 0, UINT64_MAX >> (64 - 8 * word), ITEM(1), NODE(n));
	}
}

/* ---- what is wrong ---- */

/* Two nodes, of which the first leads to the second and has entries on both sides of it. */
static struct testkern *pair(void)
{
	struct testkern *k = array(tx_link(NODE(1)));

	node(k, 1, 6);
	slot(k, 1, 0, VALUE(1));
	slot(k, 1, 1, tx_link(NODE(2)));
	slot(k, 1, 2, VALUE(3));
	slot(k, 2, 0, VALUE(2));
	return k;
}

static void expect_lost(struct testkern *k, size_t n, enum cairn_code code, uint64_t addr,
			const char *text)
{
	struct seen s = walk(k);

	assert_int_equal(s.code, code);
	assert_int_equal(s.err.code, code);
	assert_int_equal(s.err.addr, addr);
	if (!strstr(s.err.text, text))
		fail_msg("\"%s\" has no \"%s\"", s.err.text, text);
	assert_int_equal(s.n, n);
	expect_at(&s, 0, 0, VALUE(1), NODE(1));
	expect_at(&s, n - 1, 2 * 64, VALUE(3), NODE(1));
}

static void shifts(void **state)
{
	static const unsigned bad[] = { 1, 5, 6, 12, 60, 64, 255 };
	static const unsigned bad_heads[] = { 1, 5, 63, 64, 66, 252, 255 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct testkern *k = pair();

		node(k, 2, bad[i]);
		expect_lost(k, 2, CAIRN_CORRUPT, NODE(2), "shift");
	}
	for (size_t i = 0; i < sizeof(bad_heads) / sizeof(bad_heads[0]); i++) {
		struct testkern *k = pair();
		struct seen s;

		node(k, 1, bad_heads[i]);
		s = walk(k);
		assert_int_equal(s.code, CAIRN_CORRUPT);
		assert_int_equal(s.err.addr, NODE(1));
		assert_int_equal(s.n, 0);
	}
}

static void below_the_lowest(void **state)
{
	struct testkern *k = pair();

	(void)state;
	slot(k, 2, 1, tx_link(NODE(3)));
	expect_lost(k, 3, CAIRN_CORRUPT, NODE(3), "below");
}

static void cycles(void **state)
{
	struct testkern *k = pair();

	(void)state;
	slot(k, 1, 1, tx_link(NODE(1)));
	expect_lost(k, 2, CAIRN_CORRUPT, NODE(1), "reached twice");
	k = pair();
	slot(k, 1, 3, tx_link(NODE(2)));
	slot(k, 1, 4, VALUE(3));
	slot(k, 1, 2, 0);
	{
		struct seen s = walk(k);

		assert_int_equal(s.code, CAIRN_CORRUPT);
		assert_int_equal(s.n, 3);
		expect_at(&s, 2, 4 * 64, VALUE(3), NODE(1));
	}
}

static void misaligned(void **state)
{
	struct testkern *k = pair();

	(void)state;
	slot(k, 1, 1, tx_link(NODE(2) + 4));
	expect_lost(k, 2, CAIRN_CORRUPT, NODE(2) + 4, "not aligned");
}

/* A node that cannot be read is left out; of one that lies half in the hole, the other half is
 * not. */
static void unreadable(void **state)
{
	struct testkern *k = pair();

	(void)state;
	slot(k, 1, 1, tx_link(TK_HOLE + 0x40));
	expect_lost(k, 2, CAIRN_FAULT, TK_HOLE + 0x40, "");
	k = pair();
	slot(k, 1, 1, tx_link(TK_END));
	expect_lost(k, 2, CAIRN_FAULT, TK_END, "");
	k = pair();
	slot(k, 1, 1, tx_link(TK_HOLE - TX_SLOTS - 16));
	tx_slot(k, TK_HOLE - TX_SLOTS - 16, 1, VALUE(2), 8);
	expect_lost(k, 3, CAIRN_FAULT, TK_HOLE, "");
}

/* The first of several is told. */
static void first_loss(void **state)
{
	struct testkern *k = pair();

	(void)state;
	slot(k, 1, 1, tx_link(NODE(3) + 4));
	slot(k, 1, 3, tx_link(TK_HOLE));
	expect_lost(k, 2, CAIRN_CORRUPT, NODE(3) + 4, "not aligned");
}

/* ---- what cannot be begun ---- */

static void no_head(void **state)
{
	struct testkern *k = tk_new();
	struct xarray_walk w;
	struct cairn_err err = { 0 };

	(void)state;
	tx_types(k, 8, 64);
	tk_open(k, 8);
	assert_int_equal(xarray_begin(&w, &k->c, TK_HOLE, 10, &err), CAIRN_FAULT);
	assert_int_equal(err.addr, TK_HOLE + TX_HEAD);
	/* who asks only at the end learns it too */
	assert_false(xarray_next(&w));
	err = (struct cairn_err){ 0 };
	assert_int_equal(xarray_end(&w, &err), CAIRN_FAULT);
	assert_int_equal(err.addr, TK_HOLE + TX_HEAD);
	tk_free(k);
}

static void no_types(void **state)
{
	static const unsigned slots[] = { 0, 8, 63, 128 };
	struct testkern *k = array(VALUE(1));
	struct xarray_walk w;

	(void)state;
	tk_open(k, 8);
	assert_int_equal(xarray_begin(&w, &k->c, XA, 10, NULL), CAIRN_MISSING);
	assert_int_equal(xarray_end(&w, NULL), CAIRN_MISSING);
	tk_free(k);
	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		struct seen s = walk_forms(array(VALUE(1)), 8, slots[i], 10);

		assert_int_equal(s.begun, CAIRN_MISSING);
		assert_int_equal(s.code, CAIRN_MISSING);
		assert_true(s.err.text[0]);
	}
}

/* ---- limits ---- */

static struct testkern *full(void)
{
	struct testkern *k = array(tx_link(NODE(1)));

	node(k, 1, 6);
	for (unsigned n = 0; n < 8; n++) {
		slot(k, 1, n, tx_link(NODE(2 + n)));
		for (unsigned i = 0; i < 64; i++)
			slot(k, 2 + n, i, VALUE(64 * n + i));
	}
	return k;
}

static void limits(void **state)
{
	static const size_t cut[] = { 9, 63, 64, 65, 511 };
	struct seen s = walk_forms(full(), 8, 64, 512);

	(void)state;
	assert_int_equal(s.code, CAIRN_OK);
	assert_int_equal(s.n, 512);
	for (size_t i = 0; i < 512; i++)
		expect_at(&s, i, i, VALUE(i), NODE(2 + i / 64));
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		s = walk_forms(full(), 8, 64, cut[i]);
		assert_int_equal(s.code, CAIRN_LIMIT);
		assert_int_equal(s.n, cut[i]);
	}
	s = walk_forms(array(VALUE(1)), 8, 64, 0);
	assert_int_equal(s.code, CAIRN_LIMIT);
	assert_int_equal(s.n, 0);
}

/* Nodes in which there is nothing count as well: a dump may have any number of them. */
static void empty_nodes(void **state)
{
	struct testkern *k = array(tx_link(NODE(1)));
	struct seen s;

	(void)state;
	node(k, 1, 6);
	for (unsigned n = 0; n < 64; n++)
		slot(k, 1, n, tx_link(NODE(2 + n)));
	s = walk_forms(k, 8, 64, 64);
	assert_int_equal(s.code, CAIRN_LIMIT);
	assert_int_equal(s.err.addr, NODE(65));
	assert_int_equal(s.n, 0);
}

static unsigned asked, until;

static bool after_a_while(void)
{
	return ++asked == until;
}

static void interrupted(void **state)
{
	(void)state;
	for (until = 1; until < 3; until++) {
		struct testkern *k = full();
		struct xarray_walk w;

		asked = 0;
		tx_types(k, 8, 64);
		tk_open(k, 8);
		k->c.stop = after_a_while;
		assert_int_equal(xarray_begin(&w, &k->c, XA, 1000, NULL), CAIRN_OK);
		while (xarray_next(&w))
			;
		assert_int_equal(xarray_end(&w, NULL), CAIRN_INTERRUPTED);
		assert_int_equal(asked, until);
		assert_int_equal(w.n, 0); /* at the first node, at the first entry */
		tk_free(k);
	}
}

/* A set that cannot grow is no cycle. */
static void out_of_memory(void **state)
{
	struct testkern *k = full();
	size_t last = 0;

	(void)state;
	tx_types(k, 8, 64);
	tk_open(k, 8);
	for (long n = 0; n < 8; n++) {
		struct xarray_walk w;
		struct cairn_err err;
		enum cairn_code code;

		mem_fail_after(n);
		code = xarray_begin(&w, &k->c, XA, 5000, &err);
		while (code == CAIRN_OK && xarray_next(&w))
			;
		mem_fail_after(-1);
		assert_true(w.n >= last);
		last = w.n;
		if (xarray_end(&w, &err) == CAIRN_OK)
			break;
		assert_int_equal(err.code, CAIRN_NOMEM);
	}
	assert_int_equal(last, 512);
	tk_free(k);
}

static void below_a_node(void **state)
{
	struct testkern *k = array(0);
	struct xarray_walk w;

	(void)state;
	node(k, 1, 6);
	slot(k, 1, 2, tx_link(NODE(2)));
	node(k, 2, 0);
	slot(k, 2, 5, ITEM(9));
	tx_types(k, 8, 64);
	tk_open(k, 8);
	assert_int_equal(xarray_begin_node(&w, &k->c, NODE(1), 100, NULL), CAIRN_OK);
	assert_true(xarray_next(&w));
	assert_int_equal(w.index, 2 * 64 + 5);
	assert_int_equal(w.entry, ITEM(9));
	assert_false(xarray_next(&w));
	assert_int_equal(xarray_end(&w, NULL), CAIRN_OK);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty), cmocka_unit_test(head_alone), cmocka_unit_test(one_level),
		cmocka_unit_test(levels), cmocka_unit_test(left_out), cmocka_unit_test(small_nodes),
		cmocka_unit_test(deepest), cmocka_unit_test(shifts),
		cmocka_unit_test(below_the_lowest), cmocka_unit_test(cycles),
		cmocka_unit_test(misaligned), cmocka_unit_test(unreadable),
		cmocka_unit_test(first_loss), cmocka_unit_test(no_head),
		cmocka_unit_test(no_types), cmocka_unit_test(limits),
		cmocka_unit_test(empty_nodes), cmocka_unit_test(interrupted),
		cmocka_unit_test(out_of_memory), cmocka_unit_test(below_a_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
