/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/kfence.h"

#include "lib/debug/shape.h"
#include "lib/debug/sym.h"

#define POOL_MAX (UINT64_C(1) << 32) /* bytes; 65535 objects, of two pages each */

enum { M_STATE, M_ADDR, M_SIZE, M_CACHE, M_N };
static const struct shape_want want = {
	"struct kfence_metadata", M_N,
	{ [M_STATE] = "state", [M_ADDR] = "addr", [M_SIZE] = "size", [M_CACHE] = "cache" },
};

static enum kfence_state state_of(const struct shape *s, uint64_t value)
{
	static const struct { const char *name; enum kfence_state state; } names[] = {
		{ "KFENCE_OBJECT_UNUSED", KFENCE_UNUSED },
		{ "KFENCE_OBJECT_ALLOCATED", KFENCE_ALLOCATED },
		{ "KFENCE_OBJECT_FREED", KFENCE_FREED },
	};
	int64_t v;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (type_enum_value(type_strip(s->m[M_STATE].type), names[i].name, &v) &&
		    (uint64_t)v == value)
			return names[i].state;
	return KFENCE_OTHER;
}

/* It proves itself by the page that it is of. */
static bool read_one(struct cairn *c, const struct shape *s, uint64_t at, uint64_t va,
		     struct kfence_object *ret)
{
	struct object o;
	bool ok = !object_read(&o, s, &c->kernel, at, NULL);

	if (ok)
		*ret = (struct kfence_object){
			.addr = object_get(&o, M_ADDR), .size = object_get(&o, M_SIZE),
			.cache = object_get(&o, M_CACHE), .meta = at,
			.state = state_of(s, object_get(&o, M_STATE)),
		};
	object_done(&o);
	return ok && ret->addr >> c->kernel.page_shift == va >> c->kernel.page_shift &&
	       ret->size <= UINT64_C(1) << c->kernel.page_shift;
}

static enum cairn_code find_pool(struct cairn *c, struct shape *s, uint64_t *pool, uint64_t *meta,
				 struct cairn_err *err)
{
	static const unsigned all[] = { M_STATE, M_ADDR, M_SIZE, M_CACHE };
	enum cairn_code code = shape_resolve(s, &want, &c->types, err);

	if (!code)
		code = shape_require(s, all, M_N, err);
	if (!code)
		code = sym_addr(&c->syms, "__kfence_pool", pool, err);
	if (!code)
		code = sym_addr(&c->syms, "kfence_metadata", meta, err);
	return code ? code : space_word(&c->kernel, *pool, pool, err);
}

enum cairn_code kfence_object_at(struct cairn *c, uint64_t va, struct kfence_object *ret,
				 struct cairn_err *err)
{
	uint64_t pool, meta, table, index;
	struct shape s;
	enum cairn_code code = find_pool(c, &s, &pool, &meta, err);

	if (code)
		return code == CAIRN_NOTFOUND ? CAIRN_MISSING : code;
	index = (va - pool) >> (c->kernel.page_shift + 1);
	/* a pointer since 6.6, before that the array itself */
	if (pool && va >= pool && va - pool < POOL_MAX && index &&
	    (read_one(c, &s, meta + (index - 1) * s.size, va, ret) ||
	     (!space_word(&c->kernel, meta, &table, NULL) && table &&
	      read_one(c, &s, table + (index - 1) * s.size, va, ret))))
		return CAIRN_OK;
	return cairn_fail(err, CAIRN_NOTFOUND, "no object of KFENCE");
}
