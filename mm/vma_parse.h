/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vma_parse - private to mm/vma*.c: a struct vm_area_struct out of its bytes. */
#ifndef CAIRN_MM_VMA_PARSE_H
#define CAIRN_MM_VMA_PARSE_H

#include "lib/base/cursor.h"
#include "mm/vma.h"

/** No struct has more bytes between the members that are wanted. */
#define VMA_RAW 1024

/* size: of each member, 0: what its type says. */
static inline uint64_t vma_word(const struct vma_shape *vs, const unsigned char *raw,
				enum vma_member m, unsigned size)
{
	const struct member *at = &vs->s.m[m];

	return vs->s.has[m] ? le_uint(raw + at->offset - vs->s.lo, size ? size : at->size) : 0;
}

static inline __attribute__((always_inline)) void vma_parse_as(const struct vma_shape *vs,
							       const unsigned char *raw,
							       unsigned size, struct vma *v)
{
	v->start = vma_word(vs, raw, VMA_START, size);
	v->end = vma_word(vs, raw, VMA_END, size);
	v->flags = vma_word(vs, raw, VMA_FLAGS, size);
	v->pgoff = vma_word(vs, raw, VMA_PGOFF, size);
	v->file = vma_word(vs, raw, VMA_FILE, size);
	v->mm = vma_word(vs, raw, VMA_MM, size);
	v->anon_vma = vma_word(vs, raw, VMA_ANON_VMA, size);
	v->ops = vma_word(vs, raw, VMA_OPS, size);
	v->hint = vma_word(vs, raw, v->ops ? VMA_PRIVATE : VMA_ANON_NAME, size);
}

/** raw: the bytes [lo, hi) of the struct. There may be half a million: the usual size is a constant. */
static inline void vma_parse(const struct vma_shape *vs, const unsigned char *raw, struct vma *v)
{
	if (vs->wide)
		vma_parse_as(vs, raw, 8, v);
	else
		vma_parse_as(vs, raw, 0, v);
}

#endif
