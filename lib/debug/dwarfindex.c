/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/dwarfindex.h"

#include <gelf.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/debug/dwarfdie.h"
#include "lib/debug/dwarfsection.h"

/* ---- the table ---- */

static uint32_t name_hash(unsigned space, const char *name)
{
	return nameindex_hash(name, strlen(name), space);
}

static bool grow_slots(struct dwarfindex *x)
{
	uint32_t nslots = x->nslots ? x->nslots * 2 : 4096, i, h;
	uint32_t *slot = mem_zalloc(nslots, sizeof(*slot));

	if (!slot)
		return false;
	for (i = 0; i < x->names.n; i++) {
		for (h = x->names.hash[i] & (nslots - 1); slot[h]; h = (h + 1) & (nslots - 1))
			;
		slot[h] = i + 1;
	}
	mem_free(x->slot);
	x->slot = slot;
	x->nslots = nslots;
	return true;
}

/* Room for one more entry. */
static bool grow(struct dwarfindex *x)
{
	uint32_t cap = x->cap ? x->cap * 2 : 2048;
	void *p;

	if (x->names.n == x->cap) {
		p = mem_resize(x->names.entry, cap, sizeof(*x->names.entry));
		if (!p)
			return false;
		x->names.entry = p;
		p = mem_resize(x->names.hash, cap, sizeof(*x->names.hash));
		if (!p)
			return false;
		x->names.hash = p;
		x->cap = cap;
	}
	return x->names.n < x->nslots / 2 || grow_slots(x);
}

static bool add_text(struct dwarfindex *x, const char *name, uint32_t *ret)
{
	size_t len = strlen(name) + 1, cap = x->text_cap ? x->text_cap : 65536;
	void *p;

	if (len > x->text_cap - x->names.text_len) {
		while (cap - x->names.text_len < len)
			cap *= 2;
		p = cap <= UINT32_MAX ? mem_resize(x->names.text, cap, 1) : NULL;
		if (!p)
			return false;
		x->names.text = p;
		x->text_cap = (uint32_t)cap;
	}
	*ret = x->names.text_len;
	memcpy(x->names.text + x->names.text_len, name, len);
	x->names.text_len += (uint32_t)len;
	return true;
}

/* The entry, or NULL with *slot where it would go. */
static struct dwarfname *lookup(const struct dwarfindex *x, unsigned space, const char *name,
				uint32_t hash, uint32_t *slot)
{
	uint32_t h, i;

	for (h = hash & (x->nslots - 1); x->nslots && x->slot[h]; h = (h + 1) & (x->nslots - 1)) {
		i = x->slot[h] - 1;
		if (x->names.hash[i] == hash && x->names.entry[i].space == space &&
		    !strcmp(x->names.text + x->names.entry[i].name, name))
			return &x->names.entry[i];
	}
	*slot = h;
	return NULL;
}

static void add(struct dwarfindex *x, unsigned space, const char *name, uint64_t die,
		bool declared)
{
	uint32_t hash = name_hash(space, name), slot, text;
	struct dwarfname *e = lookup(x, space, name, hash, &slot);

	if (e) {
		if (e->declared && !declared) {
			e->declared = false;
			e->die = die;
		}
		return;
	}
	if (!grow(x) || !add_text(x, name, &text)) {
		x->lossy = true;
		return;
	}
	lookup(x, space, name, hash, &slot);
	x->names.entry[x->names.n] = (struct dwarfname){
		.die = die, .name = text, .space = (uint8_t)space, .declared = declared,
	};
	x->names.hash[x->names.n] = hash;
	x->slot[slot] = ++x->names.n;
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

static void read_unit(struct dwarfindex *x, Dwarf_Die *unit)
{
	Dwarf_Die die;
	unsigned space;
	const char *name;

	if (!is_c(unit) || !die_child(unit, &die))
		return;
	do {
		if (!name_space(dwarf_tag(&die), &space) || !(name = dwarf_diename(&die)))
			continue;
		add(x, space, name, dwarf_dieoffset(&die), die_is_declaration(&die));
	} while (die_next(&die));
}

/* One more; false if there is none. */
static bool read_next(struct dwarfindex *x)
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
		read_unit(x, &unit);
		return true;
	}
	x->complete = true;
	return false;
}

/* ---- asking ---- */

static const struct dwarfname *ask(const struct dwarfindex *x, enum type_kind space,
				   const char *name)
{
	uint32_t slot;

	return x->kept.idx ? dwarfkept_find(&x->kept, space, name)
			   : lookup(x, space, name, name_hash(space, name), &slot);
}

/* What was kept may be damaged: the place must hold what is looked for. */
static bool fetch(const struct dwarfindex *x, const struct dwarfname *e, const char *name,
		  Dwarf_Die *ret)
{
	unsigned space;

	return dwarf_offdie(x->dwarf, e->die, ret) && name_space(dwarf_tag(ret), &space) &&
	       space == e->space && !strcmp(die_name(ret), name);
}

bool dwarfindex_known(struct dwarfindex *x, enum type_kind space, const char *name,
		      Dwarf_Die *ret)
{
	const struct dwarfname *e = ask(x, space, name);

	return e && !e->declared && fetch(x, e, name, ret);
}

bool dwarfindex_find(struct dwarfindex *x, enum type_kind space, const char *name, Dwarf_Die *ret)
{
	const struct dwarfname *e;

	do {
		if (dwarfindex_known(x, space, name, ret))
			return true;
	} while (read_next(x));
	e = ask(x, space, name);
	return e && fetch(x, e, name, ret);
}

const char *dwarfindex_name(struct dwarfindex *x, uint32_t i, enum type_kind *space)
{
	const struct dwarfname *e;

	while (read_next(x))
		;
	if (i >= (x->kept.idx ? x->kept.n : x->names.n))
		return NULL;
	e = x->kept.idx ? &x->kept.entry[i] : &x->names.entry[i];
	*space = (enum type_kind)e->space;
	return x->kept.idx ? dwarfkept_text(&x->kept, i) : x->names.text + e->name;
}

/* ---- keeping ---- */

static uint64_t info_size(Dwarf *dwarf)
{
	Elf_Scn *scn = dwarfsection(dwarf, ".debug_info");
	GElf_Shdr sh;

	return scn && gelf_getshdr(scn, &sh) ? sh.sh_size : 0;
}

void dwarfindex_keep(struct dwarfindex *x, const char *build_id)
{
	if (dwarfkept_open(&x->kept, build_id, info_size(x->dwarf)))
		x->complete = true;
	else
		x->keep_as = build_id;
}

void dwarfindex_deinit(struct dwarfindex *x)
{
	if (x->keep_as && x->complete && !x->lossy)
		dwarfkept_save(&x->names, x->keep_as, info_size(x->dwarf));
	dwarfkept_close(&x->kept);
	mem_free(x->names.entry);
	mem_free(x->names.hash);
	mem_free(x->names.text);
	mem_free(x->slot);
}
