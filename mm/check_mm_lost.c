/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Areas that the tree has lost: map_count and total_vm count them, and no entry leads to them. A store
 * that was lost leaves a tree without a contradiction, so the tree's own checker has nothing to tell.
 * The area itself is still an object in use that says whose it is: it is looked for where others lie.
 */
#include <inttypes.h>

#include "lib/base/addrset.h"
#include "mm/check_mm.h"
#include "mm/slab.h"
#include "mm/vma_tree.h"

#define SEARCHES  8  /* address spaces that areas are looked for of */
#define CANDIDATES 64
#define TOLD       8  /* areas that are told one by one */
#define STRIDE_LIMIT 4096

struct lost {
	uint64_t areas, pages; /* that are missing */
	struct vma found[CANDIDATES];
	size_t n;
	bool exact;            /* those that were found are what is missing */
	/* while they are looked for */
	struct addrset known; /* objects that need no look */
	struct map pages_seen;
	uint64_t stride;
};

/* ---- looking for them ---- */

static uint64_t stride_of(struct mm_look *l, uint64_t area)
{
	uint64_t size = (l->vs.s.size + 7) & ~UINT64_C(7);
	struct slab_layout layout;
	struct slab slab;

	if (l->slabs.frames.size && !slab_find(l->c, &l->slabs.frames, area, &slab, NULL) &&
	    !slab_layout_of(l->c, slab.cache, &layout, NULL) && layout.stride >= l->vs.s.hi &&
	    layout.stride <= STRIDE_LIMIT && !(layout.stride % l->c->arch->word))
		return layout.stride;
	return size;
}

static bool overlaps(const struct mm_look *l, const struct vma *v)
{
	size_t low = 0, high = l->areas.n;

	/* the first area that ends behind the begin */
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (l->areas.vma[mid].end <= v->start)
			low = mid + 1;
		else
			high = mid;
	}
	return low < l->areas.n && l->areas.vma[low].start < v->end;
}

static bool is_taken_out(struct mm_look *l, uint64_t area)
{
	const struct shape *s = &l->area;
	uint64_t n;

	return (shape_has(s, CK_DETACHED) &&
		!shape_get(s, &l->c->kernel, area, CK_DETACHED, &n, NULL) && n) ||
	       (shape_has(s, CK_REFCNT) &&
		!shape_get(s, &l->c->kernel, area, CK_REFCNT, &n, NULL) && !(n & UINT32_MAX));
}

static bool is_in_use(struct mm_look *l, uint64_t area)
{
	enum slab_use_kind kind;
	char other[64];

	kind = slab_use_of(&l->slabs, area, other);
	return kind == SLAB_IN_USE || kind == SLAB_UNTOLD;
}

static void look_at_object(struct mm_look *l, struct lost *ret, uint64_t at)
{
	struct vma v;

	if (ret->n == CANDIDATES || !addrset_visit(&ret->known, at) || vma_read(&l->vs, at, &v, NULL) ||
	    v.mm != l->mm.addr || v.start >= v.end || (v.start | v.end) % l->page ||
	    (v.end - v.start) / l->page > ret->pages || overlaps(l, &v) ||
	    is_taken_out(l, at) || !is_in_use(l, at))
		return;
	ret->found[ret->n++] = v;
}

/* All objects on the page of an area. */
static void look_around(struct mm_look *l, struct lost *ret, uint64_t area)
{
	uint64_t page = area & -l->page;

	if (!area || !map_visit(&ret->pages_seen, page))
		return;
	if (!ret->stride)
		ret->stride = stride_of(l, area);
	for (uint64_t at = page + (area - page) % ret->stride; at - page < l->page; at += ret->stride)
		look_at_object(l, ret, at);
}

static void look_near(struct mm_look *l, struct lost *ret, uint64_t mm)
{
	struct vmas v = { 0 };
	struct mm other;

	if (!mm_read(&l->vs.mm, mm, &other, NULL) && !vmas_ranges(&l->vs, &other, &v, NULL))
		for (size_t i = 0; i < v.n && cairn_go_on(l->run); i++)
			look_around(l, ret, v.range[i].addr);
	vmas_free(&v);
}

static void search(struct mm_look *l, struct lost *ret)
{
	struct map seen = { 0 };

	if (!vma_has(&l->vs, VMA_MM) || l->searches++ >= SEARCHES)
		return;
	for (size_t i = 0; i < l->areas.n; i++)
		addrset_visit(&ret->known, l->areas.vma[i].addr);
	for (size_t i = 0; i < l->tasks->n && cairn_go_on(l->run); i++) {
		const struct task *t = &l->tasks->task[i];

		if (!t->fault && t->mm && map_visit(&seen, t->mm))
			look_near(l, ret, t->mm);
	}
	map_deinit(&seen);
	addrset_deinit(&ret->known);
	map_deinit(&ret->pages_seen);
}

static uint64_t pages_of(const struct mm_look *l, const struct vma *v)
{
	return (v->end - v->start) / l->page;
}

/* Of objects that were freed some look as good; of a single area its pages tell. */
static void choose(struct mm_look *l, struct lost *ret)
{
	uint64_t pages = 0;
	size_t fit = 0, which = 0;

	for (size_t i = 0; i < ret->n; i++) {
		pages += pages_of(l, &ret->found[i]);
		if (pages_of(l, &ret->found[i]) == ret->pages) {
			fit++;
			which = i;
		}
	}
	ret->exact = ret->n == ret->areas && pages == ret->pages;
	if (ret->areas == 1 && fit == 1) {
		ret->found[0] = ret->found[which];
		ret->n = 1;
		ret->exact = true;
	}
}

/* ---- saying it ---- */

static void report(struct mm_look *l, const struct vma *v, enum cairn_grade grade, const char *message,
		   const char *expected)
{
	enum mm_member tree = mm_has(&l->vs.mm, MM_TREE) ? MM_TREE : MM_RB;
	struct cairn_evidence e[3] = {
		{ mm_at(&l->vs.mm, &l->mm, MM_MAP_COUNT), 4, "map_count" },
		{ mm_at(&l->vs.mm, &l->mm, MM_TOTAL), l->c->arch->word, "total_vm" },
		{ v ? v->addr : 0, l->vs.s.size, "the area" },
	};

	cairn_report(l->run, &(struct cairn_finding){
		.id = "mm.vma.lost", .grade = grade,
		.severity = grade == CAIRN_CERTAIN ? CAIRN_ERROR : CAIRN_WARNING,
		.object = v ? v->addr : l->mm.addr, .addr = mm_at(&l->vs.mm, &l->mm, tree),
		.field = mm_field(tree), .expected = expected,
		.found = v ? "no entry leads to it" : arena_printf(&l->arena, "%zu areas", l->areas.n),
		.message = message ? message : "the tree lacks an area", .evidence = e,
		.nevidence = v ? 3 : 2,
	});
}

static void report_area(struct mm_look *l, const struct vma *v)
{
	report(l, v, CAIRN_CERTAIN,
	       arena_printf(&l->arena, "%s: the tree lacks the area 0x%" PRIx64 ", 0x%" PRIx64 "-0x%"
			    PRIx64 ": it is in use and says whose it is, and map_count and total_vm "
			    "count it and its %" PRIu64 " pages", mm_whose(l), v->addr, v->start, v->end,
			    pages_of(l, v)),
	       arena_printf(&l->arena, "0x%" PRIx64, v->addr));
}

static void report_all(struct mm_look *l, const struct lost *lost)
{
	report(l, NULL, lost->exact ? CAIRN_CERTAIN : CAIRN_SUSPICIOUS,
	       arena_printf(&l->arena, "%s: areas are missing, %" PRIu64 " of them, with %" PRIu64
			    " pages: map_count and total_vm count them, and no word of the tree is bad%s",
			    mm_whose(l), lost->areas, lost->pages,
			    lost->exact ? ", and they are there, in use" : ""),
	       arena_printf(&l->arena, "%" PRIu64 " areas", lost->areas + l->areas.n));
}

void mm_check_lost(struct mm_look *l, uint64_t areas, uint64_t pages)
{
	struct lost lost = { .areas = areas, .pages = pages };

	search(l, &lost);
	choose(l, &lost);
	if (!lost.exact || lost.areas > TOLD) {
		report_all(l, &lost);
		return;
	}
	for (size_t i = 0; i < lost.n; i++)
		report_area(l, &lost.found[i]);
}
