/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm_gmem - a guest's private memory: which guest frames are private, and which pages
 * guest_memfd has for them.
 *
 * Sources: virt/kvm/guest_memfd.c, kvm_main.c (mem_attr_array, KVM_MEMORY_ATTRIBUTE_PRIVATE).
 */
#ifndef CAIRN_MM_KVM_GMEM_H
#define CAIRN_MM_KVM_GMEM_H

#include "lib/base/map.h"
#include "mm/kvm.h"

enum kvm_private { KVM_SHARED, KVM_PRIVATE, KVM_PRIVATE_UNKNOWN };

/** The contents of one file of guest_memfd: index to struct folio. */
struct kvm_gmem_file {
	uint64_t file;
	struct map folios;
	struct cairn_err err;   /* it could not be read */
};

struct kvm_gmem {
	const struct kvms *k;
	const struct kvm_vm *vm;
	struct map attrs;       /* guest frame to attributes */
	bool has_attrs, read;
	struct cairn_err err;   /* the attributes could not be read */
	struct kvm_gmem_file *file;
	size_t nfiles, cap;
};

void kvm_gmem_init(struct kvm_gmem *g, const struct kvms *k, const struct kvm_vm *vm);
void kvm_gmem_deinit(struct kvm_gmem *g);

/** Whether a guest frame has the attribute "private". */
enum kvm_private kvm_gmem_private(struct kvm_gmem *g, uint64_t gfn);

/** The struct page that guest_memfd has for a frame of the slot. CAIRN_NOTFOUND: none.
 *  Memory from the arena. */
enum cairn_code kvm_gmem_page(struct kvm_gmem *g, const struct kvm_slot *s, uint64_t gfn,
			      struct arena *arena, uint64_t *page, struct cairn_err *err);

#endif
