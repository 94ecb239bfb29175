/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "cmd/banner.h"
#include "lib/kern/testkern.h"

/* A session that knows next to nothing says so, and of what its kernel is. */
static void test_bare(void **state)
{
	struct testkern *k = tk_new();
	struct cairn *c = tk_open(k, 8);
	struct out o;

	(void)state;
	strcpy(c->release, "6.1\033[m");
	out_init(&o, OUT_TEXT, -1);
	banner_show(c, &o);
	assert_non_null(strstr(o.buf.buf, "6.1\\x1b[m on x86_64"));
	assert_non_null(strstr(o.buf.buf, "\nwhether it crashed is not known: the log"));
	out_deinit(&o);
	out_init(&o, OUT_JSON, -1);
	banner_show(c, &o);
	assert_string_equal(o.buf.buf, "");
	out_deinit(&o);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
