/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/kern/crashclass.h"
#include "unwind/class_words.h"

/* What a report may say is explained. */
static void all_classes(void **state)
{
	struct class_words w;
	const char *name;

	(void)state;
	for (size_t i = 0; (name = crash_class_name(i)); i++) {
		if (!class_words_of(name, &w) || !w.meaning)
			fail_msg("the class %s is not explained", name);
		assert_string_equal(w.class, name);
	}
	assert_false(class_words_of("nosuch", &w));
}

static void sorted_and_filled(void **state)
{
	struct class_words w;
	char before[32] = "";

	(void)state;
	for (unsigned i = 0; class_words_nth(i, &w); i++) {
		assert_true(strcmp(before, w.class) < 0);
		assert_true(strlen(w.class) < sizeof(before));
		assert_non_null(w.meaning);
		strcpy(before, w.class);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_classes), cmocka_unit_test(sorted_and_filled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
