/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/slab_use.h"

#include <string.h>

#define VOTES 8 /* so many more than those for others */

enum { M_ROOT, M_PARAMS, M_N };
static const struct shape_want clone_want = {
	"struct kmem_cache", M_N,
	{ [M_ROOT] = "memcg_params.root_cache", [M_PARAMS] = "memcg_params" },
};

static void note_free(void *arg, uint64_t object)
{
	map_visit(arg, object);
}

/* What CPUs keep is known as far as the dump has it. */
static void use_cache(struct slab_use *u, uint64_t cache)
{
	struct cairn_err why;
	enum cairn_code code;

	if (slab_links_open(&u->links, u->c, cache, NULL))
		return;
	u->cache = cache;
	code = slab_each_kept(u->c, &u->frames, cache, note_free, &u->kept, &why);
	u->kept_broken = code == CAIRN_CORRUPT;
	if (code && code != CAIRN_MISSING && why.fault != CAIRN_FAULT_EXCLUDED)
		u->lack = why;
}

/* Of a memory cgroup's clone the cache that it was made from, else itself. 0: not known. */
static uint64_t root_of(const struct slab_use *u, uint64_t cache)
{
	uint64_t root = 0;

	if (!shape_has(&u->clones, M_ROOT))
		return shape_has(&u->clones, M_PARAMS) && cache != u->cache ? 0 : cache;
	if (shape_get(&u->clones, &u->c->kernel, cache, M_ROOT, &root, NULL))
		return 0;
	return root ? root : cache;
}

void slab_use_init(struct slab_use *u, struct cairn *c, const char *symbol)
{
	uint64_t at, cache;

	*u = (struct slab_use){ .c = c };
	shape_resolve(&u->clones, &clone_want, &c->types, NULL);
	if (page_map_init(&u->frames, c, NULL))
		u->frames.size = 0;
	else if (!sym_addr(&c->syms, symbol, &at, NULL) && !space_word(&c->kernel, at, &cache, NULL))
		use_cache(u, cache);
}

void slab_use_deinit(struct slab_use *u)
{
	if (u->cache)
		slab_links_close(&u->links);
	map_deinit(&u->pages);
	map_deinit(&u->broken);
	map_deinit(&u->free);
	map_deinit(&u->kept);
}

/* The candidate that the others do not outnumber. */
void slab_use_learn(struct slab_use *u, const uint64_t *object, size_t n)
{
	uint64_t cache = 0, whose;
	size_t votes = 0;
	struct slab slab;

	if (u->cache || !u->frames.size)
		return;
	for (size_t i = 0; i < n; i++) {
		if (slab_find(u->c, &u->frames, object[i], &slab, NULL))
			continue;
		whose = root_of(u, slab.cache);
		if (!votes)
			cache = whose;
		votes = whose == cache ? votes + 1 : votes - 1;
	}
	if (votes >= VOTES && cache)
		use_cache(u, cache);
}

static void name_other(struct slab_use *u, uint64_t addr, char *other)
{
	struct slab_object o;

	if (slab_object_at(u->c, &u->frames, addr, &o, NULL))
		*o.name = '\0';
	memcpy(other, o.name, sizeof(o.name));
}

/* A clone has its own way to encode links. */
static void note_slab(struct slab_use *u, const struct slab *slab, uint64_t addr)
{
	enum cairn_code code =
		slab->cache == u->cache ?
			slab_links_each(&u->links, slab, note_free, &u->free, NULL) :
			slab_each_free(u->c, &u->frames, addr, note_free, &u->free, NULL);

	if (code == CAIRN_CORRUPT)
		map_visit(&u->broken, addr >> u->frames.shift);
}

/* What is on a page is told by the first object that is asked for there. */
static enum slab_use_kind ask_page(struct slab_use *u, uint64_t addr, char *other, uint64_t *begin)
{
	uint64_t page = addr >> u->frames.shift, whose = 0;
	struct slab slab;

	if (map_get(&u->pages, page, begin))
		return *begin ? SLAB_IN_USE : SLAB_UNTOLD;
	*begin = 0;
	if (!slab_find(u->c, &u->frames, addr, &slab, NULL))
		whose = root_of(u, slab.cache);
	if (whose && whose != u->cache) {
		name_other(u, addr, other);
		return SLAB_OTHER;
	}
	if (whose && !slab_is_guarded(u->c, &u->frames, &slab, u->links.layout.stride)) {
		note_slab(u, &slab, addr);
		*begin = slab_nth(&u->links.layout, &slab, 0);
	}
	map_put(&u->pages, page, *begin);
	return *begin ? SLAB_IN_USE : SLAB_UNTOLD;
}

static enum slab_use_kind free_or_not(const struct slab_use *u, uint64_t addr)
{
	if (map_get(&u->free, addr, NULL))
		return map_get(&u->broken, addr >> u->frames.shift, NULL) ? SLAB_DOUBTFUL : SLAB_FREE;
	if (map_get(&u->kept, addr, NULL))
		return u->kept_broken ? SLAB_DOUBTFUL : SLAB_KEPT;
	return SLAB_IN_USE;
}

enum slab_use_kind slab_use_of(struct slab_use *u, uint64_t addr, char *other)
{
	enum slab_use_kind kind;
	uint64_t begin;

	if (!u->cache)
		return SLAB_UNTOLD;
	kind = ask_page(u, addr, other, &begin);
	if (kind != SLAB_IN_USE)
		return kind;
	if (addr < begin || (addr - begin) % u->links.layout.stride)
		return SLAB_BETWEEN;
	return free_or_not(u, addr);
}

const char *slab_use_text(enum slab_use_kind kind)
{
	switch (kind) {
	case SLAB_FREE: return "it was freed: it is on its slab's list of free objects";
	case SLAB_KEPT: return "it was freed: a CPU keeps it for whoever asks for one next";
	case SLAB_DOUBTFUL: return "it seems freed: it is on a list of free objects, which is broken";
	case SLAB_BETWEEN: return "no object of its slab begins there";
	case SLAB_OTHER: return "it lies in another slab cache";
	case SLAB_UNTOLD:
	case SLAB_IN_USE: break;
	}
	return NULL;
}
