/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/slab_cpu.h"

#define AREA_LIMIT 0x80000u /* bytes of a CPU's area that are searched */

static const struct shape_want cpu_want = {
	"struct kmem_cache_cpu", SLAB_CPU_N,
	{ [SLAB_CPU_FREELIST] = "freelist", [SLAB_CPU_SLAB] = "slab|page",
	  [SLAB_CPU_PARTIAL] = "partial" },
};

enum cairn_code slab_percpu(struct cairn *c, const struct cpu *cpu, uint64_t ptr, uint64_t *ret,
			    struct cairn_err *err)
{
	/* areas that were found by what is in them: where they begin is not known */
	if (cpu->fault || (cpu->area && !cpu->offset))
		return cairn_fail(err, CAIRN_MISSING, "the memory of CPU %u is not known", cpu->id);
	*ret = (ptr + cpu->offset) & UINT64_MAX >> (64 - 8 * c->arch->word);
	return CAIRN_OK;
}

enum cairn_code slab_cpu_shape(struct shape *s, struct cairn *c, struct cairn_err *err)
{
	static const unsigned needed[] = { SLAB_CPU_FREELIST, SLAB_CPU_SLAB };
	enum cairn_code code = shape_resolve(s, &cpu_want, &c->types, err);

	return code ? code : shape_require(s, needed, 2, err);
}

/* ---- found by what is in it ---- */

struct search {
	struct cairn *c;
	const struct page_map *m;
	const struct shape *s;
	struct shape slab;  /* its cache */
	uint64_t cache;
	const struct cpu *cpu;
};

static bool proves_itself(const struct search *f, uint64_t at, uint64_t head)
{
	struct space *sp = &f->c->kernel;
	uint64_t cache, list;
	struct slab slab;

	return !shape_get(&f->slab, sp, head, 0, &cache, NULL) && cache == f->cache &&
	       !shape_get(f->s, sp, at, SLAB_CPU_FREELIST, &list, NULL) &&
	       !slab_find(f->c, f->m, list, &slab, NULL) && slab.head == head;
}

/* From one CPU's area to the next there is as much as each has (mm/percpu.c, unit_size). */
static uint64_t unit_size(struct cairn *c, const struct cpu *of)
{
	const struct cpus *cpus;
	uint64_t size = AREA_LIMIT;

	if (cpus_get(c, &cpus, NULL))
		return size;
	for (size_t i = 0; i < cpus->n; i++)
		if (cpus->cpu[i].area > of->area && cpus->cpu[i].area - of->area < size)
			size = cpus->cpu[i].area - of->area;
	return size;
}

static enum cairn_code search(const struct search *f, uint64_t *ret, struct cairn_err *err)
{
	struct space *sp = &f->c->kernel;
	uint64_t head, step = sp->word, found = 0, end = f->cpu->area + unit_size(f->c, f->cpu);

	for (uint64_t at = f->cpu->area; at < end; at += step) {
		if (!(at & 0xfff) && f->c->stop && f->c->stop())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		/* the area ends where there is no memory */
		if (space_word(sp, at + f->s->m[SLAB_CPU_SLAB].offset, &head, NULL))
			break;
		if (head % step || !head || !proves_itself(f, at, head))
			continue;
		if (found)
			return cairn_fail(err, CAIRN_MISSING, "two places of CPU %u may be what it keeps",
					  f->cpu->id);
		found = at;
	}
	*ret = found;
	return found ? CAIRN_OK : cairn_fail(err, CAIRN_MISSING, "what CPU %u keeps is not found",
					     f->cpu->id);
}

enum cairn_code slab_cpu_of(struct cairn *c, const struct page_map *m, const struct shape *s,
			    const struct cpu *cpu, uint64_t cache, uint64_t ptr, uint64_t *ret,
			    struct cairn_err *err)
{
	static const struct shape_want slab_want = { "struct slab|struct page", 1, { "slab_cache" } };
	struct search f = { .c = c, .m = m, .s = s, .cache = cache, .cpu = cpu };
	enum cairn_code code = slab_percpu(c, cpu, ptr, ret, err);

	if (!code || cpu->fault || !cpu->area || cpu->guessed ||
	    shape_resolve(&f.slab, &slab_want, &c->types, NULL) || !shape_has(&f.slab, 0))
		return code;
	return search(&f, ret, err);
}
