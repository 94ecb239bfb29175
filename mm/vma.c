/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/vma.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/cursor.h"
#include "lib/base/mem.h"
#include "lib/kern/maple.h"
#include "mm/vma_tree.h"

static const struct shape_want vma_want = {
	"struct vm_area_struct", VMA_N,
	{
		[VMA_START] = "vm_start", [VMA_END] = "vm_end",
		[VMA_FLAGS] = "vm_flags|__vm_flags", [VMA_PGOFF] = "vm_pgoff",
		[VMA_FILE] = "vm_file", [VMA_MM] = "vm_mm", [VMA_ANON_VMA] = "anon_vma",
		[VMA_OPS] = "vm_ops", [VMA_PRIVATE] = "vm_private_data",
	},
};

static const char *const fields[VMA_N] = {
	[VMA_START] = "vm_area_struct.vm_start", [VMA_END] = "vm_area_struct.vm_end",
	[VMA_FLAGS] = "vm_area_struct.vm_flags", [VMA_PGOFF] = "vm_area_struct.vm_pgoff",
	[VMA_FILE] = "vm_area_struct.vm_file", [VMA_MM] = "vm_area_struct.vm_mm",
	[VMA_ANON_VMA] = "vm_area_struct.anon_vma", [VMA_OPS] = "vm_area_struct.vm_ops",
	[VMA_PRIVATE] = "vm_area_struct.vm_private_data",
};

enum { L_RB, L_NEXT, L_N };
static const struct shape_want link_want = {
	"struct vm_area_struct", L_N, { [L_RB] = "vm_rb", [L_NEXT] = "vm_next" },
};

enum cairn_code vma_shape_init(struct vma_shape *vs, struct cairn *c, struct cairn_err *err)
{
	static const unsigned needed[] = { VMA_START, VMA_END, VMA_FLAGS };
	struct shape links;
	enum cairn_code code;

	*vs = (struct vma_shape){ .c = c, .rb = UINT64_MAX, .next = UINT64_MAX };
	code = mm_shape_init(&vs->mm, c, err);
	if (!code)
		code = shape_resolve(&vs->s, &vma_want, &c->types, err);
	if (!code)
		code = shape_require(&vs->s, needed, 3, err);
	if (code)
		return code;
	if (!shape_resolve(&links, &link_want, &c->types, NULL)) {
		vs->rb = shape_has(&links, L_RB) ? links.m[L_RB].offset : UINT64_MAX;
		vs->next = shape_has(&links, L_NEXT) ? links.m[L_NEXT].offset : UINT64_MAX;
	}
	return CAIRN_OK;
}

bool vma_has(const struct vma_shape *vs, enum vma_member m)
{
	return shape_has(&vs->s, m);
}

uint64_t vma_at(const struct vma_shape *vs, uint64_t addr, enum vma_member m)
{
	return vma_has(vs, m) ? addr + vs->s.m[m].offset : 0;
}

const char *vma_field(enum vma_member m)
{
	return fields[m];
}

/* ---- the structs ---- */

static uint64_t get(const struct vma_shape *vs, const unsigned char *raw, enum vma_member m)
{
	const struct member *at = &vs->s.m[m];

	return vs->s.has[m] ? le_uint(raw + at->offset - vs->s.lo, at->size) : 0;
}

/* raw: the bytes [lo, hi) of the struct */
static void parse(const struct vma_shape *vs, const unsigned char *raw, struct vma *v)
{
	v->start = get(vs, raw, VMA_START);
	v->end = get(vs, raw, VMA_END);
	v->flags = get(vs, raw, VMA_FLAGS);
	v->pgoff = get(vs, raw, VMA_PGOFF);
	v->file = get(vs, raw, VMA_FILE);
	v->mm = get(vs, raw, VMA_MM);
	v->anon_vma = get(vs, raw, VMA_ANON_VMA);
	v->ops = get(vs, raw, VMA_OPS);
	v->private_data = get(vs, raw, VMA_PRIVATE);
}

#define RAW_LIMIT 1024

enum cairn_code vma_read(const struct vma_shape *vs, uint64_t addr, struct vma *ret,
			 struct cairn_err *err)
{
	unsigned char raw[RAW_LIMIT];
	size_t len = vs->s.hi - vs->s.lo;
	enum cairn_code code;

	*ret = (struct vma){ .addr = addr };
	if (len > sizeof(raw))
		return cairn_fail(err, CAIRN_MISSING, "struct vm_area_struct is too large");
	code = space_read(&vs->c->kernel, addr + vs->s.lo, raw, len, err);
	if (code)
		return code;
	parse(vs, raw, ret);
	ret->first = ret->start;
	ret->last = ret->end - 1;
	return CAIRN_OK;
}

static void note_fault(struct vmas *v, struct vma *vma, const struct cairn_err *why)
{
	/* room for one of each reason and place is more than anybody reads */
	static const struct cairn_err more = { .code = CAIRN_FAULT, .text = "could not be read" };

	v->faults++;
	vma->fault = &more;
	if (v->nfault < VMA_FAULTS && (v->fault || (v->fault = mem_zalloc(VMA_FAULTS,
									 sizeof(*v->fault))))) {
		v->fault[v->nfault] = *why;
		vma->fault = &v->fault[v->nfault++];
	}
}

static void fill_one(const struct vma_shape *vs, struct vmas *v, struct vma *vma)
{
	unsigned char raw[RAW_LIMIT];
	struct cairn_err why;

	if (space_read(&vs->c->kernel, vma->addr + vs->s.lo, raw, vs->s.hi - vs->s.lo, &why))
		note_fault(v, vma, &why);
	else
		parse(vs, raw, vma);
}

/* ---- many of them ---- */

/* An area by the page that it lies in. */
struct spot {
	uint64_t page; /* virtual page number */
	size_t i;
};

#define DIGIT 11

/* By page; least digit first, as far as the pages differ. */
static struct spot *sort_spots(struct spot *a, struct spot *b, size_t n, uint64_t span,
			       uint64_t base)
{
	for (unsigned shift = 0; shift < 64 && span >> shift; shift += DIGIT) {
		size_t at[1 << DIGIT] = { 0 }, sum = 0;
		struct spot *swap;

		for (size_t i = 0; i < n; i++)
			at[(a[i].page - base) >> shift & ((1 << DIGIT) - 1)]++;
		for (size_t d = 0; d < 1 << DIGIT; d++) {
			size_t count = at[d];

			at[d] = sum;
			sum += count;
		}
		for (size_t i = 0; i < n; i++)
			b[at[(a[i].page - base) >> shift & ((1 << DIGIT) - 1)]++] = a[i];
		swap = a;
		a = b;
		b = swap;
	}
	return a;
}

static struct spot *spots_of(const struct vma_shape *vs, const struct vmas *v, struct spot *a,
			     struct spot *b)
{
	uint64_t low = UINT64_MAX, high = 0;
	bool sorted = true;

	for (size_t i = 0; i < v->n; i++) {
		uint64_t page = (v->vma[i].addr + vs->s.lo) >> vs->c->kernel.page_shift;

		a[i] = (struct spot){ page, i };
		sorted &= page >= high;
		low = page < low ? page : low;
		high = page > high ? page : high;
	}
	return sorted ? a : sort_spots(a, b, v->n, high - low, low);
}

#define BATCH 1024 /* pages that are in memory at once */

struct filler {
	const struct vma_shape *vs;
	struct vmas *v;
	struct image_load loads[BATCH + 1];
	uint64_t page[BATCH + 1];
	struct cairn_err *why; /* of the pages that could not be translated */
	size_t n;
	unsigned char *buf;
};

/* The page's place in the batch, which it joins if it is not one of the last two. */
static void need_page(struct filler *f, uint64_t page)
{
	const struct space *s = &f->vs->c->kernel;

	if ((f->n && f->page[f->n - 1] == page) || (f->n > 1 && f->page[f->n - 2] == page))
		return;
	f->page[f->n] = page;
	f->loads[f->n].to = f->buf + (f->n << s->page_shift);
	f->n++;
}

static void load_pages(struct filler *f)
{
	struct space *s = &f->vs->c->kernel;
	struct image_load good[BATCH + 1];
	struct cairn_err why;
	size_t n = 0, at = 0;

	for (size_t i = 0; i < f->n; i++) {
		struct image_load *l = &f->loads[i];

		l->fault = CAIRN_FAULT_NONE;
		if (space_translate(s, f->page[i] << s->page_shift, &l->paddr, &why))
			l->fault = why.fault ? why.fault : CAIRN_FAULT_UNMAPPED;
		else
			good[n++] = *l;
	}
	image_load(s->img, good, n);
	for (size_t i = 0; i < f->n; i++)
		if (!f->loads[i].fault)
			f->loads[i].fault = good[at++].fault;
}

static void take(struct filler *f, struct vma *vma, size_t slot)
{
	const struct space *s = &f->vs->c->kernel;
	uint64_t from = vma->addr + f->vs->s.lo, to = vma->addr + f->vs->s.hi - 1;
	bool two = from >> s->page_shift != to >> s->page_shift;
	struct cairn_err why;

	if (f->loads[slot].fault || (two && f->loads[slot + 1].fault)) {
		slot += !f->loads[slot].fault;
		cairn_fail_read(&why, f->loads[slot].fault,
				slot && f->page[slot] << s->page_shift > from
					? f->page[slot] << s->page_shift : from,
				s->what);
		note_fault(f->v, vma, &why);
		return;
	}
	parse(f->vs, f->buf + (slot << s->page_shift) + (from & ((1u << s->page_shift) - 1)), vma);
}

/* As many of the n spots as one batch holds; their number. */
static size_t fill_batch(struct filler *f, const struct spot *spot, size_t n)
{
	const struct space *s = &f->vs->c->kernel;
	size_t took, slot = 0;

	f->n = 0;
	for (took = 0; took < n && f->n < BATCH; took++) {
		uint64_t end = f->v->vma[spot[took].i].addr + f->vs->s.hi - 1;

		need_page(f, spot[took].page);
		if (end >> s->page_shift != spot[took].page)
			need_page(f, end >> s->page_shift);
	}
	load_pages(f);
	for (size_t i = 0; i < took; i++) {
		while (f->page[slot] != spot[i].page)
			slot++;
		take(f, &f->v->vma[spot[i].i], slot);
	}
	return took;
}

static enum cairn_code fill_many(const struct vma_shape *vs, struct vmas *v,
				 struct cairn_err *err)
{
	struct spot *a = mem_resize(NULL, v->n, 2 * sizeof(*a)), *spot;
	struct filler *f = mem_zalloc(1, sizeof(*f));
	enum cairn_code code = CAIRN_OK;

	if (f)
		f->buf = mem_resize(NULL, BATCH + 1, (size_t)1 << vs->c->kernel.page_shift);
	if (!a || !f || !f->buf) {
		code = cairn_fail(err, CAIRN_NOMEM, "no memory for %zu VMAs", v->n);
	} else {
		f->vs = vs;
		f->v = v;
		spot = spots_of(vs, v, a, a + v->n);
		for (size_t done = 0; done < v->n && !code;) {
			done += fill_batch(f, spot + done, v->n - done);
			if (vs->c->stop && vs->c->stop())
				code = cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		}
	}
	if (f)
		mem_free(f->buf);
	mem_free(f);
	mem_free(a);
	return code;
}

#define FEW 64

enum cairn_code vmas_fill(const struct vma_shape *vs, struct vmas *v, struct cairn_err *err)
{
	const struct space *s = &vs->c->kernel;

	if (vs->s.hi - vs->s.lo > RAW_LIMIT)
		return cairn_fail(err, CAIRN_MISSING, "struct vm_area_struct is too large");
	/* tables of smaller pages than the dump's: not every page is one piece */
	if (v->n >= FEW && s->page_shift == image_info(s->img)->page_shift)
		return fill_many(vs, v, err);
	for (size_t i = 0; i < v->n; i++)
		fill_one(vs, v, &v->vma[i]);
	return CAIRN_OK;
}

/* ---- the whole ---- */

enum cairn_code vmas_ranges(const struct vma_shape *vs, const struct mm *mm, struct vmas *ret,
			    struct cairn_err *err)
{
	*ret = (struct vmas){ 0 };
	return mm_has(&vs->mm, MM_TREE) ? vma_tree_maple(vs, mm, ret, err)
					: vma_tree_rb(vs, mm, ret, err);
}

enum cairn_code vmas_get(const struct vma_shape *vs, const struct mm *mm, struct vmas *ret,
			 struct cairn_err *err)
{
	enum cairn_code code = vmas_ranges(vs, mm, ret, err);

	if (!code)
		code = vmas_fill(vs, ret, err);
	/* the red-black tree knows no ranges but those of the structs */
	for (size_t i = 0; !code && !mm_has(&vs->mm, MM_TREE) && i < ret->n; i++)
		if (!ret->vma[i].fault) {
			ret->vma[i].first = ret->vma[i].start;
			ret->vma[i].last = ret->vma[i].end - 1;
		}
	return code;
}

void vmas_free(struct vmas *v)
{
	mem_free(v->vma);
	mem_free(v->fault);
	*v = (struct vmas){ 0 };
}

const struct vma *vma_of(const struct vmas *v, uint64_t va)
{
	size_t low = 0, high = v->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (v->vma[mid].first <= va)
			low = mid + 1;
		else
			high = mid;
	}
	return low && va <= v->vma[low - 1].last ? &v->vma[low - 1] : NULL;
}

/* Through the tree alone, which finds it in a few steps. */
static enum cairn_code find_maple(const struct vma_shape *vs, const struct mm *mm, uint64_t va,
				  struct vma *ret, struct cairn_err *err)
{
	uint64_t entry, first, last;
	enum cairn_code code = maple_find(vs->c, mm_at(&vs->mm, mm, MM_TREE), va, &entry, &first,
					  &last, err);

	if (!code && !vma_is_entry(entry))
		code = cairn_fail(err, CAIRN_NOTFOUND, "no area holds 0x%" PRIx64, va);
	if (!code)
		code = vma_read(vs, entry, ret, err);
	if (!code) {
		ret->first = first;
		ret->last = last;
	}
	return code;
}

enum cairn_code vma_find(const struct vma_shape *vs, const struct mm *mm, uint64_t va,
			 struct vma *ret, struct cairn_err *err)
{
	const struct vma *found;
	struct vmas all;
	enum cairn_code code;

	if (mm_has(&vs->mm, MM_TREE))
		return find_maple(vs, mm, va, ret, err);
	code = vmas_get(vs, mm, &all, err);
	found = code ? NULL : vma_of(&all, va);
	if (found)
		*ret = *found;
	else if (!code)
		code = cairn_fail(err, CAIRN_NOTFOUND, "no area holds 0x%" PRIx64, va);
	vmas_free(&all);
	return code;
}
