/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_out - asynchronous page faults for people and for programs (cairn.apf/1).
 */
#ifndef CAIRN_CMD_APF_OUT_H
#define CAIRN_CMD_APF_OUT_H

#include "cmd/cmd.h"
#include "mm/apf_match.h"
#include "unwind/unwinder.h"

struct apf_out {
	struct out *o;
	struct cairn *c;
	struct unwinder *unwinder; /* NULL: stacks are not shown */
};

/** One record each. */
void apf_area_record(const struct apf_out *to, const struct apf_area *a);
void apf_sleeper_record(const struct apf_out *to, const struct apf_sleeper *s);
void apf_vcpu_record(const struct apf_out *to, const struct kvm_vm *vm, const struct apf_vcpu *v);
/** True if it is a sleeper whom the host will not wake: the finding apf.guest.lost-wakeup. */
bool apf_match_record(const struct apf_out *to, const struct apf_match *m);

#endif
