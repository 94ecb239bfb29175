/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an entry was that does not lead to its table any more: the table still says so. */
#include "mm/check_kvm.h"
#include "mm/slab.h"

#define PAGES_LIMIT 4096u  /* of kvm_mmu_pages that are looked through for one entry */
#define SEARCHES 8u        /* entries of one VM */
#define OBJECTS_LIMIT 4096u

struct lost {
	struct kvm_look *l;
	uint64_t entry, gfn; /* kernel address of the entry; the first guest frame that it is for */
	unsigned level;      /* of the table */
	struct kvm_sp sp;
};

/* It is in use, no entry leads to it, and it names this one. */
static bool is_it(struct lost *f, uint64_t addr)
{
	const struct kvms *k = f->l->k;
	enum page_owner owner;

	return !kvm_sp_read(&f->sp, k, addr, NULL) && f->sp.tdp == 1 && f->sp.gfn == f->gfn &&
	       (!k->layout.has_ptep || f->sp.ptep == f->entry) &&
	       kvm_sp_role(k, &f->sp, ROLE_LEVEL) == f->level && f->sp.hpa != KVM_NO_ROOT &&
	       !map_get(&f->l->seen, f->sp.hpa, NULL) && kvm_sp_of(k, f->sp.hpa) == addr &&
	       !page_owner_of(&k->pages, f->sp.hpa >> 12, &owner, NULL) && owner != PAGE_FREE;
}

static bool in_slab(struct lost *f, uint64_t beside)
{
	struct cairn *c = f->l->c;
	struct slab_layout layout;
	struct slab slab;
	uint64_t count;

	if (slab_find(c, &f->l->k->pages, beside, &slab, NULL) ||
	    slab_layout_of(c, slab.cache, &layout, NULL))
		return false;
	count = slab_count(c, &slab);
	for (uint64_t i = 0; count != UINT64_MAX && i < count && i < OBJECTS_LIMIT; i++)
		if (is_it(f, slab_nth(&layout, &slab, i)))
			return true;
	return false;
}

/* Where the tables that are known have theirs. */
static bool search(struct lost *f)
{
	const struct map *tables = &f->l->seen;
	struct map pages = { 0 };
	bool found = false;

	for (size_t i = 0; i < tables->cap && !found && pages.count < PAGES_LIMIT; i++) {
		uint64_t sp = tables->slots[i].used ? kvm_sp_of(f->l->k, tables->slots[i].key) : 0;

		if (sp && map_visit(&pages, sp & ~UINT64_C(0xfff)))
			found = in_slab(f, sp);
	}
	map_deinit(&pages);
	return found;
}

const char *check_kvm_lost(struct kvm_look *l, const struct tdp_walk *w,
			   const struct kvm_tree *tree, const struct tdp_table *t, unsigned index)
{
	bool ad_off = kvm_role(&l->k->layout, tree->role, ROLE_AD_DISABLED);
	struct lost f = {
		.l = l, .entry = tdp_entry_va(t, index), .gfn = tdp_entry_gfn(w, t, index),
		.level = t->level - 1 + tree->by_entry,
	};

	if (t->level < 2 || !f.entry || l->searches++ >= SEARCHES || !search(&f))
		return NULL;
	return kvm_text(l, "0x%llx, which leads to the table of kvm_mmu_page 0x%llx",
			(unsigned long long)(spte_table_bits(&w->form, ad_off) | w->form.me_value |
					     f.sp.hpa),
			(unsigned long long)f.sp.addr);
}
