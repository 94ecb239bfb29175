/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mm - an address space's struct mm_struct.
 *
 * Which of the two forms a kernel has is told by its members: mm_mt (a maple tree, since 6.1),
 * or mm_rb and mmap (a red-black tree and a list, before). Both at once is a tree of the time
 * between, and each is then held against the other. Source: include/linux/mm_types.h.
 */
#ifndef CAIRN_MM_MM_H
#define CAIRN_MM_MM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/debug/shape.h"
#include "lib/kern/session.h"

/** Members, for mm_at(). */
enum mm_member {
	MM_TREE, MM_RB, MM_LIST, MM_PGD, MM_USERS, MM_COUNT, MM_MAP_COUNT, MM_LOCK, MM_LOCK_SEQ,
	MM_LOCK_TIMES, /* likewise, of any type */
	MM_TOTAL, MM_LOCKED, MM_DATA, MM_EXEC, MM_STACK, MM_START_BRK, MM_BRK, MM_START_STACK,
	MM_TASK_SIZE, MM_FLAGS, MM_HIGHEST, MM_CONTEXT_FLAGS, MM_RSS, MM_START_CODE, MM_END_CODE,
	MM_START_DATA, MM_END_DATA, MM_ARG_START, MM_ARG_END, MM_ENV_START, MM_ENV_END, MM_N,
};

/** RSS: MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES (include/linux/mm_types_task.h). */
enum { MM_RSS_FILE, MM_RSS_ANON, MM_RSS_SWAP, MM_RSS_SHMEM, MM_RSS_N };

struct mm {
	uint64_t addr;
	uint64_t v[MM_N];        /* values of those members that are numbers */
	int64_t rss[MM_RSS_N];   /* pages */
	bool has_rss;
};

struct mm_shape {
	struct cairn *c;
	struct shape s;
};

/** CAIRN_MISSING names what the types lack. */
enum cairn_code mm_shape_init(struct mm_shape *ms, struct cairn *c, struct cairn_err *err);

enum cairn_code mm_read(const struct mm_shape *ms, uint64_t addr, struct mm *ret,
			struct cairn_err *err);

/** log2 of a page of the machine's page tables; 12 where these are not known. */
unsigned mm_page_shift(const struct cairn *c);

/** This kernel has the member; its address in the dump; its name ("mm_struct.map_count"). */
bool mm_has(const struct mm_shape *ms, enum mm_member m);
uint64_t mm_at(const struct mm_shape *ms, const struct mm *mm, enum mm_member m);
const char *mm_field(enum mm_member m);

#endif
