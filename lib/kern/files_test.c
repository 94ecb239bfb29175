/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/testfiles.h"

#define TASK TK_BASE
#define FILES (TK_BASE + 0x40)
#define TABLE (TK_BASE + 0x80)
#define FS (TK_BASE + 0xc0)
#define ARRAY (TK_BASE + 0x1000)
#define FILE_AT(n) (TK_BASE + 0x4000 + 0x100 * (uint64_t)(n))
#define DENTRY(n) (FILE_AT(n) + 0x40)
#define INODE(n) (FILE_AT(n) + 0x80)
#define TEXT(n) (FILE_AT(n) + 0xc0)
#define ROOT 0

static void dentry(struct testkern *k, unsigned n, unsigned parent, const char *name)
{
	tk_put(k, DENTRY(n) + TF_PARENT, DENTRY(parent), 8);
	tk_put(k, DENTRY(n) + TF_NAME, TEXT(n), 8);
	tk_put(k, DENTRY(n) + TF_LEN, strlen(name), 4);
	tk_text(k, TEXT(n), name);
}

static void file(struct testkern *k, unsigned fd, unsigned n, unsigned mode)
{
	tk_put(k, ARRAY + 8 * fd, FILE_AT(n), 8);
	tk_put(k, FILE_AT(n) + TF_PATH + 8, DENTRY(n), 8);
	tk_put(k, FILE_AT(n) + TF_INODE, INODE(n), 8);
	tk_put(k, FILE_AT(n) + TF_POS, 100 + n, 8);
	tk_put(k, INODE(n), mode, 2);
}

/* 0 is /dir (a directory), 5 is /dir/file; root /, working directory /dir. */
static struct testkern *world(void)
{
	struct testkern *k = tk_new();

	tf_types(k);
	tk_put(k, TASK + TF_FILES, FILES, 8);
	tk_put(k, TASK + TF_FS, FS, 8);
	tk_put(k, FILES + TF_FDT, TABLE, 8);
	tk_put(k, TABLE + TF_MAX, 64, 4);
	tk_put(k, TABLE + TF_FD, ARRAY, 8);
	dentry(k, ROOT, ROOT, "/");
	dentry(k, 1, ROOT, "dir");
	dentry(k, 2, 1, "file");
	file(k, 0, 1, 0040755);
	file(k, 5, 2, 0100644);
	tk_put(k, FS + TF_ROOT + 8, DENTRY(ROOT), 8);
	tk_put(k, FS + TF_PWD + 8, DENTRY(1), 8);
	return k;
}

struct got {
	struct arena a;
	struct files f;
	struct paths paths;
	struct cairn_err err;
	enum cairn_code code;
};

static struct got get(struct testkern *k)
{
	struct got g = { .code = CAIRN_OK };
	const struct task t = { .addr = TASK };

	tk_open(k, 8);
	assert_int_equal(paths_init(&g.paths, &k->c, &g.a, &g.err), CAIRN_OK);
	g.code = files_get(&g.f, &g.paths, &t, &g.a, &g.err);
	paths_deinit(&g.paths);
	tk_free(k);
	return g;
}

static void table(void **state)
{
	struct got g = get(world());

	(void)state;
	assert_int_equal(g.code, CAIRN_OK);
	assert_int_equal(g.f.n, 2);
	assert_int_equal(g.f.file[0].fd, 0);
	assert_string_equal(g.f.file[0].type, "DIR");
	assert_string_equal(g.f.file[0].path->name, "/dir");
	assert_int_equal(g.f.file[1].fd, 5);
	assert_string_equal(g.f.file[1].type, "REG");
	assert_string_equal(g.f.file[1].path->name, "/dir/file");
	assert_int_equal(g.f.file[1].file, FILE_AT(2));
	assert_int_equal(g.f.file[1].dentry, DENTRY(2));
	assert_int_equal(g.f.file[1].pos, 102);
	assert_true(g.f.has_dirs);
	assert_string_equal(g.f.root.name, "/");
	assert_string_equal(g.f.cwd.name, "/dir");
	assert_false(g.f.partial || g.f.none);
	arena_deinit(&g.a);
}

/* More descriptors than are read at once. */
static void long_table(void **state)
{
	struct testkern *k = world();
	struct got g;

	(void)state;
	tk_put(k, TABLE + TF_MAX, 1024, 4);
	tk_put(k, ARRAY + 8 * 511, FILE_AT(2), 8);
	tk_put(k, ARRAY + 8 * 600, FILE_AT(2), 8);
	g = get(k);
	assert_int_equal(g.code, CAIRN_OK);
	assert_int_equal(g.f.n, 4);
	assert_int_equal(g.f.file[2].fd, 511);
	assert_int_equal(g.f.file[3].fd, 600);
	arena_deinit(&g.a);
}

static void no_table(void **state)
{
	struct testkern *k = world();
	struct got g;

	(void)state;
	tk_put(k, TASK + TF_FILES, 0, 8);
	tk_put(k, TASK + TF_FS, 0, 8);
	g = get(k);
	assert_int_equal(g.code, CAIRN_OK);
	assert_true(g.f.none);
	assert_false(g.f.has_dirs);
	assert_int_equal(g.f.n, 0);
	arena_deinit(&g.a);
}

static void damaged(void **state)
{
	struct testkern *k = world();
	struct got g;

	(void)state;
	tk_put(k, TABLE + TF_MAX, 0x7fffffff, 4);
	g = get(k);
	assert_int_equal(g.code, CAIRN_CORRUPT);
	arena_deinit(&g.a);

	k = world();
	tk_put(k, FILES + TF_FDT, TK_HOLE, 8);
	g = get(k);
	assert_int_equal(g.code, CAIRN_FAULT);
	arena_deinit(&g.a);

	/* a file that cannot be read keeps its row */
	k = world();
	tk_put(k, ARRAY + 8, TK_HOLE + 8, 8);
	g = get(k);
	assert_int_equal(g.code, CAIRN_OK);
	assert_int_equal(g.f.n, 3);
	assert_int_equal(g.f.file[1].fd, 1);
	assert_int_equal(g.f.file[1].fault.fault, CAIRN_FAULT_ABSENT);
	assert_null(g.f.file[1].path->name);
	assert_null(g.f.file[1].type);
	arena_deinit(&g.a);

	/* a table of which the end is not there */
	k = world();
	tk_put(k, TABLE + TF_FD, TK_HOLE - 8 * 10, 8);
	tk_put(k, TK_HOLE - 8 * 10 + 8 * 3, FILE_AT(2), 8);
	g = get(k);
	assert_int_equal(g.code, CAIRN_OK);
	assert_true(g.f.partial);
	assert_int_equal(g.f.err.fault, CAIRN_FAULT_ABSENT);
	assert_int_equal(g.f.n, 1);
	assert_int_equal(g.f.file[0].fd, 3);
	arena_deinit(&g.a);
}

/* What the table leads to is no array of files. */
static void astray(void **state)
{
	struct testkern *k = world();
	struct got g;

	(void)state;
	tk_put(k, TABLE + TF_MAX, 1024, 4);
	for (unsigned i = 6; i < 1024; i++)
		tk_put(k, ARRAY + 8 * i, 0x1234567800000000 + 8 * i, 8);
	g = get(k);
	assert_int_equal(g.code, CAIRN_OK);
	assert_true(g.f.partial);
	assert_int_equal(g.f.err.code, CAIRN_CORRUPT);
	assert_int_equal(g.f.err.addr, TABLE);
	assert_int_equal(g.f.n, 2 + 64);
	arena_deinit(&g.a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table), cmocka_unit_test(no_table), cmocka_unit_test(damaged),
		cmocka_unit_test(long_table), cmocka_unit_test(astray),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
