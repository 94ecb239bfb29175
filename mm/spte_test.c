/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/testkern.h"
#include "mm/tdp.h"

#define BIT(n) (UINT64_C(1) << (n))

/* Which variables a kernel's KVM has; ends with name NULL. */
struct variable {
	const char *name;
	uint64_t value;
};

static const struct variable common[] = {
	{ "shadow_present_mask", 1 }, { "shadow_user_mask", 4 }, { "shadow_nx_mask", BIT(63) },
	{ "shadow_accessed_mask", 0x20 }, { "shadow_dirty_mask", 0x40 },
	{ "shadow_mmio_value", UINT64_C(0x8000000000001) },
	{ "shadow_mmio_mask", UINT64_C(0x8000000000001) }, { "nx_huge_pages", 1 },
	{ NULL, 0 },
};
static const struct variable of_6_1[] = {
	{ "shadow_host_writable_mask", 0x200 }, { "shadow_mmu_writable_mask", 0x400 },
	{ "shadow_x_mask", 0 }, { "shadow_phys_bits", 40 }, { NULL, 0 },
};
static const struct variable of_7_2[] = {
	{ "shadow_host_writable_mask", 0x200 }, { "shadow_mmu_writable_mask", 0x400 },
	{ "shadow_xs_mask", 0 }, { "shadow_xu_mask", 0 }, { "shadow_phys_bits", 40 },
	{ NULL, 0 },
};
static const struct variable ept_of_7_2[] = { /* synthetic: no dump of such a host is at hand */
	{ "shadow_present_mask", BIT(63) }, { "shadow_user_mask", 0 }, { "shadow_nx_mask", 0 },
	{ "shadow_accessed_mask", BIT(8) }, { "shadow_dirty_mask", BIT(9) },
	{ "shadow_xs_mask", 4 }, { "shadow_xu_mask", BIT(10) },
	{ "shadow_host_writable_mask", BIT(53) }, { "shadow_mmu_writable_mask", BIT(55) },
	{ "shadow_mmio_value", 6 }, { "shadow_mmio_mask", 7 | BIT(63) },
	{ "shadow_mmio_access_mask", 0 }, { "shadow_acc_track_mask", 7 | BIT(10) },
	{ "shadow_phys_bits", 46 }, { "nx_huge_pages", 1 },
	{ "shadow_nonpresent_or_rsvd_mask", UINT64_C(0x1f) << 41 },
	{ "shadow_nonpresent_or_rsvd_lower_gfn_mask", BIT(41) - BIT(12) },
	{ NULL, 0 },
};

static void declare(struct testkern *k, uint64_t *at, const struct variable *v)
{
	for (; v->name; v++, *at += 8) {
		tk_put(k, *at, v->value, 8);
		tk_symbol(k, v->name, *at);
	}
}

static struct spte_form form_of(const struct variable *a, const struct variable *b, bool per_vm)
{
	struct testkern *k = tk_new();
	uint64_t at = TK_BASE;
	struct spte_form f;
	struct cairn_err err;

	declare(k, &at, a);
	if (b)
		declare(k, &at, b);
	if (spte_form_init(&f, tk_open(k, 8), per_vm, &err))
		fail_msg("%s", err.text);
	tk_free(k);
	return f;
}

static void expect_flags(const struct spte_form *f, uint64_t e, unsigned level, const char *want)
{
	char buf[200];

	assert_string_equal(spte_describe(f, e, level, buf, sizeof(buf)), want);
}

static void npt_7_2(void **state)
{
	struct spte_form f = form_of(common, of_7_2, true);

	(void)state;
	assert_false(f.ept);
	assert_int_equal(f.maxphyaddr, 40);
	assert_int_equal(spte_kind(&f, BIT(63), 1), SPTE_EMPTY);
	assert_int_equal(spte_kind(&f, 0, 1), SPTE_OTHER);
	assert_int_equal(spte_kind(&f, BIT(63) | 0x1a0, 3), SPTE_FROZEN);
	assert_int_equal(spte_kind(&f, BIT(63) | 0x5a0, 3), SPTE_OTHER);
	assert_int_equal(spte_kind(&f, 0x5fbb827, 2), SPTE_TABLE);
	assert_int_equal(spte_kind(&f, 0x5fbb827, 1), SPTE_LEAF);
	assert_int_equal(spte_kind(&f, 0x9cc00ee7, 2), SPTE_LEAF);
	assert_int_equal(spte_kind(&f, 0x9cc00ee7, 4), SPTE_TABLE); /* no huge pages there */
	assert_int_equal(spte_kind(&f, UINT64_C(0x80000c0000067), 1), SPTE_MMIO);
	assert_int_equal(spte_mmio_gfn(&f, UINT64_C(0x80000c0000067)), 0xc0000);
	assert_int_equal(spte_mmio_generation(&f, UINT64_C(0x80000c0000067)), 12);
	assert_int_equal(spte_generation_mask(&f), (1 << 18) - 1);
	assert_int_equal(spte_pfn(&f, 0x33befe67), 0x33bef);
	assert_int_equal(spte_table_bits(&f, false), 0x827);
	assert_true(spte_executable(&f, 0x33befe67));
	assert_false(spte_executable(&f, BIT(63) | 0x33befe67));
	assert_int_equal(spte_ad(&f, BIT(60)), SPTE_AD_DISABLED);
	assert_true(f.nx_huge);
	expect_flags(&f, 0x33befe67, 1, "R W X ACCESSED DIRTY HOST-WRITABLE MMU-WRITABLE");
	expect_flags(&f, 0x33c48805, 1, "R X");
	expect_flags(&f, UINT64_C(0x80000c0000067), 1, "MMIO generation 12");
	expect_flags(&f, BIT(63) | 0x1a0, 1, "FROZEN");
	expect_flags(&f, BIT(63), 1, "");
}

static void npt_6_12_and_6_1(void **state)
{
	struct spte_form f = form_of(common, of_6_1, true);

	(void)state;
	assert_int_equal(spte_kind(&f, BIT(63), 1), SPTE_EMPTY);
	assert_int_equal(spte_kind(&f, BIT(63) | 0x5a0, 1), SPTE_FROZEN);
	assert_int_equal(spte_ad(&f, BIT(52)), SPTE_AD_DISABLED);
	f = form_of(common, of_6_1, false);
	assert_int_equal(spte_kind(&f, 0, 1), SPTE_EMPTY);
	assert_int_equal(spte_kind(&f, 0x5a0, 1), SPTE_FROZEN);
	assert_int_equal(spte_kind(&f, BIT(63), 1), SPTE_OTHER);
	assert_int_equal(spte_generation_mask(&f), (1 << 19) - 1);
}

/* Before there was a bit of its own, what is not 0 and not MMIO is present. */
static void npt_5_10(void **state)
{
	struct spte_form f = form_of(common, NULL, false);

	(void)state;
	assert_int_equal(spte_kind(&f, 0, 1), SPTE_EMPTY);
	assert_int_equal(spte_kind(&f, 0x26aad027, 3), SPTE_TABLE);
	assert_int_equal(spte_kind(&f, 1, 1), SPTE_LEAF);
	assert_int_equal(spte_kind(&f, UINT64_C(3) << 52 | 0xc0000067, 1), SPTE_MMIO);
	assert_int_equal(spte_table_bits(&f, false), 0x27);
	assert_int_equal(f.mmu_writable, BIT(11));
	assert_int_equal(f.maxphyaddr, 0); /* nothing told */
	assert_int_equal(f.reserved, 0);
}

static void ept_7_2(void **state)
{
	struct spte_form f = form_of(ept_of_7_2, NULL, true);
	uint64_t leaf = UINT64_C(0x80a000009cc00ff7);

	(void)state;
	assert_true(f.ept);
	assert_int_equal(spte_kind(&f, leaf, 2), SPTE_LEAF);
	assert_int_equal(spte_pfn(&f, leaf), 0x9cc00);
	assert_int_equal(leaf & ~spte_leaf_bits(&f, 2, false) & ~f.address, 0);
	assert_int_equal(spte_table_bits(&f, false), BIT(63) | 0xd07);
	expect_flags(&f, leaf, 2, "R W X ACCESSED DIRTY HUGE HOST-WRITABLE MMU-WRITABLE WB IPAT");
	expect_flags(&f, leaf & ~(BIT(63) | 4), 2,
		     "R W ACCESSED DIRTY HUGE HOST-WRITABLE MMU-WRITABLE WB IPAT VE");
	/* MMIO has W and X but not R, and bit 63 clear; the gfn's bits under the mask move up */
	assert_int_equal(spte_kind(&f, 0xc0000006, 1), SPTE_MMIO);
	assert_int_equal(spte_kind(&f, BIT(63) | 0xc0000006, 1), SPTE_OTHER);
	assert_int_equal(spte_mmio_gfn(&f, 6 | BIT(46) | 0x3000), BIT(29) | 3);
	/* an entry whose access is tracked has its R and X above */
	assert_int_equal(spte_leaf_bits(&f, 1, true) & (UINT64_C(5) << 52), UINT64_C(5) << 52);
	assert_int_equal(spte_leaf_bits(&f, 1, true) & f.accessed, 0);
}

/* The general walker reads the same tables. */
static void as_paging_form(void **state)
{
	struct spte_form f = form_of(common, of_7_2, true);
	struct testkern *k = tk_new();
	struct paging_form p;
	struct paging_result r;

	(void)state;
	tdp_paging_form(&p, &f, 4);
	tk_put(k, 0x20000 + 8, 0x21000 | 0x827, 8);
	tk_put(k, 0x21000 + 16, 0x22000 | 0x827, 8);
	tk_put(k, 0x22000 + 24, 0x23000 | 0x827, 8);
	tk_put(k, 0x22000 + 32, 0x400000 | 0xee7, 8);
	tk_put(k, 0x23000 + 40, 0x12345000 | 0xe67, 8);
	tk_put(k, 0x23000 + 48, BIT(63) | 0x1a0, 8);
	tk_open(k, 8);
	r = paging_lookup(&p, k->c.img, 0x20000,
			  (UINT64_C(1) << 39) + (2u << 30) + (3u << 21) + 0x5abc);
	assert_int_equal(r.fault, CAIRN_FAULT_NONE);
	assert_int_equal(r.paddr, 0x12345abc);
	r = paging_lookup(&p, k->c.img, 0x20000,
			  (UINT64_C(1) << 39) + (2u << 30) + (4u << 21) + 0x5abc);
	assert_int_equal(r.paddr, 0x405abc);
	r = paging_lookup(&p, k->c.img, 0x20000,
			  (UINT64_C(1) << 39) + (2u << 30) + (3u << 21) + 0x6000);
	assert_int_equal(r.fault, CAIRN_FAULT_UNMAPPED);
	tk_free(k);
}

static void lacking(void **state)
{
	struct testkern *k = tk_new();
	struct cairn_err err;
	struct spte_form f;

	(void)state;
	assert_int_equal(spte_form_init(&f, tk_open(k, 8), true, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "shadow_present_mask"));
	tk_free(k);
	k = tk_new();
	tk_symbol(k, "shadow_present_mask", TK_HOLE); /* a page that is not in the dump */
	assert_int_equal(spte_form_init(&f, tk_open(k, 8), true, &err), CAIRN_FAULT);
	tk_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(npt_7_2), cmocka_unit_test(npt_6_12_and_6_1),
		cmocka_unit_test(npt_5_10), cmocka_unit_test(ept_7_2),
		cmocka_unit_test(as_paging_form), cmocka_unit_test(lacking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
