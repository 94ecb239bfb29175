/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/base/mem.h"
#include "mm/check_mm.h"
#include "mm/slab_free.h"

enum { C_STRIDE, C_N };
static const struct shape_want cache_want = {
	"struct kmem_cache", C_N, { [C_STRIDE] = "size" },
};

/* What is known of the slabs that areas lie in. */
struct mm_slabs {
	struct cairn *c;
	struct page_map frames;
	uint64_t cache;   /* vm_area_cachep, kernel/fork.c or mm/vma_init.c; 0: not known yet */
	uint64_t stride;
	uint64_t asked;   /* the address space that was asked for it last */
	struct map pages; /* page -> where an object of that cache begins */
	struct map free;  /* objects on the free lists of these slabs */
	struct map kept;  /* free objects that CPUs and nodes keep */
};

static void note_free(void *arg, uint64_t object)
{
	map_visit(arg, object);
}

/* What CPUs keep is known as far as the dump has it. */
static bool use_cache(struct mm_slabs *s, uint64_t cache)
{
	struct shape shape;

	if (shape_resolve(&shape, &cache_want, &s->c->types, NULL) || !shape_has(&shape, C_STRIDE) ||
	    shape_get(&shape, &s->c->kernel, cache, C_STRIDE, &s->stride, NULL) || !s->stride)
		return false;
	s->cache = cache;
	slab_each_kept(s->c, &s->frames, cache, note_free, &s->kept, NULL);
	return true;
}

struct mm_slabs *mm_slabs_new(struct cairn *c)
{
	struct mm_slabs *s = mem_zalloc(1, sizeof(*s));
	uint64_t at, cache;
	bool named = !sym_addr(&c->syms, "vm_area_cachep", &at, NULL);

	if (s)
		s->c = c;
	if (s && !page_map_init(&s->frames, c, NULL) &&
	    (!named || (!space_word(&c->kernel, at, &cache, NULL) && use_cache(s, cache))))
		return s;
	mm_slabs_free(s);
	return NULL;
}

void mm_slabs_free(struct mm_slabs *s)
{
	if (!s)
		return;
	map_deinit(&s->pages);
	map_deinit(&s->free);
	map_deinit(&s->kept);
	mem_free(s);
}

/* ---- where no symbol names the cache ---- */

#define VOTERS 64
#define VOTES  8 /* so many more than others */

/* The cache that most areas of an address space lie in: the candidate that the others do not
 * outnumber. */
static bool learn_cache(struct mm_look *l)
{
	struct mm_slabs *s = l->slabs;
	uint64_t cache = 0;
	size_t votes = 0;
	struct slab slab;

	if (s->cache || s->asked == l->mm.addr)
		return s->cache;
	s->asked = l->mm.addr;
	for (size_t i = 0; i < l->areas.n && i < VOTERS; i++) {
		if (slab_find(l->c, &s->frames, l->areas.vma[i].addr, &slab, NULL))
			continue;
		if (!votes)
			cache = slab.cache;
		votes = slab.cache == cache ? votes + 1 : votes - 1;
	}
	return votes >= VOTES && use_cache(s, cache);
}

/* ---- one area ---- */

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

	if (!l->slabs || l->written || !learn_cache(l) || !find_page(l, v, &object))
		return;
	if ((v->addr > object ? v->addr - object : object - v->addr) % l->slabs->stride)
		say(l, v, "no object of its slab begins there");
	else if (map_get(&l->slabs->free, v->addr, NULL))
		say(l, v, "it was freed: it is on its slab's list of free objects");
	else if (map_get(&l->slabs->kept, v->addr, NULL))
		say(l, v, "it was freed: a CPU keeps it for whoever asks for one next");
}
