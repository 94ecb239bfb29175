/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables of x86 by every rule of each level, and what hostile ones do. */
#include "lib/image/testpaging.h"

#define NX ((uint64_t)1 << 63)
#define C_BIT ((uint64_t)1 << 47)

#define INVERTED(paddr)   (~(uint64_t)(paddr) & 0x000ffffffffff000u)
#define INVERTED2M(paddr) (~(uint64_t)(paddr) & 0x000fffffffe00000u)
#define INVERTED1G(paddr) (~(uint64_t)(paddr) & 0x000fffffc0000000u)

static void x86_64(void **state)
{
	static const struct way ways[] = {
		{ "4K", 0xffffffff80201123, { T(1) | 0x63, T(2) | 0x63, T(3) | 0x63, 0x7654163 },
		  0, 0x7654123, 0xedd, "PRESENT RW ACCESSED DIRTY GLOBAL" },
		{ "4K no exec", 0x7f0000001008, { T(1) | 0x67, T(2) | 0x67, T(3) | 0x67,
		  NX | 0xfffffffff000 | 0x25 }, 0, 0xfffffffff008, 0xff8,
		  "PRESENT USER ACCESSED NX" },
		{ "2M", 0xffff888012345678, { T(1) | 0x63, T(2) | 0x63, 0x80400000 | 0x1e3 },
		  0, 0x80545678, 0xba988, "PRESENT RW ACCESSED DIRTY PSE GLOBAL" },
		{ "2M with PAT", 0xffff888012345678, { T(1) | 0x63, T(2) | 0x63,
		  0x80400000 | 0x11e1 }, 0, 0x80545678, 0xba988,
		  "PRESENT ACCESSED DIRTY PSE GLOBAL PAT" },
		{ "1G", 0xffff88801fffffff, { T(1) | 0x63, 0x40000000 | 0xe1 }, 0, 0x5fffffff,
		  0x20000001, "PRESENT ACCESSED DIRTY PSE" },
		{ "empty root", 0x1000, { 0 }, CAIRN_FAULT_UNMAPPED, 0, 0, "" },
		{ "empty PUD", 0x1000, { T(1) | 0x67 }, CAIRN_FAULT_UNMAPPED, 0, 0, "" },
		{ "empty PMD", 0x1000, { T(1) | 0x67, T(2) | 0x67 }, CAIRN_FAULT_UNMAPPED, 0, 0,
		  "" },
		{ "empty PTE", 0x1000, { T(1) | 0x67, T(2) | 0x67, T(3) | 0x67 },
		  CAIRN_FAULT_UNMAPPED, 0, 0, "" },
		{ "stray dirty bit", 0x1000, { T(1) | 0x67, T(2) | 0x67, T(3) | 0x67, 0x60 },
		  CAIRN_FAULT_UNMAPPED, 0, 0, "" },
		{ "no PSE in the root", 0x1000, { BASE | 0xe3 }, CAIRN_FAULT_UNMAPPED, 0, 0,
		  NULL },
		{ "PROT_NONE", 0x1234, { T(1) | 0x67, T(2) | 0x67, T(3) | 0x67,
		  INVERTED(0x7654000) | 0x160 }, 0, 0x7654234, 0xdcc,
		  "PROTNONE ACCESSED DIRTY" },
		{ "PROT_NONE 2M", 0x201234, { T(1) | 0x67, T(2) | 0x67,
		  INVERTED2M(0x7600000) | 0x1a0 }, 0, 0x7601234, 0x1fedcc,
		  "PROTNONE ACCESSED" },
		{ "2M being split", 0x201234, { T(1) | 0x67, T(2) | 0x67,
		  INVERTED2M(0x7600000) | 0xe6 }, 0, 0x7601234, 0x1fedcc, NULL },
		{ "PROT_NONE 1G", 0x40001234, { T(1) | 0x67,
		  INVERTED1G(0x40000000) | 0x180 }, 0, 0x40001234, 0x3fffedcc, NULL },
		{ "swap", 0x1234, { T(1) | 0x67, T(2) | 0x67, T(3) | 0x67, 0x7ffffffffffc0002 },
		  CAIRN_FAULT_SWAPPED, 0, 0, "" },
		{ "migrating 2M", 0x201234, { T(1) | 0x67, T(2) | 0x67, 0xf7fffffffc000000 },
		  CAIRN_FAULT_SWAPPED, 0, 0, "" },
		{ "non-canonical", 0x0000800000000000, { 0 }, CAIRN_FAULT_NONCANONICAL, 0, 0,
		  NULL },
		{ "non-canonical", 0xffff7fffffffffff, { 0 }, CAIRN_FAULT_NONCANONICAL, 0, 0,
		  NULL },
		{ "no such table", 0x1000, { 0x40000000 | 0x67 }, CAIRN_FAULT_ABSENT, 0, 0,
		  NULL },
	};

	(void)state;
	CHECK(&paging_x86_64_l4, ways);
}

static void x86_64_5_levels(void **state)
{
	static const struct way ways[] = {
		{ "4K", 0xff11000012345678, { T(1) | 0x63, T(2) | 0x63, T(3) | 0x63, T(4) | 0x63,
		  0x7654163 }, 0, 0x7654678, 0x988, NULL },
		{ "1G", 0xff11000012345678, { T(1) | 0x63, T(2) | 0x63, 0x80000000 | 0xe3 },
		  0, 0x92345678, 0x2dcba988, NULL },
		{ "no PSE in the P4D", 0xff11000012345678, { T(1) | 0x63, BASE | 0xe3 },
		  CAIRN_FAULT_UNMAPPED, 0, 0, NULL },
		{ "4-level address", 0xffff888000000000, { 0 }, CAIRN_FAULT_UNMAPPED, 0, 0, NULL },
		{ "non-canonical", 0x0100000000000000, { 0 }, CAIRN_FAULT_NONCANONICAL, 0, 0,
		  NULL },
	};

	(void)state;
	CHECK(&paging_x86_64_l5, ways);
}

static void i386(void **state)
{
	static const struct way ways[] = {
		{ "4K", 0xc0101123, { T(1) | 0x63, 0x7654163 }, 0, 0x7654123, 0xedd,
		  "PRESENT RW ACCESSED DIRTY GLOBAL" },
		{ "4M", 0xc0345678, { 0x00c00000 | 0x1e3 }, 0, 0xf45678, 0xba988,
		  "PRESENT RW ACCESSED DIRTY PSE GLOBAL" },
		{ "4M above 4G", 0xc0345678, { 0x00c00000 | 3 << 13 | 0xe3 }, 0, 0x300f45678,
		  0xba988, "PRESENT RW ACCESSED DIRTY PSE" },
		{ "PROT_NONE, not inverted", 0x1234, { T(1) | 0x67, 0x7654160 }, 0, 0x7654234,
		  0xdcc, "PROTNONE ACCESSED DIRTY" },
		{ "PROT_NONE 4M", 0x401234, { 0x00c00000 | 0x1e0 }, 0, 0xc01234, 0x3fedcc, NULL },
		{ "swap", 0x1234, { T(1) | 0x67, 0x7654002 }, CAIRN_FAULT_SWAPPED, 0, 0, "" },
		{ "empty", 0x1234, { T(1) | 0x67 }, CAIRN_FAULT_UNMAPPED, 0, 0, "" },
		{ "empty root", 0x1234, { 0 }, CAIRN_FAULT_UNMAPPED, 0, 0, "" },
		{ "64-bit address", 0x100000000, { 0 }, CAIRN_FAULT_NONCANONICAL, 0, 0, NULL },
	};

	(void)state;
	CHECK(&paging_i386, ways);
}

static void i386_pae(void **state)
{
	static const struct way ways[] = {
		{ "4K above 4G", 0xc0101123, { T(1) | 1, T(2) | 0x63, NX | 0x123456163 }, 0,
		  0x123456123, 0xedd, "PRESENT RW ACCESSED DIRTY GLOBAL NX" },
		{ "2M", 0xc0301123, { T(1) | 1, 0x00c001e1 }, 0, 0xd01123, 0xfeedd, NULL },
		{ "PROT_NONE", 0x1234, { T(1) | 1, T(2) | 0x67, INVERTED(0x7654000) | 0x160 }, 0,
		  0x7654234, 0xdcc, "PROTNONE ACCESSED DIRTY" },
		{ "swap", 0x1234, { T(1) | 1, T(2) | 0x67, 0x7ffffffffffc0000 },
		  CAIRN_FAULT_SWAPPED, 0, 0, "" },
		{ "empty root", 0x1234, { 0 }, CAIRN_FAULT_UNMAPPED, 0, 0, "" },
		{ "64-bit address", 0xffffffffc0101123, { 0 }, CAIRN_FAULT_NONCANONICAL, 0, 0,
		  NULL },
	};

	(void)state;
	CHECK(&paging_i386_pae, ways);
}

/* ---- what hostile tables do ---- */

/* An entry that names its own table: the walk ends with the levels. */
static void circular(void **state)
{
	struct testmem mem = { 0 };
	struct paging_result r;
	struct image *img;

	(void)state;
	testmem_add(&mem, BASE, MIB);
	testmem_put(&mem, BASE, BASE | 0x63, 8);
	img = testmem_open(&mem);
	r = paging_lookup(&paging_x86_64_l4, img, BASE, 0x123);
	assert_int_equal(r.fault, CAIRN_FAULT_NONE); /* its own page, as the processor has it */
	assert_int_equal(r.paddr, BASE + 0x123);
	image_close(img);
	testmem_free(&mem);
}

/* A table that lies in the part of the file that is cut off: named, with its address. */
static void truncated(void **state)
{
	struct testmem mem = { 0 };
	struct cairn_err err = { 0 };
	struct paging_result r;
	struct paging_walk w;
	struct image *img;

	(void)state;
	testmem_add(&mem, BASE, MIB);
	testmem_put(&mem, BASE, T(15) | 0x63, 8);
	img = testmem_open_part(&mem, 0x20000);
	assert_non_null(img);
	r = paging_lookup(&paging_x86_64_l4, img, BASE, 0x123);
	assert_int_equal(r.fault, CAIRN_FAULT_TRUNCATED);
	assert_int_equal(r.entry_addr, T(15));
	w = paging_begin(&paging_x86_64_l4, img, BASE, 0x123);
	assert_int_equal(paging_step(&w, &err), CAIRN_OK);
	assert_int_equal(paging_step(&w, &err), CAIRN_FAULT);
	assert_int_equal(err.addr, T(15));
	assert_memory_equal(err.text, "PUD entry of 0x123: physical address 0x1f0000: ", 47);
	image_close(img);
	testmem_free(&mem);
}

/* A root that is no multiple of an entry's size is one that is; at the end of the address
 * space there is nothing. */
static void crooked_root(void **state)
{
	struct testmem mem = { 0 };
	struct paging_result r;
	struct image *img;

	(void)state;
	testmem_add(&mem, BASE, 0x2000);
	testmem_put(&mem, BASE + 0xff8, (BASE + 0x1000) | 0x63, 8);
	testmem_put(&mem, BASE + 0x1000, 0x400000e3, 8);
	img = testmem_open(&mem);
	r = paging_lookup(&paging_x86_64_l4, img, BASE + 0xfff, 0x123);
	assert_int_equal(r.fault, CAIRN_FAULT_NONE);
	assert_int_equal(r.paddr, 0x40000123);
	r = paging_lookup(&paging_x86_64_l4, img, UINT64_MAX, UINT64_MAX);
	assert_int_equal(r.fault, CAIRN_FAULT_ABSENT);
	assert_int_equal(r.entry_addr, 0xff0);
	image_close(img);
	testmem_free(&mem);
}

static void step_past_the_end(void **state)
{
	struct testmem mem = { 0 };
	struct cairn_err err;
	struct paging_walk w;
	struct image *img;

	(void)state;
	testmem_add(&mem, BASE, 0x1000);
	img = testmem_open(&mem);
	w = paging_begin(&paging_i386, img, BASE, 0);
	assert_int_equal(paging_step(&w, NULL), CAIRN_OK);
	assert_int_equal(w.kind, PAGING_NONE);
	assert_int_equal(paging_step(&w, &err), CAIRN_USAGE);
	image_close(img);
	testmem_free(&mem);
}

static void ignored_bits(void **state)
{
	struct testmem mem = { 0 };
	struct paging_form f = paging_x86_64_l4;
	struct paging_result r;
	struct image *img;

	(void)state;
	testmem_add(&mem, BASE, MIB);
	testmem_put(&mem, BASE, C_BIT | T(1) | 0x63, 8);
	testmem_put(&mem, T(1), C_BIT | 0x40000000 | 0xe3, 8);
	img = testmem_open(&mem);
	assert_int_equal(paging_lookup(&f, img, BASE, 0x1234).fault, CAIRN_FAULT_ABSENT);
	paging_ignore(&f, C_BIT);
	r = paging_lookup(&f, img, BASE, 0x1234);
	assert_int_equal(r.fault, CAIRN_FAULT_NONE);
	assert_int_equal(r.paddr, 0x40001234);
	image_close(img);
	testmem_free(&mem);
}

/* Flags that do not fit are left out, and the text ends. */
static void short_buffer(void **state)
{
	static const struct paging_rule rule = { .flags = NULL };
	struct paging_walk w = { .rule = &rule };
	char text[12];

	(void)state;
	assert_string_equal(paging_describe(&w, text, sizeof(text)), "");
	w.rule = &paging_x86_64_l4.level[0].rules[0];
	w.entry = 0x67;
	assert_string_equal(paging_describe(&w, text, sizeof(text)), "PRESENT RW");
	assert_string_equal(paging_describe(&w, text, 1), "");
}

/* What an entry says by itself. */
static void test_entry(void **state)
{
	struct paging_walk w;
	char flags[256];

	(void)state;
	w = paging_entry(&paging_x86_64_l4, 3, UINT64_C(0x8000000012345067));
	assert_int_equal(w.kind, PAGING_PAGE);
	assert_int_equal(w.paddr, 0x12345000);
	assert_string_equal(paging_describe(&w, flags, sizeof(flags)),
			    "PRESENT RW USER ACCESSED DIRTY NX");
	w = paging_entry(&paging_x86_64_l4, 0, 0x12345067);
	assert_int_equal(w.kind, PAGING_TABLE);
	assert_int_equal(w.paddr, 0x12345000);
	w = paging_entry(&paging_x86_64_l4, 2, 0x124000e3);
	assert_int_equal(w.kind, PAGING_PAGE);
	assert_int_equal(w.rule->page_shift, 21);
	assert_int_equal(paging_entry(&paging_x86_64_l4, 3, 0).kind, PAGING_NONE);
	assert_int_equal(paging_entry(&paging_x86_64_l4, 3, UINT64_C(0x1234567800000000)).kind,
			 PAGING_SWAPPED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(x86_64), cmocka_unit_test(x86_64_5_levels),
		cmocka_unit_test(i386), cmocka_unit_test(i386_pae), cmocka_unit_test(circular),
		cmocka_unit_test(truncated), cmocka_unit_test(crooked_root),
		cmocka_unit_test(step_past_the_end), cmocka_unit_test(ignored_bits),
		cmocka_unit_test(short_buffer), cmocka_unit_test(test_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
