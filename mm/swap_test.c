/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/testkern.h"
#include "mm/swap.h"
#include "mm/swap_form.h"

static void expect(const struct paging_form *form, enum arch_id arch, uint64_t pte, unsigned type,
		   uint64_t offset)
{
	struct cairn c = { .arch = arch_by_id(arch), .layout.form = *form };
	struct swap_entry e;

	assert_true(swap_decode(&c, pte, &e));
	assert_int_equal(e.type, type);
	assert_int_equal(e.offset, offset);
	assert_int_equal(e.kind, type < 22 ? SWAP_AREA : SWAP_UNTOLD);
}

/* What __swp_entry() makes: the type above, the offset inverted between. */
static uint64_t wide(uint64_t type, uint64_t offset)
{
	return type << 59 | ~offset << 14 >> 5;
}

static void test_x86(void **state)
{
	(void)state;
	expect(&paging_x86_64_l4, ARCH_X86_64, wide(0, 1), 0, 1);
	expect(&paging_x86_64_l4, ARCH_X86_64, wide(3, 0x12345), 3, 0x12345);
	expect(&paging_i386_pae, ARCH_I386, wide(31, 7), 31, 7);
	expect(&paging_i386, ARCH_I386, 5 << 9 | 2 << 1, 2, 5);
}

/* Without the kernel's code nothing is known. */
static void test_not_told(void **state)
{
	struct cairn c = { .arch = arch_by_id(ARCH_ARM) };
	struct swap_entry e;

	(void)state;
	assert_false(swap_decode(&c, 0x100, &e));
}

/* ---- where ARM's fields are ---- */

/* The begin of do_swap_page() of Debian's 6.1, 6.12 and 7.2, what is of no matter left out. */
static void test_arm64(void **state)
{
	static const uint32_t of_6_1[] = {
		0xd343fe60, /* lsr x0, x19, #3 */
		0xd348e673, /* ubfx x19, x19, #8, #50 */
		0xd37afc00, /* lsr x0, x0, #58 */
	};
	static const uint32_t of_6_12[] = {
		0xd346fe61, /* lsr x1, x19, #6 */
		0xd34cf673, /* ubfx x19, x19, #12, #50 */
	};
	static const uint32_t both[] = { 0xd348e673, 0xd34cf673 };
	struct swap_form f;

	(void)state;
	assert_true(swap_form_arm64(of_6_1, 3, &f));
	assert_int_equal(f.type_shift, 3);
	assert_int_equal(f.offset_shift, 8);
	assert_int_equal(f.offset_bits, 50);
	assert_true(swap_form_arm64(of_6_12, 2, &f));
	assert_int_equal(f.type_shift, 6);
	assert_int_equal(f.offset_shift, 12);
	assert_false(swap_form_arm64(both, 2, &f));
	assert_false(swap_form_arm64(of_6_1, 1, &f));
	assert_false(swap_form_arm64(NULL, 0, &f));
}

static void test_arm(void **state)
{
	static const uint32_t of_6_1[] = {
		0xe1a03c07, /* lsl r3, r7, #24 */
		0xe203331f, /* and r3, r3, #0x7c000000 */
		0xe18373a7, /* orr r7, r3, r7, lsr #7 */
	};
	static const uint32_t of_6_3[] = {
		0xe203347c, /* and r3, r3, #0x7c000000, its other spelling */
		0xe1837427, /* orr r7, r3, r7, lsr #8 */
	};
	static const uint32_t far[] = { 0xe203331f, 0, 0, 0, 0, 0xe18373a7 };
	struct swap_form f;

	(void)state;
	assert_true(swap_form_arm(of_6_1, 3, &f));
	assert_int_equal(f.type_shift, 2);
	assert_int_equal(f.offset_shift, 7);
	assert_true(swap_form_arm(of_6_3, 2, &f));
	assert_int_equal(f.type_shift, 2);
	assert_int_equal(f.offset_shift, 8);
	assert_false(swap_form_arm(of_6_1 + 2, 1, &f));
	assert_false(swap_form_arm(far, 6, &f));
}

/* ---- a kernel that names its areas ---- */

#define AREAS 26 /* of 6.1 with poison, three of migration, a marker and a read error */
#define CODE  (TK_BASE + 0x1000)

static const struct sym symbols[] = {
	{ .name = "do_swap_page", .addr = CODE, .size = 8, .type = 'T' },
	{ .name = "memory_failure", .addr = CODE + 8, .size = 8, .type = 'T' },
	{ .name = "migrate_pages", .addr = CODE + 16, .size = 8, .type = 'T' },
	{ .name = "swap_info", .addr = TK_BASE, .size = AREAS * 8, .type = 'B' },
};

static bool at(void *self, size_t i, struct sym *ret)
{
	(void)self;
	if (i >= sizeof(symbols) / sizeof(symbols[0]))
		return false;
	*ret = symbols[i];
	return true;
}

static bool by_name(void *self, const char *name, size_t n, struct sym *ret)
{
	for (size_t i = 0; at(self, i, ret); i++)
		if (!strcmp(ret->name, name))
			return n == 0;
	return false;
}

static bool by_addr(void *self, uint64_t addr, struct sym *ret)
{
	(void)self, (void)addr, (void)ret;
	return false;
}

static struct cairn *open_kernel(struct testkern *k, enum arch_id arch)
{
	static const struct sym_source_ops ops = { by_addr, by_name, at };
	static const struct type_enumerator flags[] = { { .name = "PG_anon_exclusive", .value = 16 } };
	struct cairn *c;

	tk_enum(k, "pageflags", flags, 1);
	c = tk_open(k, 8);
	c->arch = arch_by_id(arch);
	c->layout.form = paging_x86_64_l4;
	if (syms_add(&c->syms, "symbols", 0, 0, &ops, NULL, NULL))
		fail();
	return c;
}

static void expect_kind(struct cairn *c, unsigned type, uint64_t offset, enum swap_kind kind)
{
	struct swap_entry e;

	assert_true(swap_decode(c, wide(type, offset), &e));
	assert_int_equal(e.type, type);
	assert_int_equal(e.kind, kind);
}

static void test_kinds(void **state)
{
	struct testkern *k = tk_new();
	struct cairn *c = open_kernel(k, ARCH_X86_64);

	(void)state;
	expect_kind(c, 21, 5, SWAP_AREA);
	expect_kind(c, 25, 5, SWAP_AREA);
	expect_kind(c, 26, 0x1234, SWAP_POISON);
	expect_kind(c, 27, 0x1234, SWAP_MIGRATION);
	expect_kind(c, 29, 0x1234, SWAP_MIGRATION);
	expect_kind(c, 30, 1, SWAP_MARKER);
	expect_kind(c, 31, 0x1234, SWAP_DEVICE);
	assert_string_equal(swap_kind_name(SWAP_MIGRATION), "migration");
	assert_null(swap_kind_name(SWAP_AREA));
	tk_free(k);
}

static void test_arm64_kernel(void **state)
{
	struct testkern *k = tk_new();
	struct swap_entry e;
	struct cairn *c;

	(void)state;
	tk_put(k, CODE, 0xd346fe61, 4);
	tk_put(k, CODE + 4, 0xd34cf673, 4);
	c = open_kernel(k, ARCH_ARM64);
	/* with bit 2, which says that it was exclusive, and bit 3, userfaultfd's */
	assert_true(swap_decode(c, UINT64_C(0x123456) << 12 | 3 << 6 | 0xc, &e));
	assert_int_equal(e.type, 3);
	assert_int_equal(e.offset, 0x123456);
	assert_int_equal(e.kind, SWAP_AREA);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86), cmocka_unit_test(test_not_told),
		cmocka_unit_test(test_arm64), cmocka_unit_test(test_arm), cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_arm64_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
