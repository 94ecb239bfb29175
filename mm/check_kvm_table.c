/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables below a root: what each says of itself against where it was found. */
#include "lib/kern/list.h"
#include "mm/check_kvm.h"

#define TABLES_LIMIT ((size_t)1 << 24)

/* ---- what the tables of a root have in common ---- */

static uint32_t common(const struct kvm_look *l, uint32_t role)
{
	return role & ~(kvm_role_mask(&l->k->layout, ROLE_LEVEL) |
			kvm_role_mask(&l->k->layout, ROLE_INVALID) |
			kvm_role_mask(&l->k->layout, ROLE_MIRROR));
}

/* The role of a vCPU that uses the root, and whether as its mirror; false if none does. */
static bool first_user(const struct kvm_look *l, uint64_t hpa, uint32_t *role, bool *mirror)
{
	for (size_t i = 0; i < l->vm->nvcpus; i++) {
		const struct kvm_mmu *m = &l->vm->vcpu[i].root_mmu;

		if (l->vm->vcpu[i].err.code || (m->hpa != hpa && m->mirror != hpa))
			continue;
		*role = m->role;
		*mirror = m->mirror == hpa;
		return true;
	}
	return false;
}

struct kvm_tree check_kvm_tree(struct kvm_look *l, const struct kvm_root *root)
{
	uint32_t own = common(l, root->sp.role), child = own, user = own;
	uint32_t bit = kvm_role_mask(&l->k->layout, ROLE_MIRROR);
	bool as_mirror = root->sp.role & bit;
	struct kvm_tree t = { .root = root, .role = own };
	unsigned mirrors = as_mirror;
	struct kvm_sp below;

	if (tdp_first_child(l->k, l->vm, &root->sp, &below)) {
		child = below.role;
		t.by_entry = !l->k->layout.has_ptep && kvm_sp_role(l->k, &below, ROLE_LEVEL) ==
						       tdp_root_level(l->k, l->vm, &root->sp);
	} else {
		child |= as_mirror ? bit : 0;
	}
	mirrors += !!(child & bit);
	first_user(l, root->sp.hpa, &user, &as_mirror);
	mirrors += as_mirror;
	if (common(l, child) != own && common(l, child) == common(l, user))
		t.role = common(l, child);
	t.mirror = mirrors >= 2;
	t.role |= t.mirror ? bit : 0;
	t.invalid = kvm_sp_role(l->k, &root->sp, ROLE_INVALID);
	t.set = &l->vm->set[kvm_role(&l->k->layout, t.role, ROLE_SMM) ? 1 : 0];
	return t;
}

/* ---- one table ---- */

struct at {
	struct kvm_look *l;
	const struct tdp_walk *w;
	const struct tdp_table *t;
	const struct kvm_tree *tree;
	uint64_t gfn, entry; /* of the entry that leads here */
};

static uint64_t member_at(const struct at *a, unsigned member)
{
	return a->t->sp.addr + a->l->k->layout.sp.m[member].offset;
}

static bool say(const struct at *a, struct kvm_bad *bad, unsigned member, const char *field,
		const char *what)
{
	bad->severity = CAIRN_ERROR;
	bad->object = a->t->sp.addr;
	bad->addr = member_at(a, member);
	bad->field = field;
	a->l->tables_off = true;
	return kvm_say(a->l, bad, "%s (level %u table of guest frame 0x%llx, %s root)", what,
		       a->t->level, (unsigned long long)a->gfn,
		       a->tree->mirror ? "mirror" : "direct");
}

static bool say_entry(const struct at *a, struct kvm_bad *bad, const char *what)
{
	const char *was = check_kvm_lost(a->l, a->w, a->tree, a->t->parent, a->t->index);

	bad->expected = was ? was : bad->expected;
	bad->severity = CAIRN_ERROR;
	bad->object = a->t->parent->sp.addr;
	bad->addr = a->entry;
	bad->field = "spte";
	a->l->tables_off = true;
	return kvm_say(a->l, bad, "%s (level %u table of guest frame 0x%llx, %s root)", what,
		       a->t->level, (unsigned long long)a->gfn,
		       a->tree->mirror ? "mirror" : "direct");
}

/* The page has what a table has: then it is not the entry that is wrong. */
static bool looks_like_table(const struct at *a)
{
	const struct spte_form *f = &a->w->form;
	unsigned char page[4096];
	unsigned used = 0;

	if (image_read(a->l->c->img, a->t->hpa, page, sizeof(page), NULL))
		return false;
	for (unsigned i = 0; i < SPTE_ENTRIES; i++) {
		enum spte_kind kind = spte_kind(f, le64(page + i * 8), a->t->level);

		if (kind == SPTE_OTHER)
			return false;
		used += kind != SPTE_EMPTY;
	}
	return used;
}

/* A kvm_mmu_page that says of itself that it is the one of this table. */
static bool knows_place(const struct at *a, const struct kvm_sp *sp)
{
	if (a->l->k->layout.has_ptep)
		return sp->ptep == a->entry;
	return sp->tdp == 1 && sp->gfn == a->gfn &&
	       kvm_sp_role(a->l->k, sp, ROLE_LEVEL) == a->t->level + a->tree->by_entry;
}

/* The page is a table's, and which of entry, page and kvm_mmu_page is the odd one. */
static bool check_page(const struct at *a)
{
	struct kvm_look *l = a->l;
	struct kvm_bad bad = { .id = "tdp.page-private", .transient = true };
	struct kvm_sp *sp = &(struct kvm_sp){ 0 };
	uint64_t page = 0, private = a->t->sp.addr;

	if (a->t->has_sp)
		return true;
	if (page_of_pfn(&l->k->pages, a->t->hpa >> 12, &page, NULL)) {
		bad.expected = "the address of a table";
		bad.found = kvm_hex(l, a->t->hpa);
		return say_entry(a, &bad, "an entry leads to where no memory is");
	}
	if (private && !kvm_sp_read(sp, l->k, private, NULL) && knows_place(a, sp)) {
		bad.expected = kvm_hex(l, a->t->hpa);
		bad.found = kvm_hex(l, sp->spt);
		return say(a, &bad, SP_SPT, "kvm_mmu_page.spt",
			   "the kvm_mmu_page of a table names another page");
	}
	if (looks_like_table(a)) {
		bad.severity = CAIRN_ERROR;
		bad.object = page;
		bad.addr = page + l->k->pages.private;
		bad.field = "page.private";
		bad.expected = "the kvm_mmu_page of this table";
		bad.found = kvm_hex(l, private);
		l->tables_off = true;
		return kvm_say(
			l, &bad,
			"the page of a table does not name it (level %u table of guest frame 0x%llx)",
			a->t->level, (unsigned long long)a->gfn);
	}
	bad.expected = "a page whose private is the kvm_mmu_page of this table";
	bad.found = kvm_text(l, "page 0x%llx, private 0x%llx", (unsigned long long)page,
			     (unsigned long long)private);
	bad.why = "the entry";
	return say_entry(a, &bad, "an entry leads to a page that is no table");
}

static bool check_again(const struct at *a)
{
	struct kvm_bad bad = {
		.id = a->t->cycle ? "tdp.cycle" : "tdp.child.shared", .transient = true,
		.expected = "a table that nothing else leads to", .found = kvm_hex(a->l, a->t->hpa),
	};

	if (!a->t->again)
		return true;
	return say_entry(a, &bad,
			 a->t->cycle ? "an entry leads to a table above itself"
				     : "an entry leads to a table that was reached before");
}

static bool check_owner(const struct at *a)
{
	struct kvm_bad bad = { .id = "tdp.page-private", .len = 1, .expected = "1",
			       .found = kvm_text(a->l, "%u", a->t->sp.tdp) };

	if (a->t->sp.tdp == 1)
		return true;
	return say(a, &bad, SP_TDP, "kvm_mmu_page.tdp_mmu_page", "a table is not the TDP MMU's");
}

static bool check_level(const struct at *a)
{
	unsigned level = kvm_sp_role(a->l->k, &a->t->sp, ROLE_LEVEL);
	unsigned want = a->t->level + a->tree->by_entry;
	struct kvm_bad bad = {
		.id = "tdp.child.level", .len = 4, .expected = kvm_text(a->l, "level %u", want),
		.found = kvm_text(a->l, "level %u", level),
	};

	return level == want || say(a, &bad, SP_ROLE, "kvm_mmu_page.role",
				    "a table is not of the level below its parent");
}

static bool check_role(const struct at *a)
{
	struct kvm_look *l = a->l;
	uint32_t bit = kvm_role_mask(&l->k->layout, ROLE_MIRROR), want = a->tree->role & ~bit;
	struct kvm_bad bad = { .id = "tdp.child.role",
			       .len = 4,
			       .found = kvm_hex(l, a->t->sp.role) };
	bool ok = true;

	bad.expected = kvm_hex(l, a->tree->role | a->t->level);
	if (common(l, a->t->sp.role) != want || kvm_sp_role(l->k, &a->t->sp, ROLE_INVALID))
		ok = say(a, &bad, SP_ROLE, "kvm_mmu_page.role",
			 "a table's role is not that of its root");
	bad.id = "tdp.mirror.child-role";
	bad.expected = a->tree->mirror ? "is_mirror" : "not is_mirror";
	if (!!(a->t->sp.role & bit) != a->tree->mirror)
		ok = say(a, &bad, SP_ROLE, "kvm_mmu_page.role",
			 a->tree->mirror ? "a table below a mirror root is not a mirror's"
					 : "a table below a direct root is a mirror's");
	return ok;
}

static bool check_place(const struct at *a)
{
	struct kvm_look *l = a->l;
	struct kvm_bad bad = {
		.id = "tdp.child.gfn", .expected = kvm_hex(l, a->gfn),
		.found = kvm_hex(l, a->t->sp.gfn),
	};
	bool ok = true;

	if (a->t->sp.gfn != a->gfn)
		ok = say(a, &bad, SP_GFN, "kvm_mmu_page.gfn",
			 "a table maps other guest frames than it says");
	bad.id = "tdp.child.ptep";
	bad.expected = kvm_hex(l, a->entry);
	bad.found = kvm_hex(l, a->t->sp.ptep);
	if (l->k->layout.has_ptep && a->entry && a->t->sp.ptep != a->entry)
		ok = say(a, &bad, SP_PTEP, "kvm_mmu_page.ptep",
			 "a table names another entry than the one that leads to it");
	return ok;
}

static bool check_count(const struct at *a)
{
	struct kvm_bad bad = {
		.id = "tdp.refcount", .len = 4, .expected = "0",
		.found = kvm_text(a->l, "%d", a->t->sp.refs),
	};

	return !a->t->sp.refs || say(a, &bad, SP_REFS, "kvm_mmu_page.tdp_mmu_root_count",
				     "a table has a root's references");
}

static bool check_external(const struct at *a)
{
	bool want = a->tree->mirror && a->t->parent;
	struct kvm_bad bad = {
		.id = "tdp.mirror.external-spt", .found = kvm_hex(a->l, a->t->sp.external),
		.expected = want ? "the page that the TDX module has for it" : "0x0",
	};

	uint64_t paddr, page;

	if (!shape_has(&a->l->k->layout.sp, SP_EXTERNAL) || (!want && !a->t->sp.external))
		return true;
	if (want && a->t->sp.external && !(a->t->sp.external & 0xfff) &&
	    !space_translate(&a->l->c->kernel, a->t->sp.external, &paddr, NULL) &&
	    !kvm_pfn_is_free(&a->l->hva, paddr >> 12, &page))
		return true;
	return say(a, &bad, SP_EXTERNAL, "kvm_mmu_page.external_spt",
		   want ? "a mirror's table has no external table, or one that is none"
			: "a table that mirrors nothing has an external table");
}

void check_kvm_table(struct kvm_look *l, const struct tdp_walk *w, const struct kvm_tree *tree)
{
	const struct tdp_table *t = w->table;
	struct at a = { .l = l, .w = w, .t = t, .tree = tree };

	if (t->parent) {
		a.gfn = tdp_entry_gfn(w, t->parent, t->index);
		a.entry = tdp_entry_va(t->parent, t->index);
		l->ntables++;
		if (!check_again(&a) || !check_page(&a) || !check_owner(&a))
			return;
		if (check_level(&a))
			check_role(&a);
		check_place(&a);
		check_count(&a);
	}
	check_external(&a);
}

/* ---- tables that nothing leads to ---- */

/* The entry that should is named, where the table says so; those below a lost table are not. */
static void say_orphan(struct kvm_look *l, const struct kvm_sp *sp)
{
	struct kvm_bad bad = {
		.id = "tdp.orphan", .severity = CAIRN_ERROR, .transient = true, .object = sp->addr,
		.addr = sp->addr + l->k->layout.sp.m[SP_SPT].offset, .field = "kvm_mmu_page.spt",
		.expected = "a table that a root leads to", .found = kvm_hex(l, sp->spt),
	};
	uint64_t above, e = 0;

	if (l->k->layout.has_ptep && !space_translate(&l->c->kernel, sp->ptep, &above, NULL)) {
		if (!map_get(&l->seen, above & ~UINT64_C(0xfff), NULL))
			return;
		space_u64(&l->c->kernel, sp->ptep, &e, NULL);
		bad.addr = sp->ptep;
		bad.field = "spte";
		bad.expected = kvm_text(l, "an entry that leads to physical 0x%llx",
					(unsigned long long)sp->hpa);
		bad.found = kvm_hex(l, e);
	}
	kvm_say(l, &bad, "a table is on the list and no root leads to it");
}

/* Up to 6.1 tables are also on a list. */
void check_kvm_orphans(struct kvm_look *l)
{
	const struct shape *s = &l->k->layout.vm;
	struct kvm_bad bad = {
		.id = "tdp.orphan",
		.severity = CAIRN_ERROR,
		.transient = true,
		.object = l->vm->addr,
		.addr = l->vm->addr + s->m[VM_TABLES].offset,
		.field = "kvm_arch.tdp_mmu_pages",
	};
	struct list_walk w;
	uint64_t n = 0;

	if (!shape_has(s, VM_TABLES) || s->m[VM_TABLES].size != 16 || l->tables_off ||
	    l->incomplete)
		return;
	list_begin(&w, &l->c->kernel, LIST_DOUBLE, l->vm->addr + s->m[VM_TABLES].offset,
		   TABLES_LIMIT);
	w.stop = l->c->stop;
	while (list_next(&w) && cairn_go_on(l->run)) {
		uint64_t addr = w.node - l->k->layout.sp.m[SP_LINK].offset;
		struct kvm_sp sp;

		if (kvm_sp_read(&sp, l->k, addr, NULL))
			continue;
		n++;
		if (!map_get(&l->seen, sp.hpa, NULL))
			say_orphan(l, &sp);
	}
	bad.expected = kvm_text(l, "%llu tables", (unsigned long long)l->ntables);
	bad.found = kvm_text(l, "%llu", (unsigned long long)n);
	if (!list_end(&w, NULL) && n < l->ntables)
		kvm_say(l, &bad, "tables that roots lead to are not on the list");
}
