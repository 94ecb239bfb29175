/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm_guest - a guest's memory, read from the dump of its host.
 *
 * A guest-physical address is translated by the TDP tables that the guest itself runs on;
 * where these do not map it (the guest never touched it, or it was taken away), by the
 * memory slot and the page tables of the process that has the VM.
 */
#ifndef CAIRN_MM_KVM_GUEST_H
#define CAIRN_MM_KVM_GUEST_H

#include "mm/tdp.h"

enum kvm_guest_by { KVM_BY_NONE, KVM_BY_TDP, KVM_BY_SLOT };

/** A VM's memory as seen by its guest; owned by the caller. */
struct kvm_guest {
	const struct kvms *k;
	const struct kvm_vm *vm;
	struct paging_form form;  /* of the TDP tables */
	uint64_t root, mirror;    /* physical; KVM_NO_ROOT: none */
	uint64_t pgd;             /* of the process's tables, physical; KVM_NO_ROOT: not known */
};

struct kvm_guest_page {
	enum kvm_guest_by by;
	enum cairn_fault fault;   /* why not, if by is NONE */
	uint64_t paddr;           /* in the host */
	uint64_t left;            /* bytes from there that are contiguous */
};

void kvm_guest_init(struct kvm_guest *g, const struct kvms *k, const struct kvm_vm *vm);

/** The table that a guest-physical address is looked up in: the mirror's for private memory.
 *  KVM_NO_ROOT: there is none. */
uint64_t kvm_guest_root(const struct kvm_guest *g, uint64_t gpa);

struct kvm_guest_page kvm_guest_translate(const struct kvm_guest *g, uint64_t gpa);

/** Where the process's own tables have one of its addresses. */
struct paging_result kvm_guest_hva(const struct kvm_guest *g, uint64_t hva);

/** Copy guest-physical memory. All or nothing; err->addr is the first address that could not be
 *  read, guest-physical. */
enum cairn_code kvm_guest_read(const struct kvm_guest *g, uint64_t gpa, void *buf, size_t len,
			       struct cairn_err *err);

/** Physical address of the page tables of a process (struct mm_struct); KVM_NO_ROOT. */
uint64_t kvm_mm_pgd(struct cairn *c, uint64_t mm);

#endif
