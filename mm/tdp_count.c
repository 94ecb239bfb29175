/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/tdp_count.h"

#include "lib/kern/list.h"

#define SHADOW_LIMIT ((size_t)1 << 24)

const struct kvm_set *tdp_root_set(const struct kvms *k, const struct kvm_vm *vm,
				   const struct kvm_sp *root)
{
	return &vm->set[kvm_sp_role(k, root, ROLE_SMM) ? 1 : 0];
}

static void count_leaf(struct tdp_counts *c, const struct kvm_set *set, uint64_t gfn,
		       unsigned level)
{
	const struct kvm_slot *s = kvm_slot_at(set, gfn);

	c->leaves[level]++;
	if (s && c->slot)
		c->slot[s - set->slot] += spte_span(level);
	else
		c->outside += spte_span(level);
}

void tdp_count_table(struct tdp_counts *c, const struct tdp_walk *w, const struct kvm_set *set)
{
	const struct tdp_table *t = w->table;

	c->nx += t->has_sp && t->sp.nx && t->parent;
	for (unsigned i = 0; t->entries && i < SPTE_ENTRIES; i++) {
		switch (spte_kind(&w->form, tdp_entry(t, i), t->level)) {
		case SPTE_TABLE: c->tables[t->level]++; break;
		case SPTE_LEAF: count_leaf(c, set, tdp_entry_gfn(w, t, i), t->level); break;
		case SPTE_MMIO: c->mmio++; break;
		case SPTE_FROZEN: c->frozen++; break;
		case SPTE_OTHER: c->other++; break;
		case SPTE_EMPTY: break;
		}
	}
}

enum cairn_code tdp_count(struct tdp_counts *ret, const struct kvms *k, const struct kvm_vm *vm,
			  const struct kvm_sp *root, struct arena *arena, struct cairn_err *err)
{
	const struct kvm_set *set = tdp_root_set(k, vm, root);
	struct tdp_walk w;
	enum cairn_code code;

	*ret = (struct tdp_counts){ .slot = arena_array(arena, set->n + 1, sizeof(*ret->slot)) };
	code = tdp_begin(&w, k, vm, root, NULL, NULL, arena, err);
	while (!code && tdp_next(&w))
		tdp_count_table(ret, &w, set);
	return code ? code : tdp_end(&w, err);
}

enum cairn_code kvm_shadow_pages(const struct kvms *k, const struct kvm_vm *vm, uint64_t *ret,
				 struct cairn_err *err)
{
	struct list_walk w;

	*ret = 0;
	if (!shape_has(&k->layout.vm, VM_SHADOW))
		return cairn_fail(err, CAIRN_MISSING, "struct kvm has no arch.active_mmu_pages");
	list_begin(&w, &k->c->kernel, LIST_DOUBLE, vm->addr + k->layout.vm.m[VM_SHADOW].offset,
		   SHADOW_LIMIT);
	w.stop = k->c->stop;
	while (list_next(&w))
		++*ret;
	return list_end(&w, err);
}
