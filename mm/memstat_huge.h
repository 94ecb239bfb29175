/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memstat_huge - private to memstat: pages that are set aside for hugetlbfs, of each size that the
 * kernel knows.
 *
 * Source: mm/hugetlb.c (hstates[]: those in use stand first, and the name of each tells its size).
 */
#ifndef CAIRN_MM_MEMSTAT_HUGE_H
#define CAIRN_MM_MEMSTAT_HUGE_H

#include "lib/kern/session.h"

struct memstat_huge {
	uint64_t bytes, free;
};

/** None where the kernel has no such pages at all. CAIRN_MISSING without types or the symbol. */
enum cairn_code memstat_huge(struct cairn *c, struct memstat_huge *ret, struct cairn_err *err);

#endif
