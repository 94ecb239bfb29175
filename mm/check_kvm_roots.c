/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Roots: those on the list, those that vCPUs use, and who counts as a user. */
#include "mm/check_kvm.h"

static uint64_t sp_at(const struct kvm_look *l, const struct kvm_sp *sp, unsigned member)
{
	return sp->addr + l->k->layout.sp.m[member].offset;
}

static uint64_t mmu_at(const struct kvm_look *l, const struct kvm_mmu *m, unsigned member)
{
	return m->addr + l->k->layout.mmu.m[member].offset;
}

/* A role without what may differ between a vCPU's and its roots'. */
static uint32_t same_role(const struct kvm_look *l, uint32_t role)
{
	return role & ~(kvm_role_mask(&l->k->layout, ROLE_INVALID) |
			kvm_role_mask(&l->k->layout, ROLE_MIRROR));
}

static const struct kvm_root *root_of(const struct kvm_vm *vm, uint64_t hpa)
{
	for (size_t i = 0; i < vm->nroots; i++)
		if (!vm->root[i].err.code && vm->root[i].sp.hpa == hpa)
			return &vm->root[i];
	return NULL;
}

/* ---- the list ---- */

static bool check_listed(struct kvm_look *l, const struct kvm_sp *sp)
{
	struct kvm_bad bad = { .id = "tdp.root.list", .severity = CAIRN_ERROR, .object = sp->addr };
	unsigned level = kvm_sp_role(l->k, sp, ROLE_LEVEL);

	if (sp->tdp != 1) {
		bad.addr = sp_at(l, sp, SP_TDP);
		bad.len = 1;
		bad.field = "kvm_mmu_page.tdp_mmu_page";
		bad.expected = "1", bad.found = kvm_text(l, "%u", sp->tdp);
		return kvm_say(l, &bad, "a root on the TDP MMU's list is not the TDP MMU's");
	}
	if (sp->ptep) {
		bad.addr = sp_at(l, sp, SP_PTEP);
		bad.field = "kvm_mmu_page.ptep";
		bad.expected = "0x0", bad.found = kvm_hex(l, sp->ptep);
		return kvm_say(l, &bad, "a root says that an entry leads to it");
	}
	if (sp->gfn) {
		bad.addr = sp_at(l, sp, SP_GFN);
		bad.field = "kvm_mmu_page.gfn";
		bad.expected = "0x0", bad.found = kvm_hex(l, sp->gfn);
		return kvm_say(l, &bad, "a root does not begin at guest frame 0");
	}
	if (sp->refs <= 0) {
		bad.addr = sp_at(l, sp, SP_REFS);
		bad.len = 4;
		bad.field = "kvm_mmu_page.tdp_mmu_root_count";
		bad.expected = "at least 1", bad.found = kvm_text(l, "%d", sp->refs);
		bad.transient = true;
		return kvm_say(l, &bad, "a root is on the list and nobody holds it");
	}
	bad.addr = sp_at(l, sp, SP_ROLE);
	bad.len = 4;
	bad.field = "kvm_mmu_page.role";
	bad.found = kvm_hex(l, sp->role);
	if ((level != 4 && level != 5) || !kvm_sp_role(l->k, sp, ROLE_DIRECT)) {
		bad.expected = "level 4 or 5, direct";
		return kvm_say(l, &bad, "a root's role is that of no TDP root");
	}
	return true;
}

/* The page that a vCPU uses as this root's table: the one whose private names it. */
static uint64_t hpa_of_users(const struct kvm_look *l, const struct kvm_sp *sp)
{
	for (size_t i = 0; i < l->vm->nvcpus; i++) {
		const struct kvm_mmu *m = &l->vm->vcpu[i].root_mmu;

		if (m->hpa != KVM_NO_ROOT && kvm_sp_of(l->k, m->hpa) == sp->addr)
			return m->hpa;
		if (m->mirror != KVM_NO_ROOT && kvm_sp_of(l->k, m->mirror) == sp->addr)
			return m->mirror;
	}
	return KVM_NO_ROOT;
}

/* A root's table and the root name each other. Where spt is the odd one, the table is from here
 * on the one that vCPUs use. */
static bool check_private(struct kvm_look *l, struct kvm_sp *sp)
{
	uint64_t named = sp->hpa == KVM_NO_ROOT ? 0 : kvm_sp_of(l->k, sp->hpa), page = 0;
	struct kvm_bad bad = { .id = "tdp.page-private",
			       .severity = CAIRN_ERROR,
			       .object = sp->addr };
	uint64_t used, at;

	if (named == sp->addr && !(sp->hpa & 0xfff))
		return true;
	used = hpa_of_users(l, sp);
	l->tables_off |= used == KVM_NO_ROOT;
	if (used != KVM_NO_ROOT || sp->hpa == KVM_NO_ROOT ||
	    page_of_pfn(&l->k->pages, sp->hpa >> 12, &page, NULL)) {
		bad.addr = sp_at(l, sp, SP_SPT);
		bad.field = "kvm_mmu_page.spt";
		bad.expected = used == KVM_NO_ROOT ? "a page of the direct map"
						   : kvm_text(l, "the page at physical 0x%llx",
							      (unsigned long long)used);
		bad.found = kvm_hex(l, sp->spt);
		sp->hpa = used;
		if (used != KVM_NO_ROOT && !space_translate(&l->c->kernel, sp->addr, &at, NULL))
			sp->spt = sp->addr - at + used; /* both are in the direct map */
		return kvm_say(l, &bad, "a root names another table than its own");
	}
	bad.addr = page + l->k->pages.private;
	bad.field = "page.private";
	bad.expected = kvm_hex(l, sp->addr), bad.found = kvm_hex(l, named);
	return kvm_say(l, &bad, "the page of a root's table does not name the root");
}

static void say_duplicate(struct kvm_look *l, const struct kvm_sp *a, const struct kvm_sp *b)
{
	struct kvm_bad bad = {
		.id = "tdp.root.duplicate",
		.severity = CAIRN_ERROR,
		.len = 4,
		.object = a->addr,
		.addr = sp_at(l, a, SP_ROLE),
		.field = "kvm_mmu_page.role",
		.expected = "a role that no other valid root has",
		.found = kvm_hex(l, a->role),
		.transient = true,
	};

	kvm_say(l, &bad, "two valid roots, 0x%llx and 0x%llx, have one role",
		(unsigned long long)a->addr, (unsigned long long)b->addr);
}

static void check_duplicates(struct kvm_look *l)
{
	const struct kvm_root *root = l->vm->root;
	uint32_t invalid = kvm_role_mask(&l->k->layout, ROLE_INVALID);

	for (size_t i = 0; i < l->vm->nroots; i++)
		for (size_t j = 0; j < i && !root[i].err.code; j++)
			if (!root[j].err.code && root[i].sp.role == root[j].sp.role &&
			    !(root[i].sp.role & invalid))
				say_duplicate(l, &root[i].sp, &root[j].sp);
}

/* ---- vCPUs ---- */

/* A root of the shadow MMU, of which the TDP MMU knows nothing. */
static bool is_shadow_root(const struct kvm_look *l, const struct kvm_mmu *m, uint64_t hpa)
{
	uint64_t addr = kvm_sp_of(l->k, hpa), paddr;
	struct kvm_sp sp;

	for (unsigned i = 0; i < 3; i++)
		if (m->special[i] && !space_translate(&l->c->kernel, m->special[i], &paddr, NULL) &&
		    paddr == hpa)
			return true;
	return addr && !kvm_sp_read(&sp, l->k, addr, NULL) && sp.hpa == hpa && !sp.tdp;
}

/* KVM's dummy root for a guest whose page-table pointer leads nowhere. */
static bool is_zero_page(const struct kvm_look *l, uint64_t hpa)
{
	uint64_t va, paddr;

	return !sym_addr(&l->c->syms, "empty_zero_page", &va, NULL) &&
	       !space_translate(&l->c->kernel, va, &paddr, NULL) && paddr == hpa;
}

static bool check_used(struct kvm_look *l, const struct kvm_vcpu *v, const struct kvm_mmu *m,
		       unsigned member, uint64_t hpa, bool mirror)
{
	const struct kvm_root *r = hpa == KVM_NO_ROOT ? NULL : root_of(l->vm, hpa);
	struct kvm_bad bad = {
		.id = mirror ? "tdp.vcpu.mirror" : "tdp.vcpu.root", .severity = CAIRN_ERROR,
		.object = v->addr, .addr = mmu_at(l, m, member),
		.field = mirror ? "kvm_mmu.mirror_root_hpa" : "kvm_mmu.root.hpa",
		.found = kvm_hex(l, hpa), .transient = true,
	};

	if (hpa == KVM_NO_ROOT || !l->vm->nroots)
		return true;
	if (!r && !l->vm->roots_err.code &&
	    !(!mirror && (is_shadow_root(l, m, hpa) || is_zero_page(l, hpa)))) {
		l->roots_off = true;
		bad.expected = "the table of a root on tdp_mmu_roots";
		return kvm_say(l, &bad, "vCPU %d uses a root that is not on the list", v->id);
	}
	if (!r || kvm_sp_role(l->k, &r->sp, ROLE_MIRROR) == mirror)
		return true;
	l->roots_off = true;
	bad.id = "tdp.vcpu.mirror";
	bad.expected = mirror ? "a mirror root" : "a direct root";
	if (check_kvm_tree(l, r).mirror ==
	    mirror) { /* its tables say that the root is the odd one */
		bad.object = r->sp.addr;
		bad.addr = sp_at(l, &r->sp, SP_ROLE);
		bad.len = 4;
		bad.field = "kvm_mmu_page.role";
		bad.found = kvm_hex(l, r->sp.role);
	}
	return kvm_say(l, &bad, "vCPU %d has a %s root in the place of its %s root", v->id,
		       mirror ? "direct" : "mirror", mirror ? "mirror" : "direct");
}

/* The role of a root's table by what most say of it. */
static uint32_t role_of(struct kvm_look *l, const struct kvm_root *r)
{
	struct kvm_tree tree = check_kvm_tree(l, r);

	return same_role(l, tree.role) | tdp_root_level(l->k, l->vm, &r->sp);
}

static void check_role(struct kvm_look *l, const struct kvm_vcpu *v)
{
	const struct kvm_mmu *m = &v->root_mmu;
	const struct kvm_root *r = root_of(l->vm, m->hpa);
	struct kvm_bad bad = {
		.id = "tdp.vcpu.root", .severity = CAIRN_ERROR, .object = v->addr, .len = 4,
		.addr = mmu_at(l, m, MMU_ROLE), .field = "kvm_mmu.root_role",
		.found = kvm_hex(l, m->role), .transient = true,
	};

	if (!r || !shape_has(&l->k->layout.mmu, MMU_ROLE) ||
	    (same_role(l, m->role) == role_of(l, r) &&
	     !kvm_role(&l->k->layout, m->role, ROLE_INVALID)))
		return;
	bad.expected = kvm_hex(l, role_of(l, r));
	kvm_say(l, &bad, "vCPU %d runs on a root whose role is not its own", v->id);
}

static bool check_root_role(struct kvm_look *l, const struct kvm_root *r)
{
	struct kvm_bad bad = {
		.id = "tdp.vcpu.root", .severity = CAIRN_ERROR, .object = r->sp.addr, .len = 4,
		.addr = sp_at(l, &r->sp, SP_ROLE), .field = "kvm_mmu_page.role",
		.found = kvm_hex(l, r->sp.role),
	};

	if (same_role(l, r->sp.role) == role_of(l, r))
		return true;
	bad.expected = kvm_hex(l, role_of(l, r));
	return kvm_say(l, &bad, "a root's role is not that of its vCPUs and of its tables");
}

static bool check_halves(struct kvm_look *l, const struct kvm_vcpu *v)
{
	const struct kvm_mmu *m = &v->root_mmu;
	bool tdx = l->tdx;
	struct kvm_bad bad = {
		.id = "tdp.vcpu.mirror", .severity = CAIRN_ERROR, .object = v->addr,
		.addr = mmu_at(l, m, MMU_MIRROR), .field = "kvm_mmu.mirror_root_hpa",
		.found = kvm_hex(l, m->mirror), .transient = true,
	};

	if (!shape_has(&l->k->layout.mmu, MMU_MIRROR))
		return true;
	if (!tdx && m->mirror != KVM_NO_ROOT) {
		bad.expected = "none: this is no TDX guest";
		return kvm_say(l, &bad, "vCPU %d of a VM that is not a TDX guest has a mirror root",
			       v->id);
	}
	if (tdx && m->mirror == KVM_NO_ROOT && m->hpa != KVM_NO_ROOT) {
		bad.expected = "a mirror root";
		return kvm_say(l, &bad,
			       "vCPU %d of a TDX guest has a direct root and no mirror root",
			       v->id);
	}
	return true;
}

static void check_vcpu(struct kvm_look *l, const struct kvm_vcpu *v)
{
	const struct kvm_mmu *both[] = { &v->root_mmu, &v->guest_mmu };
	bool halves = check_halves(l, v);

	l->roots_off |= !halves;
	for (size_t i = 0; i < 2; i++) {
		check_used(l, v, both[i], MMU_HPA, both[i]->hpa, false);
		if (halves)
			check_used(l, v, both[i], MMU_MIRROR, both[i]->mirror, true);
		for (unsigned j = 0; j < KVM_PREV_ROOTS; j++)
			check_used(l, v, both[i], MMU_PREV + j, both[i]->prev[j], false);
	}
	check_role(l, v);
}

static bool has_mirror(const struct kvm_look *l)
{
	for (size_t i = 0; i < l->vm->nroots; i++)
		if (!l->vm->root[i].err.code && kvm_sp_role(l->k, &l->vm->root[i].sp, ROLE_MIRROR))
			return true;
	return false;
}

/* Three things say whether this is a TDX guest; two of them that agree are right. */
static void check_type(struct kvm_look *l)
{
	const struct shape *s = &l->k->layout.vm;
	bool type = l->vm->type == KVM_TDX_VM, mirror = has_mirror(l);
	struct kvm_bad bad = {
		.id = "tdp.mirror.vm-type",
		.severity = CAIRN_ERROR,
		.object = l->vm->addr,
		.len = 1,
		.addr = l->vm->addr + s->m[VM_TYPE].offset,
		.field = "kvm_arch.vm_type",
	};

	l->tdx = type + mirror + (l->vm->direct_bits != 0) >= 2;
	if (!shape_has(s, VM_TYPE) || (type == l->tdx && kvm_type_name(l->vm->type)) ||
	    (type && !l->vm->nroots))
		return;
	bad.expected = l->tdx ? "tdx" : "a type that there is, and not tdx";
	bad.found = kvm_text(l, "%llu", (unsigned long long)l->vm->type);
	kvm_say(l, &bad,
		l->tdx ? "it has mirror roots and a direct bit, and is no TDX guest"
		       : "its type does not go with what it has: no mirror roots, no direct bit");
}

/* The highest bit of the guest frames that the direct root of a TDX guest maps, by the indices
 * in it; 0 if it maps nothing, or not where one bit tells. */
static uint64_t bits_of_root(const struct kvm_look *l, const struct kvm_sp *sp)
{
	struct spte_form f = tdp_form(l->k, l->vm);
	uint64_t span = spte_span(tdp_root_level(l->k, l->vm, sp)), ret = 0;
	unsigned char page[4096];

	if (sp->hpa == KVM_NO_ROOT || image_read(l->c->img, sp->hpa, page, sizeof(page), NULL))
		return 0;
	for (unsigned i = 0; i < SPTE_ENTRIES; i++) {
		uint64_t bit = i;

		if (le64(page + i * 8) == f.empty)
			continue;
		while (bit & (bit - 1))
			bit &= bit - 1;
		if (ret && ret != bit * span)
			return 0;
		ret = bit * span;
	}
	return ret;
}

static uint64_t bits_of_tables(const struct kvm_look *l)
{
	uint64_t ret = 0;

	for (size_t i = 0; i < l->vm->nroots && !ret; i++)
		if (!l->vm->root[i].err.code && !kvm_sp_role(l->k, &l->vm->root[i].sp, ROLE_MIRROR))
			ret = bits_of_root(l, &l->vm->root[i].sp);
	return ret;
}

/* From here on the bit is the one that the tables speak for. */
static void check_direct_bits(struct kvm_look *l)
{
	const struct shape *s = &l->k->layout.vm;
	uint64_t bits = l->vm->direct_bits, told = l->tdx ? bits_of_tables(l) : 0;
	bool one = bits && !(bits & (bits - 1));
	struct kvm_bad bad = {
		.id = "tdp.direct-bit.wrong-half",
		.severity = CAIRN_ERROR,
		.object = l->vm->addr,
		.addr = l->vm->addr + s->m[VM_DIRECT].offset,
		.field = "kvm_arch.gfn_direct_bits",
		.expected = !l->tdx || told ? kvm_hex(l, told) : "one bit",
		.found = kvm_hex(l, bits),
	};

	if (!shape_has(s, VM_DIRECT) || (l->tdx ? one && (!told || told == bits) : !bits))
		return;
	l->own.direct_bits = told;
	kvm_say(l, &bad,
		"the bit that tells shared memory from private is not the one of its tables");
}

static void check_list(struct kvm_look *l)
{
	const struct cairn_err *e = &l->vm->roots_err;
	struct kvm_bad bad = {
		.id = "tdp.root.list", .severity = CAIRN_ERROR, .object = l->vm->addr,
		.addr = l->vm->roots_at, .field = "kvm_mmu_page.link", .transient = true,
		.expected = "a list that leads around", .found = e->text,
	};

	if (!e->code)
		return;
	l->roots_off = l->tables_off = true;
	if (e->code == CAIRN_CORRUPT || e->code == CAIRN_LIMIT ||
	    e->fault == CAIRN_FAULT_NONCANONICAL || e->fault == CAIRN_FAULT_UNMAPPED)
		kvm_say(l, &bad, "the list of roots is damaged");
	else
		cairn_unseen(l->run, "roots", e);
}

void check_kvm_roots(struct kvm_look *l)
{
	const struct kvm_vm *vm = l->vm;

	check_list(l);
	check_type(l);
	check_direct_bits(l);
	for (size_t i = 0; i < vm->nroots; i++) {
		if (vm->root[i].err.code) {
			cairn_unseen(l->run, "a root", &vm->root[i].err);
			l->incomplete = true;
			continue;
		}
		check_private(l, &l->own.root[i].sp);
		if (check_root_role(l, &vm->root[i]))
			check_listed(l, &vm->root[i].sp);
	}
	check_duplicates(l);
	for (size_t i = 0; i < vm->nvcpus; i++) {
		if (vm->vcpu[i].err.code)
			cairn_unseen(l->run, "a vCPU", &vm->vcpu[i].err);
		else
			check_vcpu(l, &vm->vcpu[i]);
	}
	if (vm->vcpus_err.code)
		cairn_unseen(l->run, "vCPUs", &vm->vcpus_err);
}

/* ---- references ---- */

static unsigned times_used(const struct kvm_mmu *m, uint64_t hpa)
{
	unsigned n = (m->hpa == hpa) + (m->mirror == hpa);

	for (unsigned i = 0; i < KVM_PREV_ROOTS; i++)
		n += m->prev[i] == hpa;
	return n;
}

static bool is_empty(struct kvm_look *l, const struct kvm_sp *sp)
{
	struct spte_form f = tdp_form(l->k, l->vm);
	unsigned char page[4096];

	if (image_read(l->c->img, sp->hpa, page, sizeof(page), NULL))
		return true;
	for (unsigned i = 0; i < SPTE_ENTRIES; i++)
		if (le64(page + i * 8) != f.empty && le64(page + i * 8) != f.frozen)
			return false;
	return true;
}

/* It still maps memory that was taken away, and nobody will zap it. */
static bool check_invalid(struct kvm_look *l, const struct kvm_sp *sp, unsigned users)
{
	struct kvm_bad bad = {
		.id = "tdp.root.invalid-in-use",
		.severity = CAIRN_ERROR,
		.object = sp->addr,
		.len = 4,
		.addr = sp_at(l, sp, SP_ROLE),
		.field = "kvm_mmu_page.role",
		.expected = "valid, or empty, or scheduled to be zapped",
		.found = kvm_hex(l, sp->role),
	};

	if (!kvm_sp_role(l->k, sp, ROLE_INVALID) || sp->scheduled || !users ||
	    !shape_has(&l->k->layout.sp, SP_SCHEDULED) || is_empty(l, sp))
		return true;
	return kvm_say(l, &bad,
		       "an invalid root is in use, still maps memory, and nobody will zap it");
}

static void check_one_count(struct kvm_look *l, const struct kvm_sp *sp)
{
	bool invalid = kvm_sp_role(l->k, sp, ROLE_INVALID);
	unsigned users = 0, want;
	struct kvm_bad bad = {
		.id = "tdp.refcount", .severity = CAIRN_ERROR, .object = sp->addr, .len = 4,
		.addr = sp_at(l, sp, SP_REFS), .field = "kvm_mmu_page.tdp_mmu_root_count",
		.found = kvm_text(l, "%d", sp->refs),
	};

	for (size_t i = 0; i < l->vm->nvcpus; i++)
		users += times_used(&l->vm->vcpu[i].root_mmu, sp->hpa) +
			 times_used(&l->vm->vcpu[i].guest_mmu, sp->hpa);
	want = users + (l->k->layout.initial_ref && (!invalid || sp->scheduled));
	bad.expected = kvm_text(l, "%u", want);
	if (!check_invalid(l, sp, users) || sp->refs <= 0 || (unsigned)sp->refs == want)
		return;
	/* a walker that gave the lock back for a moment keeps its reference */
	bad.grade = (unsigned)sp->refs > want ? CAIRN_SUSPICIOUS : CAIRN_CERTAIN;
	kvm_say(l, &bad, "a root has %d references, and %u users are known", sp->refs, want);
}

void check_kvm_refs(struct kvm_look *l)
{
	const struct kvm_vm *vm = l->vm;
	bool counted = l->k->layout.initial_ref || !l->k->layout.has_ptep;

	if (l->busy || l->roots_off || l->incomplete || vm->vcpus_err.code || !counted)
		return;
	for (size_t i = 0; i < vm->nvcpus; i++)
		if (vm->vcpu[i].err.code)
			return;
	for (size_t i = 0; i < vm->nroots; i++)
		if (vm->root[i].sp.hpa != KVM_NO_ROOT)
			check_one_count(l, &vm->root[i].sp);
}
