/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "mm/kvm_guest.h"
#include "mm/tdp_compare.h"
#include "mm/tdp_count.h"
#include "mm/testkvm.h"

#define TABLE(n) (TKV_TABLES + (uint64_t)(n) * 0x1000)

static struct kvms vms_of(struct testkvm *k)
{
	struct kvms vms;
	struct cairn_err err;

	if (kvms_read(&vms, k->c, &k->arena, &err))
		fail_msg("%s", err.text);
	assert_int_equal(vms.n, 1);
	assert_true(vms.has_tdp);
	return vms;
}

static struct tdp_counts count(struct testkvm *k, const struct kvms *vms, size_t root,
			       enum cairn_code want)
{
	struct tdp_counts c;
	struct cairn_err err;

	assert_int_equal(
		tdp_count(&c, vms, &vms->vm[0], &vms->vm[0].root[root].sp, &k->arena, &err), want);
	return c;
}

static void model(void **state)
{
	uint64_t sp;
	struct testkvm *k = tkv_new(true, &sp);
	struct kvms vms = vms_of(k);
	const struct kvm_vm *vm = &vms.vm[0];

	(void)state;
	assert_int_equal(vm->addr, TKV_VM);
	assert_int_equal(vm->pid, 7);
	assert_int_equal(vm->type, KVM_TDX_VM);
	assert_string_equal(kvm_type_name(vm->type), "tdx");
	assert_null(kvm_type_name(6));
	assert_int_equal(vm->nvcpus, 1);
	assert_int_equal(vm->vcpu[0].root_mmu.hpa, TABLE(0));
	assert_int_equal(vm->vcpu[0].root_mmu.mirror, TABLE(4));
	assert_int_equal(vm->set[0].n, 1);
	assert_int_equal(vm->set[1].n, 0);
	assert_int_equal(vm->nroots, 2);
	assert_true(kvm_sp_role(&vms, &vm->root[1].sp, ROLE_MIRROR));
	assert_int_equal(tdp_root_level(&vms, vm, &vm->root[0].sp), 4);
	assert_ptr_equal(kvms_find(&vms, 7), vm);
	assert_ptr_equal(kvms_find(&vms, TKV_VM), vm);
	assert_null(kvms_find(&vms, 8));
	tkv_free(k);
}

static void counts(void **state)
{
	uint64_t sp, shadow;
	struct testkvm *k = tkv_new(true, &sp);
	struct kvms vms = vms_of(k);
	struct tdp_counts c = count(k, &vms, 0, CAIRN_OK);

	(void)state;
	assert_int_equal(c.leaves[1], 32);
	assert_int_equal(c.tables[2] + c.tables[3] + c.tables[4], 3);
	assert_int_equal(c.slot[0], 32);
	assert_int_equal(c.outside, 0);
	tkv_change(k, TABLE(7) + 100 * 8, TKV_MEMORY | TKV_LEAF, 8);
	tkv_change(k, TABLE(7) + 101 * 8, TKV_FROZEN, 8);
	c = count(k, &vms, 1, CAIRN_OK);
	assert_int_equal(c.leaves[1], 33);
	assert_int_equal(c.outside, 1);
	assert_int_equal(c.frozen, 1);
	assert_int_equal(kvm_shadow_pages(&vms, &vms.vm[0], &shadow, NULL), CAIRN_OK);
	assert_int_equal(shadow, 0);
	tkv_free(k);
}

/* A loop, a table reached twice and one that is none end the walk of what is below, and no more. */
static void damaged(void **state)
{
	uint64_t sp;
	struct testkvm *k = tkv_new(false, &sp);
	struct kvms vms = vms_of(k);
	struct tdp_walk w;
	size_t again = 0, cycles = 0, none = 0, n = 0;

	(void)state;
	tkv_change(k, TABLE(2) + 8, TABLE(0) | TKV_TO_TABLE, 8);
	tkv_change(k, TABLE(2) + 16, TABLE(3) | TKV_TO_TABLE, 8);
	tkv_change(k, TABLE(2) + 24, 0x300000 | TKV_TO_TABLE, 8);
	assert_int_equal(
		tdp_begin(&w, &vms, &vms.vm[0], &vms.vm[0].root[0].sp, NULL, NULL, &k->arena, NULL),
		CAIRN_OK);
	while (tdp_next(&w)) {
		n++;
		again += w.table->again && !w.table->cycle;
		cycles += w.table->cycle;
		none += !w.table->has_sp;
		assert_true(!w.table->again || !w.table->entries);
	}
	assert_int_equal(tdp_end(&w, NULL), CAIRN_OK);
	assert_int_equal(n, 7);
	assert_int_equal(again, 1);
	assert_int_equal(cycles, 1);
	assert_int_equal(none, 1);
	tkv_free(k);
}

static void range(void **state)
{
	const struct tdp_range far = { 0x200, 0x3ff };
	uint64_t sp;
	struct testkvm *k = tkv_new(false, &sp);
	struct kvms vms = vms_of(k);
	struct tdp_walk w;
	size_t n = 0;

	(void)state;
	tdp_begin(&w, &vms, &vms.vm[0], &vms.vm[0].root[0].sp, &far, NULL, &k->arena, NULL);
	while (tdp_next(&w))
		n++;
	tdp_end(&w, NULL);
	assert_int_equal(n, 3); /* the lowest table maps other frames */
	tkv_free(k);
}

static void halves(void **state)
{
	uint64_t sp;
	struct testkvm *k = tkv_new(true, &sp);
	struct kvms vms = vms_of(k);
	struct tdp_compare cmp;

	(void)state;
	tkv_change(k, TABLE(7) + 3 * 8, (TKV_MEMORY + 0x3000) | TKV_LEAF, 8);
	assert_int_equal(tdp_compare(&cmp, &vms, &vms.vm[0], &k->arena, NULL), CAIRN_OK);
	assert_int_equal(cmp.mirror_only.n, 1);
	assert_int_equal(cmp.mirror_only.run[0].first, 32);
	assert_int_equal(cmp.mirror_only.run[0].last, 63);
	assert_int_equal(cmp.direct_only.n, 2);
	assert_int_equal(cmp.direct_only.run[1].first, 4);
	assert_int_equal(cmp.common.n, 1);
	assert_int_equal(cmp.common.run[0].first, 3);
	assert_int_equal(cmp.mirror, 33);
	assert_int_equal(cmp.both, 1);
	tkv_free(k);
}

/* Shared memory by the direct half, private by the mirror; what is not mapped by the process. */
static void guest_memory(void **state)
{
	uint64_t sp, direct = TKV_DIRECT_BIT << 12;
	struct testkvm *k = tkv_new(true, &sp);
	struct kvms vms = vms_of(k);
	struct kvm_guest g;
	struct kvm_guest_page p;
	struct cairn_err err;
	char buf[16];

	(void)state;
	kvm_guest_init(&g, &vms, &vms.vm[0]);
	tkv_change(k, TKV_MEMORY + 0x5ff8, UINT64_C(0x6867666564636261), 8);
	assert_int_equal(kvm_guest_read(&g, direct + 0x5ff8, buf, 16, NULL), CAIRN_OK);
	assert_memory_equal(buf, "abcdefgh", 8);
	p = kvm_guest_translate(&g, 40 << 12);
	assert_int_equal(p.by, KVM_BY_TDP);
	assert_int_equal(p.paddr, TKV_MEMORY + (40 << 12));
	p = kvm_guest_translate(&g, direct + (50 << 12));
	assert_int_equal(p.by, KVM_BY_SLOT);
	assert_int_equal(p.paddr, TKV_MEMORY + (50 << 12));
	p = kvm_guest_translate(&g, 5 << 12); /* private, and not mapped as such */
	assert_int_equal(p.by, KVM_BY_NONE);
	assert_int_equal(kvm_guest_read(&g, direct + (63 << 12) + 0xffc, buf, 8, &err),
			 CAIRN_FAULT);
	assert_int_equal(err.addr, direct + (64 << 12)); /* beyond the slot */
	tkv_free(k);
}

static void lock(void **state)
{
	struct kvm_lock l;

	(void)state;
	l = kvm_lock_decode(KVM_LOCK_RWLOCK, 0);
	assert_false(kvm_lock_held(&l));
	l = kvm_lock_decode(KVM_LOCK_RWLOCK, 0x600);
	assert_int_equal(l.readers, 3);
	assert_true(kvm_lock_held(&l));
	l = kvm_lock_decode(KVM_LOCK_RWLOCK, 0x1ff);
	assert_true(l.writer && l.waiting);
	l = kvm_lock_decode(KVM_LOCK_SPIN, 0x101);
	assert_true(l.writer && l.waiting);
	l = kvm_lock_decode(KVM_LOCK_RT, 0x80000000);
	assert_false(kvm_lock_held(&l));
	l = kvm_lock_decode(KVM_LOCK_RT, 0x80000002);
	assert_int_equal(l.readers, 2);
	l = kvm_lock_decode(KVM_LOCK_RT, 0x40000000);
	assert_true(l.writer);
	l = kvm_lock_decode(KVM_LOCK_UNKNOWN, 0);
	assert_true(kvm_lock_held(&l));
}

/* Without types the message says whose, and what helps. */
static void no_types(void **state)
{
	struct testkvm *k = tkv_begin();
	static struct cairn_opts opts;
	struct kvms vms;
	struct cairn_err err;

	(void)state;
	tp_open(k->t, ARCH_X86_64, "mem_section", TP_AMD64_7_2);
	k->c->opts = &opts;
	tp_types(k->t, tt_new());
	symlist_register(&k->c->known, "test", &k->c->syms, NULL);
	assert_int_equal(kvms_read(&vms, k->c, &k->arena, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "-s kvm.ko.debug"));
	tkv_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(model), cmocka_unit_test(counts), cmocka_unit_test(damaged),
		cmocka_unit_test(range), cmocka_unit_test(halves), cmocka_unit_test(guest_memory),
		cmocka_unit_test(lock), cmocka_unit_test(no_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
