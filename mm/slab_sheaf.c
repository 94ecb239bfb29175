/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/slab_sheaf.h"

#include <inttypes.h>

#include "lib/debug/shape.h"
#include "lib/kern/list.h"

#define SHEAF_LIMIT 65536 /* objects of a sheaf, where its cache does not say */
#define BARN_LIMIT  1024  /* full sheaves of a barn; mm/slub.c has MAX_FULL_SHEAVES 10 */
#define NODE_LIMIT  1024

enum { C_SHEAVES, C_NODES, C_CAPACITY, C_N };
static const struct shape_want cache_want = {
	"struct kmem_cache", C_N,
	{ [C_SHEAVES] = "cpu_sheaves", [C_NODES] = "per_node|node",
	  [C_CAPACITY] = "sheaf_capacity" },
};

enum { P_MAIN, P_SPARE, P_RCU, P_N };
static const struct shape_want percpu_want = {
	"struct slub_percpu_sheaves", P_N, { "main", "spare", "rcu_free" },
};

enum { S_CACHE, S_SIZE, S_OBJECTS, S_LIST, S_N };
static const struct shape_want sheaf_want = {
	"struct slab_sheaf", S_N, { "cache", "size", "objects", "barn_list.next" },
};

struct look {
	struct cairn *c;
	uint64_t cache, capacity; /* of one of its sheaves, in objects */
	struct shape of_cache, percpu, sheaf;
	slab_free_fn *fn;
	void *arg;
	struct slab_lack *lack;
};

/* One that names another cache is none of this one's, whatever led there. */
static void look_at_sheaf(struct look *l, uint64_t addr)
{
	struct space *sp = &l->c->kernel;
	uint64_t cache, size, object, at = addr + l->sheaf.m[S_OBJECTS].offset;
	struct cairn_err err;
	enum cairn_code code = shape_get(&l->sheaf, sp, addr, S_CACHE, &cache, &err);

	if (!code)
		code = shape_get(&l->sheaf, sp, addr, S_SIZE, &size, &err);
	if (!code && cache == l->cache && size > l->capacity)
		code = cairn_fail(&err, CAIRN_CORRUPT, "the sheaf at 0x%" PRIx64 " has %" PRIu64
				  " objects, and room for %" PRIu64, addr, size, l->capacity);
	for (uint64_t i = 0; !code && cache == l->cache && i < size; i++) {
		code = space_word(sp, at + i * sp->word, &object, &err);
		if (!code)
			l->fn(l->arg, object);
	}
	slab_lack_note(l->lack, code, &err);
}

static void look_at_cpu(struct look *l, const struct cpu *cpu, uint64_t sheaves)
{
	struct cairn_err err;
	uint64_t at, sheaf;
	enum cairn_code code = slab_percpu(l->c, cpu, sheaves, &at, &err);

	for (unsigned i = 0; !code && i < P_N; i++) {
		code = shape_get(&l->percpu, &l->c->kernel, at, i, &sheaf, &err);
		if (!code && sheaf)
			look_at_sheaf(l, sheaf);
	}
	slab_lack_note(l->lack, code, &err);
}

static void look_at_cpus(struct look *l)
{
	const struct cpus *cpus;
	struct cairn_err err;
	uint64_t sheaves;
	enum cairn_code code = cpus_get(l->c, &cpus, &err);

	if (!code)
		code = shape_get(&l->of_cache, &l->c->kernel, l->cache, C_SHEAVES, &sheaves, &err);
	for (size_t i = 0; !code && sheaves && i < cpus->n; i++)
		look_at_cpu(l, &cpus->cpu[i], sheaves);
	slab_lack_note(l->lack, code, &err);
}

/* ---- barns ---- */

static void look_at_barn(struct look *l, uint64_t barn)
{
	static const struct shape_want want = { "struct node_barn", 1, { "sheaves_full.next" } };
	struct list_walk w;
	struct cairn_err err;
	struct shape s;

	if (shape_resolve(&s, &want, &l->c->types, NULL) || !shape_has(&s, 0))
		return;
	list_begin(&w, &l->c->kernel, LIST_DOUBLE, barn + s.m[0].offset, BARN_LIMIT);
	w.stop = l->c->stop;
	while (list_next(&w))
		look_at_sheaf(l, w.node - l->sheaf.m[S_LIST].offset);
	slab_lack_note(l->lack, list_end(&w, &err), &err);
}

/* A cache has room for as many nodes as there are, whatever its type says (mm/slub.c,
 * kmem_cache_init()). One is always there. */
static uint64_t count_nodes(struct cairn *c)
{
	uint32_t n;
	uint64_t at;

	if (sym_addr(&c->syms, "nr_node_ids", &at, NULL) || space_u32(&c->kernel, at, &n, NULL))
		return 1;
	return n < NODE_LIMIT ? n : NODE_LIMIT;
}

/* Where the barns are: in an array in the cache, at first each in its node's struct. */
struct barns {
	struct shape of;
	bool by_node;   /* the array is of pointers to struct kmem_cache_node */
	uint64_t step;
};

static bool find_barns(const struct look *l, struct barns *ret)
{
	static const struct shape_want array = { "struct kmem_cache_per_node_ptrs", 1, { "barn" } };
	static const struct shape_want node = { "struct kmem_cache_node", 1, { "barn" } };
	struct types *ts = &l->c->types;

	ret->by_node = shape_resolve(&ret->of, &array, ts, NULL) != CAIRN_OK;
	if (ret->by_node && shape_resolve(&ret->of, &node, ts, NULL))
		return false;
	ret->step = ret->by_node ? l->c->arch->word : ret->of.size;
	return shape_has(&ret->of, 0) && ret->step && shape_has(&l->of_cache, C_NODES);
}

static void look_at_nodes(struct look *l)
{
	uint64_t n = count_nodes(l->c), barn, at = l->cache + l->of_cache.m[C_NODES].offset;
	struct space *sp = &l->c->kernel;
	struct cairn_err err;
	struct barns b;

	if (!find_barns(l, &b))
		return;
	for (uint64_t i = 0; i < n && (i + 1) * b.step <= l->of_cache.m[C_NODES].size; i++) {
		uint64_t holder = at + i * b.step;
		enum cairn_code code = b.by_node ? space_word(sp, holder, &holder, &err) : CAIRN_OK;

		if (!code && holder)
			code = shape_get(&b.of, sp, holder, 0, &barn, &err);
		if (!code && holder && barn)
			look_at_barn(l, barn);
		slab_lack_note(l->lack, code, &err);
	}
}

/* ---- the whole ---- */

static bool has_all(const struct shape *s, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!shape_has(s, i))
			return false;
	return true;
}

void slab_each_in_sheaves(struct cairn *c, uint64_t cache, slab_free_fn *fn, void *arg,
			  struct slab_lack *lack)
{
	struct look l = { .c = c, .cache = cache, .capacity = SHEAF_LIMIT, .fn = fn, .arg = arg,
			  .lack = lack };

	if (shape_resolve(&l.of_cache, &cache_want, &c->types, NULL) ||
	    !shape_has(&l.of_cache, C_SHEAVES) ||
	    shape_resolve(&l.percpu, &percpu_want, &c->types, NULL) ||
	    shape_resolve(&l.sheaf, &sheaf_want, &c->types, NULL) || !has_all(&l.percpu, P_N) ||
	    !has_all(&l.sheaf, S_N))
		return;
	if (shape_has(&l.of_cache, C_CAPACITY))
		shape_get(&l.of_cache, &c->kernel, cache, C_CAPACITY, &l.capacity, NULL);
	look_at_cpus(&l);
	look_at_nodes(&l);
}
