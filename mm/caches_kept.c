/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Free objects of a cache that its nodes do not count: what CPUs have, and sheaves. */
#include "lib/kern/cpu.h"
#include "lib/kern/list.h"
#include "mm/caches.h"
#include "mm/slab_cpu.h"
#include "mm/slab_free.h"

#define PARTIAL_LIMIT 65536 /* slabs of a CPU */

enum { C_CPU, C_SHEAVES, C_N };
static const struct shape_want cache_want = {
	"struct kmem_cache", C_N, { [C_CPU] = "cpu_slab", [C_SHEAVES] = "cpu_sheaves" },
};

enum { P_SLAB, P_PARTIAL, P_N };
static const struct shape_want cpu_want = {
	"struct kmem_cache_cpu", P_N, { [P_SLAB] = "slab|page", [P_PARTIAL] = "partial" },
};

static const struct shape_want next_want = { "struct slab|struct page", 1, { "next" } };

static void count(void *arg, uint64_t object)
{
	(void)object;
	++*(uint64_t *)arg;
}

/* Slabs that a CPU has set aside, one after the other. */
static enum cairn_code partial_slabs(const struct caches *s, uint64_t first, uint64_t next,
				     cache_fn *fn, void *arg, struct cairn_err *err)
{
	enum cairn_code code = fn(arg, first, err), ended;
	struct list_walk w;
	struct cairn_err broken;

	list_begin_chain(&w, &s->c->kernel, first, next, PARTIAL_LIMIT);
	w.stop = s->c->stop;
	while (!code && list_next(&w))
		code = fn(arg, w.node, err);
	ended = list_end(&w, &broken);
	if (!code && ended && err)
		*err = broken;
	return code ? code : ended;
}

/* Of the slab that a CPU allocates from, others may have given objects back. */
static enum cairn_code slabs_of_cpu(const struct caches *s, uint64_t at, cache_fn *fn, void *arg,
				    struct cairn_err *err)
{
	struct shape cpu, next;
	uint64_t slab = 0, partial = 0;
	enum cairn_code code = shape_resolve(&cpu, &cpu_want, &s->c->types, err);

	if (!code)
		code = shape_get(&cpu, &s->c->kernel, at, P_SLAB, &slab, err);
	if (!code && slab)
		code = fn(arg, slab, err);
	if (code || !shape_has(&cpu, P_PARTIAL))
		return code;
	code = shape_get(&cpu, &s->c->kernel, at, P_PARTIAL, &partial, err);
	if (code || !partial)
		return code;
	code = shape_resolve(&next, &next_want, &s->c->types, err);
	if (!code && !shape_has(&next, 0))
		code = cairn_fail(err, CAIRN_MISSING, "slabs of CPUs have no links");
	return code ? code : partial_slabs(s, partial, next.m[0].offset, fn, arg, err);
}

static enum cairn_code slabs_of_cpus(const struct caches *s, uint64_t ptr, cache_fn *fn, void *arg,
				     struct cairn_err *err)
{
	const struct cpus *cpus;
	uint64_t at;
	enum cairn_code code = cpus_get(s->c, &cpus, err);

	for (size_t i = 0; !code && i < cpus->n; i++) {
		code = slab_percpu(s->c, &cpus->cpu[i], ptr, &at, err);
		if (!code)
			code = slabs_of_cpu(s, at, fn, arg, err);
	}
	return code;
}

enum cairn_code cache_each_cpu_slab(const struct caches *s, uint64_t cache, cache_fn *fn, void *arg,
				    struct cairn_err *err)
{
	struct shape shape;
	uint64_t ptr = 0;
	enum cairn_code code = shape_resolve(&shape, &cache_want, &s->c->types, err);

	if (!code && shape_has(&shape, C_CPU))
		code = shape_get(&shape, &s->c->kernel, cache, C_CPU, &ptr, err);
	return code || !ptr ? code : slabs_of_cpus(s, ptr, fn, arg, err);
}

struct sum {
	const struct caches *s;
	uint64_t *n;
};

static enum cairn_code add_free(void *arg, uint64_t slab, struct cairn_err *err)
{
	struct sum *sum = arg;

	return cache_slab_free(sum->s, slab, sum->n, err);
}

enum cairn_code cache_kept(const struct caches *s, uint64_t cache, uint64_t *ret,
			   struct cairn_err *err)
{
	struct sum sum = { s, ret };
	struct shape shape;
	enum cairn_code code = shape_resolve(&shape, &cache_want, &s->c->types, err);

	*ret = 0;
	if (!code && s->lack.code)
		code = cairn_fail(err, s->lack.code, "%s", s->lack.text);
	if (!code && !s->has_pages)
		code = cairn_fail(err, CAIRN_MISSING, "nothing is known of pages");
	if (!code && !shape_has(&shape, C_CPU) && !shape_has(&shape, C_SHEAVES))
		code = cairn_fail(err, CAIRN_MISSING, "nothing tells what CPUs keep");
	if (!code)
		code = cache_each_cpu_slab(s, cache, add_free, &sum, err);
	return code ? code : slab_each_kept(s->c, &s->pages, cache, count, ret, err);
}
