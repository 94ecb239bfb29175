/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/oops_file.h"
#include "lib/base/mem.h"

#define LEN 200000

static void make(char *path)
{
	static const char line[] = "[    1.000000] nothing much\n";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	for (size_t n = 0; n < LEN; n += sizeof(line) - 1)
		assert_int_equal(write(fd, line, sizeof(line) - 1), sizeof(line) - 1);
	close(fd);
}

static void whole(void **state)
{
	char path[] = "/tmp/oops_file_XXXXXX";
	struct str s;
	bool cut = true;

	(void)state;
	make(path);
	str_init(&s);
	assert_int_equal(oops_file_read(&s, &cut, NULL, path, NULL), CAIRN_OK);
	assert_true(s.len >= LEN);
	assert_false(cut);
	str_deinit(&s);
	unlink(path);
}

/* Whichever allocation fails, it ends and says so. */
static void no_memory(void **state)
{
	char path[] = "/tmp/oops_file_XXXXXX";
	enum cairn_code code = CAIRN_NOMEM;
	struct str s;
	bool cut;

	(void)state;
	make(path);
	for (long n = 0; code != CAIRN_OK && n < 100; n++) {
		str_init(&s);
		mem_fail_after(n);
		code = oops_file_read(&s, &cut, NULL, path, NULL);
		mem_fail_after(-1);
		assert_true(code == CAIRN_OK || code == CAIRN_NOMEM);
		assert_true(code != CAIRN_OK || s.len >= LEN);
		str_deinit(&s);
	}
	assert_int_equal(code, CAIRN_OK);
	unlink(path);
}

static void none(void **state)
{
	struct str s;
	bool cut;

	(void)state;
	str_init(&s);
	assert_int_equal(oops_file_read(&s, &cut, NULL, "/nonexistent/log", NULL), CAIRN_IO);
	assert_int_equal(oops_file_read(&s, &cut, NULL, "/tmp", NULL), CAIRN_IO);
	str_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(no_memory), cmocka_unit_test(none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
