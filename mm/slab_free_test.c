/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A slab with free objects: on its own list, on a CPU's, in sheaves of a CPU and of a node. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "mm/testslab.h"

struct told {
	uint64_t object[16];
	unsigned n;
};

static void keep(void *arg, uint64_t object)
{
	struct told *k = arg;

	if (k->n < 16)
		k->object[k->n] = object;
	k->n++;
}

static void expect(const struct told *k, unsigned n, const uint64_t *objects)
{
	assert_int_equal(k->n, n);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(k->object[i], objects[i]);
}

#define EXPECT(k, ...) \
	expect(k, sizeof((const uint64_t[]){ __VA_ARGS__ }) / 8, (const uint64_t[]){ __VA_ARGS__ })

static void of_a_slab(void **state)
{
	(void)state;
	for (unsigned hard = 0; hard < 2; hard++) {
		struct told k = { .n = 0 };
		struct testslab w;

		ts_begin(&w, hard, 0);
		ts_open(&w, hard, false, false);
		assert_int_equal(slab_each_free(&w.t->c, &w.m, OBJECT(0) + 5, keep, &k, NULL), CAIRN_OK);
		EXPECT(&k, OBJECT(2), OBJECT(1));
		ts_end(&w);
	}
}

/* A list that leads to itself ends. */
static void for_ever(void **state)
{
	struct told k = { .n = 0 };
	struct testslab w;

	(void)state;
	ts_begin(&w, false, OBJECT(2));
	ts_open(&w, false, false, false);
	assert_int_equal(slab_each_free(&w.t->c, &w.m, OBJECT(0), keep, &k, NULL), CAIRN_CORRUPT);
	assert_int_equal(k.n, COUNT);
	ts_end(&w);
}

/* Between two objects, behind the last, in another slab of the cache, before the slab. */
static void astray(void **state)
{
	static const uint64_t to[] = { OBJECT(3) + 8, OBJECT(COUNT), (SLAB + 1) << 12, TP_FREE - 96, 1 };

	(void)state;
	for (size_t i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
		struct told k = { .n = 0 };
		struct testslab w;

		ts_begin(&w, false, to[i]);
		tp_slab(w.t, SLAB + 1, CACHE);
		ts_open(&w, false, false, false);
		assert_int_equal(slab_each_free(&w.t->c, &w.m, OBJECT(0), keep, &k, NULL),
				 CAIRN_CORRUPT);
		EXPECT(&k, OBJECT(2), OBJECT(1));
		ts_end(&w);
	}
}

/* Where the slab does not say how many objects it has, nothing says which are its. */
static void uncounted(void **state)
{
	struct told k = { .n = 0 };
	struct testslab w;

	(void)state;
	ts_begin(&w, false, 0);
	tp_page(w.t, SLAB, 64, COUNT_AT, 0, 2);
	ts_open(&w, false, false, false);
	assert_int_equal(slab_each_free(&w.t->c, &w.m, OBJECT(0), keep, &k, NULL), CAIRN_MISSING);
	assert_int_equal(k.n, 0);
	ts_end(&w);
}

/* What the first CPU keeps lies in another cache; the second is looked at. */
static void of_another_cache(void **state)
{
	struct told k = { .n = 0 };
	struct testslab w;

	(void)state;
	ts_begin(&w, false, 0);
	tp_slab(w.t, SLAB + 1, OTHER);
	tp_page(w.t, SLAB + 1, 64, COUNT_AT, COUNT, 2);
	tp_put(w.t, CPUS + CPU_LIST, (SLAB + 1) << 12, 8);
	tp_put(w.t, CPUS + CPU_AREA + CPU_LIST, OBJECT(4), 8);
	ts_open(&w, false, true, false);
	assert_int_equal(slab_each_kept(&w.t->c, &w.m, CACHE, keep, &k, NULL), CAIRN_CORRUPT);
	EXPECT(&k, OBJECT(4));
	ts_end(&w);
}

/* The second CPU allocates from the slab, and has taken its fifth and sixth object. */
static void of_cpus(void **state)
{
	(void)state;
	for (unsigned hard = 0; hard < 2; hard++) {
		struct told k = { .n = 0 };
		struct testslab w;

		ts_begin(&w, hard, 0);
		tp_put(w.t, CACHE + OF_LISTS, 0x20, 8);
		tp_put(w.t, CPUS + CPU_AREA + 0x20 + CPU_LIST, OBJECT(4), 8);
		ts_link_free(&w, hard, OBJECT(4), OBJECT(5));
		ts_link_free(&w, hard, OBJECT(5), 0);
		ts_open(&w, hard, true, false);
		assert_int_equal(slab_each_kept(&w.t->c, &w.m, CACHE, keep, &k, NULL), CAIRN_OK);
		EXPECT(&k, OBJECT(4), OBJECT(5));
		ts_end(&w);
	}
}

/* Where a CPU's memory is not known, that of the others is looked at. */
static void of_unknown_cpu(void **state)
{
	struct told k = { .n = 0 };
	struct cairn_err err;
	struct testslab w;

	(void)state;
	ts_begin(&w, false, 0);
	w.cpu[0] = (struct cpu){ .area = TP_SIZE + 0x1000 };
	tp_put(w.t, CPUS + CPU_AREA + CPU_LIST, OBJECT(4), 8);
	ts_open(&w, false, true, false);
	assert_int_equal(slab_each_kept(&w.t->c, &w.m, CACHE, keep, &k, &err), CAIRN_MISSING);
	EXPECT(&k, OBJECT(4));
	ts_end(&w);
}

/* Where only the CPUs' areas are known, what they keep is found by what it says. */
static void of_areas(void **state)
{
	struct told k = { .n = 0 };
	struct testslab w;

	(void)state;
	ts_begin(&w, true, 0);
	for (unsigned i = 0; i < 2; i++)
		w.cpu[i] = (struct cpu){ .id = i, .area = CPUS + CPU_AREA * i };
	for (unsigned i = 0; i < 2; i++) {
		tp_put(w.t, w.cpu[i].area + 0x40 + CPU_LIST, OBJECT(4 + i), 8);
		tp_put(w.t, w.cpu[i].area + 0x40 + CPU_SLAB, TP_MAP + SLAB * 64, 8);
		ts_link_free(&w, true, OBJECT(4 + i), 0);
		/* one whose objects are another slab's, and one without any */
		tp_slab(w.t, SLAB + 1, CACHE);
		tp_put(w.t, w.cpu[i].area + 0x80 + CPU_LIST, (SLAB + 1) << 12, 8);
		tp_put(w.t, w.cpu[i].area + 0x80 + CPU_SLAB, TP_MAP + SLAB * 64, 8);
		tp_put(w.t, w.cpu[i].area + 0xc0 + CPU_SLAB, TP_MAP + SLAB * 64, 8);
	}
	ts_open(&w, true, true, false);
	assert_int_equal(slab_each_kept(&w.t->c, &w.m, CACHE, keep, &k, NULL), CAIRN_OK);
	EXPECT(&k, OBJECT(4), OBJECT(5));
	ts_end(&w);
}

/* Two that could be it: neither is believed. */
static void of_doubtful_area(void **state)
{
	struct told k = { .n = 0 };
	struct cairn_err err;
	struct testslab w;

	(void)state;
	ts_begin(&w, false, 0);
	w.cpus.n = 1;
	w.cpu[0] = (struct cpu){ .area = CPUS };
	for (unsigned i = 0; i < 2; i++) {
		tp_put(w.t, CPUS + 0x40 * (i + 1) + CPU_LIST, OBJECT(4 + i), 8);
		tp_put(w.t, CPUS + 0x40 * (i + 1) + CPU_SLAB, TP_MAP + SLAB * 64, 8);
	}
	ts_open(&w, false, true, false);
	assert_int_equal(slab_each_kept(&w.t->c, &w.m, CACHE, keep, &k, &err), CAIRN_MISSING);
	assert_int_equal(k.n, 0);
	ts_end(&w);
}

static void of_sheaves(void **state)
{
	struct told k = { .n = 0 };
	struct testslab w;

	(void)state;
	ts_begin_sheaves(&w);
	ts_open(&w, false, false, true);
	assert_int_equal(slab_each_kept(&w.t->c, &w.m, CACHE, keep, &k, NULL), CAIRN_OK);
	EXPECT(&k, OBJECT(10), OBJECT(11), OBJECT(12), OBJECT(13));
	ts_end(&w);
}

/* The barn that a node's struct names, which the cache points to. */
static void of_nodes(void **state)
{
	struct told k = { .n = 0 };
	struct testslab w;

	(void)state;
	ts_begin_sheaves(&w);
	tp_put(w.t, CACHE + OF_NODES, BARN + 0x100, 8);
	tp_put(w.t, CACHE + OF_NODES + 8, 0, 8);
	tp_put(w.t, BARN + 0x100 + NODE_BARN, BARN, 8);
	ts_open_nodes(&w, false, false, true, true);
	assert_int_equal(slab_each_kept(&w.t->c, &w.m, CACHE, keep, &k, NULL), CAIRN_OK);
	EXPECT(&k, OBJECT(10), OBJECT(11), OBJECT(12), OBJECT(13));
	ts_end(&w);
}

/* What lies behind a sheaf's room is no object of it. */
static void of_a_full_sheaf(void **state)
{
	struct told k = { .n = 0 };
	struct testslab w;

	(void)state;
	ts_begin_sheaves(&w);
	tp_put(w.t, SHEAF(0) + SHEAF_SIZE, 3, 4);
	ts_open(&w, false, false, true);
	assert_int_equal(slab_each_kept(&w.t->c, &w.m, CACHE, keep, &k, NULL), CAIRN_CORRUPT);
	EXPECT(&k, OBJECT(12), OBJECT(13));
	ts_end(&w);
}

static bool enough(void)
{
	return true;
}

/* By who wants no more: in a barn, or in an area that is searched. */
static void interrupted(void **state)
{
	(void)state;
	for (unsigned areas = 0; areas < 2; areas++) {
		struct told k = { .n = 0 };
		struct testslab w;

		ts_begin_sheaves(&w);
		for (unsigned i = 0; areas && i < 2; i++)
			w.cpu[i] = (struct cpu){ .id = i, .area = CPUS };
		ts_open(&w, false, areas, !areas);
		w.t->c.stop = enough;
		assert_int_equal(slab_each_kept(&w.t->c, &w.m, CACHE, keep, &k, NULL),
				 CAIRN_INTERRUPTED);
		ts_end(&w);
	}
}

/* A sheaf of another cache; one that is not in the dump. */
static void of_bad_sheaves(void **state)
{
	struct told k = { .n = 0 };
	struct testslab w;

	(void)state;
	ts_begin_sheaves(&w);
	tp_put(w.t, SHEAF(0) + SHEAF_CACHE, OTHER, 8);
	tp_put(w.t, CPUS + CPU_AREA + 0x40 + CPU_MAIN, TP_SIZE + 0x1000, 8);
	ts_open(&w, false, false, true);
	assert_int_equal(slab_each_kept(&w.t->c, &w.m, CACHE, keep, &k, NULL), CAIRN_FAULT);
	EXPECT(&k, OBJECT(12), OBJECT(13));
	ts_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_slab), cmocka_unit_test(for_ever), cmocka_unit_test(astray),
		cmocka_unit_test(uncounted), cmocka_unit_test(of_another_cache), cmocka_unit_test(of_cpus),
		cmocka_unit_test(of_unknown_cpu), cmocka_unit_test(of_sheaves),
		cmocka_unit_test(of_nodes), cmocka_unit_test(interrupted),
		cmocka_unit_test(of_a_full_sheaf),
		cmocka_unit_test(of_bad_sheaves), cmocka_unit_test(of_areas),
		cmocka_unit_test(of_doubtful_area),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
