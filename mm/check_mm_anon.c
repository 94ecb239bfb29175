/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/check_mm.h"

enum { ANON_AREAS, ANON_N };
static const struct shape_want anon_want = {
	"struct anon_vma", ANON_N, { [ANON_AREAS] = "num_active_vmas" },
};

#define ANON_LIMIT ((size_t)1 << 20)

void mm_count_anon(struct mm_look *l, const struct vma *v)
{
	uint64_t n = 0;

	if (!v->anon_vma || l->anon.count >= ANON_LIMIT || !l->free)
		return;
	map_get(&l->anon, v->anon_vma, &n);
	map_put(&l->anon, v->anon_vma, n + 1);
}

/* An address space that no task has any more counts, too: more than were found is no contradiction,
 * fewer is. */
void mm_report_anon(struct mm_look *l)
{
	struct shape s;
	uint64_t n;

	if (shape_resolve(&s, &anon_want, &l->c->types, NULL) || !shape_has(&s, ANON_AREAS))
		return;
	for (size_t i = 0; i < l->anon.cap && cairn_go_on(l->run); i++) {
		const struct map_slot *at = &l->anon.slots[i];

		if (!at->used || shape_get(&s, &l->c->kernel, at->key, ANON_AREAS, &n, NULL) ||
		    n >= at->value)
			continue;
		cairn_report(l->run, &(struct cairn_finding){
			.id = "mm.anon_vma.count", .severity = CAIRN_WARNING, .grade = CAIRN_SUSPICIOUS,
			.object = at->key, .addr = at->key + s.m[ANON_AREAS].offset,
			.field = "anon_vma.num_active_vmas",
			.expected = arena_printf(&l->arena, "at least %llu", (unsigned long long)at->value),
			.found = arena_printf(&l->arena, "%llu", (unsigned long long)n),
			.message = "more areas name this anon_vma than it counts",
		});
	}
}
