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
		[VMA_ANON_NAME] = "anon_name",
	},
};

static const char *const fields[VMA_N] = {
	[VMA_START] = "vm_area_struct.vm_start", [VMA_END] = "vm_area_struct.vm_end",
	[VMA_FLAGS] = "vm_area_struct.vm_flags", [VMA_PGOFF] = "vm_area_struct.vm_pgoff",
	[VMA_FILE] = "vm_area_struct.vm_file", [VMA_MM] = "vm_area_struct.vm_mm",
	[VMA_ANON_VMA] = "vm_area_struct.anon_vma", [VMA_OPS] = "vm_area_struct.vm_ops",
	[VMA_PRIVATE] = "vm_area_struct.vm_private_data",
	[VMA_ANON_NAME] = "vm_area_struct.anon_name",
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
	vs->wide = true;
	for (unsigned i = 0; i < VMA_N; i++)
		vs->wide &= !vs->s.has[i] || vs->s.m[i].size == 8;
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

/* size: of each member, 0: what its type says. */
static inline uint64_t get(const struct vma_shape *vs, const unsigned char *raw, enum vma_member m,
			   unsigned size)
{
	const struct member *at = &vs->s.m[m];

	return vs->s.has[m] ? le_uint(raw + at->offset - vs->s.lo, size ? size : at->size) : 0;
}

static inline __attribute__((always_inline)) void parse_as(const struct vma_shape *vs,
							   const unsigned char *raw, unsigned size,
							   struct vma *v)
{
	v->start = get(vs, raw, VMA_START, size);
	v->end = get(vs, raw, VMA_END, size);
	v->flags = get(vs, raw, VMA_FLAGS, size);
	v->pgoff = get(vs, raw, VMA_PGOFF, size);
	v->file = get(vs, raw, VMA_FILE, size);
	v->mm = get(vs, raw, VMA_MM, size);
	v->anon_vma = get(vs, raw, VMA_ANON_VMA, size);
	v->ops = get(vs, raw, VMA_OPS, size);
	v->hint = get(vs, raw, v->ops ? VMA_PRIVATE : VMA_ANON_NAME, size);
}

/* raw: the bytes [lo, hi) of the struct. There may be half a million: the usual size is a constant. */
static void parse(const struct vma_shape *vs, const unsigned char *raw, struct vma *v)
{
	if (vs->wide)
		parse_as(vs, raw, 8, v);
	else
		parse_as(vs, raw, 0, v);
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

/* A page that areas lie in. */
struct home {
	uint64_t page;
	size_t spot, straddle; /* the first of its areas, of those that reach into the next page */
};

/* An area that lies in two pages: its bytes. */
struct straddle {
	size_t i;
	unsigned char *raw;
};

struct filler {
	const struct vma_shape *vs;
	struct vmas *v;
	const struct spot *spot;
	struct home *home;           /* nhomes, and one that ends the last */
	struct straddle *straddle;
	struct image_load *load;
	unsigned char *raw;
	size_t nhomes, nstraddles, len;
};

static uint64_t last_page(const struct filler *f, size_t i)
{
	return (f->v->vma[i].addr + f->vs->s.hi - 1) >> f->vs->c->kernel.page_shift;
}

static void add_home(struct filler *f, uint64_t page, size_t spot)
{
	if (f->nhomes && f->home[f->nhomes - 1].page == page)
		return;
	f->home[f->nhomes++] = (struct home){ page, spot, f->nstraddles };
}

/* The page behind the last one, if an area reaches into it. */
static void add_second(struct filler *f, size_t spot)
{
	uint64_t last = f->nstraddles ? last_page(f, f->straddle[f->nstraddles - 1].i) : 0;

	if (f->nstraddles && last > f->home[f->nhomes - 1].page)
		add_home(f, last, spot);
}

/* Which pages, and what of which area is in each. */
static void find_homes(struct filler *f)
{
	for (size_t i = 0; i < f->v->n; i++) {
		uint64_t page = f->spot[i].page;

		if (f->nhomes && f->home[f->nhomes - 1].page < page)
			add_second(f, i);
		add_home(f, page, i);
		if (last_page(f, f->spot[i].i) != page) {
			f->straddle[f->nstraddles] = (struct straddle){
				f->spot[i].i, f->raw + f->nstraddles * f->len };
			f->nstraddles++;
		}
	}
	add_second(f, f->v->n);
	f->home[f->nhomes] = (struct home){ UINT64_MAX, f->v->n, f->nstraddles };
}

/* A page is there: on one of two threads, each page's areas being none of another's. */
static void see(void *arg, size_t n, const unsigned char *data)
{
	struct filler *f = arg;
	const struct home *h = &f->home[n];
	size_t size = (size_t)1 << f->vs->c->kernel.page_shift;

	for (size_t i = h->spot; i < h[1].spot; i++) {
		struct vma *vma = &f->v->vma[f->spot[i].i];
		size_t at = (vma->addr + f->vs->s.lo) & (size - 1);

		if (at + f->len <= size)
			parse(f->vs, data + at, vma);
	}
	for (size_t i = h->straddle; i < h[1].straddle; i++) {
		size_t at = (f->v->vma[f->straddle[i].i].addr + f->vs->s.lo) & (size - 1);

		memcpy(f->straddle[i].raw, data + at, size - at);
	}
	if (!n || h[-1].page + 1 != h->page)
		return;
	for (size_t i = h[-1].straddle; i < h->straddle; i++) {
		size_t at = (f->v->vma[f->straddle[i].i].addr + f->vs->s.lo) & (size - 1);

		memcpy(f->straddle[i].raw + (size - at), data, f->len - (size - at));
	}
}

static void translate(struct filler *f)
{
	struct space *s = &f->vs->c->kernel;
	struct cairn_err why;

	for (size_t i = 0; i < f->nhomes; i++)
		if (space_translate(s, f->home[i].page << s->page_shift, &f->load[i].paddr, &why))
			f->load[i].fault = why.fault ? why.fault : CAIRN_FAULT_UNMAPPED;
}

/* A struct does not wrap around at the end of the address space: there is no page then. */
static void fault_at(struct filler *f, size_t i, size_t home)
{
	const struct space *s = &f->vs->c->kernel;
	uint64_t page = f->home[home].page << s->page_shift, from = f->v->vma[i].addr + f->vs->s.lo;
	struct cairn_err why;

	cairn_fail_read(&why, f->load[home].fault ? f->load[home].fault : CAIRN_FAULT_NONCANONICAL,
			page > from && home < f->nhomes ? page : from, s->what);
	note_fault(f->v, &f->v->vma[i], &why);
}

/* Those in two pages, and those in pages that could not be read. */
static void finish(struct filler *f)
{
	for (size_t h = 0; h < f->nhomes; h++) {
		bool bad = f->load[h].fault;

		for (size_t i = f->home[h].spot; bad && i < f->home[h + 1].spot; i++)
			fault_at(f, f->spot[i].i, h);
		for (size_t i = f->home[h].straddle; !bad && i < f->home[h + 1].straddle; i++)
			if (f->load[h + 1].fault || h + 1 == f->nhomes)
				fault_at(f, f->straddle[i].i, h + 1);
			else
				parse(f->vs, f->straddle[i].raw, &f->v->vma[f->straddle[i].i]);
	}
}

static enum cairn_code fill_many(const struct vma_shape *vs, struct vmas *v,
				 struct cairn_err *err)
{
	struct spot *a = mem_resize(NULL, v->n, 2 * sizeof(*a));
	struct filler f = { .vs = vs, .v = v, .len = vs->s.hi - vs->s.lo };
	size_t two = 0;
	bool good;

	for (size_t i = 0; i < v->n; i++)
		two += last_page(&f, i) != (v->vma[i].addr + vs->s.lo) >> vs->c->kernel.page_shift;
	f.spot = a ? spots_of(vs, v, a, a + v->n) : NULL;
	for (size_t i = 0; f.spot && i < v->n; i++)
		f.nhomes += !i || f.spot[i].page != f.spot[i - 1].page;
	f.home = mem_zalloc(f.nhomes + two + 1, sizeof(*f.home));
	f.load = mem_zalloc(f.nhomes + two + 1, sizeof(*f.load));
	f.straddle = mem_zalloc(two + 1, sizeof(*f.straddle));
	f.raw = mem_zalloc(two + 1, f.len);
	good = a && f.home && f.load && f.straddle && f.raw;
	if (good) {
		f.nhomes = 0;
		find_homes(&f);
		translate(&f);
		image_each(vs->c->img, f.load, f.nhomes, see, &f);
		finish(&f);
	}
	mem_free(a);
	mem_free(f.home);
	mem_free(f.load);
	mem_free(f.straddle);
	mem_free(f.raw);
	if (!good)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for %zu VMAs", v->n);
	return vs->c->stop && vs->c->stop() ? cairn_fail(err, CAIRN_INTERRUPTED, "interrupted")
					    : CAIRN_OK;
}

#define FEW 64

static enum cairn_code fill(const struct vma_shape *vs, struct vmas *v, struct cairn_err *err)
{
	const struct space *s = &vs->c->kernel;
	enum cairn_code code = CAIRN_OK;

	if (vs->s.hi - vs->s.lo > RAW_LIMIT)
		return cairn_fail(err, CAIRN_MISSING, "struct vm_area_struct is too large");
	/* tables of smaller pages than the dump's: not every page is one piece */
	if (v->n >= FEW && s->page_shift == image_info(s->img)->page_shift)
		code = fill_many(vs, v, err);
	else
		for (size_t i = 0; i < v->n; i++)
			fill_one(vs, v, &v->vma[i]);
	/* the red-black tree knows no ranges but those of the structs */
	for (size_t i = 0; !code && !mm_has(&vs->mm, MM_TREE) && i < v->n; i++)
		if (!v->vma[i].fault) {
			v->vma[i].first = v->vma[i].start;
			v->vma[i].last = v->vma[i].end - 1;
		}
	return code;
}

/* Room for n areas, whose ranges are these. */
static bool begin_part(struct vmas *part, const struct vma_range *range, size_t n)
{
	if (part->cap < n || !part->vma) {
		mem_free(part->vma);
		part->vma = mem_resize(NULL, n + 1, sizeof(*part->vma));
		part->cap = part->vma ? n : 0;
	}
	part->n = part->vma ? n : 0;
	part->faults = part->nfault = 0;
	for (size_t i = 0; i < part->n; i++)
		part->vma[i] = (struct vma){ .addr = range[i].addr, .first = range[i].first,
					     .last = range[i].last };
	return part->vma;
}

enum cairn_code vmas_part(const struct vma_shape *vs, const struct vmas *all, size_t at,
			  size_t size, struct vmas *part, struct cairn_err *err)
{
	size_t n = size < all->n - at ? size : all->n - at;

	if (!begin_part(part, all->range + at, n))
		return cairn_fail(err, CAIRN_NOMEM, "no memory for %zu VMAs", n);
	return fill(vs, part, err);
}

enum cairn_code vmas_fill(const struct vma_shape *vs, struct vmas *v, struct cairn_err *err)
{
	if (!begin_part(v, v->range, v->n))
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the VMAs");
	mem_free(v->range);
	v->range = NULL;
	return fill(vs, v, err);
}

/* ---- some at a time ---- */

#define WINDOW   ((size_t)16384)
#define SPAN_MAX (UINT64_C(1) << 26) /* pages that the structs are spread over */

/* Pages that these areas begin in, whose bits are not set yet. */
static size_t mark(const struct vma_shape *vs, const struct vma_range *r, size_t n, uint64_t base,
		   unsigned char *bits)
{
	size_t new = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t page = (r[i].addr >> vs->c->kernel.page_shift) - base;

		new += !(bits[page / 8] >> page % 8 & 1);
		bits[page / 8] |= (unsigned char)(1u << page % 8);
	}
	return new;
}

static void unmark(const struct vma_shape *vs, const struct vma_range *r, size_t n, uint64_t base,
		   unsigned char *bits)
{
	for (size_t i = 0; i < n; i++)
		bits[((r[i].addr >> vs->c->kernel.page_shift) - base) / 8] = 0;
}

/* Pages that are read if so many are looked at at a time. */
static size_t pages_of(const struct vma_shape *vs, const struct vmas *all, size_t size,
		       uint64_t base, unsigned char *bits)
{
	size_t sum = 0;

	for (size_t at = 0; at < all->n; at += size) {
		size_t n = size < all->n - at ? size : all->n - at;

		sum += mark(vs, all->range + at, n, base, bits);
		unmark(vs, all->range + at, n, base, bits);
	}
	return sum;
}

size_t vmas_window(const struct vma_shape *vs, const struct vmas *all)
{
	uint64_t low = UINT64_MAX, high = 0;
	unsigned char *bits = NULL;
	bool often = true;

	if (all->n <= WINDOW)
		return all->n ? all->n : 1;
	for (size_t i = 0; i < all->n; i++) {
		uint64_t page = all->range[i].addr >> vs->c->kernel.page_shift;

		low = page < low ? page : low;
		high = page > high ? page : high;
	}
	if (high - low < SPAN_MAX)
		bits = mem_zalloc((high - low) / 8 + 1, 1);
	if (bits)
		often = pages_of(vs, all, WINDOW, low, bits) > pages_of(vs, all, all->n, low, bits) / 8 * 9;
	mem_free(bits);
	return often ? all->n : WINDOW;
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

	return code ? code : vmas_fill(vs, ret, err);
}

void vmas_free(struct vmas *v)
{
	mem_free(v->vma);
	mem_free(v->range);
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
