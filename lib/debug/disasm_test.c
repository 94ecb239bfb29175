/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/debug/disasm.h"

static struct instruction one(enum arch_id id, const char *bytes, size_t len, uint64_t addr)
{
	struct instruction i = { .size = 99 };
	struct disasm d;

	assert_int_equal(disasm_init(&d, arch_by_id(id), NULL), CAIRN_OK);
	assert_true(disasm_one(&d, (const unsigned char *)bytes, len, addr, &i));
	disasm_deinit(&d);
	return i;
}

static void machines(void **state)
{
	struct instruction i = one(ARCH_X86_64, "\xe8\x00\x01\x00\x00", 5, 0xffffffff81000000);

	(void)state;
	assert_true(i.valid);
	assert_int_equal(i.size, 5);
	assert_string_equal(i.mnemonic, "callq");
	assert_int_equal(i.target, 0xffffffff81000105);
	assert_true(i.branches);
	assert_memory_equal(i.bytes, "\xe8\x00\x01\x00\x00", 5);
	i = one(ARCH_X86_64, "\x48\x8b\x05\x10\x00\x00\x00", 7, 0xffffffff81000000);
	assert_int_equal(i.target, 0xffffffff81000017); /* mov 0x10(%rip), %rax */
	assert_false(i.branches);
	i = one(ARCH_X86_64, "\xff\x15\x10\x00\x00\x00", 6, 0xffffffff81000000);
	assert_int_equal(i.target, 0xffffffff81000016); /* callq *0x10(%rip) */
	assert_false(i.branches);
	i = one(ARCH_X86_64, "\x48\x89\xe5", 3, 0);
	assert_string_equal(i.operands, "%rsp, %rbp");
	assert_int_equal(i.target, 0);
	i = one(ARCH_I386, "\xeb\xfe", 2, 0xc1000000);
	assert_int_equal(i.target, 0xc1000000);
	i = one(ARCH_ARM, "\x00\x00\x00\xeb", 4, 0xc0000000);
	assert_string_equal(i.mnemonic, "bl");
	assert_int_equal(i.target, 0xc0000008);
	i = one(ARCH_ARM64, "\x01\x00\x00\x94", 4, 0xffff800008000000);
	assert_string_equal(i.mnemonic, "bl");
	assert_int_equal(i.target, 0xffff800008000004);
	assert_true(i.branches);
	i = one(ARCH_ARM64, "\x00\x00\x00\x90", 4, 0xffff800008000010); /* adrp x0, here */
	assert_int_equal(i.target, 0xffff800008000000);
	assert_false(i.branches);
	i = one(ARCH_ARM64, "\x40\x00\x00\xb4", 4, 0xffff800008000000); /* cbz x0, +8 */
	assert_int_equal(i.target, 0xffff800008000008);
}

/* Their names, with a blank behind each. */
static const char *reads_of(enum arch_id id, const char *bytes, size_t len)
{
	static char text[128];
	const struct arch *arch = arch_by_id(id);
	struct instruction i;
	unsigned at[DISASM_READS];
	struct disasm d;
	size_t n;

	assert_int_equal(disasm_init(&d, arch, NULL), CAIRN_OK);
	assert_true(disasm_one(&d, (const unsigned char *)bytes, len, 0x1000, &i));
	n = disasm_reads(&d, &i, arch, at);
	disasm_deinit(&d);
	*text = '\0';
	for (size_t k = 0; k < n; k++)
		strcat(strcat(text, arch->reg_names[at[k]]), " ");
	return text;
}

static void reads(void **state)
{
	(void)state;
	/* movl $1, (%rax,%r12,8); mov %r9d, %ecx; movzbl %ah, %edx; mov 0x10(%rip), %rax */
	assert_string_equal(reads_of(ARCH_X86_64, "\x42\xc7\x04\xe0\x01\x00\x00\x00", 8),
			    "rax r12 ");
	assert_string_equal(reads_of(ARCH_X86_64, "\x44\x89\xc9", 3), "r9 ");
	assert_string_equal(reads_of(ARCH_X86_64, "\x0f\xb6\xd4", 3), "rax ");
	assert_string_equal(reads_of(ARCH_X86_64, "\x48\x8b\x05\x10\x00\x00\x00", 7), "");
	/* sil is of rsi; ud2 reads nothing; add %eax, %eax reads one */
	assert_string_equal(reads_of(ARCH_X86_64, "\x40\x88\x30", 3), "rsi rax ");
	assert_string_equal(reads_of(ARCH_X86_64, "\x0f\x0b", 2), "");
	assert_string_equal(reads_of(ARCH_I386, "\x01\xc0", 2), "eax ");
	/* str r1, [r9]; ldr w1, [x29, #8]; str x30, [x19] */
	assert_string_equal(reads_of(ARCH_ARM, "\x00\x10\x89\xe5", 4), "r1 r9 ");
	assert_string_equal(reads_of(ARCH_ARM64, "\xa1\x0b\x40\xb9", 4), "x29 ");
	assert_string_equal(reads_of(ARCH_ARM64, "\x7e\x02\x00\xf9", 4), "lr x19 ");
}

/* With register n holding n << 12. The first address, and how many there are in its low digit. */
static uint64_t accesses_of(enum arch_id id, const char *bytes, size_t len)
{
	uint64_t regs[ARCH_NREGS], at[DISASM_ACCESSES] = { 0 };
	const struct arch *arch = arch_by_id(id);
	struct instruction i;
	struct disasm d;
	size_t n;

	for (unsigned k = 0; k < ARCH_NREGS; k++)
		regs[k] = (uint64_t)k << 12;
	assert_int_equal(disasm_init(&d, arch, NULL), CAIRN_OK);
	assert_true(disasm_one(&d, (const unsigned char *)bytes, len, 0x1000, &i));
	n = disasm_accesses(&d, &i, arch, regs, at);
	disasm_deinit(&d);
	return at[0] + n;
}

static void accesses(void **state)
{
	(void)state;
	/* mov 0x10(%rax,%rbx,8), %rcx: rax is 10, rbx 5 */
	assert_int_equal(accesses_of(ARCH_X86_64, "\x48\x8b\x4c\xd8\x10", 5), 0x32011);
	/* mov 0x10(%rip), %rax; mov %gs:8, %rax; ud2 */
	assert_int_equal(accesses_of(ARCH_X86_64, "\x48\x8b\x05\x10\x00\x00\x00", 7), 0x1018);
	assert_int_equal(accesses_of(ARCH_X86_64, "\x65\x48\x8b\x04\x25\x08\x00\x00\x00", 9), 0);
	assert_int_equal(accesses_of(ARCH_X86_64, "\x0f\x0b", 2), 0);
	/* mov -0x10(%eax), %eax: eax is 6 */
	assert_int_equal(accesses_of(ARCH_I386, "\x8b\x40\xf0", 3), 0x5ff1);
	/* ldr r1, [r9, #-8]; ldr r1, [r9, r2, lsl #2] is not told */
	assert_int_equal(accesses_of(ARCH_ARM, "\x08\x10\x19\xe5", 4), 0x8ff9);
	assert_int_equal(accesses_of(ARCH_ARM, "\x02\x11\x99\xe7", 4), 0);
	/* ldr w1, [x29, #8]; ldr x1, [x2, x3, lsl #3] */
	assert_int_equal(accesses_of(ARCH_ARM64, "\xa1\x0b\x40\xb9", 4), 0x1d009);
	assert_int_equal(accesses_of(ARCH_ARM64, "\x41\x78\x63\xf8", 4), 0x1a001);
}

static void no_instruction(void **state)
{
	struct instruction i = one(ARCH_X86_64, "\x06\x90", 2, 0);
	struct disasm d;
	struct arch none = { .id = ARCH_NONE, .name = "none" };

	(void)state;
	assert_false(i.valid);
	assert_int_equal(i.size, 1);
	assert_string_equal(i.mnemonic, ".byte");
	assert_string_equal(i.operands, "0x06");
	i = one(ARCH_X86_64, "\xe8\x00", 2, 0); /* cut off */
	assert_false(i.valid);
	assert_int_equal(i.size, 1);
	i = one(ARCH_ARM64, "\xff\xff\xff\xff", 4, 0);
	assert_false(i.valid);
	assert_int_equal(i.size, 4);
	assert_string_equal(i.operands, "0xffffffff");
	i = one(ARCH_ARM, "\xff\xff", 2, 0);
	assert_int_equal(i.size, 2);
	assert_int_equal(disasm_init(&d, &none, NULL), CAIRN_MISSING);
	assert_int_equal(disasm_init(&d, NULL, NULL), CAIRN_MISSING);
	disasm_deinit(&d);
	assert_int_equal(disasm_init(&d, arch_by_id(ARCH_ARM), NULL), CAIRN_OK);
	assert_false(disasm_one(&d, (const unsigned char *)"", 0, 0, &i));
	disasm_deinit(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machines), cmocka_unit_test(reads),
		cmocka_unit_test(accesses), cmocka_unit_test(no_instruction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
