/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_guest - asynchronous page faults as a guest sees them.
 *
 * The host tells a guest that a page of its memory is not there with a page fault whose
 * address is a token; the task sleeps, in a hash by token, until an interrupt says that the
 * page is ready. Each CPU has an area that it shares with the host for that.
 *
 * Sources: arch/x86/kernel/kvm.c, arch/x86/include/uapi/asm/kvm_para.h. Members ready_flags
 * and is_err are those of a proposal of 2020 (KVM_ASYNC_PF_SEND_ERROR) that no released kernel
 * has; they are shown where a kernel does.
 */
#ifndef CAIRN_MM_APF_GUEST_H
#define CAIRN_MM_APF_GUEST_H

#include "lib/base/arena.h"
#include "lib/kern/task.h"

#define APF_BUCKETS 256
#define APF_WAKE_ALL UINT32_MAX
#define APF_PAGE_NOT_PRESENT 1u  /* KVM_PV_REASON_PAGE_NOT_PRESENT, of flags */
#define APF_PAGE_ERROR 1u        /* KVM_PV_REASON_PAGE_ERROR, of ready_flags */

/** A CPU's struct kvm_vcpu_pv_apf_data. */
struct apf_area {
	unsigned cpu;
	uint64_t addr;
	uint32_t flags, token, ready_flags;
	bool has_ready_flags;     /* this kernel has them */
	uint32_t pad;             /* where they would be, if it has not */
	bool pad_dirty;           /* something is in the padding */
	uint32_t enabled;         /* 0 or 1 */
	bool has_enabled;
	uint64_t enabled_at;
	struct cairn_err err;     /* code not CAIRN_OK: the rest is not known */
};

/** A struct kvm_task_sleep_node. */
struct apf_sleeper {
	uint64_t addr;
	unsigned bucket;
	uint32_t token;
	int32_t cpu;
	bool dummy;               /* the page was ready before the fault came: nobody sleeps */
	bool is_err, has_is_err;
	bool waited;              /* somebody is on its wait queue */
	bool next_off, prev_off;  /* that list does not lead around */
	uint64_t waiter;          /* task_struct of the first; 0: nobody, or not known */
	const struct task *task;  /* on whose stack it lies; NULL: on none */
	bool has_since;
	uint64_t asleep_ns;       /* since the task was last put on a CPU */
	struct cairn_err err;     /* code not CAIRN_OK: only addr and bucket are known */
};

struct apf_guest {
	struct apf_area *area;
	size_t nareas;
	struct apf_sleeper *sleeper;
	size_t nsleepers;
	bool on;                  /* some CPU has it enabled */
	struct cairn_err err;     /* a part of the hash could not be read or is damaged */
	uint64_t err_at;          /* ... and the link of it that is off */
};

/** Memory from the arena. CAIRN_NOTFOUND: this kernel is not made to be a guest of KVM;
 *  CAIRN_MISSING: its types lack something. */
enum cairn_code apf_guest_read(struct apf_guest *ret, struct cairn *c, struct arena *arena,
			       struct cairn_err *err);

/** The bucket that a token belongs to. */
unsigned apf_bucket(uint32_t token);

/** A token is (count << 12) | vCPU. */
static inline uint32_t apf_vcpu(uint32_t token)
{
	return token & 0xfff;
}

#endif
