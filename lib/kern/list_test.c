/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/list.h"
#include "lib/kern/testkern.h"

#define HEAD TK_BASE
#define NODE(n) (TK_BASE + 0x100 * (uint64_t)(n)) /* n from 1 */
#define POISON1 0xdead000000000100u
#define POISON2 0xdead000000000122u

static void link_to(struct testkern *k, uint64_t at, uint64_t next, uint64_t back, size_t word)
{
	tk_put(k, at, next, word);
	tk_put(k, at + word, back, word);
}

/* HEAD and NODE(1) to NODE(n), circular. */
static struct testkern *ring(unsigned n, size_t word)
{
	struct testkern *k = tk_new();

	for (unsigned i = 0; i <= n; i++)
		link_to(k, i ? NODE(i) : HEAD, i < n ? NODE(i + 1) : HEAD,
			i > 1 ? NODE(i - 1) : i ? HEAD : n ? NODE(n) : HEAD, word);
	return k;
}

/* HEAD and NODE(1) to NODE(n) with back links to the pointer before, ending with `end`. */
static struct testkern *chain(unsigned n, uint64_t end)
{
	struct testkern *k = tk_new();

	tk_put(k, HEAD, n ? NODE(1) : end, 8);
	for (unsigned i = 1; i <= n; i++)
		link_to(k, NODE(i), i < n ? NODE(i + 1) : end, i > 1 ? NODE(i - 1) : HEAD, 8);
	return k;
}

/* The numbers of the nodes that a walk yields, as digits; backward ones after a '<'. */
struct seen {
	char text[64];
	enum cairn_code code;
	struct cairn_err err, doubt;
	uint64_t lost;
};

static struct seen walk(struct testkern *k, enum list_kind kind, uint8_t word, size_t limit)
{
	struct seen s = { .text = "" };
	struct list_walk w;
	bool back = false;
	size_t n = 0;

	tk_open(k, word);
	list_begin(&w, &k->c.kernel, kind, HEAD, limit);
	while (list_next(&w) && n < sizeof(s.text) - 3) {
		if (w.backward && !back)
			s.text[n++] = '<';
		back = w.backward;
		s.text[n++] = (char)('0' + (w.node - HEAD) / 0x100);
	}
	s.doubt = w.doubt;
	s.lost = w.lost;
	s.code = list_end(&w, &s.err);
	tk_free(k);
	return s;
}

static void whole_lists(void **state)
{
	struct seen s = walk(ring(4, 8), LIST_DOUBLE, 8, 100);

	(void)state;
	assert_int_equal(s.code, CAIRN_OK);
	assert_string_equal(s.text, "1234");
	assert_int_equal(s.doubt.code, CAIRN_OK);
	s = walk(ring(3, 4), LIST_DOUBLE, 4, 100);
	assert_int_equal(s.code, CAIRN_OK);
	assert_string_equal(s.text, "123");
	s = walk(ring(0, 8), LIST_DOUBLE, 8, 100);
	assert_int_equal(s.code, CAIRN_OK);
	assert_string_equal(s.text, "");
	s = walk(ring(3, 8), LIST_DOUBLE, 8, 3);
	assert_int_equal(s.code, CAIRN_OK);
}

static void single_ended(void **state)
{
	struct testkern *k;
	struct seen s = walk(chain(3, 0), LIST_HLIST, 8, 100);

	(void)state;
	assert_int_equal(s.code, CAIRN_OK);
	assert_string_equal(s.text, "123");
	s = walk(chain(0, 0), LIST_HLIST, 8, 100);
	assert_int_equal(s.code, CAIRN_OK);
	assert_string_equal(s.text, "");
	s = walk(chain(3, 0x15), LIST_HLIST_NULLS, 8, 100);
	assert_int_equal(s.code, CAIRN_OK);
	assert_string_equal(s.text, "123");
	s = walk(chain(3, 0), LIST_LLIST, 8, 100);
	assert_int_equal(s.code, CAIRN_OK);
	assert_string_equal(s.text, "123");
	k = chain(3, 0);
	tk_put(k, HEAD, NODE(1) | 1, 8); /* locked */
	s = walk(k, LIST_HLIST_BL, 8, 100);
	assert_int_equal(s.code, CAIRN_OK);
	assert_string_equal(s.text, "123");
}

static void cycle(void **state)
{
	struct testkern *k = ring(6, 8);
	struct seen s;

	(void)state;
	tk_put(k, NODE(4), NODE(2), 8);
	s = walk(k, LIST_DOUBLE, 8, 100);
	assert_int_equal(s.code, CAIRN_CORRUPT);
	assert_string_equal(s.text, "1234<65");
	assert_non_null(strstr(s.err.text, "cycle"));
	assert_non_null(strstr(s.err.text, "element 4, after 0x10400"));
	assert_int_equal(s.err.addr, NODE(2));

	k = chain(3, NODE(1));
	s = walk(k, LIST_LLIST, 8, 100);
	assert_int_equal(s.code, CAIRN_CORRUPT);
	assert_string_equal(s.text, "123");
}

static void broken_is_walked_from_both_ends(void **state)
{
	struct testkern *k = ring(6, 8);
	struct seen s;

	(void)state;
	tk_put(k, NODE(3), TK_HOLE + 8, 8);
	s = walk(k, LIST_DOUBLE, 8, 100);
	assert_int_equal(s.code, CAIRN_FAULT);
	assert_int_equal(s.err.fault, CAIRN_FAULT_ABSENT);
	assert_int_equal(s.lost, TK_HOLE + 8);
	assert_int_equal(s.err.addr, TK_HOLE + 8);
	assert_string_equal(s.text, "123<654");

	/* an element that cannot be read is all that is lost */
	k = ring(6, 8);
	tk_put(k, NODE(3), TK_END, 8);
	tk_put(k, NODE(5) + 8, TK_END, 8);
	s = walk(k, LIST_DOUBLE, 8, 100);
	assert_int_equal(s.code, CAIRN_FAULT);
	assert_int_equal(s.err.fault, CAIRN_FAULT_UNMAPPED);
	assert_int_equal(s.lost, 0);
	assert_string_equal(s.text, "123<65");

	/* backward, an element must point forward at where the walk came from */
	k = ring(6, 8);
	tk_put(k, NODE(3), 0, 8);
	tk_put(k, NODE(5), NODE(1), 8);
	s = walk(k, LIST_DOUBLE, 8, 100);
	assert_int_equal(s.code, CAIRN_CORRUPT);
	assert_string_equal(s.text, "123<6");
	assert_non_null(strstr(s.err.text, "NULL"));
}

static void deleted(void **state)
{
	struct testkern *k = ring(3, 8);
	struct seen s;

	(void)state;
	link_to(k, NODE(2), POISON1, POISON2, 8);
	s = walk(k, LIST_DOUBLE, 8, 100);
	assert_int_equal(s.code, CAIRN_CORRUPT);
	assert_string_equal(s.text, "1<3");
	k = ring(3, 8);
	tk_put(k, NODE(2), POISON1, 8);
	s = walk(k, LIST_DOUBLE, 8, 100);
	assert_string_equal(s.text, "12<3");
	assert_non_null(strstr(s.err.text, "poison"));
	k = ring(3, 4);
	tk_put(k, NODE(2), 0x100, 4);
	s = walk(k, LIST_DOUBLE, 4, 100);
	assert_non_null(strstr(s.err.text, "poison"));
	k = ring(3, 8);
	tk_put(k, NODE(2), NODE(3) + 3, 8);
	s = walk(k, LIST_DOUBLE, 8, 100);
	assert_non_null(strstr(s.err.text, "not aligned"));
}

static void back_links(void **state)
{
	struct testkern *k = ring(4, 8);
	struct seen s;

	(void)state;
	/* one word off, the element still stands between its neighbours */
	tk_put(k, NODE(2) + 8, NODE(4), 8);
	s = walk(k, LIST_DOUBLE, 8, 100);
	assert_int_equal(s.code, CAIRN_OK);
	assert_string_equal(s.text, "1234");
	assert_int_equal(s.doubt.code, CAIRN_CORRUPT);
	assert_int_equal(s.doubt.addr, NODE(2));

	/* list_add_rcu(): the new element is linked forward before its successor looks back */
	k = ring(4, 8);
	link_to(k, NODE(5), NODE(3), NODE(2), 8);
	tk_put(k, NODE(2), NODE(5), 8);
	s = walk(k, LIST_DOUBLE, 8, 100);
	assert_int_equal(s.code, CAIRN_OK);
	assert_string_equal(s.text, "12534");
	assert_int_equal(s.doubt.addr, NODE(3));

	/* no element at all: its successor does not know it */
	k = ring(4, 8);
	link_to(k, NODE(6), NODE(1), 0, 8);
	tk_put(k, NODE(2), NODE(6), 8);
	s = walk(k, LIST_DOUBLE, 8, 100);
	assert_int_equal(s.code, CAIRN_CORRUPT);
	assert_string_equal(s.text, "12<43");
	assert_int_equal(s.err.addr, NODE(6));
	assert_non_null(strstr(s.err.text, "points back at"));

	k = chain(3, 0);
	tk_put(k, NODE(2) + 8, 0, 8);
	s = walk(k, LIST_HLIST, 8, 100);
	assert_int_equal(s.code, CAIRN_OK);
	assert_int_equal(s.doubt.addr, NODE(2));
}

static void limits(void **state)
{
	struct seen s = walk(ring(5, 8), LIST_DOUBLE, 8, 3);

	(void)state;
	assert_int_equal(s.code, CAIRN_LIMIT);
	assert_string_equal(s.text, "123");
	/* the limit holds for both directions together, and the first reason stays */
	struct testkern *k = ring(6, 8);
	tk_put(k, NODE(3), 0, 8);
	s = walk(k, LIST_DOUBLE, 8, 4);
	assert_int_equal(s.code, CAIRN_CORRUPT);
	assert_string_equal(s.text, "123<6");
}

static void reversed(void **state)
{
	struct testkern *k = ring(6, 8);
	struct seen s = walk(ring(4, 8), LIST_REVERSE, 8, 100);

	(void)state;
	assert_int_equal(s.code, CAIRN_OK);
	assert_string_equal(s.text, "4321");
	s = walk(ring(3, 4), LIST_REVERSE, 4, 100);
	assert_string_equal(s.text, "321");
	s = walk(ring(0, 8), LIST_REVERSE, 8, 100);
	assert_int_equal(s.code, CAIRN_OK);
	assert_string_equal(s.text, "");
	tk_put(k, NODE(3) + 8, 0, 8);
	s = walk(k, LIST_REVERSE, 8, 100);
	assert_int_equal(s.code, CAIRN_CORRUPT);
	assert_string_equal(s.text, "6543<12");
}

/* NODE(1) to NODE(n), each with the next one's address so far behind its own; what comes after
   NODE(1). */
static struct seen walk_chain(unsigned n, uint64_t offset, uint64_t end, uint8_t word, size_t limit)
{
	struct testkern *k = tk_new();
	struct seen s = { .text = "" };
	struct list_walk w;
	size_t at = 0;

	for (unsigned i = 1; i <= n; i++)
		tk_put(k, NODE(i) + offset, i < n ? NODE(i + 1) : end, word);
	tk_open(k, word);
	list_begin_chain(&w, &k->c.kernel, NODE(1), offset, limit);
	while (list_next(&w) && at < sizeof(s.text) - 1)
		s.text[at++] = (char)('0' + (w.node - HEAD) / 0x100);
	s.lost = w.lost;
	s.code = list_end(&w, &s.err);
	tk_free(k);
	return s;
}

static void chains(void **state)
{
	struct seen s = walk_chain(4, 0x20, 0, 8, 100);

	(void)state;
	assert_int_equal(s.code, CAIRN_OK);
	assert_string_equal(s.text, "234");
	s = walk_chain(4, 4, NODE(1), 4, 100);
	assert_int_equal(s.code, CAIRN_OK);
	assert_string_equal(s.text, "234");
	s = walk_chain(4, 0x20, NODE(3), 8, 100);
	assert_int_equal(s.code, CAIRN_CORRUPT);
	assert_string_equal(s.text, "234");
	assert_non_null(strstr(s.err.text, "cycle"));
	s = walk_chain(4, 0x20, TK_HOLE, 8, 100);
	assert_int_equal(s.code, CAIRN_FAULT);
	assert_int_equal(s.err.addr, TK_HOLE + 0x20);
	assert_int_equal(s.lost, TK_HOLE);
	s = walk_chain(4, 0x20, 0, 8, 2);
	assert_int_equal(s.code, CAIRN_LIMIT);
	assert_string_equal(s.text, "23");
	s = walk_chain(0, TK_HOLE - NODE(1), 0, 8, 2);
	assert_int_equal(s.code, CAIRN_FAULT);
	assert_string_equal(s.text, "");
}

static bool always(void)
{
	return true;
}

static void interrupted(void **state)
{
	struct testkern *k = ring(3, 8);
	struct list_walk w;
	struct cairn_err err;

	(void)state;
	tk_open(k, 8);
	list_begin(&w, &k->c.kernel, LIST_DOUBLE, HEAD, 10);
	assert_true(list_next(&w));
	w.stop = always;
	assert_false(list_next(&w));
	assert_false(list_next(&w));
	assert_int_equal(list_end(&w, &err), CAIRN_INTERRUPTED);
	tk_free(k);
}

static void no_head(void **state)
{
	struct testkern *k = tk_new();
	struct list_walk w;
	struct cairn_err err;

	(void)state;
	tk_open(k, 8);
	for (enum list_kind kind = LIST_DOUBLE; kind <= LIST_REVERSE; kind++) {
		list_begin(&w, &k->c.kernel, kind, TK_HOLE, 10);
		assert_false(list_next(&w));
		assert_int_equal(list_end(&w, &err), CAIRN_FAULT);
		assert_int_equal(err.addr, TK_HOLE);
		assert_non_null(strstr(err.text, "its head"));
	}
	/* never initialised */
	list_begin(&w, &k->c.kernel, LIST_DOUBLE, HEAD, 10);
	assert_false(list_next(&w));
	assert_int_equal(list_end(&w, &err), CAIRN_CORRUPT);
	assert_int_equal(list_end(&w, NULL), CAIRN_CORRUPT);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_lists), cmocka_unit_test(single_ended),
		cmocka_unit_test(cycle), cmocka_unit_test(broken_is_walked_from_both_ends),
		cmocka_unit_test(deleted), cmocka_unit_test(back_links),
		cmocka_unit_test(limits), cmocka_unit_test(interrupted),
		cmocka_unit_test(no_head), cmocka_unit_test(reversed), cmocka_unit_test(chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
