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

static const struct shape_want next_want = { "struct slab|struct page", 1, { "next" } };

void caches_kept_init(struct caches *s)
{
	struct types *ts = &s->c->types;

	shape_resolve(&s->keeps, &cache_want, ts, NULL);
	shape_resolve(&s->next, &next_want, ts, NULL);
	if (slab_cpu_shape(&s->cpu, s->c, NULL))
		s->cpu = (struct shape){ 0 };
}

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
	struct space *sp = &s->c->kernel;
	uint64_t slab = 0, partial = 0;
	enum cairn_code code = shape_get(&s->cpu, sp, at, SLAB_CPU_SLAB, &slab, err);

	if (!code && slab)
		code = fn(arg, slab, err);
	if (!code && shape_has(&s->cpu, SLAB_CPU_PARTIAL))
		code = shape_get(&s->cpu, sp, at, SLAB_CPU_PARTIAL, &partial, err);
	if (code || !partial)
		return code;
	if (!shape_has(&s->next, 0))
		return cairn_fail(err, CAIRN_MISSING, "slabs of CPUs have no links");
	return partial_slabs(s, partial, s->next.m[0].offset, fn, arg, err);
}

static enum cairn_code slabs_of_cpus(const struct caches *s, uint64_t cache, cache_fn *fn, void *arg,
				     struct cairn_err *err)
{
	const struct cpus *cpus;
	uint64_t ptr, at;
	enum cairn_code code = shape_get(&s->keeps, &s->c->kernel, cache, C_CPU, &ptr, err);

	if (!code)
		code = cpus_get(s->c, &cpus, err);
	for (size_t i = 0; !code && ptr && i < cpus->n; i++) {
		code = slab_cpu_of(s->c, &s->pages, &s->cpu, &cpus->cpu[i], cache, ptr, &at, err);
		if (!code)
			code = slabs_of_cpu(s, at, fn, arg, err);
	}
	return code;
}

enum cairn_code cache_each_cpu_slab(const struct caches *s, uint64_t cache, cache_fn *fn, void *arg,
				    struct cairn_err *err)
{
	return shape_has(&s->keeps, C_CPU) ? slabs_of_cpus(s, cache, fn, arg, err) : CAIRN_OK;
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

static enum cairn_code can_count(const struct caches *s, struct cairn_err *err)
{
	if (s->lack.code)
		return cairn_fail(err, s->lack.code, "%s", s->lack.text);
	if (!s->has_pages)
		return cairn_fail(err, CAIRN_MISSING, "nothing is known of pages");
	if (!shape_has(&s->keeps, C_SHEAVES) &&
	    !(shape_has(&s->keeps, C_CPU) && shape_has(&s->cpu, SLAB_CPU_SLAB)))
		return cairn_fail(err, CAIRN_MISSING, "nothing tells what CPUs keep");
	return CAIRN_OK;
}

enum cairn_code cache_kept(const struct caches *s, uint64_t cache, uint64_t *ret,
			   struct cairn_err *err)
{
	struct sum sum = { s, ret };
	enum cairn_code code = can_count(s, err);

	*ret = 0;
	if (!code)
		code = cache_each_cpu_slab(s, cache, add_free, &sum, err);
	return code ? code : slab_each_kept(s->c, &s->pages, cache, count, ret, err);
}
