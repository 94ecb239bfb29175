/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/dwarf.h"

#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/debug/dwarfdie.h"
#include "lib/debug/dwarfindex.h"

/* More than any compiler accepts is no array. */
#define DIMENSIONS 16

struct dwarf_provider {
	struct type_provider p;
	Dwarf *dwarf;
	struct dwarfindex index;
	struct arena arena;
	struct map nodes; /* address of the DIE in the file's image -> struct type */
	int depth;        /* of node(), while it follows a chain */
};

static const struct type *node(struct dwarf_provider *d, Dwarf_Die *die);

static struct dwarf_provider *self_of(struct type_provider *p)
{
	return (struct dwarf_provider *)((char *)p - offsetof(struct dwarf_provider, p));
}

/* What DW_AT_type refers to; C's void is its absence. */
static const struct type *type_of(struct dwarf_provider *d, Dwarf_Die *die)
{
	Dwarf_Die target;

	return die_ref(die, DW_AT_type, &target) ? node(d, &target) : &type_void;
}

/* ---- nodes ---- */

static void set_base(struct type *t, Dwarf_Die *die)
{
	uint64_t encoding = 0;

	die_number(die, DW_AT_encoding, &encoding);
	t->kind = TYPE_INT;
	switch (encoding) {
	case DW_ATE_float:
	case DW_ATE_complex_float: t->kind = TYPE_FLOAT; break;
	case DW_ATE_boolean: t->is_bool = true; break;
	case DW_ATE_signed_char: t->is_signed = true; /* fall through */
	case DW_ATE_unsigned_char: t->is_char = true; break;
	case DW_ATE_signed: t->is_signed = true; break;
	}
}

static void set_enum(struct dwarf_provider *d, struct type *t, Dwarf_Die *die)
{
	uint64_t encoding;

	if (die_number(die, DW_AT_encoding, &encoding))
		t->is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
	else
		t->is_signed = type_strip(type_of(d, die))->is_signed;
}

static uint64_t dimension(Dwarf_Die *die)
{
	uint64_t n;

	if (die_number(die, DW_AT_count, &n))
		return n;
	/* the bound of T[0] is -1; T[] has none */
	return die_number(die, DW_AT_upper_bound, &n) ? n + 1 : 0;
}

static void fill_array(struct type *t, const struct type *element, uint64_t count)
{
	t->kind = TYPE_ARRAY;
	t->target = element;
	t->count = count;
	if (__builtin_mul_overflow(count, type_strip(element)->size, &t->size))
		t->size = 0;
	t->complete = true;
}

/* One DIE with a child for each dimension; for us an array of arrays, t the outermost. */
static void set_array(struct dwarf_provider *d, struct type *t, Dwarf_Die *die)
{
	const struct type *element = type_of(d, die);
	uint64_t count[DIMENSIONS] = { 0 };
	struct type *inner;
	unsigned n = 0;
	Dwarf_Die dim;

	for (bool more = die_child(die, &dim); more && n < DIMENSIONS; more = die_next(&dim))
		if (dwarf_tag(&dim) == DW_TAG_subrange_type)
			count[n++] = dimension(&dim);
	for (; n > 1; n--) {
		inner = arena_alloc(&d->arena, sizeof(*inner));
		if (!inner)
			break;
		*inner = (struct type){ .name = "", .provider = &d->p };
		fill_array(inner, element, count[n - 1]);
		element = inner;
	}
	fill_array(t, element, count[0]);
}

static void set_derived(struct dwarf_provider *d, struct type *t, Dwarf_Die *die, int tag)
{
	t->target = type_of(d, die);
	t->size = type_strip(t->target)->size;
	t->complete = true;
	switch (tag) {
	case DW_TAG_typedef: t->kind = TYPE_TYPEDEF; break;
	case DW_TAG_const_type: t->kind = TYPE_CONST; break;
	case DW_TAG_volatile_type: t->kind = TYPE_VOLATILE; break;
	default: t->kind = TYPE_OTHER_QUALIFIER;
	}
}

static void set_pointer(struct dwarf_provider *d, struct type *t, Dwarf_Die *die)
{
	Dwarf_Die unit;
	uint8_t word = 0;

	t->kind = TYPE_PTR;
	if (!t->size && dwarf_diecu(die, &unit, &word, NULL))
		t->size = word;
	t->target = type_of(d, die);
	t->complete = true;
}

static void set_node(struct dwarf_provider *d, struct type *t, Dwarf_Die *die)
{
	int tag = dwarf_tag(die), size = dwarf_bytesize(die);

	t->size = size > 0 ? (uint64_t)size : 0;
	switch (tag) {
	case DW_TAG_structure_type:
	case DW_TAG_class_type: t->kind = TYPE_STRUCT; break;
	case DW_TAG_union_type: t->kind = TYPE_UNION; break;
	case DW_TAG_enumeration_type:
		t->kind = TYPE_ENUM;
		set_enum(d, t, die);
		break;
	case DW_TAG_base_type:
		set_base(t, die);
		t->complete = true;
		break;
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type: set_pointer(d, t, die); break;
	case DW_TAG_array_type: set_array(d, t, die); break;
	case DW_TAG_subroutine_type:
	case DW_TAG_subprogram:
		t->kind = TYPE_FUNC;
		t->target = type_of(d, die);
		break;
	case DW_TAG_unspecified_type: t->complete = true; break;
	default: set_derived(d, t, die, tag);
	}
}

static bool tag_kind(Dwarf_Die *die, enum type_kind *ret)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_structure_type:
	case DW_TAG_class_type: *ret = TYPE_STRUCT; return true;
	case DW_TAG_union_type: *ret = TYPE_UNION; return true;
	case DW_TAG_enumeration_type: *ret = TYPE_ENUM; return true;
	}
	return false;
}

/* A declaration becomes the definition if that is known without reading more units. */
static void prefer_definition(struct dwarf_provider *d, Dwarf_Die *die)
{
	enum type_kind kind;
	Dwarf_Die def;

	if (die_is_declaration(die) && tag_kind(die, &kind) &&
	    dwarfindex_known(&d->index, kind, die_name(die), &def))
		*die = def;
}

/* A node is entered before its target is made, so a cycle finds it half made rather than
 * recursing; a chain deeper than the stack should bear ends as void. */
static const struct type *node(struct dwarf_provider *d, Dwarf_Die *die)
{
	uint64_t known;
	struct type *t;

	prefer_definition(d, die);
	if (map_get(&d->nodes, (uintptr_t)die->addr, &known))
		return (const struct type *)(uintptr_t)known;
	t = arena_alloc(&d->arena, sizeof(*t));
	if (!t || !map_put(&d->nodes, (uintptr_t)die->addr, (uintptr_t)t))
		return &type_void;
	*t = (struct type){ .name = die_name(die), .provider = &d->p, .id = (uintptr_t)die->addr };
	if (d->depth++ < 4 * TYPE_DEPTH)
		set_node(d, t, die);
	d->depth--;
	return t;
}

/* ---- members ---- */

/* DWARF 2 gives an offset as an expression of one operation. */
static uint64_t member_offset(Dwarf_Die *die)
{
	Dwarf_Attribute mem, *a = dwarf_attr(die, DW_AT_data_member_location, &mem);
	Dwarf_Word off;
	Dwarf_Op *op;
	size_t n;

	if (!a)
		return 0;
	if (!dwarf_formudata(a, &off))
		return off;
	if (!dwarf_getlocation(a, &op, &n) && n == 1 && op->atom == DW_OP_plus_uconst)
		return op->number;
	return 0;
}

/* DWARF 2 and 3 count a bit-field's place from the big end of a storage unit. */
static uint64_t member_bit_offset(Dwarf_Die *die, const struct type_member *m)
{
	uint64_t off = member_offset(die) * 8, storage, bit;

	if (die_number(die, DW_AT_data_bit_offset, &bit))
		return off + bit;
	if (!die_number(die, DW_AT_bit_offset, &bit))
		return off;
	if (!die_number(die, DW_AT_byte_size, &storage))
		storage = type_strip(m->type)->size;
	return off + storage * 8 - bit - m->bit_size;
}

static void set_member(struct dwarf_provider *d, struct type_member *m, Dwarf_Die *die)
{
	uint64_t bits = 0;

	m->name = die_name(die);
	m->type = type_of(d, die);
	die_number(die, DW_AT_bit_size, &bits);
	m->bit_size = bits <= 64 ? (uint16_t)bits : 0;
	m->bit_offset = member_bit_offset(die, m);
}

static void set_parameter(struct dwarf_provider *d, struct type_member *m, Dwarf_Die *die)
{
	m->name = die_name(die);
	m->type = type_of(d, die); /* "..." is nameless and void, as in BTF */
}

static bool wants(enum type_kind kind, int tag)
{
	switch (kind) {
	case TYPE_ENUM: return tag == DW_TAG_enumerator;
	case TYPE_FUNC: return tag == DW_TAG_formal_parameter ||
			       tag == DW_TAG_unspecified_parameters;
	default: return tag == DW_TAG_member;
	}
}

static uint32_t count_children(enum type_kind kind, Dwarf_Die *parent)
{
	uint32_t n = 0;
	Dwarf_Die die;

	for (bool more = die_child(parent, &die); more; more = die_next(&die))
		n += wants(kind, dwarf_tag(&die));
	return n;
}

static bool complete_members(struct dwarf_provider *d, struct type *t, Dwarf_Die *parent)
{
	struct type_member *m =
		arena_array(&d->arena, count_children(t->kind, parent), sizeof(*m));
	uint32_t n = 0;
	Dwarf_Die die;

	if (!m)
		return false;
	for (bool more = die_child(parent, &die); more; more = die_next(&die)) {
		if (!wants(t->kind, dwarf_tag(&die)))
			continue;
		if (t->kind == TYPE_FUNC)
			set_parameter(d, &m[n++], &die);
		else
			set_member(d, &m[n++], &die);
	}
	t->members = m;
	t->nmembers = n;
	return true;
}

/* Negative values, and only they for sure, are written in a signed form. */
static int64_t enumerator_value(Dwarf_Die *die)
{
	Dwarf_Attribute mem, *a = dwarf_attr(die, DW_AT_const_value, &mem);
	unsigned form = a ? dwarf_whatform(a) : 0;
	Dwarf_Sword s = 0;
	Dwarf_Word u = 0;

	if (form == DW_FORM_sdata || form == DW_FORM_implicit_const)
		return dwarf_formsdata(a, &s) ? 0 : s;
	return a && !dwarf_formudata(a, &u) ? (int64_t)u : 0;
}

static bool complete_enum(struct dwarf_provider *d, struct type *t, Dwarf_Die *parent)
{
	struct type_enumerator *e =
		arena_array(&d->arena, count_children(t->kind, parent), sizeof(*e));
	uint32_t n = 0;
	Dwarf_Die die;

	if (!e)
		return false;
	for (bool more = die_child(parent, &die); more; more = die_next(&die)) {
		if (!wants(t->kind, dwarf_tag(&die)))
			continue;
		e[n].name = die_name(&die);
		e[n++].value = enumerator_value(&die);
	}
	t->enumerators = e;
	t->nmembers = n;
	return true;
}

/* The definition of what *die only declares; t becomes a FWD if there is none. */
static bool resolve(struct dwarf_provider *d, struct type *t, Dwarf_Die *die)
{
	int size;

	if (dwarfindex_find(&d->index, t->kind, t->name, die) && !die_is_declaration(die)) {
		size = dwarf_bytesize(die);
		t->size = size > 0 ? (uint64_t)size : 0;
		return true;
	}
	t->kind = TYPE_FWD;
	t->complete = true;
	return false;
}

static bool complete(struct type_provider *p, struct type *t)
{
	struct dwarf_provider *d = self_of(p);
	Dwarf_Die die;

	if (!dwarf_die_addr_die(d->dwarf, (void *)(uintptr_t)t->id, &die))
		return false;
	if (t->kind != TYPE_FUNC && die_is_declaration(&die) && !resolve(d, t, &die))
		return false;
	return t->kind == TYPE_ENUM ? complete_enum(d, t, &die) : complete_members(d, t, &die);
}

/* ---- the provider ---- */

static const struct type *find(struct type_provider *p, enum type_kind kind, const char *name)
{
	struct dwarf_provider *d = self_of(p);
	Dwarf_Die die;
	struct type *t;

	if (kind == TYPE_FUNC || !dwarfindex_find(&d->index, kind, name, &die))
		return NULL;
	t = (struct type *)(uintptr_t)node(d, &die);
	if (!t->complete && die_is_declaration(&die))
		resolve(d, t, &die);
	return t;
}

static const struct type *variable(struct type_provider *p, const char *name)
{
	struct dwarf_provider *d = self_of(p);
	Dwarf_Die die;

	return dwarfindex_find(&d->index, TYPE_FUNC, name, &die) ? type_of(d, &die) : NULL;
}

static void each_name(struct type_provider *p, const char *prefix,
		      bool (*fn)(void *arg, enum type_kind kind, const char *name), void *arg)
{
	struct dwarf_provider *d = self_of(p);
	size_t len = strlen(prefix);
	enum type_kind space;
	const char *name;

	for (uint32_t i = 0; (name = dwarfindex_name(&d->index, i, &space)); i++)
		if (space != TYPE_FUNC && !strncmp(name, prefix, len) && !fn(arg, space, name))
			return;
}

static void provider_close(struct type_provider *p)
{
	struct dwarf_provider *d = self_of(p);

	dwarfindex_deinit(&d->index);
	map_deinit(&d->nodes);
	arena_deinit(&d->arena);
	mem_free(d);
}

static const struct type_provider_ops ops = {
	.find = find, .complete = complete, .variable = variable,
	.each_name = each_name, .close = provider_close,
};

enum cairn_code dwarf_provider_new(struct type_provider **ret, struct debugfile *f,
				   struct cairn_err *err)
{
	struct dwarf_provider *d = mem_zalloc(1, sizeof(*d));
	enum cairn_code code;

	if (!d)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the types of %s", f->path);
	code = debugfile_dwarf(f, &d->dwarf, err);
	if (code != CAIRN_OK) {
		mem_free(d);
		return code;
	}
	d->p.name = f->path;
	d->p.ops = &ops;
	dwarfindex_init(&d->index, d->dwarf);
	*ret = &d->p;
	return CAIRN_OK;
}

void dwarf_provider_keep(struct type_provider *p, const struct debugfile *f)
{
	if (f->build_id[0])
		dwarfindex_keep(&self_of(p)->index, f->build_id);
}

const struct type *dwarf_type_of(struct type_provider *p, Dwarf_Die *die)
{
	return type_of(self_of(p), die);
}
