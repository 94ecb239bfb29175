/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "unwind/oops_pointee.h"

static struct piece piece(const char *s)
{
	return (struct piece){ s, strlen(s) };
}

static void same(struct piece t, const char *want)
{
	assert_int_equal(t.p ? t.len : 0, want ? strlen(want) : 0);
	assert_true(!t.len || !memcmp(t.p, want, t.len));
}

/* Each form that mem_dump_obj() has. */
static void forms(void **state)
{
	static const struct {
		const char *words, *kind, *cache, *by;
		uint64_t start, offset, size, pages;
	} rows[] = {
		{ " NULL pointer", "null", NULL, NULL, 0, 0, 0, 0 },
		{ " zero-size pointer", "zero-size", NULL, NULL, 0, 0, 0, 0 },
		{ " non-paged memory", "non-paged", NULL, NULL, 0, 0, 0, 0 },
		{ " non-slab/vmalloc memory", "memory", NULL, NULL, 0, 0, 0, 0 },
		{ " vmalloc memory", "vmalloc", NULL, NULL, 0, 0, 0, 0 },
		{ " 2-page vmalloc region starting at 0xc8b70000 allocated at kernel_clone+0xac/0x3c4",
		  "vmalloc", NULL, "kernel_clone+0xac/0x3c4", 0xc8b70000, 0, 0, 2 },
		{ " slab maple_node start c1f71500 pointer offset 4", "slab", "maple_node", NULL, 0xc1f71500,
		  4, 0, 0 },
		{ " slab mm_struct start c1eb4200 pointer offset 8 size 168", "slab", "mm_struct", NULL,
		  0xc1eb4200, 8, 168, 0 },
		{ " slab kmalloc-64 start ffff000001234500 data offset 16 pointer offset 3 size 64 allocated at "
		  "f+0x1/0x2 [m]",
		  "slab", "kmalloc-64", "f+0x1/0x2", 0xffff000001234500, 19, 64, 0 },
		{ " slab/kfence two words start c0 pointer offset 0", "slab", "two words", NULL, 0xc0, 0, 0, 0 },
		{ " slab start c0 pointer offset 0", "slab", NULL, NULL, 0xc0, 0, 0, 0 },
		{ " slab", "slab", NULL, NULL, 0, 0, 0, 0 },
		{ " something new", NULL, NULL, NULL, 0, 0, 0, 0 },
		{ " slab x start zz pointer offset 99999999999999999999999", "slab", "x", NULL, 0,
		  9999999999999999999u, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char line[256] = "Register x12 information:";
		struct oops_pointee p;

		strcat(line, rows[i].words);
		assert_true(oops_pointee_read(&p, piece(line)));
		same(p.reg, "x12");
		same(p.cache, rows[i].cache);
		same(p.by, rows[i].by);
		if (rows[i].kind)
			assert_string_equal(p.kind, rows[i].kind);
		else
			assert_null(p.kind);
		assert_int_equal(p.start, rows[i].start);
		assert_int_equal(p.size, rows[i].size);
		assert_int_equal(p.pages, rows[i].pages);
		assert_int_equal(p.offset, rows[i].offset);
	}
}

static void others(void **state)
{
	static const char *const lines[] = { "", "Register", "Register r2", "Register r2 information",
					     "Register  information: NULL pointer",
					     "Register r2 of x information: NULL pointer",
					     "Register R2222 information:", "register r2 information: x" };
	struct oops_pointee p;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(oops_pointee_read(&p, piece(lines[i])));
}

/* A mail broke the line; or another CPU wrote behind its colon. */
static void broken(void **state)
{
	struct oops_pointee p;

	(void)state;
	oops_pointee_read(&p, piece("Register r2 information: slab mm_struct start c25a2000 pointer offset 0"));
	assert_false(oops_pointee_goes_on(&p, piece("Process a (pid: 1, stack limit = 0x1)")));
	assert_true(oops_pointee_goes_on(&p, piece("size 168")));
	assert_int_equal(p.size, 168);
	same(p.rest, "size 168");
	assert_false(oops_pointee_goes_on(&p, piece("size 169")));
	oops_pointee_read(&p, piece("Register r4 information: 2-page vmalloc region starting at 0xf1298000"));
	assert_true(oops_pointee_goes_on(&p, piece(" allocated at kernel_clone+0x64/0x43c")));
	same(p.by, "kernel_clone+0x64/0x43c");
	oops_pointee_read(&p, piece("Register r4 information:"));
	assert_false(oops_pointee_goes_on(&p, piece("CPU1: stopping")));
	assert_true(oops_pointee_goes_on(&p, piece(" slab maple_node start c1 pointer offset 2")));
	assert_int_equal(p.start, 0xc1);
	assert_int_equal(p.offset, 2);
	oops_pointee_read(&p, piece("Register r4 information: slab maple_node start c1"));
	assert_true(oops_pointee_goes_on(&p, piece("pointer offset 7")));
	assert_int_equal(p.offset, 7);
	oops_pointee_read(&p, piece("Register r4 information: 1-page vmalloc region"));
	assert_true(oops_pointee_goes_on(&p, piece("starting at 0xf0")));
	assert_int_equal(p.start, 0xf0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms), cmocka_unit_test(others), cmocka_unit_test(broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
