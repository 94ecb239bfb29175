/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/slab.h"

#include <inttypes.h>

#include "lib/debug/shape.h"

enum { S_CACHE, S_N };
static const struct shape_want slab_want = {
	"struct slab|struct page", S_N, { [S_CACHE] = "slab_cache" },
};

enum { C_SIZE, C_N };
static const struct shape_want cache_want = {
	"struct kmem_cache", C_N, { [C_SIZE] = "object_size" },
};

static enum cairn_code read_member(struct cairn *c, const struct shape_want *want, uint64_t addr,
				   uint64_t *ret, struct cairn_err *err)
{
	static const unsigned first = 0;
	struct shape s;
	enum cairn_code code = shape_resolve(&s, want, &c->types, err);

	if (code == CAIRN_OK)
		code = shape_require(&s, &first, 1, err);
	return code == CAIRN_OK ? shape_get(&s, &c->kernel, addr, first, ret, err) : code;
}

enum cairn_code slab_find(struct cairn *c, const struct page_map *m, uint64_t va, struct slab *ret,
			  struct cairn_err *err)
{
	uint64_t paddr, page, size = UINT64_C(1) << m->shift;
	enum page_owner owner;
	enum cairn_code code = space_translate(m->kernel, va, &paddr, err);

	if (!code)
		code = page_owner_of(m, paddr >> m->shift, &owner, err);
	if (!code && owner != PAGE_SLAB)
		return cairn_fail(err, CAIRN_NOTFOUND, "0x%" PRIx64 " is in no slab", va);
	if (!code)
		code = page_of_pfn(m, paddr >> m->shift, &page, err);
	if (!code)
		code = page_head(m, paddr >> m->shift, &ret->head, err);
	if (code)
		return code;
	ret->begin = (va & -size) - (page - ret->head) / m->size * size;
	return read_member(c, &slab_want, ret->head, &ret->cache, err);
}

enum { O_NAME, O_SIZE, O_STRIDE, O_PAD, O_N };
static const struct shape_want object_want = {
	"struct kmem_cache", O_N,
	{ [O_NAME] = "name", [O_SIZE] = "object_size", [O_STRIDE] = "size",
	  [O_PAD] = "red_left_pad" },
};

static enum cairn_code open_cache(struct cairn *c, uint64_t addr, struct object *o, struct shape *s,
				  struct cairn_err *err)
{
	static const unsigned needed[] = { O_SIZE, O_STRIDE };
	enum cairn_code code = shape_resolve(s, &object_want, &c->types, err);

	if (!code)
		code = shape_require(s, needed, 2, err);
	if (!code)
		code = object_read(o, s, &c->kernel, addr, err);
	if (!code && (!object_get(o, O_STRIDE) || object_get(o, O_SIZE) > object_get(o, O_STRIDE))) {
		object_done(o);
		code = cairn_fail(err, CAIRN_CORRUPT, "cache 0x%" PRIx64 " has objects of no size",
				  addr);
	}
	return code;
}

/* UINT64_MAX: not known */
static uint64_t count_objects(struct cairn *c, const struct slab *slab)
{
	static const struct shape_want want = { "struct slab|struct page", 1, { "objects" } };
	uint64_t objects;
	struct shape s;

	if (shape_resolve(&s, &want, &c->types, NULL) || !shape_has(&s, 0) ||
	    shape_get(&s, &c->kernel, slab->head, 0, &objects, NULL) || !objects)
		return UINT64_MAX;
	return objects;
}

bool slab_is_guarded(struct cairn *c, const struct page_map *m, const struct slab *slab,
		     uint64_t stride)
{
	return count_objects(c, slab) < (UINT64_C(1) << m->shift) / stride;
}

/* Behind the last object there may be room that is none. */
static enum cairn_code check_number(struct cairn *c, const struct page_map *m,
				    const struct slab *slab, uint64_t n, uint64_t stride,
				    struct cairn_err *err)
{
	if (slab_is_guarded(c, m, slab, stride))
		return cairn_fail(err, CAIRN_NOTFOUND, "KFENCE guards the object at 0x%" PRIx64,
				  slab->begin);
	if (n < count_objects(c, slab))
		return CAIRN_OK;
	return cairn_fail(err, CAIRN_NOTFOUND, "behind the last object of the slab at 0x%" PRIx64,
			  slab->begin);
}

enum cairn_code slab_object_at(struct cairn *c, const struct page_map *m, uint64_t va,
			       struct slab_object *ret, struct cairn_err *err)
{
	struct slab slab;
	struct object o;
	struct shape s;
	uint64_t n, stride;
	enum cairn_code code = slab_find(c, m, va, &slab, err);

	*ret = (struct slab_object){ 0 };
	if (!code)
		code = open_cache(c, slab.cache, &o, &s, err);
	if (code)
		return code;
	stride = object_get(&o, O_STRIDE);
	n = (va - slab.begin) / stride;
	ret->cache = slab.cache;
	ret->size = object_get(&o, O_SIZE);
	ret->addr = slab.begin + n * stride + object_get(&o, O_PAD);
	ret->offset = va - ret->addr;
	ret->before = n ? ret->addr - stride : 0;
	space_text(&c->kernel, object_get(&o, O_NAME), ret->name, sizeof(ret->name), NULL);
	object_done(&o);
	return check_number(c, m, &slab, n, stride, err);
}

enum cairn_code slab_object_size(struct cairn *c, const struct page_map *m, uint64_t va,
				 uint64_t *ret, struct cairn_err *err)
{
	struct slab slab;
	enum cairn_code code = slab_find(c, m, va, &slab, err);

	return code ? code : read_member(c, &cache_want, slab.cache, ret, err);
}
