/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "mm/area_judge.h"

#define N 6
#define PAGE UINT64_C(0x1000)

/* Three that touch, a gap, three that touch; the last two are not anonymous. */
static const struct area good[N] = {
	{ 0x10000, 0x12000, 0x10000, 0x12000, 0x10000, true },
	{ 0x12000, 0x15000, 0x12000, 0x15000, 0x12000, true },
	{ 0x15000, 0x16000, 0x15000, 0x16000, 0x15000, true },
	{ 0x20000, 0x24000, 0x20000, 0x24000, 0x20000, true },
	{ 0x24000, 0x26000, 0x24000, 0x26000, AREA_ANY, true },
	{ 0x26000, 0x27000, 0x26000, 0x27000, AREA_ANY, true },
};
#define TOTAL UINT64_C(0xd000)

struct world {
	struct area area[N];
	struct area_case c;
	struct area_verdict v[4];
	size_t n;
};

static void begin(struct world *w, bool tree)
{
	memcpy(w->area, good, sizeof(good));
	w->c = (struct area_case){ .area = w->area, .n = N, .has_tree = tree, .has_total = true,
				   .total = TOTAL, .page = PAGE };
}

static void judge(struct world *w)
{
	w->n = area_judge(&w->c, w->v, 4);
}

static void expect(struct world *w, enum area_word word, size_t area, uint64_t expected)
{
	judge(w);
	assert_int_equal(w->n, 1);
	assert_int_equal(w->v[0].word, word);
	assert_int_equal(w->v[0].expected, expected);
	if (word != AREA_TOTAL)
		assert_int_equal(w->v[0].area, area);
}

static void test_silent(void **state)
{
	struct world w;

	(void)state;
	for (int tree = 0; tree < 2; tree++) {
		begin(&w, tree);
		judge(&w);
		assert_int_equal(w.n, 0);
	}
}

/* With a tree each bound of each area is told, whatever it becomes. */
static void test_bounds_with_tree(void **state)
{
	static const uint64_t flips[] = { 1, 0x800, 0x1000, 0x2000, 0x8000, UINT64_C(1) << 40 };
	struct world w;

	(void)state;
	for (size_t i = 0; i < N; i++)
		for (size_t f = 0; f < sizeof(flips) / sizeof(flips[0]); f++) {
			begin(&w, true);
			w.area[i].start ^= flips[f];
			expect(&w, AREA_START, i, good[i].start);
			begin(&w, true);
			w.area[i].end ^= flips[f];
			expect(&w, AREA_END, i, good[i].end);
		}
}

/* A pivot that is off moves one range's end, and the next one's start where they touch. */
static void test_tree(void **state)
{
	struct world w;

	(void)state;
	begin(&w, true);
	w.area[0].tree_end = w.area[1].tree_start = 0x13000;
	judge(&w);
	assert_int_equal(w.n, 1);
	assert_true(w.v[0].word == AREA_TREE_END || w.v[0].word == AREA_TREE_START);
	assert_int_equal(w.v[0].expected, 0x12000);
	begin(&w, true);
	w.area[2].tree_end = 0x18000;
	expect(&w, AREA_TREE_END, 2, 0x16000);
}

static void test_total(void **state)
{
	struct world w;

	(void)state;
	for (int tree = 0; tree < 2; tree++) {
		begin(&w, tree);
		w.c.total = 0x123000;
		expect(&w, AREA_TOTAL, 0, TOTAL);
	}
}

static void test_offset(void **state)
{
	struct world w;

	(void)state;
	for (int tree = 0; tree < 2; tree++) {
		begin(&w, tree);
		w.area[3].offset = 0x21000;
		expect(&w, AREA_OFFSET, 3, 0x20000);
	}
}

/* Without a tree: by neighbours, offsets and the total. */
static void test_bounds_alone(void **state)
{
	struct world w;

	(void)state;
	begin(&w, false);
	w.area[3].start = 0x21000;
	expect(&w, AREA_START, 3, 0x20000);
	begin(&w, false);
	w.area[0].end = 0x13000;
	expect(&w, AREA_END, 0, 0x12000);
	begin(&w, false);
	w.area[5].end = 0x27801;
	expect(&w, AREA_END, 5, 0x27000);
}

/* What is none of this address space speaks neither for nor against. */
static void test_untold(void **state)
{
	struct world w;

	(void)state;
	begin(&w, true);
	w.area[2].told = false;
	w.area[2].start = 1;
	w.area[2].end = 7;
	w.c.has_total = false;
	judge(&w);
	assert_int_equal(w.n, 0);
}

static void test_two(void **state)
{
	struct world w;

	(void)state;
	begin(&w, true);
	w.area[0].start = 0x11000;
	w.area[4].end = 0;
	judge(&w);
	assert_int_equal(w.n, 2);
	assert_int_equal(w.v[0].area + w.v[1].area, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silent), cmocka_unit_test(test_bounds_with_tree),
		cmocka_unit_test(test_tree), cmocka_unit_test(test_total),
		cmocka_unit_test(test_offset), cmocka_unit_test(test_bounds_alone),
		cmocka_unit_test(test_untold), cmocka_unit_test(test_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
