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

/* Of a log beyond the limit the last lines are there, from a line's beginning on. */
static void end_of_a_long_one(void **state)
{
	static char line[1 << 20];
	char path[] = "/tmp/oops_file_XXXXXX";
	int fd = mkstemp(path);
	uint64_t skipped, size = 0;
	bool cut, dump;
	struct str s;

	(void)state;
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	assert_true(fd >= 0 && write(fd, "first\n", 6) == 6);
	/* the last but one a hole: no disk is filled */
	assert_int_equal(ftruncate(fd, (off_t)OOPS_FILE_MAX), 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), (off_t)OOPS_FILE_MAX);
	for (int i = 0; i < 2; i++)
		assert_int_equal(write(fd, line, sizeof(line)), sizeof(line));
	assert_int_equal(write(fd, "last\n", 5), 5);
	size = OOPS_FILE_MAX + 2 * sizeof(line) + 5;
	close(fd);
	str_init(&s);
	assert_int_equal(oops_file_read_end(&s, &skipped, &cut, &dump, path, NULL), CAIRN_OK);
	assert_false(cut || dump);
	assert_int_equal(skipped + s.len, size);
	assert_true(skipped >= size - OOPS_FILE_MAX);
	assert_string_equal(s.buf + s.len - 5, "last\n");
	str_deinit(&s);
	unlink(path);
}

static void end_of_a_short_one(void **state)
{
	char path[] = "/tmp/oops_file_XXXXXX";
	uint64_t skipped = 1;
	bool cut, dump;
	struct str s;

	(void)state;
	make(path);
	str_init(&s);
	assert_int_equal(oops_file_read_end(&s, &skipped, &cut, &dump, path, NULL), CAIRN_OK);
	assert_int_equal(skipped, 0);
	assert_true(s.len >= LEN);
	str_deinit(&s);
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
		cmocka_unit_test(end_of_a_long_one), cmocka_unit_test(end_of_a_short_one),
		cmocka_unit_test(whole), cmocka_unit_test(no_memory), cmocka_unit_test(none),
		cmocka_unit_test(packed_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
