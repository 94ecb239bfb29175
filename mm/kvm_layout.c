/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/kvm_layout.h"

#include "lib/kern/module.h"

static const struct shape_want vm_want = {
	"struct kvm",
	VM_N,
	{
		[VM_LINK] = "vm_list",
		[VM_MM] = "mm",
		[VM_PID] = "userspace_pid",
		[VM_SETS] = "__memslots",
		[VM_SLOTS] = "memslots",
		[VM_VCPU_XA] = "vcpu_array",
		[VM_VCPU_ARRAY] = "vcpus",
		[VM_ONLINE] = "online_vcpus.counter",
		[VM_CREATED] = "created_vcpus",
		[VM_LOCK] = "mmu_lock",
		[VM_PAGES] = "stat.pages|stat.lpages",
		[VM_ROOTS] = "arch.tdp_mmu_roots",
		[VM_TABLES] = "arch.tdp_mmu_pages",
		[VM_SHADOW] = "arch.active_mmu_pages",
		[VM_TYPE] = "arch.vm_type",
		[VM_DIRECT] = "arch.gfn_direct_bits|arch.gfn_direct_mask",
		[VM_MMIO] = "arch.shadow_mmio_value",
		[VM_NX_OFF] = "arch.disable_nx_huge_pages",
		[VM_BUGGED] = "vm_bugged",
		[VM_DEAD] = "vm_dead",
		[VM_INVAL] = "mmu_invalidate_in_progress|mmu_notifier_count",
		[VM_INVAL_START] = "mmu_invalidate_range_start|mmu_notifier_range_start",
		[VM_INVAL_END] = "mmu_invalidate_range_end|mmu_notifier_range_end",
		[VM_ATTRS] = "mem_attr_array",
		[VM_NPAGES] = "nr_memslot_pages",
		[VM_LOGGING] = "nr_memslots_dirty_logging.counter",
		[VM_MANUAL] = "manual_dirty_log_protect",
		[VM_RING] = "dirty_ring_size",
		[VM_PML] = "arch.cpu_dirty_log_size",
		[VM_USERS] = "users_count.refs.counter",
		[VM_PRIVATE] = "arch.has_private_mem",
		[VM_NX_LIST] = "arch.possible_nx_huge_pages|arch.lpage_disallowed_mmu_pages",
	},
};

static const struct shape_want vcpu_want = {
	"struct kvm_vcpu", VCPU_N, {
		[VCPU_KVM] = "kvm", [VCPU_ID] = "vcpu_id", [VCPU_IDX] = "vcpu_idx",
		[VCPU_CPU] = "cpu", [VCPU_MODE] = "mode", [VCPU_REQUESTS] = "requests",
		[VCPU_PID] = "pid", [VCPU_MP] = "arch.mp_state", [VCPU_MMU] = "arch.mmu",
		[VCPU_ROOT_MMU] = "arch.root_mmu", [VCPU_GUEST_MMU] = "arch.guest_mmu",
	},
};

static const struct shape_want mmu_want = {
	"struct kvm_mmu", MMU_N, {
		[MMU_HPA] = "root.hpa|root_hpa", [MMU_MIRROR] = "mirror_root_hpa",
		[MMU_ROLE] = "root_role.word|mmu_role.base.word",
		[MMU_LEVEL] = "shadow_root_level|root_role.level",
		[MMU_PREV] = "prev_roots[0].hpa", [MMU_PREV_1] = "prev_roots[1].hpa",
		[MMU_PREV_2] = "prev_roots[2].hpa", [MMU_PAE] = "pae_root",
		[MMU_PML4] = "pml4_root|lm_root", [MMU_PML5] = "pml5_root",
	},
};

static const struct shape_want sp_want = {
	"struct kvm_mmu_page", SP_N, {
		[SP_LINK] = "link", [SP_TDP] = "tdp_mmu_page", [SP_ROLE] = "role.word",
		[SP_GFN] = "gfn", [SP_SPT] = "spt",
		[SP_REFS] = "tdp_mmu_root_count.refs.counter|root_count",
		[SP_SCHEDULED] = "tdp_mmu_scheduled_root_to_zap", [SP_PTEP] = "ptep",
		[SP_EXTERNAL] = "external_spt|private_spt",
		[SP_NX] = "nx_huge_page_disallowed|lpage_disallowed",
		[SP_NX_LINK] = "possible_nx_huge_page_link|lpage_disallowed_link",
	},
};

static const struct shape_want role_want = {
	"union kvm_mmu_page_role", ROLE_N, {
		[ROLE_LEVEL] = "level", [ROLE_DIRECT] = "direct", [ROLE_INVALID] = "invalid",
		[ROLE_AD_DISABLED] = "ad_disabled", [ROLE_GUEST_MODE] = "guest_mode",
		[ROLE_MIRROR] = "is_mirror|is_private", [ROLE_SMM] = "smm",
	},
};

static const struct shape_want slot_want = {
	"struct kvm_memory_slot", SLOT_N, {
		[SLOT_GFN] = "base_gfn", [SLOT_NPAGES] = "npages", [SLOT_HVA] = "userspace_addr",
		[SLOT_FLAGS] = "flags", [SLOT_ID] = "id", [SLOT_AS] = "as_id",
		[SLOT_BITMAP] = "dirty_bitmap", [SLOT_LARGE] = "arch.lpage_info",
		[SLOT_GMEM] = "gmem.file", [SLOT_PGOFF] = "gmem.pgoff",
		[SLOT_GFN_NODE] = "gfn_node", [SLOT_HVA_NODE] = "hva_node",
		[SLOT_ID_NODE] = "id_node",
	},
};

static const struct shape_want set_want = {
	"struct kvm_memslots", SET_N, {
		[SET_GENERATION] = "generation", [SET_TREE] = "gfn_tree",
		[SET_HVA_TREE] = "hva_tree", [SET_HASH] = "id_hash", [SET_NODE] = "node_idx",
		[SET_USED] = "used_slots", [SET_ARRAY] = "memslots",
	},
};

static const struct shape_want pid_want = { "struct pid", 1, { "numbers[0].nr" } };

static enum cairn_code require(const struct kvm_layout *l, struct cairn_err *err)
{
	static const unsigned vm[] = { VM_LINK, VM_MM, VM_SLOTS, VM_LOCK };
	static const unsigned vcpu[] = { VCPU_ID, VCPU_MMU, VCPU_ROOT_MMU };
	static const unsigned mmu[] = { MMU_HPA };
	static const unsigned sp[] = { SP_LINK, SP_TDP, SP_ROLE, SP_GFN, SP_SPT, SP_REFS };
	static const unsigned role[] = { ROLE_LEVEL, ROLE_INVALID, ROLE_SMM };
	static const unsigned slot[] = { SLOT_GFN, SLOT_NPAGES, SLOT_HVA, SLOT_FLAGS, SLOT_ID };
	enum cairn_code code = shape_require(&l->vm, vm, 4, err);

	if (!code)
		code = shape_require(&l->vcpu, vcpu, 3, err);
	if (!code)
		code = shape_require(&l->mmu, mmu, 1, err);
	if (!code)
		code = shape_require(&l->sp, sp, 6, err);
	if (!code)
		code = shape_require(&l->role, role, 3, err);
	return code ? code : shape_require(&l->slot, slot, 5, err);
}

static enum cairn_code resolve(struct kvm_layout *l, struct types *ts, struct cairn_err *err)
{
	const struct {
		struct shape *shape;
		const struct shape_want *want;
	} all[] = {
		{ &l->vm, &vm_want }, { &l->vcpu, &vcpu_want }, { &l->mmu, &mmu_want },
		{ &l->sp, &sp_want }, { &l->role, &role_want }, { &l->slot, &slot_want },
		{ &l->set, &set_want }, { &l->pid, &pid_want },
	};
	enum cairn_code code = CAIRN_OK;

	for (size_t i = 0; !code && i < sizeof(all) / sizeof(all[0]); i++)
		code = shape_resolve(all[i].shape, all[i].want, ts, err);
	return code ? code : require(l, err);
}

/* The module's own types, where no debug file has them. */
static enum cairn_code find_types(struct kvm_layout *l, struct cairn *c, struct cairn_err *err)
{
	struct cairn_err why;
	enum cairn_code code = resolve(l, &c->types, err), module;

	if (code != CAIRN_MISSING)
		return code;
	module = module_types(c, "kvm", &why);
	code = resolve(l, &c->types, err);
	if (code != CAIRN_MISSING || !module)
		return code;
	return cairn_fail(err, CAIRN_MISSING,
			  "%s; add them with -s kvm.ko.debug (or -s vmlinux, if KVM is built in)",
			  why.text);
}

/* No symbol: there is no KVM, or that cannot be told. */
static enum cairn_code no_symbol(struct cairn *c, struct cairn_err *err)
{
	const struct modules *ms = NULL;
	struct cairn_err why;
	enum cairn_code code = modules_get(c, &ms, &why);

	if (!code && ms->partial)
		why = ms->err;
	for (size_t i = 0; !code && !ms->partial && i < ms->n; i++) {
		if (ms->module[i].fault.code == CAIRN_OK)
			continue;
		why = ms->module[i].fault;
		code = why.code;
	}
	if (c->arch && c->arch->id == ARCH_X86_64 && (code || ms->partial))
		return cairn_fail(err, CAIRN_MISSING,
				  "whether there is KVM cannot be told: modules: %s", why.text);
	return cairn_fail(err, CAIRN_NOTFOUND, "this kernel has no KVM: there is no symbol vm_list, "
			  "and no module kvm");
}

enum cairn_code kvm_layout_init(struct kvm_layout *l, struct cairn *c, uint64_t *vm_list,
				struct cairn_err *err)
{
	const struct modules *ms;
	enum cairn_code code;

	*l = (struct kvm_layout){ 0 };
	modules_get(c, &ms, NULL); /* for its symbols */
	if (sym_addr(&c->syms, "vm_list", vm_list, NULL))
		return no_symbol(c, err);
	code = find_types(l, c, err);
	l->mirror = shape_has(&l->role, ROLE_MIRROR) || shape_has(&l->mmu, MMU_MIRROR) ||
		    shape_has(&l->vm, VM_DIRECT) || shape_has(&l->sp, SP_EXTERNAL);
	l->initial_ref = shape_has(&l->sp, SP_SCHEDULED);
	l->has_ptep = shape_has(&l->sp, SP_PTEP);
	return code;
}

uint32_t kvm_role_mask(const struct kvm_layout *l, unsigned part)
{
	const struct member *m = &l->role.m[part];
	unsigned bits = m->bit_size ? m->bit_size : m->size * 8;

	if (!l->role.has[part] || m->offset >= 4 || bits > 32)
		return 0;
	return (uint32_t)((UINT64_C(1) << bits) - 1) << (m->offset * 8 + m->bit_shift) % 32;
}

uint32_t kvm_role(const struct kvm_layout *l, uint32_t word, unsigned part)
{
	const struct member *m = &l->role.m[part];

	return (word & kvm_role_mask(l, part)) >> (m->offset * 8 + m->bit_shift) % 32;
}
