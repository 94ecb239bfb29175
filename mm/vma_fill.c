/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vma_fill - the structs of areas whose addresses are known: each page that they lie in read once. */
#include <string.h>

#include "lib/base/mem.h"
#include "mm/vma_parse.h"

#define VMA_FAULTS 256 /* of which each keeps its own text */

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
	unsigned char raw[VMA_RAW];
	struct cairn_err why;

	if (space_read(&vs->c->kernel, vma->addr + vs->s.lo, raw, vs->s.hi - vs->s.lo, &why))
		note_fault(v, vma, &why);
	else
		vma_parse(vs, raw, vma);
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
			vma_parse(f->vs, data + at, vma);
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
				vma_parse(f->vs, f->straddle[i].raw, &f->v->vma[f->straddle[i].i]);
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

	if (vs->s.hi - vs->s.lo > VMA_RAW)
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
