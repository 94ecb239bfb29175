/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/jit.h"
#include "unwind/copied.h"
#include "unwind/fp_x86.h"
#include "unwind/testcopied.h"

#define FTRACE_HEAD TK_BASE
#define SLOTS       (TK_BASE + 0x40)  /* struct kprobe_insn_cache, its list at 8 */
#define OPTSLOTS    (TK_BASE + 0x80)
#define BPF_HEAD    (TK_BASE + 0xc0)
#define TABLE       (TK_BASE + 0x100) /* 64 words */
#define OPS(n)      (TK_BASE + 0x1000 + 0x100 * (uint64_t)(n))
#define PAGES(n)    (TK_BASE + 0x2000 + 0x100 * (uint64_t)(n))
#define PROBE(n)    (TK_BASE + 0x3000 + 0x100 * (uint64_t)(n))
#define KSYM        (TK_BASE + 0x4000)
#define CODE(n)     (TK_BASE + 0x10000 + 0x1000 * (uint64_t)(n))
#define CALLER      UINT64_C(0xffffffff81000000)
#define REGS_CALLER UINT64_C(0xffffffff81000400)
#define PROBED      UINT64_C(0xffffffff81000800)
#define TEMPLATE    0x60u

static void link_to(struct testkern *k, uint64_t at, uint64_t next, uint64_t prev)
{
	tk_put(k, at, next, 8);
	tk_put(k, at + 8, prev, 8);
}

static void trampoline(struct testkern *k, unsigned n, uint64_t code, uint64_t flags)
{
	tk_put(k, OPS(n), code, 8);
	tk_put(k, OPS(n) + 8, 0x154, 8);
	tk_put(k, OPS(n) + 32, flags, 8);
}

static void page(struct testkern *k, uint64_t head, unsigned n, uint64_t code)
{
	link_to(k, head + 8, PAGES(n), PAGES(n));
	link_to(k, PAGES(n), head + 8, head + 8);
	tk_put(k, PAGES(n) + 16, code, 8);
}

static void probe(struct testkern *k, unsigned n, uint64_t slot, uint64_t detour, unsigned flags)
{
	uint64_t head = TABLE + 8 * 7;

	link_to(k, PROBE(n), n ? PROBE(n - 1) : 0, head);
	if (n)
		tk_put(k, PROBE(n - 1) + 8, PROBE(n), 8);
	tk_put(k, head, PROBE(n), 8);
	tk_put(k, PROBE(n) + 16, PROBED + 0x100 * n, 8);
	tk_put(k, PROBE(n) + 24, flags, 4);
	tk_put(k, PROBE(n) + 40, slot, 8);
	tk_put(k, PROBE(n) + 72, detour, 8);
	tk_put(k, PROBE(n) + 80, 7, 8);
}

static void name_all(struct testkern *k)
{
	tk_symbol(k, "ftrace_ops_trampoline_list", FTRACE_HEAD);
	tk_symbol(k, "kprobe_insn_slots", SLOTS);
	tk_symbol(k, "kprobe_optinsn_slots", OPTSLOTS);
	tk_symbol(k, "bpf_kallsyms", BPF_HEAD);
	tk_symbol(k, "kprobe_table", TABLE);
	tk_symbol(k, "ftrace_caller", CALLER);
	tk_symbol(k, "ftrace_regs_caller", REGS_CALLER);
	tk_symbol(k, "optprobe_template_entry", UINT64_C(0xffffffff82000000));
	tk_symbol(k, "optprobe_template_end", UINT64_C(0xffffffff82000000) + TEMPLATE);
}

/* Two ftrace trampolines, three kprobes, one of them a jump, one BPF program. */
static struct testkern *kernel(void)
{
	struct testkern *k = tk_new();

	copied_types(k);
	name_all(k);
	link_to(k, FTRACE_HEAD, OPS(0) + 16, OPS(1) + 16);
	link_to(k, OPS(0) + 16, OPS(1) + 16, FTRACE_HEAD);
	link_to(k, OPS(1) + 16, FTRACE_HEAD, OPS(0) + 16);
	trampoline(k, 0, CODE(0), 3);
	trampoline(k, 1, CODE(1), 7);
	page(k, SLOTS, 0, CODE(2));
	page(k, OPTSLOTS, 1, CODE(3));
	probe(k, 0, CODE(2), 0, 0);
	probe(k, 1, CODE(2) + 16, CODE(3) + 0x100, 4);
	probe(k, 2, CODE(2) + 32, CODE(3) + 0x200, 0);
	link_to(k, BPF_HEAD, KSYM + 0x90, KSYM + 0x90);
	link_to(k, KSYM + 0x90, BPF_HEAD, BPF_HEAD);
	tk_put(k, KSYM, CODE(4), 8);
	tk_put(k, KSYM + 8, CODE(4) + 0x80, 8);
	tk_write(k, CODE(4), "\xf3\x0f\x1e\xfa\x0f\x1f\x44\0\0\x55\x48\x89\xe5", 13);
	tk_write(k, CODE(4) + 0x40, "\xc9\xc3", 2);
	return k;
}

static struct unwinder unwinder(struct testkern *k)
{
	struct cairn *c = tk_open(k, 8);

	jit_add_symbols(c);
	return (struct unwinder){ .c = c, .arena = &c->arena, .mem = reader_of_space(&c->kernel),
				  .syms = &c->syms };
}

static void is(struct unwinder *u, uint64_t ip, enum copied_kind kind, uint64_t original)
{
	uint64_t got = 0;

	assert_int_equal(copied_find(u, ip, &got), kind);
	if (kind != COPIED_NOT && kind != COPIED_REGS)
		assert_int_equal(got, original);
}

static void of_ftrace(void **state)
{
	struct testkern *k = kernel();
	struct unwinder u = unwinder(k);

	(void)state;
	is(&u, CODE(0), COPIED_FTRACE, CALLER);
	is(&u, CODE(0) + 0xc8, COPIED_FTRACE, CALLER + 0xc8);
	is(&u, CODE(1) + 0xc8, COPIED_FTRACE, REGS_CALLER + 0xc8);
	is(&u, CODE(1) + 0x154, COPIED_NOT, 0);
	tk_free(k);
}

static void of_kprobes(void **state)
{
	struct testkern *k = kernel();
	struct unwinder u = unwinder(k);

	(void)state;
	is(&u, CODE(2), COPIED_SLOT, PROBED);
	is(&u, CODE(2) + 16 + 3, COPIED_SLOT, PROBED + 0x103);
	is(&u, CODE(2) + 48, COPIED_NOT, 0);
	is(&u, CODE(3) + 0x100, COPIED_REGS, 0);
	is(&u, CODE(3) + 0x100 + TEMPLATE - 1, COPIED_REGS, 0);
	is(&u, CODE(3) + 0x100 + TEMPLATE + 5, COPIED_DETOUR, PROBED + 0x105);
	is(&u, CODE(3) + 0x100 + TEMPLATE + 8, COPIED_NOT, 0);
	is(&u, CODE(3) + 0x200, COPIED_NOT, 0); /* not optimised: no detour is told */
	is(&u, PROBED, COPIED_NOT, 0);
	tk_free(k);
}

static void of_broken_lists(void **state)
{
	struct testkern *k = kernel();
	struct unwinder u;

	(void)state;
	tk_put(k, PROBE(2), PROBE(2), 8); /* a cycle */
	tk_put(k, OPS(0) + 16, TK_HOLE, 8);
	u = unwinder(k);
	is(&u, CODE(2), COPIED_NOT, 0);
	is(&u, CODE(2) + 32, COPIED_SLOT, PROBED + 0x200);
	is(&u, CODE(0), COPIED_FTRACE, CALLER);
	tk_free(k);
}

static void frame_pointer_seen(void **state)
{
	struct testkern *k = kernel();
	struct unwinder u = unwinder(k);
	uint64_t f = CODE(4);

	(void)state;
	assert_int_equal(fp_x86_stage(&u, f, true), FP_NOT_YET);
	assert_int_equal(fp_x86_stage(&u, f + 9, true), FP_NOT_YET);
	assert_int_equal(fp_x86_stage(&u, f + 10, true), FP_PUSHED);
	assert_int_equal(fp_x86_stage(&u, f + 13, true), FP_SEEN);
	assert_int_equal(fp_x86_stage(&u, f + 0x40, true), FP_SEEN);
	assert_int_equal(fp_x86_stage(&u, f + 0x41, true), FP_NOT_YET);
	assert_int_equal(fp_x86_stage(&u, f + 0x41, false), FP_SEEN);
	assert_int_equal(fp_x86_stage(&u, CODE(0), true), FP_UNKNOWN);
	tk_free(k);
}

static void frame_pointer_told(void **state)
{
	struct testkern *k = kernel();
	struct unwinder u;

	(void)state;
	tk_put(k, KSYM + 16, 13, 4);
	tk_put(k, KSYM + 24, 0x40, 4);
	u = unwinder(k);
	assert_int_equal(fp_x86_stage(&u, CODE(4) + 13, true), FP_TOLD);
	assert_int_equal(fp_x86_stage(&u, CODE(4) + 0x3f, true), FP_TOLD);
	assert_int_equal(fp_x86_stage(&u, CODE(4) + 0x40, false), FP_TOLD);
	assert_int_equal(fp_x86_stage(&u, CODE(4) + 10, true), FP_PUSHED);
	assert_int_equal(fp_x86_stage(&u, CODE(4) + 0x40, true), FP_SEEN);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_ftrace), cmocka_unit_test(of_kprobes),
		cmocka_unit_test(of_broken_lists), cmocka_unit_test(frame_pointer_seen),
		cmocka_unit_test(frame_pointer_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
