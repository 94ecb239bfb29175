/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm_lock - kvm->mmu_lock, decoded: who is at work in a VM's page tables.
 *
 * A rwlock; up to 5.11 a spinlock. Sources: include/asm-generic/qrwlock_types.h,
 * kernel/locking/qrwlock.c, qspinlock.c, rwbase_rt.c.
 */
#ifndef CAIRN_MM_KVM_LOCK_H
#define CAIRN_MM_KVM_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/kern/session.h"

enum kvm_lock_kind { KVM_LOCK_UNKNOWN, KVM_LOCK_RWLOCK, KVM_LOCK_SPIN, KVM_LOCK_RT };

struct kvm_lock {
	enum kvm_lock_kind kind; /* UNKNOWN: none of the lock's forms is in the types */
	uint32_t raw;
	uint32_t readers;
	bool writer, waiting;    /* a writer has it; one waits for it */
};

/** Of the struct kvm at `vm`. */
enum cairn_code kvm_lock_read(struct kvm_lock *ret, struct cairn *c, uint64_t vm,
			      struct cairn_err *err);

/** From the lock's word. */
struct kvm_lock kvm_lock_decode(enum kvm_lock_kind kind, uint32_t raw);

/** Somebody has it, or that is not known. */
bool kvm_lock_held(const struct kvm_lock *l);

#endif
