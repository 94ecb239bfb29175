/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/check_mm.h"

#define VOTERS 64

/* Where no symbol names the cache. */
static void learn(struct mm_look *l)
{
	uint64_t some[VOTERS];
	size_t n = 0;

	if (l->slabs.cache || l->slabs_asked == l->mm.addr)
		return;
	l->slabs_asked = l->mm.addr;
	for (; n < VOTERS && n < l->areas.n; n++)
		some[n] = l->areas.vma[n].addr;
	slab_use_learn(&l->slabs, some, n);
}

void mm_check_slab(struct mm_look *l, const struct vma *v)
{
	enum slab_use_kind kind;
	const char *because;
	char other[64];

	if (l->written)
		return;
	learn(l);
	kind = slab_use_of(&l->slabs, v->addr, other);
	because = kind != SLAB_OTHER ? slab_use_text(kind) :
		  arena_printf(&l->arena, "it lies in the slab cache \"%s\", not in that of areas",
			       other);
	if (because)
		mm_bad(l, &(struct mm_bad){
			.id = "mm.vma.slab", .severity = CAIRN_ERROR, .field = "the area's address",
			.grade = l->free && kind != SLAB_DOUBTFUL ? CAIRN_CERTAIN : CAIRN_SUSPICIOUS,
			.object = v->addr,
			.addr = v->addr, .found = v->addr, .untold = true, .because = because,
		});
}
