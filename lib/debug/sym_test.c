/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/debug/sym.h"

/* A source over an array; the last symbol covers what is behind it. */
struct table {
	const struct sym *sym;
	size_t n;
};

static bool by_addr(void *self, uint64_t addr, struct sym *ret)
{
	const struct table *t = self;

	for (size_t i = t->n; i-- > 0;)
		if (t->sym[i].addr <= addr) {
			*ret = t->sym[i];
			return true;
		}
	return false;
}

static bool by_name(void *self, const char *name, size_t n, struct sym *ret)
{
	const struct table *t = self;

	for (size_t i = 0; i < t->n; i++)
		if (!strcmp(t->sym[i].name, name) && n-- == 0) {
			*ret = t->sym[i];
			return true;
		}
	return false;
}

static bool at(void *self, size_t i, struct sym *ret)
{
	const struct table *t = self;

	if (i < t->n)
		*ret = t->sym[i];
	return i < t->n;
}

static const struct sym_source_ops ops = { .by_addr = by_addr, .by_name = by_name, .at = at };

static const struct sym kernel_syms[] = {
	{ .name = "start", .addr = 0x1000 }, { .name = "twin", .addr = 0x1100 },
	{ .name = "twin", .addr = 0x1200 },
};
static const struct sym module_syms[] = {
	{ .name = "twin", .addr = 0x8000, .module = "mod" },
	{ .name = "own", .addr = 0x8010, .module = "mod" },
};
static const struct sym file_syms[] = { { .name = "only_in_file", .addr = 0x1180 } };

static struct table kernel = { kernel_syms, 3 }, module = { module_syms, 2 },
		    file = { file_syms, 1 };

static void set_up(struct syms *s, struct arena *a)
{
	syms_init(s, a);
	assert_int_equal(syms_add(s, "kallsyms", 0x1000, 0x2000, &ops, &kernel, NULL), CAIRN_OK);
	assert_int_equal(syms_add(s, "mod", 0x8000, 0x9000, &ops, &module, NULL), CAIRN_OK);
	assert_int_equal(syms_add(s, "vmlinux", 0, 0, &ops, &file, NULL), CAIRN_OK);
}

static void test_by_address(void **state)
{
	struct arena a = { 0 };
	struct syms s;
	struct sym sym;
	uint64_t off = 0;

	(void)state;
	set_up(&s, &a);
	assert_true(sym_at(&s, 0x1180, &sym, &off)); /* the file is not asked for addresses */
	assert_string_equal(sym.name, "twin");
	assert_int_equal(sym.addr, 0x1100);
	assert_int_equal(off, 0x80);
	assert_true(sym_at(&s, 0x8000, &sym, NULL));
	assert_string_equal(sym.module, "mod");
	assert_true(sym_at(&s, 0x8fff, &sym, &off));
	assert_int_equal(off, 0xfef);
	assert_false(sym_at(&s, 0xfff, &sym, &off));
	assert_false(sym_at(&s, 0x2000, &sym, &off));
	assert_false(sym_at(&s, 0x9000, &sym, &off));
	arena_deinit(&a);
}

static void test_by_name(void **state)
{
	struct arena a = { 0 };
	struct syms s;
	struct sym sym;

	(void)state;
	set_up(&s, &a);
	assert_true(sym_find(&s, "twin", &sym)); /* sources in the order they were added */
	assert_int_equal(sym.addr, 0x1100);
	assert_true(sym_find(&s, "only_in_file", &sym));
	assert_int_equal(sym.addr, 0x1180);
	assert_false(sym_find(&s, "none", &sym));
	arena_deinit(&a);
}

static void test_nth_over_all_sources(void **state)
{
	static const uint64_t addrs[] = { 0x1100, 0x1200, 0x8000 };
	struct arena a = { 0 };
	struct syms s;
	struct sym sym;

	(void)state;
	set_up(&s, &a);
	for (size_t n = 0; n < 3; n++) {
		assert_true(sym_find_nth(&s, "twin", n, &sym));
		assert_int_equal(sym.addr, addrs[n]);
	}
	assert_false(sym_find_nth(&s, "twin", 3, &sym));
	arena_deinit(&a);
}

static void test_one_source(void **state)
{
	struct arena a = { 0 };
	struct syms s;
	struct sym sym;
	char longer[200];

	(void)state;
	set_up(&s, &a);
	assert_true(sym_find(&s, "mod:twin", &sym));
	assert_int_equal(sym.addr, 0x8000);
	assert_false(sym_find_nth(&s, "mod:twin", 1, &sym));
	assert_true(sym_find_nth(&s, "kallsyms:twin", 1, &sym));
	assert_int_equal(sym.addr, 0x1200);
	assert_false(sym_find(&s, "mod:start", &sym));
	assert_false(sym_find(&s, "other:twin", &sym));
	assert_false(sym_find(&s, ":twin", &sym));
	assert_false(sym_find(&s, "mod:", &sym));
	memset(longer, 'm', sizeof(longer));
	memcpy(longer + sizeof(longer) - 6, ":twin", 6);
	assert_false(sym_find(&s, longer, &sym));
	arena_deinit(&a);
}

static void test_needed_symbol(void **state)
{
	struct arena a = { 0 };
	struct cairn_err err;
	struct syms s;
	uint64_t addr;

	(void)state;
	set_up(&s, &a);
	assert_int_equal(sym_addr(&s, "start", &addr, &err), CAIRN_OK);
	assert_int_equal(addr, 0x1000);
	assert_int_equal(sym_addr(&s, "init_task", &addr, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "init_task"));
	assert_int_equal(sym_addr(&s, "init_task", &addr, NULL), CAIRN_MISSING);
	arena_deinit(&a);
}

static void test_no_sources(void **state)
{
	struct arena a = { 0 };
	struct syms s;
	struct sym sym;

	(void)state;
	syms_init(&s, &a);
	assert_false(sym_at(&s, 0x1000, &sym, NULL));
	assert_false(sym_find(&s, "start", &sym));
	assert_false(sym_is_text(&s, 0x1000));
}

static void test_text_ranges(void **state)
{
	struct arena a = { 0 };
	struct syms s;

	(void)state;
	syms_init(&s, &a);
	for (uint64_t i = 1; i <= 200; i++)
		assert_int_equal(syms_add_text(&s, i << 12, (i << 12) + 16, NULL), CAIRN_OK);
	assert_int_equal(syms_add_text(&s, 0x900000, 0x900000, NULL), CAIRN_OK); /* empty */
	assert_int_equal(syms_add_text(&s, 0x900010, 0x900000, NULL), CAIRN_OK); /* upside down */
	for (uint64_t i = 1; i <= 200; i++) {
		assert_true(sym_is_text(&s, i << 12));
		assert_true(sym_is_text(&s, (i << 12) + 15));
		assert_false(sym_is_text(&s, (i << 12) + 16));
		assert_false(sym_is_text(&s, (i << 12) - 1));
	}
	assert_false(sym_is_text(&s, 0x900000));
	assert_false(sym_is_text(&s, 0x900008));
	arena_deinit(&a);
}

static void test_out_of_memory(void **state)
{
	struct arena a = { 0 };
	struct cairn_err err;
	struct syms s;
	struct sym sym;

	(void)state;
	syms_init(&s, &a);
	mem_fail_after(0);
	assert_int_equal(syms_add(&s, "kallsyms", 0, 1, &ops, &kernel, &err), CAIRN_NOMEM);
	assert_int_equal(syms_add_text(&s, 0, 1, &err), CAIRN_NOMEM);
	mem_fail_after(-1);
	assert_false(sym_find(&s, "start", &sym));
	assert_int_equal(syms_add(&s, "kallsyms", 0, 1, &ops, &kernel, &err), CAIRN_OK);
	assert_true(sym_find(&s, "start", &sym));
	arena_deinit(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_address),
		cmocka_unit_test(test_by_name),
		cmocka_unit_test(test_nth_over_all_sources),
		cmocka_unit_test(test_one_source),
		cmocka_unit_test(test_needed_symbol),
		cmocka_unit_test(test_no_sources),
		cmocka_unit_test(test_text_ranges),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
