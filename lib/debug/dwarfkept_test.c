/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/debug/debugfile.h"
#include "lib/debug/dwarfdie.h"
#include "lib/debug/dwarfindex.h"

#define ID "0123456789abcdef"

struct kept_probe { int a; };
struct kept_probe kept_probe_instance;

/* A cache folder of our own for each test. */
static int make_cache(void **state)
{
	static char folder[] = "/tmp/cairn-dwarfkept-XXXXXX";

	strcpy(folder + sizeof(folder) - 7, "XXXXXX");
	*state = mkdtemp(folder);
	return *state ? setenv("XDG_CACHE_HOME", *state, 1) : -1;
}

static int drop(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st, (void)flag, (void)ftw;
	return remove(path);
}

static int drop_cache(void **state)
{
	return nftw(*state, drop, 8, FTW_DEPTH | FTW_PHYS);
}

/* This program's own DWARF. */
static struct debugfile *own(Dwarf **dwarf)
{
	struct debugfile *f;
	struct cairn_err err;

	if (debugfile_open(&f, "/proc/self/exe", &err) != CAIRN_OK)
		fail_msg("%s", err.text);
	if (debugfile_dwarf(f, dwarf, &err) != CAIRN_OK) {
		debugfile_close(f);
		skip(); /* built without -g */
	}
	return f;
}

static bool has_probe(struct dwarfindex *x)
{
	Dwarf_Die die;

	return dwarfindex_find(x, TYPE_STRUCT, "kept_probe", &die) &&
	       !strcmp(die_name(&die), "kept_probe") && dwarf_bytesize(&die) == sizeof(int);
}

static uint32_t count_names(struct dwarfindex *x)
{
	enum type_kind space;
	uint32_t n = 0;

	while (dwarfindex_name(x, n, &space))
		n++;
	return n;
}

/* Read all, and leave the names behind. */
static uint32_t fill_cache(Dwarf *dwarf)
{
	struct dwarfindex x;
	uint32_t n;

	dwarfindex_init(&x, dwarf);
	dwarfindex_keep(&x, ID);
	assert_null(x.kept.idx);
	n = count_names(&x);
	assert_true(has_probe(&x));
	dwarfindex_deinit(&x);
	return n;
}

static void test_second_time(void **state)
{
	struct dwarfindex x;
	struct debugfile *f;
	Dwarf_Die die;
	Dwarf *dwarf;
	uint32_t n;

	(void)state;
	f = own(&dwarf);
	n = fill_cache(dwarf);
	dwarfindex_init(&x, dwarf);
	dwarfindex_keep(&x, ID);
	assert_non_null(x.kept.idx);
	assert_true(dwarfindex_known(&x, TYPE_STRUCT, "kept_probe", &die));
	assert_true(has_probe(&x));
	assert_true(dwarfindex_find(&x, TYPE_FUNC, "kept_probe_instance", &die));
	assert_false(dwarfindex_find(&x, TYPE_UNION, "kept_probe", &die));
	assert_false(dwarfindex_find(&x, TYPE_STRUCT, "no_such_thing", &die));
	assert_int_equal(count_names(&x), n);
	assert_int_equal(x.names.n, 0); /* nothing was read */
	dwarfindex_deinit(&x);
	debugfile_close(f);
}

static void test_incomplete_is_not_kept(void **state)
{
	struct dwarfindex x;
	struct debugfile *f;
	Dwarf_Die die;
	Dwarf *dwarf;

	(void)state;
	f = own(&dwarf);
	dwarfindex_init(&x, dwarf);
	dwarfindex_keep(&x, ID);
	assert_false(dwarfindex_known(&x, TYPE_STRUCT, "kept_probe", &die));
	dwarfindex_deinit(&x);
	dwarfindex_init(&x, dwarf);
	dwarfindex_keep(&x, ID);
	assert_null(x.kept.idx);
	assert_true(has_probe(&x));
	dwarfindex_deinit(&x);
	debugfile_close(f);
}

static void test_nowhere_to_keep(void **state)
{
	struct debugfile *f;
	Dwarf *dwarf;

	(void)state;
	f = own(&dwarf);
	setenv("XDG_CACHE_HOME", "/proc/nonexistent", 1);
	assert_true(fill_cache(dwarf) > 0);
	assert_true(fill_cache(dwarf) > 0);
	debugfile_close(f);
}

/* ---- what was not kept by us, or for another file ---- */

static struct dwarfname entries[] = {
	{ .die = 11, .name = 0, .space = TYPE_STRUCT },
	{ .die = UINT64_MAX, .name = 6, .space = TYPE_VOID },
	{ .die = 12, .name = 0xffff0000, .space = 200, .declared = 1 },
};
static char text[] = "first\0wild";

static void save(uint64_t info_size)
{
	uint32_t hash[] = { nameindex_hash("first", 5, TYPE_STRUCT),
			    nameindex_hash("wild", 4, TYPE_VOID), nameindex_hash("", 0, 200) };
	const struct dwarfnames names = { entries, hash, text, 3, sizeof(text) };

	dwarfkept_save(&names, ID, info_size);
}

static void test_one_file_only(void **state)
{
	struct dwarfkept k;

	(void)state;
	save(1000);
	assert_true(dwarfkept_open(&k, ID, 1000));
	assert_int_equal(k.n, 3);
	assert_int_equal(dwarfkept_find(&k, TYPE_STRUCT, "first")->die, 11);
	assert_null(dwarfkept_find(&k, TYPE_UNION, "first"));
	assert_null(dwarfkept_find(&k, TYPE_STRUCT, "fir"));
	dwarfkept_close(&k);
	assert_false(dwarfkept_open(&k, ID, 1001));
	assert_null(k.idx);
	assert_false(dwarfkept_open(&k, "0123", 1000));
	assert_false(dwarfkept_open(&k, "", 1000));
	assert_false(dwarfkept_open(&k, "../" ID, 1000));
}

static void test_wild_entries(void **state)
{
	struct dwarfindex x;
	struct dwarfkept k;
	struct debugfile *f;
	Dwarf_Die die;
	Dwarf *dwarf;

	(void)state;
	save(1000);
	assert_true(dwarfkept_open(&k, ID, 1000));
	assert_string_equal(dwarfkept_text(&k, 1), "wild");
	assert_string_equal(dwarfkept_text(&k, 2), "");
	f = own(&dwarf);
	dwarfindex_init(&x, dwarf);
	x.kept = k;
	x.complete = true;
	assert_false(dwarfindex_find(&x, TYPE_STRUCT, "first", &die));
	assert_false(dwarfindex_find(&x, TYPE_VOID, "wild", &die));
	assert_int_equal(count_names(&x), 3);
	dwarfindex_deinit(&x);
	debugfile_close(f);
}

/* No flipped byte makes it say anything else. */
static void test_damage(void **state)
{
	char path[256];
	unsigned char file[4096];
	unsigned refused = 0;
	size_t n, i;
	FILE *fp;

	save(1000);
	snprintf(path, sizeof(path), "%s/cairn/" ID "d", (char *)*state);
	fp = fopen(path, "r+");
	assert_non_null(fp);
	n = fread(file, 1, sizeof(file), fp);
	assert_true(n > 200 && n < sizeof(file));
	for (i = 0; i < n; i++) {
		struct dwarfkept k;

		fseek(fp, (long)i, SEEK_SET);
		fputc(file[i] ^ 0x40, fp);
		fflush(fp);
		if (dwarfkept_open(&k, ID, 1000)) {
			assert_int_equal(dwarfkept_find(&k, TYPE_STRUCT, "first")->die, 11);
			dwarfkept_close(&k);
		} else {
			refused++;
		}
		fseek(fp, (long)i, SEEK_SET);
		fputc(file[i], fp);
	}
	fclose(fp);
	assert_true(refused > 100);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, make_cache, drop_cache)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_second_time),
		TEST(test_incomplete_is_not_kept),
		TEST(test_nowhere_to_keep),
		TEST(test_one_file_only),
		TEST(test_wild_entries),
		TEST(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
