/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testapf - for tests: the host of testkvm, without page tables, whose vCPU has one asynchronous
 * page fault on its queue: guest frame GFN, token 0x3000.
 */
#ifndef CAIRN_MM_TESTAPF_H
#define CAIRN_MM_TESTAPF_H

#include "mm/apf_host.h"
#include "mm/testkvm.h"

/* struct kvm_vcpu_arch's apf, behind async_pf; struct kvm_async_pf */
enum {
	ASYNC = TKV_VCPU + TKV_VCPU_APF, QUEUE = ASYNC + 8, DONE = ASYNC + 0x18,
	APF_AT = ASYNC + 0x30, HASH = 8, DATA = 0x210, EN = 0x230, INT = 0x238, VEC = 0x240, ID = 0x244,
	PENDING = 0x24c, ERROR_AT = 0x250, SEND = 0x258,
	ITEM = 0x206800, ITEM_LINK = 0, ITEM_QUEUE = 0x10, ITEM_VCPU = 0x20, ITEM_GPA = 0x28,
	ITEM_HVA = 0x30, ITEM_TOKEN = 0x38, ITEM_GFN = 0x40, ITEM_DIRECT = 0x48, ITEM_WAKE = 0x49,
	ITEM_INJECTED = 0x4a, ITEM_ERROR = 0x4c, ITEM_SIZE = 0x60,
	GFN = 9, SLOT = 28, /* hash_32(GFN, 6) */
};

static inline struct btf *ta_types(bool proposal)
{
	struct btf *b;
	const struct tkv_member data[] = {
		{ "generation", 0, TT_ULONG, 0, 0 }, { "gpa", 8, TT_ULONG, 0, 0 },
		{ "hva", 16, TT_ULONG, 0, 0 }, { "len", 24, TT_ULONG, 0, 0 }, { 0 } };
	const struct tkv_member item[] = {
		{ "link", ITEM_LINK, TT_LIST_HEAD, 0, 0 }, { "queue", ITEM_QUEUE, TT_LIST_HEAD, 0, 0 },
		{ "vcpu", ITEM_VCPU, TT_ULONG, 0, 0 }, { "cr2_or_gpa", ITEM_GPA, TT_ULONG, 0, 0 },
		{ "addr", ITEM_HVA, TT_ULONG, 0, 0 }, { "wakeup_all", ITEM_WAKE, TT_BOOL, 0, 0 },
		{ "notpresent_injected", ITEM_INJECTED, TT_BOOL, 0, 0 },
		{ "arch", ITEM_TOKEN, 0, 0, 0 },
		{ proposal ? "error_code" : NULL, ITEM_ERROR, TT_INT, 0, 0 }, { 0 } };
	struct tkv_member with_arch[16];
	struct tkv_member apf[] = {
		{ "halted", 0x30, TT_BOOL, 0, 0 }, { "gfns", 0x30 + HASH, 0, 0, 0 },
		{ "data", 0x30 + DATA, 0, 0, 0 }, { "msr_en_val", 0x30 + EN, TT_ULONG, 0, 0 },
		{ "msr_int_val", 0x30 + INT, TT_ULONG, 0, 0 }, { "vec", 0x30 + VEC, TT_SHORT, 0, 0 },
		{ "id", 0x30 + ID, TT_UINT, 0, 0 },
		{ "pageready_pending", 0x30 + PENDING, TT_BOOL, 0, 0 },
		{ proposal ? "error_gfn" : NULL, 0x30 + ERROR_AT, TT_ULONG, 0, 0 },
		{ "send_pf_error", 0x30 + SEND, TT_BOOL, 0, 0 }, { 0 } };

	/* tkv_types() makes its own blob, so the ids of what is nested come from a first pass */
	b = tt_new();
	apf[1].type = tt_array(b, TT_ULONG, 64);
	apf[2].type = tkv_struct(b, "gfn_to_hva_cache", 40, data);
	memcpy(with_arch, item, sizeof(item));
	with_arch[7].type = tkv_struct(b, "kvm_arch_async_pf", 24, (const struct tkv_member[]){
		{ "token", 0, TT_UINT, 0, 0 }, { "gfn", 8, TT_ULONG, 0, 0 },
		{ "direct_map", 16, TT_BOOL, 0, 0 }, { 0 } });
	tkv_struct(b, "kvm_async_pf", ITEM_SIZE, with_arch);
	tkv_add_types(b, apf);
	return b;
}

static inline void ta_item(struct testkvm *k)
{
	tkv_put(k, ASYNC, 1, 4);
	tkv_list(k, QUEUE);
	tkv_list(k, DONE);
	tkv_link(k, QUEUE, ITEM + ITEM_QUEUE);
	tkv_put(k, ITEM + ITEM_VCPU, TKV_VCPU, 8);
	tkv_put(k, ITEM + ITEM_GPA, GFN << 12, 8);
	tkv_put(k, ITEM + ITEM_HVA, TKV_MEMORY + (GFN << 12), 8);
	tkv_put(k, ITEM + ITEM_TOKEN, 0x3000, 4);
	tkv_put(k, ITEM + ITEM_GFN, GFN, 8);
	tkv_put(k, ITEM + ITEM_DIRECT, 1, 1);
	tkv_put(k, ITEM + ITEM_INJECTED, 1, 1);
	for (unsigned i = 0; i < 64; i++)
		tkv_put(k, APF_AT + HASH + i * 8, i == SLOT ? GFN : UINT64_MAX, 8);
	tkv_put(k, APF_AT + DATA, 2, 8);
	tkv_put(k, APF_AT + DATA + 8, 0x1040, 8);
	tkv_put(k, APF_AT + DATA + 16, TKV_MEMORY + 0x1040, 8);
	tkv_put(k, APF_AT + DATA + 24, 8, 8);
	tkv_put(k, APF_AT + EN, 0x1040 | APF_EN_ENABLED | APF_EN_INT, 8);
	tkv_put(k, APF_AT + INT, 0xf3, 8);
	tkv_put(k, APF_AT + VEC, 0xf3, 2);
	tkv_put(k, APF_AT + ID, 4, 4);
}

/** The machine as a dump; `proposal`: with the members of the proposal. */
static inline struct testkvm *ta_host(bool proposal)
{
	static struct cairn_opts opts;
	struct testkvm *k = tkv_begin();

	ta_item(k);
	tp_open(k->t, ARCH_X86_64, "mem_section", TP_AMD64_7_2);
	k->c->opts = &opts;
	tp_types(k->t, ta_types(proposal));
	if (symlist_register(&k->c->known, "test", &k->c->syms, NULL))
		abort();
	return k;
}

#endif
