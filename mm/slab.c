/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/slab.h"

#include <inttypes.h>

#include "lib/debug/shape.h"

#define OBJECTS_MAX 32767 /* of a slab: 15 bits, mm/slab.h */

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

/* ---- how objects lie in it ---- */

enum { L_SIZE, L_STRIDE, L_PAD, L_N };
static const struct shape_want layout_want = {
	"struct kmem_cache", L_N,
	{ [L_SIZE] = "object_size", [L_STRIDE] = "size", [L_PAD] = "red_left_pad" },
};

enum cairn_code slab_layout_of(struct cairn *c, uint64_t cache, struct slab_layout *ret,
			       struct cairn_err *err)
{
	static const unsigned needed[] = { L_SIZE, L_STRIDE };
	struct object o;
	struct shape s;
	enum cairn_code code = shape_resolve(&s, &layout_want, &c->types, err);

	if (!code)
		code = shape_require(&s, needed, 2, err);
	if (code)
		return code;
	code = object_read(&o, &s, &c->kernel, cache, err);
	if (!code)
		*ret = (struct slab_layout){ object_get(&o, L_SIZE), object_get(&o, L_STRIDE),
					     object_get(&o, L_PAD) };
	object_done(&o);
	if (!code && (!ret->stride || ret->size > ret->stride))
		code = cairn_fail(err, CAIRN_CORRUPT, "cache 0x%" PRIx64 " has objects of no size",
				  cache);
	return code;
}

uint64_t slab_count(struct cairn *c, const struct slab *slab)
{
	static const struct shape_want want = { "struct slab|struct page", 1, { "objects" } };
	uint64_t objects;
	struct shape s;

	if (shape_resolve(&s, &want, &c->types, NULL) || !shape_has(&s, 0) ||
	    shape_get(&s, &c->kernel, slab->head, 0, &objects, NULL) || !objects ||
	    objects > OBJECTS_MAX)
		return UINT64_MAX;
	return objects;
}

uint64_t slab_nth(const struct slab_layout *l, const struct slab *slab, uint64_t n)
{
	return slab->begin + n * l->stride + l->pad;
}

bool slab_begins(const struct slab_layout *l, const struct slab *slab, uint64_t count, uint64_t va)
{
	uint64_t off = va - slab->begin - l->pad;

	return va >= slab->begin && off % l->stride == 0 && off / l->stride < count;
}

bool slab_is_guarded(struct cairn *c, const struct page_map *m, const struct slab *slab,
		     uint64_t stride)
{
	return slab_count(c, slab) < (UINT64_C(1) << m->shift) / stride;
}

/* Behind the last object there may be room that is none. */
static enum cairn_code check_number(struct cairn *c, const struct page_map *m,
				    const struct slab *slab, uint64_t n, uint64_t stride,
				    struct cairn_err *err)
{
	if (slab_is_guarded(c, m, slab, stride))
		return cairn_fail(err, CAIRN_NOTFOUND, "KFENCE guards the object at 0x%" PRIx64,
				  slab->begin);
	if (n < slab_count(c, slab))
		return CAIRN_OK;
	return cairn_fail(err, CAIRN_NOTFOUND, "behind the last object of the slab at 0x%" PRIx64,
			  slab->begin);
}

static void read_name(struct cairn *c, uint64_t cache, char *ret, size_t size)
{
	static const struct shape_want want = { "struct kmem_cache", 1, { "name" } };
	uint64_t at;

	*ret = '\0';
	if (!read_member(c, &want, cache, &at, NULL))
		space_text(&c->kernel, at, ret, size, NULL);
}

enum cairn_code slab_object_at(struct cairn *c, const struct page_map *m, uint64_t va,
			       struct slab_object *ret, struct cairn_err *err)
{
	struct slab_layout l;
	struct slab slab;
	uint64_t n;
	enum cairn_code code = slab_find(c, m, va, &slab, err);

	*ret = (struct slab_object){ 0 };
	if (!code)
		code = slab_layout_of(c, slab.cache, &l, err);
	if (code)
		return code;
	n = (va - slab.begin) / l.stride;
	ret->cache = slab.cache;
	ret->size = l.size;
	ret->addr = slab_nth(&l, &slab, n);
	ret->offset = va - ret->addr;
	ret->before = n ? ret->addr - l.stride : 0;
	read_name(c, slab.cache, ret->name, sizeof(ret->name));
	return check_number(c, m, &slab, n, l.stride, err);
}

enum cairn_code slab_object_size(struct cairn *c, const struct page_map *m, uint64_t va,
				 uint64_t *ret, struct cairn_err *err)
{
	struct slab slab;
	enum cairn_code code = slab_find(c, m, va, &slab, err);

	return code ? code : read_member(c, &cache_want, slab.cache, ret, err);
}
