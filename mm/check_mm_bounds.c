/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/mem.h"
#include "mm/area_judge.h"
#include "mm/check_mm.h"

#define VERDICTS 16

const struct cairn_err mm_no_area = { .code = CAIRN_CORRUPT, .text = "no area of this tree" };

/* Private memory that was never moved has its address as its offset (mm/mmap.c, do_brk_flags()
 * and mmap_region()); mremap() leaves the offset as it was once there is an anon_vma. */
static uint64_t offset_of(const struct mm_look *l, const struct vma *v)
{
	if (!vma_has(&l->vs, VMA_PGOFF) || v->file || v->ops || v->anon_vma ||
	    mm_flags_contradict(v->flags) || (v->flags & (VM_MAYSHARE | VM_GROWSDOWN)))
		return AREA_ANY;
	/* of what no address can be all bits count */
	return v->pgoff <= UINT64_MAX / 2 / l->page ? v->pgoff * l->page : UINT64_MAX - 1;
}

/* An area that neither bound nor address space speaks for is another object: the tree's word that
 * leads to it is bad, not its own (check_maple tells). */
static bool is_itself(const struct mm_look *l, const struct vma *v)
{
	if (v->fault)
		return false;
	return !mm_has(&l->vs.mm, MM_TREE) || v->start == v->first || v->end == v->last + 1 ||
	       (v->mm == l->mm.addr && vma_has(&l->vs, VMA_MM) && v->start < v->end &&
		v->start <= v->last && v->end > v->first);
}

static void fill(struct mm_look *l, struct area_case *c)
{
	for (size_t i = 0; i < l->areas.n; i++) {
		const struct vma *v = &l->areas.vma[i];

		c->area[i] = (struct area){
			.start = v->start, .end = v->end, .tree_start = v->first,
			.tree_end = v->last + 1, .offset = offset_of(l, v), .told = is_itself(l, v),
		};
		/* what is not an area of this address space says nothing of its total */
		if (!c->area[i].told)
			c->has_total = false;
	}
}

/* There are fewer areas than are counted, and fewer pages: the tree has lost some, and neither count is
 * bad. */
static bool are_lost(const struct mm_look *l, const struct area_case *c, uint64_t *bytes)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < c->n; i++)
		sum += c->area[i].told ? c->area[i].end - c->area[i].start
				       : c->area[i].tree_end - c->area[i].tree_start;
	*bytes = c->total - sum;
	return c->has_total && c->total > sum &&
	       (l->mm.v[MM_MAP_COUNT] & UINT32_MAX) > l->areas.n;
}

/* No store leaves such a bound, not even for a moment. */
static bool is_impossible(const struct mm_look *l, const struct area_verdict *a)
{
	uint64_t limit = l->mm.v[MM_TASK_SIZE];

	return (a->word == AREA_START || a->word == AREA_END) &&
	       (a->found % l->page || (mm_has(&l->vs.mm, MM_TASK_SIZE) && limit && a->found > limit));
}

/* Under a writer's hands the total tells nothing: without a tree, a neighbour alone is no copy. */
static bool is_guess(const struct mm_look *l)
{
	return l->written && !mm_has(&l->vs.mm, MM_TREE);
}

static void report_area(struct mm_look *l, const struct area_verdict *a)
{
	const struct vma *v = &l->areas.vma[a->area];
	enum vma_member m = a->word == AREA_START ? VMA_START : VMA_END;
	struct mm_bad bad = {
		.id = a->word == AREA_START ? "mm.vma.start-mismatch" : "mm.vma.end-mismatch",
		.severity = CAIRN_ERROR, .untold = is_guess(l),
		.field = vma_field(m), .object = v->addr, .addr = vma_at(&l->vs, v->addr, m),
		.expected = a->expected, .found = a->found,
	};

	if (!mm_has(&l->vs.mm, MM_TREE)) {
		bad.because = l->written ? NULL : "neighbours, offset and total agree on that";
		bad.id = a->found % l->page ? "mm.vma.align" : "mm.vma.overlap";
	} else if (l->written && a->found % l->page) {
		bad.because = "also a writer at work leaves it at a page";
		bad.id = "mm.vma.align";
	}
	mm_bad(l, &bad);
}

static void report_offset(struct mm_look *l, const struct area_verdict *a)
{
	const struct vma *v = &l->areas.vma[a->area];

	mm_bad(l, &(struct mm_bad){
		.id = "mm.vma.pgoff", .severity = CAIRN_ERROR, .field = vma_field(VMA_PGOFF),
		.object = v->addr, .addr = vma_at(&l->vs, v->addr, VMA_PGOFF), .found = v->pgoff,
		.expected = a->expected / l->page,
		.because = "private memory without pages has its address there",
	});
}

static void report_total(struct mm_look *l, const struct area_verdict *a)
{
	struct mm_bad bad = {
		.id = "mm.total_vm", .severity = CAIRN_ERROR, .field = mm_field(MM_TOTAL),
		.object = l->mm.addr, .addr = mm_at(&l->vs.mm, &l->mm, MM_TOTAL), .decimal = true,
		.expected = a->expected / l->page, .found = l->mm.v[MM_TOTAL],
		.because = "the areas have that many pages",
	};

	mm_bad(l, &bad);
}

/* What a store under way leaves: one area, or two that change places. More are no writer's. */
static bool is_under_way(const struct mm_look *l, const struct area_verdict *v, size_t n)
{
	size_t areas = 0;

	for (size_t i = 0; i < n; i++)
		areas += v[i].word != AREA_TOTAL;
	return l->written && areas <= 2;
}

/* A bad word of the tree is check_maple's to tell; areas are missing then. */
static void report_verdict(struct mm_look *l, const struct area_verdict *v)
{
	if (v->word == AREA_TREE_START || v->word == AREA_TREE_END)
		l->count_bad++;
	else if (v->word == AREA_TOTAL)
		report_total(l, v);
	else if (v->word == AREA_OFFSET)
		report_offset(l, v);
	else
		report_area(l, v);
}

static void report_all(struct mm_look *l, const struct area_verdict *v, size_t n)
{
	bool under_way = is_under_way(l, v, n);

	for (size_t i = 0; i < n; i++)
		if (!under_way || is_impossible(l, &v[i]))
			report_verdict(l, &v[i]);
}

/* A number of pages whose bytes no word can hold is none of any address space. */
static uint64_t total_bytes(const struct mm_look *l)
{
	uint64_t pages = l->mm.v[MM_TOTAL], most = UINT64_MAX / l->page;

	return (pages < most ? pages : most) * l->page;
}

/* One that says what the tree says, in pages, behind the one before it. */
static bool is_sound(const struct mm_look *l, const struct vma *v, uint64_t before)
{
	uint64_t offset = offset_of(l, v);

	return !v->fault && v->start == v->first && v->end == v->last + 1 && v->start < v->end &&
	       !((v->start | v->end) % l->page) && (offset == AREA_ANY || offset == v->start) &&
	       v->start >= before;
}

/* Nothing contradicts: there is nothing to judge, which takes as much memory again. */
static bool are_sound(const struct mm_look *l, const struct area_case *c)
{
	uint64_t sum = 0, before = 0;

	for (size_t i = 0; c->has_tree && i < c->n; i++) {
		const struct vma *v = &l->areas.vma[i];

		if (!is_sound(l, v, before))
			return false;
		before = v->end;
		sum += v->end - v->start;
	}
	return c->has_tree && (!c->has_total || sum == c->total);
}

void mm_check_bounds(struct mm_look *l)
{
	struct area_verdict v[VERDICTS];
	struct area_case c = {
		.n = l->areas.n, .has_tree = mm_has(&l->vs.mm, MM_TREE), .page = l->page,
		.has_total = l->whole && l->free && !l->forked && mm_has(&l->vs.mm, MM_TOTAL),
		.total = total_bytes(l),
	};
	uint64_t bytes, lost = 0;
	bool told = l->count_bad || l->lost_told; /* why areas are missing */
	size_t n;

	if (are_sound(l, &c))
		return;
	c.area = mem_zalloc(c.n + 1, sizeof(*c.area));
	if (!c.area)
		return;
	fill(l, &c);
	if (are_lost(l, &c, &bytes)) {
		c.has_total = false;
		l->count_bad++;
		lost = (l->mm.v[MM_MAP_COUNT] & UINT32_MAX) - l->areas.n;
	}
	n = area_judge(&c, v, VERDICTS);
	report_all(l, v, n);
	for (size_t i = 0; i < c.n; i++) {
		if (!c.area[i].told && !l->areas.vma[i].fault)
			l->areas.vma[i].fault = &mm_no_area;
		l->areas.vma[i].start = c.area[i].told ? c.area[i].start : c.area[i].tree_start;
		l->areas.vma[i].end = c.area[i].told ? c.area[i].end : c.area[i].tree_end;
		l->count_bad += !c.area[i].told;
	}
	mem_free(c.area);
	if (lost && !told)
		mm_check_lost(l, lost, bytes / l->page);
}
