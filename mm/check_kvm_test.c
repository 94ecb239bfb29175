/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "mm/testkvm.h"

/* kvm_mmu_pages in the order they are made: root, then the tables of level 3, 2, 1; the mirror's */
#define SP(n) (TKV_SPS + (uint64_t)(n) * TKV_SP_SIZE)
#define TABLE(n) (TKV_TABLES + (uint64_t)(n) * 0x1000)
#define PRIVATE(n) (TP_MAP + (TABLE(n) >> 12) * 64 + 40)
#define MMU (TKV_VCPU + TKV_VCPU_ROOT_MMU)

static struct findings ask(struct testkvm *k)
{
	const struct check_limits limits = { .only = "kvm" };
	struct findings f;
	struct cairn_err err;

	if (findings_get(&f, k->c, &limits, &k->arena, &err))
		fail_msg("%s", err.text);
	return f;
}

static void expect_nothing(struct testkvm *k)
{
	struct findings f = ask(k);

	if (f.n)
		fail_msg("%s: %s", f.said[0].f.id, f.said[0].f.message);
	if (f.nunseen)
		fail_msg("not checked: %s", f.unseen[0].why.text);
}

/* A word becomes another: this is said of it, and nothing else. */
struct change {
	uint64_t addr, value, bytes;
	const char *id;
};

static void expect_one(struct testkvm *k, const struct change *ch)
{
	size_t keep = overlay_count(k->c->img);
	struct findings f;

	tkv_change(k, ch->addr, ch->value, ch->bytes);
	f = ask(k);
	if (!f.n)
		fail_msg("%s is not found", ch->id);
	if (f.n > 1 || strcmp(f.said[0].f.id, ch->id) || f.said[0].f.addr != ch->addr)
		fail_msg("for %s at 0x%llx: %zu, %s at 0x%llx: %s", ch->id,
			 (unsigned long long)ch->addr, f.n, f.said[0].f.id,
			 (unsigned long long)f.said[0].f.addr, f.said[0].f.message);
	assert_non_null(f.said[0].f.expected);
	assert_non_null(f.said[0].f.found);
	assert_non_null(f.said[0].f.field);
	overlay_undo(k->c->img, keep);
	arena_reset(&k->arena);
}

static void expect_each(struct testkvm *k, const struct change *ch)
{
	for (; ch->id; ch++)
		expect_one(k, ch);
	expect_nothing(k);
}

/* ---- an ordinary VM ---- */

static void sound(void **state)
{
	struct testkvm *k;
	uint64_t sp;

	(void)state;
	for (int mirror = 0; mirror < 2; mirror++) {
		k = tkv_new(mirror, &sp);
		expect_nothing(k);
		tkv_free(k);
	}
}

static void roots(void **state)
{
	static const struct change ch[] = {
		{ SP(0) + TKV_SP_GFN, 0x200, 8, "tdp.root.list" },
		{ SP(0) + TKV_SP_PTEP, 0x1000, 8, "tdp.root.list" },
		{ SP(0) + TKV_SP_TDP, 0, 1, "tdp.root.list" },
		{ SP(0) + TKV_SP_LINK, 0x300, 8, "tdp.root.list" },
		{ TKV_VM + TKV_VM_ROOTS + 8, SP(1), 8, "tdp.root.list" },
		{ SP(0) + TKV_SP_ROLE, TKV_ROLE(5), 4, "tdp.vcpu.root" },
		{ SP(0) + TKV_SP_ROLE, TKV_ROLE(4) | 1u << 16, 4, "tdp.vcpu.root" },
		{ MMU + TKV_MMU_ROLE, TKV_ROLE(4) | 1u << 25, 4, "tdp.vcpu.root" },
		{ MMU + TKV_MMU_HPA, 0x300000, 8, "tdp.vcpu.root" },
		{ MMU + TKV_MMU_PREV, 0x300000, 8, "tdp.vcpu.root" },
		{ MMU + TKV_MMU_MIRROR, TABLE(1), 8, "tdp.vcpu.mirror" },
		{ SP(0) + TKV_SP_REFS, 1, 4, "tdp.refcount" },
		{ SP(0) + TKV_SP_REFS, 3, 4, "tdp.refcount" },
		{ SP(0) + TKV_SP_SPT, TABLE(1), 8, "tdp.page-private" },
		{ PRIVATE(0), 0, 8, "tdp.page-private" },
		{ TKV_VM + TKV_VM_TYPE, 5, 1, "tdp.mirror.vm-type" },
		{ TKV_VM + TKV_VM_DIRECT, 0x800, 8, "tdp.direct-bit.wrong-half" },
		{ TKV_VM + TKV_VM_BUGGED, 1, 1, "tdp.bugged" },
		{ TKV_VM + TKV_VM_PAGES, 31, 8, "tdp.stat.pages" },
		{ TKV_VM + TKV_VM_PAGES + 8, 1, 8, "tdp.stat.pages" },
		{ 0, 0, 0, NULL },
	};
	struct testkvm *k;
	uint64_t sp;

	(void)state;
	k = tkv_new(false, &sp);
	expect_each(k, ch);
	tkv_free(k);
}

static void tables(void **state)
{
	static const struct change ch[] = {
		{ SP(2) + TKV_SP_GFN, 0x200, 8, "tdp.child.gfn" },
		{ SP(3) + TKV_SP_PTEP, TABLE(2) + 8, 8, "tdp.child.ptep" },
		{ SP(3) + TKV_SP_ROLE, TKV_ROLE(2), 4, "tdp.child.level" },
		{ SP(3) + TKV_SP_ROLE, TKV_ROLE(1) | 1u << 17, 4, "tdp.child.role" },
		{ SP(3) + TKV_SP_ROLE, TKV_ROLE(1) | TKV_ROLE_INVALID, 4, "tdp.child.role" },
		{ SP(3) + TKV_SP_ROLE, TKV_ROLE(1) | TKV_ROLE_MIRROR, 4, "tdp.mirror.child-role" },
		{ SP(3) + TKV_SP_EXTERNAL, 0x260000, 8, "tdp.mirror.external-spt" },
		{ SP(3) + TKV_SP_REFS, 1, 4, "tdp.refcount" },
		{ SP(3) + TKV_SP_TDP, 0, 1, "tdp.page-private" },
		{ SP(3) + TKV_SP_SPT, TABLE(2), 8, "tdp.page-private" },
		{ PRIVATE(3), SP(2), 8, "tdp.page-private" },
		{ TABLE(2), 0x300000 | TKV_TO_TABLE, 8, "tdp.page-private" },
		{ TABLE(2) + 8, TABLE(3) | TKV_TO_TABLE, 8, "tdp.child.shared" },
		{ TABLE(1) + 8, TABLE(3) | TKV_TO_TABLE, 8,
		  "tdp.child.shared" }, /* before its own */
		{ TABLE(2) + 8, TABLE(1) | TKV_TO_TABLE, 8, "tdp.cycle" },
		{ 0, 0, 0, NULL },
	};
	struct testkvm *k;
	uint64_t sp;

	(void)state;
	k = tkv_new(false, &sp);
	expect_each(k, ch);
	tkv_free(k);
}

#define AT(gfn) (TABLE(3) + (gfn) * 8)
#define PFN(gfn) ((uint64_t)TKV_MEMORY + (gfn) * 0x1000)

static void entries(void **state)
{
	static const struct change ch[] = {
		{ AT(5), TKV_FROZEN, 8, "tdp.frozen-spte" },
		{ AT(5), 0, 8, "tdp.nonpresent-value" },
		{ AT(200), 0, 8, "tdp.nonpresent-value" },
		{ AT(200), UINT64_C(0x80000000c9067), 8,
		  "tdp.nonpresent-value" }, /* MMIO of 0xc9 */
		{ AT(5), PFN(5) | TKV_LEAF | UINT64_C(1) << 45, 8, "tdp.rsvd" },
		{ AT(5), PFN(5) | TKV_LEAF | 8, 8, "tdp.rsvd" },
		{ AT(5), PFN(5) | (TKV_LEAF & ~UINT64_C(4)), 8, "tdp.rsvd" },
		{ TABLE(1), TABLE(2) | TKV_TO_TABLE | 0x40, 8, "tdp.rsvd" },
		{ AT(5), PFN(5) | TKV_LEAF | UINT64_C(1) << 60, 8, "tdp.ad-type" },
		{ TABLE(1), TABLE(2) | TKV_TO_TABLE | UINT64_C(2) << 60, 8, "tdp.ad-type" },
		{ AT(5), PFN(5) | 0xa67, 8, "tdp.leaf.writable-bits" },
		{ AT(5), PFN(5) | 0xc67, 8, "tdp.leaf.writable-bits" },
		{ AT(5), PFN(6) | TKV_LEAF, 8, "tdp.leaf.pfn" },
		{ AT(200), PFN(5) | TKV_LEAF, 8, "tdp.leaf.no-memslot" },
		{ TABLE(2) + 8, 0x201000 | TKV_LEAF | 0x80, 8, "tdp.leaf.huge-align" },
		{ 0, 0, 0, NULL },
	};
	struct testkvm *k;
	uint64_t sp;

	(void)state;
	k = tkv_new(false, &sp);
	expect_each(k, ch);
	/* the words of struct page are not at the entry */
	tkv_change(k, TP_MAP + (PFN(5) >> 12) * 64 + 52, 0, 4);
	assert_string_equal(ask(k).said[0].f.id, "tdp.leaf.pfn-free");
	assert_int_equal(ask(k).said[0].f.addr, AT(5));
	tkv_free(k);
}

/* Permissions that come and go are nobody's fault. */
static void healthy_changes(void **state)
{
	static const uint64_t bits[] = { 0xe07, 0xe47, 0xe65, 0xe05, 0xa65, 0x865, 0x805 };
	struct testkvm *k;
	uint64_t sp;

	(void)state;
	k = tkv_new(false, &sp);
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		tkv_change(k, AT(5), PFN(5) | bits[i], 8);
		expect_nothing(k);
		tkv_undo(k);
	}
	/* MMIO of its own frame, of a generation that was */
	tkv_change(k, AT(200), UINT64_C(0x80000000c8017), 8);
	expect_nothing(k);
	tkv_free(k);
}

static void flags_of_slots(void **state)
{
	struct testkvm *k;
	struct findings f;
	uint64_t sp;

	(void)state;
	k = tkv_new(false, &sp);
	tkv_change(k, TKV_SLOT + TKV_SLOT_FLAGS, 2, 4);
	f = ask(k);
	assert_int_equal(f.n, 3); /* of 32 */
	assert_string_equal(f.said[0].f.id, "tdp.leaf.readonly-slot");
	assert_non_null(strstr(f.said[2].f.message, "and 29 more like it"));
	tkv_undo(k);
	tkv_change(k, TKV_SLOT + TKV_SLOT_FLAGS, 1u << 9, 4);
	f = ask(k);
	assert_int_equal(f.n, 1);
	assert_string_equal(f.said[0].f.id, "kvm.slot.flags");
	tkv_undo(k);
	tkv_change(k, TKV_SLOT + TKV_SLOT_GFN, 0x100, 8);
	f = ask(k);
	assert_int_equal(f.n, 1);
	assert_string_equal(f.said[0].f.id, "kvm.slot.base");
	assert_string_equal(f.said[0].f.expected, "0x0");
	tkv_undo(k);
	tkv_change(k, TKV_SLOT + TKV_SLOT_AS, 1, 2);
	assert_string_equal(ask(k).said[0].f.id, "kvm.slot.as-id");
	tkv_undo(k);
	tkv_change(k, TKV_VM + TKV_VM_NPAGES, 65, 8);
	assert_string_equal(ask(k).said[0].f.id, "kvm.slot.sum");
	tkv_free(k);
}

/* ---- what an entry was ---- */

#define CACHE (TKV_VARS + 0x800)

static void add_slab_types(struct testkvm *k)
{
	struct btf *b = tt_new();

	tkv_struct(b, "slab", 64, (const struct tkv_member[]){
		{ "slab_cache", 8, TT_ULONG, 0, 0 }, { "objects", 42, TT_SHORT, 0, 0 }, { 0 } });
	tkv_struct(b, "kmem_cache", 64, (const struct tkv_member[]){
		{ "size", 24, TT_UINT, 0, 0 }, { "object_size", 28, TT_UINT, 0, 0 }, { 0 } });
	types_add(&k->c->types, btf_types(tt_provider(b, 8)));
}

/* The kvm_mmu_pages are objects of a slab. */
static void make_slab(struct testkvm *k)
{
	uint64_t page = TP_MAP + (TKV_SPS >> 12) * 64;

	tkv_change(k, page + 48, 0xf5000000, 4);
	tkv_change(k, page + 8, CACHE, 8);
	tkv_change(k, page + 42, 8, 2);
	tkv_change(k, CACHE + 24, TKV_SP_SIZE, 4);
}

static const char *expected_of(struct testkvm *k, uint64_t at, uint64_t value)
{
	struct findings f;

	tkv_change(k, at, value, 8);
	f = ask(k);
	for (size_t i = 0; i < f.n; i++)
		if (f.said[i].f.addr == at)
			return f.said[i].f.expected;
	fail_msg("nothing is said of the entry");
	return NULL;
}

static void former_entry(void **state)
{
	static const uint64_t values[] = {
		0x201000 | TKV_LEAF | 0x80, 0x300000 | TKV_TO_TABLE, TABLE(1) | TKV_TO_TABLE, 8,
	};
	uint64_t at = TABLE(2), sp;
	char want[32];
	struct testkvm *k;

	(void)state;
	k = tkv_new(false, &sp);
	add_slab_types(k);
	snprintf(want, sizeof(want), "0x%llx, which leads to",
		 (unsigned long long)(TABLE(3) | TKV_TO_TABLE));
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		make_slab(k);
		if (strncmp(expected_of(k, at, values[i]), want, strlen(want)) != 0)
			fail_msg("0x%llx", (unsigned long long)values[i]);
		tkv_undo(k);
		assert_null(strstr(expected_of(k, at, values[i]), "which leads to")); /* no slab */
		tkv_undo(k);
	}
	make_slab(k); /* the table says that it is elsewhere */
	tkv_change(k, SP(3) + TKV_SP_PTEP, at + 8, 8);
	assert_null(strstr(expected_of(k, at, values[0]), "which leads to"));
	tkv_free(k);
}

/* Whoever has mmu_lock may be about to put it right. */
static void in_flight(void **state)
{
	struct testkvm *k;
	struct findings f;
	uint64_t sp;

	(void)state;
	k = tkv_new(false, &sp);
	tkv_change(k, TKV_VM + TKV_VM_LOCK, 0x200, 4);
	tkv_change(k, AT(5), TKV_FROZEN, 8);
	tkv_change(k, SP(0) + TKV_SP_REFS, 4, 4); /* walkers hold it */
	f = ask(k);
	assert_int_equal(f.n, 1);
	assert_string_equal(f.said[0].f.id, "tdp.frozen-spte");
	assert_int_equal(f.said[0].f.grade, CAIRN_IN_FLIGHT);
	assert_int_equal(f.said[0].f.severity, CAIRN_INFO);
	tkv_free(k);
}

/* ---- a guest with two halves ---- */

static void mirror(void **state)
{
	static const struct change ch[] = {
		{ SP(7) + TKV_SP_ROLE, TKV_ROLE(1), 4, "tdp.mirror.child-role" },
		{ SP(3) + TKV_SP_ROLE, TKV_ROLE(1) | TKV_ROLE_MIRROR, 4, "tdp.mirror.child-role" },
		{ SP(7) + TKV_SP_EXTERNAL, 0, 8, "tdp.mirror.external-spt" },
		{ SP(4) + TKV_SP_EXTERNAL, 0x260000, 8, "tdp.mirror.external-spt" },
		{ TABLE(6) + 8, 0x200000 | TKV_LEAF | 0x80, 8, "tdp.mirror.huge-page" },
		{ TKV_VM + TKV_VM_TYPE, 0, 1, "tdp.mirror.vm-type" },
		{ TKV_VM + TKV_VM_DIRECT, TKV_DIRECT_BIT >> 1, 8, "tdp.direct-bit.wrong-half" },
		{ TKV_VM + TKV_VM_DIRECT, 0, 8, "tdp.direct-bit.wrong-half" },
		{ TABLE(7) + 40 * 8, TKV_FROZEN, 8, "tdp.frozen-spte" },
		{ 0, 0, 0, NULL },
	};
	struct testkvm *k;
	struct findings f;
	uint64_t sp;

	(void)state;
	k = tkv_new(true, &sp);
	expect_each(k, ch);
	/* an entry in the other half, and a half that is missing */
	tkv_change(k, TABLE(4) + 256 * 8, 0x300000 | TKV_TO_TABLE, 8);
	f = ask(k);
	assert_true(f.n);
	assert_string_equal(f.said[f.n - 1].f.id, "tdp.direct-bit.wrong-half");
	tkv_undo(k);
	tkv_change(k, MMU + TKV_MMU_MIRROR, UINT64_MAX, 8);
	assert_string_equal(ask(k).said[0].f.id, "tdp.vcpu.mirror");
	tkv_undo(k);
	tkv_change(k, MMU + TKV_MMU_MIRROR, TABLE(0), 8);
	assert_string_equal(ask(k).said[0].f.id, "tdp.vcpu.mirror");
	tkv_free(k);
}

/* ---- the other encoding ---- */

#define BIT(n) (UINT64_C(1) << (n))

/* An NPT entry as a host with EPT would have it (7.2): readable, writable and executable in bits 0
 * to 2 and 10, memory type, #VE suppressed. */
static uint64_t ept_of(uint64_t e, unsigned level)
{
	uint64_t r = (e & (BIT(52) - BIT(12))) | BIT(11) | BIT(63);

	if (!(e & BIT(11)))
		return e;
	if (level > 1)
		return r | 7 | BIT(10) | BIT(8);
	return r | 5 | BIT(10) | (e & 2) | 6 << 3 | BIT(6) | (e >> 5 & 1) << 8 | (e >> 6 & 1) << 9 |
	       (e >> 9 & 1) << 53 | (e >> 10 & 1) << 55;
}

static void set_variable(struct testkvm *k, const char *name, uint64_t value)
{
	uint64_t addr;

	assert_int_equal(sym_addr(&k->c->syms, name, &addr, NULL), CAIRN_OK);
	tkv_change(k, addr, value, 8);
}

static void to_ept(struct testkvm *k, unsigned tables)
{
	for (unsigned t = 0; t < tables; t++)
		for (unsigned i = 0; i < 512; i++) {
			uint64_t at = TABLE(t) + i * 8, e;

			assert_int_equal(space_u64(&k->c->kernel, at, &e, NULL), CAIRN_OK);
			if (ept_of(e, 4 - t % 4) != e)
				tkv_change(k, at, ept_of(e, 4 - t % 4), 8);
		}
	set_variable(k, "shadow_present_mask", BIT(63));
	set_variable(k, "shadow_user_mask", 0);
	set_variable(k, "shadow_nx_mask", 0);
	set_variable(k, "shadow_xs_mask", 4);
	set_variable(k, "shadow_xu_mask", BIT(10));
	set_variable(k, "shadow_accessed_mask", BIT(8));
	set_variable(k, "shadow_dirty_mask", BIT(9));
	set_variable(k, "shadow_host_writable_mask", BIT(53));
	set_variable(k, "shadow_mmu_writable_mask", BIT(55));
	set_variable(k, "shadow_mmio_value", 6);
	set_variable(k, "shadow_mmio_mask", 7 | BIT(63));
	set_variable(k, "shadow_mmio_access_mask", 0);
}

/* Synthetic: no Intel host was at hand. */
static void ept(void **state)
{
	const uint64_t leaf = PFN(5) | 0x377 | BIT(10) | BIT(11) | BIT(53) | BIT(55) | BIT(63);
	const struct change ch[] = {
		{ AT(5), leaf & ~BIT(63), 8, "tdp.rsvd" }, /* #VE is not suppressed */
		{ AT(5), leaf & ~UINT64_C(1), 8, "tdp.rsvd" },
		{ AT(5), leaf & ~BIT(10), 8, "tdp.rsvd" }, /* executable for one of two modes */
		{ AT(5), leaf | BIT(54), 8, "tdp.rsvd" },
		{ AT(5), leaf & ~BIT(55), 8, "tdp.leaf.writable-bits" },
		{ AT(5), leaf & ~BIT(53), 8, "tdp.leaf.writable-bits" },
		{ AT(5), leaf | BIT(60), 8, "tdp.ad-type" },
		{ AT(5), leaf ^ 0x1000, 8, "tdp.leaf.pfn" },
		{ AT(5), TKV_FROZEN, 8, "tdp.frozen-spte" },
		{ AT(5), 0, 8, "tdp.nonpresent-value" },
		{ AT(200), 0xc9006, 8, "tdp.nonpresent-value" }, /* MMIO of another frame */
		{ TABLE(1), TABLE(2) | 0xd03 | BIT(63), 8, "tdp.rsvd" },
		{ 0, 0, 0, NULL },
	};
	struct testkvm *k;
	uint64_t sp;

	(void)state;
	k = tkv_new(false, &sp);
	to_ept(k, 4);
	tkv_change(k, TKV_VM + TKV_VM_MMIO, 6, 8);
	expect_nothing(k);
	expect_each(k, ch);
	tkv_change(k, AT(5), leaf & ~UINT64_C(0x302), 8); /* neither written nor touched yet */
	tkv_change(k, AT(200), 0xc8006, 8);
	expect_nothing(k);
	tkv_free(k);
	k = tkv_new(true, &sp);
	to_ept(k, 8);
	tkv_change(k, TKV_VM + TKV_VM_MMIO, 0, 8); /* of a TDX guest */
	expect_nothing(k);
	tkv_free(k);
}

/* ---- what is not there ---- */

static void missing(void **state)
{
	struct testkvm *k = tkv_begin();
	struct findings f;

	(void)state;
	tkv_put(k, TKV_VM + TKV_VM_SLOTS, 0x500000, 8); /* beyond memory */
	tkv_put(k, TKV_VM + TKV_VM_VCPUS, 0x500000, 8);
	tkv_open(k);
	f = ask(k);
	assert_int_equal(f.nunseen + f.n, 3); /* a vCPU, slots; and the tree is damaged */
	tkv_free(k);
	k = tkv_begin(); /* no VMs */
	tkv_list(k, TKV_LIST);
	tkv_open(k);
	expect_nothing(k);
	tkv_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound),
		cmocka_unit_test(roots),
		cmocka_unit_test(tables),
		cmocka_unit_test(entries),
		cmocka_unit_test(healthy_changes),
		cmocka_unit_test(flags_of_slots),
		cmocka_unit_test(former_entry), cmocka_unit_test(in_flight),
		cmocka_unit_test(mirror),
		cmocka_unit_test(ept),
		cmocka_unit_test(missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
