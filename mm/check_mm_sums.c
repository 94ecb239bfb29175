/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/cursor.h"
#include "mm/check_mm.h"

/* Pages by kind; include/linux/mm.h (is_exec_mapping, is_stack_mapping, is_data_mapping). */
enum { KIND_EXEC, KIND_STACK, KIND_DATA, KIND_NONE, KINDS = KIND_NONE };

static const struct {
	const char *id;
	enum mm_member m;
} kinds[KINDS] = {
	[KIND_EXEC] = { "mm.exec_vm", MM_EXEC }, [KIND_STACK] = { "mm.stack_vm", MM_STACK },
	[KIND_DATA] = { "mm.data_vm", MM_DATA },
};

/* VM_SHADOW_STACK, counted as stack: on x86-64 VM_HIGH_ARCH_5, on arm64 VM_HIGH_ARCH_6. Other kernels
 * have other uses for these bits (UFFD_MINOR, MTE_ALLOWED), and the types name none. */
static const uint64_t shadow_stacks[] = { 0, UINT64_C(1) << 37, UINT64_C(1) << 38 };

static unsigned kind_of(const struct mm_look *l, uint64_t flags)
{
	if ((flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) == VM_EXEC)
		return KIND_EXEC;
	if (flags & (VM_GROWSDOWN | l->shadow_stack))
		return KIND_STACK;
	return (flags & (VM_WRITE | VM_SHARED)) == VM_WRITE ? KIND_DATA : KIND_NONE;
}

static uint64_t pages_of(const struct mm_look *l, const struct vma *v)
{
	return (v->end - v->start) / l->page;
}

static void report(struct mm_look *l, const char *id, enum mm_member m, uint64_t expected,
		   enum cairn_grade grade, const char *because)
{
	mm_bad(l, &(struct mm_bad){
		.id = id, .severity = grade == CAIRN_CERTAIN ? CAIRN_ERROR : CAIRN_WARNING,
		.grade = grade, .field = mm_field(m), .object = l->mm.addr,
		.addr = mm_at(&l->vs.mm, &l->mm, m), .decimal = true, .expected = expected,
		.found = m == MM_MAP_COUNT ? l->mm.v[m] & UINT32_MAX : l->mm.v[m], .because = because,
		.len = m == MM_MAP_COUNT ? 4 : l->c->arch->word,
	});
}

/* ---- how many areas ---- */

/* As many too many as there are areas of the heap, which vm_brk() has made. Kernels with a red-black tree
 * never counted those twice. */
static bool is_twice_counted(const struct mm_look *l, uint64_t more)
{
	uint64_t brks = 0;

	for (size_t i = 0; i < l->areas.n; i++) {
		const struct vma *v = &l->areas.vma[i];

		brks += !v->file && v->end > l->mm.v[MM_START_BRK] && v->start <= l->mm.v[MM_BRK];
	}
	return mm_has(&l->vs.mm, MM_TREE) && more && more == brks;
}

static void check_count(struct mm_look *l)
{
	uint64_t n = l->areas.n, count = l->mm.v[MM_MAP_COUNT] & UINT32_MAX;

	if (!mm_has(&l->vs.mm, MM_MAP_COUNT) || count == n)
		return;
	report(l, "mm.map_count", MM_MAP_COUNT, n, l->free ? CAIRN_CERTAIN : CAIRN_SUSPICIOUS,
	       count > n && is_twice_counted(l, count - n)
		       ? "there are that many areas; as many too many as the heap has is what brk() of "
			 "linux-next in July 2022 would leave, which counted those twice"
		       : "there are that many areas");
}

/* An munmap() under way has taken areas out of the tree that it has not counted back yet: at most as many
 * as there may be. */
static void check_limit(struct mm_look *l)
{
	uint64_t count = l->mm.v[MM_MAP_COUNT] & UINT32_MAX, n = l->areas.n;

	if (mm_has(&l->vs.mm, MM_MAP_COUNT) && count > n && count - n > l->max_map_count)
		report(l, "mm.map_count", MM_MAP_COUNT, n, CAIRN_SUSPICIOUS,
		       "there are that many areas, and no process may have as many as it counts");
}

/* ---- pages by kind, and the flags that they come from ---- */

/* vm_page_prot is made of the access bits: for each of their combinations the value that most
 * private areas have. Drivers make their own. */
#define COMBINATIONS 16
#define PROT_AREAS   4096

struct prots {
	uint64_t value[COMBINATIONS];
	size_t votes[COMBINATIONS];
};

#define ACCESS (VM_READ | VM_WRITE | VM_EXEC | VM_SHARED)
#define MADE_BY_DRIVERS UINT64_C(0x10004400) /* VM_MIXEDMAP, VM_IO, VM_PFNMAP */

static bool prot_of(const struct mm_look *l, const struct vma *v, uint64_t *ret)
{
	return shape_has(&l->area, CK_PROT) && !(v->flags & MADE_BY_DRIVERS) &&
	       !shape_get(&l->area, &l->c->kernel, v->addr, CK_PROT, ret, NULL);
}

static void vote(const struct mm_look *l, struct prots *p)
{
	uint64_t prot;

	for (size_t i = 0; i < l->areas.n && i < PROT_AREAS; i++) {
		const struct vma *v = &l->areas.vma[i];
		unsigned a = v->flags & ACCESS;

		if (v->fault || !prot_of(l, v, &prot))
			continue;
		/* the candidate gives way when it has no votes left */
		if (p->votes[a] && p->value[a] != prot) {
			p->votes[a]--;
		} else {
			p->value[a] = prot;
			p->votes[a]++;
		}
	}
}

/* An area whose flags are the bad word: with other bits all sums are right. */
struct suspect {
	const struct vma *v;
	uint64_t flags;
	bool proved; /* vm_page_prot says so */
	size_t n;    /* as good */
};

static const uint64_t toggles[] = { VM_WRITE, VM_EXEC, VM_SHARED, VM_GROWSDOWN };

static bool explains(const struct mm_look *l, const uint64_t off[KINDS], const struct vma *v,
		     uint64_t flags)
{
	uint64_t pages = pages_of(l, v), rest[KINDS + 1] = { off[0], off[1], off[2], 0 };

	rest[kind_of(l, v->flags)] -= pages;
	rest[kind_of(l, flags)] += pages;
	return !rest[KIND_EXEC] && !rest[KIND_STACK] && !rest[KIND_DATA];
}

static void suspect(const struct mm_look *l, const struct prots *p, const struct vma *v,
		    uint64_t flags, struct suspect *ret)
{
	unsigned was = v->flags & ACCESS, is = flags & ACCESS;
	uint64_t prot;
	bool known = prot_of(l, v, &prot), proved;

	if (known && p->votes[is] && prot != p->value[is])
		return;
	proved = known && p->votes[is] && prot == p->value[is] && p->votes[was] &&
		 prot != p->value[was];
	if (!ret->v || (proved && !ret->proved))
		*ret = (struct suspect){ v, flags, proved, 1 };
	else
		ret->n += proved == ret->proved;
}

static void find_suspect(const struct mm_look *l, const uint64_t off[KINDS], struct suspect *ret)
{
	struct prots p = { 0 };

	vote(l, &p);
	for (size_t i = 0; i < l->areas.n; i++) {
		const struct vma *v = &l->areas.vma[i];

		for (unsigned bits = 1; !v->fault && bits < 1u << 4; bits++) {
			uint64_t flags = v->flags;

			for (unsigned b = 0; b < 4; b++)
				flags ^= bits >> b & 1 ? toggles[b] : 0;
			if (explains(l, off, v, flags))
				suspect(l, &p, v, flags, ret);
		}
	}
}

static void report_flags(struct mm_look *l, const struct suspect *s)
{
	mm_bad(l, &(struct mm_bad){
		.id = "mm.vma.flags", .severity = CAIRN_ERROR, .field = vma_field(VMA_FLAGS),
		.object = s->v->addr, .addr = vma_at(&l->vs, s->v->addr, VMA_FLAGS),
		.found = s->v->flags, .expected = s->flags,
		.because = s->proved ? "its vm_page_prot and the pages that are counted by kind say so" :
				       "the pages that are counted by kind say so",
	});
}

/* What each count lacks, modulo 2^64; how many of them are off. */
static unsigned count_kinds(const struct mm_look *l, uint64_t sum[KINDS + 1], uint64_t off[KINDS])
{
	unsigned wrong = 0;

	for (unsigned k = 0; k <= KINDS; k++)
		sum[k] = 0;
	for (size_t i = 0; i < l->areas.n; i++)
		sum[kind_of(l, l->areas.vma[i].flags)] += pages_of(l, &l->areas.vma[i]);
	for (unsigned k = 0; k < KINDS; k++) {
		off[k] = sum[k] - l->mm.v[kinds[k].m];
		wrong += off[k] != 0;
	}
	return wrong;
}

/* Which bit makes a shadow stack is what the counts say: the one by which the fewest are off. */
static unsigned learn_shadow_stack(struct mm_look *l)
{
	uint64_t sum[KINDS + 1], off[KINDS], best = 0;
	unsigned least = KINDS + 1;

	for (size_t i = 0; i < sizeof(shadow_stacks) / sizeof(*shadow_stacks); i++) {
		unsigned wrong;

		l->shadow_stack = shadow_stacks[i];
		wrong = count_kinds(l, sum, off);
		if (wrong < least) {
			least = wrong;
			best = l->shadow_stack;
		}
		if (!least)
			break;
	}
	l->shadow_stack = best;
	return least;
}

/* One word of the counts, or the flags of one area, by which two counts are off. */
static void check_kinds(struct mm_look *l)
{
	uint64_t off[KINDS], sum[KINDS + 1];
	struct suspect s = { 0 };
	unsigned wrong;

	for (unsigned k = 0; k < KINDS; k++)
		if (!mm_has(&l->vs.mm, kinds[k].m))
			return;
	if (!learn_shadow_stack(l))
		return;
	wrong = count_kinds(l, sum, off);
	find_suspect(l, off, &s);
	if (s.v && (s.proved || wrong > 1)) {
		report_flags(l, &s);
		return;
	}
	for (unsigned k = 0; k < KINDS; k++)
		if (off[k])
			report(l, kinds[k].id, kinds[k].m, sum[k], CAIRN_SUSPICIOUS,
			       "the areas of that kind have as many pages");
}

static void check_locked(struct mm_look *l)
{
	uint64_t locked = 0;

	for (size_t i = 0; i < l->areas.n; i++)
		if (l->areas.vma[i].flags & VM_LOCKED)
			locked += pages_of(l, &l->areas.vma[i]);
	if (mm_has(&l->vs.mm, MM_LOCKED) && l->mm.v[MM_LOCKED] < locked)
		report(l, "mm.locked_vm", MM_LOCKED, locked, CAIRN_SUSPICIOUS,
		       "as many pages at least are locked");
}

void mm_check_sums(struct mm_look *l)
{
	if (!l->whole || l->count_bad)
		return;
	if (l->written) {
		check_limit(l);
		return;
	}
	/* it is changed before a writer becomes a reader, the totals may be after that */
	check_count(l);
	if (!l->free)
		return;
	check_kinds(l);
	check_locked(l);
}
