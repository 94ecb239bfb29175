/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "unwind/guilty.h"
#include "unwind/oops_priv.h"

/* What is known of a trouble, by its class and the function that crashed. The first row that
   fits wins. */
static const struct {
	const char *class;    /* NULL: any */
	const char *function; /* base name; a '*' at its end: any that begins so; NULL: any */
	const char *known, *check;
} advice[] = {
	{ "bug", "mas_update_gap",
	  "BUG in mas_update_gap: the type bits in a maple node's parent word are not those of an\n"
	  "allocation tree (lib/maple_tree.c, mas_parent_type). Either the tree was made without\n"
	  "MT_FLAGS_ALLOC_RANGE, or the word, which is the first of its 256-byte node, was\n"
	  "overwritten: by its slab neighbour's end, or through a pointer that was kept after the\n"
	  "node had been freed. Who runs into it is the victim: any brk(), mmap() or munmap() of the\n"
	  "process whose tree it is.",
	  "check --only 'maple.*', which names the broken word, what it should be and whether one\n"
	  "bit explains it; maple PID for the tree; whatis NODE for the slab and the neighbour\n"
	  "before it" },
	{ "bug", "exit_mmap",
	  "BUG in exit_mmap: the address space had another number of VMAs than its map_count says.\n"
	  "A VMA was lost from the tree (a slot was overwritten, a node was stale), or map_count was\n"
	  "counted twice or not at all where a VMA was made or merged.",
	  "check --only 'maple.*' and --only 'vma.*'; vm PID against what the process had mapped" },
	{ NULL, "mas_*",
	  "A maple tree was walked that is not in order: a pointer in a node led nowhere, or its\n"
	  "type did not fit. The function is where it was noticed, seldom who did it.",
	  "check --only 'maple.*'; maple PID, and mmap_lock of that process: was it held for\n"
	  "writing?" },
	{ "list-corruption", NULL,
	  "A list's neighbours do not point back at the entry: it was removed twice, freed while on\n"
	  "the list, or overwritten. LIST_POISON1 and 2 (dead000000000100, ...122) in the message\n"
	  "say that it had been removed before.",
	  "whatis on the addresses in the message: is the object free? list from the head" },
	{ "slab-corruption", NULL,
	  "SLUB found bytes of an object that should be poison or padding changed: it was written to\n"
	  "after free, or its neighbour was written beyond its end. The report comes long after.",
	  "whatis on the object's address, and on the one before it; the report's \"Freed in\" names\n"
	  "the last owner" },
	{ "refcount", NULL,
	  "A reference count went below zero or came up from it: one put too many, or a get on an\n"
	  "object that was being freed.", "whatis on the object: who points to it still?" },
	{ "null-deref", NULL,
	  "A pointer was NULL; the address is the offset of the member that was asked for.",
	  "bt -v for the variables at the place; struct for the member at that offset" },
	{ "gp-fault", NULL,
	  "The address was not canonical: no pointer, but data used as one. 6b6b.. is freed memory's\n"
	  "poison, 5a5a.. memory that was not yet used, dead.. list poison; mixed bits can be a\n"
	  "hardened free list's pointer that was overwritten.",
	  "bt for the registers; whatis on those that look like addresses near it" },
	{ "stack-overflow", NULL,
	  "A kernel stack ran into its guard page: recursion, or frames too large.",
	  "bt, and stacks, for the function that repeats" },
	{ "soft-lockup", NULL,
	  "A CPU did not schedule for long: a loop without end, or a lock that is spun for. The\n"
	  "function told is where it happened to be.", "bt -a: who else spins, and who holds the lock" },
	{ "hard-lockup", NULL,
	  "A CPU took no interrupts for long: it spins with them off.",
	  "bt -a, and wait: which lock, and who has it" },
	{ "hung-task", NULL,
	  "A task slept uninterruptibly for long: what it waits for did not come.",
	  "wait: what blocked tasks wait for, and who has it" },
	{ "rcu-stall", NULL,
	  "A CPU or task held up a grace period: it looped without a quiescent state, or could not\n"
	  "run.", "bt -a; foreach bt for the tasks that are named" },
	{ "lockdep", NULL,
	  "A warning of what could happen: locks taken in an order, or in a context, that can\n"
	  "deadlock. Nothing has hung yet.", NULL },
};

static bool fits(const char *pattern, const char *function)
{
	struct piece base;
	size_t n;

	if (!pattern)
		return true;
	if (!function)
		return false;
	base = guilty_base((struct piece){ function, strlen(function) });
	n = strcspn(pattern, "*");
	return pattern[n] ? base.len >= n && !memcmp(base.p, pattern, n)
			  : base.len == n && !memcmp(base.p, pattern, n);
}

void oops_advise(struct oops *o)
{
	for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++) {
		if (advice[i].class && strcmp(advice[i].class, o->class))
			continue;
		if (!fits(advice[i].function, o->function))
			continue;
		o->advice = advice[i].known;
		o->check = advice[i].check;
		return;
	}
}

bool oops_advice_of_class(const char *class, const char **known, const char **check)
{
	for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++)
		if (advice[i].class && !advice[i].function && !strcmp(advice[i].class, class)) {
			*known = advice[i].known;
			*check = advice[i].check;
			return true;
		}
	return false;
}
