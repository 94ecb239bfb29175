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

enum { O_NAME, O_SIZE, O_STRIDE, O_PAD, O_N };
static const struct shape_want object_want = {
	"struct kmem_cache", O_N,
	{ [O_NAME] = "name", [O_SIZE] = "object_size", [O_STRIDE] = "size",
	  [O_PAD] = "red_left_pad" },
};

static enum cairn_code in_cache(struct cairn *c, uint64_t va, uint64_t base,
				struct slab_object *ret, struct cairn_err *err)
{
	static const unsigned needed[] = { O_SIZE, O_STRIDE };
	struct object o;
	struct shape s;
	enum cairn_code code = shape_resolve(&s, &object_want, &c->types, err);
	uint64_t stride;

	if (!code)
		code = shape_require(&s, needed, 2, err);
	if (code)
		return code;
	code = object_read(&o, &s, &c->kernel, ret->cache, err);
	stride = code ? 0 : object_get(&o, O_STRIDE);
	if (!code && (!stride || object_get(&o, O_SIZE) > stride))
		code = cairn_fail(err, CAIRN_CORRUPT, "cache 0x%" PRIx64 " has objects of no size",
				  ret->cache);
	if (!code) {
		ret->size = object_get(&o, O_SIZE);
		ret->addr = base + (va - base) / stride * stride + object_get(&o, O_PAD);
		ret->offset = va - ret->addr;
		space_text(&c->kernel, object_get(&o, O_NAME), ret->name, sizeof(ret->name), NULL);
	}
	object_done(&o);
	return code;
}

enum cairn_code slab_object_at(struct cairn *c, const struct page_map *m, uint64_t va,
			       struct slab_object *ret, struct cairn_err *err)
{
	uint64_t paddr, page, head = 0, size = UINT64_C(1) << m->shift;
	enum page_owner owner;
	enum cairn_code code = space_translate(m->kernel, va, &paddr, err);

	*ret = (struct slab_object){ 0 };
	if (!code)
		code = page_owner_of(m, paddr >> m->shift, &owner, err);
	if (!code && owner != PAGE_SLAB)
		return cairn_fail(err, CAIRN_NOTFOUND, "0x%" PRIx64 " is in no slab", va);
	if (!code)
		code = page_of_pfn(m, paddr >> m->shift, &page, err);
	if (!code)
		code = page_head(m, paddr >> m->shift, &head, err);
	if (!code)
		code = read_member(c, &slab_want, head, &ret->cache, err);
	return code ? code : in_cache(c, va, (va & ~(size - 1)) - (page - head) / m->size * size,
				      ret, err);
}

enum cairn_code slab_object_size(struct cairn *c, const struct page_map *m, uint64_t va,
				 uint64_t *ret, struct cairn_err *err)
{
	enum page_owner owner;
	uint64_t paddr, page, cache;
	enum cairn_code code = space_translate(m->kernel, va, &paddr, err);

	if (code == CAIRN_OK)
		code = page_owner_of(m, paddr >> m->shift, &owner, err);
	if (code == CAIRN_OK && owner != PAGE_SLAB)
		return cairn_fail(err, CAIRN_NOTFOUND, "0x%" PRIx64 " is in no slab", va);
	if (code == CAIRN_OK)
		code = page_head(m, paddr >> m->shift, &page, err);
	if (code == CAIRN_OK)
		code = read_member(c, &slab_want, page, &cache, err);
	return code == CAIRN_OK ? read_member(c, &cache_want, cache, ret, err) : code;
}
