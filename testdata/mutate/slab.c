/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slab - objects that were freed: an area that is in a tree is the first free object of its slab, of a
 * CPU's own list, or in a CPU's sheaf; a node that is in a tree is its slab's first free one.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/kern/finding.h"
#include "mm/maple_mm.h"
#include "mm/slab_cpu.h"
#include "mm/vma.h"
#include "testdata/mutate/mutate.h"

#define NODES_LIMIT 100000

static const struct shape_want slab_want = { "struct slab|struct page", 1, { "freelist" } };

enum { C_LISTS, C_SHEAVES, C_N };
static const struct shape_want cache_want = {
	"struct kmem_cache", C_N, { [C_LISTS] = "cpu_slab", [C_SHEAVES] = "cpu_sheaves" },
};
static const struct shape_want sheaves_want = { "struct slub_percpu_sheaves", 1, { "main" } };
enum { S_SIZE, S_OBJECTS, S_N };
static const struct shape_want sheaf_want = { "struct slab_sheaf", S_N, { "size", "objects" } };

struct state {
	struct cairn *c;
	struct mutable_words *words; /* while they are collected */
	struct vma_shape vs;
	struct page_map frames;
	struct shape slab, cache, list, sheaves, sheaf;
	bool has_lists;
	const struct cpus *cpus;
	struct arena arena;
};

static void add(struct state *s, struct mutable_words *to, const char *kind, uint64_t vma)
{
	struct mutable_word w = { .size = s->c->arch->word, .kind = kind, .owner = vma };
	uint64_t paddr, head;

	if (space_translate(&s->c->kernel, vma, &paddr, NULL) ||
	    page_head(&s->frames, paddr >> s->frames.shift, &head, NULL))
		return;
	w.addr = head + s->slab.m[0].offset;
	if (!space_word(&s->c->kernel, w.addr, &w.old, NULL))
		mutate_word(to, w);
}

static void add_at(struct state *s, struct mutable_words *to, const char *kind, uint64_t vma,
		   uint64_t at)
{
	struct mutable_word w = { at, s->c->arch->word, 0, kind, vma, 0 };

	if (!space_word(&s->c->kernel, at, &w.old, NULL))
		mutate_word(to, w);
}

/* The first of a CPU's sheaf, if it is not empty. */
static void add_sheaf(struct state *s, struct mutable_words *to, uint64_t vma, uint64_t percpu)
{
	struct space *sp = &s->c->kernel;
	uint64_t sheaf, size;

	if (shape_get(&s->sheaves, sp, percpu, 0, &sheaf, NULL) ||
	    shape_get(&s->sheaf, sp, sheaf, S_SIZE, &size, NULL) || !size)
		return;
	add_at(s, to, "slab_sheaf.objects", vma, sheaf + s->sheaf.m[S_OBJECTS].offset);
}

/* What the CPUs keep of the cache that an area lies in. */
static void add_kept(struct state *s, struct mutable_words *to, uint64_t vma)
{
	struct slab slab;
	uint64_t ptr, at, of;

	if (slab_find(s->c, &s->frames, vma, &slab, NULL))
		return;
	for (size_t i = 0; s->cpus && i < s->cpus->n; i++) {
		const struct cpu *cpu = &s->cpus->cpu[i];

		if (s->has_lists &&
		    !shape_get(&s->cache, &s->c->kernel, slab.cache, C_LISTS, &ptr, NULL) &&
		    !slab_cpu_of(s->c, &s->frames, &s->list, cpu, slab.cache, ptr, &at, NULL) &&
		    !shape_get(&s->list, &s->c->kernel, at, SLAB_CPU_SLAB, &of, NULL) &&
		    of == slab.head)
			add_at(s, to, "kmem_cache_cpu.freelist", vma,
			       at + s->list.m[SLAB_CPU_FREELIST].offset);
		if (shape_has(&s->sheaf, S_OBJECTS) &&
		    !shape_get(&s->cache, &s->c->kernel, slab.cache, C_SHEAVES, &ptr, NULL) &&
		    !slab_percpu(s->c, cpu, ptr, &at, NULL))
			add_sheaf(s, to, vma, at);
	}
}

static void collect(void *arg, uint64_t addr)
{
	struct state *s = arg;
	struct vmas v = { 0 };
	struct mm mm;

	if (!mm_read(&s->vs.mm, addr, &mm, NULL) && !vmas_get(&s->vs, &mm, &v, NULL))
		for (size_t i = 0; i < v.n; i++)
			if (!v.vma[i].fault) {
				add(s, s->words, "slab.freelist", v.vma[i].addr);
				add_kept(s, s->words, v.vma[i].addr);
			}
	vmas_free(&v);
}

/* A slim dump may have an object's slab and not its cache. */
static void add_node(struct state *s, struct mutable_words *to, uint64_t node)
{
	struct slab_object o;

	if (!slab_object_at(s->c, &s->frames, node, &o, NULL))
		add(s, to, "slab.freelist, a node", node);
}

static void collect_nodes(struct state *s)
{
	struct maple_mms mms;
	enum cairn_code code = maple_mms_init(&mms, s->c, &s->arena, NULL);

	for (size_t i = 0; !code && i < mms.n; i++) {
		struct maple m = {
			.c = s->c, .layout = mms.layout, .shelf = mms.nodes,
			.tree = mms.mm[i].tree, .last = mms.layout->max, .limit = NODES_LIMIT,
		};

		if (!maple_load(&m, NULL))
			for (size_t k = 0; k < m.n; k++)
				add_node(s, s->words, m.node[k].addr);
		maple_unload(&m);
	}
	maple_mms_deinit(&mms);
}

static void what_is_kept(struct state *s)
{
	struct types *ts = &s->c->types;

	cpus_get(s->c, &s->cpus, NULL);
	shape_resolve(&s->cache, &cache_want, ts, NULL);
	s->has_lists = !slab_cpu_shape(&s->list, s->c, NULL);
	shape_resolve(&s->sheaves, &sheaves_want, ts, NULL);
	shape_resolve(&s->sheaf, &sheaf_want, ts, NULL);
}

static enum cairn_code begin(struct cairn *c, void **state, struct mutable_words *words,
			     struct cairn_err *err)
{
	static const unsigned first[] = { 0 };
	struct state *s = mem_zalloc(1, sizeof(*s));
	enum cairn_code code;

	if (!s)
		return cairn_fail(err, CAIRN_NOMEM, "no memory");
	*state = s;
	s->c = c;
	s->words = words;
	code = vma_shape_init(&s->vs, c, err);
	if (!code)
		code = shape_resolve(&s->slab, &slab_want, &c->types, err);
	if (!code)
		code = shape_require(&s->slab, first, 1, err);
	if (!code)
		code = page_map_init(&s->frames, c, err);
	what_is_kept(s);
	if (!code)
		code = mutate_each_mm(c, collect, s, err);
	if (!code)
		collect_nodes(s);
	return code ? code : words->n ? CAIRN_OK : cairn_fail(err, CAIRN_MISSING, "no area");
}

static void end(void *state)
{
	struct state *s = state;

	if (!s)
		return;
	arena_deinit(&s->arena);
	mem_free(s);
}

static bool change(void *state, const struct mutable_word *w, uint64_t *random, struct change *ret)
{
	(void)state;
	(void)random;
	*ret = (struct change){ w->owner, "an area's address" };
	return w->old != w->owner;
}

static enum cairn_code ask(void *state, const struct mutable_word *w, struct answer *ret,
			   struct cairn_err *err)
{
	const struct check_limits limits = { .only = "m[am]*" };
	struct state *s = state;
	struct findings f;
	enum cairn_code code = findings_get(&f, s->c, &limits, &s->arena, err);

	if (code)
		return code;
	ret->findings = f.n;
	ret->unseen = f.nunseen;
	if (f.n) {
		const struct cairn_finding *x = &f.said[0].f;

		snprintf(ret->first, sizeof(ret->first), "%s %s 0x%llx", x->id, x->field,
			 (unsigned long long)x->addr);
		ret->named = w && f.n == 1 && x->addr == w->owner &&
			     (!strcmp(x->id, "mm.vma.slab") || !strcmp(x->id, "maple.node.slab"));
	}
	arena_reset(&s->arena);
	return CAIRN_OK;
}

static const struct family family = {
	.name = "slab", .found = .995, .named = .95, .unseen = .05,
	.begin = begin, .end = end, .change = change, .ask = ask,
};
MUTATIONS(&family);
