/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/check_mm.h"

static void report(struct mm_look *l, const char *id, enum mm_member m, enum cairn_severity severity,
		   const char *because)
{
	mm_bad(l, &(struct mm_bad){
		.id = id, .severity = severity, .field = mm_field(m), .object = l->mm.addr,
		.grade = severity == CAIRN_INFO ? CAIRN_SUSPICIOUS : CAIRN_CERTAIN,
		.addr = mm_at(&l->vs.mm, &l->mm, m), .found = l->mm.v[m], .untold = true,
		.because = because,
	});
}

static uint64_t page_up(const struct mm_look *l, uint64_t at)
{
	return (at + l->page - 1) & -l->page;
}

/* mm/mmap.c, brk(): the heap goes from page to page. */
static void check_brk(struct mm_look *l)
{
	uint64_t start = l->mm.v[MM_START_BRK], brk = l->mm.v[MM_BRK];

	if (start > brk)
		report(l, "mm.brk", MM_BRK, CAIRN_ERROR, "start_brk is above it");
	else if (start && page_up(l, start) < page_up(l, brk) &&
		 !vma_of(&l->areas, page_up(l, start)))
		report(l, "mm.heap", MM_START_BRK, CAIRN_INFO,
		       "brk() has made a heap there, and no area begins it");
}

static void check_stack(struct mm_look *l)
{
	uint64_t start = l->mm.v[MM_START_STACK];
	const struct vma *v = vma_of(&l->areas, start);

	if (!start || (v && v->flags & VM_GROWSDOWN))
		return;
	report(l, "mm.stack", MM_START_STACK, CAIRN_INFO,
	       v ? "the area there does not grow down" : "no area is there");
}

void mm_check_marks(struct mm_look *l)
{
	if (!l->whole || !l->free || l->count_bad)
		return;
	check_brk(l);
	check_stack(l);
}
