/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/mem.h"
#include "mm/maple_mm_impl.h"
#include "mm/slab.h"

#define VMAS_KEPT    (4u << 20) /* bytes of pages that are kept for the next tree */
#define VMA_BYTES    512
#define STRIDE_LIMIT 4096
#define LARGE        4096       /* nodes of a tree */
#define AT_ONCE      16384      /* areas that are asked */
#define AT_MOST      (1u << 20)
#define MANY_IN_PAGE 8          /* areas: a third of what may lie in one */

enum { VMA_START, VMA_END, VMA_MM, VMA_N };
static const struct shape_want vma_want = {
	"struct vm_area_struct", VMA_N,
	{ [VMA_START] = "vm_start", [VMA_END] = "vm_end", [VMA_MM] = "vm_mm" },
};

/* ---- what a vm_area_struct says ---- */

static const unsigned char *vma_bytes(struct maple_mms *s, uint64_t vma, void *buf, size_t room,
				      struct cairn_err *err)
{
	size_t len = s->vma_shape.hi - s->vma_shape.lo;

	if (len > room)
		return NULL;
	return shelf_bytes(&s->vmas, vma + s->vma_shape.lo, buf, len, err);
}

static uint64_t vma_word(const struct maple_mms *s, const unsigned char *bytes, unsigned m)
{
	return le_uint(bytes + s->vma_shape.m[m].offset - s->vma_shape.lo, s->vma_shape.m[m].size);
}

/* Slab pages are in every dump; what is not may be no page of memory, or of another kind. */
bool maple_mm_is_elsewhere(void *arg, uint64_t addr)
{
	struct maple_mms *s = arg;
	enum page_owner owner;
	struct cairn_err err = { 0 };
	uint64_t paddr;

	if (!s->frames.size || space_translate(&s->c->kernel, addr, &paddr, &err))
		return false;
	if (!page_owner_of(&s->frames, paddr >> s->frames.shift, &owner, &err))
		return owner != PAGE_SLAB;
	return err.fault == CAIRN_FAULT_UNMAPPED || err.fault == CAIRN_FAULT_NONCANONICAL;
}

static bool is_no_memory(struct maple_mms *s, uint64_t addr, enum cairn_fault fault)
{
	return fault == CAIRN_FAULT_UNMAPPED || fault == CAIRN_FAULT_NONCANONICAL ||
	       maple_mm_is_elsewhere(s, addr);
}

enum maple_said maple_vma_says(struct maple_mms *s, uint64_t entry, uint64_t *first, uint64_t *last)
{
	unsigned char buf[VMA_BYTES];
	const unsigned char *p;
	struct cairn_err err = { 0 };

	*first = *last = 0;
	if (entry & (s->layout->word - 1u))
		return MAPLE_SAYS_OTHER;
	p = vma_bytes(s, entry, buf, sizeof(buf), &err);
	if (!p)
		return is_no_memory(s, err.addr, err.fault) ? MAPLE_SAYS_OTHER : MAPLE_SAYS_NOTHING;
	*first = vma_word(s, p, VMA_START);
	*last = (vma_word(s, p, VMA_END) - 1) & s->layout->max;
	return vma_word(s, p, VMA_MM) == s->current ? MAPLE_SAYS_RANGE : MAPLE_SAYS_OTHER;
}

static enum maple_said says(void *arg, uint64_t entry, uint64_t *first, uint64_t *last)
{
	return maple_vma_says(arg, entry, first, last);
}

/* ---- what many of them say ---- */

static inline __attribute__((always_inline)) bool says_as(const struct maple_mms *s,
							  const unsigned char *p, unsigned size,
							  uint64_t first, uint64_t last)
{
	const struct member *m = s->vma_shape.m;

	p -= s->vma_shape.lo;
	return !((le_uint(p + m[VMA_START].offset, size) ^ first) |
		 (((le_uint(p + m[VMA_END].offset, size) - 1) & s->layout->max) ^ last) |
		 (le_uint(p + m[VMA_MM].offset, size) ^ s->current));
}

/* There may be half a million: the size of their words is a constant. */
static bool says_that(const struct maple_mms *s, const unsigned char *p, uint64_t first,
		      uint64_t last)
{
	return s->layout->word == 8 ? says_as(s, p, 8, first, last) :
				      says_as(s, p, 4, first, last);
}

static bool is_aligned(const struct maple_mms *s, uint64_t entry)
{
	return !(entry & (s->layout->word - 1u));
}

static void show(void *arg, size_t i, const unsigned char *bytes)
{
	const struct maple_vmas_asked *a = arg;

	a->q.agrees[i] = is_aligned(a->s, a->q.entry[i]) &&
			 says_that(a->s, bytes, a->q.first[i], a->q.last[i]);
}

/* Of a small tree: other trees' lie in the same pages, which are kept. */
static void ask_few(struct maple_mms *s, const struct maple_asked *q)
{
	size_t len = s->vma_shape.hi - s->vma_shape.lo;
	unsigned char buf[VMA_BYTES];

	for (size_t i = 0; i < q->n; i++)
		shelf_want(&s->vmas, q->entry[i] + s->vma_shape.lo, len);
	shelf_load(&s->vmas);
	for (size_t i = 0; i < q->n; i++) {
		const unsigned char *p = vma_bytes(s, q->entry[i], buf, sizeof(buf), NULL);

		q->agrees[i] = p && is_aligned(s, q->entry[i]) &&
			       says_that(s, p, q->first[i], q->last[i]);
	}
	shelf_trim(&s->vmas, VMAS_KEPT);
}

/* Where a page has few of them, it will be read again for others: more of them at once, then. */
static size_t ask(void *arg, const struct maple_asked *q)
{
	struct maple_mms *s = arg;
	struct maple_vmas_asked *next = &s->asked[s->asked_now ^= 1];
	size_t pages;

	*next = (struct maple_vmas_asked){ s, *q };
	if (q->nodes < s->large || !pick_begin(&s->pick, q->entry, q->n, next, &pages)) {
		ask_few(s, q);
		return AT_ONCE;
	}
	if (pages <= q->n / MANY_IN_PAGE)
		return q->n;
	return 4 * q->n < AT_MOST ? 4 * q->n : AT_MOST;
}

static void answer(void *arg)
{
	struct maple_mms *s = arg;

	pick_wait(&s->pick);
}

/* ---- one that the tree has lost ---- */

static void note_page(struct maple_mms *s, uint64_t entry)
{
	uint64_t page = entry >> s->c->kernel.page_shift;

	if (entry && !map_get(&s->pages, page, NULL))
		map_put(&s->pages, page, entry);
}

static void note_pages(struct maple_mms *s, const struct maple *m)
{
	for (size_t i = 0; i < m->n; i++)
		for (unsigned k = 0; m->node[i].state == MAPLE_THERE &&
				     m->node[i].type == MAPLE_LEAF && k <= m->node[i].end; k++)
			note_page(s, maple_slot(m, &m->node[i], k));
}

/* Of all trees together: a broken one may lead to another's nodes. */
static void find_pages(struct maple_mms *s)
{
	size_t left = s->limit;

	for (size_t i = 0; i < s->n && left; i++) {
		struct maple m = {
			.c = s->c, .layout = s->layout, .shelf = s->nodes, .tree = s->mm[i].tree,
			.last = s->layout->max, .limit = left,
		};

		if (!maple_load(&m, NULL))
			note_pages(s, &m);
		left -= m.n < left ? m.n : left;
		maple_unload(&m);
	}
}

static void find_stride(struct maple_mms *s, uint64_t vma)
{
	struct slab_layout l;
	struct slab slab;

	if (s->frames.size && !slab_find(s->c, &s->frames, vma, &slab, NULL) &&
	    !slab_layout_of(s->c, slab.cache, &l, NULL))
		s->stride = l.stride;
	if (s->stride < s->vma_shape.hi || s->stride > STRIDE_LIMIT || s->stride % s->layout->word)
		s->stride = (s->vma_shape.size + 7) & ~UINT64_C(7);
}

static uint64_t whose_and_where(uint64_t mm, uint64_t start)
{
	return hash_u64(mm) + start;
}

static void note_lost(struct maple_mms *s, uint64_t vma)
{
	unsigned char buf[VMA_BYTES];
	const unsigned char *p = vma_bytes(s, vma, buf, sizeof(buf), NULL);

	if (p && vma_word(s, p, VMA_MM))
		map_put(&s->lost, whose_and_where(vma_word(s, p, VMA_MM), vma_word(s, p, VMA_START)),
			vma);
}

/* All objects on the pages that have a vm_area_struct of some tree. */
static void search(struct maple_mms *s)
{
	uint64_t size = UINT64_C(1) << s->c->kernel.page_shift, at;

	map_deinit(&s->lost);
	s->searched = true;
	if (!s->pages.count)
		find_pages(s);
	for (size_t i = 0; i < s->pages.cap; i++) {
		if (!s->pages.slots[i].used)
			continue;
		at = s->pages.slots[i].value;
		if (!s->stride)
			find_stride(s, at);
		for (at = (at & ~(size - 1)) + (at & (size - 1)) % s->stride;
		     at >> s->c->kernel.page_shift == s->pages.slots[i].key; at += s->stride)
			note_lost(s, at);
	}
}

static bool find(void *arg, uint64_t first, uint64_t last, uint64_t *entry)
{
	struct maple_mms *s = arg;
	unsigned char buf[VMA_BYTES];
	const unsigned char *p;

	if (!s->searched)
		search(s);
	if (!map_get(&s->lost, whose_and_where(s->current, first), entry))
		return false;
	p = vma_bytes(s, *entry, buf, sizeof(buf), NULL);
	return p && says_that(s, p, first, last);
}

static bool is_used(void *arg, uint64_t entry)
{
	return maple_mm_is_area_in_use(arg, entry);
}

/* ---- one that is overwritten ---- */

static bool is_known(const struct maple_mms *s, uint64_t mm)
{
	struct maple_mm known;

	return mm == s->current || maple_mm_of(s, mm, &known);
}

/* An object of its cache that no area would be: the slot that leads to it is right. One that is an area
 * elsewhere is led to wrongly. */
static bool is_overwritten(void *arg, uint64_t entry, const char **name)
{
	struct maple_mms *s = arg;
	unsigned char buf[VMA_BYTES];
	const unsigned char *p = vma_bytes(s, entry, buf, sizeof(buf), NULL);
	uint64_t start, end, page = UINT64_C(1) << s->c->kernel.page_shift;

	*name = "vm_area_struct";
	if (!p || !is_aligned(s, entry) || !maple_mm_is_area(s, entry))
		return false;
	start = vma_word(s, p, VMA_START);
	end = vma_word(s, p, VMA_END);
	return start >= end || (start | end) & (page - 1) || !is_known(s, vma_word(s, p, VMA_MM));
}

/* ---- */

bool maple_vma_known(const struct maple_mms *s)
{
	return shape_has(&s->vma_shape, VMA_START) && shape_has(&s->vma_shape, VMA_END) &&
	       shape_has(&s->vma_shape, VMA_MM);
}

void maple_vma_entries(struct maple_mms *s, bool gone, struct maple_entries *e)
{
	if (!maple_vma_known(s))
		return;
	e->find = find;
	if (gone)
		return;
	e->is_overwritten = is_overwritten;
	e->is_used = is_used;
	e->says = says;
	e->ask = ask;
	e->answer = answer;
}

void maple_vma_init(struct maple_mms *s)
{
	struct shape *k = &s->vma_shape;

	s->large = LARGE;
	shelf_init(&s->vmas, &s->c->kernel);
	if (shape_resolve(k, &vma_want, &s->c->types, NULL))
		*k = (struct shape){ 0 };
	pick_init(&s->pick, &s->c->kernel, k->lo, k->hi - k->lo, show);
}

void maple_vma_deinit(struct maple_mms *s)
{
	pick_deinit(&s->pick);
	shelf_deinit(&s->vmas);
	map_deinit(&s->pages);
	map_deinit(&s->lost);
}
