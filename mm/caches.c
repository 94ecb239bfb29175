/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/caches.h"

#include <inttypes.h>

#include "lib/kern/list.h"
#include "lib/kern/task.h"
#include "mm/slab.h"

#define PARTIAL_LIMIT (1u << 20) /* slabs of a node */
#define ORDER_SHIFT 16           /* OO_SHIFT */
#define ORDER_MAX 20

enum { C_NAME, C_SIZE, C_STRIDE, C_ORDER, C_LIST, C_NODE, C_N };
static const struct shape_want cache_want = {
	"struct kmem_cache", C_N,
	{ [C_NAME] = "name", [C_SIZE] = "object_size", [C_STRIDE] = "size", [C_ORDER] = "oo.x",
	  [C_LIST] = "list", [C_NODE] = "per_node[0].node|node[0]" },
};

enum { N_SLABS, N_OBJECTS, N_PARTIAL, N_N };
static const struct shape_want node_want = {
	"struct kmem_cache_node", N_N,
	{ [N_SLABS] = "nr_slabs.counter", [N_OBJECTS] = "total_objects.counter",
	  [N_PARTIAL] = "partial" },
};

enum { S_LINK, S_INUSE, S_OBJECTS, S_N };
static const struct shape_want slab_want = {
	"struct slab|struct page", S_N,
	{ [S_LINK] = "slab_list|lru", [S_INUSE] = "inuse", [S_OBJECTS] = "objects" },
};

/* ---- the list ---- */

static uint64_t cache_of_task(const struct caches *s)
{
	struct slab_object o;
	const struct tasks *ts;

	if (!s->has_pages || tasks_get(s->c, &ts, NULL))
		return 0;
	for (size_t i = 0; i < ts->n; i++) /* the first is no object: init_task */
		if (!slab_object_at(s->c, &s->pages, ts->task[i].addr, &o, NULL))
			return o.cache;
	return 0;
}

static bool is_object(const struct caches *s, uint64_t addr)
{
	uint64_t size;

	return slab_object_size(s->c, &s->pages, addr, &size, NULL) != CAIRN_NOTFOUND;
}

/* All caches are objects themselves; what is none among them is the list's head. */
static enum cairn_code find_head(struct caches *s, struct cairn_err *err)
{
	uint64_t cache;
	struct list_walk w;
	enum cairn_code code;

	if (!sym_addr(&s->c->syms, "slab_caches", &s->head, NULL))
		return CAIRN_OK;
	cache = cache_of_task(s);
	if (!cache)
		return cairn_fail(err, CAIRN_MISSING,
				  "nothing leads to the list of caches: there is no symbol slab_caches, "
				  "and no task of which a slab is known");
	list_begin(&w, &s->c->kernel, LIST_DOUBLE, cache + s->cache.m[C_LIST].offset, CACHES_LIMIT);
	w.stop = s->c->stop;
	while (!s->head && list_next(&w))
		if (!is_object(s, w.node))
			s->head = w.node;
	code = list_end(&w, err);
	if (s->head)
		return CAIRN_OK;
	return code ? code : cairn_fail(err, CAIRN_CORRUPT, "the list of caches has no head");
}

enum cairn_code caches_each(const struct caches *s, void (*fn)(void *arg, uint64_t cache),
			    void *arg, struct cairn_err *err)
{
	struct list_walk w;

	list_begin(&w, &s->c->kernel, LIST_DOUBLE, s->head, CACHES_LIMIT);
	w.stop = s->c->stop;
	while (list_next(&w))
		fn(arg, w.node - s->cache.m[C_LIST].offset);
	return list_end(&w, err);
}

/* ---- layout ---- */

static enum cairn_code find_nodes(struct caches *s, struct cairn_err *err)
{
	struct member m;

	s->nodes = s->cache.m[C_NODE].offset;
	if (type_member(s->cache.type, "per_node", &m) || type_member(s->cache.type, "node", &m))
		s->max_nodes = type_strip(m.type)->count;
	s->node_step = s->max_nodes ? m.size / s->max_nodes : 0;
	if (s->node_step < s->c->arch->word)
		return cairn_fail(err, CAIRN_MISSING, "struct kmem_cache has no room for nodes");
	return CAIRN_OK;
}

static enum cairn_code count_shapes(struct caches *s, struct cairn_err *err)
{
	static const unsigned of_node[] = { N_SLABS, N_OBJECTS, N_PARTIAL };
	static const unsigned of_slab[] = { S_LINK, S_INUSE, S_OBJECTS };
	static const unsigned of_cache[] = { C_NODE };
	enum cairn_code code = shape_require(&s->cache, of_cache, 1, err);

	if (!code)
		code = shape_resolve(&s->node, &node_want, &s->c->types, err);
	if (!code)
		code = shape_require(&s->node, of_node, N_N, err);
	if (!code)
		code = shape_resolve(&s->slab, &slab_want, &s->c->types, err);
	return code ? code : shape_require(&s->slab, of_slab, S_N, err);
}

enum cairn_code caches_init(struct caches *ret, struct cairn *c, struct cairn_err *err)
{
	static const unsigned needed[] = { C_NAME, C_SIZE, C_STRIDE, C_LIST };
	enum cairn_code code;

	*ret = (struct caches){ .c = c };
	code = shape_resolve(&ret->cache, &cache_want, &c->types, err);
	if (!code)
		code = shape_require(&ret->cache, needed, 4, err);
	if (code)
		return code;
	ret->has_pages = !page_map_init(&ret->pages, c, NULL);
	caches_kept_init(ret);
	if (!count_shapes(ret, &ret->lack))
		find_nodes(ret, &ret->lack);
	return find_head(ret, err);
}

/* ---- one cache ---- */

/* The array of nodes ends with those that there can be: an object is no longer than that. */
static enum cairn_code how_many_nodes(const struct caches *s, uint64_t cache, uint64_t *ret,
				      struct cairn_err *err)
{
	uint64_t at, size;
	uint32_t n;
	enum cairn_code code = CAIRN_OK;

	*ret = s->max_nodes;
	if (s->max_nodes <= 1)
		return CAIRN_OK;
	if (!sym_addr(&s->c->syms, "nr_node_ids", &at, NULL)) {
		code = space_u32(&s->c->kernel, at, &n, err);
		*ret = code ? 0 : n;
	} else if (s->has_pages) {
		code = slab_object_size(s->c, &s->pages, cache, &size, err);
		*ret = code || size < s->nodes ? 0 : (size - s->nodes) / s->node_step;
	} else {
		code = cairn_fail(err, CAIRN_MISSING, "nothing tells how many nodes there are");
	}
	*ret = *ret > s->max_nodes ? s->max_nodes : *ret;
	return code;
}

enum cairn_code cache_slab_free(const struct caches *s, uint64_t slab, uint64_t *sum,
				struct cairn_err *err)
{
	struct object o;
	uint64_t inuse = 0, objects = 0;
	enum cairn_code code = object_read(&o, &s->slab, &s->c->kernel, slab, err);

	if (!code) {
		inuse = object_get(&o, S_INUSE);
		objects = object_get(&o, S_OBJECTS);
	}
	object_done(&o);
	if (!code && inuse > objects)
		code = cairn_fail(err, CAIRN_CORRUPT, "slab 0x%" PRIx64 " has %" PRIu64
				  " objects, of which %" PRIu64 " are in use", slab, objects, inuse);
	*sum += objects - inuse;
	return code;
}

enum cairn_code cache_each_partial(const struct caches *s, uint64_t node, cache_fn *fn, void *arg,
				   struct cairn_err *err)
{
	struct list_walk w;
	struct cairn_err broken;
	enum cairn_code code = CAIRN_OK, ended;

	list_begin(&w, &s->c->kernel, LIST_DOUBLE, node + s->node.m[N_PARTIAL].offset,
		   PARTIAL_LIMIT);
	w.stop = s->c->stop;
	while (!code && list_next(&w))
		code = fn(arg, w.node - s->slab.m[S_LINK].offset, err);
	ended = list_end(&w, &broken);
	if (!code && ended && err)
		*err = broken;
	return code ? code : ended;
}

enum cairn_code cache_each_node(const struct caches *s, uint64_t cache, cache_fn *fn, void *arg,
				struct cairn_err *err)
{
	uint64_t n, node = 0, at = cache + s->nodes;
	enum cairn_code code = how_many_nodes(s, cache, &n, err);

	for (uint64_t i = 0; !code && i < n; i++) {
		code = space_word(&s->c->kernel, at + i * s->node_step, &node, err);
		if (!code && node)
			code = fn(arg, node, err);
	}
	return code;
}

struct counting {
	const struct caches *s;
	struct slab_cache *ret;
};

static enum cairn_code add_free(void *arg, uint64_t slab, struct cairn_err *err)
{
	struct counting *n = arg;

	return cache_slab_free(n->s, slab, &n->ret->free, err);
}

static enum cairn_code add_node(void *arg, uint64_t node, struct cairn_err *err)
{
	struct counting *n = arg;
	struct slab_cache *ret = n->ret;
	struct object o;
	struct cairn_err why;
	enum cairn_code code = object_read(&o, &n->s->node, &n->s->c->kernel, node, err);

	if (!code) {
		ret->slabs += object_get(&o, N_SLABS);
		ret->objects += object_get(&o, N_OBJECTS);
		if (!ret->free_err.code && cache_each_partial(n->s, node, add_free, n, &why))
			ret->free_err = why;
	}
	object_done(&o);
	return code;
}

static void count_kept(const struct caches *s, struct slab_cache *ret)
{
	struct cairn_err err;
	enum cairn_code code = cache_kept(s, ret->addr, &ret->kept, &err);

	if (!code && ret->kept > ret->objects - ret->free)
		code = cairn_fail(&err, CAIRN_CORRUPT, "CPUs keep more objects than there are");
	if (!code)
		return;
	ret->kept = 0;
	ret->kept_err = err;
}

static void count(const struct caches *s, struct slab_cache *ret)
{
	struct cairn_err why = s->lack;
	struct counting n = { s, ret };

	if (s->lack.code || cache_each_node(s, ret->addr, add_node, &n, &why)) {
		ret->err = why;
		return;
	}
	if (!ret->free_err.code && ret->free > ret->objects)
		cairn_fail(&ret->free_err, CAIRN_CORRUPT, "more objects are free than there are");
	if (!ret->free_err.code)
		count_kept(s, ret);
}

enum cairn_code cache_read(const struct caches *s, uint64_t addr, struct slab_cache *ret,
			   struct cairn_err *err)
{
	struct object o;
	uint64_t order;
	enum cairn_code code;

	*ret = (struct slab_cache){ .addr = addr };
	code = object_read(&o, &s->cache, &s->c->kernel, addr, err);
	if (!code) {
		order = object_get(&o, C_ORDER) >> ORDER_SHIFT;
		ret->size = object_get(&o, C_SIZE);
		ret->stride = object_get(&o, C_STRIDE);
		ret->slab_size = order > ORDER_MAX ? 0 :
				 UINT64_C(1) << (image_info(s->c->img)->page_shift + order);
		space_text(&s->c->kernel, object_get(&o, C_NAME), ret->name, sizeof(ret->name), NULL);
	}
	object_done(&o);
	if (!code)
		count(s, ret);
	return code;
}
