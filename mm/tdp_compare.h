/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tdp_compare - what one half of a guest's page tables maps and the other does not.
 *
 * A guest frame is either private (the mirror half maps it) or shared (the direct half): a
 * frame in both is one that is being converted, or that was not zapped when it was.
 */
#ifndef CAIRN_MM_TDP_COMPARE_H
#define CAIRN_MM_TDP_COMPARE_H

#include "mm/tdp.h"

/** Guest frames, both ends included; sorted, those that touch joined. */
struct tdp_run { uint64_t first, last; };
struct tdp_runs {
	struct tdp_run *run;
	size_t n, cap;
};

struct tdp_compare {
	struct tdp_runs mirror_only, direct_only, common;
	uint64_t mirror, direct, both; /* frames */
};

/** Of the valid roots of a VM. Memory from the arena. CAIRN_FAULT: a part could not be read. */
enum cairn_code tdp_compare(struct tdp_compare *ret, const struct kvms *k, const struct kvm_vm *vm,
			    struct arena *arena, struct cairn_err *err);

/** What all valid roots of a kind map. */
enum cairn_code tdp_runs_get(struct tdp_runs *ret, const struct kvms *k, const struct kvm_vm *vm,
			     bool mirror, struct arena *arena, struct cairn_err *err);

#endif
