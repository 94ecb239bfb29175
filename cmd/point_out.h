/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * point_out - what a register's value points to, in one phrase.
 *
 * The kinds, as JSON has them: "null" "number" (too small for an address) "poison"
 * "non-canonical" "user" "symbol" "task" "stack" "slab" "memory" (mapped, nobody's known)
 * "fault" (not mapped, or not in the dump: the reason says). Poisons: include/linux/poison.h.
 */
#ifndef CAIRN_CMD_POINT_OUT_H
#define CAIRN_CMD_POINT_OUT_H

#include "lib/base/out.h"
#include "lib/kern/task.h"
#include "mm/page.h"
#include "unwind/unwinder.h"

struct point_out {
	struct out *o;
	struct cairn *c;
	struct unwinder *u;        /* NULL: stacks are not told */
	const struct tasks *tasks; /* NULL: none */
	uint64_t task_size;        /* of task_struct; 0: not known */
	struct page_map pages;
	bool has_pages;
};

void point_out_init(struct point_out *p, struct out *o, struct cairn *c, struct unwinder *u,
		    const struct tasks *tasks);

/** "kind", "what" and "what_offset" of the value; text is one phrase behind a blank. True if it
 *  points to memory that can be looked at. */
bool point_out(struct point_out *p, uint64_t value);

/** What the value is by itself, whatever the dump has: a poison's name; NULL: none. */
const char *point_poison(uint64_t value, unsigned word);

#endif
