/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/kvm_leaf.h"

#define NOWHERE UINT64_MAX

static const struct shape_want page_want = { "struct page", 1, { "_refcount.counter" } };

void kvm_hva_init(struct kvm_hva *h, const struct kvm_guest *g)
{
	struct shape s;

	*h = (struct kvm_hva){ .guest = g, .region = NOWHERE, .refcount = -1 };
	if (!shape_resolve(&s, &page_want, &g->k->c->types, NULL) && shape_has(&s, 0))
		h->refcount = s.m[0].offset;
}

static void forget(struct kvm_hva *h)
{
	if (h->pin)
		image_put(h->guest->k->c->img, h->pin);
	h->pin = NULL;
	h->region = NOWHERE;
}

void kvm_hva_deinit(struct kvm_hva *h)
{
	forget(h);
}

/* Pin the last table that was walked, if it is one of the lowest level. */
static void remember(struct kvm_hva *h, uint64_t hva, uint64_t entry_addr)
{
	h->table = entry_addr & ~(uint64_t)0xfff;
	h->pin = image_pin(h->guest->k->c->img, h->table);
	h->region = hva >> 21;
}

/* By the rules of the form's lowest level, in the table that is pinned. */
static bool by_pin(const struct kvm_hva *h, uint64_t hva, uint64_t *pfn)
{
	const struct paging_form *f = h->guest->k->c->kernel.form;
	const struct paging_level *l = &f->level[f->nlevels - 1];
	uint64_t e;

	if (h->region != hva >> 21 || !h->pin || !h->pin->data)
		return false;
	e = le64(h->pin->data + (hva >> 12 & 511) * 8);
	for (unsigned i = 0; i < l->nrules; i++) {
		const struct paging_rule *r = &l->rules[i];

		if ((e & r->mask) != r->value)
			continue;
		*pfn = ((r->inverted ? ~e : e) & r->addr_mask) >> 12;
		return r->kind == PAGING_PAGE;
	}
	return false;
}

enum cairn_fault kvm_hva_pfn(struct kvm_hva *h, uint64_t hva, uint64_t *pfn)
{
	const struct paging_form *f = h->guest->k->c->kernel.form;
	struct paging_walk w;

	if (by_pin(h, hva, pfn))
		return CAIRN_FAULT_NONE;
	forget(h);
	if (h->guest->pgd == KVM_NO_ROOT)
		return CAIRN_FAULT_ABSENT;
	if (!paging_canonical(f, hva))
		return CAIRN_FAULT_NONCANONICAL;
	w = paging_begin(f, h->guest->k->c->img, h->guest->pgd, hva);
	while (w.kind == PAGING_TABLE && w.depth < f->nlevels) {
		struct cairn_err err;

		if (paging_step(&w, &err))
			return err.fault;
	}
	if (w.kind != PAGING_PAGE)
		return w.kind == PAGING_SWAPPED ? CAIRN_FAULT_SWAPPED : CAIRN_FAULT_UNMAPPED;
	if (w.depth == f->nlevels)
		remember(h, hva, w.entry_addr);
	*pfn = w.paddr >> 12;
	return CAIRN_FAULT_NONE;
}

bool kvm_pfn_is_free(const struct kvm_hva *h, uint64_t pfn, uint64_t *page)
{
	const struct page_map *m = &h->guest->k->pages;
	uint32_t refs;

	return h->refcount >= 0 && !page_head(m, pfn, page, NULL) &&
	       !space_u32(m->kernel, *page + (uint64_t)h->refcount, &refs, NULL) && !refs;
}
