/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/check_apf_host.h"

/* A count that was given: below the next one, where that has not wrapped around. */
static bool is_given(const struct apf_vcpu *v, uint32_t token)
{
	return token >> 12 && (token >> 12 < v->id || v->id >= (1u << 20) - 1);
}

static void check_token(const struct apf_at *a, const struct apf_work *w)
{
	struct apf_bad bad =
		apf_of_work(a, "apf.host.token", w, WORK_TOKEN, 4, "kvm_async_pf.arch.token");
	uint32_t id = (uint32_t)a->v->vcpu->id;

	if (w->wakeup_all) {
		if (w->token != APF_WAKE_ALL)
			apf_say(a->l, &bad, "0xffffffff", apf_hex(a, w->token),
				"what wakes all of vCPU %u has a token of one", id);
		return;
	}
	if (apf_vcpu(w->token) != (id & 0xfff))
		apf_say(a->l, &bad, apf_text(a->l, "a token of vCPU %u", id), apf_hex(a, w->token),
			"an item of vCPU %u has a token of vCPU %u", id, apf_vcpu(w->token));
	else if (!is_given(a->v, w->token))
		apf_say(a->l, &bad, apf_text(a->l, "a count from 1 to %u", a->v->id - 1),
			apf_hex(a, w->token), "an item of vCPU %u has a token that was not given yet",
			id);
	for (const struct apf_work *p = a->v->work; p < w; p++)
		if (!p->err.code && !p->wakeup_all && p->token == w->token)
			apf_say(a->l, &bad, "a token that only one has", apf_hex(a, w->token),
				"two items of vCPU %u have one token", id);
}

/* More than one token that was not given: it is the count that is off. */
static bool check_next(const struct apf_at *a)
{
	struct apf_bad bad = apf_of_vcpu(a, "apf.host.token", APF_ID, 4, "kvm_vcpu_arch.apf.id");
	uint32_t most = 0;
	unsigned n = 0;

	for (size_t i = 0; i < a->v->nwork; i++) {
		const struct apf_work *w = &a->v->work[i];

		if (w->err.code || w->wakeup_all || is_given(a->v, w->token))
			continue;
		n++;
		most = w->token >> 12 > most ? w->token >> 12 : most;
	}
	if (n < 2)
		return true;
	apf_say(a->l, &bad, apf_text(a->l, "at least %u", most + 1), apf_text(a->l, "%u", a->v->id),
		"vCPU %d will give tokens that it has given", a->v->vcpu->id);
	return false;
}

static void check_owner(const struct apf_at *a, const struct apf_work *w)
{
	struct apf_bad bad = apf_of_work(a, "apf.host.work-vcpu", w, WORK_VCPU, 8, "kvm_async_pf.vcpu");

	/* up to 6.7 who does the work forgets the vCPU when it is done */
	if (w->vcpu != a->v->vcpu->addr && !(w->done && !w->vcpu))
		apf_say(a->l, &bad, apf_hex(a, a->v->vcpu->addr), apf_hex(a, w->vcpu),
			"an item on the lists of vCPU %d is another's", a->v->vcpu->id);
}

/* The guest frame of an address of the process; false if no slot has it. */
static bool gfn_of(const struct apf_at *a, uint64_t hva, uint64_t *gfn)
{
	const struct kvm_set *set = &a->guest->vm->set[0];

	for (size_t i = 0; i < set->n; i++) {
		const struct kvm_slot *s = &set->slot[i];

		if (hva < s->hva || (hva - s->hva) >> 12 >= s->npages)
			continue;
		*gfn = s->gfn + ((hva - s->hva) >> 12);
		return true;
	}
	return false;
}

/* An item has its page three times: guest frame, guest's address, process's address. Two of them
 * that agree are right, and the frame is that from here on. */
static void check_address(const struct apf_at *a, struct apf_work *w)
{
	struct apf_bad bad =
		apf_of_work(a, "apf.host.work-address", w, WORK_HVA, 8, "kvm_async_pf.addr");
	uint64_t by_gpa = w->gpa >> 12, by_hva = 0;
	bool has_hva = gfn_of(a, w->hva, &by_hva) && !(w->hva & 0xfff);

	if (!shape_has(&a->h->work, WORK_HVA) || !shape_has(&a->h->work, WORK_GFN) || !w->direct ||
	    !shape_has(&a->h->work, WORK_GPA) || a->guest->vm->set[1].n ||
	    a->guest->vm->set[0].err.code)
		return;
	if (w->gfn == by_gpa && has_hva && w->gfn == by_hva)
		return;
	if (w->gfn == by_gpa) {
		const struct kvm_slot *s = kvm_slot_at(&a->guest->vm->set[0], w->gfn);

		apf_say(a->l, &bad, s ? apf_hex(a, s->hva + ((w->gfn - s->gfn) << 12))
				      : "an address of a memory slot", apf_hex(a, w->hva),
			"vCPU %d waits for another page than the one that its guest touched",
			a->v->vcpu->id);
	} else if (has_hva && by_hva == w->gfn) {
		bad.addr = apf_work_at(a->h, w, WORK_GPA);
		bad.field = "kvm_async_pf.cr2_or_gpa";
		apf_say(a->l, &bad, apf_text(a->l, "an address in guest frame 0x%" PRIx64, w->gfn),
			apf_hex(a, w->gpa), "an item of vCPU %d has two guest frames", a->v->vcpu->id);
	} else {
		bad.addr = apf_work_at(a->h, w, WORK_GFN);
		bad.field = "kvm_async_pf.arch.gfn";
		apf_say(a->l, &bad, apf_hex(a, by_gpa), apf_hex(a, w->gfn),
			"an item of vCPU %d has two guest frames", a->v->vcpu->id);
		w->gfn = by_gpa;
	}
}

static void check_blocked(const struct apf_at *a, const struct apf_work *w)
{
	struct apf_bad bad =
		apf_of_work(a, "apf.host.blocked-io", w, WORK_WORK, 8, "kvm_async_pf.work");

	bad.severity = CAIRN_WARNING;
	bad.grade = CAIRN_SUSPICIOUS;
	if (!w->done && w->worker && w->has_since && w->asleep_ns >= APF_LONG_NS)
		apf_say(a->l, &bad, "a page within two minutes",
			apf_text(a->l, "%s (%d) asleep for %.1f s", w->worker->comm, w->worker->pid,
				 (double)w->asleep_ns / 1e9),
			"vCPU %d waits for guest frame 0x%" PRIx64 ", and who reads it in is stuck",
			a->v->vcpu->id, w->gfn);
}

static void check_booleans(const struct apf_at *a, const struct apf_work *w)
{
	struct apf_bad bad =
		apf_of_work(a, "apf.host.flag", w, WORK_WAKE_ALL, 1, "kvm_async_pf.wakeup_all");

	check_apf_boolean(a, bad, w->wakeup_all);
	if (w->wakeup_all == 1 && w->queued)
		apf_say(a->l, &bad, "0: it is on the queue", "1",
			"vCPU %d: an item that wakes all waits to be read in", a->v->vcpu->id);
	check_apf_boolean(a, apf_of_work(a, "", w, WORK_DIRECT, 1, "kvm_async_pf.arch.direct_map"),
			  w->direct);
	check_apf_boolean(a, apf_of_work(a, "", w, WORK_INJECTED, 1, "kvm_async_pf.notpresent_injected"),
			  w->injected);
}

static void check_work(const struct apf_at *a, const struct apf_work *w, bool tokens)
{
	check_booleans(a, w);
	if (w->queued && w->wakeup_all)
		return;
	if (tokens)
		check_token(a, w);
	if (shape_has(&a->h->work, WORK_VCPU))
		check_owner(a, w);
	if (w->wakeup_all)
		return;
	check_blocked(a, w);
}

bool check_apf_items(struct apf_at *a)
{
	bool tokens = check_next(a), whole = true;

	for (size_t i = 0; i < a->v->nwork && cairn_go_on(a->l->run); i++) {
		struct apf_work *w = &a->v->work[i];

		if (w->err.code) {
			cairn_unseen(a->l->run, "an asynchronous page fault", &w->err);
			whole = false;
			continue;
		}
		if (!w->wakeup_all)
			check_address(a, w);
		check_work(a, w, tokens);
		if (!w->wakeup_all && shape_has(&a->h->work, WORK_HVA))
			a->looping |= check_apf_loop(a, w);
	}
	return whole;
}
