/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/kvm_slots.h"

#include <stdlib.h>

#include "lib/base/cursor.h"
#include "lib/kern/rbtree.h"

enum cairn_code kvm_slot_read(struct kvm_slot *ret, const struct kvm_layout *l, struct space *sp,
			      uint64_t addr, struct cairn_err *err)
{
	struct object o;
	const unsigned char *large;
	uint32_t size = 0;
	enum cairn_code code = object_read(&o, &l->slot, sp, addr, err);

	*ret = (struct kvm_slot){ .addr = addr };
	if (!code) {
		ret->gfn = object_get(&o, SLOT_GFN);
		ret->npages = object_get(&o, SLOT_NPAGES);
		ret->hva = object_get(&o, SLOT_HVA);
		ret->flags = (uint32_t)object_get(&o, SLOT_FLAGS);
		ret->id = (int16_t)object_get(&o, SLOT_ID);
		ret->as = shape_has(&l->slot, SLOT_AS) ? (int32_t)object_get(&o, SLOT_AS) : -1;
		ret->bitmap = object_get(&o, SLOT_BITMAP);
		ret->gmem = object_get(&o, SLOT_GMEM);
		ret->pgoff = object_get(&o, SLOT_PGOFF);
		large = object_bytes(&o, SLOT_LARGE, &size);
		for (unsigned i = 0; i < 2 && (i + 1) * 8 <= size; i++)
			ret->large[i] = le64(large + i * 8);
	}
	object_done(&o);
	return code;
}

static enum cairn_code add(struct kvm_set *s, size_t *cap, const struct kvm_layout *l,
			   struct cairn *c, uint64_t addr, struct arena *a)
{
	struct kvm_slot *p = arena_room(a, s->slot, s->n, cap, sizeof(*p));
	struct cairn_err why;

	if (!p)
		return CAIRN_NOMEM;
	s->slot = p;
	if (!kvm_slot_read(&p[s->n], l, &c->kernel, addr, &why))
		s->n++;
	else if (!s->err.code)
		s->err = why;
	return CAIRN_OK;
}

static enum cairn_code read_tree(struct kvm_set *s, const struct kvm_layout *l, struct cairn *c,
				 struct arena *a)
{
	uint64_t link = l->slot.m[SLOT_GFN_NODE].offset + s->node * 3 * c->arch->word;
	struct rbtree_walk w;
	struct cairn_err why;
	size_t cap = 0;
	enum cairn_code code = CAIRN_OK;

	rbtree_begin(&w, &c->kernel, s->addr + l->set.m[SET_TREE].offset, KVM_SLOTS_LIMIT);
	w.stop = c->stop;
	while (!code && rbtree_next(&w))
		code = add(s, &cap, l, c, w.node - link, a);
	if (rbtree_end(&w, &why) && !s->err.code)
		s->err = why;
	return code;
}

static enum cairn_code read_array(struct kvm_set *s, const struct kvm_layout *l, struct cairn *c,
				  uint64_t used, struct arena *a)
{
	size_t cap = 0;
	enum cairn_code code = CAIRN_OK;

	if (used > KVM_SLOTS_LIMIT)
		cairn_fail(&s->err, CAIRN_CORRUPT, "%llu memory slots", (unsigned long long)used);
	for (uint64_t i = 0; !code && !s->err.code && i < used; i++)
		code = add(s, &cap, l, c, s->addr + l->set.m[SET_ARRAY].offset + i * l->slot.size,
			   a);
	return code;
}

static int by_gfn(const void *a, const void *b)
{
	const struct kvm_slot *x = a, *y = b;

	return x->gfn < y->gfn ? -1 : x->gfn > y->gfn;
}

enum cairn_code kvm_set_read(struct kvm_set *ret, const struct kvm_layout *l, struct cairn *c,
			     uint64_t addr, struct arena *a, struct cairn_err *err)
{
	static const unsigned tree[] = { SET_TREE, SET_NODE }, array[] = { SET_ARRAY, SET_USED };
	bool is_tree = shape_has(&l->set, SET_TREE);
	enum cairn_code code = CAIRN_OK;
	uint64_t used = 0;
	struct object o;

	*ret = (struct kvm_set){ .addr = addr };
	if (shape_require(&l->set, is_tree ? tree : array, 2, &ret->err))
		return CAIRN_OK;
	if (!object_read(&o, &l->set, &c->kernel, addr, &ret->err)) {
		ret->generation = object_get(&o, SET_GENERATION);
		ret->node = object_get(&o, SET_NODE) & 1;
		used = object_get(&o, SET_USED);
	}
	object_done(&o);
	if (!ret->err.code)
		code = is_tree ? read_tree(ret, l, c, a) : read_array(ret, l, c, used, a);
	if (code)
		return cairn_fail(err, code, "no memory for memory slots");
	if (ret->n)
		qsort(ret->slot, ret->n, sizeof(*ret->slot), by_gfn);
	return CAIRN_OK;
}

const struct kvm_slot *kvm_slot_at(const struct kvm_set *s, uint64_t gfn)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->slot[mid].gfn <= gfn)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo && gfn - s->slot[lo - 1].gfn < s->slot[lo - 1].npages ? &s->slot[lo - 1] : NULL;
}
