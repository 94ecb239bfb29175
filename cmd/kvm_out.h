/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm_out - virtual machines for people and for programs.
 */
#ifndef CAIRN_CMD_KVM_OUT_H
#define CAIRN_CMD_KVM_OUT_H

#include "cmd/cmd.h"
#include "mm/tdp.h"

/** One row of the list, and everything about one VM (cairn.kvm/1), with `stats` what is counted
 *  of it; memory from the arena. */
void kvm_heading(struct out *o);
void kvm_row(struct out *o, const struct kvms *k, const struct kvm_vm *vm);
void kvm_whole(struct out *o, const struct kvms *k, const struct kvm_vm *vm, bool stats,
	       struct arena *arena);

/** What of a VM could not be read; the first is the reason of *verdict. */
void kvm_partial(struct call *call, const struct kvm_vm *vm, enum verdict *verdict);

/** The VM that a word names: an address, or the pid (decimal) or the name of its process. */
enum cairn_code kvm_operand(const struct kvms *k, const char *word, const struct kvm_vm **ret,
			    struct cairn_err *err);

/** The VM to speak of where none is named: the only one. CAIRN_USAGE if there are several. */
enum cairn_code kvm_only(const struct kvms *k, const struct kvm_vm **ret, struct cairn_err *err);

/** Where none is named, that this kernel has no KVM is an answer, and is given: CAIRN_OK. */
enum cairn_code kvm_none(struct call *call, enum cairn_code code, const struct cairn_err *err);

/** The VMs of the dump, for a command: CAIRN_NOTFOUND where this kernel has no KVM. */
enum cairn_code kvm_get(struct kvms *k, struct call *call, struct cairn_err *err);

#endif
