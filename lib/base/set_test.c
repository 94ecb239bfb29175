/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/set.h"

struct animal {
	const char *name;
};

SET_DECLARE(test_animals, const struct animal);
SET_DECLARE(test_nothing, const struct animal);

static const struct animal wren = { "wren" };
SET_ADD(test_animals, const struct animal, &wren);
static const struct animal heron = { "heron" };
SET_ADD(test_animals, const struct animal, &heron);

static void test_members(void **state)
{
	unsigned wrens = 0, herons = 0;

	(void)state;
	assert_int_equal(SET_SIZE(test_animals), 2);
	SET_EACH(test_animals, const struct animal, p) {
		wrens += !strcmp((*p)->name, "wren");
		herons += !strcmp((*p)->name, "heron");
	}
	assert_int_equal(wrens, 1);
	assert_int_equal(herons, 1);
}

static void test_a_set_without_members(void **state)
{
	(void)state;
	assert_int_equal(SET_SIZE(test_nothing), 0);
	SET_EACH(test_nothing, const struct animal, p)
		fail_msg("member %s of an empty set", (*p)->name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_a_set_without_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
