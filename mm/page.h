/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * page - the kernel's struct page of a page frame, and whose memory the frame is.
 *
 * All of it comes from VMCOREINFO, which has this for makedumpfile (kernel/vmcore_info.c,
 * before 6.9 kernel/crash_core.c), so neither symbols nor types are needed. Memory models:
 * include/asm-generic/memory_model.h; section_mem_map's low bits: include/linux/mmzone.h;
 * the low bits of page->mapping: include/linux/page-flags.h (PAGE_MAPPING_*).
 */
#ifndef CAIRN_MM_PAGE_H
#define CAIRN_MM_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/kern/session.h"

enum page_owner {
	PAGE_KERNEL, /* the image, page tables, stacks, vmalloc, and what nobody says */
	PAGE_SLAB,   /* objects of the slab allocator */
	PAGE_FREE,   /* in the buddy allocator; not: in a CPU's list of free pages */
	PAGE_USER,   /* anonymous memory of processes, swap cache and huge pages included */
	PAGE_CACHE,  /* contents of files */
};

/** How this kernel keeps its struct pages. */
struct page_map {
	struct space *kernel;
	unsigned shift;               /* of a page */
	uint64_t size;                /* of struct page */
	uint64_t flags, mapping, mapcount, compound, private; /* offsets in it */
	uint64_t lru, swapcache;      /* masks of flags */
	uint64_t slab, slab_type;     /* mask of flags, or page type: one of them is 0 */
	uint64_t buddy_type, hugetlb_type; /* 0: not told (the latter) */
	uint64_t orders;              /* of blocks in the buddy allocator */
	/* the memory model: one flat array, or sections of 1 << section_shift pages */
	uint64_t mem_map, first_pfn;
	uint64_t sections, section_size, section_map, per_root, roots;
	unsigned section_shift;       /* 0: flat */
};

/** CAIRN_MISSING naming what VMCOREINFO lacks. */
enum cairn_code page_map_init(struct page_map *m, struct cairn *c, struct cairn_err *err);

/** Address of the struct page of a frame. */
enum cairn_code page_of_pfn(const struct page_map *m, uint64_t pfn, uint64_t *ret,
			    struct cairn_err *err);

/** Likewise, but of a tail of a compound page the head's. */
enum cairn_code page_head(const struct page_map *m, uint64_t pfn, uint64_t *ret,
			  struct cairn_err *err);

/** Whose memory a frame is. Of a compound page the head tells. */
enum cairn_code page_owner_of(const struct page_map *m, uint64_t pfn, enum page_owner *ret,
			      struct cairn_err *err);

/** The memory at an address of the kernel's image has another owner by now: what is only needed to
 *  boot is given away. False also where that is not known. */
bool page_left_image(const struct page_map *m, uint64_t va);

#endif
