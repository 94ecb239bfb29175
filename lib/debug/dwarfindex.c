/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/dwarfindex.h"

#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/debug/dwarfdie.h"

/* ---- the table ---- */

static uint32_t name_hash(unsigned space, const char *name)
{
	return (uint32_t)hash_u64(hash_bytes(name, strlen(name)) + space);
}

static bool grow_slots(struct dwarfnames *t)
{
	uint32_t nslots = t->nslots ? t->nslots * 2 : 4096, i, h;
	uint32_t *slot = mem_zalloc(nslots, sizeof(*slot));

	if (!slot)
		return false;
	for (i = 0; i < t->n; i++) {
		for (h = t->entry[i].hash & (nslots - 1); slot[h]; h = (h + 1) & (nslots - 1))
			;
		slot[h] = i + 1;
	}
	mem_free(t->slot);
	t->slot = slot;
	t->nslots = nslots;
	return true;
}

static bool grow(struct dwarfnames *t)
{
	if (t->n == t->cap) {
		uint32_t cap = t->cap ? t->cap * 2 : 2048;
		void *entry = mem_resize(t->entry, cap, sizeof(*t->entry));

		if (!entry)
			return false;
		t->entry = entry;
		t->cap = cap;
	}
	return t->n < t->nslots / 2 || grow_slots(t);
}

/* The entry, or NULL with *slot where it would go. */
static struct dwarfname *lookup(const struct dwarfnames *t, unsigned space, const char *name,
				uint32_t hash, uint32_t *slot)
{
	uint32_t h;

	for (h = hash & (t->nslots - 1); t->nslots && t->slot[h]; h = (h + 1) & (t->nslots - 1)) {
		struct dwarfname *e = &t->entry[t->slot[h] - 1];

		if (e->hash == hash && e->space == space && !strcmp(e->name, name))
			return e;
	}
	*slot = h;
	return NULL;
}

static void add(struct dwarfnames *t, unsigned space, const char *name, uint64_t die,
		bool declared)
{
	uint32_t hash = name_hash(space, name), slot;
	struct dwarfname *e = lookup(t, space, name, hash, &slot);

	if (e) {
		if (e->declared && !declared) {
			e->declared = false;
			e->die = die;
		}
		return;
	}
	name = grow(t) ? arena_strdup(&t->arena, name) : NULL;
	if (!name)
		return;
	lookup(t, space, name, hash, &slot);
	t->entry[t->n] = (struct dwarfname){ name, die, hash, (uint8_t)space, declared };
	t->slot[slot] = ++t->n;
}

/* ---- reading units ---- */

static bool name_space(int tag, unsigned *space)
{
	switch (tag) {
	case DW_TAG_structure_type:
	case DW_TAG_class_type: *space = TYPE_STRUCT; return true;
	case DW_TAG_union_type: *space = TYPE_UNION; return true;
	case DW_TAG_enumeration_type: *space = TYPE_ENUM; return true;
	case DW_TAG_typedef:
	case DW_TAG_base_type: *space = TYPE_VOID; return true;
	case DW_TAG_variable: *space = TYPE_FUNC; return true;
	}
	return false;
}

static bool is_c(Dwarf_Die *unit)
{
	int lang = dwarf_srclang(unit);

	return lang != DW_LANG_Mips_Assembler && lang != DW_LANG_Rust;
}

static void read_unit(struct dwarfnames *t, Dwarf_Die *unit)
{
	Dwarf_Die die;
	unsigned space;
	const char *name;

	if (!is_c(unit) || !die_child(unit, &die))
		return;
	do {
		if (!name_space(dwarf_tag(&die), &space) || !(name = dwarf_diename(&die)))
			continue;
		add(t, space, name, dwarf_dieoffset(&die), die_is_declaration(&die));
	} while (die_next(&die));
}

/* ---- asking ---- */

static struct dwarfname *ask(const struct dwarfindex *x, enum type_kind space, const char *name)
{
	uint32_t slot;

	return lookup(&x->names, space, name, name_hash(space, name), &slot);
}

bool dwarfindex_known(struct dwarfindex *x, enum type_kind space, const char *name,
		      Dwarf_Die *ret)
{
	const struct dwarfname *e = ask(x, space, name);

	return e && !e->declared && dwarf_offdie(x->dwarf, e->die, ret);
}

bool dwarfindex_read(struct dwarfindex *x)
{
	Dwarf_Half version;
	Dwarf_Die unit;
	uint8_t type;

	if (x->complete)
		return false;
	while (!dwarf_get_units(x->dwarf, x->last, &x->last, &version, &type, &unit, NULL)) {
		/* the old .debug_types have offsets of their own; kernels never had them */
		if (type == DW_UT_type && version < 5)
			continue;
		read_unit(&x->names, &unit);
		return true;
	}
	x->complete = true;
	return false;
}

bool dwarfindex_find(struct dwarfindex *x, enum type_kind space, const char *name, Dwarf_Die *ret)
{
	const struct dwarfname *e;

	do {
		if (dwarfindex_known(x, space, name, ret))
			return true;
	} while (dwarfindex_read(x));
	e = ask(x, space, name);
	return e && dwarf_offdie(x->dwarf, e->die, ret);
}

void dwarfindex_deinit(struct dwarfindex *x)
{
	arena_deinit(&x->names.arena);
	mem_free(x->names.entry);
	mem_free(x->names.slot);
}
