/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vma_fill - the structs of areas whose addresses are known: each page that they lie in read once. */
#include <string.h>

#include "lib/base/mem.h"
#include "mm/vma_filler.h"
#include "mm/vma_parse.h"
#include "mm/vma_parts.h"

#define FEW        64  /* areas that are read one by one: others' lie in the same pages, which are kept */
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

/* The red-black tree knows no ranges but those of the structs. */
static void fill_from(const struct vma_shape *vs, const struct vma_range *range,
		      const unsigned char *raw, struct vma *vma)
{
	vma->addr = range->addr;
	vma->fault = NULL;
	vma_parse(vs, raw, vma);
	vma->first = mm_has(&vs->mm, MM_TREE) ? range->first : vma->start;
	vma->last = mm_has(&vs->mm, MM_TREE) ? range->last : vma->end - 1;
}

static void fill_one(const struct vma_shape *vs, struct vmas *v, const struct vma_range *range,
		     struct vma *vma)
{
	unsigned char raw[VMA_RAW];
	struct cairn_err why;

	if (!space_read(&vs->c->kernel, range->addr + vs->s.lo, raw, vs->s.hi - vs->s.lo, &why)) {
		fill_from(vs, range, raw, vma);
		return;
	}
	*vma = (struct vma){ .addr = range->addr, .first = range->first, .last = range->last };
	note_fault(v, vma, &why);
}

/* ---- many of them ---- */

/* On one of two threads. */
static void show(void *arg, size_t i, const unsigned char *raw)
{
	struct vma_filling *p = arg;

	fill_from(p->vs, &p->range[i], raw, &p->to[i]);
	p->there[i] = 1;
}

static bool make_room(struct vma_filling *p, size_t n)
{
	if (p->cap >= n && p->addr && p->there)
		return true;
	mem_free(p->addr);
	mem_free(p->there);
	p->addr = mem_resize(NULL, n, sizeof(*p->addr));
	p->there = mem_resize(NULL, n, 1);
	p->cap = n;
	return p->addr && p->there;
}

/* Those that did not come are asked for once more, for the reason. */
static void finish(const struct vma_filling *p)
{
	const unsigned char *at = p->there, *end = p->there + p->n;

	for (; (at = memchr(at, 0, (size_t)(end - at))); at++)
		fill_one(p->vs, p->v, &p->range[at - p->there], &p->to[at - p->there]);
}

static bool begin(struct vma_filler *f, struct vma_filling *next)
{
	const struct vma_filling *before = f->coming;
	bool fine = make_room(next, next->n);

	if (fine) {
		for (size_t i = 0; i < next->n; i++)
			next->addr[i] = next->range[i].addr;
		memset(next->there, 0, next->n);
		fine = pick_begin(&f->pick, next->addr, next->n, next, NULL);
	}
	if (!fine)
		pick_wait(&f->pick);
	if (before)
		finish(before);
	f->coming = fine ? next : NULL;
	return fine;
}

enum cairn_code vma_filler_begin(struct vma_filler *f, struct vmas *v, size_t at,
				 const struct vma_range *range, size_t n, struct cairn_err *err)
{
	struct vma_filling *next = &f->part[f->coming == &f->part[0]];
	const struct vma_shape *vs = next->vs;

	next->v = v;
	next->to = v->vma + at;
	next->range = range;
	next->n = n;
	if (vs->c->stop && vs->c->stop())
		return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
	if (n >= FEW)
		return begin(f, next) ? CAIRN_OK :
			cairn_fail(err, CAIRN_NOMEM, "no memory for %zu VMAs", n);
	vma_filler_wait(f);
	for (size_t i = 0; i < n; i++)
		fill_one(vs, v, &range[i], &next->to[i]);
	return CAIRN_OK;
}

void vma_filler_wait(struct vma_filler *f)
{
	pick_wait(&f->pick);
	if (f->coming)
		finish(f->coming);
	f->coming = NULL;
}

void vma_filler_init(struct vma_filler *f, const struct vma_shape *vs)
{
	*f = (struct vma_filler){ .part = { { .vs = vs }, { .vs = vs } } };
	pick_init(&f->pick, &vs->c->kernel, vs->s.lo, vs->s.hi - vs->s.lo, show);
}

void vma_filler_deinit(struct vma_filler *f)
{
	pick_deinit(&f->pick);
	for (unsigned i = 0; i < 2; i++) {
		mem_free(f->part[i].addr);
		mem_free(f->part[i].there);
	}
}

/* ---- all of them ---- */

enum cairn_code vmas_fill(const struct vma_shape *vs, struct vmas *v, struct cairn_err *err)
{
	size_t size = vma_parts_size(vs, v);
	enum cairn_code code = CAIRN_OK;
	struct vma_filler f;

	v->vma = mem_resize(NULL, v->n + 1, sizeof(*v->vma));
	if (!v->vma)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the VMAs");
	vma_filler_init(&f, vs);
	for (size_t at = 0; !code && at < v->n; at += size)
		code = vma_filler_begin(&f, v, at, v->range + at,
					size < v->n - at ? size : v->n - at, err);
	vma_filler_wait(&f);
	vma_filler_deinit(&f);
	mem_free(v->range);
	v->range = NULL;
	v->n = code ? 0 : v->n;
	return code;
}
