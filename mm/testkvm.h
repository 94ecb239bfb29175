/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testkvm - for tests: a host with one virtual machine of one vCPU, over testpages.
 *
 * The VM has one memory slot of SLOT_PAGES frames from guest frame 0 on, whose memory is that of
 * the process at address TKV_MEMORY (the map is one to one, so its page frames are those of its
 * addresses), and a root of four levels with one table a level. `mirror`: it looks like a TDX
 * guest, of which a mirror root maps guest frames SLOT_PAGES / 2 and up.
 *
 * The layout is none of any kernel's; the members are 7.2's.
 */
#ifndef CAIRN_MM_TESTKVM_H
#define CAIRN_MM_TESTKVM_H

#include "lib/image/overlay.h"
#include "lib/kern/finding.h"
#include "mm/testpages.h"

/* places, from TP_FREE on */
enum {
	TKV_VM = 0x200000, TKV_VCPU = 0x201000, TKV_SET = 0x202000, TKV_SLOT = 0x202100,
	TKV_MM = 0x203000, TKV_LIST = 0x203800, TKV_VARS = 0x204000, TKV_SPS = 0x205000,
	TKV_TABLES = 0x210000, TKV_MEMORY = 0x280000,
};
#define TKV_SLOT_PAGES 64u
#define TKV_DIRECT_BIT (UINT64_C(1) << 35)

/* struct kvm */
enum {
	TKV_VM_LIST = 0, TKV_VM_MM = 0x10, TKV_VM_PID = 0x18, TKV_VM_SLOTS = 0x20, TKV_VM_VCPUS = 0x30,
	TKV_VM_ONLINE = 0x50, TKV_VM_LOCK = 0x58, TKV_VM_PAGES = 0x60, TKV_VM_ARCH = 0x80,
	TKV_VM_ROOTS = 0x80, TKV_VM_SHADOW = 0x90, TKV_VM_TYPE = 0xa0, TKV_VM_DIRECT = 0xa8,
	TKV_VM_MMIO = 0xb0, TKV_VM_BUGGED = 0xc0, TKV_VM_NPAGES = 0xc8, TKV_VM_SIZE = 0x100,
};

/* struct kvm_mmu_page, struct kvm_vcpu, struct kvm_mmu, struct kvm_memory_slot */
enum {
	TKV_SP_LINK = 0, TKV_SP_TDP = 0x10, TKV_SP_ROLE = 0x14, TKV_SP_GFN = 0x18, TKV_SP_SPT = 0x20,
	TKV_SP_REFS = 0x28, TKV_SP_EXTERNAL = 0x30, TKV_SP_PTEP = 0x38, TKV_SP_SCHEDULED = 0x40,
	TKV_SP_SIZE = 0x80,
	TKV_VCPU_ID = 8, TKV_VCPU_MODE = 0xc, TKV_VCPU_REQUESTS = 0x10, TKV_VCPU_MMU = 0x20,
	TKV_VCPU_ROOT_MMU = 0x28, TKV_VCPU_MP = 0x78, TKV_VCPU_APF = 0x80, TKV_VCPU_SIZE = 0x400,
	TKV_MMU_HPA = 0, TKV_MMU_MIRROR = 8, TKV_MMU_ROLE = 0x10, TKV_MMU_PREV = 0x18,
	TKV_SLOT_GFN = 0, TKV_SLOT_NPAGES = 8, TKV_SLOT_HVA = 0x10, TKV_SLOT_FLAGS = 0x18,
	TKV_SLOT_ID = 0x1c, TKV_SLOT_AS = 0x1e, TKV_SLOT_BITMAP = 0x20, TKV_SLOT_NODE = 0x28,
	TKV_SLOT_SIZE = 0x60,
};

/* roles: bits as in 7.2 */
#define TKV_ROLE(level) (0x6f80u | (level))
#define TKV_ROLE_INVALID (1u << 12)
#define TKV_ROLE_MIRROR (1u << 19)

/* NPT entries of 7.2 */
#define TKV_EMPTY (UINT64_C(1) << 63)
#define TKV_TO_TABLE UINT64_C(0x827)
#define TKV_LEAF UINT64_C(0xe67)
#define TKV_FROZEN (TKV_EMPTY | 0x1a0)

struct testkvm {
	struct testpages *t;
	struct cairn *c;
	struct arena arena;
	uint64_t next_sp, next_table, vars;
};

/* ---- types ---- */

struct tkv_member {
	const char *name;
	unsigned offset;
	int type;
	unsigned bits, shift;
};

static inline int tkv_struct(struct btf *b, const char *name, unsigned size,
			     const struct tkv_member *m)
{
	int id = tt(btf__add_struct(b, name, size));

	for (; m->name; m++)
		tt(btf__add_field(b, m->name, m->type, m->offset * 8 + m->shift, m->bits));
	return id;
}

static inline int tkv_one(struct btf *b, const char *name, const char *member, int type)
{
	return tkv_struct(b, name, 8, (const struct tkv_member[]){ { member, 0, type, 0, 0 }, { 0 } });
}

static inline int tkv_role(struct btf *b)
{
	static const struct tkv_member bits[] = {
		{ "level", 0, TT_UINT, 4, 0 }, { "direct", 0, TT_UINT, 1, 7 },
		{ "invalid", 0, TT_UINT, 1, 12 }, { "ad_disabled", 0, TT_UINT, 1, 16 },
		{ "guest_mode", 0, TT_UINT, 1, 17 }, { "is_mirror", 0, TT_UINT, 1, 19 },
		{ "smm", 0, TT_UINT, 8, 24 }, { 0 },
	};
	int parts = tkv_struct(b, NULL, 4, bits), id = tt(btf__add_union(b, "kvm_mmu_page_role", 4));

	tt(btf__add_field(b, "word", TT_UINT, 0, 0));
	tt(btf__add_field(b, NULL, parts, 0, 0));
	return id;
}

static inline void tkv_slot_types(struct btf *b)
{
	int node = tkv_struct(b, "rb_node", 24, (const struct tkv_member[]){
		{ "__rb_parent_color", 0, TT_ULONG, 0, 0 }, { 0 } });

	tkv_struct(b, "kvm_memory_slot", TKV_SLOT_SIZE, (const struct tkv_member[]){
		{ "base_gfn", TKV_SLOT_GFN, TT_ULONG, 0, 0 },
		{ "npages", TKV_SLOT_NPAGES, TT_ULONG, 0, 0 },
		{ "userspace_addr", TKV_SLOT_HVA, TT_ULONG, 0, 0 },
		{ "flags", TKV_SLOT_FLAGS, TT_UINT, 0, 0 }, { "id", TKV_SLOT_ID, TT_SHORT, 0, 0 },
		{ "as_id", TKV_SLOT_AS, TT_SHORT, 0, 0 },
		{ "dirty_bitmap", TKV_SLOT_BITMAP, TT_ULONG, 0, 0 },
		{ "gfn_node", TKV_SLOT_NODE, tt_array(b, node, 2), 0, 0 }, { 0 } });
	tkv_struct(b, "kvm_memslots", 0x40, (const struct tkv_member[]){
		{ "generation", 0, TT_ULONG, 0, 0 }, { "gfn_tree", 8, TT_ULONG, 0, 0 },
		{ "node_idx", 0x10, TT_INT, 0, 0 }, { 0 } });
}

static inline void tkv_vcpu_types(struct btf *b, int role, const struct tkv_member *more_apf)
{
	int root = tkv_one(b, "kvm_mmu_root_info", "hpa", TT_ULONG), mmu, arch, apf = 0;

	mmu = tkv_struct(b, "kvm_mmu", 0x40, (const struct tkv_member[]){
		{ "root", TKV_MMU_HPA, root, 0, 0 }, { "mirror_root_hpa", TKV_MMU_MIRROR, TT_ULONG, 0, 0 },
		{ "root_role", TKV_MMU_ROLE, role, 0, 0 },
		{ "prev_roots", TKV_MMU_PREV, tt_array(b, root, 3), 0, 0 }, { 0 } });
	if (more_apf)
		apf = tkv_struct(b, NULL, 0x300, more_apf);
	arch = tkv_struct(b, "kvm_vcpu_arch", TKV_VCPU_SIZE - 0x20, (const struct tkv_member[]){
		{ "mmu", TKV_VCPU_MMU - 0x20, TT_ULONG, 0, 0 },
		{ "root_mmu", TKV_VCPU_ROOT_MMU - 0x20, mmu, 0, 0 },
		{ "mp_state", TKV_VCPU_MP - 0x20, TT_INT, 0, 0 },
		{ apf ? "apf" : NULL, TKV_VCPU_APF - 0x20, apf, 0, 0 }, { 0 } });
	tkv_struct(b, "kvm_vcpu", TKV_VCPU_SIZE, (const struct tkv_member[]){
		{ "kvm", 0, TT_ULONG, 0, 0 }, { "vcpu_id", TKV_VCPU_ID, TT_INT, 0, 0 },
		{ "mode", TKV_VCPU_MODE, TT_INT, 0, 0 },
		{ "requests", TKV_VCPU_REQUESTS, TT_ULONG, 0, 0 }, { "arch", 0x20, arch, 0, 0 },
		{ apf ? "async_pf" : NULL, TKV_VCPU_APF,
		  apf ? tkv_struct(b, NULL, 0x28, (const struct tkv_member[]){
			{ "queued", 0, TT_UINT, 0, 0 }, { "queue", 8, TT_LIST_HEAD, 0, 0 },
			{ "done", 0x18, TT_LIST_HEAD, 0, 0 }, { 0 } }) : 0, 0, 0 },
		{ 0 } });
}

/** All types; `apf`: the members of kvm_vcpu_arch.apf, counted from TKV_VCPU_APF; NULL: none. */
static inline void tkv_add_types(struct btf *b, const struct tkv_member *apf)
{
	int role = tkv_role(b), counter = tkv_one(b, "atomic_t", "counter", TT_INT);
	int lock = tkv_one(b, "rwlock_t", "raw_lock", tkv_one(b, "qrwlock", "cnts", counter));
	int arch, stat = tkv_struct(b, "kvm_vm_stat", 24, (const struct tkv_member[]){
		{ "pages", 0, tt_array(b, TT_ULONG, 3), 0, 0 }, { 0 } });

	tkv_slot_types(b);
	tkv_vcpu_types(b, role, apf);
	tkv_struct(b, "kvm_mmu_page", TKV_SP_SIZE, (const struct tkv_member[]){
		{ "link", TKV_SP_LINK, TT_LIST_HEAD, 0, 0 },
		{ "tdp_mmu_page", TKV_SP_TDP, TT_BOOL, 0, 0 }, { "role", TKV_SP_ROLE, role, 0, 0 },
		{ "gfn", TKV_SP_GFN, TT_ULONG, 0, 0 }, { "spt", TKV_SP_SPT, TT_ULONG, 0, 0 },
		{ "root_count", TKV_SP_REFS, TT_INT, 0, 0 },
		{ "external_spt", TKV_SP_EXTERNAL, TT_ULONG, 0, 0 },
		{ "ptep", TKV_SP_PTEP, TT_ULONG, 0, 0 },
		{ "tdp_mmu_scheduled_root_to_zap", TKV_SP_SCHEDULED, TT_BOOL, 0, 0 }, { 0 } });
	arch = tkv_struct(b, "kvm_arch", TKV_VM_SIZE - TKV_VM_ARCH, (const struct tkv_member[]){
		{ "tdp_mmu_roots", 0, TT_LIST_HEAD, 0, 0 }, { "active_mmu_pages", 0x10, TT_LIST_HEAD, 0, 0 },
		{ "vm_type", TKV_VM_TYPE - TKV_VM_ARCH, TT_UCHAR, 0, 0 },
		{ "gfn_direct_bits", TKV_VM_DIRECT - TKV_VM_ARCH, TT_ULONG, 0, 0 },
		{ "shadow_mmio_value", TKV_VM_MMIO - TKV_VM_ARCH, TT_ULONG, 0, 0 }, { 0 } });
	tkv_struct(b, "kvm", TKV_VM_SIZE, (const struct tkv_member[]){
		{ "vm_list", TKV_VM_LIST, TT_LIST_HEAD, 0, 0 }, { "mm", TKV_VM_MM, TT_ULONG, 0, 0 },
		{ "userspace_pid", TKV_VM_PID, TT_INT, 0, 0 },
		{ "memslots", TKV_VM_SLOTS, tt_array(b, TT_ULONG, 2), 0, 0 },
		{ "vcpus", TKV_VM_VCPUS, tt_array(b, TT_ULONG, 4), 0, 0 },
		{ "online_vcpus", TKV_VM_ONLINE, counter, 0, 0 }, { "mmu_lock", TKV_VM_LOCK, lock, 0, 0 },
		{ "stat", TKV_VM_PAGES, stat, 0, 0 }, { "arch", TKV_VM_ARCH, arch, 0, 0 },
		{ "vm_bugged", TKV_VM_BUGGED, TT_BOOL, 0, 0 },
		{ "nr_memslot_pages", TKV_VM_NPAGES, TT_ULONG, 0, 0 }, { 0 } });
	tkv_one(b, "mm_struct", "pgd", TT_ULONG);
	tkv_struct(b, "page", 64, (const struct tkv_member[]){ { "_refcount", 52, counter, 0, 0 }, { 0 } });
	tkv_struct(b, "pid", 8, (const struct tkv_member[]){ { "count", 0, TT_INT, 0, 0 }, { 0 } });
}

/* ---- the machine ---- */

static inline void tkv_put(struct testkvm *k, uint64_t addr, uint64_t value, size_t bytes)
{
	tp_put(k->t, addr, value, bytes);
}

static inline void tkv_list(struct testkvm *k, uint64_t head)
{
	tkv_put(k, head, head, 8);
	tkv_put(k, head + 8, head, 8);
}

static inline void tkv_link(struct testkvm *k, uint64_t head, uint64_t node)
{
	const unsigned char *data = k->t->mem.range[0].data;
	uint64_t last = le64(data + head + 8);

	tkv_put(k, last, node, 8);
	tkv_put(k, node, head, 8);
	tkv_put(k, node + 8, last, 8);
	tkv_put(k, head + 8, node, 8);
}

/** A variable of kvm.ko. */
static inline void tkv_variable(struct testkvm *k, const char *name, uint64_t value)
{
	tkv_put(k, TKV_VARS + k->vars, value, 8);
	symlist_add(&k->t->c.known, name, TKV_VARS + k->vars);
	k->vars += 8;
}

/** A table of empty entries, and its kvm_mmu_page, which is returned. */
static inline uint64_t tkv_table(struct testkvm *k, uint32_t role, uint64_t gfn, uint64_t ptep)
{
	uint64_t sp = k->next_sp, table = k->next_table;

	k->next_sp += TKV_SP_SIZE;
	k->next_table += 0x1000;
	for (unsigned i = 0; i < 512; i++)
		tkv_put(k, table + i * 8, TKV_EMPTY, 8);
	tkv_put(k, sp + TKV_SP_TDP, 1, 1);
	tkv_put(k, sp + TKV_SP_ROLE, role, 4);
	tkv_put(k, sp + TKV_SP_GFN, gfn, 8);
	tkv_put(k, sp + TKV_SP_SPT, table, 8);
	tkv_put(k, sp + TKV_SP_PTEP, ptep, 8);
	tp_page(k->t, table >> 12, 64, 40, sp, 8);
	tp_page(k->t, table >> 12, 64, 52, 1, 4);
	if (ptep)
		tkv_put(k, ptep, table | TKV_TO_TABLE, 8);
	return sp;
}

static inline uint64_t tkv_spt(const struct testkvm *k, uint64_t sp)
{
	return le64(k->t->mem.range[0].data + sp + TKV_SP_SPT);
}

/** A root with a table of each level below it, by which `index` in the root leads on; returns the
 *  lowest table's kvm_mmu_page. */
static inline uint64_t tkv_root(struct testkvm *k, uint32_t role, unsigned index)
{
	uint64_t sp = tkv_table(k, role | 4, 0, 0), external = k->next_table + 0x40000;

	tkv_put(k, sp + TKV_SP_REFS, 2, 4);
	tkv_link(k, TKV_VM + TKV_VM_ROOTS, sp);
	for (unsigned level = 3; level; level--) {
		sp = tkv_table(k, role | level, 0, tkv_spt(k, sp) + (level == 3 ? index * 8 : 0));
		if (role & TKV_ROLE_MIRROR) {
			tkv_put(k, sp + TKV_SP_EXTERNAL, external, 8);
			tp_page(k->t, external >> 12, 64, 52, 1, 4);
		}
	}
	return sp;
}

static inline void tkv_map(struct testkvm *k, uint64_t sp, uint64_t gfn)
{
	uint64_t pfn = (TKV_MEMORY >> 12) + gfn;

	tkv_put(k, tkv_spt(k, sp) + (gfn & 511) * 8, pfn << 12 | TKV_LEAF, 8);
	tp_page(k->t, pfn, 64, 52, 1, 4);
}

static inline void tkv_variables(struct testkvm *k)
{
	tkv_variable(k, "shadow_present_mask", 1);
	tkv_variable(k, "shadow_user_mask", 4);
	tkv_variable(k, "shadow_nx_mask", UINT64_C(1) << 63);
	tkv_variable(k, "shadow_xs_mask", 0);
	tkv_variable(k, "shadow_xu_mask", 0);
	tkv_variable(k, "shadow_accessed_mask", 0x20);
	tkv_variable(k, "shadow_dirty_mask", 0x40);
	tkv_variable(k, "shadow_host_writable_mask", 0x200);
	tkv_variable(k, "shadow_mmu_writable_mask", 0x400);
	tkv_variable(k, "shadow_mmio_value", UINT64_C(0x8000000000001));
	tkv_variable(k, "shadow_mmio_mask", UINT64_C(0x8000000000001));
	tkv_variable(k, "shadow_mmio_access_mask", 6);
	tkv_variable(k, "shadow_phys_bits", 40);
	tkv_variable(k, "nx_huge_pages", 0);
	symlist_add(&k->t->c.known, "vm_list", TKV_LIST);
}

static inline void tkv_machine(struct testkvm *k)
{
	tkv_list(k, TKV_LIST);
	tkv_link(k, TKV_LIST, TKV_VM + TKV_VM_LIST);
	tkv_list(k, TKV_VM + TKV_VM_ROOTS);
	tkv_list(k, TKV_VM + TKV_VM_SHADOW);
	tkv_put(k, TKV_VM + TKV_VM_MM, TKV_MM, 8);
	tkv_put(k, TKV_MM, 0x1000, 8); /* the map of testpages */
	tkv_put(k, TKV_VM + TKV_VM_PID, 7, 4);
	tkv_put(k, TKV_VM + TKV_VM_SLOTS, TKV_SET, 8);
	tkv_put(k, TKV_VM + TKV_VM_VCPUS, TKV_VCPU, 8);
	tkv_put(k, TKV_VM + TKV_VM_ONLINE, 1, 4);
	tkv_put(k, TKV_VM + TKV_VM_MMIO, UINT64_C(0x8000000000001), 8);
	tkv_put(k, TKV_VM + TKV_VM_NPAGES, TKV_SLOT_PAGES, 8);
	tkv_put(k, TKV_VCPU, TKV_VM, 8);
	tkv_put(k, TKV_VCPU + TKV_VCPU_MMU, TKV_VCPU + TKV_VCPU_ROOT_MMU, 8);
	for (unsigned i = 0; i < 5; i++)
		if (i != 2)
			tkv_put(k, TKV_VCPU + TKV_VCPU_ROOT_MMU + 8 * i, UINT64_MAX, 8);
	tkv_put(k, TKV_VCPU + TKV_VCPU_ROOT_MMU + TKV_MMU_PREV + 16, UINT64_MAX, 8);
	tkv_put(k, TKV_VCPU + TKV_VCPU_ROOT_MMU + TKV_MMU_ROLE, TKV_ROLE(4), 4);
	tkv_put(k, TKV_SET, 2, 8);
	tkv_put(k, TKV_SET + 8, TKV_SLOT + TKV_SLOT_NODE, 8);
	tkv_put(k, TKV_SLOT + TKV_SLOT_NPAGES, TKV_SLOT_PAGES, 8);
	tkv_put(k, TKV_SLOT + TKV_SLOT_HVA, TKV_MEMORY, 8);
	tkv_put(k, TKV_SLOT + TKV_SLOT_NODE, 1, 8);
}

/** A machine without roots; tkv_open() makes it a dump. */
static inline struct testkvm *tkv_begin(void)
{
	struct testkvm *k = calloc(1, sizeof(*k));

	if (!k)
		abort();
	k->t = tp_new(0);
	k->c = &k->t->c;
	k->next_sp = TKV_SPS;
	k->next_table = TKV_TABLES;
	tp_sparse(k->t, 0);
	syms_init(&k->c->syms, &k->c->arena);
	tkv_variables(k);
	tkv_machine(k);
	return k;
}

static inline void tkv_open(struct testkvm *k)
{
	static struct cairn_opts opts;
	struct btf *b = tt_new();

	tp_open(k->t, ARCH_X86_64, "mem_section", TP_AMD64_7_2);
	k->c->opts = &opts;
	tkv_add_types(b, NULL);
	tp_types(k->t, b);
	if (symlist_register(&k->c->known, "test", &k->c->syms, NULL) != CAIRN_OK)
		abort();
}

/** The VM as above; *leaves gets the kvm_mmu_page of the lowest table, of the mirror's if there is
 *  one. */
static inline struct testkvm *tkv_new(bool mirror, uint64_t *leaves)
{
	struct testkvm *k = tkv_begin();
	uint64_t mmu = TKV_VCPU + TKV_VCPU_ROOT_MMU, sp, root = k->next_table;

	sp = tkv_root(k, TKV_ROLE(0), mirror ? 256 : 0);
	tkv_put(k, mmu + TKV_MMU_HPA, root, 8);
	for (uint64_t gfn = 0; gfn < TKV_SLOT_PAGES / 2; gfn++)
		tkv_map(k, sp, gfn);
	tkv_put(k, TKV_VM + TKV_VM_PAGES, TKV_SLOT_PAGES / 2, 8);
	if (mirror) {
		root = k->next_table;
		sp = tkv_root(k, TKV_ROLE(0) | TKV_ROLE_MIRROR, 0);
		tkv_put(k, mmu + TKV_MMU_MIRROR, root, 8);
		for (uint64_t gfn = TKV_SLOT_PAGES / 2; gfn < TKV_SLOT_PAGES; gfn++)
			tkv_map(k, sp, gfn);
		tkv_put(k, TKV_VM + TKV_VM_PAGES, TKV_SLOT_PAGES, 8);
		tkv_put(k, TKV_VM + TKV_VM_TYPE, 5, 1);
		tkv_put(k, TKV_VM + TKV_VM_DIRECT, TKV_DIRECT_BIT, 8);
	}
	*leaves = sp;
	tkv_open(k);
	return k;
}

/** Change memory after it was opened, until tkv_undo(). */
static inline void tkv_change(struct testkvm *k, uint64_t addr, uint64_t value, size_t bytes)
{
	unsigned char raw[8];

	for (size_t i = 0; i < 8; i++)
		raw[i] = (unsigned char)(value >> 8 * i);
	if (overlay_write(k->c->img, addr, raw, bytes, NULL))
		abort();
}

static inline void tkv_undo(struct testkvm *k)
{
	overlay_undo(k->c->img, 0);
}

static inline void tkv_free(struct testkvm *k)
{
	arena_deinit(&k->arena);
	tp_free(k->t);
	free(k);
}

#endif
