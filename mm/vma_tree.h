/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vma_tree - where an address space keeps its VMAs: ranges and addresses, without the structs.
 *
 * Private to mm/vma*.c. What could be walked is in *ret also when `partial` is set.
 */
#ifndef CAIRN_MM_VMA_TREE_H
#define CAIRN_MM_VMA_TREE_H

#include "mm/vma.h"

/** VMAs of one address space: a kernel lets a process have this many only if it is told to. */
#define VMAS_LIMIT ((size_t)1 << 26)

/** What a slot holds can be a struct vm_area_struct. */
bool vma_is_entry(uint64_t entry);

enum cairn_code vma_tree_maple(const struct vma_shape *vs, const struct mm *mm, struct vmas *ret,
			       struct cairn_err *err);

/** `first` and `last` are 0: the tree knows no ranges. */
enum cairn_code vma_tree_rb(const struct vma_shape *vs, const struct mm *mm, struct vmas *ret,
			    struct cairn_err *err);

/** The same through the list, in its order. */
enum cairn_code vma_tree_list(const struct vma_shape *vs, const struct mm *mm, struct vmas *ret,
			      struct cairn_err *err);

#endif
