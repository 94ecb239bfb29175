/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leaves: their bits, and the page that they map against slot, process and guest_memfd. The
 * first thing that is wrong with a leaf is said, and no more. */
#include <string.h>

#include "mm/check_kvm.h"

static bool bad_leaf(struct kvm_look *l, const struct kvm_entry *en, const char *id,
		     const char *expected, const char *what)
{
	struct kvm_bad bad = { .id = id, .severity = CAIRN_ERROR, .expected = expected };

	return kvm_say_entry(l, en, &bad, what);
}

static void stray(struct kvm_look *l, const struct kvm_entry *en)
{
	if (l->nstrays < KVM_STRAYS)
		l->stray[l->nstrays] = (struct kvm_stray){ en->gfn, spte_pfn(&en->w->form, en->e) };
	l->nstrays++;
}

static bool transient_leaf(struct kvm_look *l, const struct kvm_entry *en, const char *id,
			   const char *expected, const char *what)
{
	struct kvm_bad bad = { .id = id, .severity = CAIRN_ERROR, .expected = expected,
			       .transient = true };

	return kvm_say_entry(l, en, &bad, what);
}

/* ---- bits ---- */

static bool check_ad(struct kvm_look *l, const struct kvm_entry *en)
{
	enum spte_ad ad = spte_ad(&en->w->form, en->e);
	bool off = kvm_role(&l->k->layout, en->tree->role, ROLE_AD_DISABLED);
	bool nested = kvm_role(&l->k->layout, en->tree->role, ROLE_GUEST_MODE);

	if (off ? ad == SPTE_AD_DISABLED
		: ad == SPTE_AD_ENABLED || (ad == SPTE_AD_WRPROT && nested))
		return true;
	return bad_leaf(l, en, "tdp.ad-type",
			off ? "A/D tracking disabled" : "A/D tracking enabled",
			"an entry tracks accesses in another way than its root");
}

static bool check_bits(struct kvm_look *l, const struct kvm_entry *en)
{
	const struct spte_form *f = &en->w->form;
	bool off = spte_ad(f, en->e) == SPTE_AD_DISABLED;
	uint64_t must = f->present_bit | f->present | (off ? 0 : f->user | 1);
	uint64_t may = spte_leaf_bits(f, en->level, off) | (f->address & ~f->reserved);

	if (en->e & f->address & f->reserved)
		return bad_leaf(l, en, "tdp.rsvd",
				kvm_text(l, "no address bits above %u", f->maxphyaddr),
				"an entry maps an address that the processor does not have");
	if (en->e & ~may)
		return bad_leaf(l, en, "tdp.rsvd",
				kvm_text(l, "none of 0x%llx", (unsigned long long)(en->e & ~may)),
				"a leaf has bits that none has");
	if ((en->e & must) != must)
		return bad_leaf(l, en, "tdp.rsvd",
				kvm_text(l, "0x%llx set", (unsigned long long)must),
				"a leaf lacks bits that all have");
	return true;
}

/* writable, hence MMU-writable, hence host-writable */
static bool check_writable(struct kvm_look *l, const struct kvm_entry *en)
{
	const struct spte_form *f = &en->w->form;
	bool w = en->e & SPTE_WRITABLE, mmu = en->e & f->mmu_writable,
	     host = en->e & f->host_writable;

	if (w && !mmu)
		return bad_leaf(l, en, "tdp.leaf.writable-bits", "MMU-writable, as it is writable",
				"a leaf is writable and not MMU-writable");
	if (mmu && !host)
		return bad_leaf(l, en, "tdp.leaf.writable-bits",
				"host-writable, as it is MMU-writable",
				"a leaf is MMU-writable and not host-writable");
	return true;
}

static bool check_executable(struct kvm_look *l, const struct kvm_entry *en)
{
	const struct spte_form *f = &en->w->form;
	bool x = spte_executable(f, en->e), off = spte_ad(f, en->e) == SPTE_AD_DISABLED;

	if (en->level > 1 && f->nx_huge && !l->vm->nx_off && x)
		return bad_leaf(l, en, "tdp.leaf.nx-huge", "not executable",
				"a huge page is executable, which nx_huge_pages forbids");
	if (!x && !off && !(en->level > 1 && f->nx_huge && !l->vm->nx_off))
		return bad_leaf(l, en, "tdp.rsvd", "executable",
				"a page is not executable for no reason");
	return true;
}

static bool check_aligned(struct kvm_look *l, const struct kvm_entry *en)
{
	uint64_t pfn = spte_pfn(&en->w->form, en->e), span = spte_span(en->level);

	if (en->level > 1 && en->tree->mirror)
		return bad_leaf(l, en, "tdp.mirror.huge-page", "4K pages only",
				"private memory is mapped by a huge page");
	if (!(pfn & (span - 1)))
		return true;
	return bad_leaf(
		l, en, "tdp.leaf.huge-align",
		kvm_text(l, "a page frame that is a multiple of 0x%llx", (unsigned long long)span),
		"a huge page is not aligned");
}

/* ---- slots ---- */

static bool check_slot(struct kvm_look *l, const struct kvm_entry *en, const struct kvm_slot *s)
{
	uint64_t span = spte_span(en->level), in = s ? en->gfn - s->gfn : 0;
	const struct kvm_set *set = en->tree->set;

	if (set->err.code)
		return s; /* some slots are not known */
	if (!s && en->tree->invalid)
		return false;
	if (s && (span <= s->npages - in || s->flags & KVM_SLOT_INVALID))
		return true;
	stray(l, en);
	transient_leaf(l, en, "tdp.leaf.no-memslot", "guest frames that a memory slot has",
		       s ? "a huge page goes beyond its memory slot"
			 : "a page is mapped outside all memory slots");
	return false;
}

static bool check_readonly(struct kvm_look *l, const struct kvm_entry *en, const struct kvm_slot *s)
{
	uint64_t writable = SPTE_WRITABLE | en->w->form.mmu_writable;

	if (!(s->flags & KVM_SLOT_READONLY) || !(en->e & writable))
		return true;
	return bad_leaf(l, en, "tdp.leaf.readonly-slot", "not writable",
			"a page of a read-only slot is writable");
}

/* With a bitmap a page may be written only once it is in it; processors that log by
 * themselves (PML) need no fault for that. */
static bool check_logged(struct kvm_look *l, const struct kvm_entry *en, const struct kvm_slot *s)
{
	uint64_t bit = en->gfn - s->gfn, word;
	bool initially_set = l->vm->manual_log & 2; /* KVM_DIRTY_LOG_INITIALLY_SET */

	/* before struct kvm told, only Intel's had it */
	bool pml = shape_has(&l->k->layout.vm, VM_PML) ? l->vm->pml : en->w->form.ept;

	if (!(s->flags & KVM_SLOT_LOG_DIRTY) || !s->bitmap || !(en->e & SPTE_WRITABLE) || pml)
		return true;
	if (en->level > 1)
		return initially_set || transient_leaf(l, en, "tdp.leaf.dirty-log", "4K pages",
			"a huge page of a slot that logs writes is writable");
	if (space_u64(&l->c->kernel, s->bitmap + bit / 64 * 8, &word, NULL) || word >> bit % 64 & 1)
		return true;
	return transient_leaf(l, en, "tdp.leaf.dirty-log", "its bit in dirty_bitmap set",
			      "a page of a slot that logs writes is writable and not logged");
}

/* ---- the page ---- */

static bool invalidated(const struct kvm_look *l, uint64_t gfn, uint64_t span)
{
	const struct kvm_vm *vm = l->vm;

	if (!vm->invalidating)
		return false;
	if (vm->invalid_start >= vm->invalid_end)
		return true;
	/* since 6.8 in guest frames, before that in addresses of the process */
	if (strcmp(l->k->layout.vm.m[VM_INVAL_START].type->name, "gfn_t"))
		return true;
	return gfn + span > vm->invalid_start && gfn < vm->invalid_end;
}

static bool wrong_page(struct kvm_look *l, const struct kvm_entry *en, const char *id,
		       uint64_t want, const char *what)
{
	struct kvm_bad bad = {
		.id = id, .severity = CAIRN_ERROR, .transient = true,
		.expected = kvm_text(l, "page frame 0x%llx", (unsigned long long)want),
		.found = kvm_text(l, "0x%llx", (unsigned long long)spte_pfn(&en->w->form, en->e)),
	};

	return kvm_say_entry(l, en, &bad, what);
}

static bool check_gmem(struct kvm_look *l, const struct kvm_entry *en, const struct kvm_slot *s)
{
	uint64_t pfn = spte_pfn(&en->w->form, en->e), page = 0, want = 0;
	enum cairn_code code;

	if (!s->gmem)
		return true;
	code = kvm_gmem_page(&l->gmem, s, en->gfn, &l->arena, &want, NULL);
	if (code == CAIRN_NOTFOUND ||
	    (!code && !(!page_of_pfn(&l->k->pages, pfn, &page, NULL) && page == want)))
		stray(l, en);
	if (code == CAIRN_NOTFOUND)
		return transient_leaf(l, en, "tdp.mirror.gmem-pfn",
				      "nothing: guest_memfd has no page there",
				      "private memory is mapped that guest_memfd does not have");
	if (code || (!page_of_pfn(&l->k->pages, pfn, &page, NULL) && page == want))
		return true;
	bad_leaf(l, en, "tdp.mirror.gmem-pfn",
		 kvm_text(l, "struct page 0x%llx", (unsigned long long)want),
		 "private memory is not the page that guest_memfd has");
	return false;
}

/* Which frames are private is only kept for guests with guest_memfd. */
static bool check_attribute(struct kvm_look *l, const struct kvm_entry *en,
			    const struct kvm_slot *s)
{
	enum kvm_private is;

	if (!l->tdx || !s->gmem)
		return true;
	is = kvm_gmem_private(&l->gmem, en->gfn);
	if (is == KVM_PRIVATE_UNKNOWN || (is == KVM_PRIVATE) == en->tree->mirror ||
	    invalidated(l, en->gfn, spte_span(en->level)))
		return true;
	return transient_leaf(l, en, "tdp.mirror.attribute",
			      en->tree->mirror ? "a guest frame with the attribute private"
					       : "a guest frame without the attribute private",
			      en->tree->mirror ? "private memory maps a frame that is shared"
					       : "a direct root maps a frame that is private");
}

/* A huge page's last frame must follow its first: the rest lies between. */
static bool check_process(struct kvm_look *l, const struct kvm_entry *en, const struct kvm_slot *s)
{
	uint64_t pfn = spte_pfn(&en->w->form, en->e), span = spte_span(en->level), got = 0;
	uint64_t hva = s->hva + ((en->gfn - s->gfn) << 12);

	for (uint64_t i = 0; i < span; i += span > 1 ? span - 1 : 1) {
		enum cairn_fault fault = kvm_hva_pfn(&l->hva, hva + (i << 12), &got);

		if (fault == CAIRN_FAULT_UNMAPPED || fault == CAIRN_FAULT_SWAPPED ||
		    (fault == CAIRN_FAULT_NONE && got != pfn + i))
			stray(l, en);
		if (fault == CAIRN_FAULT_UNMAPPED || fault == CAIRN_FAULT_SWAPPED)
			return transient_leaf(
				l, en, "tdp.leaf.pfn", "nothing: the process maps nothing there",
				"a page is mapped that the process does not have any more");
		if (fault == CAIRN_FAULT_NONE && got != pfn + i)
			return wrong_page(l, en, "tdp.leaf.pfn", got - i,
					  "a page is not the one that the process has there");
		if (fault != CAIRN_FAULT_NONE)
			l->incomplete = true;
	}
	return true;
}

static bool check_free(struct kvm_look *l, const struct kvm_entry *en)
{
	uint64_t page;

	if (!kvm_pfn_is_free(&l->hva, spte_pfn(&en->w->form, en->e), &page))
		return true;
	return bad_leaf(l, en, "tdp.leaf.pfn-free", "a page that somebody holds",
			"a page is mapped that is free: the guest uses memory that is not its own");
}

static bool check_page(struct kvm_look *l, const struct kvm_entry *en, const struct kvm_slot *s)
{
	bool gmem = s->gmem && (en->tree->mirror || s->flags & KVM_SLOT_GMEM_ONLY ||
				(!l->tdx && kvm_gmem_private(&l->gmem, en->gfn) != KVM_SHARED));

	if (!check_attribute(l, en, s))
		return false;
	if (gmem)
		return check_gmem(l, en, s) && check_free(l, en);
	if (!check_free(l, en))
		return false;
	return invalidated(l, en->gfn, spte_span(en->level)) || check_process(l, en, s);
}

bool check_kvm_leaf(struct kvm_look *l, const struct kvm_entry *en)
{
	const struct kvm_slot *s;
	ptrdiff_t as;

	if (!check_ad(l, en) || !check_bits(l, en) || !check_aligned(l, en) ||
	    !check_writable(l, en) || !check_executable(l, en))
		return false;
	if (l->slots_off)
		return true;
	s = kvm_slot_at(en->tree->set, en->gfn);
	if (!check_slot(l, en, s) || !s)
		return false;
	if (!check_readonly(l, en, s) || !check_logged(l, en, s) || !check_page(l, en, s))
		return false;
	as = en->tree->set - l->vm->set;
	if (l->fits[as])
		l->fits[as][s - en->tree->set->slot] = true;
	return true;
}
