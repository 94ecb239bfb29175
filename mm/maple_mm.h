/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_mm - the maple trees of the processes' address spaces, and what their entries say.
 *
 * An entry is a struct vm_area_struct, which says itself what range it is for and whose it is: a
 * copy of what the tree says, by which maple_check.h finds out which of them is bad. A
 * vm_area_struct that the tree has lost is looked for where others lie.
 *
 * Sources: include/linux/mm_types.h (struct mm_struct, vm_area_struct).
 */
#ifndef CAIRN_MM_MAPLE_MM_H
#define CAIRN_MM_MAPLE_MM_H

#include "lib/image/pick.h"
#include "lib/kern/maple_check.h"
#include "lib/kern/rwsem.h"
#include "lib/kern/task.h"
#include "mm/page.h"

/** One address space. */
struct maple_mm {
	uint64_t mm;             /* struct mm_struct */
	const struct task *task; /* one that has it, a process's first thread if one does; NULL: none */
	uint64_t tree;           /* its mm_mt */
};

/** All of them, and what is needed to look at one. */
struct maple_mms {
	struct cairn *c;
	const struct maple_layout *layout;
	struct maple_mm *mm;
	size_t n, cap;
	uint64_t *other;         /* trees that nobody named, and that are of no address space */
	size_t nother;
	struct shape mm_shape, vma_shape;
	struct rwsem_layout rwsem;
	struct shelf *nodes;     /* of the session: maple_shelf.h */
	struct shelf vmas;
	struct pick pick;        /* many of a large tree's at once */
	struct maple_vmas_asked {
		const struct maple_mms *s;
		struct maple_asked q;
	} asked[2];              /* which they are: those that come, and the next */
	unsigned asked_now;
	size_t large;            /* nodes from which on a tree is large */
	size_t left;             /* inner nodes that may still be put on the shelf */
	size_t limit;            /* of the nodes of a tree */
	size_t *trials;          /* see struct maple_subject */
	struct page_map frames;  /* size 0: not known */
	struct map pages;        /* page -> a vm_area_struct on it */
	struct map lost;         /* whose and from where -> a vm_area_struct on such a page */
	bool searched;           /* `lost` has them */
	uint64_t stride;         /* from one vm_area_struct to the next in a slab; 0: not known */
	struct maple_mm_slabs *slabs; /* what the slab allocator says; NULL: not asked yet */
	uint64_t current;        /* the mm whose entries are asked */
	bool voted;              /* `flagged` and `flags` are set: what most address spaces have for
				    ma_flags, the height left out */
	bool flagged;
	uint64_t flags;
	/* as in struct maple_subject */
	void (*node)(void *arg, uint64_t addr, bool quiet);
	void *node_arg;
};

/** CAIRN_MISSING where address spaces have no maple trees (before 6.1), or without types. Memory
 *  from the arena. */
enum cairn_code maple_mms_init(struct maple_mms *s, struct cairn *c, struct arena *a,
			       struct cairn_err *err);
void maple_mms_deinit(struct maple_mms *s);

/** Put the nodes of all of them on the shelf, and add the trees whose roots lie there as well and
 *  that no task leads to: of a process that is in exit_mmap(), of drivers. */
void maple_mms_want(struct maple_mms *s, struct arena *a);

/** The address space of a task, or at that address, whether or not a task has it. */
bool maple_mm_of(const struct maple_mms *s, uint64_t mm, struct maple_mm *ret);

/** That of an mm_struct at that address which nobody is known to have. */
struct maple_mm maple_mm_at(const struct maple_mms *s, uint64_t mm);

/** The tree that has a node at that address, by way of its other nodes: the node's own words are
 *  not asked. False: none that maple_mms_want() knows. */
bool maple_mm_of_node(struct maple_mms *s, uint64_t node, struct arena *a, struct maple_mm *ret);

/** What is known of the entries of a tree that is of no address space. */
struct maple_entries maple_mms_entries(struct maple_mms *s);

/** Verify one tree. The entries are not asked where the last user is gone: exit_mmap() frees them
 *  before the tree. */
enum cairn_code maple_mm_verify(struct maple_mms *s, const struct maple_mm *mm, maple_tell tell,
				void *arg, struct maple_checked *ret, struct cairn_err *err);

/** The checker "mm" tells of that bad word, as what it is in an address space: the mark of a fork that
 *  failed, an entry that a spanning store wrote twice. */
bool maple_mm_is_told_by_mm(const struct maple_verdict *v);

#endif
