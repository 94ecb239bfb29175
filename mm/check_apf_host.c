/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>

#include "mm/check_apf.h"
#include "mm/vma.h"

#define REQ_APF_READY (UINT64_C(1) << 36) /* KVM_REQ_APF_READY, asm/kvm_host.h */
#define MP_HALTED 3                       /* KVM_MP_STATE_HALTED */
#define MANY 1000u                        /* asynchronous page faults of a vCPU */
#define S_IFMT 0170000u
#define S_IFREG 0100000u

struct at {
	struct apf_look *l;
	const struct apf_host *h;
	const struct kvm_guest *guest;
	struct apf_vcpu *v; /* guest frames of its items are put right on the way */
	bool looping;       /* an item that can never be read in was told */
};

static uint64_t vcpu_at(const struct at *a, enum apf_member m)
{
	return apf_vcpu_at(a->h, a->v, m);
}

static struct apf_bad of_vcpu(const struct at *a, const char *id, enum apf_member m, uint64_t len,
			      const char *field)
{
	return (struct apf_bad){ .id = id, .severity = CAIRN_ERROR, .object = a->v->vcpu->addr,
				 .addr = vcpu_at(a, m), .len = len, .field = field };
}

static struct apf_bad of_work(const struct at *a, const char *id, const struct apf_work *w,
			      enum apf_work_member m, uint64_t len, const char *field)
{
	return (struct apf_bad){ .id = id, .severity = CAIRN_ERROR, .object = w->addr,
				 .addr = apf_work_at(a->h, w, m), .len = len, .field = field };
}

static const char *hex(const struct at *a, uint64_t v)
{
	return apf_text(a->l, "0x%" PRIx64, v);
}

/* ---- lists and counts ---- */

/* False if they cannot be counted. */
static bool check_list(const struct at *a, const struct cairn_err *e, uint64_t word,
		       enum apf_member m)
{
	struct apf_bad bad =
		of_vcpu(a, "apf.host.list", m, 8,
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
static void check_count(const struct at *a)
{
	struct apf_bad bad = of_vcpu(a, "apf.host.queued-count", APF_QUEUED, 4,
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
static void check_hash(const struct at *a)
{
	struct apf_bad bad = of_vcpu(a, "apf.host.gfn-hash", APF_HASH, 8, "kvm_vcpu_arch.apf.gfns");
	const struct apf_vcpu *v = a->v;
	uint64_t base = bad.addr;

	for (unsigned i = 0; i < v->ngfns; i++) {
		bad.addr = base + i * 8;
		if (v->gfns[i] != APF_NO_GFN && !is_queued(v, v->gfns[i]))
			apf_say(a->l, &bad, "empty, or the guest frame of an item",
				hex(a, v->gfns[i]),
				"vCPU %d takes a guest frame to be on its way, and nobody reads it in",
				v->vcpu->id);
	}
	for (size_t i = 0; i < v->nwork && v->ngfns; i++) {
		const struct apf_work *w = &v->work[i];

		bad.addr = base + apf_gfn_slot(v, w->gfn) * 8;
		if (w->queued && !w->wakeup_all && !w->err.code && !is_found(v, w->gfn))
			apf_say(a->l, &bad, hex(a, w->gfn), "another",
				"vCPU %d does not know that guest frame 0x%" PRIx64 " is on its way",
				v->vcpu->id, w->gfn);
	}
}

/* ---- items ---- */

/* A count that was given: below the next one, where that has not wrapped around. */
static bool is_given(const struct apf_vcpu *v, uint32_t token)
{
	return token >> 12 && (token >> 12 < v->id || v->id >= (1u << 20) - 1);
}

static void check_token(const struct at *a, const struct apf_work *w)
{
	struct apf_bad bad =
		of_work(a, "apf.host.token", w, WORK_TOKEN, 4, "kvm_async_pf.arch.token");
	uint32_t id = (uint32_t)a->v->vcpu->id;

	if (w->wakeup_all) {
		if (w->token != APF_WAKE_ALL)
			apf_say(a->l, &bad, "0xffffffff", hex(a, w->token),
				"what wakes all of vCPU %u has a token of one", id);
		return;
	}
	if (apf_vcpu(w->token) != (id & 0xfff))
		apf_say(a->l, &bad, apf_text(a->l, "a token of vCPU %u", id), hex(a, w->token),
			"an item of vCPU %u has a token of vCPU %u", id, apf_vcpu(w->token));
	else if (!is_given(a->v, w->token))
		apf_say(a->l, &bad, apf_text(a->l, "a count from 1 to %u", a->v->id - 1),
			hex(a, w->token), "an item of vCPU %u has a token that was not given yet",
			id);
	for (const struct apf_work *p = a->v->work; p < w; p++)
		if (!p->err.code && !p->wakeup_all && p->token == w->token)
			apf_say(a->l, &bad, "a token that only one has", hex(a, w->token),
				"two items of vCPU %u have one token", id);
}

/* More than one token that was not given: it is the count that is off. */
static bool check_next(const struct at *a)
{
	struct apf_bad bad = of_vcpu(a, "apf.host.token", APF_ID, 4, "kvm_vcpu_arch.apf.id");
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

static void check_owner(const struct at *a, const struct apf_work *w)
{
	struct apf_bad bad = of_work(a, "apf.host.work-vcpu", w, WORK_VCPU, 8, "kvm_async_pf.vcpu");

	/* up to 6.7 who does the work forgets the vCPU when it is done */
	if (w->vcpu != a->v->vcpu->addr && !(w->done && !w->vcpu))
		apf_say(a->l, &bad, hex(a, a->v->vcpu->addr), hex(a, w->vcpu),
			"an item on the lists of vCPU %d is another's", a->v->vcpu->id);
}

/* The guest frame of an address of the process; false if no slot has it. */
static bool gfn_of(const struct at *a, uint64_t hva, uint64_t *gfn)
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
static void check_address(const struct at *a, struct apf_work *w)
{
	struct apf_bad bad =
		of_work(a, "apf.host.work-address", w, WORK_HVA, 8, "kvm_async_pf.addr");
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

		apf_say(a->l, &bad, s ? hex(a, s->hva + ((w->gfn - s->gfn) << 12))
				      : "an address of a memory slot", hex(a, w->hva),
			"vCPU %d waits for another page than the one that its guest touched",
			a->v->vcpu->id);
	} else if (has_hva && by_hva == w->gfn) {
		bad.addr = apf_work_at(a->h, w, WORK_GPA);
		bad.field = "kvm_async_pf.cr2_or_gpa";
		apf_say(a->l, &bad, apf_text(a->l, "an address in guest frame 0x%" PRIx64, w->gfn),
			hex(a, w->gpa), "an item of vCPU %d has two guest frames", a->v->vcpu->id);
	} else {
		bad.addr = apf_work_at(a->h, w, WORK_GFN);
		bad.field = "kvm_async_pf.arch.gfn";
		apf_say(a->l, &bad, hex(a, by_gpa), hex(a, w->gfn),
			"an item of vCPU %d has two guest frames", a->v->vcpu->id);
		w->gfn = by_gpa;
	}
}

static void check_blocked(const struct at *a, const struct apf_work *w)
{
	struct apf_bad bad =
		of_work(a, "apf.host.blocked-io", w, WORK_WORK, 8, "kvm_async_pf.work");

	bad.severity = CAIRN_WARNING;
	bad.grade = CAIRN_SUSPICIOUS;
	if (!w->done && w->worker && w->has_since && w->asleep_ns >= APF_LONG_NS)
		apf_say(a->l, &bad, "a page within two minutes",
			apf_text(a->l, "%s (%d) asleep for %.1f s", w->worker->comm, w->worker->pid,
				 (double)w->asleep_ns / 1e9),
			"vCPU %d waits for guest frame 0x%" PRIx64 ", and who reads it in is stuck",
			a->v->vcpu->id, w->gfn);
}

/* ---- an address that can never be read in ---- */

static const struct shape_want file_want = { "struct file", 1, { "f_inode" } };
static const struct shape_want inode_want = { "struct inode", 2, { "i_size", "i_mode" } };

/* It maps a file that ends before. */
static bool beyond_file(struct cairn *c, const struct vma *v, uint64_t hva, uint64_t *size)
{
	struct shape file, inode;
	uint64_t at, mode;

	if (!v->file || shape_resolve(&file, &file_want, &c->types, NULL) || !shape_has(&file, 0) ||
	    shape_resolve(&inode, &inode_want, &c->types, NULL) || !shape_has(&inode, 0) ||
	    !shape_has(&inode, 1) || shape_get(&file, &c->kernel, v->file, 0, &at, NULL) ||
	    shape_get(&inode, &c->kernel, at, 0, size, NULL) ||
	    shape_get(&inode, &c->kernel, at, 1, &mode, NULL) || (mode & S_IFMT) != S_IFREG)
		return false;
	return hva - v->start + (v->pgoff << 12) >= ((*size + 0xfff) & ~UINT64_C(0xfff));
}

/* Why the process can never get a page there; NULL: it can, or that is not known. */
static const char *never(const struct at *a, uint64_t hva)
{
	struct vma_shape vs;
	struct mm mm;
	struct vma v;
	uint64_t size = 0;
	enum cairn_code code;

	if (vma_shape_init(&vs, a->l->c, NULL) || mm_read(&vs.mm, a->guest->vm->mm, &mm, NULL))
		return NULL;
	code = vma_find(&vs, &mm, hva, &v, NULL);
	if (code == CAIRN_NOTFOUND)
		return "the process has mapped nothing there";
	if (!code && beyond_file(a->l->c, &v, hva, &size))
		return apf_text(a->l, "the file that it maps there ends at 0x%" PRIx64, size);
	return NULL;
}

static bool check_loop(const struct at *a, const struct apf_work *w)
{
	struct apf_bad bad = of_work(a, "apf.host.error-loop", w, WORK_HVA, 8, "kvm_async_pf.addr");
	const char *why = w->wakeup_all ? NULL : never(a, w->hva);

	if (!why && a->v->has_error_gfn && a->v->error_gfn == w->gfn && !w->wakeup_all) {
		bad.addr = vcpu_at(a, APF_ERROR_GFN);
		bad.field = "kvm_vcpu_arch.apf.error_gfn";
		why = "its last attempt failed";
	}
	if (why)
		apf_say(a->l, &bad, "an address that a page can be read in for", why,
			"guest frame 0x%" PRIx64 " of vCPU %d can never be read in (%s): the guest is told "
			"that it is ready, faults again, and so on, %u times so far", w->gfn,
			a->v->vcpu->id, why, a->v->id);
	return why;
}

static void check_boolean(const struct at *a, struct apf_bad bad, uint8_t value)
{
	bad.id = "apf.host.flag";
	bad.len = 1;
	if (value > 1)
		apf_say(a->l, &bad, "0 or 1", apf_text(a->l, "%u", value),
			"vCPU %d: a flag has a value that no flag has", a->v->vcpu->id);
}

static void check_booleans(const struct at *a, const struct apf_work *w)
{
	struct apf_bad bad =
		of_work(a, "apf.host.flag", w, WORK_WAKE_ALL, 1, "kvm_async_pf.wakeup_all");

	check_boolean(a, bad, w->wakeup_all);
	if (w->wakeup_all == 1 && w->queued)
		apf_say(a->l, &bad, "0: it is on the queue", "1",
			"vCPU %d: an item that wakes all waits to be read in", a->v->vcpu->id);
	check_boolean(a, of_work(a, "", w, WORK_DIRECT, 1, "kvm_async_pf.arch.direct_map"),
		      w->direct);
	check_boolean(a, of_work(a, "", w, WORK_INJECTED, 1, "kvm_async_pf.notpresent_injected"),
		      w->injected);
}

enum { STAT_TAKEN, STAT_FIXED, STAT_EMULATE, STAT_SPURIOUS, STAT_N };
static const struct shape_want stat_want = {
	"struct kvm_vcpu", STAT_N, {
		[STAT_TAKEN] = "stat.pf_taken", [STAT_FIXED] = "stat.pf_fixed",
		[STAT_EMULATE] = "stat.pf_emulate", [STAT_SPURIOUS] = "stat.pf_spurious",
	},
};

/* Page faults that led to nothing, and those that did. A fault that is fixed when its page is ready
 * counts as fixed; one of a loop never is. */
static bool count_faults(const struct at *a, uint64_t *vain, uint64_t *fixed)
{
	struct shape s;
	struct object o;
	uint64_t taken, other;
	bool ok;

	if (shape_resolve(&s, &stat_want, &a->l->c->types, NULL) || !shape_has(&s, STAT_TAKEN) ||
	    !shape_has(&s, STAT_FIXED))
		return false;
	ok = !object_read(&o, &s, &a->l->c->kernel, a->v->vcpu->addr, NULL);
	if (ok) {
		taken = object_get(&o, STAT_TAKEN);
		*fixed = object_get(&o, STAT_FIXED);
		other = *fixed + object_get(&o, STAT_EMULATE) + object_get(&o, STAT_SPURIOUS);
		*vain = taken > other ? taken - other : 0;
	}
	object_done(&o);
	return ok;
}

/* Between two rounds of a loop there is no item to be seen; what is counted tells. */
static void check_vain(const struct at *a)
{
	struct apf_bad bad = of_vcpu(a, "apf.host.error-loop", APF_ID, 4, "kvm_vcpu_arch.apf.id");
	uint64_t vain, fixed;

	bad.severity = CAIRN_WARNING;
	bad.grade = CAIRN_SUSPICIOUS;
	if (a->looping || a->v->id < MANY || !count_faults(a, &vain, &fixed) ||
	    vain < a->v->id - a->v->id / 4 || vain < fixed / 4)
		return;
	apf_say(a->l, &bad, "page faults that are fixed in the end",
		apf_text(a->l, "%" PRIu64 " page faults in vain, %u of them asynchronous", vain,
			 a->v->id),
		"vCPU %d has faulted %" PRIu64
		" times in vain: it may go round for a page that can never be "
		"read in",
		a->v->vcpu->id, vain);
}

static void check_work(const struct at *a, const struct apf_work *w, bool tokens)
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

/* ---- what the guest asked for ---- */

static void check_msr(const struct at *a)
{
	struct apf_bad bad =
		of_vcpu(a, "apf.host.msr-reserved", APF_EN, 8, "kvm_vcpu_arch.apf.msr_en_val");
	uint64_t reserved = APF_EN_RESERVED & ~(a->v->has_send_error ? APF_EN_SEND_ERROR : 0u);

	if (a->v->en & reserved)
		apf_say(a->l, &bad, "bits 4 and 5 clear", hex(a, a->v->en),
			a->v->en & APF_EN_SEND_ERROR & reserved
				? "vCPU %d: the guest asked for errors to be reported (bit 4, SEND_ERROR), "
				  "which this host does not do"
				: "vCPU %d: the guest set a bit of its MSR that is reserved",
			a->v->vcpu->id);
}

/* The cache is of the slots' generation, or will be looked up anew. */
static bool data_fits(const struct at *a, uint64_t gpa)
{
	const struct kvm_set *set = &a->guest->vm->set[0];
	const struct kvm_slot *s = kvm_slot_at(set, gpa >> 12);

	return s && (a->v->data_generation != set->generation ||
		     a->v->data_hva == s->hva + (gpa - (s->gfn << 12)));
}

static void check_cache(const struct at *a)
{
	struct apf_bad bad = of_vcpu(a, "apf.host.area", APF_DATA_GENERATION, 8,
				     "kvm_vcpu_arch.apf.data.generation");
	const struct kvm_set *set = &a->guest->vm->set[0];

	if (a->v->data_generation > (set->generation & ~(UINT64_C(1) << 63)))
		apf_say(a->l, &bad, apf_text(a->l, "at most 0x%" PRIx64, set->generation),
			hex(a, a->v->data_generation),
			"vCPU %d: the guest's area was found in memory "
			"slots that have not been",
			a->v->vcpu->id);
	bad = of_vcpu(a, "apf.host.area", APF_DATA_HVA, 8, "kvm_vcpu_arch.apf.data.hva");
	if (!data_fits(a, a->v->data_gpa) && kvm_slot_at(set, a->v->data_gpa >> 12))
		apf_say(a->l, &bad, "the address of the guest's area in the process",
			hex(a, a->v->data_hva),
			"vCPU %d: the host writes to another place of the process", a->v->vcpu->id);
	bad = of_vcpu(a, "apf.host.area", APF_DATA_LEN, 8, "kvm_vcpu_arch.apf.data.len");
	if (a->v->data_len != 8 && !(a->v->has_send_error && a->v->data_len == 12))
		apf_say(a->l, &bad, "8", apf_text(a->l, "%" PRIu64, a->v->data_len),
			"vCPU %d: the guest's area has another size than it has", a->v->vcpu->id);
}

/* The guest's word, and what the host keeps of it. */
static void check_area(const struct at *a)
{
	struct apf_bad bad =
		of_vcpu(a, "apf.host.area", APF_DATA_GPA, 8, "kvm_vcpu_arch.apf.data.gpa");
	uint64_t gpa = a->v->en & ~UINT64_C(0x3f);
	const struct kvm_set *set = &a->guest->vm->set[0];

	if (!apf_is_on(a->v->en) || a->v->en & APF_EN_RESERVED ||
	    !shape_has(&a->h->vcpu, APF_DATA_GPA))
		return;
	if (a->v->data_gpa != gpa && data_fits(a, a->v->data_gpa) && a->v->data_hva) {
		bad.addr = vcpu_at(a, APF_EN);
		bad.field = "kvm_vcpu_arch.apf.msr_en_val";
		apf_say(a->l, &bad, hex(a, a->v->data_gpa | (a->v->en & 0x3f)), hex(a, a->v->en),
			"vCPU %d: the guest's area is not where its MSR says", a->v->vcpu->id);
	} else if (a->v->data_gpa != gpa) {
		apf_say(a->l, &bad, hex(a, gpa), hex(a, a->v->data_gpa),
			"vCPU %d: the host writes elsewhere than where the guest's area is", a->v->vcpu->id);
	} else if (!kvm_slot_at(set, gpa >> 12) && !set->err.code) {
		apf_say(a->l, &bad, "an address in a memory slot", hex(a, gpa),
			"vCPU %d: asynchronous page faults are enabled without a page to tell of them",
			a->v->vcpu->id);
	} else {
		check_cache(a);
	}
}

static void check_vector(const struct at *a)
{
	struct apf_bad bad = of_vcpu(a, "apf.host.vector", APF_VEC, 2, "kvm_vcpu_arch.apf.vec");

	if (!shape_has(&a->h->vcpu, APF_VEC) || !shape_has(&a->h->vcpu, APF_INT))
		return;
	if (a->v->msr_int >> 8) {
		bad.addr = vcpu_at(a, APF_INT);
		bad.len = 8;
		bad.field = "kvm_vcpu_arch.apf.msr_int_val";
		apf_say(a->l, &bad, "a vector up to 0xff", hex(a, a->v->msr_int),
			"vCPU %d: the guest asked for an interrupt that there is not", a->v->vcpu->id);
	} else if (a->v->vec != (a->v->msr_int & 0xff))
		apf_say(a->l, &bad, hex(a, a->v->msr_int & 0xff), hex(a, a->v->vec),
			"vCPU %d: the interrupt is not the one that the guest asked for", a->v->vcpu->id);
}

/* ---- wake-ups that will not come ---- */

static void check_progress(const struct at *a)
{
	const struct apf_vcpu *v = a->v;
	struct apf_bad bad = of_vcpu(a, "apf.host.ready-stuck", APF_DONE, 8, "kvm_vcpu.requests");

	bad.addr = v->vcpu->addr + a->h->k->layout.vcpu.m[VCPU_REQUESTS].offset;
	if (v->ndone && v->vcpu->mode == 0 && v->vcpu->mp_state == MP_HALTED && !v->pending &&
	    !(v->vcpu->requests & REQ_APF_READY) && apf_is_on(v->en))
		apf_say(a->l, &bad, "a request, or a page that the guest is being told of",
			apf_text(a->l, "%zu done, requests 0x%" PRIx64, v->ndone,
				 v->vcpu->requests),
			"vCPU %d sleeps, and nobody will tell it that its pages are ready",
			v->vcpu->id);
	bad = of_vcpu(a, "apf.host.halted-forever", APF_HALTED, 1, "kvm_vcpu_arch.apf.halted");
	if (v->halted == 1 && !v->nqueue && !v->ndone)
		apf_say(a->l, &bad, "false, or a page that is being read in", "true",
			"vCPU %d is held up for a page that nobody reads in", v->vcpu->id);
	bad = of_vcpu(a, "apf.host.disabled-with-work", APF_EN, 8, "kvm_vcpu_arch.apf.msr_en_val");
	if (!apf_is_on(v->en) && v->nqueue)
		apf_say(a->l, &bad, "an empty queue, or enabled", hex(a, v->en),
			"vCPU %d: the guest has disabled what %zu of its faults wait for", v->vcpu->id,
			v->nqueue);
}

/* The host thinks that it has told the guest, and the guest's area has nothing; or the reverse. */
static void check_busy(const struct at *a)
{
	struct apf_bad bad = of_vcpu(a, "apf.host.slot-busy", APF_PENDING, 1,
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

/* False if one could not be read: then hash and queue cannot be compared. */
static bool check_items(struct at *a)
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
			a->looping |= check_loop(a, w);
	}
	return whole;
}

void check_apf_vcpu(struct apf_look *l, const struct apf_host *h, const struct kvm_guest *guest,
		    struct apf_vcpu *v)
{
	struct at a = { l, h, guest, v, false };
	bool queue = check_list(&a, &v->queue_err, v->queue_at, APF_QUEUE);
	bool done = check_list(&a, &v->done_err, v->done_at, APF_DONE);

	if (queue && done) {
		check_count(&a);
		check_progress(&a);
	}
	if (check_items(&a) && queue && done)
		check_hash(&a);
	check_boolean(&a, of_vcpu(&a, "", APF_HALTED, 1, "kvm_vcpu_arch.apf.halted"), v->halted);
	check_boolean(&a, of_vcpu(&a, "", APF_PENDING, 1, "kvm_vcpu_arch.apf.pageready_pending"),
		      v->pending);
	check_vain(&a);
	if (v->host_flags > 1)
		check_boolean(
			&a, of_vcpu(&a, "", APF_HOST_FLAGS, 4, "kvm_vcpu_arch.apf.host_apf_flags"),
			2);
	check_msr(&a);
	check_area(&a);
	check_vector(&a);
	check_busy(&a);
}
