/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/tdp.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/mem.h"

#define BATCH ((size_t)512) /* tables that are loaded at a time */
#define PAGE 4096u

struct spte_form tdp_form(const struct kvms *k, const struct kvm_vm *vm)
{
	struct spte_form f = k->form;

	if (vm->mmio_value != KVM_NOT_TOLD && f.mmio_mask)
		f.mmio_value = vm->mmio_value;
	return f;
}

static bool uses(const struct kvm_mmu *m, uint64_t hpa)
{
	bool ret = m->hpa == hpa || m->mirror == hpa;

	for (unsigned i = 0; i < KVM_PREV_ROOTS; i++)
		ret |= m->prev[i] == hpa;
	return ret;
}

bool tdp_first_child(const struct kvms *k, const struct kvm_vm *vm, const struct kvm_sp *root,
		     struct kvm_sp *ret)
{
	struct spte_form f = tdp_form(k, vm);
	unsigned char page[PAGE];

	if (root->hpa == KVM_NO_ROOT || image_read(k->c->img, root->hpa, page, sizeof(page), NULL))
		return false;
	for (unsigned i = 0; i < SPTE_ENTRIES; i++) {
		uint64_t e = le64(page + i * 8), hpa = spte_pfn(&f, e) << 12, addr;

		if (e == f.empty || spte_kind(&f, e, 4) != SPTE_TABLE)
			continue;
		addr = kvm_sp_of(k, hpa);
		if (addr && !kvm_sp_read(ret, k, addr, NULL) && ret->hpa == hpa)
			return true;
	}
	return false;
}

unsigned tdp_root_level(const struct kvms *k, const struct kvm_vm *vm, const struct kvm_sp *root)
{
	unsigned votes[16] = { 0 };
	struct kvm_sp child;

	votes[kvm_sp_role(k, root, ROLE_LEVEL) & 15]++;
	for (size_t i = 0; i < vm->nvcpus; i++) {
		if (!uses(&vm->vcpu[i].root_mmu, root->hpa))
			continue;
		votes[vm->vcpu[i].root_mmu.level]++;
		break;
	}
	if (votes[4] < 2 && tdp_first_child(k, vm, root, &child))
		votes[(kvm_sp_role(k, &child, ROLE_LEVEL) + 1) & 15]++;
	return votes[5] > votes[4] ? 5 : 4;
}

/* ---- going down ---- */

static void note(struct tdp_walk *w, enum cairn_code code, const char *what, uint64_t addr)
{
	if (w->err.code)
		return;
	cairn_fail(&w->err, code, "%s 0x%" PRIx64, what, addr);
	w->err.addr = addr;
}

static bool is_above(const struct tdp_table *t, uint64_t hpa)
{
	for (const struct tdp_table *p = t->parent; p; p = p->parent)
		if (p->hpa == hpa)
			return true;
	return false;
}

/* What the page of a table says of itself. */
static void find_sp(struct tdp_walk *w, struct tdp_table *t)
{
	uint64_t addr = kvm_sp_of(w->k, t->hpa);

	if (addr && !kvm_sp_read(&t->sp, w->k, addr, NULL))
		t->has_sp = t->sp.hpa == t->hpa;
	t->sp.addr = addr;
}

static bool push(struct tdp_walk *w, struct tdp_table *t)
{
	struct tdp_table **p = arena_room(w->arena, w->next, w->nnext, &w->capnext, sizeof(*p));

	if (!p) {
		note(w, CAIRN_NOMEM, "no memory for the table at", t->hpa);
		return false;
	}
	w->next = p;
	p[w->nnext++] = t;
	return true;
}

/* The table names another entry, and that leads to it. Before there was that word: it says that
 * it is of another level and of other guest frames. */
static bool is_foreign(const struct tdp_walk *w, const struct tdp_table *t)
{
	uint64_t entry = tdp_entry_va(t->parent, t->index), e = 0;

	if (!t->has_sp)
		return false;
	if (!w->k->layout.has_ptep) {
		unsigned level = kvm_sp_role(w->k, &t->sp, ROLE_LEVEL);

		return level != t->level && level != t->level + 1 &&
		       t->sp.gfn != (t->raw & ~w->vm->direct_bits);
	}
	return entry && t->sp.ptep && t->sp.ptep != entry &&
	       !space_u64(&w->k->c->kernel, t->sp.ptep, &e, NULL) &&
	       spte_kind(&w->form, e, t->level + 1) == SPTE_TABLE &&
	       spte_pfn(&w->form, e) == t->hpa >> 12;
}

static struct tdp_table *new_table(struct tdp_walk *w, const struct tdp_table *parent,
				   unsigned index, uint64_t hpa)
{
	struct tdp_table *t = arena_alloc(w->arena, sizeof(*t));

	if (!t) {
		note(w, CAIRN_NOMEM, "no memory for the table at", hpa);
		return NULL;
	}
	t->parent = parent;
	t->index = index;
	t->hpa = hpa;
	t->level = parent ? parent->level - 1 : 0;
	t->raw = parent ? parent->raw + index * spte_span(parent->level) : 0;
	find_sp(w, t);
	t->again = is_foreign(w, t) || !map_visit(w->seen, hpa);
	t->cycle = t->again && is_above(t, hpa);
	return t;
}

static bool in_range(const struct tdp_walk *w, const struct tdp_table *t, unsigned i)
{
	uint64_t first = tdp_entry_gfn(w, t, i), last = first + spte_span(t->level) - 1;

	return first <= w->range.last && last >= w->range.first;
}

static void push_children(struct tdp_walk *w, const struct tdp_table *t)
{
	for (unsigned i = 0; i < SPTE_ENTRIES; i++) {
		uint64_t e = tdp_entry(t, i);
		struct tdp_table *child;

		if (spte_kind(&w->form, e, t->level) != SPTE_TABLE || !in_range(w, t, i))
			continue;
		child = new_table(w, t, i, spte_pfn(&w->form, e) << 12);
		if (!child || !push(w, child))
			return;
	}
}

/* ---- a level ---- */

static int by_page(const void *a, const void *b)
{
	const struct tdp_table *const *x = a, *const *y = b;

	return (*x)->hpa < (*y)->hpa ? -1 : (*x)->hpa > (*y)->hpa;
}

static bool next_level(struct tdp_walk *w)
{
	struct tdp_table **done = w->level;
	size_t cap = w->cap;

	if (!w->nnext)
		return false;
	w->level = w->next;
	w->n = w->nnext;
	w->cap = w->capnext;
	w->next = done;
	w->nnext = 0;
	w->capnext = cap;
	w->at = w->loaded = w->nloaded = 0;
	qsort(w->level, w->n, sizeof(*w->level), by_page);
	return true;
}

static void load(struct tdp_walk *w)
{
	struct image_load loads[BATCH];
	size_t n = 0, first = w->loaded;

	while (w->loaded < w->n && n < BATCH) {
		struct tdp_table *t = w->level[w->loaded++];

		if (!t->has_sp || t->again)
			continue;
		loads[n] = (struct image_load){ .paddr = t->hpa, .to = w->pages + n * PAGE };
		n++;
	}
	image_load(w->k->c->img, loads, n);
	w->nloaded = w->loaded - first;
	for (size_t i = first, j = 0; i < w->loaded; i++) {
		struct tdp_table *t = w->level[i];

		if (!t->has_sp || t->again)
			continue;
		t->fault = loads[j].fault;
		t->entries = t->fault == CAIRN_FAULT_NONE ? loads[j].to : NULL;
		j++;
	}
}

/* ---- the walk ---- */

enum cairn_code tdp_begin(struct tdp_walk *w, const struct kvms *k, const struct kvm_vm *vm,
			  const struct kvm_sp *root, const struct tdp_range *range,
			  struct map *seen, struct arena *arena, struct cairn_err *err)
{
	struct tdp_table *t;

	*w = (struct tdp_walk){ .k = k, .vm = vm, .form = tdp_form(k, vm), .arena = arena,
				.range = { 0, UINT64_MAX } };
	w->seen = seen ? seen : &w->own;
	if (range)
		w->range = *range;
	t = arena_alloc(arena, sizeof(*t));
	w->pages = t ? mem_zalloc(BATCH, PAGE) : NULL;
	if (!w->pages)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for a walk of page tables");
	t->sp = *root;
	t->hpa = root->hpa;
	t->has_sp = root->hpa != KVM_NO_ROOT;
	t->level = tdp_root_level(k, vm, root);
	t->again = !map_visit(w->seen, t->hpa);
	push(w, t);
	return CAIRN_OK;
}

static bool may_go_on(struct tdp_walk *w)
{
	if (w->k->c->stop && w->k->c->stop())
		note(w, CAIRN_INTERRUPTED, "interrupted at level of",
		     w->level ? w->level[0]->hpa : 0);
	else if (w->seen->count > TDP_LIMIT)
		note(w, CAIRN_LIMIT, "too many page tables, at", w->level ? w->level[0]->hpa : 0);
	else
		return w->err.code != CAIRN_NOMEM;
	return false;
}

bool tdp_next(struct tdp_walk *w)
{
	struct tdp_table *t;

	if (w->table) { /* what it leads to is collected while its page is at hand */
		if (w->table->entries && w->table->level > 1)
			push_children(w, w->table);
		w->level[w->at - 1]->entries = NULL;
		w->table = NULL;
	}
	if (w->at == w->n && (!may_go_on(w) || !next_level(w)))
		return false;
	if (w->at == w->loaded)
		load(w);
	t = w->level[w->at++];
	if (t->fault != CAIRN_FAULT_NONE && !w->err.code) {
		cairn_fail_read(&w->err, t->fault, t->hpa, "physical address");
		cairn_context(&w->err, CAIRN_FAULT, "page table of level %u", t->level);
	}
	w->table = t;
	return true;
}

enum cairn_code tdp_end(struct tdp_walk *w, struct cairn_err *err)
{
	mem_free(w->pages);
	map_deinit(&w->own);
	if (err && w->err.code)
		*err = w->err;
	return w->err.code;
}

/* ---- the same tables for the general walker ---- */

static const struct paging_flag flags[] = {
	{ 1, 1, "R" }, { SPTE_WRITABLE, SPTE_WRITABLE, "W" }, { 0, 0, NULL },
};

static void add_rule(struct paging_level *l, uint64_t mask, uint64_t value, enum paging_kind kind,
		     const struct spte_form *f)
{
	l->rules[l->nrules++] = (struct paging_rule){
		.mask = mask, .value = value, .kind = kind, .page_shift = l->shift,
		.addr_mask = f->address & ~(f->me_mask | f->me_value) &
			     ~((UINT64_C(1) << (kind == PAGING_PAGE ? l->shift : 12)) - 1),
		.flags = flags,
	};
}

void tdp_paging_form(struct paging_form *ret, const struct spte_form *f, unsigned levels)
{
	static const char *const names[] = { "L1", "L2", "L3", "L4", "L5" };
	uint64_t mark = f->present_bit;

	*ret = (struct paging_form){ .name = "guest-physical",
				     .entry_size = 8,
				     .canonical = true,
				     .nlevels = (uint8_t)levels,
				     .va_bits = (uint8_t)(12 + 9 * levels) };
	for (unsigned i = 0; i < levels; i++) {
		struct paging_level *l = &ret->level[i];
		unsigned level = levels - i;

		l->name = names[level - 1];
		l->shift = (uint8_t)(12 + 9 * (level - 1));
		l->bits = 9;
		if (!mark) {
			add_rule(l, UINT64_MAX, 0, PAGING_NONE, f);
			add_rule(l, f->mmio_mask, f->mmio_value, PAGING_NONE, f);
		}
		if (level == 2 || level == 3)
			add_rule(l, mark | SPTE_LARGE, mark | SPTE_LARGE, PAGING_PAGE, f);
		add_rule(l, mark, mark, level == 1 ? PAGING_PAGE : PAGING_TABLE, f);
	}
}
