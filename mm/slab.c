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
