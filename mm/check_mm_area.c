/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/addrset.h"
#include "lib/base/cursor.h"
#include "mm/check_mm.h"

#define CHAIN_LIMIT 4096

/* include/linux/mm_types.h, since 6.15 */
#define VM_REFCNT_EXCLUDE UINT64_C(0x40000000)

enum { AVC_VMA, AVC_ANON, AVC_SAME };

#define VM_ACCESS UINT64_C(7)
#define VM_MAY_SHIFT 4
#define VM_BITS      48 /* no kernel so far numbers more, */
#define VM_SEALED    (UINT64_C(1) << 63) /* but for mseal()'s, from 6.10 on, for some releases */

static void say(struct mm_look *l, const struct vma *v, struct mm_bad bad)
{
	bad.object = v->addr;
	bad.severity = CAIRN_ERROR;
	if (l->written)
		bad.grade = CAIRN_IN_FLIGHT;
	mm_bad(l, &bad);
}

static void check_owner(struct mm_look *l, const struct vma *v)
{
	if (vma_has(&l->vs, VMA_MM) && v->mm != l->mm.addr && !(l->forked && v->first > l->forked))
		say(l, v, (struct mm_bad){ .id = "mm.vma.mm", .field = vma_field(VMA_MM),
					   .addr = vma_at(&l->vs, v->addr, VMA_MM), .found = v->mm,
					   .expected = l->mm.addr });
}

bool mm_flags_contradict(uint64_t flags)
{
	uint64_t may = flags >> VM_MAY_SHIFT & VM_ACCESS;

	return !may || (flags & ~VM_SEALED) >> VM_BITS || (flags & VM_ACCESS & ~may) ||
	       ((flags & VM_SHARED) && !(flags & VM_MAYSHARE));
}

/* What an area allows, mprotect() may have given it: VM_MAY* is asked every time. */
static void check_flags(struct mm_look *l, const struct vma *v)
{
	if (!mm_flags_contradict(v->flags))
		return;
	l->count_bad++; /* the totals by flags are then off, too */
	say(l, v, (struct mm_bad){ .id = "mm.vma.flags", .field = vma_field(VMA_FLAGS),
				   .addr = vma_at(&l->vs, v->addr, VMA_FLAGS), .found = v->flags,
				   .untold = true, .because = "no area has such flags" });
}

/* ---- the anon_vma ---- */

struct chain {
	uint64_t n, last;  /* links; the anon_vma of the last */
	bool found;        /* one has the area's anon_vma */
	uint64_t at, next; /* the link that was followed last: where it is written, and what it says */
	uint64_t bad_at, bad;  /* a link that belongs to another area: where, and what it says */
};

static enum cairn_code walk_chain(struct mm_look *l, const struct vma *v, struct chain *ret,
				  struct cairn_err *err)
{
	uint64_t head = v->addr + l->area.m[CK_CHAIN].offset, node = 0;
	enum cairn_code code = space_word(&l->c->kernel, head, &node, err);

	*ret = (struct chain){ .at = head, .next = node };
	while (!code && node != head && ret->n < CHAIN_LIMIT) {
		uint64_t link = node - l->link.m[AVC_SAME].offset;
		struct object o;

		code = object_read(&o, &l->link, &l->c->kernel, link, err);
		if (!code) {
			ret->n++;
			ret->last = object_get(&o, AVC_ANON);
			ret->found |= ret->last == v->anon_vma;
			if (object_get(&o, AVC_VMA) != v->addr && !ret->bad_at) {
				ret->bad_at = object_addr(&o, AVC_VMA);
				ret->bad = object_get(&o, AVC_VMA);
			}
			/* struct list_head: next is its first word */
			ret->at = node;
			ret->next = node = le_uint(object_bytes(&o, AVC_SAME, NULL), l->c->arch->word);
		}
		object_done(&o);
	}
	return code;
}

/* False: not looked at, or told. */
static bool check_anon_vma(struct mm_look *l, const struct vma *v)
{
	struct cairn_err err;
	struct chain chain;

	if (!l->has_link || !shape_has(&l->area, CK_CHAIN) || !vma_has(&l->vs, VMA_ANON_VMA) ||
	    l->written)
		return false;
	if (walk_chain(l, v, &chain, &err)) {
		/* what the dump lacks is not broken */
		if (err.fault == CAIRN_FAULT_UNMAPPED || err.fault == CAIRN_FAULT_NONCANONICAL)
			say(l, v, (struct mm_bad){ .id = "mm.anon_vma", .untold = true,
						   .field = chain.n ? "anon_vma_chain.same_vma.next" :
							    "vm_area_struct.anon_vma_chain.next",
						   .addr = chain.at, .found = chain.next,
						   .because = "it leads nowhere" });
		return false;
	}
	if (chain.bad_at)
		say(l, v, (struct mm_bad){ .id = "mm.anon_vma", .field = "anon_vma_chain.vma",
					   .addr = chain.bad_at, .found = chain.bad,
					   .expected = v->addr });
	else if (v->anon_vma ? !chain.found : chain.n)
		say(l, v, (struct mm_bad){ .id = "mm.anon_vma", .field = vma_field(VMA_ANON_VMA),
					   .addr = vma_at(&l->vs, v->addr, VMA_ANON_VMA),
					   .found = v->anon_vma, .untold = chain.n > 1,
					   .expected = chain.last,
					   .because = "its chain of anon_vmas has others" });
	else
		return true;
	return false;
}

/* ---- whether it is in use ---- */

static void check_detached(struct mm_look *l, const struct vma *v)
{
	const struct shape *s = &l->area;
	uint64_t n;

	if (l->written || !l->free)
		return;
	if (shape_has(s, CK_DETACHED) &&
	    !shape_get(s, &l->c->kernel, v->addr, CK_DETACHED, &n, NULL) && n)
		say(l, v, (struct mm_bad){ .id = "mm.vma.detached", .field = "vm_area_struct.detached",
					   .addr = v->addr + s->m[CK_DETACHED].offset, .len = 1,
					   .found = n });
	if (!shape_has(s, CK_REFCNT) ||
	    shape_get(s, &l->c->kernel, v->addr, CK_REFCNT, &n, NULL))
		return;
	n &= UINT32_MAX;
	if (!n || (n & VM_REFCNT_EXCLUDE) || n > 1 + l->tasks->n)
		say(l, v, (struct mm_bad){ .id = n ? "mm.vma.refcnt" : "mm.vma.detached",
					   .field = "vm_area_struct.vm_refcnt", .len = 4,
					   .addr = v->addr + s->m[CK_REFCNT].offset, .found = n,
					   .expected = 1 });
}

/* ---- all of them ---- */

void mm_check_areas(struct mm_look *l)
{
	struct addrset seen = { 0 };

	for (size_t i = 0; i < l->areas.n && cairn_go_on(l->run); i++) {
		const struct vma *v = &l->areas.vma[i];

		if (v->fault)
			continue;
		if (!addrset_visit(&seen, v->addr)) {
			l->count_bad++;
			say(l, v, (struct mm_bad){ .id = "mm.vma.twice", .untold = true,
						   .field = "maple_node.slot", .addr = v->addr,
						   .found = v->addr,
						   .because = "one area in two ranges" });
			continue;
		}
		mm_check_slab(l, v);
		check_owner(l, v);
		check_flags(l, v);
		if (check_anon_vma(l, v))
			mm_count_anon(l, v);
		check_detached(l, v);
		mm_check_seq(l, v);
	}
	addrset_deinit(&seen);
}
