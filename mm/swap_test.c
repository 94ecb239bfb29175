/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "mm/swap.h"

static void expect(const struct paging_form *form, enum arch_id arch, uint64_t pte, unsigned type,
		   uint64_t offset)
{
	struct cairn c = { .arch = arch_by_id(arch), .layout.form = *form };
	struct swap_entry e;

	assert_true(swap_decode(&c, pte, &e));
	assert_int_equal(e.type, type);
	assert_int_equal(e.offset, offset);
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

static void test_not_told(void **state)
{
	struct cairn c = { .arch = arch_by_id(ARCH_ARM) };
	struct swap_entry e;

	(void)state;
	assert_false(swap_decode(&c, 0x100, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86), cmocka_unit_test(test_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
