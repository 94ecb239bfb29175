/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/debug/dwarfreg.h"

/* The tables by name, in the order of the supplements. */
static const struct {
	enum arch_id id;
	const char *names[DWARF_REGS + 1];
} machines[] = {
	{ ARCH_X86_64, { "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10",
			 "r11", "r12", "r13", "r14", "r15", "rip" } },
	{ ARCH_I386, { "eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip" } },
	{ ARCH_ARM, { "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "fp", "ip",
		      "sp", "lr", "pc" } },
	{ ARCH_ARM64, { "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
			"x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22",
			"x23", "x24", "x25", "x26", "x27", "x28", "x29", "lr", "sp", "pc" } },
};

static void test_names(void **state)
{
	(void)state;
	for (size_t m = 0; m < sizeof(machines) / sizeof(machines[0]); m++) {
		const struct arch *a = arch_by_id(machines[m].id);
		unsigned n = 0;

		for (; machines[m].names[n]; n++) {
			int index = dwarfreg_index(a, n);

			assert_true(index >= 0);
			assert_string_equal(a->reg_names[index], machines[m].names[n]);
			assert_int_equal(dwarfreg_number(a, (unsigned)index), n);
		}
		assert_int_equal(dwarfreg_index(a, n), -1);
		assert_int_equal(dwarfreg_index(a, UINT32_MAX), -1);
	}
	assert_int_equal(dwarfreg_number(arch_by_id(ARCH_X86_64), 17), -1);
}

static void preserved_are(enum arch_id id, const char *const names[])
{
	const struct arch *a = arch_by_id(id);
	size_t n = 0;

	for (unsigned i = 0; i < 2 * DWARF_REGS; i++) {
		if (!dwarfreg_is_preserved(a, i))
			continue;
		assert_non_null(names[n]);
		assert_string_equal(a->reg_names[dwarfreg_index(a, i)], names[n++]);
	}
	assert_null(names[n]);
}

static void test_preserved(void **state)
{
	static const char *const x86_64[] = { "rbx", "rbp", "r12", "r13", "r14", "r15", NULL };
	static const char *const i386[] = { "ebx", "ebp", "esi", "edi", NULL };
	static const char *const arm[] = { "r4", "r5", "r6", "r7", "r8", "r9", "r10", "fp", NULL };
	static const char *const arm64[] = { "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26",
					     "x27", "x28", "x29", NULL };

	(void)state;
	preserved_are(ARCH_X86_64, x86_64);
	preserved_are(ARCH_I386, i386);
	preserved_are(ARCH_ARM, arm);
	preserved_are(ARCH_ARM64, arm64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_preserved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
