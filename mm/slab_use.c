/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/slab_use.h"

#include <string.h>

#define VOTES 8 /* so many more than those for others */

static void note_free(void *arg, uint64_t object)
{
	map_visit(arg, object);
}

/* What CPUs keep is known as far as the dump has it. */
static void use_cache(struct slab_use *u, uint64_t cache)
{
	if (slab_links_open(&u->links, u->c, cache, NULL))
		return;
	u->cache = cache;
	u->kept_broken = slab_each_kept(u->c, &u->frames, cache, note_free, &u->kept, NULL) ==
			 CAIRN_CORRUPT;
}

void slab_use_init(struct slab_use *u, struct cairn *c, const char *symbol)
{
	uint64_t at, cache;

	*u = (struct slab_use){ .c = c };
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
	uint64_t cache = 0;
	size_t votes = 0;
	struct slab slab;

	if (u->cache || !u->frames.size)
		return;
	for (size_t i = 0; i < n; i++) {
		if (slab_find(u->c, &u->frames, object[i], &slab, NULL))
			continue;
		if (!votes)
			cache = slab.cache;
		votes = slab.cache == cache ? votes + 1 : votes - 1;
	}
	if (votes >= VOTES)
		use_cache(u, cache);
}

static void name_other(struct slab_use *u, uint64_t addr, char *other)
{
	struct slab_object o;

	if (slab_object_at(u->c, &u->frames, addr, &o, NULL))
		*o.name = '\0';
	memcpy(other, o.name, sizeof(o.name));
}

/* What is on a page is told by the first object that is asked for there. */
static enum slab_use_kind ask_page(struct slab_use *u, uint64_t addr, char *other, uint64_t *begin)
{
	uint64_t page = addr >> u->frames.shift;
	struct slab slab;

	if (map_get(&u->pages, page, begin))
		return *begin ? SLAB_IN_USE : SLAB_UNTOLD;
	*begin = 0;
	if (!slab_find(u->c, &u->frames, addr, &slab, NULL)) {
		if (slab.cache != u->cache) {
			name_other(u, addr, other);
			return SLAB_OTHER;
		}
		if (!slab_is_guarded(u->c, &u->frames, &slab, u->links.layout.stride)) {
			if (slab_links_each(&u->links, &slab, note_free, &u->free, NULL) == CAIRN_CORRUPT)
				map_visit(&u->broken, page);
			*begin = slab_nth(&u->links.layout, &slab, 0);
		}
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
