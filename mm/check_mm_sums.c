/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/check_mm.h"

/* Pages by kind; include/linux/mm.h (is_exec_mapping, is_stack_mapping, is_data_mapping). */
struct sums {
	uint64_t all, exec, stack, data, locked;
};

static void add(struct sums *s, uint64_t flags, uint64_t pages)
{
	s->all += pages;
	if ((flags & (VM_EXEC | VM_WRITE | VM_GROWSDOWN)) == VM_EXEC)
		s->exec += pages;
	else if (flags & VM_GROWSDOWN)
		s->stack += pages;
	else if ((flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		s->data += pages;
	if (flags & VM_LOCKED)
		s->locked += pages;
}

static void report(struct mm_look *l, const char *id, enum mm_member m, uint64_t expected,
		   enum cairn_grade grade, const char *because)
{
	mm_bad(l, &(struct mm_bad){
		.id = id, .severity = grade == CAIRN_CERTAIN ? CAIRN_ERROR : CAIRN_WARNING,
		.grade = grade, .field = mm_field(m), .object = l->mm.addr,
		.addr = mm_at(&l->vs.mm, &l->mm, m), .decimal = true, .expected = expected,
		.found = l->mm.v[m], .because = because,
		.len = m == MM_MAP_COUNT ? 4 : l->c->arch->word,
	});
}

/* Areas that begin where the heap begins: what vm_brk() has made. */
static bool is_twice_counted(const struct mm_look *l, uint64_t more)
{
	uint64_t brks = 0;

	for (size_t i = 0; i < l->areas.n; i++) {
		const struct vma *v = &l->areas.vma[i];

		brks += !v->file && v->end > l->mm.v[MM_START_BRK] && v->start <= l->mm.v[MM_BRK];
	}
	return more && more <= brks;
}

static void check_count(struct mm_look *l)
{
	uint64_t n = l->areas.n, count = l->mm.v[MM_MAP_COUNT] & UINT32_MAX;

	if (!mm_has(&l->vs.mm, MM_MAP_COUNT) || count == n)
		return;
	report(l, "mm.map_count", MM_MAP_COUNT, n, CAIRN_CERTAIN,
	       count > n && is_twice_counted(l, count - n)
		       ? "too many by as many as brk() may have counted twice"
		       : "there are that many areas");
}

static void check_kind(struct mm_look *l, const char *id, enum mm_member m, uint64_t sum)
{
	if (mm_has(&l->vs.mm, m) && l->mm.v[m] != sum)
		report(l, id, m, sum, CAIRN_SUSPICIOUS, "the areas of that kind have as many pages");
}

void mm_check_sums(struct mm_look *l)
{
	struct sums s = { 0 };

	if (!l->whole || !l->free || l->count_bad)
		return;
	for (size_t i = 0; i < l->areas.n; i++)
		add(&s, l->areas.vma[i].flags,
		    (l->areas.vma[i].end - l->areas.vma[i].start) / l->page);
	check_count(l);
	check_kind(l, "mm.exec_vm", MM_EXEC, s.exec);
	check_kind(l, "mm.stack_vm", MM_STACK, s.stack);
	check_kind(l, "mm.data_vm", MM_DATA, s.data);
	if (mm_has(&l->vs.mm, MM_LOCKED) && l->mm.v[MM_LOCKED] < s.locked)
		report(l, "mm.locked_vm", MM_LOCKED, s.locked, CAIRN_SUSPICIOUS,
		       "as many pages at least are locked");
}
