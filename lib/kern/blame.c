/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/blame.h"

#include <fnmatch.h>
#include <string.h>

/* Alternatives are parted by '|', each an fnmatch() pattern. */
struct rule {
	const char *finding;
	const char *class;
	const char *function; /* NULL: any */
	bool own;             /* only if it is about the case's own */
	enum blame_role role;
	const char *why;
};

#define FAULTS "bug|null-deref|page-fault|exec-fault|gp-fault|oops|warning"
#define LOOPS "|soft-lockup|hard-lockup|rcu-stall"

static const struct rule rules[] = {
	/* lib/maple_tree.c */
	{ "maple.*", FAULTS LOOPS, "mas_*|mt_*|mtree_*|mte_*|mab_*|ma_*|mast_*", false, BLAME_VICTIM,
	  "what crashed was at work in a maple tree, and this one is broken" },
	/* mm/mmap.c, mm/vma.c, mm/memory.c, kernel/fork.c */
	{ "maple.*|mm.*|vma.*", FAULTS LOOPS,
	  "exit_mmap*|*mmap_region*|do_mmap*|*munmap*|do_brk_flags*|*brk*|*vma*|unmap_*|"
	  "free_pgtables*|dup_mmap*|*mremap*|mprotect_*|expand_*|*get_unmapped_area*", false,
	  BLAME_VICTIM,
	  "what crashed was at work on an address space, and this one is broken" },
	/* mm/slub.c, lib/list_debug.c and whoever uses the memory */
	{ "slab.*", FAULTS "|slab-corruption|kfence|kasan",
	  "*kmem_cache_*|*kmalloc*|*kfree*|*slab_*|get_from_partial_node*|get_partial*", false,
	  BLAME_VICTIM, "the allocator followed what somebody had overwritten before" },
	{ "slab.*", "slab-corruption", NULL, false, BLAME_VICTIM,
	  "the allocator reported what somebody had overwritten before" },
	{ "slab.*", FAULTS "|list-corruption|refcount|usercopy", NULL, true, BLAME_VICTIM,
	  "what crashed used memory that had been overwritten" },
	{ "stack.overflow", "stack-overflow|double-fault|page-fault|cpu-exception", NULL, true,
	  BLAME_CULPRIT, "the stack that it ran on was used up" },
	/* schedule_debug() */
	{ "stack.magic", "stack-overflow|stack-smash", NULL, true, BLAME_OPEN,
	  "the end of its stack had been overwritten: by itself, when it was used up, or by another" },
	/* kernel/hung_task.c looks at others */
	{ "lock.*", "hung-task|workqueue-lockup", NULL, true, BLAME_WITNESS,
	  "the task that the kernel complained of waits for this" },
	{ "lock.*", "hung-task|workqueue-lockup", NULL, false, BLAME_WITNESS,
	  "tasks that hang may wait for this" },
};

static bool is_one_of(const char *patterns, const char *word)
{
	char one[64];

	for (size_t n; ; patterns += n + 1) {
		n = strcspn(patterns, "|");
		if (n < sizeof(one)) {
			memcpy(one, patterns, n);
			one[n] = '\0';
			if (!fnmatch(one, word, 0))
				return true;
		}
		if (!patterns[n])
			return false;
	}
}

static const char *function_of(const struct rule *r, const struct blame_case *of)
{
	for (size_t i = 0; i < of->nfunctions; i++)
		if (is_one_of(r->function, of->function[i]))
			return of->function[i];
	return NULL;
}

static const char *owner(const struct blame_case *of, uint64_t addr)
{
	for (size_t i = 0; addr && i < of->nown; i++)
		if (addr >= of->own[i].begin && addr < of->own[i].end)
			return of->own[i].what;
	return NULL;
}

static const char *owner_of_finding(const struct cairn_finding *f, const struct blame_case *of)
{
	const char *what = owner(of, f->object);

	if (!what)
		what = owner(of, f->addr);
	for (size_t i = 0; !what && i < f->nevidence; i++)
		what = owner(of, f->evidence[i].addr);
	return what;
}

/* Pointers to nodes carry their type in the low bits, and those to members lie behind the object's
 * begin: the same 256 bytes are the same object. */
static bool in_register(const struct cairn_finding *f, const struct blame_case *of)
{
	for (size_t i = 0; i < of->nregs; i++)
		if ((f->object && of->reg[i] >> 8 == f->object >> 8) ||
		    (f->addr && of->reg[i] >> 8 == f->addr >> 8))
			return true;
	return false;
}

static bool applies(const struct rule *r, const struct said *s, const struct blame_case *of,
		    struct blame *ret)
{
	if (!is_one_of(r->finding, s->f.id) || !is_one_of(r->class, of->class))
		return false;
	*ret = (struct blame){ .said = s, .role = r->role, .why = r->why };
	if (r->function)
		ret->function = function_of(r, of);
	if (r->function && !ret->function)
		return false;
	ret->own = owner_of_finding(&s->f, of);
	ret->by_register = in_register(&s->f, of);
	return ret->own || !r->own;
}

static unsigned weight(const struct blame *b)
{
	return (b->own ? 8u : 0) + (b->by_register ? 4u : 0) +
	       (b->said->f.grade == CAIRN_CERTAIN ? 2u : 0) +
	       (b->said->f.severity >= CAIRN_ERROR ? 1u : 0);
}

/* The first rule that applies to a finding. */
static bool explain(const struct said *s, const struct blame_case *of, struct blame *ret)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (applies(&rules[i], s, of, ret))
			return true;
	return false;
}

bool blame_find(struct blame *ret, const struct findings *f, const struct blame_case *of)
{
	struct blame b;
	bool found = false;

	for (size_t i = 0; of->class && i < f->n; i++)
		if (explain(&f->said[i], of, &b) && (!found || weight(&b) > weight(ret))) {
			*ret = b;
			found = true;
		}
	return found;
}

const char *blame_role_name(enum blame_role role)
{
	static const char *const names[] = { "victim", "culprit", "witness", NULL };

	return names[role];
}
