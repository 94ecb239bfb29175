/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "mm/slab_state.h"
#include "mm/testslab.h"

static enum slab_state of(struct testslab *w, unsigned n, struct cairn_err *why)
{
	return slab_state_of(&w->t->c, &w->m, CACHE, OBJECT(n), why);
}

static void whole_lists(void **state)
{
	struct testslab w;
	struct cairn_err why;

	(void)state;
	ts_begin_sheaves(&w);
	ts_open(&w, false, false, true);
	assert_int_equal(of(&w, 2, &why), SLAB_STATE_FREE);
	assert_int_equal(of(&w, 1, &why), SLAB_STATE_FREE);
	assert_int_equal(of(&w, 10, &why), SLAB_STATE_KEPT);
	assert_int_equal(of(&w, 0, &why), SLAB_STATE_USED);
	ts_end(&w);
}

/* What is on a list that breaks may not be, and what is on none may be. */
static void broken_list(void **state)
{
	struct testslab w;
	struct cairn_err why;

	(void)state;
	ts_begin(&w, false, OBJECT(3) + 8);
	ts_open(&w, false, false, false);
	assert_int_equal(of(&w, 2, &why), SLAB_STATE_DOUBTFUL);
	assert_non_null(strstr(why.text, "lead to"));
	assert_int_equal(of(&w, 0, &why), SLAB_STATE_UNTOLD);
	assert_int_equal(why.code, CAIRN_CORRUPT);
	assert_non_null(strstr(why.text, "lead to"));
	ts_end(&w);
}

/* Of a list that breaks, a CPU's may still have it. */
static void kept_for_certain(void **state)
{
	struct testslab w;
	struct cairn_err why;

	(void)state;
	ts_begin_sheaves(&w);
	ts_link_free(&w, false, OBJECT(1), 1);
	ts_open(&w, false, false, true);
	assert_int_equal(of(&w, 10, &why), SLAB_STATE_KEPT);
	assert_int_equal(of(&w, 0, &why), SLAB_STATE_UNTOLD);
	ts_end(&w);
}

/* What CPUs keep is not known. */
static void cpus_not_known(void **state)
{
	struct testslab w;
	struct cairn_err why;

	(void)state;
	ts_begin_sheaves(&w);
	w.cpu[1].area = 1;
	w.cpu[1].offset = 0;
	ts_open(&w, false, false, true);
	assert_int_equal(of(&w, 2, &why), SLAB_STATE_FREE);
	assert_int_equal(of(&w, 0, &why), SLAB_STATE_UNTOLD);
	assert_int_equal(why.code, CAIRN_MISSING);
	ts_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_lists), cmocka_unit_test(broken_list),
		cmocka_unit_test(kept_for_certain), cmocka_unit_test(cpus_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
