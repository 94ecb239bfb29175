/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "mm/slab.h"
#include "mm/testpages.h"

/* frames of the test's memory: one slab of a page, one of four, and none */
#define SMALL (TP_FREE >> 12)
#define LARGE (SMALL + 4)
#define PLAIN (SMALL + 9)
#define LOST  (SMALL + 10)

#define CACHE(n) (TP_FREE + 0x20000 + 0x100 * (n))
#define VA(pfn) ((pfn) << 12)

struct world {
	struct testpages *t;
	struct page_map m;
};

static void begin(struct world *w, const char *holder)
{
	struct btf *b = tt_new();

	w->t = tp_new(0);
	tp_sparse(w->t, 0);
	tp_slab(w->t, SMALL, CACHE(0));
	tp_slab(w->t, LARGE, CACHE(1));
	for (uint64_t i = 1; i < 4; i++)
		tp_page(w->t, LARGE + i, 64, 8, (TP_MAP + LARGE * 64) | 1, 8);
	tp_slab(w->t, LOST, TP_SIZE + 0x1000);
	tp_put(w->t, CACHE(0) + 28, 96, 4);
	tp_put(w->t, CACHE(1) + 28, 2048, 4);
	tp_open(w->t, ARCH_X86_64, "mem_section", TP_AMD64_6_1);
	if (holder)
		tp_slab_types(b, holder);
	tp_types(w->t, b);
	assert_int_equal(page_map_init(&w->m, &w->t->c, NULL), CAIRN_OK);
}

static void expect_size(struct world *w, uint64_t va, uint64_t want)
{
	struct cairn_err err;
	uint64_t size;

	if (slab_object_size(&w->t->c, &w->m, va, &size, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	assert_int_equal(size, want);
}

static void expect_error(struct world *w, uint64_t va, enum cairn_code code)
{
	struct cairn_err err = { 0 };
	uint64_t size;

	assert_int_equal(slab_object_size(&w->t->c, &w->m, va, &size, &err), code);
	assert_int_equal(err.code, code);
	assert_true(err.text[0]);
}

/* Since 5.17 a slab is a type of its own. */
static void sizes(void **state)
{
	static const char *const holders[] = { "slab", "page" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct world w;

		begin(&w, holders[i]);
		expect_size(&w, VA(SMALL), 96);
		expect_size(&w, VA(SMALL) + 0xfff, 96);
		for (unsigned n = 0; n < 4; n++)
			expect_size(&w, VA(LARGE + n) + 0x123, 2048);
		expect_error(&w, VA(SMALL) - 1, CAIRN_NOTFOUND);
		expect_error(&w, VA(SMALL + 1), CAIRN_NOTFOUND);
		expect_error(&w, VA(LARGE + 4), CAIRN_NOTFOUND);
		expect_error(&w, VA(PLAIN), CAIRN_NOTFOUND);
		tp_free(w.t);
	}
}

static void faults(void **state)
{
	struct world w;

	(void)state;
	begin(&w, "slab");
	expect_error(&w, VA(LOST), CAIRN_FAULT);   /* its cache */
	expect_error(&w, TP_SIZE, CAIRN_FAULT);    /* the address */
	expect_error(&w, UINT64_C(0x800000000000), CAIRN_FAULT);
	tp_free(w.t);
	begin(&w, NULL);
	expect_error(&w, VA(SMALL), CAIRN_MISSING);
	expect_error(&w, VA(PLAIN), CAIRN_NOTFOUND); /* which takes no types */
	tp_free(w.t);
	begin(&w, "zoo"); /* a cache, but no slab */
	expect_error(&w, VA(SMALL), CAIRN_MISSING);
	tp_free(w.t);
}

/* ---- objects ---- */

/* What SLUB's caches have besides: `holder` also counts the objects of a slab, n of the small one. */
static void begin_counted(struct world *w, const char *holder, unsigned stride, unsigned size,
			  unsigned n)
{
	struct btf *b = tt_new();

	w->t = tp_new(0);
	tp_sparse(w->t, 0);
	tp_slab(w->t, SMALL, CACHE(0));
	tp_page(w->t, SMALL, 64, 40, n | 0x8000, 2); /* frozen, which is no part of the number */
	tp_slab(w->t, LARGE, CACHE(1));
	tp_page(w->t, LARGE, 64, 40, 7, 2);
	for (uint64_t i = 1; i < 4; i++)
		tp_page(w->t, LARGE + i, 64, 8, (TP_MAP + LARGE * 64) | 1, 8);
	tp_put(w->t, CACHE(0) + 24, stride, 4);
	tp_put(w->t, CACHE(0) + 28, size, 4);
	tp_put(w->t, CACHE(0) + 32, 64, 4);
	tp_put(w->t, CACHE(0) + 40, CACHE(2), 8);
	testmem_write(&w->t->mem, CACHE(2), "small-96", 9);
	tp_put(w->t, CACHE(1) + 24, 2112, 4);
	tp_put(w->t, CACHE(1) + 28, 2048, 4);
	tp_put(w->t, CACHE(1) + 40, TP_SIZE + 0x1000, 8); /* its name is lost */
	tp_open(w->t, ARCH_X86_64, "mem_section", TP_AMD64_6_1);
	tt(btf__add_struct(b, holder, 64));
	tt(btf__add_field(b, "slab_cache", TT_ULONG, 16 * 8, 0));
	tt(btf__add_field(b, "objects", TT_UINT, 40 * 8, 15));
	tt(btf__add_struct(b, "kmem_cache", 64));
	tt(btf__add_field(b, "size", TT_UINT, 24 * 8, 0));
	tt(btf__add_field(b, "object_size", TT_UINT, 28 * 8, 0));
	tt(btf__add_field(b, "red_left_pad", TT_UINT, 32 * 8, 0));
	tt(btf__add_field(b, "name", TT_ULONG, 40 * 8, 0));
	tp_types(w->t, b);
	assert_int_equal(page_map_init(&w->m, &w->t->c, NULL), CAIRN_OK);
}

static void begin_objects(struct world *w, const char *holder, unsigned stride, unsigned size)
{
	begin_counted(w, holder, stride, size, 21);
}

static struct slab_object object_at(struct world *w, uint64_t va)
{
	struct slab_object s;
	struct cairn_err err;

	if (slab_object_at(&w->t->c, &w->m, va, &s, &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	assert_int_equal(s.addr + s.offset, va);
	return s;
}

static void objects(void **state)
{
	static const char *const holders[] = { "slab", "page" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct slab_object s;
		struct world w;

		begin_objects(&w, holders[i], 192, 96);
		s = object_at(&w, VA(SMALL) + 192 + 64 + 5); /* the second */
		assert_string_equal(s.name, "small-96");
		assert_int_equal(s.cache, CACHE(0));
		assert_int_equal(s.addr, VA(SMALL) + 192 + 64);
		assert_int_equal(s.offset, 5);
		assert_int_equal(s.before, VA(SMALL) + 64);
		assert_int_equal(object_at(&w, VA(SMALL) + 64).before, 0);
		assert_int_equal(s.size, 96);
		/* beyond the first page of the slab, and over the end of a page */
		s = object_at(&w, VA(LARGE + 3) + 10);
		assert_string_equal(s.name, "");
		assert_int_equal(s.addr, VA(LARGE) + 5 * 2112);
		assert_true(s.offset < s.size);
		tp_free(w.t);
	}
}

static void beside_objects(void **state)
{
	struct slab_object s;
	struct world w;

	(void)state;
	begin_objects(&w, "slab", 192, 96);
	s = object_at(&w, VA(SMALL) + 192 + 63); /* the red zone before the second */
	assert_int_equal(s.addr, VA(SMALL) + 192 + 64);
	assert_true(s.offset >= s.size);
	s = object_at(&w, VA(SMALL) + 192 + 64 + 96); /* and what is behind it */
	assert_int_equal(s.addr, VA(SMALL) + 192 + 64);
	assert_int_equal(s.offset, 96);
	object_at(&w, VA(SMALL) + 21 * 192 - 1);
	assert_int_equal(slab_object_at(&w.t->c, &w.m, VA(SMALL) + 21 * 192, &s, NULL),
			 CAIRN_NOTFOUND);
	assert_int_equal(slab_object_at(&w.t->c, &w.m, VA(LARGE) + 7 * 2112, &s, NULL),
			 CAIRN_NOTFOUND);
	assert_int_equal(slab_object_at(&w.t->c, &w.m, VA(PLAIN), &s, NULL), CAIRN_NOTFOUND);
	tp_free(w.t);
}

static void bad_caches(void **state)
{
	static const struct { unsigned stride, size; } bad[] = { { 0, 0 }, { 96, 97 } };
	struct slab_object s;
	struct world w;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct cairn_err err;

		begin_objects(&w, "slab", bad[i].stride, bad[i].size);
		assert_int_equal(slab_object_at(&w.t->c, &w.m, VA(SMALL), &s, &err), CAIRN_CORRUPT);
		assert_non_null(strstr(err.text, "objects of no size"));
		tp_free(w.t);
	}
}

/* A single object on a page that has room for more may lie anywhere there. */
static void guarded(void **state)
{
	struct slab_object s;
	struct cairn_err err;
	struct world w;

	(void)state;
	begin_counted(&w, "slab", 192, 96, 1);
	assert_int_equal(slab_object_at(&w.t->c, &w.m, VA(SMALL), &s, &err), CAIRN_NOTFOUND);
	assert_non_null(strstr(err.text, "KFENCE"));
	tp_free(w.t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes), cmocka_unit_test(faults), cmocka_unit_test(objects),
		cmocka_unit_test(beside_objects), cmocka_unit_test(bad_caches),
		cmocka_unit_test(guarded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
