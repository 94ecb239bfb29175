/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/check_apf_host.h"

#define REQ_APF_READY (UINT64_C(1) << 36) /* KVM_REQ_APF_READY, asm/kvm_host.h */
#define MP_HALTED 3                       /* KVM_MP_STATE_HALTED */

void check_apf_boolean(const struct apf_at *a, struct apf_bad bad, uint8_t value)
{
	bad.id = "apf.host.flag";
	bad.len = 1;
	if (value > 1)
		apf_say(a->l, &bad, "0 or 1", apf_text(a->l, "%u", value),
			"vCPU %d: a flag has a value that no flag has", a->v->vcpu->id);
}

/* ---- lists and counts ---- */

/* False if they cannot be counted. */
static bool check_list(const struct apf_at *a, const struct cairn_err *e, uint64_t word,
		       enum apf_member m)
{
	struct apf_bad bad =
		apf_of_vcpu(a, "apf.host.list", m, 8,
			    m == APF_QUEUE ? "kvm_vcpu.async_pf.queue" : "kvm_vcpu.async_pf.done");

	if (!e->code)
		return true;
	bad.addr = word;
	if (e->code == CAIRN_CORRUPT || e->fault == CAIRN_FAULT_NONCANONICAL ||
	    e->fault == CAIRN_FAULT_UNMAPPED)
		apf_say(a->l, &bad, "a list that leads around", e->text,
			"the list of asynchronous page faults of vCPU %d is damaged", a->v->vcpu->id);
	else
		cairn_unseen(a->l->run, "asynchronous page faults", e);
	return false;
}

/* An item stays on the queue while it is on done; those that wake all are only on done. */
static void check_count(const struct apf_at *a)
{
	struct apf_bad bad = apf_of_vcpu(a, "apf.host.queued-count", APF_QUEUED, 4,
				     "kvm_vcpu.async_pf.queued");
	size_t n = 0;

	for (size_t i = 0; i < a->v->nwork; i++)
		n += a->v->work[i].queued || a->v->work[i].wakeup_all == 1;
	if (n != a->v->queued)
		apf_say(a->l, &bad, apf_text(a->l, "%zu", n), apf_text(a->l, "%u", a->v->queued),
			"vCPU %d counts %u asynchronous page faults and has %zu", a->v->vcpu->id,
			a->v->queued, n);
}

static bool is_found(const struct apf_vcpu *v, uint64_t gfn)
{
	unsigned at = apf_gfn_slot(v, gfn);

	for (unsigned i = 0; i < v->ngfns; i++, at = (at + 1) % v->ngfns) {
		if (v->gfns[at] == gfn)
			return true;
		if (v->gfns[at] == APF_NO_GFN)
			return false;
	}
	return false;
}

static bool is_queued(const struct apf_vcpu *v, uint64_t gfn)
{
	for (size_t i = 0; i < v->nwork; i++)
		if (v->work[i].queued && v->work[i].gfn == gfn)
			return true;
	return false;
}

/* What is in the hash and not on the queue, or on the queue and not to be found in the hash. */
static void check_hash(const struct apf_at *a)
{
	struct apf_bad bad = apf_of_vcpu(a, "apf.host.gfn-hash", APF_HASH, 8, "kvm_vcpu_arch.apf.gfns");
	const struct apf_vcpu *v = a->v;
	uint64_t base = bad.addr;

	for (unsigned i = 0; i < v->ngfns; i++) {
		bad.addr = base + i * 8;
		if (v->gfns[i] != APF_NO_GFN && !is_queued(v, v->gfns[i]))
			apf_say(a->l, &bad, "empty, or the guest frame of an item",
				apf_hex(a, v->gfns[i]),
				"vCPU %d takes a guest frame to be on its way, and nobody reads it in",
				v->vcpu->id);
	}
	for (size_t i = 0; i < v->nwork && v->ngfns; i++) {
		const struct apf_work *w = &v->work[i];

		bad.addr = base + apf_gfn_slot(v, w->gfn) * 8;
		if (w->queued && !w->wakeup_all && !w->err.code && !is_found(v, w->gfn))
			apf_say(a->l, &bad, apf_hex(a, w->gfn), "another",
				"vCPU %d does not know that guest frame 0x%" PRIx64 " is on its way",
				v->vcpu->id, w->gfn);
	}
}

/* ---- wake-ups that will not come ---- */

static void check_progress(const struct apf_at *a)
{
	const struct apf_vcpu *v = a->v;
	struct apf_bad bad = apf_of_vcpu(a, "apf.host.ready-stuck", APF_DONE, 8, "kvm_vcpu.requests");

	bad.addr = v->vcpu->addr + a->h->k->layout.vcpu.m[VCPU_REQUESTS].offset;
	if (v->ndone && v->vcpu->mode == 0 && v->vcpu->mp_state == MP_HALTED && !v->pending &&
	    !(v->vcpu->requests & REQ_APF_READY) && apf_is_on(v->en))
		apf_say(a->l, &bad, "a request, or a page that the guest is being told of",
			apf_text(a->l, "%zu done, requests 0x%" PRIx64, v->ndone,
				 v->vcpu->requests),
			"vCPU %d sleeps, and nobody will tell it that its pages are ready",
			v->vcpu->id);
	bad = apf_of_vcpu(a, "apf.host.halted-forever", APF_HALTED, 1, "kvm_vcpu_arch.apf.halted");
	if (v->halted == 1 && !v->nqueue && !v->ndone)
		apf_say(a->l, &bad, "false, or a page that is being read in", "true",
			"vCPU %d is held up for a page that nobody reads in", v->vcpu->id);
	bad = apf_of_vcpu(a, "apf.host.disabled-with-work", APF_EN, 8, "kvm_vcpu_arch.apf.msr_en_val");
	if (!apf_is_on(v->en) && v->nqueue)
		apf_say(a->l, &bad, "an empty queue, or enabled", apf_hex(a, v->en),
			"vCPU %d: the guest has disabled what %zu of its faults wait for", v->vcpu->id,
			v->nqueue);
}

/* The host thinks that it has told the guest, and the guest's area has nothing; or the reverse. */
static void check_busy(const struct apf_at *a)
{
	struct apf_bad bad = apf_of_vcpu(a, "apf.host.slot-busy", APF_PENDING, 1,
				     "kvm_vcpu_arch.apf.pageready_pending");

	bad.grade = CAIRN_SUSPICIOUS; /* the guest clears the one, then acknowledges the other */
	if (!a->v->has_area || a->v->vcpu->mode || a->v->pending > 1 ||
	    a->v->pending == (a->v->area_token != 0))
		return;
	apf_say(a->l, &bad, a->v->area_token ? "true, as the guest's token is set"
					     : "false, as the guest's token is 0",
		a->v->pending ? "true" : "false",
		"vCPU %d: host and guest disagree whether a page was announced (token 0x%" PRIx32 ")",
		a->v->vcpu->id, a->v->area_token);
}

void check_apf_vcpu(struct apf_look *l, const struct apf_host *h, const struct kvm_guest *guest,
		    struct apf_vcpu *v)
{
	struct apf_at a = { l, h, guest, v, false };
	bool queue = check_list(&a, &v->queue_err, v->queue_at, APF_QUEUE);
	bool done = check_list(&a, &v->done_err, v->done_at, APF_DONE);

	if (queue && done) {
		check_count(&a);
		check_progress(&a);
	}
	if (check_apf_items(&a) && queue && done)
		check_hash(&a);
	check_apf_boolean(&a, apf_of_vcpu(&a, "", APF_HALTED, 1, "kvm_vcpu_arch.apf.halted"), v->halted);
	check_apf_boolean(&a, apf_of_vcpu(&a, "", APF_PENDING, 1, "kvm_vcpu_arch.apf.pageready_pending"),
			  v->pending);
	check_apf_vain(&a);
	if (v->host_flags > 1)
		check_apf_boolean(
			&a, apf_of_vcpu(&a, "", APF_HOST_FLAGS, 4, "kvm_vcpu_arch.apf.host_apf_flags"),
			2);
	check_apf_asked(&a);
	check_busy(&a);
}
