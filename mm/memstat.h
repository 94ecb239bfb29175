/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memstat - what the kernel's memory was used for, by its own counters.
 *
 * Sources: mm/vmstat.c (vm_zone_stat, vm_node_stat), include/linux/mmzone.h (their indexes: looked
 * up by name in enum zone_stat_item and enum node_stat_item, which move with the configuration),
 * mm/swapfile.c (nr_swap_pages, total_swap_pages). Where no symbol names the sums, those of the
 * nodes are added up, whose place VMCOREINFO tells (struct pglist_data: contig_page_data or node_data).
 * CPUs fold what they count into these from time
 * to time only, so each may be off by some pages for each CPU.
 */
#ifndef CAIRN_MM_MEMSTAT_H
#define CAIRN_MM_MEMSTAT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/kern/session.h"

enum memstat_item {
	MEMSTAT_TOTAL,        /* that the kernel manages */
	MEMSTAT_FREE,
	MEMSTAT_FILE,         /* page cache: contents of files, and shared memory */
	MEMSTAT_SHMEM,        /* of it */
	MEMSTAT_ANON,         /* of processes */
	MEMSTAT_UNEVICTABLE,  /* of these three: locked, or with nowhere to go (ramfs) */
	MEMSTAT_SLAB,         /* that can be reclaimed, */
	MEMSTAT_SLAB_KEPT,    /* and that can not */
	MEMSTAT_PAGETABLE,
	MEMSTAT_STACK,        /* of tasks, in the kernel */
	MEMSTAT_HUGE,         /* huge pages set aside for hugetlbfs: in none of the others */
	MEMSTAT_HUGE_FREE,    /* of it */
	MEMSTAT_SWAP,         /* room for it */
	MEMSTAT_SWAP_FREE,
	MEMSTAT_ITEMS,
};

struct memstat {
	bool has[MEMSTAT_ITEMS];
	uint64_t bytes[MEMSTAT_ITEMS];
	struct cairn_err lack;   /* why the first of those is not known that are not, huge pages
				    apart: */
	struct cairn_err huge_lack; /* why these are not */
};

/** Never fails: what cannot be found out is not known. */
void memstat_get(struct cairn *c, struct memstat *ret);

/** As JSON has it: "total", "free", ... */
const char *memstat_name(enum memstat_item item);

#endif
