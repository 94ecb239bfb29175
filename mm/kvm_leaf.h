/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm_leaf - what a page that a guest has mapped is to its host: whether it is the one that
 * the process has there, and whether it is free.
 *
 * Made for millions of pages in the order of their addresses: what was found for the last
 * one is remembered.
 */
#ifndef CAIRN_MM_KVM_LEAF_H
#define CAIRN_MM_KVM_LEAF_H

#include "mm/kvm_guest.h"

/** The process's page tables; the table of the last address stays pinned. */
struct kvm_hva {
	const struct kvm_guest *guest;
	struct page *pin;
	uint64_t region;        /* hva >> 21 that the pinned table is of; UINT64_MAX: none */
	uint64_t table;         /* its physical address */
	int64_t refcount;       /* offset in struct page; -1: not told */
};

void kvm_hva_init(struct kvm_hva *h, const struct kvm_guest *g);
void kvm_hva_deinit(struct kvm_hva *h);

/** The page frame that the process has mapped at one of its addresses. */
enum cairn_fault kvm_hva_pfn(struct kvm_hva *h, uint64_t hva, uint64_t *pfn);

/** Nobody holds the page: it is free. False also where that cannot be told. *page gets its
 *  struct page. */
bool kvm_pfn_is_free(const struct kvm_hva *h, uint64_t pfn, uint64_t *page);

#endif
