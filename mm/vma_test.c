/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "mm/testareas.h"

struct world {
	struct testareas t;
	struct vma_shape vs;
	struct mm mm;
	struct vmas v;
};

static void begin(struct world *w, unsigned n)
{
	*w = (struct world){ 0 };
	ta_begin(&w->t, n);
}

static void get(struct world *w)
{
	struct cairn *c = ta_open(&w->t);

	assert_int_equal(vma_shape_init(&w->vs, c, NULL), CAIRN_OK);
	assert_int_equal(mm_read(&w->vs.mm, TA_MMS, &w->mm, NULL), CAIRN_OK);
	assert_int_equal(vmas_get(&w->vs, &w->mm, &w->v, NULL), CAIRN_OK);
}

static void end(struct world *w)
{
	vmas_free(&w->v);
	ta_free(&w->t);
}

static void expect_area(const struct world *w, unsigned i)
{
	const struct vma *v = &w->v.vma[i];

	assert_null(v->fault);
	assert_int_equal(v->addr, ta_at(i, 0));
	assert_int_equal(v->start, ta_start(i));
	assert_int_equal(v->end, ta_start(i) + 0x2000);
	assert_int_equal(v->first, v->start);
	assert_int_equal(v->last, v->end - 1);
	assert_int_equal(v->flags, TA_USUAL);
	assert_int_equal(v->mm, TA_MMS);
	assert_int_equal(v->pgoff, ta_start(i) >> 12);
}

/* 200 bytes each: some lie in two pages */
static void test_all_in_order(void **state)
{
	static const unsigned counts[] = { 0, 1, 7, 63, 64, 65, 2000 };
	struct world w;

	(void)state;
	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		begin(&w, counts[c]);
		get(&w);
		assert_false(w.v.partial);
		assert_int_equal(w.v.n, counts[c]);
		assert_int_equal(w.v.faults, 0);
		for (unsigned i = 0; i < counts[c]; i++)
			expect_area(&w, i);
		end(&w);
	}
}

/* Areas that are not in the order of their structs. */
static void test_shuffled(void **state)
{
	enum { N = 500 };
	struct world w;
	struct vmas v;

	(void)state;
	begin(&w, N);
	get(&w);
	v = (struct vmas){ .range = calloc(N, sizeof(*v.range)), .n = N };
	for (unsigned i = 0; i < N; i++)
		v.range[i].addr = ta_at(i * 191 % N, 0);
	assert_int_equal(vmas_fill(&w.vs, &v, NULL), CAIRN_OK);
	for (unsigned i = 0; i < N; i++)
		assert_int_equal(v.vma[i].start, ta_start(i * 191 % N));
	vmas_free(&v);
	end(&w);
}

/* What is not in the dump keeps its row, also of an area that begins in the page before. */
static void test_faults(void **state)
{
	enum { N = 100 };
	struct world w;
	struct vmas v;

	(void)state;
	begin(&w, 1);
	get(&w);
	v = (struct vmas){ .range = calloc(N, sizeof(*v.range)), .n = N };
	for (unsigned i = 0; i < N; i++)
		v.range[i].addr = TK_HOLE - 0x1000 + i * UINT64_C(200);
	assert_int_equal(vmas_fill(&w.vs, &v, NULL), CAIRN_OK);
	for (unsigned i = 0; i < N; i++) {
		uint64_t first = v.vma[i].addr, last = first + TA_PRIVATE + 7;
		bool bad = last >= TK_HOLE && first < TK_HOLE + 0x1000;

		assert_int_equal(v.vma[i].fault != NULL, bad);
		if (bad)
			assert_int_equal(v.vma[i].fault->addr, first < TK_HOLE ? TK_HOLE : first);
	}
	assert_true(v.faults > 15);
	vmas_free(&v);
	end(&w);
}

/* At the end of the address space, and addresses that are none. */
static void test_odd_addresses(void **state)
{
	enum { N = 70 };
	struct world w;
	struct vmas v;

	(void)state;
	begin(&w, 1);
	get(&w);
	v = (struct vmas){ .range = calloc(N, sizeof(*v.range)), .n = N };
	for (unsigned i = 0; i < N; i++)
		v.range[i].addr = i % 2 ? UINT64_MAX - i : i % 3 ? ta_at(0, 0) : TK_END * i + 8 * i;
	assert_int_equal(vmas_fill(&w.vs, &v, NULL), CAIRN_OK);
	for (unsigned i = 0; i < N; i++)
		assert_int_equal(v.vma[i].fault != NULL, v.vma[i].addr != ta_at(0, 0) &&
							 v.vma[i].addr);
	vmas_free(&v);
	end(&w);
}

static void test_find(void **state)
{
	struct world w;
	struct vma v;

	(void)state;
	begin(&w, 9);
	get(&w);
	for (unsigned i = 0; i < 9; i++) {
		assert_ptr_equal(vma_of(&w.v, ta_start(i)), &w.v.vma[i]);
		assert_ptr_equal(vma_of(&w.v, ta_start(i) + 0x1fff), &w.v.vma[i]);
		assert_null(vma_of(&w.v, ta_start(i) + 0x2000));
		assert_int_equal(vma_find(&w.vs, &w.mm, ta_start(i) + 5, &v, NULL), CAIRN_OK);
		assert_int_equal(v.addr, ta_at(i, 0));
	}
	assert_null(vma_of(&w.v, 0));
	assert_int_equal(vma_find(&w.vs, &w.mm, 0, &v, NULL), CAIRN_NOTFOUND);
	end(&w);
}

static void test_cycle(void **state)
{
	struct world w;

	(void)state;
	begin(&w, 7);
	tk_put(w.t.k, ta_at(0, TA_RB) + 16, ta_at(3, TA_RB), 8);
	get(&w);
	assert_true(w.v.partial);
	assert_int_equal(w.v.err.code, CAIRN_CORRUPT);
	end(&w);
}

/* Where the tree is cut off or breaks, the list leads on; not where it is the list that is astray. */
static void test_by_list(void **state)
{
	static const struct { uint64_t at, value; size_t n, in_tree; bool by_list; } cases[] = {
		{ TA_MMS + TAM_RB, 0, 7, 0, true },
		{ TA_AREAS + 3 * TA_SIZE + TA_RB + 8, 0, 7, 4, true },
		{ TA_AREAS + 3 * TA_SIZE + TA_RB + 8, 0x7ffff000, 7, 5, true }, /* one that is none */
		{ TA_MMS + TAM_MMAP, 0, 7, 0, false },
		{ TA_AREAS + 2 * TA_SIZE + TA_NEXT, TA_AREAS, 7, 0, false },
		{ TA_MMS + TAM_COUNT, 9, 7, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct world w;

		begin(&w, 7);
		tk_put(w.t.k, cases[i].at, cases[i].value, cases[i].at == TA_MMS + TAM_COUNT ? 4 : 8);
		get(&w);
		assert_int_equal(w.v.n, cases[i].n);
		assert_int_equal(w.v.by_list, cases[i].by_list);
		assert_int_equal(w.v.in_tree, cases[i].in_tree);
		assert_false(w.v.partial);
		for (unsigned k = 0; k < 7; k++)
			expect_area(&w, k);
		end(&w);
	}
}

static void test_missing_types(void **state)
{
	struct testkern *k = tk_new();
	struct vma_shape vs;
	struct cairn_err err;

	(void)state;
	tk_open(k, 8);
	assert_int_equal(vma_shape_init(&vs, &k->c, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "mm_struct"));
	tk_free(k);
}

static void test_perms(void **state)
{
	char perms[5];

	(void)state;
	vma_perms(VM_READ | VM_EXEC, perms);
	assert_string_equal(perms, "r-xp");
	vma_perms(VM_WRITE | VM_MAYSHARE, perms);
	assert_string_equal(perms, "-w-s");
	vma_perms(VM_SHARED, perms);
	assert_string_equal(perms, "---p");
}

static const char *name_of(struct vma_namer *n, const struct mm *mm, struct vma v)
{
	const struct cairn_err *fault;
	const struct path *file;

	return vma_name(n, mm, &v, &file, &fault);
}

static void test_names(void **state)
{
	struct arena a = { 0 };
	struct vma_namer n;
	struct world w;

	(void)state;
	begin(&w, 1);
	tk_put(w.t.k, TA_MMS + TAM_START_BRK, 0x500000, 8);
	tk_put(w.t.k, TA_MMS + TAM_BRK, 0x502000, 8);
	tk_put(w.t.k, TA_MMS + TAM_START_STACK, 0x7000800, 8);
	get(&w);
	assert_int_equal(vma_namer_init(&n, &w.vs, &a, NULL), CAIRN_OK);
	assert_string_equal(name_of(&n, &w.mm, (struct vma){ .addr = 1, .start = 0x500000,
							     .end = 0x502000 }), "[heap]");
	/* before 6.6 what only touches it is the heap as well */
	assert_string_equal(name_of(&n, &w.mm, (struct vma){ .addr = 1, .start = 0x4ff000,
							     .end = 0x500000 }), "[heap]");
	assert_string_equal(name_of(&n, &w.mm, (struct vma){ .addr = 1, .start = 0x7000000,
							     .end = 0x7001000 }), "[stack]");
	assert_null(name_of(&n, &w.mm, (struct vma){ .addr = 1, .start = 0x8000000,
						     .end = 0x8001000 }));
	n.heap_inside = true;
	assert_null(name_of(&n, &w.mm, (struct vma){ .addr = 1, .start = 0x4ff000,
						     .end = 0x500000 }));
	vma_namer_deinit(&n);
	arena_deinit(&a);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_in_order), cmocka_unit_test(test_shuffled),
		cmocka_unit_test(test_faults), cmocka_unit_test(test_find),
		cmocka_unit_test(test_cycle), cmocka_unit_test(test_odd_addresses),
		cmocka_unit_test(test_missing_types), cmocka_unit_test(test_by_list),
		cmocka_unit_test(test_perms), cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
