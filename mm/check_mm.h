/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check_mm - private to the checker "mm": one address space and what its parts say of it.
 *
 * check_mm.c goes through the address spaces; check_mm_users.c counts who has one, check_mm_lock.c who
 * holds it; check_mm_maple.c asks whether the tree is to blame; check_mm_bounds.c judges areas' bounds
 * and totals, check_mm_lost.c looks for areas that the tree lacks, check_mm_area.c judges each area's
 * own words, check_mm_wiped.c those that were overwritten, check_mm_seq.c its lock's, check_mm_slab.c where it lies, check_mm_links.c the list and the
 * red-black tree of kernels before 6.1, check_mm_marks.c where heap and stack are said to be;
 * check_mm_ids.c explains.
 */
#ifndef CAIRN_MM_CHECK_MM_H
#define CAIRN_MM_CHECK_MM_H

#include "lib/kern/finding.h"
#include "lib/kern/rwsem.h"
#include "lib/kern/task.h"
#include "mm/slab_use.h"
#include "mm/vma.h"
#include "mm/vma_name.h"

/** Members that only the checker reads. */
enum check_member {
	CK_NEXT, CK_PREV, CK_PARENT, CK_LEFT, CK_RIGHT, CK_GAP, CK_DETACHED, CK_REFCNT, CK_SEQ,
	CK_CHAIN, CK_PROT,
	CK_N,
};

#define MM_NO_RCU 16

struct mm_look {
	struct cairn *c;
	struct cairn_run *run;
	struct vma_shape vs;
	struct shape area;          /* enum check_member */
	struct shape link;          /* struct anon_vma_chain */
	bool has_link;
	struct rwsem_layout rwsem;
	const struct tasks *tasks;
	uint64_t page;              /* bytes */
	uint64_t guard;             /* stack_guard_gap, bytes */
	uint64_t max_map_count;     /* areas that a process may have, the default at least */
	struct map anon;            /* anon_vma -> areas that name it */
	struct slab_use slabs;      /* that areas lie in */
	uint64_t slabs_asked;       /* the address space that was asked for their cache last */
	size_t searches;            /* for areas that a tree has lost */
	size_t looked;              /* areas of all address spaces so far */
	bool all_seen;              /* no address space was left out so far */
	struct arena arena;         /* reset after each address space */
	struct { uint64_t mm; const struct task *task; } no_rcu[MM_NO_RCU];
	size_t n_no_rcu, n_rcu;     /* trees whose readers do not, and do, use RCU */
	uint32_t rcu_flags;         /* ma_flags of one whose readers do */
	size_t n_held;              /* address spaces whose totals are not checked: somebody holds them, */
	struct cairn_err held;      /* how, */
	uint64_t held_mm;           /* the last of them, */
	const struct task *held_task; /* and whose it is */
	struct map users;           /* address space -> how many tasks have it, kernel threads aside */
	/* the address space at hand */
	const struct task *task;
	struct mm mm;
	struct rwsem lock;
	bool free;                  /* nobody holds mmap_lock */
	bool written;               /* a writer does, or may */
	struct vmas areas;
	bool whole;                 /* all areas could be read */
	uint64_t shadow_stack;      /* the flag of areas that are one; 0: none, or not known */
	size_t count_bad;           /* findings about which areas there are */
	uint64_t zero_at, zero_expected; /* a slot with the mark of a failed fork, what it should have */
	bool zero_told;             /* that is known */
	uint64_t forked;            /* what lies behind that address is the parent's; 0: nothing does */
	bool broken;                /* its maple tree: which areas there are is not known */
	bool lost_told;             /* a slot that has lost its area is known, and told by "maple" */
	struct mm_maple *maple;     /* private to check_mm_maple.c */
};

/** A bad word. Values are shown in hexadecimal, or in decimal as counts. */
struct mm_bad {
	const char *id, *field;
	enum cairn_severity severity;
	enum cairn_grade grade;
	uint64_t object, addr, len;
	uint64_t expected, found;
	bool decimal, untold;       /* untold: what is expected is not known */
	const char *because;        /* half a sentence; NULL: nothing to add */
};

/** Say it, with whose address space it is. */
void mm_bad(struct mm_look *l, const struct mm_bad *bad);

/** What an area is told to be that is none of this address space: it stands in vma.fault. */
extern const struct cairn_err mm_no_area;

/** "PID 1 (init)" */
const char *mm_whose(const struct mm_look *l);

/** Pages that stay free below an area that grows down, by the kernel's command line (NULL: not known):
 *  for kernels whose symbols do not name stack_guard_gap. */
uint64_t mm_guard_pages(const char *cmdline);

/** Whether as many use it as tasks have it. False: nobody does, and nothing is left to look at. */
bool mm_check_users(struct mm_look *l);

void mm_check_lock(struct mm_look *l);

/** Whose totals could not be checked, since somebody holds mmap_lock. */
void mm_report_held(struct mm_look *l);

void mm_check_bounds(struct mm_look *l);

/** No area ever has such flags: access that VM_MAY* forbids. */
bool mm_flags_contradict(uint64_t flags);
void mm_check_areas(struct mm_look *l);

/** Tell of so many areas, of so many pages together, that are counted and that the tree lacks, though no
 *  word of it is bad. */
void mm_check_lost(struct mm_look *l, uint64_t areas, uint64_t pages);

/** Areas that were overwritten as a whole, where that cuts off others. True: there are some, and what
 *  else the address space says is of no use. */
bool mm_check_wiped(struct mm_look *l);

/** The list and the red-black tree of kernels before 6.1 (NULL: there are none): l->areas becomes
 *  what both know. The gaps are checked once the bounds are judged. */
struct web;
struct web *mm_check_links(struct mm_look *l);
void mm_check_gaps(struct web *w);
void mm_links_done(struct web *w);

/** Whether an area that no writer has locked says that one has. */
void mm_check_seq(struct mm_look *l, const struct vma *v);

/** Whether an area is an object of vm_area_struct's slab cache, and in use. */
void mm_check_slab(struct mm_look *l, const struct vma *v);

void mm_check_sums(struct mm_look *l);

/** Where the heap and the stack are said to be. */
void mm_check_marks(struct mm_look *l);

/** Areas that name an anon_vma are counted over all address spaces; the end compares. */
void mm_count_anon(struct mm_look *l, const struct vma *v);
void mm_report_anon(struct mm_look *l);

/** Whether the tree is to blame for what does not fit: then areas that it leads to wrongly are left out,
 *  and l->broken is set. The checker "maple" tells of the tree's word. */
void mm_check_maple(struct mm_look *l);
void mm_maple_done(struct mm_look *l);

/** What the tree itself says: entries that a failed fork leaves, and readers without RCU. */
void mm_check_tree(struct mm_look *l);
void mm_report_rcu(struct mm_look *l);

extern const struct cairn_explanation mm_check_ids[];

#endif
