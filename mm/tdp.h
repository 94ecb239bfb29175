/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tdp - the page tables by which KVM maps a guest's memory (two-dimensional paging), walked.
 *
 * A walk yields the tables below one root, level by level and within a level in the order
 * of their pages, so that each page of the dump is decompressed once, on both cores:
 *
 *   struct tdp_walk w;
 *   tdp_begin(&w, k, vm, root, &range, arena);
 *   while (tdp_next(&w))
 *           for (unsigned i = 0; i < SPTE_ENTRIES && w.table->entries; i++)
 *                   use(tdp_entry(w.table, i), tdp_entry_gfn(&w, w.table, i));
 *   code = tdp_end(&w, err);
 *
 * Where a guest frame is follows from the entries that were walked, never from what a table says of
 * itself. A table that is not what the entry says (its page names no struct kvm_mmu_page,
 * or one that names another page), or that was reached before, is yielded without entries
 * and not gone into.
 *
 * Sources: arch/x86/kvm/mmu/tdp_mmu.c, tdp_iter.c.
 */
#ifndef CAIRN_MM_TDP_H
#define CAIRN_MM_TDP_H

#include "lib/base/cursor.h"
#include "lib/base/map.h"
#include "mm/kvm.h"

#define TDP_LIMIT ((size_t)1 << 24) /* tables of a VM */

struct tdp_table {
	const struct tdp_table *parent; /* NULL: the root */
	unsigned index;       /* of the entry in the parent */
	unsigned level;
	uint64_t hpa;
	uint64_t raw;         /* guest frame of entry 0 by the indices, direct bits left in */
	struct kvm_sp sp;     /* if has_sp */
	bool has_sp;          /* the page names a struct kvm_mmu_page that names the page */
	bool again;           /* this page was a table already, or is one that another entry,
				 which it names, leads to */
	bool cycle;           /* ... above this one */
	enum cairn_fault fault; /* why there are no entries */
	const unsigned char *entries; /* borrowed until the next tdp_next(); NULL: none */
};

/** What is wanted: guest frames [first, last]. */
struct tdp_range { uint64_t first, last; };

struct tdp_walk {
	const struct tdp_table *table;
	struct cairn_err err;      /* the first table that was left out, or why the walk ended */
	/* private */
	const struct kvms *k;
	const struct kvm_vm *vm;
	struct spte_form form;     /* with the VM's own MMIO value */
	struct tdp_range range;
	struct arena *arena;
	struct map *seen;          /* pages that were tables, to their struct tdp_table */
	struct map own;
	struct tdp_table **level, **next; /* tables of this level, and of the one below */
	size_t n, cap, nnext, capnext, at, loaded;
	unsigned char *pages;      /* of level[loaded - nloaded .. loaded) */
	size_t nloaded;
};

/** How the entries of this VM are read. */
struct spte_form tdp_form(const struct kvms *k, const struct kvm_vm *vm);

/** The number of levels below a root, itself included: what two of these say, itself, a vCPU that
 *  uses it, and the first table below it. */
unsigned tdp_root_level(const struct kvms *k, const struct kvm_vm *vm, const struct kvm_sp *root);

/** The first table that a root leads to; false if there is none. */
bool tdp_first_child(const struct kvms *k, const struct kvm_vm *vm, const struct kvm_sp *root,
		     struct kvm_sp *ret);

/** `range` NULL: all. `seen`: a map that several walks of a VM share, to tell tables that are
 *  reached twice; NULL: this walk's own. Memory from the arena. */
enum cairn_code tdp_begin(struct tdp_walk *w, const struct kvms *k, const struct kvm_vm *vm,
			  const struct kvm_sp *root, const struct tdp_range *range,
			  struct map *seen, struct arena *arena, struct cairn_err *err);
bool tdp_next(struct tdp_walk *w);

/** Free, and say how it went: CAIRN_OK, CAIRN_FAULT, CAIRN_LIMIT, CAIRN_INTERRUPTED, CAIRN_NOMEM.
 */
enum cairn_code tdp_end(struct tdp_walk *w, struct cairn_err *err);

static inline uint64_t tdp_entry(const struct tdp_table *t, unsigned i)
{
	return le64(t->entries + i * 8);
}

/** The guest frame of an entry, as memory slots and faults count it. */
static inline uint64_t tdp_entry_gfn(const struct tdp_walk *w, const struct tdp_table *t,
				     unsigned i)
{
	return (t->raw + i * spte_span(t->level)) & ~w->vm->direct_bits;
}

/** Physical address of an entry, and its kernel address (0: not known). */
static inline uint64_t tdp_entry_hpa(const struct tdp_table *t, unsigned i)
{
	return t->hpa + i * 8;
}

static inline uint64_t tdp_entry_va(const struct tdp_table *t, unsigned i)
{
	return t->has_sp ? t->sp.spt + i * 8 : 0;
}

/** The tables of a form as a paging form, for whoever translates with `levels` levels. */
void tdp_paging_form(struct paging_form *ret, const struct spte_form *f, unsigned levels);

#endif
