/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/mem.h"
#include "lib/image/note.h"
#include "lib/image/regs.h"
#include "lib/image/testdump.h"

static const struct { enum arch_id id; size_t size; } machines[] = {
	{ ARCH_X86_64, 336 }, { ARCH_I386, 144 }, { ARCH_ARM, 148 }, { ARCH_ARM64, 392 },
};

/* QEMUCPUState: register i holds base + i, segment s has selector 0x100 + s and base
 * base + 0x1000 + s, cr i is base + 0x2000 + i. */
static void qemu_note(struct td *t, uint64_t base, unsigned cs, size_t size)
{
	struct td d = { 0 };

	td_uint(&d, 0, 1, 4);
	td_uint(&d, 4, size, 4);
	for (unsigned i = 0; i < 18; i++)
		td_uint(&d, 8 + i * 8, base + i, 8);
	for (unsigned s = 0; s < 10; s++) {
		td_uint(&d, 152 + s * 24, s ? 0x100 + s : cs, 4);
		td_uint(&d, 152 + s * 24 + 16, base + 0x1000 + s, 8);
	}
	for (unsigned i = 0; i < 5; i++)
		td_uint(&d, 392 + i * 8, base + 0x2000 + i, 8);
	if (size >= 440)
		td_uint(&d, 432, base + 0x3000, 8);
	td_need(&d, size);
	td_note(t, "QEMU", 0, d.data, size);
	td_free(&d);
}

static void read_notes(struct vcpu_notes *v, enum arch_id id, const struct td *t, struct arena *a)
{
	assert_int_equal(regs_read_notes(v, arch_by_id(id), t->data, t->len, a, NULL), CAIRN_OK);
}

static void test_prstatus(void **state)
{
	(void)state;
	for (size_t m = 0; m < 4; m++) {
		const struct arch *arch = arch_by_id(machines[m].id);
		struct arena a = { 0 };
		struct vcpu_notes v;
		struct td t = { 0 };

		td_prstatus(&t, arch, machines[m].size, 11, 0x1000);
		td_note(&t, "CORE", 2, "fpu", 3);
		td_prstatus(&t, arch, machines[m].size, 12, 0x2000);
		assert_ptr_equal(note_guess_arch(t.data, t.len), arch);
		read_notes(&v, machines[m].id, &t, &a);
		assert_int_equal(v.n, 2);
		for (unsigned i = 0; i < 2; i++) {
			const struct vcpu_note *n = &v.note[i];

			assert_int_equal(n->index, i);
			assert_int_equal(n->pid, 11 + i);
			assert_false(n->have_qemu);
			assert_ptr_equal(n->regs.arch, arch);
			for (unsigned r = 0; r < arch->nregs; r++)
				assert_int_equal(n->regs.r[r], 0x1000 * (i + 1) + r);
			assert_int_equal(regs_pc(&n->regs), 0x1000 * (i + 1) + arch->pc);
			assert_int_equal(regs_sp(&n->regs), 0x1000 * (i + 1) + arch->sp);
			assert_int_equal(regs_fp(&n->regs), 0x1000 * (i + 1) + arch->fp);
		}
		arena_deinit(&a);
		td_free(&t);
	}
}

/* GS of the kernel: the live base in kernel mode, the swapped-out one in user mode. */
static void test_qemu(void **state)
{
	const struct arch *arch = arch_by_id(ARCH_X86_64);
	struct arena a = { 0 };
	struct vcpu_notes v;
	struct td t = { 0 };

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		td_prstatus(&t, arch, 336, i + 1, 0x100000 * i);
	qemu_note(&t, 0x10000000, 0x10, 440);
	qemu_note(&t, 0x20000000, 0x33, 440);
	qemu_note(&t, 0x30000000, 0x33, 432);
	read_notes(&v, ARCH_X86_64, &t, &a);
	assert_int_equal(v.n, 4);
	assert_true(v.note[0].have_qemu && v.note[1].have_qemu && v.note[2].have_qemu);
	assert_false(v.note[3].have_qemu);
	assert_int_equal(v.note[0].kernel_gs, 0x10001004);
	assert_int_equal(v.note[1].kernel_gs, 0x20003000);
	assert_int_equal(v.note[2].kernel_gs, 0);
	assert_int_equal(v.note[0].fs_base, 0x10001003);
	assert_int_equal(v.note[0].tr_base, 0x10001007);
	assert_int_equal(v.note[0].idt_base, 0x10001009);
	assert_int_equal(v.note[0].cr3, 0x10002003);
	assert_int_equal(regs_pc(&v.note[1].regs), 0x100000 + arch->pc);
	arena_deinit(&a);
	td_free(&t);
}

/* A PRSTATUS that is too short is skipped, and the notes after it keep their places. */
static void test_short_prstatus(void **state)
{
	const struct arch *arch = arch_by_id(ARCH_X86_64);
	struct arena a = { 0 };
	struct vcpu_notes v;
	struct td t = { 0 };

	(void)state;
	td_prstatus(&t, arch, 336, 1, 0);
	td_note(&t, "CORE", NT_PRSTATUS, "too short", 9);
	td_prstatus(&t, arch, 336, 3, 0x300);
	qemu_note(&t, 0x10000000, 0x10, 440);
	qemu_note(&t, 0x20000000, 0x10, 440);
	qemu_note(&t, 0x30000000, 0x10, 440);
	td_note(&t, "QEMU", 0, "too short", 9);
	read_notes(&v, ARCH_X86_64, &t, &a);
	assert_int_equal(v.n, 2);
	assert_int_equal(v.note[1].index, 2);
	assert_int_equal(v.note[1].pid, 3);
	assert_int_equal(v.note[0].cr3, 0x10002003);
	assert_int_equal(v.note[1].cr3, 0x30002003);
	arena_deinit(&a);
	td_free(&t);
}

/* Where only QEMU's notes are left, they give the same registers. */
static void test_qemu_alone(void **state)
{
	static const struct { enum arch_id id; const char *reg; uint64_t value; } want[] = {
		{ ARCH_X86_64, "rax", 0 },	{ ARCH_X86_64, "rbx", 1 },
		{ ARCH_X86_64, "rcx", 2 },	{ ARCH_X86_64, "rdx", 3 },
		{ ARCH_X86_64, "rsi", 4 },	{ ARCH_X86_64, "rdi", 5 },
		{ ARCH_X86_64, "rsp", 6 },	{ ARCH_X86_64, "rbp", 7 },
		{ ARCH_X86_64, "r8", 8 },	{ ARCH_X86_64, "r15", 15 },
		{ ARCH_X86_64, "rip", 16 },	{ ARCH_X86_64, "eflags", 17 },
		{ ARCH_X86_64, "fs_base", 0x1003 }, { ARCH_X86_64, "gs_base", 0x1004 },
		{ ARCH_I386, "eax", 0 },	{ ARCH_I386, "ebx", 1 },
		{ ARCH_I386, "esp", 6 },	{ ARCH_I386, "ebp", 7 },
		{ ARCH_I386, "eip", 16 },	{ ARCH_I386, "eflags", 17 },
	};
	struct arena a = { 0 };
	struct vcpu_notes v;
	struct td t = { 0 };

	(void)state;
	qemu_note(&t, 0x10000000, 0x10, 440);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct arch *arch = arch_by_id(want[i].id);
		unsigned r = 0;

		read_notes(&v, want[i].id, &t, &a);
		assert_int_equal(v.n, 1);
		assert_true(v.note[0].have_qemu);
		while (strcmp(arch->reg_names[r], want[i].reg))
			assert_true(++r < arch->nregs);
		assert_int_equal(v.note[0].regs.r[r], 0x10000000 + want[i].value);
	}
	read_notes(&v, ARCH_X86_64, &t, &a);
	assert_int_equal(v.note[0].regs.r[17], 0x10);  /* cs */
	assert_int_equal(v.note[0].regs.r[20], 0x105); /* ss */
	read_notes(&v, ARCH_ARM64, &t, &a);
	assert_int_equal(v.n, 0);
	arena_deinit(&a);
	td_free(&t);
}

static void test_nothing(void **state)
{
	struct arena a = { 0 };
	struct vcpu_notes v;

	(void)state;
	assert_int_equal(regs_read_notes(&v, arch_by_id(ARCH_X86_64), NULL, 0, &a, NULL), CAIRN_OK);
	assert_int_equal(v.n, 0);
	assert_int_equal(regs_read_notes(&v, NULL, "x", 1, &a, NULL), CAIRN_OK);
	assert_int_equal(v.n, 0);
	assert_null(note_guess_arch("x", 1));
	arena_deinit(&a);
}

/* Cut anywhere: what is whole is read. */
static void test_cut(void **state)
{
	struct td t = { 0 };
	size_t most = 0;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		td_prstatus(&t, arch_by_id(ARCH_X86_64), 336, i + 1, 0);
	for (unsigned i = 0; i < 3; i++)
		qemu_note(&t, 0, 0x10, 440);
	for (size_t len = 0; len <= t.len; len++) {
		unsigned char *copy = malloc(len + 1);
		struct arena a = { 0 };
		struct vcpu_notes v;

		memcpy(copy, t.data, len);
		assert_int_equal(regs_read_notes(&v, arch_by_id(ARCH_X86_64), copy, len, &a, NULL),
				 CAIRN_OK);
		assert_true(v.n >= most && v.n <= 3);
		most = v.n;
		arena_deinit(&a);
		free(copy);
	}
	assert_int_equal(most, 3);
	td_free(&t);
}

static void test_out_of_memory(void **state)
{
	struct arena a = { 0 };
	struct cairn_err err;
	struct vcpu_notes v;
	struct td t = { 0 };

	(void)state;
	td_prstatus(&t, arch_by_id(ARCH_X86_64), 336, 1, 0);
	mem_fail_after(0);
	assert_int_equal(regs_read_notes(&v, arch_by_id(ARCH_X86_64), t.data, t.len, &a, &err),
			 CAIRN_NOMEM);
	mem_fail_after(-1);
	assert_int_equal(v.n, 0);
	arena_deinit(&a);
	td_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prstatus),
		cmocka_unit_test(test_qemu),
		cmocka_unit_test(test_short_prstatus),
		cmocka_unit_test(test_qemu_alone),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
