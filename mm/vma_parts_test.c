/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "mm/testareas.h"
#include "mm/vma_parts.h"

#define N       50000
#define REAL    100 /* every so many there is one that can be read */
#define NOWHERE (TK_BASE + (UINT64_C(1) << 36))

struct world {
	struct testareas t;
	struct vma_shape vs;
	struct vmas all;
};

static bool is_real(size_t i)
{
	return i % REAL == 0;
}

/* Structs that lie on very many pages, nearly all of which are not mapped. */
static void begin(struct world *w, size_t n)
{
	*w = (struct world){ 0 };
	ta_begin(&w->t, 7);
	assert_int_equal(vma_shape_init(&w->vs, ta_open(&w->t), NULL), CAIRN_OK);
	w->all.range = mem_zalloc(n + 1, sizeof(*w->all.range));
	w->all.n = n;
	for (size_t i = 0; i < n; i++)
		w->all.range[i].addr = is_real(i) ? ta_at((unsigned)(i / REAL % 7), 0) :
						    NOWHERE + ((uint64_t)i << 10);
}

static void end(struct world *w)
{
	vmas_free(&w->all);
	ta_free(&w->t);
}

static void expect_row(const struct vma *v, size_t i)
{
	assert_int_equal(v->fault == NULL, is_real(i));
	if (is_real(i))
		assert_int_equal(v->start, ta_start((unsigned)(i / REAL % 7)));
	else
		assert_int_equal(v->addr, NOWHERE + ((uint64_t)i << 10));
}

/* Some at a time, each once, in order, the faults of each part its own. */
static void test_parts(void **state)
{
	const struct vmas *part;
	struct vma_parts *ps;
	struct world w;
	size_t seen = 0, parts = 0;

	(void)state;
	begin(&w, N);
	assert_true(vma_parts_size(&w.vs, &w.all) < N / 2);
	ps = vma_parts_begin(&w.vs, &w.all);
	for (;; parts++) {
		assert_int_equal(vma_parts_next(ps, &part, NULL), CAIRN_OK);
		if (!part)
			break;
		for (size_t i = 0; i < part->n; i++)
			expect_row(&part->vma[i], seen + i);
		assert_int_equal(part->faults, part->n - (seen + part->n + REAL - 1) / REAL +
					       (seen + REAL - 1) / REAL);
		seen += part->n;
	}
	assert_int_equal(seen, N);
	assert_true(parts > 2);
	assert_int_equal(vma_parts_next(ps, &part, NULL), CAIRN_OK);
	assert_null(part);
	vma_parts_end(ps);
	end(&w);
}

/* Where each page has areas of all parts, all are read at once. */
static void test_scattered(void **state)
{
	struct world w;

	(void)state;
	begin(&w, N);
	for (size_t i = 0; i < N; i++)
		w.all.range[i].addr = NOWHERE + ((uint64_t)(i * 7919 % N) << 7);
	assert_int_equal(vma_parts_size(&w.vs, &w.all), N);
	end(&w);
}

/* Given up before the end, and none at all. */
static void test_ends(void **state)
{
	const struct vmas *part;
	struct vma_parts *ps;
	struct world w;

	(void)state;
	begin(&w, N);
	ps = vma_parts_begin(&w.vs, &w.all);
	assert_int_equal(vma_parts_next(ps, &part, NULL), CAIRN_OK);
	vma_parts_end(ps);
	w.all.n = 0;
	ps = vma_parts_begin(&w.vs, &w.all);
	assert_int_equal(vma_parts_next(ps, &part, NULL), CAIRN_OK);
	assert_null(part);
	vma_parts_end(ps);
	vma_parts_end(NULL);
	end(&w);
}

static void test_out_of_memory(void **state)
{
	const struct vmas *part = NULL;
	struct vma_parts *ps;
	struct cairn_err err;
	struct world w;
	long fails = 0;

	(void)state;
	begin(&w, N);
	while (!part) {
		mem_fail_after(fails++);
		ps = vma_parts_begin(&w.vs, &w.all);
		if (ps && vma_parts_next(ps, &part, &err))
			assert_int_equal(err.code, CAIRN_NOMEM);
		mem_fail_after(-1);
		if (part)
			expect_row(&part->vma[0], 0);
		vma_parts_end(ps);
	}
	assert_true(fails > 4);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts), cmocka_unit_test(test_scattered),
		cmocka_unit_test(test_ends), cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
