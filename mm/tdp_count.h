/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tdp_count - how much of a guest's memory the tables below a root map.
 */
#ifndef CAIRN_MM_TDP_COUNT_H
#define CAIRN_MM_TDP_COUNT_H

#include "mm/tdp.h"

/** Index 1 to 5: by level. */
struct tdp_counts {
	uint64_t leaves[6], tables[6]; /* tables: entries of that level that lead to one */
	uint64_t mmio, frozen, other;
	uint64_t nx;      /* tables that stand in for a huge page that must not be executable */
	uint64_t *slot;   /* guest frames mapped in each slot of the root's set, in its order */
	uint64_t outside; /* and in none */
};

/** Memory from the arena. What was counted until then is there after a failure. */
enum cairn_code tdp_count(struct tdp_counts *ret, const struct kvms *k, const struct kvm_vm *vm,
			  const struct kvm_sp *root, struct arena *arena, struct cairn_err *err);

/** Add one table of a walk. */
void tdp_count_table(struct tdp_counts *c, const struct tdp_walk *w, const struct kvm_set *set);

/** Shadow pages of a VM (of nested guests, or without TDP): they are in no TDP table. */
enum cairn_code kvm_shadow_pages(const struct kvms *k, const struct kvm_vm *vm, uint64_t *ret,
				 struct cairn_err *err);

/** Memory slots that a root's guest frames are of. */
const struct kvm_set *tdp_root_set(const struct kvms *k, const struct kvm_vm *vm,
				   const struct kvm_sp *root);

#endif
