/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zstd.h>

#include "cmd/oops_file.h"
#include "lib/base/map.h"
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

/* A dump in a zstd file is told by its begin: here nothing follows. */
static void packed_dump(void **state)
{
	static char page[300000] = "KDUMP   ";
	char path[] = "/tmp/oops_file_XXXXXX";
	size_t room = ZSTD_compressBound(sizeof(page)), n;
	void *z = malloc(room);
	int fd = mkstemp(path);
	struct cairn_err err;
	struct str s;
	bool cut, dump = false;

	(void)state;
	for (size_t i = 8; i < sizeof(page); i++)
		page[i] = (char)hash_u64(i);
	n = ZSTD_compress(z, room, page, sizeof(page), 1);
	assert_int_equal(write(fd, z, n / 4 * 3), n / 4 * 3);
	str_init(&s);
	assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
	assert_int_equal(setrlimit(RLIMIT_RSS, &(struct rlimit){ 0, RLIM_INFINITY }), 0);
	assert_int_equal(oops_file_read(&s, &cut, &dump, path, &err), CAIRN_FORMAT);
	assert_true(dump);
	assert_non_null(strstr(err.text, "vmcore"));
	str_deinit(&s);
	close(fd);
	unlink(path);
	free(z);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(no_memory), cmocka_unit_test(none),
		cmocka_unit_test(packed_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
