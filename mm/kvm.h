/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm - the virtual machines that the dumped kernel was host to.
 *
 * Read in one go: each VM of vm_list with its vCPUs, its memory slots and the roots of its
 * TDP page tables; what lies below a root is walked by tdp.h. A part that cannot be read is
 * told in its own err and the rest is there all the same.
 *
 * Sources: virt/kvm/kvm_main.c, arch/x86/kvm/mmu/mmu.c and tdp_mmu.c.
 */
#ifndef CAIRN_MM_KVM_H
#define CAIRN_MM_KVM_H

#include "lib/base/arena.h"
#include "lib/kern/task.h"
#include "mm/kvm_layout.h"
#include "mm/kvm_lock.h"
#include "mm/kvm_slots.h"
#include "mm/page.h"
#include "mm/spte.h"

#define KVM_NO_ROOT UINT64_MAX /* INVALID_PAGE */
#define KVM_TDX_VM 5           /* KVM_X86_TDX_VM, arch/x86/include/uapi/asm/kvm.h */
#define KVM_NOT_TOLD UINT64_MAX

/** One struct kvm_mmu of a vCPU: the roots it uses or keeps. */
struct kvm_mmu {
	uint64_t addr;
	uint64_t hpa, mirror, prev[KVM_PREV_ROOTS]; /* physical; KVM_NO_ROOT: none */
	uint64_t special[3]; /* kernel addresses of roots of the shadow MMU that are its own; 0:
				none */
	uint32_t role;  /* word; 0: not known */
	unsigned level; /* 0: not known */
};

struct kvm_vcpu {
	uint64_t addr;
	int32_t id, idx, cpu, mode, mp_state;
	uint64_t requests;
	int32_t pid;           /* of its thread; 0: none yet, or not known */
	uint64_t current_mmu;  /* &root_mmu, or &guest_mmu while a nested guest runs */
	struct kvm_mmu root_mmu, guest_mmu;
	struct cairn_err err;  /* code not CAIRN_OK: addr is all that is known */
};

/** A struct kvm_mmu_page. */
struct kvm_sp {
	uint64_t addr;
	uint8_t tdp;           /* 1: the TDP MMU owns it */
	bool scheduled, nx;
	uint32_t role;
	uint64_t gfn, spt, ptep, external;
	int32_t refs;
	uint64_t hpa;          /* of spt; KVM_NO_ROOT: it cannot be translated */
};

struct kvm_root {
	struct kvm_sp sp;
	struct cairn_err err;  /* code not CAIRN_OK: only sp.addr is known */
};

struct kvm_vm {
	uint64_t addr, mm;
	int32_t pid;
	const struct task *task;  /* the process; NULL: gone, or not known */
	uint64_t type;            /* vm_type; KVM_NOT_TOLD: this KVM has no types */
	uint64_t direct_bits;     /* of a gfn; 0: no mirrored half */
	uint64_t mmio_value;      /* KVM_NOT_TOLD: the kernel has one for all */
	bool nx_off, bugged, dead;
	bool private_mem;         /* it can have private memory, and no system management mode */
	uint64_t invalidating;    /* invalidations of the process's memory under way */
	uint64_t invalid_start, invalid_end; /* gfns [start, end); both 0: not told */
	uint64_t attrs;           /* address of mem_attr_array; 0: none */
	uint64_t npages;          /* nr_memslot_pages */
	uint64_t logging;         /* nr_memslots_dirty_logging */
	uint64_t manual_log, dirty_ring, pml;
	bool has_pages;
	int64_t pages[3];         /* stat.pages: 4K, 2M, 1G */
	uint64_t users;
	uint32_t online;          /* online_vcpus */
	struct kvm_lock lock;
	struct cairn_err err;     /* code not CAIRN_OK: addr is all that is known */
	struct kvm_vcpu *vcpu;
	size_t nvcpus;
	struct cairn_err vcpus_err;
	struct kvm_set set[KVM_SPACES]; /* active memory slots, by address space */
	struct kvm_root *root;    /* in list order */
	size_t nroots;
	struct cairn_err roots_err;
	uint64_t roots_at;        /* the link of that list that is off; 0: none */
};

struct kvms {
	struct cairn *c;
	struct arena *arena;
	struct kvm_layout layout;
	struct page_map pages;
	struct spte_form form;    /* how the TDP MMU's entries are read */
	bool has_tdp;             /* there can be TDP roots, and entries can be read */
	struct cairn_err lack;    /* why not, if there are VMs */
	struct kvm_vm *vm;        /* in list order, the newest first */
	size_t n;
	struct cairn_err err;     /* the list is damaged: what could be found is there */
};

/** Memory from the arena. CAIRN_NOTFOUND: no KVM in this kernel. No VMs is no error. */
enum cairn_code kvms_read(struct kvms *ret, struct cairn *c, struct arena *arena,
			  struct cairn_err *err);

/** The VM at that address, or of that process; NULL. */
const struct kvm_vm *kvms_find(const struct kvms *k, uint64_t addr_or_pid);

/** Read a struct kvm_mmu_page. */
enum cairn_code kvm_sp_read(struct kvm_sp *ret, const struct kvms *k, uint64_t addr,
			    struct cairn_err *err);

/** The struct kvm_mmu_page that the page of a table names; 0 if it cannot be read. */
uint64_t kvm_sp_of(const struct kvms *k, uint64_t hpa);

/** A part of a role (ROLE_...). */
uint32_t kvm_sp_role(const struct kvms *k, const struct kvm_sp *sp, unsigned part);

/** "default", "tdx", ...: the name of a vm_type; NULL: unknown. */
const char *kvm_type_name(uint64_t type);

#endif
