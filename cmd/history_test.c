/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>

#include "cmd/history.h"

static struct arena arena;
static char dir[] = "/tmp/cairn-history-XXXXXX";

static void test_path(void **state)
{
	(void)state;
	setenv("XDG_STATE_HOME", "/x/state", 1);
	setenv("HOME", "/x/home", 1);
	assert_string_equal(history_path(&arena), "/x/state/cairn/history");
	setenv("XDG_STATE_HOME", "relative", 1);
	assert_string_equal(history_path(&arena), "/x/home/.local/state/cairn/history");
	unsetenv("XDG_STATE_HOME");
	assert_string_equal(history_path(&arena), "/x/home/.local/state/cairn/history");
	unsetenv("HOME");
	assert_null(history_path(&arena));
}

static void content_is(const char *path, const char *want)
{
	char text[256] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_int_equal(fread(text, 1, sizeof(text) - 1, f), strlen(want));
	assert_string_equal(text, want);
	fclose(f);
}

static void test_keep_and_load(void **state)
{
	const char *path = arena_printf(&arena, "%s/state/cairn/history", dir);
	struct stat st;

	(void)state;
	umask(0);
	history_load(path); /* there is none yet */
	history_keep(path, "bt -a");
	history_keep(path, "bt -a");
	history_keep(path, " secret");
	history_keep(path, "");
	history_keep(path, "log");
	history_keep(path, "bt -a");
	content_is(path, "bt -a\nlog\nbt -a\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(arena_printf(&arena, "%s/state/cairn", dir), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	clear_history();
	history_load(path);
	assert_int_equal(history_length, 3);
	history_keep(path, "ps");
	content_is(path, "bt -a\nlog\nbt -a\nps\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink(path);
}

static void test_nowhere_to_write(void **state)
{
	(void)state;
	clear_history();
	history_load(NULL);
	history_keep(NULL, "one");
	history_keep("/proc/nonexistent/cairn/history", "two");
	assert_int_equal(history_length, 2);
	clear_history();
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int clean_up(void **state)
{
	int bad = rmdir(arena_printf(&arena, "%s/state/cairn", dir)) |
		  rmdir(arena_printf(&arena, "%s/state", dir)) | rmdir(dir);

	(void)state;
	arena_deinit(&arena);
	return bad;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_keep_and_load),
		cmocka_unit_test(test_nowhere_to_write),
	};

	return cmocka_run_group_tests(tests, set_up, clean_up);
}
