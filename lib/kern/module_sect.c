/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/module_sect.h"

#include <string.h>

#include "lib/debug/shape.h"

#define SECTIONS_LIMIT 512u

enum { MOD_SECT_ATTRS, MOD_N };
static const struct shape_want module_want = {
	"struct module", MOD_N, { [MOD_SECT_ATTRS] = "sect_attrs" },
};

enum { ATTRS_N, ATTRS_FIRST, ATTRS_MEMBERS };
static const struct shape_want attrs_want = {
	"struct module_sect_attrs", ATTRS_MEMBERS,
	{ [ATTRS_N] = "nsections", [ATTRS_FIRST] = "attrs" },
};

/* Offsets inside one attribute, whichever struct the table is made of. */
static bool element(struct module_sections *s, const struct type *table)
{
	struct member name, address;
	const struct type *one;

	table = type_strip(table);
	one = table->kind == TYPE_ARRAY ? type_strip(table->target) : table;
	if (!type_member(one, "battr.attr.name", &name) && !type_member(one, "attr.name", &name))
		return false;
	if (!type_member(one, "address", &address) && !type_member(one, "private", &address))
		return false;
	s->size = one->size;
	s->name = name.offset;
	s->address = address.offset;
	return s->size != 0;
}

enum cairn_code module_sections_find(struct module_sections *ret, struct cairn *c,
				     const struct module *m, struct cairn_err *err)
{
	struct shape module, attrs;
	enum cairn_code code;
	uint64_t at, n = SECTIONS_LIMIT;

	*ret = (struct module_sections){ .c = c, .module = m };
	code = shape_resolve(&module, &module_want, &c->types, err);
	if (code == CAIRN_OK)
		code = shape_get(&module, &c->kernel, m->addr, MOD_SECT_ATTRS, &at, err);
	if (code == CAIRN_OK)
		code = shape_resolve(&attrs, &attrs_want, &c->types, err);
	if (code != CAIRN_OK)
		return code;
	if (!at || !shape_has(&attrs, ATTRS_FIRST) || !element(ret, attrs.m[ATTRS_FIRST].type))
		return cairn_fail(err, CAIRN_MISSING, "the sections of module %s are not known",
				  m->name);
	if (shape_has(&attrs, ATTRS_N) &&
	    shape_get(&attrs, &c->kernel, at, ATTRS_N, &n, NULL) != CAIRN_OK)
		n = 0;
	ret->n = n < SECTIONS_LIMIT ? (uint32_t)n : SECTIONS_LIMIT;
	ret->attrs = at + attrs.m[ATTRS_FIRST].offset;
	return CAIRN_OK;
}

/* struct module.percpu is a per-CPU pointer: what its section's symbols are relative to. */
static bool percpu_section(const struct module_sections *s, uint64_t *ret)
{
	static const struct shape_want want = { "struct module", 1, { "percpu" } };
	struct shape shape;

	return shape_resolve(&shape, &want, &s->c->types, NULL) == CAIRN_OK &&
	       shape_get(&shape, &s->c->kernel, s->module->addr, 0, ret, NULL) == CAIRN_OK && *ret;
}

bool module_section_at(void *arg, const char *section, uint64_t *ret)
{
	const struct module_sections *s = arg;
	struct space *sp = &s->c->kernel;
	char name[128];
	uint64_t ptr;

	if (!strcmp(section, ".data..percpu"))
		return percpu_section(s, ret);
	for (uint32_t i = 0; i < s->n; i++) {
		uint64_t one = s->attrs + i * s->size;

		if (space_word(sp, one + s->name, &ptr, NULL) != CAIRN_OK || !ptr ||
		    space_text(sp, ptr, name, sizeof(name), NULL) != CAIRN_OK)
			return false;
		if (!strcmp(name, section))
			return space_word(sp, one + s->address, ret, NULL) == CAIRN_OK;
	}
	return false;
}
