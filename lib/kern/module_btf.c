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
#define ALL_LIMIT ((uint64_t)256 << 20) /* of all modules together */
#define LIST_LIMIT 65536

enum { B_LIST, B_MODULE, B_BTF, B_N };
static const struct shape_want module_want = {
	"struct btf_module", B_N, { [B_LIST] = "list", [B_MODULE] = "module", [B_BTF] = "btf" },
};

enum { D_DATA, D_SIZE, D_N };
static const struct shape_want btf_want = {
	"struct btf", D_N, { [D_DATA] = "data", [D_SIZE] = "data_size" },
};

static enum cairn_code prepare(struct cairn *c, struct shape *shape, uint64_t *head,
			       struct cairn_err *err)
{
	static const unsigned needed[] = { B_LIST, B_MODULE, B_BTF };
	enum cairn_code code = sym_addr(&c->syms, "btf_modules", head, err);

	if (code == CAIRN_OK)
		code = shape_resolve(shape, &module_want, &c->types, err);
	if (code == CAIRN_OK)
		code = shape_require(shape, needed, sizeof(needed) / sizeof(needed[0]), err);
	return code;
}

/* Address of the struct btf of a module in the list btf_modules. */
static enum cairn_code find(struct cairn *c, const struct module *m, uint64_t *ret,
			    struct cairn_err *err)
{
	struct shape shape;
	struct list_walk w;
	uint64_t head, at, owner;
	enum cairn_code code = prepare(c, &shape, &head, err), broken;

	if (code != CAIRN_OK)
		return code;
	code = cairn_fail(err, CAIRN_MISSING, "module %s carries no BTF", m->name);
	list_begin(&w, &c->kernel, LIST_DOUBLE, head, LIST_LIMIT);
	w.stop = c->stop;
	while (code != CAIRN_OK && list_next(&w)) {
		at = w.node - shape.m[B_LIST].offset;
		if (shape_get(&shape, &c->kernel, at, B_MODULE, &owner, NULL) == CAIRN_OK &&
		    owner == m->addr)
			code = shape_get(&shape, &c->kernel, at, B_BTF, ret, err);
	}
	if (code == CAIRN_OK)
		err = NULL;
	/* a broken list is the reason, if nothing was found on it */
	broken = list_end(&w, err);
	return code == CAIRN_OK || broken == CAIRN_OK ? code : broken;
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

/* What the types of a module are called; NULL for want of memory. */
static const char *provider_name(struct cairn *c, const struct module *m)
{
	return arena_printf(&c->arena, "BTF of %s", m->name);
}

static bool is_added(const struct cairn *c, const char *name)
{
	for (struct type_provider *p = c->types.first; p; p = p->next)
		if (!strcmp(p->name, name))
			return true;
	return false;
}

static enum cairn_code add(struct cairn *c, uint64_t btf, const char *name, size_t *len,
			   struct cairn_err *err)
{
	struct btf_provider *b;
	void *blob = NULL;
	enum cairn_code code = read_blob(c, btf, &blob, len, err);

	if (code == CAIRN_OK)
		code = btf_provider_new(&b, name, blob, *len, c->btf, NULL, c->arch->word, err);
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
	size_t len;
	enum cairn_code code = modules_get(c, &ms, err);

	if (code != CAIRN_OK)
		return code;
	m = module_by_name(ms, module);
	if (!m)
		return cairn_fail(err, CAIRN_NOTFOUND, "no module %s", module);
	name = provider_name(c, m);
	if (!name)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the types of %s", m->name);
	if (is_added(c, name))
		return CAIRN_OK;
	if (!c->btf)
		return cairn_fail(err, CAIRN_MISSING, "the kernel's own BTF, which that of module "
				  "%s adds to, is not there", m->name);
	code = find(c, m, &btf, err);
	if (code == CAIRN_OK)
		code = add(c, btf, name, &len, err);
	return code == CAIRN_OK ? code : cairn_context(err, code, "types of module %s", m->name);
}

static const struct module *owner_of(const struct modules *ms, uint64_t addr)
{
	for (size_t i = 0; i < ms->n; i++)
		if (ms->module[i].addr == addr && ms->module[i].fault.code == CAIRN_OK)
			return &ms->module[i];
	return NULL;
}

/* Bytes of BTF that came with one element of the list. */
static size_t add_element(struct cairn *c, const struct modules *ms, const struct shape *shape,
			  uint64_t at)
{
	const struct module *m;
	uint64_t owner, btf;
	const char *name;
	size_t len = 0;

	if (shape_get(shape, &c->kernel, at, B_MODULE, &owner, NULL) != CAIRN_OK ||
	    shape_get(shape, &c->kernel, at, B_BTF, &btf, NULL) != CAIRN_OK)
		return 0;
	m = owner_of(ms, owner);
	name = m ? provider_name(c, m) : NULL;
	if (!name || is_added(c, name) || add(c, btf, name, &len, NULL) != CAIRN_OK)
		return 0;
	return len;
}

void module_types_until(struct cairn *c, bool (*enough)(void *arg), void *arg)
{
	const struct modules *ms;
	struct shape shape;
	struct list_walk w;
	uint64_t head, total = 0;
	bool done = false;

	if (!c->btf || modules_get(c, &ms, NULL) != CAIRN_OK ||
	    prepare(c, &shape, &head, NULL) != CAIRN_OK)
		return;
	list_begin(&w, &c->kernel, LIST_DOUBLE, head, LIST_LIMIT);
	w.stop = c->stop;
	while (!done && total < ALL_LIMIT && list_next(&w)) {
		total += add_element(c, ms, &shape, w.node - shape.m[B_LIST].offset);
		done = enough(arg);
	}
	list_end(&w, NULL);
}
