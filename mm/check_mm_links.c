/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "mm/check_mm.h"
#include "mm/vma_tree.h"

#define RB_COLOR UINT64_C(3) /* low bits of __rb_parent_color, include/linux/rbtree.h */

/* An area's links, by the addresses of areas (not of their rb_node); 0: none. */
struct links {
	uint64_t addr, start, end, flags;
	uint64_t next, prev, parent, color, left, right, gap;
	uint64_t claimed[2];  /* who says that this is its parent: on the left, on the right */
};

/* All areas of one address space, by address. */
struct web {
	struct mm_look *l;
	struct links *a;
	size_t n;
	struct map at;   /* area -> place in a */
	size_t bad;      /* links: nothing is reckoned along them then */
	struct map held; /* areas that another one, or the root, has as a child */
};

static struct links *find(const struct web *w, uint64_t addr)
{
	uint64_t i;

	return addr && map_get(&w->at, addr, &i) ? &w->a[i] : NULL;
}

static uint64_t area_of(const struct web *w, uint64_t rb)
{
	return rb & ~RB_COLOR ? (rb & ~RB_COLOR) - w->l->vs.rb : 0;
}

/* What would be an area at 0 is none, and not the same as no child. */
#define AREA_AT_0 UINT64_C(1)

/* A child pointer has no colour. */
static uint64_t below(const struct web *w, uint64_t rb)
{
	return !rb ? 0 : rb == w->l->vs.rb ? AREA_AT_0 : rb - w->l->vs.rb;
}

static void report(struct web *w, const char *id, const char *field, uint64_t object,
		   uint64_t addr, uint64_t found, uint64_t expected, const char *because)
{
	struct mm_look *l = w->l;

	w->bad++;
	mm_bad(l, &(struct mm_bad){
		.id = id, .severity = CAIRN_ERROR, .field = field, .object = object, .addr = addr,
		.grade = l->written ? CAIRN_IN_FLIGHT : CAIRN_CERTAIN, .found = found,
		.expected = expected, .because = because,
	});
}

static uint64_t member_at(const struct web *w, const struct links *a, enum check_member m)
{
	return a->addr + w->l->area.m[m].offset;
}

/* ---- reading ---- */

static bool read_links(struct web *w, const struct vma *v, struct links *ret)
{
	struct mm_look *l = w->l;
	struct object o;
	bool good = !object_read(&o, &l->area, &l->c->kernel, v->addr, NULL);

	*ret = (struct links){ .addr = v->addr, .start = v->start, .end = v->end, .flags = v->flags };
	if (good) {
		ret->next = object_get(&o, CK_NEXT);
		ret->prev = object_get(&o, CK_PREV);
		ret->parent = area_of(w, object_get(&o, CK_PARENT));
		ret->color = object_get(&o, CK_PARENT) & RB_COLOR;
		ret->left = below(w, object_get(&o, CK_LEFT));
		ret->right = below(w, object_get(&o, CK_RIGHT));
		ret->gap = object_get(&o, CK_GAP);
	}
	object_done(&o);
	return good;
}

/* Known to the list and the tree alike, or by its own words an area of this address space. */
static bool is_ours(const struct mm_look *l, const struct vma *v, const struct map *other)
{
	if (v->fault)
		return false;
	return map_get(other, v->addr, NULL) ||
	       ((!vma_has(&l->vs, VMA_MM) || v->mm == l->mm.addr) && v->start < v->end);
}

static bool fill_map(struct map *m, const struct vmas *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (!map_put(m, v->vma[i].addr, i))
			return false;
	return true;
}

static bool same_order(const struct vmas *a, const struct vmas *b)
{
	if (a->n != b->n || a->partial || b->partial)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->vma[i].addr != b->vma[i].addr)
			return false;
	return true;
}

static int by_first(const void *a, const void *b)
{
	uint64_t x = ((const struct vma *)a)->start, y = ((const struct vma *)b)->start;

	return x < y ? -1 : x > y;
}

/* What the tree knows and what the list knows, together and in order, becomes l->areas. */
static bool unite(struct mm_look *l, struct vmas *list)
{
	struct map in_tree = { 0 }, in_list = { 0 };
	bool good = fill_map(&in_tree, &l->areas) && fill_map(&in_list, list);
	struct vma *all = mem_zalloc(l->areas.n + list->n + 1, sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; good && all && i < l->areas.n; i++)
		if (is_ours(l, &l->areas.vma[i], &in_list))
			all[n++] = l->areas.vma[i];
	for (size_t i = 0; good && all && i < list->n; i++)
		if (!map_get(&in_tree, list->vma[i].addr, NULL) &&
		    is_ours(l, &list->vma[i], &in_tree))
			all[n++] = list->vma[i];
	map_deinit(&in_tree);
	map_deinit(&in_list);
	if (!good || !all) {
		mem_free(all);
		return false;
	}
	qsort(all, n, sizeof(*all), by_first);
	mem_free(l->areas.vma);
	l->areas.vma = all;
	l->areas.n = n;
	return true;
}

/* Of two walks one that came to its end knows all areas. */
static bool gather(struct web *w)
{
	struct mm_look *l = w->l;
	struct vmas list = { 0 };
	bool good = !vma_tree_list(&l->vs, &l->mm, &list, NULL) && !vmas_fill(&l->vs, &list, NULL);

	if (good && !same_order(&l->areas, &list)) {
		good = unite(l, &list);
		if (good && (!l->areas.partial || !list.partial)) {
			l->areas.partial = false;
			l->areas.faults = 0;
		}
	}
	vmas_free(&list);
	w->a = good ? mem_zalloc(l->areas.n + 1, sizeof(*w->a)) : NULL;
	for (size_t i = 0; w->a && i < l->areas.n; i++) {
		if (!read_links(w, &l->areas.vma[i], &w->a[w->n++]) ||
		    !map_put(&w->at, l->areas.vma[i].addr, i))
			return false;
	}
	return w->a;
}

/* ---- the list ---- */

static void check_list(struct web *w)
{
	struct mm_look *l = w->l;
	uint64_t first = w->n ? w->a[0].addr : 0;

	if (l->mm.v[MM_LIST] != first)
		report(w, "mm.rb.list", mm_field(MM_LIST), l->mm.addr, mm_at(&l->vs.mm, &l->mm, MM_LIST),
		       l->mm.v[MM_LIST], first, "the first area by address");
	for (size_t i = 0; i < w->n; i++) {
		const struct links *a = &w->a[i];
		uint64_t next = i + 1 < w->n ? a[1].addr : 0, prev = i ? a[-1].addr : 0;

		if (a->next != next)
			report(w, "mm.rb.list", "vm_area_struct.vm_next", a->addr,
			       member_at(w, a, CK_NEXT), a->next, next, "the next area by address");
		if (a->prev != prev)
			report(w, "mm.rb.list", "vm_area_struct.vm_prev", a->addr,
			       member_at(w, a, CK_PREV), a->prev, prev, "the previous area by address");
	}
}

/* ---- the tree's links ---- */

static uint64_t rb_of(const struct web *w, uint64_t area)
{
	return !area ? 0 : area == AREA_AT_0 ? w->l->vs.rb : area + w->l->vs.rb;
}

static void bad_child(struct web *w, const struct links *p, unsigned side, uint64_t stored)
{
	enum check_member m = side ? CK_RIGHT : CK_LEFT;

	report(w, "mm.rb.link", side ? "vm_area_struct.vm_rb.rb_right" : "vm_area_struct.vm_rb.rb_left",
	       p->addr, member_at(w, p, m), rb_of(w, stored), rb_of(w, p->claimed[side]),
	       p->claimed[side] ? "that child says so" : "no area says that it is that child");
}

static void bad_parent(struct web *w, const struct links *a, uint64_t parent)
{
	report(w, "mm.rb.link", "vm_area_struct.vm_rb.__rb_parent_color", a->addr,
	       member_at(w, a, CK_PARENT), rb_of(w, a->parent) | a->color, rb_of(w, parent) | a->color,
	       "the area above says so");
}

/* A child pointer and the child's parent word contradict. */
static void check_side(struct web *w, struct links *p, unsigned side)
{
	uint64_t stored = side ? p->right : p->left;
	struct links *child = find(w, stored), *claimer;

	if (stored == p->claimed[side])
		return;
	if (!child || p->claimed[side]) {
		bad_child(w, p, side, stored);
		return;
	}
	/* the child says that it belongs elsewhere: does that place agree? */
	claimer = find(w, child->parent);
	if (claimer ? claimer->left == child->addr || claimer->right == child->addr
		    : !child->parent && below(w, w->l->mm.v[MM_RB]) == child->addr)
		bad_child(w, p, side, stored);
	else
		bad_parent(w, child, p->addr);
}

static void check_root(struct web *w, uint64_t claimed)
{
	struct mm_look *l = w->l;
	uint64_t stored = below(w, l->mm.v[MM_RB]);
	struct links *root = find(w, stored);

	if (stored == claimed || (root && !root->parent))
		return;
	if (root && !claimed)
		bad_parent(w, root, 0);
	else
		report(w, "mm.rb.link", mm_field(MM_RB), l->mm.addr, mm_at(&l->vs.mm, &l->mm, MM_RB),
		       l->mm.v[MM_RB], rb_of(w, claimed), "the area without a parent");
}

static void check_tree(struct web *w)
{
	uint64_t root = 0;

	for (size_t i = 0; i < w->n; i++) {
		map_put(&w->held, w->a[i].left, 1);
		map_put(&w->held, w->a[i].right, 1);
	}
	for (size_t i = 0; i < w->n; i++) {
		struct links *a = &w->a[i], *p = find(w, a->parent);

		if (!a->parent)
			root = root && !map_get(&w->held, root, NULL) ? root : a->addr;
		else if (p && (p->left == a->addr || p->right == a->addr))
			p->claimed[p->right == a->addr] = a->addr;
		else if (p && !p->claimed[a->start > p->start] && !map_get(&w->held, a->addr, NULL))
			p->claimed[a->start > p->start] = a->addr;
	}
	for (size_t i = 0; i < w->n; i++)
		for (unsigned side = 0; side < 2; side++)
			check_side(w, &w->a[i], side);
	check_root(w, root);
}

/* ---- gaps ---- */

/* mm/mmap.c: vma_compute_gap(), vm_start_gap() of an area that grows down. */
static uint64_t own_gap(const struct web *w, size_t i, uint64_t guard)
{
	const struct links *a = &w->a[i];
	uint64_t from = i ? a[-1].end : 0, to = a->start;

	if (a->flags & VM_GROWSDOWN)
		to = to > guard ? to - guard : 0;
	return to > from ? to - from : 0;
}

/* Nothing else thinks that it grows down: its flags are bad, which the totals show. */
static bool only_flags_say_so(const struct web *w, size_t i)
{
	return w->a[i].flags & VM_GROWSDOWN && w->a[i].gap == own_gap(w, i, 0);
}

/* Children come before their parent when the depth falls: by repeated passes, as long as there
 * is something to fill in; a tree is at most 128 deep. */
static void recount(const struct web *w, uint64_t *gap)
{
	bool changed = true;

	for (size_t i = 0; i < w->n; i++)
		gap[i] = own_gap(w, i, w->l->guard);
	for (unsigned pass = 0; changed && pass < 128; pass++) {
		changed = false;
		for (size_t i = 0; i < w->n; i++) {
			const struct links *p = find(w, w->a[i].parent);
			size_t at = p ? (size_t)(p - w->a) : i;

			if (gap[at] < gap[i]) {
				gap[at] = gap[i];
				changed = true;
			}
		}
	}
}

static void check_gaps(struct web *w)
{
	uint64_t *gap = mem_zalloc(w->n + 1, sizeof(*gap));
	size_t wrong = 0;

	if (!gap)
		return;
	recount(w, gap);
	for (size_t i = 0; i < w->n; i++)
		wrong += gap[i] != w->a[i].gap && !only_flags_say_so(w, i);
	/* more than one: it is a bound that is bad, and the gaps above it are what shows it */
	for (size_t i = 0; i < w->n && wrong == 1; i++)
		if (gap[i] != w->a[i].gap && !only_flags_say_so(w, i))
			report(w, "mm.rb.gap", "vm_area_struct.rb_subtree_gap", w->a[i].addr,
			       member_at(w, &w->a[i], CK_GAP), w->a[i].gap, gap[i],
			       "the biggest gap at and below it");
	mem_free(gap);
}

static void check_highest(struct web *w)
{
	struct mm_look *l = w->l;
	uint64_t last = w->n ? w->a[w->n - 1].end : 0;

	if (mm_has(&l->vs.mm, MM_HIGHEST) && l->mm.v[MM_HIGHEST] != last)
		report(w, "mm.rb.highest", mm_field(MM_HIGHEST), l->mm.addr,
		       mm_at(&l->vs.mm, &l->mm, MM_HIGHEST), l->mm.v[MM_HIGHEST], last,
		       "the end of the last area");
}

struct web *mm_check_links(struct mm_look *l)
{
	struct web *w;

	if (!mm_has(&l->vs.mm, MM_LIST) || !mm_has(&l->vs.mm, MM_RB) || !shape_has(&l->area, CK_NEXT) ||
	    l->written)
		return NULL;
	w = mem_zalloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->l = l;
	if (gather(w)) {
		check_list(w);
		check_tree(w);
		return w;
	}
	mm_links_done(w);
	return NULL;
}

void mm_check_gaps(struct web *w)
{
	struct mm_look *l = w->l;

	for (size_t i = 0; i < w->n && w->n == l->areas.n; i++) {
		w->a[i].start = l->areas.vma[i].start;
		w->a[i].end = l->areas.vma[i].end;
	}
	if (shape_has(&l->area, CK_GAP) && !l->count_bad && !w->bad)
		check_gaps(w);
	check_highest(w);
}

void mm_links_done(struct web *w)
{
	if (!w)
		return;
	map_deinit(&w->at);
	map_deinit(&w->held);
	mem_free(w->a);
	mem_free(w);
}
