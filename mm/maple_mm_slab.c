/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the slab allocator says of nodes and areas: is the word that leads to one bad, or the object? */
#include "lib/base/mem.h"
#include "mm/maple_mm_impl.h"
#include "mm/slab_use.h"

#define VOTERS 64

struct maple_mm_slabs {
	struct slab_use nodes, areas;
};

static void learn_nodes(struct maple_mms *s, struct slab_use *u)
{
	uint64_t some[VOTERS];
	size_t n = 0;

	for (; n < VOTERS && n < s->nodes->n; n++)
		some[n] = s->nodes->page[n].vpage << s->c->kernel.page_shift;
	slab_use_learn(u, some, n);
}

static void learn_areas(struct maple_mms *s, struct slab_use *u)
{
	uint64_t some[VOTERS];
	size_t n = 0;

	for (size_t i = 0; i < s->pages.cap && n < VOTERS; i++)
		if (s->pages.slots[i].used)
			some[n++] = s->pages.slots[i].value;
	slab_use_learn(u, some, n);
}

/* Asked only where something is wrong. */
static struct maple_mm_slabs *slabs(struct maple_mms *s)
{
	if (s->slabs)
		return s->slabs;
	s->slabs = mem_zalloc(1, sizeof(*s->slabs));
	if (!s->slabs)
		return NULL;
	slab_use_init(&s->slabs->nodes, s->c, "maple_node_cache"); /* lib/maple_tree.c */
	slab_use_init(&s->slabs->areas, s->c, "vm_area_cachep");   /* kernel/fork.c, mm/vma_init.c */
	learn_nodes(s, &s->slabs->nodes);
	learn_areas(s, &s->slabs->areas);
	return s->slabs;
}

/* An object of the cache lies there, whether or not it is in use. */
static bool is_object(struct slab_use *u, uint64_t addr)
{
	char other[64];

	switch (slab_use_of(u, addr, other)) {
	case SLAB_IN_USE:
	case SLAB_FREE:
	case SLAB_KEPT:
	case SLAB_DOUBTFUL: return true;
	default: return false;
	}
}

bool maple_mm_is_node(void *arg, uint64_t addr)
{
	struct maple_mm_slabs *k = slabs(arg);

	return k && is_object(&k->nodes, addr);
}

bool maple_mm_is_area(struct maple_mms *s, uint64_t addr)
{
	struct maple_mm_slabs *k = slabs(s);

	return k && is_object(&k->areas, addr);
}

bool maple_mm_is_area_in_use(struct maple_mms *s, uint64_t addr)
{
	struct maple_mm_slabs *k = slabs(s);
	char other[64];

	return k && slab_use_of(&k->areas, addr, other) == SLAB_IN_USE;
}

void maple_mm_slabs_done(struct maple_mms *s)
{
	if (!s->slabs)
		return;
	slab_use_deinit(&s->slabs->nodes);
	slab_use_deinit(&s->slabs->areas);
	mem_free(s->slabs);
}
