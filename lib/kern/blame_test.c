/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/kern/blame.h"

#define MM 0xffff888001000000u
#define STACK 0xffffc90000100000u

static const struct blame_own own[] = {
	{ MM, MM + 0x400, "mm" }, { STACK, STACK + 0x4000, "stack" },
};

static struct said said(const char *id, uint64_t object)
{
	return (struct said){ .f = { .id = id, .severity = CAIRN_ERROR, .object = object } };
}

static bool find(struct blame *b, const struct said *s, size_t n, const char *class,
		 const char *const *function, size_t nfunctions)
{
	struct findings f = { .said = (struct said *)s, .n = n };
	struct blame_case of = { .class = class, .function = function, .nfunctions = nfunctions,
				 .own = own, .nown = 2 };

	return blame_find(b, &f, &of);
}

static void by_function(void **state)
{
	static const char *const gap[] = { "mas_update_gap.part.0", "mas_wr_modify", "do_brk_flags" };
	static const char *const exit_mmap[] = { "exit_mmap", "mmput" };
	static const char *const other[] = { "scen_irq_inner", "scen_irq_outer" };
	struct said s = said("maple.parent.type", 0x1000);
	struct blame b;

	(void)state;
	assert_true(find(&b, &s, 1, "bug", gap, 3));
	assert_ptr_equal(b.said, &s);
	assert_int_equal(b.role, BLAME_VICTIM);
	assert_string_equal(b.function, "mas_update_gap.part.0");
	assert_null(b.own);
	assert_true(find(&b, &s, 1, "bug", exit_mmap, 2));
	assert_string_equal(b.function, "exit_mmap");
	s.f.id = "mm.xa_zero";
	assert_true(find(&b, &s, 1, "null-deref", (const char *const[]){ "m_next" }, 1));
	assert_false(find(&b, &s, 1, "bug", (const char *const[]){ "mas_update_gap" }, 1));
	s.f.id = "maple.parent.type";
	assert_false(find(&b, &s, 1, "bug", other, 2));
	assert_false(find(&b, &s, 1, "sysrq", gap, 3));
	assert_false(find(&b, &s, 0, "bug", gap, 3));
	assert_false(find(&b, &s, 1, NULL, gap, 3));
}

static void machines(void **state)
{
	static const char *const map[] = { "kvm_tdp_mmu_map", "kvm_tdp_page_fault" };
	static const char *const wait[] = { "kvm_async_pf_task_wake" };
	struct said s = said("tdp.mirror.huge-page", 0x1000);
	struct blame b;

	(void)state;
	assert_true(find(&b, &s, 1, "warning", map, 2));
	assert_string_equal(b.function, "kvm_tdp_mmu_map");
	assert_false(find(&b, &s, 1, "warning", wait, 1));
	assert_false(find(&b, &s, 1, "sysrq", map, 2));
	s.f.id = "apf.guest.token";
	assert_true(find(&b, &s, 1, "null-deref", wait, 1));
	assert_false(find(&b, &s, 1, "null-deref", map, 2));
}

/* The crashed task's own tree before another that is just as broken. */
static void own_object_first(void **state)
{
	static const struct cairn_evidence e[] = { { MM + 0x40, 8, "the tree" } };
	static const char *const gap[] = { "mas_update_gap" };
	struct said s[] = { said("maple.gap", 0x1000), said("maple.gap", 0x2000),
			    said("maple.gap", 0x3000) };
	struct blame b;

	(void)state;
	s[1].f.evidence = e;
	s[1].f.nevidence = 1;
	assert_true(find(&b, s, 3, "bug", gap, 1));
	assert_ptr_equal(b.said, &s[1]);
	assert_string_equal(b.own, "mm");
}

static void by_register(void **state)
{
	static const char *const gap[] = { "mas_update_gap" };
	const uint64_t reg[] = { 1, 0x301e };
	struct said s[] = { said("maple.gap", 0x1000), said("maple.gap", 0x3000) };
	struct findings f = { .said = s, .n = 2 };
	struct blame_case of = { .class = "bug", .function = gap, .nfunctions = 1, .reg = reg,
				 .nregs = 2 };
	struct blame b;

	(void)state;
	assert_true(blame_find(&b, &f, &of));
	assert_ptr_equal(b.said, &s[1]);
	assert_true(b.by_register);
}

/* A task that is past its mm still has it in a register. */
static void by_message(void **state)
{
	static const char *const exit_mmap[] = { "exit_mmap" };
	const uint64_t reg[] = { 0x8, MM };
	struct said s[] = { said("maple.gap", 0x1000), said("maple.gap", 0x3000) };
	struct findings f = { .said = s, .n = 2 };
	struct blame_case of = { .class = "bug", .function = exit_mmap, .nfunctions = 1, .reg = reg,
				 .nregs = 2 };
	struct blame b;

	(void)state;
	s[0].f.message = "mm_mt of mm 0xffff888002000000 is off by 0x8";
	s[1].f.message = "mm_mt of mm 0xffff888001000000 (PID 1)";
	assert_true(blame_find(&b, &f, &of));
	assert_ptr_equal(b.said, &s[1]);
	assert_true(b.by_register);
	s[1].f.message = NULL;
	assert_true(blame_find(&b, &f, &of));
	assert_false(b.by_register);
}

static void stacks(void **state)
{
	struct said s = said("stack.overflow", STACK), other = said("stack.overflow", 0x1000);
	struct said magic = said("stack.magic", STACK);
	struct blame b;

	(void)state;
	assert_true(find(&b, &s, 1, "stack-overflow", NULL, 0));
	assert_int_equal(b.role, BLAME_CULPRIT);
	assert_string_equal(b.own, "stack");
	assert_false(find(&b, &other, 1, "stack-overflow", NULL, 0));
	assert_true(find(&b, &magic, 1, "stack-overflow", NULL, 0));
	assert_null(blame_role_name(b.role));
}

static void locks(void **state)
{
	static const struct cairn_evidence e[] = { { STACK + 0x3f00, 32, "waits here" } };
	struct said s = said("lock.cycle", 0x1000);
	struct blame b;

	(void)state;
	assert_true(find(&b, &s, 1, "hung-task", NULL, 0));
	assert_null(b.own);
	s.f.evidence = e;
	s.f.nevidence = 1;
	assert_true(find(&b, &s, 1, "hung-task", NULL, 0));
	assert_string_equal(b.own, "stack");
	assert_string_equal(blame_role_name(b.role), "witness");
	assert_false(find(&b, &s, 1, "null-deref", NULL, 0));
}

static void slab(void **state)
{
	static const char *const alloc[] = { "kmem_cache_alloc_noprof" }, *const user[] = { "f" };
	struct said s = said("slab.freelist", 0x1000);
	struct blame b;

	(void)state;
	assert_true(find(&b, &s, 1, "gp-fault", alloc, 1));
	assert_true(find(&b, &s, 1, "slab-corruption", user, 1));
	assert_false(find(&b, &s, 1, "gp-fault", user, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_function), cmocka_unit_test(machines), cmocka_unit_test(own_object_first),
		cmocka_unit_test(by_register), cmocka_unit_test(stacks), cmocka_unit_test(locks),
		cmocka_unit_test(slab), cmocka_unit_test(by_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
