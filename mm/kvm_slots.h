/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm_slots - a VM's memory slots: which guest memory is which memory of the process.
 *
 * Since 5.17 a set is an interval tree, a red-black tree and a hash over slots that two sets
 * share; before that an array. Sources: include/linux/kvm_host.h, virt/kvm/kvm_main.c.
 */
#ifndef CAIRN_MM_KVM_SLOTS_H
#define CAIRN_MM_KVM_SLOTS_H

#include "lib/base/arena.h"
#include "mm/kvm_layout.h"

#define KVM_SPACES 2           /* address spaces: normal, and system management mode */
#define KVM_SLOTS_LIMIT 65536

/* flags: include/uapi/linux/kvm.h, and above bit 15 include/linux/kvm_host.h */
#define KVM_SLOT_LOG_DIRTY 1u
#define KVM_SLOT_READONLY 2u
#define KVM_SLOT_GMEM 4u
#define KVM_SLOT_INVALID (1u << 16)   /* being deleted or moved */
#define KVM_SLOT_GMEM_ONLY (1u << 17)

struct kvm_slot {
	uint64_t addr;
	uint64_t gfn, npages, hva;
	uint32_t flags;
	int32_t id;
	int32_t as;          /* -1: this kernel's slots do not say */
	uint64_t bitmap;     /* dirty_bitmap; 0: none */
	uint64_t gmem, pgoff; /* struct file of guest_memfd, 0: none; pages into it */
	uint64_t large[2];   /* lpage_info of 2M and 1G */
};

struct kvm_set {
	uint64_t addr;       /* struct kvm_memslots; 0: none */
	uint64_t generation;
	uint32_t node;       /* which of a slot's links this set uses */
	struct kvm_slot *slot; /* sorted by gfn */
	size_t n;
	struct cairn_err err; /* the set is damaged, or could not be read at all */
};

/** A set of slots, by the address of its struct kvm_memslots. What can be read is there,
 *  err says what cannot; CAIRN_NOMEM is the only failure. */
enum cairn_code kvm_set_read(struct kvm_set *ret, const struct kvm_layout *l, struct cairn *c,
			     uint64_t addr, struct arena *a, struct cairn_err *err);

/** One slot. */
enum cairn_code kvm_slot_read(struct kvm_slot *ret, const struct kvm_layout *l, struct space *sp,
			      uint64_t addr, struct cairn_err *err);

/** The slot that has the gfn, or NULL. */
const struct kvm_slot *kvm_slot_at(const struct kvm_set *s, uint64_t gfn);

#endif
