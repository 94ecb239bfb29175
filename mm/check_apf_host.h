/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_apf_host - what the files of the checker "apf" share that look at a host's vCPUs:
 * check_apf_host.c lists, counts and wake-ups, check_apf_work.c the items on the lists,
 * check_apf_loop.c addresses that can never be read in, check_apf_msr.c what the guest asked for.
 */
#ifndef CAIRN_MM_CHECK_APF_HOST_H
#define CAIRN_MM_CHECK_APF_HOST_H

#include <inttypes.h>

#include "mm/check_apf.h"

/** The vCPU that is looked at. */
struct apf_at {
	struct apf_look *l;
	const struct apf_host *h;
	const struct kvm_guest *guest;
	struct apf_vcpu *v; /* guest frames of its items are put right on the way */
	bool looping;       /* an item that can never be read in was told */
};

/** Where a member of the vCPU is. */
static inline uint64_t apf_at_vcpu(const struct apf_at *a, enum apf_member m)
{
	return apf_vcpu_at(a->h, a->v, m);
}

/** An error about that member. */
static inline struct apf_bad apf_of_vcpu(const struct apf_at *a, const char *id, enum apf_member m,
					 uint64_t len, const char *field)
{
	return (struct apf_bad){ .id = id, .severity = CAIRN_ERROR, .object = a->v->vcpu->addr,
				 .addr = apf_at_vcpu(a, m), .len = len, .field = field };
}

/** Likewise about one of an item on its lists. */
static inline struct apf_bad apf_of_work(const struct apf_at *a, const char *id,
					 const struct apf_work *w, enum apf_work_member m,
					 uint64_t len, const char *field)
{
	return (struct apf_bad){ .id = id, .severity = CAIRN_ERROR, .object = w->addr,
				 .addr = apf_work_at(a->h, w, m), .len = len, .field = field };
}

/** "0x..." */
static inline const char *apf_hex(const struct apf_at *a, uint64_t v)
{
	return apf_text(a->l, "0x%" PRIx64, v);
}

/** A flag is 0 or 1; `bad` is of its place. */
void check_apf_boolean(const struct apf_at *a, struct apf_bad bad, uint8_t value);

/** All items of the lists. False if one could not be read: then hash and queue cannot be
 *  compared. */
bool check_apf_items(struct apf_at *a);

/** True, and told, if the item can never be read in. */
bool check_apf_loop(const struct apf_at *a, const struct apf_work *w);

/** Between two rounds of a loop there is no item to be seen; what is counted tells. */
void check_apf_vain(const struct apf_at *a);

/** What the guest asked for: whether, where, and by which interrupt. */
void check_apf_asked(const struct apf_at *a);

#endif
