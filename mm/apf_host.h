/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apf_host - asynchronous page faults as their host sees them, for each vCPU.
 *
 * A fault on a page that the host has to read in becomes an item on the vCPU's queue, whose
 * work a kworker does; then it is also on `done`, until the guest has been told.
 *
 * Sources: virt/kvm/async_pf.c, arch/x86/kvm/x86.c, arch/x86/include/asm/kvm_host.h. Members
 * error_gfn, send_pf_error and error_code are those of a proposal of 2020 that no released
 * kernel has; they are shown where a kernel does.
 */
#ifndef CAIRN_MM_APF_HOST_H
#define CAIRN_MM_APF_HOST_H

#include "mm/kvm_guest.h"

/* MSR_KVM_ASYNC_PF_EN, arch/x86/include/uapi/asm/kvm_para.h */
#define APF_EN_ENABLED 1u
#define APF_EN_SEND_ALWAYS 2u
#define APF_EN_VMEXIT 4u
#define APF_EN_INT 8u
#define APF_EN_SEND_ERROR 0x10u /* of the proposal; else reserved */
#define APF_EN_RESERVED 0x30u

#define APF_NO_GFN UINT64_MAX
#define APF_GFNS 64

/** A struct kvm_async_pf. */
struct apf_work {
	uint64_t addr;
	bool queued, done;        /* it is on these lists */
	uint64_t vcpu, gpa, hva;
	uint32_t token;
	uint64_t gfn, cr3, error_code;
	bool has_error_code;
	uint8_t direct, wakeup_all, injected; /* booleans */
	const struct task *worker; /* who does it; NULL: nobody does now */
	bool has_since;
	uint64_t asleep_ns;       /* of the worker, since it was last put on a CPU */
	struct cairn_err err;     /* code not CAIRN_OK: only addr is known */
};

struct apf_vcpu {
	const struct kvm_vcpu *vcpu;
	uint64_t en, en_at;       /* MSR_KVM_ASYNC_PF_EN */
	uint64_t msr_int, vec;
	uint32_t queued, id;      /* items, as counted; the next token's count */
	uint8_t halted, pending;  /* booleans; pageready_pending */
	uint32_t host_flags;
	uint64_t data_gpa, data_hva, data_len, data_generation;
	uint64_t gfns[APF_GFNS];
	unsigned ngfns;           /* slots of the hash */
	bool has_error_gfn, has_send_error, send_error;
	uint64_t error_gfn;
	struct apf_work *work;    /* of both lists; what is on the queue first */
	size_t nwork, nqueue, ndone;
	bool has_area;            /* the guest's area could be read */
	uint32_t area_flags, area_token;
	struct cairn_err queue_err, done_err; /* the list is damaged */
	uint64_t queue_at, done_at; /* ... and the link of it that is off */
	struct cairn_err err;     /* code not CAIRN_OK: the rest is not known */
};

/** Members of struct kvm_vcpu, for apf_host_at(). */
enum apf_member {
	APF_QUEUED, APF_QUEUE, APF_DONE, APF_HALTED, APF_HASH, APF_DATA_GPA, APF_DATA_HVA,
	APF_DATA_LEN, APF_DATA_GENERATION, APF_EN, APF_INT, APF_VEC, APF_ID, APF_HOST_FLAGS,
	APF_PENDING, APF_ERROR_GFN, APF_SEND_ERROR, APF_MEMBERS,
};
enum apf_work_member {
	WORK_LINK, WORK_QUEUE, WORK_VCPU, WORK_GPA, WORK_HVA, WORK_TOKEN, WORK_GFN, WORK_CR3,
	WORK_DIRECT, WORK_ERROR, WORK_FAILED, WORK_WAKE_ALL, WORK_INJECTED, WORK_WORK, WORK_MEMBERS,
};

struct apf_host {
	const struct kvms *k;
	struct shape vcpu, work;
	struct map workers;       /* struct work_struct to the task that does it */
	uint64_t now;
	struct arena *arena;
};

/** CAIRN_MISSING names what the types lack. Free with apf_host_deinit(), also after a failure. */
enum cairn_code apf_host_init(struct apf_host *h, const struct kvms *k, struct arena *arena,
			      struct cairn_err *err);
void apf_host_deinit(struct apf_host *h);

/** What is known of one vCPU; `guest` is its VM's memory. */
void apf_vcpu_read(struct apf_vcpu *ret, struct apf_host *h, const struct kvm_guest *guest,
		   const struct kvm_vcpu *vcpu);

/** The slot of the hash where a frame is looked for first. */
unsigned apf_gfn_slot(const struct apf_vcpu *v, uint64_t gfn);

/** Both of the bits without which nothing is delivered. */
static inline bool apf_is_on(uint64_t en)
{
	return (en & (APF_EN_ENABLED | APF_EN_INT)) == (APF_EN_ENABLED | APF_EN_INT);
}

uint64_t apf_vcpu_at(const struct apf_host *h, const struct apf_vcpu *v, enum apf_member m);
uint64_t apf_work_at(const struct apf_host *h, const struct apf_work *w, enum apf_work_member m);

#endif
