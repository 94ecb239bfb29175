/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>

#include "lib/image/arch.h"

static void by_name(void **state)
{
	static const struct { const char *machine; enum arch_id id; } names[] = {
		{ "x86_64", ARCH_X86_64 }, { "i386", ARCH_I386 }, { "i686", ARCH_I386 },
		{ "armv5tel", ARCH_ARM }, { "armv7l", ARCH_ARM }, { "aarch64", ARCH_ARM64 },
		{ "", ARCH_NONE }, { "x86_6", ARCH_NONE }, { "i6860", ARCH_NONE },
		{ "arm64", ARCH_NONE }, { "ppc64le", ARCH_NONE }, { "*", ARCH_NONE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct arch *a = arch_by_utsname(names[i].machine);

		if ((a ? a->id : ARCH_NONE) != names[i].id)
			fail_msg("\"%s\" is %s", names[i].machine, a ? a->name : "no machine");
	}
}

static void by_number(void **state)
{
	(void)state;
	assert_int_equal(arch_by_elf(EM_X86_64)->id, ARCH_X86_64);
	assert_int_equal(arch_by_elf(EM_386)->id, ARCH_I386);
	assert_int_equal(arch_by_elf(EM_ARM)->id, ARCH_ARM);
	assert_int_equal(arch_by_elf(EM_AARCH64)->id, ARCH_ARM64);
	assert_null(arch_by_elf(EM_S390));
	assert_null(arch_by_id(ARCH_NONE));
}

static void foreign(void **state)
{
	(void)state;
	assert_string_equal(arch_foreign_utsname("s390x"), "s390");
	assert_string_equal(arch_foreign_utsname("ppc"), "powerpc");
	assert_string_equal(arch_foreign_utsname("ppc64le"), "powerpc of 64 bits");
	assert_string_equal(arch_foreign_elf(EM_RISCV), "riscv");
	assert_null(arch_foreign_utsname(""));
	assert_null(arch_foreign_utsname("x86_64"));
	assert_null(arch_foreign_elf(EM_NONE));
	assert_null(arch_foreign_elf(EM_ARM));
}

/* What a report calls "R08" is the register "r8", and each is shown once. */
static void shown(void **state)
{
	static const char *const names[] = { "ax", "bx", "cx", "dx", "si", "di", "bp", "8", "9",
					     "10", "11", "12", "13", "14", "15" };
	const struct arch *a = arch_by_id(ARCH_X86_64);
	uint32_t seen = 0;

	(void)state;
	for (size_t i = 0; a->shown[i].name; i++) {
		const char *name = a->shown[i].name;

		assert_false(seen >> a->shown[i].at & 1);
		seen |= 1u << a->shown[i].at;
		assert_int_equal(name[0], 'R');
		assert_int_equal(a->reg_names[a->shown[i].at][0], 'r');
		assert_string_equal(a->reg_names[a->shown[i].at] + 1, names[i]);
	}
	assert_int_equal(seen, 0x7fff);
	assert_string_equal(a->reg_names[a->cs], "cs");
	assert_string_equal(a->reg_names[a->ss], "ss");
	assert_string_equal(a->reg_names[a->orig_ax], "orig_rax");
}

/* struct elf_prstatus ends with pr_reg and an int, padded to a word. */
static void prstatus(void **state)
{
	static const struct { enum arch_id id; unsigned size; } notes[] = {
		{ ARCH_X86_64, 336 }, { ARCH_I386, 144 }, { ARCH_ARM, 148 }, { ARCH_ARM64, 392 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		const struct arch *a = arch_by_id(notes[i].id);
		unsigned end = a->prstatus_regs + (unsigned)a->nregs * a->word;

		assert_int_equal(end + a->word, notes[i].size);
		assert_in_range(a->prstatus_pid, 12, a->prstatus_regs - 4);
	}
}

static void registers(void **state)
{
	static const struct { enum arch_id id; const char *pc, *sp, *fp, *flags; } names[] = {
		{ ARCH_X86_64, "rip", "rsp", "rbp", "eflags" },
		{ ARCH_I386, "eip", "esp", "ebp", "eflags" },
		{ ARCH_ARM, "pc", "sp", "fp", "cpsr" },
		{ ARCH_ARM64, "pc", "sp", "x29", "pstate" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct arch *a = arch_by_id(names[i].id);

		assert_in_range(a->nregs, 1, ARCH_NREGS);
		assert_string_equal(a->reg_names[a->pc], names[i].pc);
		assert_string_equal(a->reg_names[a->sp], names[i].sp);
		assert_string_equal(a->reg_names[a->fp], names[i].fp);
		assert_string_equal(a->reg_names[a->flags], names[i].flags);
		for (unsigned r = 0; r < a->nregs; r++)
			assert_non_null(a->reg_names[r]);
		assert_true(a->nregs == ARCH_NREGS || !a->reg_names[a->nregs]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_name), cmocka_unit_test(by_number), cmocka_unit_test(foreign),
		cmocka_unit_test(prstatus),
		cmocka_unit_test(shown),
		cmocka_unit_test(registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
