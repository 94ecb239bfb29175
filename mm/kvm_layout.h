/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm_layout - how this kernel's KVM lays out its structures, resolved once.
 *
 * KVM's types are those of a module: they come from the split BTF of kvm.ko in the dump, or
 * from a debug file that was given. Which members there are decides what there is; nothing
 * asks for a version.
 *
 * Sources: include/linux/kvm_host.h, arch/x86/include/asm/kvm_host.h,
 * arch/x86/kvm/mmu/mmu_internal.h.
 */
#ifndef CAIRN_MM_KVM_LAYOUT_H
#define CAIRN_MM_KVM_LAYOUT_H

#include "lib/debug/shape.h"
#include "lib/kern/session.h"

/* struct kvm */
enum {
	VM_LINK, VM_MM, VM_PID, VM_SETS, VM_SLOTS, VM_VCPU_XA, VM_VCPU_ARRAY, VM_ONLINE, VM_LOCK,
	VM_PAGES, VM_ROOTS, VM_TABLES, VM_SHADOW, VM_TYPE, VM_DIRECT, VM_MMIO, VM_NX_OFF,
	VM_BUGGED, VM_DEAD, VM_INVAL, VM_INVAL_START, VM_INVAL_END, VM_ATTRS, VM_NPAGES, VM_LOGGING,
	VM_MANUAL, VM_RING, VM_PML, VM_USERS, VM_NX_LIST, VM_CREATED, VM_PRIVATE, VM_N,
};

/* struct kvm_vcpu */
enum {
	VCPU_KVM, VCPU_ID, VCPU_IDX, VCPU_CPU, VCPU_MODE, VCPU_REQUESTS, VCPU_PID, VCPU_MP,
	VCPU_MMU, VCPU_ROOT_MMU, VCPU_GUEST_MMU, VCPU_N,
};

/* struct kvm_mmu; MMU_PREV + n: the n-th of the roots kept for later */
enum {
	MMU_HPA, MMU_MIRROR, MMU_ROLE, MMU_LEVEL, MMU_PREV, MMU_PREV_1, MMU_PREV_2,
	MMU_PAE, MMU_PML4, MMU_PML5, MMU_N,
};
#define KVM_PREV_ROOTS 3

/* struct kvm_mmu_page */
enum {
	SP_LINK, SP_TDP, SP_ROLE, SP_GFN, SP_SPT, SP_REFS, SP_SCHEDULED, SP_PTEP, SP_EXTERNAL,
	SP_NX, SP_NX_LINK, SP_N,
};

/* union kvm_mmu_page_role, bits of its word */
enum {
	ROLE_LEVEL, ROLE_DIRECT, ROLE_INVALID, ROLE_AD_DISABLED, ROLE_GUEST_MODE, ROLE_MIRROR,
	ROLE_SMM, ROLE_N,
};

/* struct kvm_memory_slot; the links are arrays of one a set */
enum {
	SLOT_GFN, SLOT_NPAGES, SLOT_HVA, SLOT_FLAGS, SLOT_ID, SLOT_AS, SLOT_BITMAP, SLOT_LARGE,
	SLOT_GMEM, SLOT_PGOFF, SLOT_GFN_NODE, SLOT_HVA_NODE, SLOT_ID_NODE, SLOT_N,
};

/* struct kvm_memslots */
enum {
	SET_GENERATION, SET_TREE, SET_HVA_TREE, SET_HASH, SET_NODE, SET_USED, SET_ARRAY, SET_N,
};

struct kvm_layout {
	struct shape vm, vcpu, mmu, sp, role, slot, set, pid;
	bool mirror;      /* this KVM can have mirror roots */
	bool initial_ref; /* the TDP MMU itself holds a reference to a root that is valid */
	bool has_ptep;    /* a table knows the entry that leads to it */
};

/** Resolve. CAIRN_NOTFOUND: there is no KVM (module not loaded, no list of VMs);
 *  CAIRN_MISSING says what types lack and how to add them. Memory from the session. */
enum cairn_code kvm_layout_init(struct kvm_layout *l, struct cairn *c, uint64_t *vm_list,
				struct cairn_err *err);

/** A part of a role's word; 0 if this kernel has none. */
uint32_t kvm_role(const struct kvm_layout *l, uint32_t word, unsigned part);

/** The bits that the part takes in the word; 0 if this kernel has none. */
uint32_t kvm_role_mask(const struct kvm_layout *l, unsigned part);

#endif
