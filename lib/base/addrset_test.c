/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/addrset.h"
#include "lib/base/mem.h"

#define N 20000

/* Close together and far apart, in any order: as a map of them says. */
static void as_a_map(void **state)
{
	struct addrset s = { 0 };
	struct map m = { 0 };

	(void)state;
	for (uint64_t i = 0; i < N; i++) {
		uint64_t x = hash_u64(i % (N / 2)), align = i % 7 ? 3 : 0;
		uint64_t addr = (i % 3 ? x % 0x40000 : x) & ~align;

		assert_int_equal(addrset_visit(&s, addr), map_visit(&m, addr));
	}
	addrset_deinit(&s);
	map_deinit(&m);
}

static void neighbours_differ(void **state)
{
	struct addrset s = { 0 };

	(void)state;
	for (uint64_t at = 0; at < 3 * 4096; at += ADDRSET_ALIGN)
		assert_true(addrset_visit(&s, at));
	for (uint64_t at = 0; at < 3 * 4096; at += ADDRSET_ALIGN)
		assert_false(addrset_visit(&s, at));
	assert_true(addrset_visit(&s, UINT64_MAX & ~UINT64_C(3)));
	assert_false(addrset_visit(&s, UINT64_MAX & ~UINT64_C(3)));
	addrset_deinit(&s);
}

static void out_of_memory(void **state)
{
	(void)state;
	for (long fails = 0; fails < 2; fails++) {
		struct addrset s = { 0 };

		mem_fail_after(fails);
		assert_false(addrset_visit(&s, 0x1000));
		mem_fail_after(-1);
		assert_true(addrset_visit(&s, 0x1000));
		addrset_deinit(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_a_map),
		cmocka_unit_test(neighbours_differ),
		cmocka_unit_test(out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
