/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/slab_free.h"

#include "mm/slab_sheaf.h"

#define FREE_LIMIT 32768 /* objects of a slab: 15 bits, mm/slab.h */

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
	if (!code)
		code = shape_require(&l->cache_shape, &first, 1, err);
	if (!code)
		code = shape_resolve(&l->slab_shape, &slab_want, &c->types, err);
	if (!code)
		code = shape_require(&l->slab_shape, &first, 1, err);
	return code ? code : object_read(&l->cache, &l->cache_shape, &c->kernel, cache, err);
}

void slab_links_close(struct slab_links *l)
{
	object_done(&l->cache);
}

/* mm/slub.c: freelist_ptr_decode(), of a kernel with CONFIG_SLAB_FREELIST_HARDENED or without */
static enum cairn_code next_free(const struct slab_links *l, uint64_t *at, struct cairn_err *err)
{
	uint64_t place = *at + object_get(&l->cache, L_OFFSET), swapped = __builtin_bswap64(place);
	enum cairn_code code = space_word(&l->c->kernel, place, at, err);

	if (l->c->arch->word == 4)
		swapped >>= 32;
	if (shape_has(&l->cache_shape, L_RANDOM))
		*at ^= object_get(&l->cache, L_RANDOM) ^ swapped;
	return code;
}

static enum cairn_code walk(const struct slab_links *l, const struct slab *slab, uint64_t at,
			    slab_free_fn *fn, void *arg, struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;

	for (unsigned n = 0; !code && n < FREE_LIMIT && at >= slab->begin; n++) {
		fn(arg, at);
		code = next_free(l, &at, err);
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

enum cairn_code slab_percpu(struct cairn *c, const struct cpu *cpu, uint64_t ptr, uint64_t *ret,
			    struct cairn_err *err)
{
	/* areas that were found by what is in them: where they begin is not known */
	if (cpu->fault || (cpu->area && !cpu->offset))
		return cairn_fail(err, CAIRN_MISSING, "the memory of CPU %u is not known", cpu->id);
	*ret = (ptr + cpu->offset) & UINT64_MAX >> (64 - 8 * c->arch->word);
	return CAIRN_OK;
}

/* The list that one CPU has taken; NULL leaves none. */
static enum cairn_code each_of_cpu(const struct slab_links *l, const struct page_map *m,
				   uint64_t cpu_slab, slab_free_fn *fn, void *arg,
				   struct cairn_err *err)
{
	static const struct shape_want want = { "struct kmem_cache_cpu", 1, { "freelist" } };
	static const unsigned first = 0;
	struct slab slab;
	struct shape s;
	uint64_t at = 0;
	enum cairn_code code = shape_resolve(&s, &want, &l->c->types, err);

	if (!code)
		code = shape_require(&s, &first, 1, err);
	if (!code)
		code = shape_get(&s, &l->c->kernel, cpu_slab, first, &at, err);
	if (!code && at)
		code = slab_find(l->c, m, at, &slab, err);
	return code || !at ? code : walk(l, &slab, at, fn, arg, err);
}

static enum cairn_code each_of_cpus(struct cairn *c, const struct page_map *m, uint64_t cache,
				    slab_free_fn *fn, void *arg, struct cairn_err *err)
{
	const struct cpus *cpus;
	struct slab_links l;
	enum cairn_code code = cpus_get(c, &cpus, err), one;

	if (!code)
		code = slab_links_open(&l, c, cache, err);
	if (code)
		return code;
	for (size_t i = 0; shape_has(&l.cache_shape, L_CPU) && i < cpus->n; i++) {
		uint64_t at;

		one = slab_percpu(c, &cpus->cpu[i], object_get(&l.cache, L_CPU), &at, err);
		if (!one)
			one = each_of_cpu(&l, m, at, fn, arg, err);
		code = code ? code : one;
	}
	slab_links_close(&l);
	return code;
}

enum cairn_code slab_each_kept(struct cairn *c, const struct page_map *m, uint64_t cache,
			       slab_free_fn *fn, void *arg, struct cairn_err *err)
{
	struct cairn_err second;
	enum cairn_code code = each_of_cpus(c, m, cache, fn, arg, err);
	enum cairn_code of_sheaves = slab_each_in_sheaves(c, cache, fn, arg, code ? &second : err);

	return code ? code : of_sheaves;
}
