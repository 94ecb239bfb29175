/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/mem.h"
#include "mm/check_mm.h"
#include "mm/slab.h"

enum { C_STRIDE, C_N };
static const struct shape_want cache_want = {
	"struct kmem_cache", C_N, { [C_STRIDE] = "size" },
};

/* What is known of the slabs that areas lie in. */
struct mm_slabs {
	struct page_map frames;
	uint64_t cache;   /* vm_area_cachep, kernel/fork.c or mm/vma_init.c */
	uint64_t stride;
	struct map pages; /* page -> where an object of that cache begins */
	struct map free;  /* objects on the free lists of these slabs */
};

struct mm_slabs *mm_slabs_new(struct cairn *c)
{
	struct mm_slabs *s = mem_zalloc(1, sizeof(*s));
	struct shape cache;
	uint64_t at;

	if (s && !sym_addr(&c->syms, "vm_area_cachep", &at, NULL) &&
	    !space_word(&c->kernel, at, &s->cache, NULL) && !page_map_init(&s->frames, c, NULL) &&
	    !shape_resolve(&cache, &cache_want, &c->types, NULL) && shape_has(&cache, C_STRIDE) &&
	    !shape_get(&cache, &c->kernel, s->cache, C_STRIDE, &s->stride, NULL) && s->stride)
		return s;
	mem_free(s);
	return NULL;
}

void mm_slabs_free(struct mm_slabs *s)
{
	if (!s)
		return;
	map_deinit(&s->pages);
	map_deinit(&s->free);
	mem_free(s);
}

static void note_free(void *arg, uint64_t object)
{
	map_visit(arg, object);
}

static void say(struct mm_look *l, const struct vma *v, const char *because)
{
	mm_bad(l, &(struct mm_bad){
		.id = "mm.vma.slab", .severity = CAIRN_ERROR, .field = "the area's address",
		.grade = l->free ? CAIRN_CERTAIN : CAIRN_SUSPICIOUS, .object = v->addr,
		.addr = v->addr, .found = v->addr, .untold = true, .because = because,
	});
}

/* An object on the area's page; false: nothing is known of it, or it is told. */
static bool find_page(struct mm_look *l, const struct vma *v, uint64_t *object)
{
	struct mm_slabs *s = l->slabs;
	uint64_t page = v->addr / l->page;
	struct slab_object o;

	if (map_get(&s->pages, page, object))
		return true;
	if (slab_object_at(l->c, &s->frames, v->addr, &o, NULL))
		return false;
	if (o.cache != s->cache) {
		say(l, v, arena_printf(&l->arena, "it lies in the slab cache \"%s\", not in that of "
				       "areas", o.name));
		return false;
	}
	slab_each_free(l->c, &s->frames, v->addr, note_free, &s->free, NULL);
	*object = o.addr;
	return map_put(&s->pages, page, o.addr);
}

void mm_check_slab(struct mm_look *l, const struct vma *v)
{
	uint64_t object;

	if (!l->slabs || l->written || !find_page(l, v, &object))
		return;
	if ((v->addr > object ? v->addr - object : object - v->addr) % l->slabs->stride)
		say(l, v, "no object of its slab begins there");
	else if (map_get(&l->slabs->free, v->addr, NULL))
		say(l, v, "it was freed: it is on its slab's list of free objects");
}
