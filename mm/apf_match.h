/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_match - one VM's asynchronous page faults in the dump of its host and in its own.
 *
 * A guest's sleeper and its host's item belong together by token, whose low bits are the
 * vCPU. A token that only the guest has is one for which no wake-up will come.
 */
#ifndef CAIRN_MM_APF_MATCH_H
#define CAIRN_MM_APF_MATCH_H

#include "mm/apf_guest.h"
#include "mm/apf_host.h"

struct apf_match {
	const struct apf_sleeper *sleeper; /* NULL: only the host has the token */
	const struct apf_vcpu *vcpu;       /* NULL: only the guest has it */
	const struct apf_work *work;
	uint32_t token;
};

/** Every token of either side, the guest's first; memory from the arena; NULL without memory. */
struct apf_match *apf_match(const struct apf_guest *guest, const struct apf_vcpu *vcpu,
			    size_t nvcpus, struct arena *arena, size_t *n);

#endif
