/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The split BTF of a module, as the kernel's own BTF code keeps it. */
#include <string.h>

#include "lib/base/mem.h"
#include "lib/debug/btf.h"
#include "lib/debug/shape.h"
#include "lib/image/bulk.h"
#include "lib/kern/list.h"
#include "lib/kern/module.h"

#define BTF_LIMIT ((uint64_t)64 << 20)
#define LIST_LIMIT 65536

enum { B_LIST, B_MODULE, B_BTF, B_N };
static const struct shape_want module_want = {
	"struct btf_module", B_N, { [B_LIST] = "list", [B_MODULE] = "module", [B_BTF] = "btf" },
};

enum { D_DATA, D_SIZE, D_N };
static const struct shape_want btf_want = {
	"struct btf", D_N, { [D_DATA] = "data", [D_SIZE] = "data_size" },
};

/* Address of the struct btf of a module in the list btf_modules. */
static enum cairn_code find(struct cairn *c, const struct module *m, uint64_t *ret,
			    struct cairn_err *err)
{
	static const unsigned needed[] = { B_LIST, B_MODULE, B_BTF };
	struct shape shape;
	struct list_walk w;
	uint64_t head, at, owner;
	enum cairn_code code = sym_addr(&c->syms, "btf_modules", &head, err);

	if (code == CAIRN_OK)
		code = shape_resolve(&shape, &module_want, &c->types, err);
	if (code == CAIRN_OK)
		code = shape_require(&shape, needed, sizeof(needed) / sizeof(needed[0]), err);
	if (code != CAIRN_OK)
		return code;
	code = cairn_fail(err, CAIRN_MISSING, "module %s carries no BTF", m->name);
	list_begin(&w, &c->kernel, LIST_DOUBLE, head, LIST_LIMIT);
	while (code != CAIRN_OK && list_next(&w)) {
		at = w.node - shape.m[B_LIST].offset;
		if (shape_get(&shape, &c->kernel, at, B_MODULE, &owner, NULL) == CAIRN_OK &&
		    owner == m->addr)
			code = shape_get(&shape, &c->kernel, at, B_BTF, ret, err);
	}
	/* a broken list is the reason, if nothing was found on it */
	list_end(&w, code == CAIRN_OK ? NULL : err);
	return code;
}

static enum cairn_code read_blob(struct cairn *c, uint64_t btf, void **ret, size_t *len,
				 struct cairn_err *err)
{
	static const unsigned needed[] = { D_DATA, D_SIZE };
	struct shape shape;
	struct object o;
	uint64_t data = 0;
	enum cairn_code code = shape_resolve(&shape, &btf_want, &c->types, err);

	if (code == CAIRN_OK)
		code = shape_require(&shape, needed, sizeof(needed) / sizeof(needed[0]), err);
	if (code != CAIRN_OK)
		return code;
	code = object_read(&o, &shape, &c->kernel, btf, err);
	if (code == CAIRN_OK) {
		data = object_get(&o, D_DATA);
		*len = object_get(&o, D_SIZE);
	}
	object_done(&o);
	if (code != CAIRN_OK)
		return code;
	*ret = *len && *len <= BTF_LIMIT ? mem_zalloc(*len, 1) : NULL;
	if (!*ret)
		return cairn_fail(err, CAIRN_CORRUPT, "BTF of %zu bytes", *len);
	return bulk_read(&c->kernel, data, *ret, *len, err);
}

static enum cairn_code add(struct cairn *c, uint64_t btf, const char *name, struct cairn_err *err)
{
	struct btf_provider *b;
	void *blob = NULL;
	size_t len = 0;
	enum cairn_code code = read_blob(c, btf, &blob, &len, err);

	if (code == CAIRN_OK)
		code = btf_provider_new(&b, name, blob, len, c->btf, NULL, c->arch->word, err);
	mem_free(blob);
	if (code == CAIRN_OK)
		types_add(&c->types, btf_types(b));
	return code;
}

enum cairn_code module_types(struct cairn *c, const char *module, struct cairn_err *err)
{
	const struct modules *ms;
	const struct module *m;
	uint64_t btf;
	const char *name;
	enum cairn_code code = modules_get(c, &ms, err);

	if (code != CAIRN_OK)
		return code;
	m = module_by_name(ms, module);
	if (!m)
		return cairn_fail(err, CAIRN_NOTFOUND, "no module %s", module);
	name = arena_printf(&c->arena, "BTF of %s", m->name);
	if (!name)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the types of %s", m->name);
	for (struct type_provider *p = c->types.first; p; p = p->next)
		if (!strcmp(p->name, name))
			return CAIRN_OK;
	if (!c->btf)
		return cairn_fail(err, CAIRN_MISSING, "the kernel's own BTF, which that of module "
				  "%s adds to, is not there", m->name);
	code = find(c, m, &btf, err);
	if (code == CAIRN_OK)
		code = add(c, btf, name, err);
	return code == CAIRN_OK ? code : cairn_context(err, code, "types of module %s", m->name);
}
