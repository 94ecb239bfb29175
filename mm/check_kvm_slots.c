/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory slots: what a set says of its slots in several places has to be the same. */
#include <inttypes.h>

#include "lib/kern/list.h"
#include "lib/kern/rbtree.h"
#include "mm/check_kvm.h"

#define KNOWN_FLAGS (KVM_SLOT_LOG_DIRTY | KVM_SLOT_READONLY | KVM_SLOT_GMEM | KVM_SLOT_INVALID | \
		     KVM_SLOT_GMEM_ONLY)
#define UPDATE_IN_PROGRESS (UINT64_C(1) << 63)

/* struct interval_tree_node */
enum { IT_START, IT_LAST, IT_SUBTREE, IT_N };
static const struct shape_want interval_want = {
	"struct interval_tree_node", IT_N,
	{ [IT_START] = "start", [IT_LAST] = "last", [IT_SUBTREE] = "__subtree_last" },
};

/* One slot of one set. */
struct at {
	struct kvm_look *l;
	const struct kvm_set *set;
	const struct kvm_slot *s;
	unsigned as;
};

static bool say(const struct at *a, const char *id, unsigned member, uint64_t len,
		const char *field, const char *expected, const char *found, const char *what)
{
	struct kvm_bad bad = {
		.id = id, .severity = CAIRN_ERROR, .object = a->s->addr, .field = field, .len = len,
		.addr = a->s->addr + a->l->k->layout.slot.m[member].offset,
		.expected = expected, .found = found,
	};

	a->l->slots_off = true;
	return kvm_say(a->l, &bad, "%s (slot %d of guest frames 0x%" PRIx64 " to 0x%" PRIx64 ")",
		       what, a->s->id, a->s->gfn, a->s->gfn + a->s->npages - 1);
}

/* ---- a slot by itself ---- */

static bool check_size(const struct at *a)
{
	const struct kvm_slot *s = a->s;

	/* KVM_MEM_MAX_NR_PAGES */
	if (s->gfn >> 52)
		return say(a, "kvm.slot.range", SLOT_GFN, 8, "kvm_memory_slot.base_gfn",
			   "a guest frame below 2^52", kvm_hex(a->l, s->gfn),
			   "a memory slot begins beyond all memory");
	if (s->npages && s->npages < (UINT64_C(1) << 31))
		return true;
	return say(a, "kvm.slot.range", SLOT_NPAGES, 8, "kvm_memory_slot.npages", "1 to 2^31 pages",
		   kvm_hex(a->l, s->npages), "a memory slot has an impossible size");
}

/* How many slots say that they log writes. */
static uint64_t count_logging(const struct kvm_vm *vm)
{
	uint64_t n = 0;

	for (unsigned as = 0; as < KVM_SPACES; as++)
		for (size_t i = 0; i < vm->set[as].n; i++)
			n += vm->set[as].slot[i].flags & KVM_SLOT_LOG_DIRTY;
	return n;
}

static bool check_bitmap(const struct at *a)
{
	const struct kvm_slot *s = a->s;
	bool logs = s->flags & KVM_SLOT_LOG_DIRTY;
	struct cairn_err why;
	uint8_t byte;

	if (s->bitmap && space_u8(&a->l->c->kernel, s->bitmap, &byte, &why) &&
	    (why.fault == CAIRN_FAULT_UNMAPPED || why.fault == CAIRN_FAULT_NONCANONICAL))
		return say(a, "kvm.slot.flags", SLOT_BITMAP, 8, "kvm_memory_slot.dirty_bitmap",
			   "memory of the kernel", kvm_hex(a->l, s->bitmap),
			   "a memory slot's bitmap is nowhere");
	if (a->l->vm->dirty_ring || logs == (s->bitmap != 0))
		return true;
	if (!shape_has(&a->l->k->layout.vm, VM_LOGGING) ||
	    count_logging(a->l->vm) != a->l->vm->logging)
		return say(a, "kvm.slot.flags", SLOT_FLAGS, 4, "kvm_memory_slot.flags",
			   logs ? "no KVM_MEM_LOG_DIRTY_PAGES" : "KVM_MEM_LOG_DIRTY_PAGES",
			   kvm_hex(a->l, s->flags),
			   "a memory slot's flags and its bitmap disagree");
	return say(a, "kvm.slot.flags", SLOT_BITMAP, 8, "kvm_memory_slot.dirty_bitmap",
		   logs ? "a bitmap: writes are logged" : "0x0: writes are not logged",
		   kvm_hex(a->l, s->bitmap), "a memory slot's flags and its bitmap disagree");
}

static bool check_flags(const struct at *a)
{
	const struct kvm_slot *s = a->s;
	const char *found = kvm_hex(a->l, s->flags);

	if (s->flags & ~KNOWN_FLAGS)
		return say(a, "kvm.slot.flags", SLOT_FLAGS, 4, "kvm_memory_slot.flags",
			   kvm_text(a->l, "none of 0x%x", s->flags & ~KNOWN_FLAGS), found,
			   "a memory slot has flags that there are not");
	if (!(s->flags & KVM_SLOT_GMEM) && s->gmem)
		return say(a, "kvm.slot.flags", SLOT_FLAGS, 4, "kvm_memory_slot.flags",
			   "KVM_MEM_GUEST_MEMFD, as it has a file", found,
			   "a memory slot has a guest_memfd and does not say so");
	if (s->flags & KVM_SLOT_GMEM_ONLY && !(s->flags & KVM_SLOT_GMEM))
		return say(a, "kvm.slot.flags", SLOT_FLAGS, 4, "kvm_memory_slot.flags",
			   "no KVM_MEMSLOT_GMEM_ONLY without KVM_MEM_GUEST_MEMFD", found,
			   "a memory slot has guest_memfd alone, and none");
	return check_bitmap(a);
}

static bool check_space(const struct at *a)
{
	if (a->s->as < 0 || a->s->as == (int32_t)a->as)
		return true;
	return say(a, "kvm.slot.as-id", SLOT_AS, 2, "kvm_memory_slot.as_id",
		   kvm_text(a->l, "%u", a->as), kvm_text(a->l, "%d", a->s->as),
		   "a memory slot is in the set of another address space");
}

/* User address and size against the node of hva_tree, where there is one. */
static bool check_interval(const struct at *a, const struct object *o)
{
	const struct kvm_slot *s = a->s;
	uint64_t start = object_get(o, IT_START), last = object_get(o, IT_LAST);
	const char *node =
		kvm_text(a->l, "0x%" PRIx64 " to 0x%" PRIx64 " in hva_tree", start, last);

	if (start != s->hva)
		return say(a, "kvm.slot.hva", SLOT_HVA, 8, "kvm_memory_slot.userspace_addr", node,
			   kvm_hex(a->l, s->hva), "a memory slot and its node in hva_tree differ");
	if (last != s->hva + (s->npages << 12) - 1)
		return say(a, "kvm.slot.hva", SLOT_NPAGES, 8, "kvm_memory_slot.npages", node,
			   kvm_hex(a->l, s->npages),
			   "a memory slot and its node in hva_tree differ");
	return object_get(o, IT_SUBTREE) >= last ||
	       say(a, "kvm.slot.hva", SLOT_HVA_NODE, 48, "kvm_memory_slot.hva_node.__subtree_last",
		   kvm_text(a->l, "at least 0x%" PRIx64, last),
		   kvm_hex(a->l, object_get(o, IT_SUBTREE)),
		   "the last address below a node of hva_tree is not the last");
}

static bool check_hva(const struct at *a)
{
	const struct kvm_layout *k = &a->l->k->layout;
	struct shape it;
	struct object o;
	bool same = true;

	if (a->s->hva & 0xfff)
		return say(a, "kvm.slot.hva", SLOT_HVA, 8, "kvm_memory_slot.userspace_addr",
			   "an address of a page", kvm_hex(a->l, a->s->hva),
			   "a memory slot does not begin at a page");
	if (!shape_has(&k->slot, SLOT_HVA_NODE) ||
	    shape_resolve(&it, &interval_want, &a->l->c->types, NULL) || !shape_has(&it, IT_LAST))
		return true;
	if (!object_read(&o, &it, &a->l->c->kernel,
			 a->s->addr + k->slot.m[SLOT_HVA_NODE].offset + a->set->node * it.size,
			 NULL))
		same = check_interval(a, &o);
	object_done(&o);
	return same;
}

/* ---- slots beside each other ---- */

/* Of three slots that follow each other in the tree, the one that is out of order. */
static void check_order(const struct at *a, const struct kvm_slot *before,
			const struct kvm_slot *last)
{
	bool last_is_odd = before->npages && a->s->gfn >= before->gfn + before->npages;
	struct at odd = *a;

	if (!last->npages || a->s->gfn >= last->gfn + last->npages ||
	    (a->s->flags | last->flags) & KVM_SLOT_INVALID)
		return;
	odd.s = last_is_odd ? last : a->s;
	say(&odd, a->s->gfn >= last->gfn ? "kvm.slot.overlap" : "kvm.slot.order", SLOT_GFN, 8,
	    "kvm_memory_slot.base_gfn",
	    last_is_odd ? kvm_text(a->l, "at most 0x%" PRIx64, a->s->gfn - last->npages)
			: kvm_text(a->l, "at least 0x%" PRIx64, last->gfn + last->npages),
	    kvm_hex(a->l, odd.s->gfn), "memory slots are not one behind the other in guest memory");
}

static void check_parent(const struct at *a, uint64_t node)
{
	struct space *sp = &a->l->c->kernel;
	uint64_t parent, right, left;

	if (space_u64(sp, node, &parent, NULL) || !(parent & ~UINT64_C(3)))
		return;
	parent &= ~UINT64_C(3);
	if (space_u64(sp, parent + 8, &right, NULL) || space_u64(sp, parent + 16, &left, NULL) ||
	    (right != node && left != node))
		say(a, "kvm.slot.tree", SLOT_GFN_NODE, 8, "kvm_memory_slot.gfn_node",
		    "a parent that leads here", kvm_hex(a->l, parent),
		    "a memory slot's node names a parent that does not lead to it");
}

/* In order, and each node's parent leads back to it. */
static void check_tree(struct kvm_look *l, const struct kvm_set *set, unsigned as)
{
	const struct kvm_layout *k = &l->k->layout;
	uint64_t link = k->slot.m[SLOT_GFN_NODE].offset + set->node * 24;
	struct kvm_slot before = { 0 }, last = { 0 }, s;
	struct at a = { l, set, &s, as };
	struct rbtree_walk w;

	if (!shape_has(&k->set, SET_TREE) || !shape_has(&k->slot, SLOT_GFN_NODE))
		return;
	rbtree_begin(&w, &l->c->kernel, set->addr + k->set.m[SET_TREE].offset, KVM_SLOTS_LIMIT);
	while (rbtree_next(&w)) {
		if (kvm_slot_read(&s, k, &l->c->kernel, w.node - link, NULL))
			continue;
		check_order(&a, &before, &last);
		check_parent(&a, w.node);
		before = last;
		last = s;
	}
	rbtree_end(&w, NULL);
}

static bool in_bucket(struct kvm_look *l, const struct kvm_set *set, const struct kvm_slot *s)
{
	uint64_t link = s->addr + l->k->layout.slot.m[SLOT_ID_NODE].offset + set->node * 16;
	/* hash_min() of a short, include/linux/hash.h */
	uint32_t bucket = ((uint32_t)s->id * UINT32_C(0x61C88647)) >> 25;
	struct list_walk w;
	bool found = false;

	list_begin(&w, &l->c->kernel, LIST_HLIST, set->addr + l->k->layout.set.m[SET_HASH].offset +
		   bucket * 8, KVM_SLOTS_LIMIT);
	while (!found && list_next(&w))
		found = w.node == link;
	list_end(&w, NULL);
	return found;
}

static bool check_hash(const struct at *a)
{
	const struct kvm_layout *k = &a->l->k->layout;

	if (!shape_has(&k->set, SET_HASH) || k->set.m[SET_HASH].size != 128 * 8 ||
	    !shape_has(&k->slot, SLOT_ID_NODE) || in_bucket(a->l, a->set, a->s))
		return true;
	return say(a, "kvm.slot.hash", SLOT_ID, 2, "kvm_memory_slot.id",
		   "an id whose bucket has the slot", kvm_text(a->l, "%d", a->s->id),
		   "a memory slot is not where its id is looked for");
}

static void check_ids(const struct at *a)
{
	for (const struct kvm_slot *s = a->set->slot; s < a->s; s++)
		if (s->id == a->s->id)
			say(a, "kvm.slot.hash", SLOT_ID, 2, "kvm_memory_slot.id",
			    "an id of its own", kvm_text(a->l, "%d", s->id),
			    "two memory slots have one id");
}

/* ---- a set ---- */

static bool say_set(struct kvm_look *l, const struct kvm_set *set, unsigned member,
		    const char *field, const char *expected, const char *found, const char *what)
{
	struct kvm_bad bad = {
		.id = "kvm.slot.set", .severity = CAIRN_ERROR, .object = set->addr, .field = field,
		.addr = set->addr + l->k->layout.set.m[member].offset,
		.expected = expected, .found = found,
	};

	l->slots_off = true;
	return kvm_say(l, &bad, "%s", what);
}

/* Two address spaces count up by two, each from its own number. */
static void check_generation(struct kvm_look *l, const struct kvm_set *set, unsigned as)
{
	uint64_t g = set->generation;

	if (shape_has(&l->k->layout.set, SET_GENERATION) && !l->vm->private_mem && (g & 1) != as &&
	    !(g & UPDATE_IN_PROGRESS))
		say_set(l, set, SET_GENERATION, "kvm_memslots.generation", as ? "odd" : "even",
			kvm_hex(l, g), "a set's generation is that of another address space");
}

static void check_damage(struct kvm_look *l, const struct kvm_set *set)
{
	const struct cairn_err *e = &set->err;

	if (e->code == CAIRN_CORRUPT || e->code == CAIRN_LIMIT ||
	    e->fault == CAIRN_FAULT_NONCANONICAL || e->fault == CAIRN_FAULT_UNMAPPED) {
		struct kvm_bad bad = {
			.id = "kvm.slot.tree", .severity = CAIRN_ERROR, .object = set->addr,
			.addr = e->addr, .field = "kvm_memory_slot.gfn_node",
			.expected = "a tree of memory slots", .found = e->text,
		};

		l->slots_off = true;
		kvm_say(l, &bad, "the tree of memory slots is damaged");
	}
}

static void check_set(struct kvm_look *l, const struct kvm_set *set, unsigned as)
{
	check_damage(l, set);
	check_generation(l, set, as);
	for (size_t i = 0; i < set->n && cairn_go_on(l->run); i++) {
		struct at a = { l, set, &set->slot[i], as };

		if (!check_size(&a) || !check_hva(&a))
			continue;
		check_flags(&a);
		check_space(&a);
		if (check_hash(&a))
			check_ids(&a);
	}
	check_tree(l, set, as);
}

static bool has_slot(const struct kvm_set *set, uint64_t addr)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->slot[i].addr == addr)
			return true;
	return false;
}

/* The set that is not active has the same slots but while one of them is being changed. */
static void check_inactive(struct kvm_look *l, unsigned as)
{
	const struct member *m = &l->k->layout.vm.m[VM_SETS];
	const struct kvm_set *active = &l->vm->set[as];
	uint64_t stride = l->k->layout.set.size, first = l->vm->addr + m->offset + 2 * as * stride;
	struct kvm_set other;

	if (!shape_has(&l->k->layout.vm, VM_SETS) || m->size != 4 * stride || !active->addr ||
	    active->err.code || active->generation & UPDATE_IN_PROGRESS)
		return;
	if (active->addr != first && active->addr != first + stride) {
		say_set(l, active, SET_GENERATION, "kvm.memslots",
			"one of the two sets of its address space", kvm_hex(l, active->addr),
			"the active set of memory slots is none of this VM's");
		return;
	}
	if (kvm_set_read(&other, &l->k->layout, l->c,
			 active->addr == first ? first + stride : first, &l->arena, NULL) ||
	    other.err.code == CAIRN_FAULT)
		return;
	if (other.err.code)
		check_damage(l, &other);
	else if (other.node == active->node)
		say_set(l, active, SET_NODE, "kvm_memslots.node_idx",
			"another than the other set's", kvm_text(l, "%u", active->node),
			"both sets of memory slots use the same links");
	for (size_t i = 0; !other.err.code && i < active->n; i++)
		if (!has_slot(&other, active->slot[i].addr) &&
		    !(active->slot[i].flags & KVM_SLOT_INVALID))
			say_set(l, &other, SET_TREE, "kvm_memslots.gfn_tree",
				"the slots of the active set", kvm_hex(l, active->slot[i].addr),
				"a memory slot is in one set and not in the other");
}

/* ---- sums ---- */

static void check_total(struct kvm_look *l, uint64_t told, uint64_t n, unsigned member,
			const char *field)
{
	struct kvm_bad bad = {
		.id = "kvm.slot.sum",
		.severity = CAIRN_ERROR,
		.object = l->vm->addr,
		.field = field,
		.addr = l->vm->addr + l->k->layout.vm.m[member].offset,
		.expected = kvm_text(l, "%" PRIu64, n),
		.found = kvm_text(l, "%" PRIu64, told),
	};

	if (shape_has(&l->k->layout.vm, member) && told != n)
		kvm_say(l, &bad, "what is counted of its memory slots is not what they are");
}

static void check_sums(struct kvm_look *l)
{
	uint64_t pages = 0;
	bool whole = !l->slots_off;

	for (unsigned as = 0; as < KVM_SPACES; as++) {
		const struct kvm_set *set = &l->vm->set[as];

		whole &= !set->err.code && !(set->generation & UPDATE_IN_PROGRESS);
		for (size_t i = 0; i < set->n; i++) {
			pages += set->slot[i].npages;
			whole &= !(set->slot[i].flags & KVM_SLOT_INVALID);
		}
	}
	if (!whole)
		return;
	check_total(l, l->vm->npages, pages, VM_NPAGES, "kvm.nr_memslot_pages");
	check_total(l, l->vm->logging, count_logging(l->vm), VM_LOGGING,
		    "kvm.nr_memslots_dirty_logging");
}

void check_kvm_slots(struct kvm_look *l)
{
	for (unsigned as = 0; as < KVM_SPACES; as++) {
		if (l->vm->set[as].addr)
			check_set(l, &l->vm->set[as], as);
		check_inactive(l, as);
	}
	check_sums(l);
}
