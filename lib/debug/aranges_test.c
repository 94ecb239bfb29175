/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/debug/aranges.h"
#include "lib/debug/testelf.h"

struct got {
	struct { uint64_t begin, end, unit; } range[8];
	size_t n, limit;
};

static bool take(void *arg, uint64_t begin, uint64_t end, uint64_t unit)
{
	struct got *g = arg;

	g->range[g->n].begin = begin;
	g->range[g->n].end = end;
	g->range[g->n].unit = unit;
	return ++g->n < g->limit;
}

static void assert_range(const struct got *g, size_t i, uint64_t begin, uint64_t end, uint64_t unit)
{
	assert_true(i < g->n);
	assert_int_equal(g->range[i].begin, begin);
	assert_int_equal(g->range[i].end, end);
	assert_int_equal(g->range[i].unit, unit);
}

/* A set with two ranges; the second begins where the first ends, and is of 0x10 bytes. */
static void put_set(struct bytes *w, bool wide, unsigned word, unsigned version, unsigned segment,
		    uint64_t unit, uint64_t begin)
{
	unsigned offset = wide ? 8 : 4, head = (wide ? 12 : 4) + 2 + offset + 2;
	unsigned pad = (2 * word - head % (2 * word)) % (2 * word);

	if (wide)
		put_num(w, UINT32_MAX, 4);
	put_num(w, 2 + offset + 2 + pad + 3 * 2 * word, wide ? 8 : 4);
	put_num(w, version, 2);
	put_num(w, unit, offset);
	put_num(w, word, 1);
	put_num(w, segment, 1);
	put_num(w, 0, pad);
	put_num(w, begin, word);
	put_num(w, 0x100, word);
	put_num(w, begin + 0x100, word);
	put_num(w, 0x10, word);
	put_num(w, 0, word);
	put_num(w, 0, word);
}

static void test_forms(void **state)
{
	struct bytes w = { .n = 0 };
	struct got g = { .limit = 8 };

	(void)state;
	put_set(&w, false, 8, 2, 0, 0x123, 0xffffffff81000000);
	put_set(&w, false, 4, 2, 0, 0x456, 0xc0100000);
	put_set(&w, true, 8, 2, 0, 0x123456789a, 0x1000);
	assert_true(aranges_read(w.b, w.n, take, &g));
	assert_int_equal(g.n, 6);
	assert_range(&g, 0, 0xffffffff81000000, 0xffffffff81000100, 0x123);
	assert_range(&g, 1, 0xffffffff81000100, 0xffffffff81000110, 0x123);
	assert_range(&g, 2, 0xc0100000, 0xc0100100, 0x456);
	assert_range(&g, 4, 0x1000, 0x1100, 0x123456789a);
}

static void test_strange_sets_are_passed_over(void **state)
{
	struct bytes w = { .n = 0 };
	struct got g = { .limit = 8 };

	(void)state;
	put_set(&w, false, 8, 3, 0, 1, 0x1000);
	put_set(&w, false, 8, 2, 1, 2, 0x2000);
	put_set(&w, false, 8, 2, 0, 3, UINT64_MAX - 0x107); /* the second range wraps around */
	put_set(&w, false, 8, 2, 0, 4, 0x4000);
	assert_true(aranges_read(w.b, w.n, take, &g));
	assert_int_equal(g.n, 3);
	assert_range(&g, 0, UINT64_MAX - 0x107, UINT64_MAX - 7, 3);
	assert_range(&g, 1, 0x4000, 0x4100, 4);
}

static void test_cut(void **state)
{
	struct bytes w = { .n = 0 };
	size_t first;

	(void)state;
	put_set(&w, false, 8, 2, 0, 1, 0x1000);
	first = w.n;
	put_set(&w, false, 8, 2, 0, 2, 0x2000);
	for (size_t n = 0; n < w.n; n++) {
		struct got g = { .limit = 8 };

		assert_true(aranges_read(w.b, n, take, &g));
		assert_int_equal(g.n, n < first ? 0 : 2);
	}
}

static void test_stops_when_told(void **state)
{
	struct bytes w = { .n = 0 };
	struct got g = { .limit = 3 };

	(void)state;
	put_set(&w, false, 8, 2, 0, 1, 0x1000);
	put_set(&w, false, 8, 2, 0, 2, 0x2000);
	assert_false(aranges_read(w.b, w.n, take, &g));
	assert_int_equal(g.n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_strange_sets_are_passed_over),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_stops_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
