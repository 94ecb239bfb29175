/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/keys.h"

#include "lib/base/cursor.h"
#include "lib/debug/shape.h"
#include "lib/kern/rbtree.h"
#include "mm/slab.h"

#define KEYS_LIMIT       ((size_t)1 << 20)
#define HEADER           64 /* before the data of a payload, at most */

enum { K_NODE, K_DATALEN, K_DESCRIPTION, K_PAYLOAD, K_N };
static const struct shape_want key_want = {
	"struct key", K_N,
	{ [K_NODE] = "serial_node", [K_DATALEN] = "datalen", [K_DESCRIPTION] = "description",
	  [K_PAYLOAD] = "payload.data" },
};

struct keys {
	struct cairn *c;
	const struct page_map *m;
	const struct shape *shape;
	keys_fn *fn;
	void *arg;
};

/* One allocation, if there is one; of one that is larger than slabs are made for only `len` is
 * known. */
static void report_object(const struct keys *k, uint64_t va, uint64_t len)
{
	uint64_t page = (uint64_t)1 << k->c->kernel.page_shift, size;

	if (!va)
		return;
	/* a cache of objects without size is damaged */
	if (slab_object_size(k->c, k->m, va, &size, NULL) != CAIRN_OK || !size)
		size = ((va + len + HEADER + page) & ~(page - 1)) - va;
	k->fn(k->arg, va, size);
}

static enum cairn_code report_key(const struct keys *k, uint64_t addr, struct cairn_err *err)
{
	struct object o;
	uint32_t size = 0;
	const unsigned char *data;
	enum cairn_code code = object_read(&o, k->shape, &k->c->kernel, addr, err);

	if (code == CAIRN_OK) {
		k->fn(k->arg, addr, k->shape->size);
		report_object(k, object_get(&o, K_DESCRIPTION), 0);
		data = object_bytes(&o, K_PAYLOAD, &size);
		for (uint32_t at = 0; data && at + k->c->arch->word <= size; at += k->c->arch->word)
			report_object(k, le_uint(data + at, k->c->arch->word),
				       object_get(&o, K_DATALEN));
	}
	object_done(&o);
	return code;
}

static enum cairn_code walk(const struct keys *k, uint64_t root, struct cairn_err *err)
{
	struct rbtree_walk w;
	enum cairn_code code = CAIRN_OK, ended;

	rbtree_begin(&w, &k->c->kernel, root, KEYS_LIMIT);
	w.stop = k->c->stop;
	while (code == CAIRN_OK && rbtree_next(&w))
		code = report_key(k, w.node - k->shape->m[K_NODE].offset, err);
	ended = rbtree_end(&w, code == CAIRN_OK ? err : NULL);
	return code == CAIRN_OK ? ended : code;
}

enum cairn_code keys_each(struct cairn *c, const struct page_map *m, keys_fn *fn, void *arg,
			  struct cairn_err *err)
{
	static const unsigned needed[] = { K_NODE, K_DATALEN, K_DESCRIPTION, K_PAYLOAD };
	struct keys k = { .c = c, .m = m, .fn = fn, .arg = arg };
	struct shape shape;
	uint64_t root;
	struct sym unused;
	enum cairn_code code;

	/* without any symbol nobody can say that there are no keys */
	if (c->kallsyms && !sym_find(&c->syms, "key_lookup", &unused))
		return CAIRN_OK;
	code = sym_addr(&c->syms, "key_serial_tree", &root, err);
	if (code == CAIRN_OK)
		code = shape_resolve(&shape, &key_want, &c->types, err);
	if (code == CAIRN_OK)
		code = shape_require(&shape, needed, sizeof(needed) / sizeof(needed[0]), err);
	k.shape = &shape;
	if (code == CAIRN_OK)
		code = walk(&k, root, err);
	return code == CAIRN_OK ? code : cairn_context(err, code, "key rings");
}
