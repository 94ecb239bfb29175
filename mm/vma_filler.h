/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vma_filler - private to mm/vma*.c: the structs of areas whose ranges are known, many at a time.
 *
 *   vma_filler_init(&f, vs);
 *   vma_filler_begin(&f, &v, at, range, n);  in the background; those begun before are there then
 *   vma_filler_wait(&f);                     and so are the last
 *   vma_filler_deinit(&f);
 */
#ifndef CAIRN_MM_VMA_FILLER_H
#define CAIRN_MM_VMA_FILLER_H

#include "lib/image/pick.h"
#include "mm/vma.h"

/** Areas that are filled together. */
struct vma_filling {
	const struct vma_shape *vs;
	struct vmas *v; /* where faults are kept */
	struct vma *to;
	const struct vma_range *range;
	size_t n;
	uint64_t *addr;
	unsigned char *there; /* a flag for each */
	size_t cap;
};

struct vma_filler {
	struct pick pick;
	struct vma_filling part[2], *coming; /* NULL: none */
};

/** `vs` is borrowed. */
void vma_filler_init(struct vma_filler *f, const struct vma_shape *vs);
void vma_filler_deinit(struct vma_filler *f);

/** v->vma[at + i] is filled from range[i]; both stay until then. CAIRN_NOMEM, CAIRN_INTERRUPTED. */
enum cairn_code vma_filler_begin(struct vma_filler *f, struct vmas *v, size_t at,
				 const struct vma_range *range, size_t n, struct cairn_err *err);
void vma_filler_wait(struct vma_filler *f);

#endif
