/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What two CPUs have of a cache: a slab with its list, and slabs that are set aside. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "mm/caches.h"
#include "mm/testlists.h"

static enum cairn_code kept(struct testlists *w, uint64_t *ret)
{
	struct caches s;

	tl_open(w);
	assert_int_equal(caches_init(&s, &w->t->c, NULL), CAIRN_OK);
	return cache_kept(&s, TL_CACHE, ret, NULL);
}

static void of_cpus(void **state)
{
	struct testlists w;
	uint64_t n;

	(void)state;
	tl_begin(&w);
	assert_int_equal(kept(&w, &n), CAIRN_OK);
	assert_int_equal(n, 2 + 1 + 3 + 0);
	tl_end(&w);
}

static void damage(void **state)
{
	struct testlists w;
	uint64_t n;

	(void)state;
	tl_begin(&w);
	tl_page(&w, 2, TL_NEXT, TL_PAGE(1), 8); /* back to the first: the proper end of a chain */
	assert_int_equal(kept(&w, &n), CAIRN_OK);
	assert_int_equal(n, 6);
	tl_end(&w);
	tl_begin(&w);
	tl_page(&w, 2, TL_NEXT, TL_PAGE(2), 8); /* around in a circle */
	assert_int_equal(kept(&w, &n), CAIRN_CORRUPT);
	tl_end(&w);
	tl_begin(&w);
	tl_page(&w, 1, TL_INUSE, 11, 2); /* of 10 */
	assert_int_equal(kept(&w, &n), CAIRN_CORRUPT);
	tl_end(&w);
	tl_begin(&w);
	tp_put(w.t, TL_CPUS + TL_CPU_PARTIAL, TP_SIZE + 0x1000, 8);
	assert_int_equal(kept(&w, &n), CAIRN_FAULT);
	tl_end(&w);
}

/* A kernel that names no data: what a CPU keeps is found by what is in its area, if anything is. */
static void of_areas(void **state)
{
	struct testlists w;
	uint64_t n;

	(void)state;
	tl_begin(&w);
	w.cpus.n = 1;
	w.cpu[0] = (struct cpu){ .area = TL_CPUS };
	assert_int_equal(kept(&w, &n), CAIRN_OK);
	assert_int_equal(n, 6);
	tl_end(&w);
	tl_begin(&w);
	w.cpu[1] = (struct cpu){ .id = 1, .area = TL_CPUS + TL_AREA };
	assert_int_equal(kept(&w, &n), CAIRN_MISSING);
	tl_end(&w);
}

static bool enough(void)
{
	return true;
}

static void interrupted(void **state)
{
	struct testlists w;
	uint64_t n;

	(void)state;
	tl_begin(&w);
	w.t->c.stop = enough;
	assert_int_equal(kept(&w, &n), CAIRN_INTERRUPTED);
	tl_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_cpus), cmocka_unit_test(damage), cmocka_unit_test(of_areas),
		cmocka_unit_test(interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
