/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/testpath.h"

struct world {
	struct testkern *k;
	struct arena arena;
	struct paths p;
};

static void begin(struct world *w)
{
	*w = (struct world){ .k = tk_new() };
	tpath_types(w->k);
	tpath_tree(w->k);
}

static void open(struct world *w)
{
	struct cairn_err err;

	tk_open(w->k, 8);
	if (paths_init(&w->p, &w->k->c, &w->arena, &err))
		fail_msg("%s", err.text);
}

static void end(struct world *w)
{
	paths_deinit(&w->p);
	arena_deinit(&w->arena);
	tk_free(w->k);
}

static void expect(struct world *w, unsigned dentry, unsigned mount, const char *want)
{
	const struct path *path;

	tpath_file(w->k, mount, dentry);
	open(w);
	path = path_of_file(&w->p, TPATH_FILE);
	if (want && !path->name)
		fail_msg("%s", path->fault.text);
	if (want)
		assert_string_equal(path->name, want);
	else
		assert_null(path->name);
	end(w);
}

static void test_directories(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	expect(&w, 0, 0, "/");
	begin(&w);
	expect(&w, 1, 0, "/usr");
	begin(&w);
	expect(&w, 2, 0, "/usr/lib");
}

/* Mount 1, whose root is dentry 3, is on /usr/lib. */
static void test_mounts(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	expect(&w, 3, 1, "/usr/lib");
	begin(&w);
	expect(&w, 4, 1, "/usr/lib/x.so");
}

static void test_deleted(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	tk_put(w.k, TPATH_DENTRY(4) + TPATH_HASH + 8, 0, 8);
	expect(&w, 4, 1, "/usr/lib/x.so (deleted)");
	/* a root is never hashed */
	begin(&w);
	tk_put(w.k, TPATH_DENTRY(3) + TPATH_HASH + 8, 0, 8);
	expect(&w, 3, 1, "/usr/lib");
}

static bool only_symbol(void *self, uint64_t addr, struct sym *ret)
{
	*ret = (struct sym){ .name = self, .addr = TPATH_FN, .size = 16, .type = 't' };
	return addr >= TPATH_FN;
}

static bool no_name(void *self, const char *name, size_t n, struct sym *ret)
{
	(void)self;
	(void)name;
	(void)n;
	(void)ret;
	return false;
}

static void named_by(const char *fn, const char *name, const char *want)
{
	static const struct sym_source_ops ops = { .by_addr = only_symbol, .by_name = no_name };
	struct world w;

	begin(&w);
	tpath_dentry(w.k, 5, 5, name);
	tk_put(w.k, TPATH_DENTRY(5) + TPATH_OP, TPATH_OPS, 8);
	tk_put(w.k, TPATH_OPS + TPATH_DNAME, TPATH_FN, 8);
	assert_int_equal(syms_add(&w.k->c.syms, "test", TPATH_FN, TPATH_FN + 16, &ops, (void *)fn,
				  NULL), CAIRN_OK);
	expect(&w, 5, 0, want);
}

static void test_without_directory(void **state)
{
	(void)state;
	named_by("simple_dname", "memfd:x", "/memfd:x (deleted)");
	named_by("simple_dname", "SYSV00000000", "/SYSV00000000 (deleted)");
	named_by("anon_inodefs_dname", "[eventfd]", "anon_inode:[eventfd]");
	named_by("pipefs_dname", "", "pipe:[77]");
	named_by("sockfs_dname", "", "socket:[77]");
	named_by("some_dname", "thing", "/thing");
}

static void test_inode(void **state)
{
	const struct path *path;
	struct world w;

	(void)state;
	begin(&w);
	tpath_file(w.k, 1, 4);
	open(&w);
	path = path_of_file(&w.p, TPATH_FILE);
	assert_true(path->has_inode);
	assert_int_equal(path->major, 8);
	assert_int_equal(path->minor, 3);
	assert_int_equal(path->ino, 77);
	/* kept */
	assert_ptr_equal(path_of_file(&w.p, TPATH_FILE), path);
	end(&w);
}

/* Ends, with a reason. */
static void test_damaged(void **state)
{
	struct world w;

	(void)state;
	begin(&w); /* two that are each other's parents */
	tk_put(w.k, TPATH_DENTRY(1) + TPATH_PARENT, TPATH_DENTRY(2), 8);
	expect(&w, 2, 0, NULL);
	begin(&w); /* two mounts on each other's roots */
	tk_put(w.k, TPATH_MOUNT(0) + TPATH_MPARENT, TPATH_MOUNT(1), 8);
	tk_put(w.k, TPATH_MOUNT(0) + TPATH_MPOINT, TPATH_DENTRY(3), 8);
	tk_put(w.k, TPATH_MOUNT(1) + TPATH_MPOINT, TPATH_DENTRY(0), 8);
	expect(&w, 4, 1, NULL);
	begin(&w);
	tk_put(w.k, TPATH_DENTRY(1) + TPATH_LEN, 1 << 20, 4);
	expect(&w, 2, 0, NULL);
	begin(&w);
	tk_put(w.k, TPATH_DENTRY(2) + TPATH_PARENT, TK_HOLE, 8);
	expect(&w, 2, 0, NULL);
}

/* A cycle of directories costs no more than the answer, however many files lie below it. */
static void test_cycle_is_cheap(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	tk_put(w.k, TPATH_DENTRY(1) + TPATH_PARENT, TPATH_DENTRY(2), 8);
	tpath_file(w.k, 0, 2);
	open(&w);
	assert_null(path_of_file(&w.p, TPATH_FILE)->name);
	assert_true(w.arena.total < 1024);
	end(&w);
}

static void test_no_types(void **state)
{
	struct world w = { .k = tk_new() };
	struct cairn_err err;

	(void)state;
	tk_open(w.k, 8);
	assert_int_equal(paths_init(&w.p, &w.k->c, &w.arena, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "struct file"));
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directories), cmocka_unit_test(test_mounts),
		cmocka_unit_test(test_deleted), cmocka_unit_test(test_without_directory),
		cmocka_unit_test(test_inode), cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_cycle_is_cheap), cmocka_unit_test(test_no_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
