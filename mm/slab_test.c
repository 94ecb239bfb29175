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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes), cmocka_unit_test(faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
