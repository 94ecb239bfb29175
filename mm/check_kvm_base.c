/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A slot whose base_gfn was changed makes every leaf of its memory look wrong. Where the pages
 * of such leaves lie in the process tells what base_gfn was.
 */
#include "mm/check_kvm.h"

#define PAGES_LIMIT (UINT64_C(1) << 19) /* that are looked at, of all slots together */

static bool has_page(struct kvm_look *l, const struct kvm_slot *s, uint64_t index, uint64_t pfn)
{
	uint64_t got, page, want;

	if (!kvm_hva_pfn(&l->hva, s->hva + (index << 12), &got) && got == pfn)
		return true;
	return s->gmem && !kvm_gmem_page(&l->gmem, s, s->gfn + index, &l->arena, &want, NULL) &&
	       !page_of_pfn(&l->k->pages, pfn, &page, NULL) && page == want;
}

/* How many of the strays would be right with that base. */
static size_t explains(struct kvm_look *l, const struct kvm_slot *s, uint64_t base)
{
	size_t n = 0;

	for (size_t i = 0; i < l->nstrays && i < KVM_STRAYS; i++) {
		const struct kvm_stray *p = &l->stray[i];

		n += p->gfn >= base && p->gfn - base < s->npages &&
		     has_page(l, s, p->gfn - base, p->pfn);
	}
	return n;
}

static bool say(struct kvm_look *l, const struct kvm_slot *s, uint64_t base)
{
	static const char *const consequences[] = {
		"tdp.leaf.no-memslot", "tdp.leaf.pfn", "tdp.mirror.gmem-pfn", "tdp.mirror.attribute",
	};
	struct kvm_bad bad = {
		.id = "kvm.slot.base", .severity = CAIRN_ERROR, .object = s->addr,
		.addr = s->addr + l->k->layout.slot.m[SLOT_GFN].offset, .transient = true,
		.field = "kvm_memory_slot.base_gfn", .expected = kvm_hex(l, base),
		.found = kvm_hex(l, s->gfn),
	};

	for (size_t i = 0; i < sizeof(consequences) / sizeof(consequences[0]); i++)
		kvm_say_not(l, consequences[i]);
	kvm_say(l, &bad,
		"%zu pages are mapped that would be slot %d's if it began at guest frame 0x%llx",
		l->nstrays, s->id, (unsigned long long)base);
	return true;
}

static bool try_slot(struct kvm_look *l, const struct kvm_slot *s, const struct kvm_stray *p)
{
	size_t all = l->nstrays < KVM_STRAYS ? l->nstrays : KVM_STRAYS;

	for (uint64_t i = 0; i < s->npages && i <= p->gfn && l->looked++ < PAGES_LIMIT; i++) {
		uint64_t base = p->gfn - i;

		if (base != s->gfn && has_page(l, s, i, p->pfn) && explains(l, s, base) == all)
			return say(l, s, base);
	}
	return false;
}

void check_kvm_base(struct kvm_look *l)
{
	for (unsigned as = 0; l->nstrays && !l->slots_off && as < KVM_SPACES; as++)
		for (size_t i = 0; i < l->vm->set[as].n && cairn_go_on(l->run); i++)
			if (l->fits[as] && !l->fits[as][i] &&
			    try_slot(l, &l->vm->set[as].slot[i], &l->stray[0]))
				return;
}
