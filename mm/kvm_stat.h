/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm_stat - what KVM counts of a virtual machine and of its vCPUs: exits, faults, flushes.
 *
 * Which counters there are is told by the types (struct kvm_vm_stat, struct kvm_vcpu_stat); those
 * of nested structs are among them.
 */
#ifndef CAIRN_MM_KVM_STAT_H
#define CAIRN_MM_KVM_STAT_H

#include "mm/kvm.h"

struct kvm_stat {
	const char *name;
	uint64_t value;
};

struct kvm_stats {
	struct kvm_stat *stat; /* in the order of the struct */
	size_t n;
};

/** Of the VM itself. Memory from the arena. CAIRN_MISSING: the types have no such struct. */
enum cairn_code kvm_vm_stats(struct kvm_stats *ret, const struct kvms *k, const struct kvm_vm *vm,
			     struct arena *arena, struct cairn_err *err);

/** Of all its vCPUs together. vCPUs that cannot be read are left out; err says so with CAIRN_FAULT,
 *  and the sum of the others is there. */
enum cairn_code kvm_vcpu_stats(struct kvm_stats *ret, const struct kvms *k, const struct kvm_vm *vm,
			       struct arena *arena, struct cairn_err *err);

#endif
