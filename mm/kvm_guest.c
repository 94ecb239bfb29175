/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/kvm_guest.h"

static const struct shape_want mm_want = { "struct mm_struct", 1, { "pgd" } };

uint64_t kvm_mm_pgd(struct cairn *c, uint64_t mm)
{
	struct shape s;
	uint64_t pgd, paddr;

	if (!mm || shape_resolve(&s, &mm_want, &c->types, NULL) || !shape_has(&s, 0) ||
	    shape_get(&s, &c->kernel, mm, 0, &pgd, NULL) ||
	    space_translate(&c->kernel, pgd, &paddr, NULL))
		return KVM_NO_ROOT;
	return paddr;
}

/* The valid root of a kind that vCPUs use, or else the first such on the list. */
static uint64_t find_root(const struct kvms *k, const struct kvm_vm *vm, bool mirror,
			  unsigned *level)
{
	for (size_t i = 0; i < vm->nroots; i++) {
		const struct kvm_sp *sp = &vm->root[i].sp;

		if (vm->root[i].err.code || sp->hpa == KVM_NO_ROOT ||
		    kvm_sp_role(k, sp, ROLE_INVALID) || kvm_sp_role(k, sp, ROLE_SMM) ||
		    kvm_sp_role(k, sp, ROLE_MIRROR) != mirror)
			continue;
		*level = tdp_root_level(k, vm, sp);
		return sp->hpa;
	}
	return KVM_NO_ROOT;
}

void kvm_guest_init(struct kvm_guest *g, const struct kvms *k, const struct kvm_vm *vm)
{
	struct spte_form f = tdp_form(k, vm);
	unsigned level = 4;

	*g = (struct kvm_guest){ .k = k, .vm = vm };
	g->mirror = find_root(k, vm, true, &level);
	g->root = find_root(k, vm, false, &level);
	g->pgd = kvm_mm_pgd(k->c, vm->mm);
	tdp_paging_form(&g->form, &f, level);
}

uint64_t kvm_guest_root(const struct kvm_guest *g, uint64_t gpa)
{
	uint64_t direct = g->vm->direct_bits << 12;

	return direct && !(gpa & direct) ? g->mirror : g->root;
}

struct paging_result kvm_guest_hva(const struct kvm_guest *g, uint64_t hva)
{
	if (g->pgd == KVM_NO_ROOT)
		return (struct paging_result){ .fault = CAIRN_FAULT_UNMAPPED };
	return paging_lookup(g->k->c->kernel.form, g->k->c->img, g->pgd, hva);
}

static struct paging_result by_slot(const struct kvm_guest *g, uint64_t gpa)
{
	struct paging_result r;
	uint64_t gfn = (gpa >> 12) & ~g->vm->direct_bits;
	const struct kvm_slot *s = kvm_slot_at(&g->vm->set[0], gfn);
	bool private = g->vm->direct_bits && !((gpa >> 12) & g->vm->direct_bits);

	if (!s || private || s->flags & KVM_SLOT_GMEM_ONLY)
		return (struct paging_result){ .fault = CAIRN_FAULT_UNMAPPED };
	r = kvm_guest_hva(g, s->hva + ((gfn - s->gfn) << 12) + (gpa & 0xfff));
	if (r.size > 4096 - (gpa & 0xfff)) /* the next frame may be another slot's */
		r.size = 4096 - (gpa & 0xfff);
	return r;
}

struct kvm_guest_page kvm_guest_translate(const struct kvm_guest *g, uint64_t gpa)
{
	uint64_t root = kvm_guest_root(g, gpa);
	struct paging_result r = { .fault = CAIRN_FAULT_UNMAPPED };
	struct kvm_guest_page ret = { .by = KVM_BY_TDP };

	if (root != KVM_NO_ROOT)
		r = paging_lookup(&g->form, g->k->c->img, root, gpa);
	if (r.fault == CAIRN_FAULT_UNMAPPED) {
		r = by_slot(g, gpa);
		ret.by = KVM_BY_SLOT;
	}
	ret.fault = r.fault;
	if (r.fault != CAIRN_FAULT_NONE)
		ret.by = KVM_BY_NONE;
	ret.paddr = r.paddr;
	ret.left = r.size;
	return ret;
}

enum cairn_code kvm_guest_read(const struct kvm_guest *g, uint64_t gpa, void *buf, size_t len,
			       struct cairn_err *err)
{
	unsigned char *to = buf;

	while (len) {
		struct kvm_guest_page p = kvm_guest_translate(g, gpa);
		size_t n = p.left < len ? (size_t)p.left : len;
		enum cairn_code code;

		if (p.by == KVM_BY_NONE)
			return cairn_fail_read(err, p.fault, gpa, "guest-physical address");
		code = image_read(g->k->c->img, p.paddr, to, n, err);
		if (code) {
			if (err)
				err->addr = gpa;
			return cairn_context(err, code, "guest-physical address %#llx",
					     (unsigned long long)gpa);
		}
		gpa += n;
		to += n;
		len -= n;
	}
	return CAIRN_OK;
}
