/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/check_apf_host.h"
#include "mm/vma.h"

#define MANY 1000u        /* asynchronous page faults of a vCPU */
#define S_IFMT 0170000u
#define S_IFREG 0100000u

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
static const char *never(const struct apf_at *a, uint64_t hva)
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

/* An item that is there, and a count where there is none, tell of the same. */
static const char mark[] = "kvm_vcpu_arch.apf";

bool check_apf_loop(const struct apf_at *a, const struct apf_work *w)
{
	struct apf_bad bad = apf_of_work(a, "apf.host.error-loop", w, WORK_HVA, 8, "kvm_async_pf.addr");
	const char *why = w->wakeup_all ? NULL : never(a, w->hva);

	bad.mark = mark;
	if (!why && a->v->has_error_gfn && a->v->error_gfn == w->gfn && !w->wakeup_all) {
		bad.addr = apf_at_vcpu(a, APF_ERROR_GFN);
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

enum { STAT_TAKEN, STAT_FIXED, STAT_EMULATE, STAT_SPURIOUS, STAT_N };
static const struct shape_want stat_want = {
	"struct kvm_vcpu", STAT_N, {
		[STAT_TAKEN] = "stat.pf_taken", [STAT_FIXED] = "stat.pf_fixed",
		[STAT_EMULATE] = "stat.pf_emulate", [STAT_SPURIOUS] = "stat.pf_spurious",
	},
};

/* Page faults that led to nothing, and those that did. A fault that is fixed when its page is ready
 * counts as fixed; one of a loop never is. */
static bool count_faults(const struct apf_at *a, uint64_t *vain, uint64_t *fixed)
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

void check_apf_vain(const struct apf_at *a)
{
	struct apf_bad bad = apf_of_vcpu(a, "apf.host.error-loop", APF_ID, 4, "kvm_vcpu_arch.apf.id");
	uint64_t vain, fixed;

	bad.severity = CAIRN_WARNING;
	bad.grade = CAIRN_SUSPICIOUS;
	bad.mark = mark;
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
