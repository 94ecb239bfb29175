/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "mm/slab_list.h"
#include "mm/testslab.h"

#define HEAD (TP_MAP + SLAB * 64) /* the slab's first struct page */

/* As a slab's own list, of which `first` is the first object. */
static enum slab_list_state follow(struct testslab *w, uint64_t first, struct slab_list_end *ret)
{
	struct slab_list list = { .at = HEAD + FREE_HEAD, .first = first, .head = HEAD };
	struct slab_links l;
	struct cairn_err why;
	enum slab_list_state state;

	assert_int_equal(slab_links_open(&l, &w->t->c, CACHE, &why), CAIRN_OK);
	state = slab_list_walk(&l, &w->m, &list, ret, &why);
	slab_links_close(&l);
	return state;
}

static void whole(void **state)
{
	(void)state;
	for (unsigned hard = 0; hard < 2; hard++) {
		struct slab_list_end end;
		struct testslab w;

		ts_begin(&w, hard, 0);
		ts_open(&w, hard, false, false);
		assert_int_equal(follow(&w, OBJECT(2), &end), SLAB_LIST_WHOLE);
		assert_int_equal(end.n, 2);
		assert_int_equal(end.begin, OBJECT(0));
		assert_int_equal(follow(&w, 0, &end), SLAB_LIST_WHOLE);
		assert_int_equal(end.n, 0);
		ts_end(&w);
	}
}

/* Between two objects, behind the last, in another slab, in none, nowhere. */
static void bad_head(void **state)
{
	static const uint64_t first[] = {
		OBJECT(3) + 8, OBJECT(COUNT), (SLAB + 1) << 12, (SLAB + 2) << 12,
		UINT64_C(0xbebe000000000000) | OBJECT(2),
	};
	struct slab_list_end end;
	struct testslab w;

	(void)state;
	ts_begin(&w, false, 0);
	tp_slab(w.t, SLAB + 1, CACHE);
	ts_open(&w, false, false, false);
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		assert_int_equal(follow(&w, first[i], &end), SLAB_LIST_HEAD);
		assert_int_equal(end.found, first[i]);
		assert_int_equal(end.place, HEAD + FREE_HEAD);
		assert_int_equal(end.object, 0);
	}
	ts_end(&w);
}

/* Out of the slab, and in a circle, encoded and not. */
static void bad_link(void **state)
{
	static const uint64_t next[] = { OBJECT(3) + 8, (SLAB + 1) << 12, OBJECT(2) };

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		struct slab_list_end end;
		struct testslab w;

		ts_begin(&w, i & 1, next[i / 2]);
		tp_slab(w.t, SLAB + 1, CACHE);
		ts_open(&w, i & 1, false, false);
		assert_int_equal(follow(&w, OBJECT(2), &end), SLAB_LIST_LINK);
		assert_int_equal(end.n, i / 2 == 2 ? COUNT : 2);
		if (i / 2 < 2) {
			assert_int_equal(end.object, OBJECT(1));
			assert_int_equal(end.place, OBJECT(1) + FREE_AT);
			assert_int_equal(end.found, next[i / 2]);
		}
		ts_end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(bad_head), cmocka_unit_test(bad_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
