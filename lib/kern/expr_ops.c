/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/expr_ops.h"

#include <string.h>

#include "lib/base/cursor.h"

static const struct type words[2][2] = {
	{ { .kind = TYPE_INT, .name = "unsigned long", .size = 4, .complete = true },
	  { .kind = TYPE_INT, .name = "long", .size = 4, .is_signed = true, .complete = true } },
	{ { .kind = TYPE_INT, .name = "unsigned long", .size = 8, .complete = true },
	  { .kind = TYPE_INT, .name = "long", .size = 8, .is_signed = true, .complete = true } },
};

const struct type *expr_word_type(const struct cairn *c, bool is_signed)
{
	return &words[c->kernel.word == 8][is_signed];
}

static uint64_t extend(const struct type *t, uint64_t v, unsigned bits)
{
	if (!bits || bits >= 64)
		return v;
	v &= (UINT64_C(1) << bits) - 1;
	return t->is_signed && v >> (bits - 1) ? v | UINT64_MAX << bits : v;
}

static bool is_scalar(const struct type *bare)
{
	return bare->kind == TYPE_INT || bare->kind == TYPE_PTR || bare->kind == TYPE_ENUM;
}

struct expr expr_number(const struct type *t, uint64_t number)
{
	const struct type *bare = type_strip(t);

	return (struct expr){ .type = t, .number = extend(bare, number, 8 * (unsigned)bare->size) };
}

struct expr expr_place(const struct type *t, uint64_t addr)
{
	return (struct expr){ .type = t, .place = true, .addr = addr };
}

static const struct type *pointer_to(const struct expr_world *w, const struct type *t)
{
	struct type *p = arena_alloc(w->arena, sizeof(*p));

	if (p)
		*p = (struct type){ .kind = TYPE_PTR, .name = "", .size = w->c->kernel.word,
				    .target = t, .complete = true };
	return p;
}

static enum cairn_code set_pointer(const struct expr_world *w, struct expr *e,
				   const struct type *to, uint64_t addr, struct cairn_err *err)
{
	const struct type *p = pointer_to(w, to);

	if (!p)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	*e = expr_number(p, addr);
	return CAIRN_OK;
}

enum cairn_code expr_load(const struct expr_world *w, struct expr *e, struct cairn_err *err)
{
	const struct type *bare = type_strip(e->type);
	uint32_t size = e->bits.bit_size ? e->bits.size : (uint32_t)bare->size;
	unsigned char raw[8];
	enum cairn_code code;
	uint64_t v;

	if (!e->place)
		return CAIRN_OK;
	if (bare->kind == TYPE_ARRAY)
		return set_pointer(w, e, bare->target, e->addr, err);
	if (!is_scalar(bare) || !size || size > sizeof(raw))
		return cairn_fail(err, CAIRN_USAGE, "%s is no number",
				  type_spell(w->arena, e->type));
	code = space_read(&w->c->kernel, e->addr, raw, size, err);
	if (code)
		return code;
	v = le_uint(raw, size) >> (e->bits.bit_size ? e->bits.bit_shift : 0);
	v = extend(bare, v, e->bits.bit_size ? e->bits.bit_size : 8 * size);
	*e = (struct expr){ .type = e->type, .number = v, .untyped = e->untyped };
	return CAIRN_OK;
}

static bool is_tagged(const struct type *t)
{
	enum type_kind kind = type_strip(t)->kind;

	return kind == TYPE_STRUCT || kind == TYPE_UNION;
}

enum cairn_code expr_deref(const struct expr_world *w, struct expr *e, struct cairn_err *err)
{
	const struct type *bare = type_strip(e->type);
	enum cairn_code code;

	if (bare->kind != TYPE_PTR && bare->kind != TYPE_ARRAY)
		return cairn_fail(err, CAIRN_USAGE, "%s is no pointer: a cast makes one, as in "
				  "*(struct list_head *)ADDRESS", type_spell(w->arena, e->type));
	code = expr_load(w, e, err);
	if (code == CAIRN_OK)
		*e = expr_place(type_strip(e->type)->target, e->number);
	return code;
}

enum cairn_code expr_member(const struct expr_world *w, struct expr *e, const char *name,
			    struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;
	struct member m;

	if (!is_tagged(e->type))
		code = expr_deref(w, e, err);
	if (code)
		return code;
	if (!is_tagged(e->type) || !e->place || !type_member(e->type, name, &m))
		return cairn_fail(err, CAIRN_USAGE, "%s has no member %s",
				  type_spell(w->arena, e->type), name);
	*e = expr_place(m.type, e->addr + m.offset);
	if (m.bit_size) {
		e->bits = m;
		e->bits.offset = 0;
	}
	return CAIRN_OK;
}

/* void * and pointers to what is only declared count bytes, as GNU C has it. */
static uint64_t step(const struct type *pointer)
{
	uint64_t size = type_strip(type_strip(pointer)->target)->size;

	return size ? size : 1;
}

static enum cairn_code move(const struct expr_world *w, struct expr *e, uint64_t by,
			    struct cairn_err *err)
{
	const struct type *p = type_strip(e->type);

	return set_pointer(w, e, p->target, e->number + by * step(p), err);
}

enum cairn_code expr_index(const struct expr_world *w, struct expr *e, struct expr *at,
			   struct cairn_err *err)
{
	enum cairn_code code = expr_load(w, at, err);

	if (code == CAIRN_OK && !e->place && type_strip(e->type)->kind != TYPE_PTR)
		return cairn_fail(err, CAIRN_USAGE, "[]: no array and no pointer");
	if (code == CAIRN_OK)
		code = expr_load(w, e, err);
	if (code == CAIRN_OK && type_strip(e->type)->kind != TYPE_PTR)
		return cairn_fail(err, CAIRN_USAGE, "[]: no array and no pointer");
	if (code == CAIRN_OK)
		code = move(w, e, at->number, err);
	return code == CAIRN_OK ? expr_deref(w, e, err) : code;
}

enum cairn_code expr_address(const struct expr_world *w, struct expr *e, struct cairn_err *err)
{
	if (!e->place)
		return cairn_fail(err, CAIRN_USAGE, "&: a number has no address");
	if (e->bits.bit_size)
		return cairn_fail(err, CAIRN_USAGE, "&: a bit-field has no address");
	return set_pointer(w, e, e->type, e->addr, err);
}

enum cairn_code expr_cast(const struct expr_world *w, struct expr *e, const struct type *t,
			  struct cairn_err *err)
{
	enum cairn_code code;

	if (!is_scalar(type_strip(t)))
		return cairn_fail(err, CAIRN_USAGE, "a cast to %s, which is no number: a pointer to it "
				  "may be meant", type_spell(w->arena, t));
	code = expr_load(w, e, err);
	if (code == CAIRN_OK)
		*e = expr_number(t, e->number);
	return code;
}

enum cairn_code expr_unary(const struct expr_world *w, char op, struct expr *e,
			   struct cairn_err *err)
{
	enum cairn_code code = expr_load(w, e, err);
	uint64_t v = e->number;

	if (code)
		return code;
	v = op == '-' ? -v : op == '~' ? ~v : !v;
	*e = expr_number(expr_word_type(w->c, true), v);
	return CAIRN_OK;
}

/* What C promotes both to, with every integer a long. */
static bool result_is_signed(const struct expr *a, const struct expr *b)
{
	const struct type *x = type_strip(a->type), *y = type_strip(b->type);

	return (x->is_signed || x->size < 8) && (y->is_signed || y->size < 8);
}

static enum cairn_code divide(char op, bool is_signed, uint64_t a, uint64_t b, uint64_t *ret,
			      struct cairn_err *err)
{
	if (!b)
		return cairn_fail(err, CAIRN_USAGE, "a division by zero");
	if (is_signed && (int64_t)b == -1)
		*ret = op == '/' ? -a : 0;
	else if (is_signed)
		*ret = (uint64_t)(op == '/' ? (int64_t)a / (int64_t)b : (int64_t)a % (int64_t)b);
	else
		*ret = op == '/' ? a / b : a % b;
	return CAIRN_OK;
}

static uint64_t compare(const char *op, bool is_signed, uint64_t a, uint64_t b)
{
	bool less = is_signed ? (int64_t)a < (int64_t)b : a < b;

	switch (op[0]) {
	case '=': return a == b;
	case '!': return a != b;
	case '<': return op[1] ? less || a == b : less;
	default: return op[1] ? !less : !less && a != b;
	}
}

static uint64_t shift(char direction, bool is_signed, uint64_t a, uint64_t by)
{
	if (by >= 64)
		return direction == '>' && is_signed && a >> 63 ? UINT64_MAX : 0;
	if (direction == '<')
		return a << by;
	return is_signed && a >> 63 && by ? a >> by | UINT64_MAX << (64 - by) : a >> by;
}

static enum cairn_code on_integers(const struct expr_world *w, const char *op, struct expr *a,
				   const struct expr *b, struct cairn_err *err)
{
	bool is_signed = result_is_signed(a, b);
	uint64_t x = a->number, y = b->number, v = 0;
	enum cairn_code code = CAIRN_OK;

	if (strchr("<>", op[0]) && op[1] == op[0])
		v = shift(op[0], is_signed, x, y);
	else if (strchr("<>=!", op[0]))
		v = compare(op, is_signed, x, y);
	else if (strchr("/%", op[0]))
		code = divide(op[0], is_signed, x, y, &v, err);
	else
		v = op[0] == '+' ? x + y : op[0] == '-' ? x - y : op[0] == '*' ? x * y :
		    op[0] == '&' ? (x & y) : op[0] == '|' ? (x | y) : x ^ y;
	if (code == CAIRN_OK)
		*a = expr_number(expr_word_type(w->c, is_signed), v);
	return code;
}

static bool is_pointer(const struct expr *e)
{
	return type_strip(e->type)->kind == TYPE_PTR;
}

enum cairn_code expr_binary(const struct expr_world *w, const char *op, struct expr *a,
			    struct expr *b, struct cairn_err *err)
{
	enum cairn_code code = expr_load(w, a, err);
	bool sum = !strcmp(op, "+"), difference = !strcmp(op, "-");

	if (code == CAIRN_OK)
		code = expr_load(w, b, err);
	if (code)
		return code;
	if (sum && is_pointer(b) && !is_pointer(a)) {
		struct expr swap = *a;

		*a = *b;
		*b = swap;
	}
	if (is_pointer(a) && !is_pointer(b) && (sum || difference))
		return move(w, a, difference ? -b->number : b->number, err);
	if (is_pointer(a) && is_pointer(b) && difference) {
		*a = expr_number(expr_word_type(w->c, true),
				 (uint64_t)((int64_t)(a->number - b->number) / (int64_t)step(a->type)));
		return CAIRN_OK;
	}
	return on_integers(w, op, a, b, err);
}
