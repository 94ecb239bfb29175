/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vma - the memory areas of an address space, in the order of their addresses.
 *
 * They are found through the maple tree, or before it through the red-black tree (the list that
 * goes with that is the checker's second opinion). The tree's ranges come first, in one walk;
 * then the structs, each page read once, on both cores where there are many: an address space may
 * have half a million of them, which vma_parts.h has some at a time.
 *
 * A VMA that cannot be read keeps its row: the tree's range stands in it, and the fault.
 * Source: include/linux/mm_types.h (struct vm_area_struct).
 */
#ifndef CAIRN_MM_VMA_H
#define CAIRN_MM_VMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/debug/shape.h"
#include "lib/kern/session.h"
#include "mm/mm.h"

/** One area. Offsets of files in pages. */
struct vma {
	uint64_t addr;              /* struct vm_area_struct */
	uint64_t start, end, flags; /* [vm_start, vm_end) */
	uint64_t pgoff, file, mm, anon_vma, ops;
	uint64_t hint;              /* what its name is found by: vm_private_data where there are
				       ops, else anon_name (garbage where a file lies over it) */
	uint64_t first, last;       /* the tree's range; of a red-black tree as start and end - 1 */
	const struct cairn_err *fault; /* NULL: none; else only addr, first and last are known */
};

/** Members, for vma_at(). */
enum vma_member {
	VMA_START, VMA_END, VMA_FLAGS, VMA_PGOFF, VMA_FILE, VMA_MM, VMA_ANON_VMA, VMA_OPS,
	VMA_PRIVATE, VMA_ANON_NAME, VMA_N,
};

struct vma_shape {
	struct cairn *c;
	struct shape s;
	struct mm_shape mm;
	bool wide;      /* all members are 8 bytes */
	uint64_t rb;    /* offset of vm_rb; UINT64_MAX: none */
	uint64_t next;  /* of vm_next, likewise */
};

/** What the tree knows of an area. */
struct vma_range {
	uint64_t addr;        /* struct vm_area_struct */
	uint64_t first, last; /* of a red-black tree, which knows none: 0 */
};

/** Areas of one address space, or some of them. Free with vmas_free(), also after a failure. */
struct vmas {
	struct vma *vma;      /* n of them; NULL: only the ranges were asked for */
	struct vma_range *range; /* likewise, in the same order; NULL once all structs are there */
	size_t n;
	size_t faults;        /* areas that could not be read */
	size_t others;        /* entries of the tree that are no areas */
	bool partial;         /* the tree could not be walked to its end: err says why */
	bool by_list;         /* by the list, before 6.1, as the tree leads to `in_tree` only */
	size_t in_tree;
	struct cairn_err err;
	/* private */
	struct cairn_err *fault; /* of the areas; nfault of them */
	size_t nfault, cap;
};

/** CAIRN_MISSING names what the types lack. */
enum cairn_code vma_shape_init(struct vma_shape *vs, struct cairn *c, struct cairn_err *err);

/** All areas of the address space. What could be read is there also when `partial`. */
enum cairn_code vmas_get(const struct vma_shape *vs, const struct mm *mm, struct vmas *ret,
			 struct cairn_err *err);

/** Their ranges and addresses alone, in `range`. */
enum cairn_code vmas_ranges(const struct vma_shape *vs, const struct mm *mm, struct vmas *ret,
			    struct cairn_err *err);

/** After vmas_ranges(): the structs of all. Faults are told in each. */
enum cairn_code vmas_fill(const struct vma_shape *vs, struct vmas *v, struct cairn_err *err);

void vmas_free(struct vmas *v);

/** The area that holds the address, or NULL. By the areas' own bounds. */
const struct vma *vma_of(const struct vmas *v, uint64_t va);

/** One area by its address. */
enum cairn_code vma_read(const struct vma_shape *vs, uint64_t addr, struct vma *ret,
			 struct cairn_err *err);

/** The area that holds the address, by the tree: CAIRN_NOTFOUND if there is none. */
enum cairn_code vma_find(const struct vma_shape *vs, const struct mm *mm, uint64_t va,
			 struct vma *ret, struct cairn_err *err);

/** This kernel has the member; where it lies; its name ("vm_area_struct.vm_start"). */
bool vma_has(const struct vma_shape *vs, enum vma_member m);
uint64_t vma_at(const struct vma_shape *vs, uint64_t addr, enum vma_member m);
const char *vma_field(enum vma_member m);

#endif
