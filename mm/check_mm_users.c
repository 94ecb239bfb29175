/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_layout.h"
#include "mm/check_mm.h"

/*
 * Each task that has an address space counts once in mm_users, and gives up its ->mm before it counts
 * back (exit_mm(), exec_mmap()); all of them together count once in mm_count. So a task that has an
 * address space with fewer users has one that is, or may be any time, freed under it. There may be more
 * users: who looks at another's address space counts, too.
 */

static uint64_t low_half(uint64_t v)
{
	return v & UINT32_MAX;
}

static void report(struct mm_look *l, enum mm_member m, uint64_t expected, const char *because)
{
	mm_bad(l, &(struct mm_bad){
		.id = "mm.users", .severity = CAIRN_ERROR, .object = l->mm.addr,
		.addr = mm_at(&l->vs.mm, &l->mm, m), .len = 4, .field = mm_field(m), .decimal = true,
		.expected = expected, .found = low_half(l->mm.v[m]), .because = because,
	});
}

/* exit_mmap() was there: it leaves no tree. */
static bool is_empty(const struct mm_look *l)
{
	const struct maple_layout *layout;
	uint64_t root = 0;

	if (!mm_has(&l->vs.mm, MM_TREE))
		return !l->mm.v[MM_RB];
	return !maple_layout_get(l->c, &layout, NULL) &&
	       !space_word(&l->c->kernel, mm_at(&l->vs.mm, &l->mm, MM_TREE) + layout->root, &root,
			   NULL) && !root;
}

bool mm_check_users(struct mm_look *l)
{
	uint64_t n = 0, users = low_half(l->mm.v[MM_USERS]);

	map_get(&l->users, l->mm.addr, &n);
	if (n && mm_has(&l->vs.mm, MM_COUNT) && !low_half(l->mm.v[MM_COUNT]))
		report(l, MM_COUNT, 1, "tasks have it");
	if (!mm_has(&l->vs.mm, MM_USERS))
		return true;
	if (users < n || users > INT32_MAX)
		report(l, MM_USERS, n, "as many tasks have it, if not more");
	/* exit_mmap() frees areas that the tree still names */
	return users || (n && !is_empty(l));
}
