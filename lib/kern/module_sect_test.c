/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/kern/module_sect.h"
#include "lib/kern/testkern.h"

#define MODULE TK_BASE
#define TABLE (TK_BASE + 0x1000)
#define NAMES (TK_BASE + 0x2000)
#define FIRST (TABLE + 16) /* attributes begin here in both layouts */

static const char *const sections[] = { ".text", ".data", ".rodata" };

/* Up to 6.13: an address beside the attribute, and a count. Since 6.14: the attribute's own
 * `private`, and no count. */
static struct testkern *kernel(bool new)
{
	struct testkern *k = tk_new();

	tk_struct(k, "attribute", 16, (const struct tk_member[]){
		{ "name", 0, 8, 0, NULL }, { 0 } });
	tk_struct(k, "bin_attribute", 48, (const struct tk_member[]){
		{ "attr", 0, 0, 0, "attribute" }, { "private", 32, 8, 0, NULL }, { 0 } });
	tk_struct(k, "module_sect_attr", 56, (const struct tk_member[]){
		{ "battr", 0, 0, 0, "bin_attribute" }, { "address", 48, 8, 0, NULL }, { 0 } });
	if (new)
		tk_struct(k, "module_sect_attrs", 16, (const struct tk_member[]){
			{ "grp", 0, 8, 0, NULL }, { "attrs", 16, 0, 1, "bin_attribute" }, { 0 } });
	else
		tk_struct(k, "module_sect_attrs", 16, (const struct tk_member[]){
			{ "nsections", 8, 4, 0, NULL }, { "attrs", 16, 0, 1, "module_sect_attr" },
			{ 0 } });
	tk_struct(k, "module", 64, (const struct tk_member[]){
		{ "sect_attrs", 8, 8, 0, NULL }, { "percpu", 16, 8, 0, NULL }, { 0 } });
	tk_put(k, MODULE + 8, TABLE, 8);
	tk_put(k, MODULE + 16, 0x1fb48, 8);
	tk_put(k, TABLE + 8, 3, 4);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t one = FIRST + i * (new ? 48 : 56);

		tk_put(k, one, NAMES + i * 16, 8);
		tk_put(k, one + (new ? 32 : 48), 0x1000 * (i + 1), 8);
		tk_text(k, NAMES + i * 16, sections[i]);
	}
	return k;
}

static const struct module module = { .addr = MODULE, .name = "m" };

static void both_layouts(void **state)
{
	(void)state;
	for (int new = 0; new < 2; new++) {
		struct testkern *k = kernel(new);
		struct module_sections s;
		struct cairn_err err;
		uint64_t at;

		assert_int_equal(module_sections_find(&s, tk_open(k, 8), &module, &err), CAIRN_OK);
		for (unsigned i = 0; i < 3; i++) {
			assert_true(module_section_at(&s, sections[i], &at));
			assert_int_equal(at, 0x1000 * (i + 1));
		}
		assert_false(module_section_at(&s, ".init.text", &at));
		assert_true(module_section_at(&s, ".data..percpu", &at));
		assert_int_equal(at, 0x1fb48);
		tk_free(k);
	}
}

static void hostile_tables_end(void **state)
{
	struct testkern *k = kernel(false);
	struct module_sections s;
	uint64_t at;

	(void)state;
	tk_put(k, TABLE + 8, UINT32_MAX, 4);       /* a count that lies */
	tk_put(k, FIRST + 2 * 56, TK_HOLE, 8);     /* a name that cannot be read */
	assert_int_equal(module_sections_find(&s, tk_open(k, 8), &module, NULL), CAIRN_OK);
	assert_true(s.n < 1024);
	assert_true(module_section_at(&s, ".data", &at));
	assert_false(module_section_at(&s, ".rodata", &at));
	assert_false(module_section_at(&s, ".nosuch", &at));
	tk_free(k);
}

static void none_are_known(void **state)
{
	struct testkern *k = kernel(false);
	struct module_sections s;
	struct cairn_err err;

	(void)state;
	tk_put(k, MODULE + 8, 0, 8);
	assert_int_equal(module_sections_find(&s, tk_open(k, 8), &module, &err), CAIRN_MISSING);
	assert_string_equal(err.text, "the sections of module m are not known");
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_layouts),
		cmocka_unit_test(hostile_tables_end),
		cmocka_unit_test(none_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
