/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm - words of virtual machines: entries of TDP page tables, struct kvm_mmu_page, the private
 * word of a table's page, memory slots, and what struct kvm and its vCPUs say of these.
 *
 * Left out are changes that leave a machine healthy: accessed and dirty bits, permissions that
 * may come and go, an id of a type that nothing depends on.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/kern/finding.h"
#include "mm/tdp_count.h"
#include "testdata/mutate/mutate.h"

/* What a change has to be to break something; for mutable_word.more. */
enum rule { ANY, LEAF, MMIO, FLAGS, TYPE, TRUE_IS_BAD, POINTER };

struct state {
	struct cairn *c;
	struct arena arena, ask;
	struct kvms k;
	struct spte_form form;
};

static void add(struct state *s, struct mutable_words *to, const char *kind, uint64_t addr,
		unsigned size, enum rule rule)
{
	mutate_word_at(to, &s->c->kernel, kind, addr, size, rule);
}

/* ---- page tables ---- */

static void add_sp(struct state *s, struct mutable_words *to, const struct kvm_sp *sp, bool root,
		   bool role)
{
	const struct shape *l = &s->k.layout.sp;
	uint64_t page;

	add(s, to, "kvm_mmu_page.tdp_mmu_page", sp->addr + l->m[SP_TDP].offset, 1, ANY);
	if (role)
		add(s, to, "kvm_mmu_page.role", sp->addr + l->m[SP_ROLE].offset, 4, ANY);
	add(s, to, "kvm_mmu_page.gfn", sp->addr + l->m[SP_GFN].offset, 8, ANY);
	add(s, to, "kvm_mmu_page.spt", sp->addr + l->m[SP_SPT].offset, 8, ANY);
	if (s->k.layout.initial_ref || !root)
		add(s, to, "kvm_mmu_page.root_count", sp->addr + l->m[SP_REFS].offset, 4, ANY);
	if (shape_has(l, SP_PTEP))
		add(s, to, "kvm_mmu_page.ptep", sp->addr + l->m[SP_PTEP].offset, 8, ANY);
	if (shape_has(l, SP_EXTERNAL))
		add(s, to, "kvm_mmu_page.external_spt", sp->addr + l->m[SP_EXTERNAL].offset, 8,
		    sp->external ? POINTER : ANY);
	if (!page_of_pfn(&s->k.pages, sp->hpa >> 12, &page, NULL))
		add(s, to, "page.private", page + s->k.pages.private, 8, ANY);
}

static void add_entries(struct state *s, struct mutable_words *to, const struct tdp_walk *w)
{
	for (unsigned i = 0; w->table->entries && i < SPTE_ENTRIES; i++) {
		uint64_t at = tdp_entry_va(w->table, i);

		switch (spte_kind(&w->form, tdp_entry(w->table, i), w->table->level)) {
		case SPTE_LEAF: add(s, to, "leaf", at, 8, LEAF); break;
		case SPTE_TABLE: add(s, to, "entry of a table", at, 8, ANY); break;
		case SPTE_MMIO: add(s, to, "MMIO entry", at, 8, MMIO); break;
		case SPTE_EMPTY:
			if (i % 61 == 7)
				add(s, to, "empty entry", at, 8, ANY);
			break;
		default: break;
		}
	}
}

/* A role is known by more than itself where there is a table below, or a vCPU. */
static void add_root(struct state *s, struct mutable_words *to, const struct kvm_vm *vm,
		     const struct kvm_root *r)
{
	struct kvm_sp child;
	struct tdp_walk w;
	bool told = tdp_first_child(&s->k, vm, &r->sp, &child);

	add_sp(s, to, &r->sp, true, told && s->k.layout.initial_ref);
	if (tdp_begin(&w, &s->k, vm, &r->sp, NULL, NULL, &s->arena, NULL))
		return;
	while (tdp_next(&w)) {
		if (w.table->parent)
			add_sp(s, to, &w.table->sp, false, true);
		add_entries(s, to, &w);
	}
	tdp_end(&w, NULL);
}

/* ---- memory slots ---- */

/* base_gfn is told by what is mapped, where that is more than a page or two. */
static void add_bases(struct state *s, struct mutable_words *to, const struct kvm_vm *vm,
		      const struct kvm_root *r)
{
	const struct kvm_set *set = tdp_root_set(&s->k, vm, &r->sp);
	struct tdp_counts c;

	if (r->err.code || tdp_count(&c, &s->k, vm, &r->sp, &s->arena, NULL))
		return;
	for (size_t i = 0; i < set->n; i++)
		if (c.slot[i] >= 4)
			add(s, to, "kvm_memory_slot.base_gfn",
			    set->slot[i].addr + s->k.layout.slot.m[SLOT_GFN].offset, 8, ANY);
}

static void add_slots(struct state *s, struct mutable_words *to, const struct kvm_set *set)
{
	const struct shape *l = &s->k.layout.slot;

	for (size_t i = 0; i < set->n && shape_has(l, SLOT_HVA_NODE); i++) {
		uint64_t at = set->slot[i].addr;

		add(s, to, "kvm_memory_slot.npages", at + l->m[SLOT_NPAGES].offset, 8, ANY);
		add(s, to, "kvm_memory_slot.userspace_addr", at + l->m[SLOT_HVA].offset, 8, ANY);
		add(s, to, "kvm_memory_slot.flags", at + l->m[SLOT_FLAGS].offset, 4, FLAGS);
		add(s, to, "kvm_memory_slot.id", at + l->m[SLOT_ID].offset, 2, ANY);
		add(s, to, "kvm_memory_slot.as_id", at + l->m[SLOT_AS].offset, 2, ANY);
	}
}

/* ---- struct kvm, vCPUs ---- */

static void add_vm(struct state *s, struct mutable_words *to, const struct kvm_vm *vm)
{
	const struct shape *l = &s->k.layout.vm;
	static const struct {
		const char *kind;
		unsigned member, size;
		enum rule rule;
	} m[] = {
		{ "kvm_arch.vm_type", VM_TYPE, 1, TYPE },
		{ "kvm_arch.gfn_direct_bits", VM_DIRECT, 8, ANY },
		{ "kvm.vm_bugged", VM_BUGGED, 1, TRUE_IS_BAD },
		{ "kvm.nr_memslot_pages", VM_NPAGES, 8, ANY },
		{ "kvm.nr_memslots_dirty_logging", VM_LOGGING, 4, ANY },
		{ "kvm.stat.pages", VM_PAGES, 8, ANY },
		{ "kvm_arch.tdp_mmu_roots", VM_ROOTS, 8, ANY },
	};

	for (size_t i = 0; i < sizeof(m) / sizeof(m[0]); i++)
		if (shape_has(l, m[i].member) && (m[i].member != VM_PAGES || vm->has_pages))
			add(s, to, m[i].kind, vm->addr + l->m[m[i].member].offset, m[i].size,
			    m[i].rule);
	add(s, to, "kvm_arch.tdp_mmu_roots", vm->addr + l->m[VM_ROOTS].offset + 8, 8, ANY);
}

static void add_vcpu(struct state *s, struct mutable_words *to, const struct kvm_vcpu *v)
{
	const struct shape *l = &s->k.layout.mmu;
	uint64_t at = v->root_mmu.addr;

	if (v->root_mmu.hpa == KVM_NO_ROOT)
		return;
	add(s, to, "kvm_mmu.root.hpa", at + l->m[MMU_HPA].offset, 8, ANY);
	if (shape_has(l, MMU_MIRROR))
		add(s, to, "kvm_mmu.mirror_root_hpa", at + l->m[MMU_MIRROR].offset, 8, ANY);
	if (shape_has(l, MMU_PREV))
		add(s, to, "kvm_mmu.prev_roots", at + l->m[MMU_PREV].offset, 8, ANY);
}

static enum cairn_code begin(struct cairn *c, void **state, struct mutable_words *words,
			     struct cairn_err *err)
{
	struct state *s = calloc(1, sizeof(*s));
	enum cairn_code code;

	if (!s)
		abort();
	*state = s;
	s->c = c;
	code = kvms_read(&s->k, c, &s->arena, err);
	if (!code && (!s->k.n || !s->k.has_tdp))
		code = cairn_fail(err, CAIRN_MISSING, "no virtual machines with TDP page tables");
	for (size_t i = 0; !code && i < s->k.n; i++) {
		const struct kvm_vm *vm = &s->k.vm[i];

		s->form = tdp_form(&s->k, vm);
		add_vm(s, words, vm);
		for (size_t j = 0; j < vm->nvcpus; j++)
			add_vcpu(s, words, &vm->vcpu[j]);
		for (size_t j = 0; j < vm->nroots; j++) {
			add_root(s, words, vm, &vm->root[j]);
			add_bases(s, words, vm, &vm->root[j]);
		}
		for (unsigned j = 0; j < KVM_SPACES; j++)
			add_slots(s, words, &vm->set[j]);
	}
	return code;
}

static void end(void *state)
{
	struct state *s = state;

	arena_deinit(&s->arena);
	arena_deinit(&s->ask);
	free(s);
}

/* ---- changes ---- */

static bool breaks(const void *state, const struct mutable_word *w, uint64_t value)
{
	const struct state *s = state;
	const struct spte_form *f = &s->form;
	uint64_t diff = value ^ w->old, gen = spte_generation_mask(f);

	switch ((enum rule)w->more) {
	case LEAF:
		return diff & ~(f->accessed | f->dirty | f->host_writable | f->mmu_writable |
				SPTE_WRITABLE) && value != f->empty;
	case MMIO:
		/* a generation that was is as good as any other */
		return spte_kind(f, value, 1) != SPTE_EMPTY &&
		       (spte_kind(f, value, 1) != SPTE_MMIO ||
			spte_mmio_gfn(f, value) != spte_mmio_gfn(f, w->old) ||
			(spte_mmio_generation(f, value) & gen) > 4096);
	case FLAGS: return diff & ~UINT64_C(0x30006);
	case TYPE: return (value == KVM_TDX_VM) != (w->old == KVM_TDX_VM) || value > KVM_TDX_VM;
	case TRUE_IS_BAD: return value;
	case POINTER: return value & 0xfff || !value;
	case ANY: break;
	}
	return true;
}

static bool change(void *state, const struct mutable_word *w, uint64_t *random, struct change *ret)
{
	return mutate_until(state, w, random, ret, breaks);
}

static enum cairn_code ask(void *state, const struct mutable_word *w, struct answer *ret,
			   struct cairn_err *err)
{
	struct state *s = state;

	return mutate_ask(s->c, &s->ask, "kvm", w, ret, err);
}

static const struct family family = {
	.name = "kvm", .found = 0.99, .named = 0.95, .unseen = .05, .begin = begin, .end = end, .change = change,
	.ask = ask,
};
MUTATIONS(&family);
