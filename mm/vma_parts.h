/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vma_parts - the structs of very many areas, some at a time: memory that is used for the first
 * time costs more than what is done with it. While a part is looked at, the next one is read.
 *
 *   struct vma_parts *ps = vma_parts_begin(vs, &all);   all: by vmas_ranges()
 *   while (!(code = vma_parts_next(ps, &part, err)) && part)
 *           part->vma[0 .. part->n - 1]                  until the next call
 *   vma_parts_end(ps);
 */
#ifndef CAIRN_MM_VMA_PARTS_H
#define CAIRN_MM_VMA_PARTS_H

#include "mm/vma.h"

struct vma_parts;

/** NULL: out of memory. Both are borrowed. */
struct vma_parts *vma_parts_begin(const struct vma_shape *vs, const struct vmas *all);

/** *part: NULL at the end, and on CAIRN_NOMEM and CAIRN_INTERRUPTED. */
enum cairn_code vma_parts_next(struct vma_parts *ps, const struct vmas **part,
			       struct cairn_err *err);

/** NULL is fine. */
void vma_parts_end(struct vma_parts *ps);

/** How many areas are best read at a time: all where their structs lie so that pages would be read
 *  again and again. */
size_t vma_parts_size(const struct vma_shape *vs, const struct vmas *all);

#endif
