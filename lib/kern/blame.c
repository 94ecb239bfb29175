/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/blame.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define ABOUT 96     /* addresses of one finding that are looked at */
#define LEAST 0x1000 /* what is below is no address */

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

/* Who walks the areas of another process: fs/proc/task_mmu.c, mm/swapfile.c, mm/rmap.c,
 * mm/oom_kill.c, mm/khugepaged.c, mm/pagewalk.c, kernel/events/uprobes.c */
#define OTHERS \
	"m_next*|m_start*|m_show*|show_map*|smap*|pagemap_*|unuse_mm*|*try_to_unmap*|rmap_walk*|" \
	"*oom_reap_task_mm*|khugepaged*|walk_page_*|register_for_each_vma*|build_map_info*"

static const struct rule rules[] = {
	/* lib/maple_tree.c */
	{ "maple.*", FAULTS LOOPS, "mas_*|mt_*|mtree_*|mte_*|mab_*|ma_*|mast_*", false, BLAME_VICTIM,
	  "was at work in a maple tree, and this one is broken" },
	/* mm/mmap.c, mm/vma.c, mm/memory.c, kernel/fork.c */
	{ "maple.*|mm.*|vma.*", FAULTS LOOPS,
	  "exit_mmap*|*mmap_region*|do_mmap*|*munmap*|do_brk_flags*|*brk*|*vma*|unmap_*|"
	  "free_pgtables*|dup_mmap*|*mremap*|mprotect_*|expand_*|*get_unmapped_area*|"
	  OTHERS, false,
	  BLAME_VICTIM,
	  "was at work on an address space, and this one is broken" },
	/* arch/x86/kvm/mmu: KVM_MMU_WARN_ON(), KVM_BUG_ON(), and whoever follows an entry */
	{ "tdp.*|kvm.*", FAULTS LOOPS,
	  "*kvm_tdp_*|tdp_*|__tdp_*|*kvm_mmu_*|*_spte*|__handle_changed_spte*|handle_removed_pt*|"
	  "*kvm_memslot*|*gfn_to_*|kvm_vm_*|kvm_destroy_vm*|*tdp_iter*|*kvm_zap_*|*kvm_age_*", false,
	  BLAME_VICTIM,
	  "was at work in a virtual machine's tables, and these are broken" },
	{ "apf.*", FAULTS, "*kvm_async_pf*|*async_page*|kvm_arch_async_*|*apf_*", false, BLAME_VICTIM,
	  "was at work on asynchronous page faults, and these are broken" },
	/* mm/slub.c, lib/list_debug.c and whoever uses the memory */
	{ "slab.*", FAULTS "|slab-corruption|kfence|kasan",
	  "*kmem_cache_*|*kmalloc*|*kfree*|*slab_*|get_from_partial_node*|get_partial*", false,
	  BLAME_VICTIM, "followed what somebody had overwritten before" },
	{ "slab.*", "slab-corruption", NULL, false, BLAME_VICTIM,
	  "met what somebody had overwritten before" },
	{ "slab.*", FAULTS "|list-corruption|refcount|usercopy", NULL, true, BLAME_VICTIM,
	  "used memory that had been overwritten" },
	{ "stack.overflow", "stack-overflow|double-fault|page-fault|cpu-exception", NULL, true,
	  BLAME_CULPRIT, "used up the stack that it ran on" },
	/* schedule_debug() */
	{ "stack.magic", "stack-overflow|stack-smash", NULL, true, BLAME_OPEN,
	  "ran on a stack whose end had been overwritten, by itself when it was used up, or by another" },
	/* kernel/hung_task.c looks at others */
	{ "lock.*", "hung-task|workqueue-lockup", NULL, true, BLAME_WITNESS,
	  "waits for this" },
	{ "lock.*", "hung-task|workqueue-lockup", NULL, false, BLAME_WITNESS,
	  "may wait for this" },
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
	for (size_t i = 0; i < of->nown; i++)
		if (addr >= of->own[i].begin && addr < of->own[i].end)
			return of->own[i].what;
	return NULL;
}

/* Addresses that a finding is about. */
struct about {
	uint64_t addr[ABOUT];
	size_t n;
};

static void add(struct about *a, uint64_t addr)
{
	if (addr >= LEAST && a->n < ABOUT)
		a->addr[a->n++] = addr;
}

/* The message names objects around it as 0x..., such as the mm of a tree. */
static struct about about(const struct cairn_finding *f)
{
	struct about a = { .n = 0 };
	const char *p = f->message;

	add(&a, f->object);
	add(&a, f->addr);
	for (size_t i = 0; i < f->nevidence; i++)
		add(&a, f->evidence[i].addr);
	while (p && (p = strstr(p, "0x"))) {
		add(&a, strtoull(p, NULL, 16));
		p += 2;
	}
	return a;
}

static const char *owner_of_any(const struct about *a, const struct blame_case *of)
{
	const char *what = NULL;

	for (size_t i = 0; !what && i < a->n; i++)
		what = owner(of, a->addr[i]);
	return what;
}

/* Pointers to nodes carry their type in the low bits, and those to members lie behind the object's
 * begin: the same 256 bytes are the same object. */
static bool in_register(const struct about *a, const struct blame_case *of)
{
	for (size_t i = 0; i < of->nregs; i++)
		for (size_t k = 0; k < a->n; k++)
			if (of->reg[i] >> 8 == a->addr[k] >> 8)
				return true;
	return false;
}

static bool applies(const struct rule *r, const struct said *s, const struct blame_case *of,
		    struct blame *ret)
{
	struct about a;

	if (!is_one_of(r->finding, s->f.id) || !is_one_of(r->class, of->class))
		return false;
	*ret = (struct blame){ .said = s, .role = r->role, .why = r->why };
	if (r->function)
		ret->function = function_of(r, of);
	if (r->function && !ret->function)
		return false;
	a = about(&s->f);
	ret->own = owner_of_any(&a, of);
	ret->by_register = in_register(&a, of);
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
