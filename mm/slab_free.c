/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/slab_free.h"

#include <inttypes.h>

#include "mm/slab_cpu.h"
#include "mm/slab_sheaf.h"

enum { L_OFFSET, L_RANDOM, L_CPU, L_N };
static const struct shape_want link_want = {
	"struct kmem_cache", L_N,
	{ [L_OFFSET] = "offset", [L_RANDOM] = "random", [L_CPU] = "cpu_slab" },
};

static const struct shape_want slab_want = { "struct slab|struct page", 1, { "freelist" } };

enum cairn_code slab_links_open(struct slab_links *l, struct cairn *c, uint64_t cache,
				struct cairn_err *err)
{
	static const unsigned first = L_OFFSET;
	enum cairn_code code = shape_resolve(&l->cache_shape, &link_want, &c->types, err);

	l->c = c;
	l->addr = cache;
	if (!code)
		code = shape_require(&l->cache_shape, &first, 1, err);
	if (!code)
		code = shape_resolve(&l->slab_shape, &slab_want, &c->types, err);
	if (!code)
		code = shape_require(&l->slab_shape, &first, 1, err);
	if (!code)
		code = slab_layout_of(c, cache, &l->layout, err);
	return code ? code : object_read(&l->cache, &l->cache_shape, &c->kernel, cache, err);
}

void slab_links_close(struct slab_links *l)
{
	object_done(&l->cache);
}

/* mm/slub.c: freelist_ptr_decode(), of a kernel with CONFIG_SLAB_FREELIST_HARDENED or without */
enum cairn_code slab_link_next(const struct slab_links *l, uint64_t object, uint64_t *place,
			       uint64_t *next, struct cairn_err *err)
{
	uint64_t at = object + object_get(&l->cache, L_OFFSET), swapped = __builtin_bswap64(at);
	enum cairn_code code = space_word(&l->c->kernel, at, next, err);

	if (l->c->arch->word == 4)
		swapped >>= 32;
	if (shape_has(&l->cache_shape, L_RANDOM))
		*next ^= object_get(&l->cache, L_RANDOM) ^ swapped;
	*place = at;
	return code;
}

static enum cairn_code walk(const struct slab_links *l, const struct slab *slab, uint64_t at,
			    slab_free_fn *fn, void *arg, struct cairn_err *err)
{
	uint64_t count = slab_count(l->c, slab), place;
	enum cairn_code code = CAIRN_OK;

	if (count == UINT64_MAX)
		return cairn_fail(err, CAIRN_MISSING, "how many objects the slab at 0x%" PRIx64
				  " has is not known", slab->begin);
	for (uint64_t n = 0; !code && at; n++) {
		if (n == count || !slab_begins(&l->layout, slab, count, at))
			return cairn_fail(err, CAIRN_CORRUPT, "the free objects of the slab at 0x%" PRIx64
					  " lead to 0x%" PRIx64, slab->begin, at);
		fn(arg, at);
		code = slab_link_next(l, at, &place, &at, err);
	}
	return code;
}

enum cairn_code slab_links_each(const struct slab_links *l, const struct slab *slab,
				slab_free_fn *fn, void *arg, struct cairn_err *err)
{
	uint64_t at;
	enum cairn_code code = shape_get(&l->slab_shape, &l->c->kernel, slab->head, 0, &at, err);

	return code ? code : walk(l, slab, at, fn, arg, err);
}

enum cairn_code slab_each_free(struct cairn *c, const struct page_map *m, uint64_t va,
			       slab_free_fn *fn, void *arg, struct cairn_err *err)
{
	struct slab_links l;
	struct slab slab;
	enum cairn_code code = slab_find(c, m, va, &slab, err);

	if (!code)
		code = slab_links_open(&l, c, slab.cache, err);
	if (code)
		return code;
	code = slab_links_each(&l, &slab, fn, arg, err);
	slab_links_close(&l);
	return code;
}

/* ---- what CPUs keep ---- */

/* The list that one CPU has taken. */
static enum cairn_code each_at(const struct slab_links *l, const struct page_map *m,
			       const struct shape *s, uint64_t at, slab_free_fn *fn, void *arg,
			       struct cairn_err *err)
{
	struct slab slab;
	uint64_t first = 0;
	enum cairn_code code = shape_get(s, &l->c->kernel, at, SLAB_CPU_FREELIST, &first, err);

	if (!code && first)
		code = slab_find(l->c, m, first, &slab, err);
	if (!code && first && slab.cache != l->addr)
		code = cairn_fail(err, CAIRN_CORRUPT, "what a CPU keeps, 0x%" PRIx64
				  ", lies in another cache", first);
	return code || !first ? code : walk(l, &slab, first, fn, arg, err);
}

static void each_of_cpus(const struct slab_links *l, const struct page_map *m, uint64_t cache,
			 slab_free_fn *fn, void *arg, struct slab_lack *lack)
{
	uint64_t ptr = object_get(&l->cache, L_CPU), at;
	const struct cpus *cpus;
	struct cairn_err why;
	struct shape s;
	enum cairn_code code = slab_cpu_shape(&s, l->c, &why);

	if (!code)
		code = cpus_get(l->c, &cpus, &why);
	slab_lack_note(lack, code, &why);
	for (size_t i = 0; !code && i < cpus->n; i++) {
		enum cairn_code one = slab_cpu_of(l->c, m, &s, &cpus->cpu[i], cache, ptr, &at, &why);

		if (!one)
			one = each_at(l, m, &s, at, fn, arg, &why);
		slab_lack_note(lack, one, &why);
	}
}

enum cairn_code slab_each_kept(struct cairn *c, const struct page_map *m, uint64_t cache,
			       slab_free_fn *fn, void *arg, struct cairn_err *err)
{
	struct slab_lack lack = { .err = err };
	struct slab_links l;
	enum cairn_code code = slab_links_open(&l, c, cache, err);

	if (code)
		return code;
	if (shape_has(&l.cache_shape, L_CPU))
		each_of_cpus(&l, m, cache, fn, arg, &lack);
	slab_links_close(&l);
	slab_each_in_sheaves(c, cache, fn, arg, &lack);
	return lack.code;
}
