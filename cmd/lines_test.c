/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lines.h"
#include "lib/base/mem.h"

/* A file of n bytes. */
static const char *file_of(const char *text, size_t n)
{
	static char path[32];
	int fd;

	strcpy(path, "/tmp/lines_XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), (ssize_t)n);
	close(fd);
	return path;
}

/* All lines of a text, each with its number. */
static const char *lines_of(const char *text)
{
	const char *path = file_of(text, strlen(text)), *line;
	static char all[256];
	struct lines l;
	size_t len;

	all[0] = '\0';
	assert_int_equal(lines_open(&l, path, NULL), CAIRN_OK);
	while (!lines_next(&l, &line, &len, NULL) && line)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%zu:%.*s|", l.no, (int)len, line);
	lines_close(&l);
	unlink(path);
	return all;
}

static void ends(void **state)
{
	(void)state;
	assert_string_equal(lines_of(""), "");
	assert_string_equal(lines_of("\n"), "1:|");
	assert_string_equal(lines_of("a"), "1:a|");
	assert_string_equal(lines_of("a\n\nbc\n"), "1:a|2:|3:bc|");
	assert_string_equal(lines_of("a\nb"), "1:a|2:b|");
}

/* Lines of all lengths around that of what is read at a time, each of one letter. */
static void pieces(void **state)
{
	enum { LEN = 1 << 20 };
	char *text = malloc(LEN);
	const char *path, *line;
	size_t n = 0, want = 1, len;
	struct lines l;

	(void)state;
	for (; n + want < LEN; want = want * 5 / 3 + 1) {
		memset(text + n, (int)('a' + want % 26), want);
		text[n + want] = '\n';
		n += want + 1;
	}
	path = file_of(text, n);
	assert_int_equal(lines_open(&l, path, NULL), CAIRN_OK);
	for (want = 1, n = 0; !lines_next(&l, &line, &len, NULL) && line; n += want + 1, want = want * 5 / 3 + 1) {
		assert_int_equal(len, want);
		assert_memory_equal(line, text + n, want + 1);
	}
	assert_true(want > 100000);
	lines_close(&l);
	unlink(path);
	free(text);
}

static void no_memory(void **state)
{
	enum cairn_code code = CAIRN_NOMEM;
	const char *path, *line;
	struct lines l;
	size_t len;

	(void)state;
	path = file_of("a\n", 2);
	for (long n = 0; code != CAIRN_OK && n < 100; n++) {
		mem_fail_after(n);
		code = lines_open(&l, path, NULL);
		if (!code)
			code = lines_next(&l, &line, &len, NULL);
		mem_fail_after(-1);
		assert_true(code == CAIRN_OK || code == CAIRN_NOMEM);
		lines_close(&l);
	}
	assert_int_equal(code, CAIRN_OK);
	unlink(path);
}

static void none(void **state)
{
	struct lines l;
	const char *line;
	size_t len;

	(void)state;
	assert_int_equal(lines_open(&l, "/nonexistent", NULL), CAIRN_IO);
	lines_close(&l);
	assert_int_equal(lines_open(&l, "/tmp", NULL), CAIRN_OK);
	assert_int_equal(lines_next(&l, &line, &len, NULL), CAIRN_IO);
	lines_close(&l);
	assert_int_equal(lines_open(&l, "/dev/zero", NULL), CAIRN_OK);
	assert_int_equal(lines_next(&l, &line, &len, NULL), CAIRN_LIMIT);
	lines_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends), cmocka_unit_test(pieces), cmocka_unit_test(no_memory),
		cmocka_unit_test(none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
