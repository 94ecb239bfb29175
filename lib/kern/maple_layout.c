/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_layout.h"

#include "lib/base/mem.h"

enum { T_LOCK, T_FLAGS, T_ROOT, T_N };
static const struct shape_want tree_want = {
	"struct maple_tree", T_N,
	{ [T_LOCK] = "ma_lock", [T_FLAGS] = "ma_flags", [T_ROOT] = "ma_root" },
};

enum { PIVOT, SLOT, END, GAP, META, N };
static const struct shape_want range_want = {
	"struct maple_range_64", N,
	{ [PIVOT] = "pivot", [SLOT] = "slot", [END] = "meta.end", [GAP] = "meta.gap" },
};
static const struct shape_want arange_want = {
	"struct maple_arange_64", N,
	{ [PIVOT] = "pivot", [SLOT] = "slot", [END] = "meta.end", [GAP] = "meta.gap",
	  [META] = "gap" },
};

static const struct shape_want node_want = {
	"struct maple_node", 2, { "mr64", "ma64" },
};

static const char *const enumerators[MAPLE_TYPES] = {
	"maple_dense", "maple_leaf_64", "maple_range_64", "maple_arange_64",
};

static enum cairn_code read_tree(struct maple_layout *l, struct types *ts, struct cairn_err *err)
{
	static const unsigned needed[] = { T_FLAGS, T_ROOT };
	struct shape s;
	enum cairn_code code = shape_resolve(&s, &tree_want, ts, err);

	if (!code)
		code = shape_require(&s, needed, 2, err);
	if (!code && s.m[T_FLAGS].size != 4 && s.m[T_FLAGS].size != l->word)
		code = cairn_fail(err, CAIRN_MISSING, "maple_tree.ma_flags has %zu bytes",
				  (size_t)s.m[T_FLAGS].size);
	if (code)
		return code;
	l->lock = s.m[T_LOCK].offset;
	l->flags = s.m[T_FLAGS].offset;
	l->flags_size = s.m[T_FLAGS].size;
	l->root = s.m[T_ROOT].offset;
	return CAIRN_OK;
}

/* The slots of a node fit into it, with a pivot between each two. */
static bool form_fits(const struct maple_layout *l, const struct shape *s,
		      const struct maple_form *f)
{
	return f->slots >= 4 && f->slots <= MAPLE_SLOTS &&
	       s->m[PIVOT].size == (f->slots - 1) * l->word && s->m[PIVOT].offset == l->word && s->hi <= l->size &&
	       s->m[END].size == 1 && s->m[GAP].size == 1;
}

static enum cairn_code read_form(struct maple_layout *l, struct maple_form *f,
				 const struct shape_want *want, struct types *ts,
				 struct cairn_err *err)
{
	static const unsigned needed[] = { PIVOT, SLOT, END, GAP };
	struct shape s;
	enum cairn_code code = shape_resolve(&s, want, ts, err);

	if (!code)
		code = shape_require(&s, needed, 4, err);
	if (code)
		return code;
	*f = (struct maple_form){
		.slots = s.m[SLOT].size / l->word, .pivot = s.m[PIVOT].offset,
		.slot = s.m[SLOT].offset, .end = s.m[END].offset, .meta_gap = s.m[GAP].offset,
	};
	if (shape_has(&s, META)) {
		f->gap = s.m[META].offset;
		if (s.m[META].size != s.m[SLOT].size)
			f->slots = 0;
	}
	f->meta_in_slot = f->end < s.m[SLOT].offset + s.m[SLOT].size;
	f->min_end = f->gap ? f->slots / 2 - 1 : f->slots / 2 - 2;
	if (!form_fits(l, &s, f))
		return cairn_fail(err, CAIRN_MISSING, "%s is not as it is known", want->type);
	return CAIRN_OK;
}

static enum cairn_code read_codes(struct maple_layout *l, struct types *ts, struct cairn_err *err)
{
	const struct type *t = type_find(ts, "enum maple_type", err);
	int64_t v;

	for (unsigned i = 0; t && i < MAPLE_TYPES; i++) {
		if (!type_enum_value(t, enumerators[i], &v) || v < 0 ||
		    v > (int64_t)MAPLE_TYPE_MASK)
			return cairn_fail(err, CAIRN_MISSING, "enum maple_type has no %s",
					  enumerators[i]);
		l->code[i] = (uint64_t)v;
	}
	return t ? CAIRN_OK : err ? err->code : CAIRN_MISSING;
}

static enum cairn_code read_types(struct maple_layout *l, struct types *ts, struct cairn_err *err)
{
	struct shape node;
	enum cairn_code code = shape_resolve(&node, &node_want, ts, err);

	if (code)
		return code;
	l->size = (unsigned)node.size;
	if (node.size < 128 || node.size > 4096 || (node.size & (node.size - 1)))
		return cairn_fail(err, CAIRN_MISSING, "struct maple_node of %u bytes", l->size);
	code = read_tree(l, ts, err);
	if (!code)
		code = read_codes(l, ts, err);
	if (!code)
		code = read_form(l, &l->form[MAPLE_RANGE], &range_want, ts, err);
	if (!code)
		code = read_form(l, &l->form[MAPLE_ARANGE], &arange_want, ts, err);
	l->form[MAPLE_RANGE].name = "mr64";
	l->form[MAPLE_ARANGE].name = "ma64";
	l->form[MAPLE_LEAF] = l->form[MAPLE_RANGE];
	return code;
}

enum cairn_code maple_layout_get(struct cairn *c, const struct maple_layout **ret,
				 struct cairn_err *err)
{
	struct maple_layout l = { .word = c->arch ? c->arch->word : c->types.word }, *kept;
	enum cairn_code code;

	if (c->maple) {
		*ret = c->maple;
		return CAIRN_OK;
	}
	l.max = UINT64_MAX >> (64 - 8 * l.word);
	code = read_types(&l, &c->types, err);
	if (code)
		return code;
	kept = arena_alloc(&c->arena, sizeof(*kept));
	if (!kept)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for a maple tree's layout");
	*kept = l;
	*ret = c->maple = kept;
	return CAIRN_OK;
}

/* ---- encoding ---- */

bool maple_link(const struct maple_layout *l, uint64_t link, uint64_t *node, enum maple_type *type)
{
	uint64_t low = link & (l->size - 1);

	*node = link & ~(uint64_t)(l->size - 1);
	for (unsigned i = MAPLE_LEAF; i < MAPLE_TYPES; i++)
		if (low == (l->code[i] << MAPLE_TYPE_SHIFT | MAPLE_LINK)) {
			*type = (enum maple_type)i;
			return true;
		}
	return false;
}

uint64_t maple_link_to(const struct maple_layout *l, uint64_t node, enum maple_type type)
{
	return node | l->code[type] << MAPLE_TYPE_SHIFT | MAPLE_LINK;
}

uint64_t maple_parent_of(uint64_t parent, unsigned slot)
{
	return parent | (uint64_t)slot << 3 | MAPLE_PARENT_TAG;
}

bool maple_node_at(struct cairn *c, uint64_t addr)
{
	const struct maple_layout *l;
	uint64_t mask, parent, link, at;

	if (maple_layout_get(c, &l, NULL) || space_word(&c->kernel, addr, &parent, NULL))
		return false;
	mask = l->size - 1;
	if (addr & mask)
		return false;
	if (parent & MAPLE_ROOT_PARENT)
		return !space_word(&c->kernel, (parent & ~MAPLE_ROOT_PARENT) + l->root, &link, NULL) &&
		       (link & ~mask) == addr;
	at = parent & ~mask;
	for (unsigned t = MAPLE_RANGE; t < MAPLE_TYPES; t++)
		if (!space_word(&c->kernel, at + maple_slot_at(l, t, (parent & mask) >> 3), &link,
				NULL) && (link & ~mask) == addr)
			return true;
	return false;
}

void maple_words(const struct maple_layout *l, const unsigned char *from, uint64_t *to, unsigned n)
{
	if (l->word == 8)
		for (unsigned i = 0; i < n; i++)
			to[i] = le64(from + 8 * i);
	else
		for (unsigned i = 0; i < n; i++)
			to[i] = le32(from + 4 * i);
}
