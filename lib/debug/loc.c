/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/loc.h"

#include <dwarf.h>
#include <string.h>

#include "lib/base/cursor.h"
#include "lib/debug/dwarfdie.h"
#include "lib/debug/dwarfreg.h"

#define STACK 64    /* values */
#define STEPS 1000u /* operations, loops included */

/* A value on the stack. `size` is that of its type; the generic type is an address's. */
struct value {
	uint64_t v; /* zero-extended */
	uint8_t size;
	bool is_signed, generic;
};

struct run {
	struct loc *loc;
	const struct loc_env *env;
	Dwarf_Attribute *attr;
	const Dwarf_Op *op;
	size_t n, at;
	struct value stack[STACK];
	size_t depth;
	struct loc_piece found; /* a location that is no address of memory */
	bool has_found;
	struct cairn_err *err;
};

/* ---- values ---- */

static enum cairn_code bad(struct run *r, const char *what)
{
	return cairn_fail(r->err, CAIRN_CORRUPT, "expression: %s", what);
}

static enum cairn_code not_done(struct run *r, unsigned atom)
{
	return cairn_fail(r->err, CAIRN_MISSING, "expression: operation %#x", atom);
}

static uint64_t cut(uint64_t v, unsigned size)
{
	return size < 8 ? v & ((UINT64_C(1) << 8 * size) - 1) : v;
}

static int64_t as_signed(const struct value *v)
{
	unsigned shift = 64 - 8 * v->size;

	return (int64_t)(v->v << shift) >> shift;
}

static enum cairn_code push_typed(struct run *r, uint64_t v, struct value type)
{
	if (r->depth == STACK)
		return cairn_fail(r->err, CAIRN_LIMIT, "expression: more than %d values", STACK);
	type.v = cut(v, type.size);
	r->stack[r->depth++] = type;
	return CAIRN_OK;
}

static struct value generic(const struct run *r)
{
	return (struct value){ .size = r->env->arch->word, .is_signed = true, .generic = true };
}

static enum cairn_code push(struct run *r, uint64_t v)
{
	return push_typed(r, v, generic(r));
}

static enum cairn_code pop(struct run *r, struct value *ret)
{
	*ret = generic(r);
	if (!r->depth)
		return bad(r, "a value is missing");
	*ret = r->stack[--r->depth];
	return CAIRN_OK;
}

/* ---- arithmetic ---- */

static bool compare(unsigned atom, const struct value *a, const struct value *b, uint64_t *ret)
{
	bool less = a->is_signed ? as_signed(a) < as_signed(b) : a->v < b->v;
	bool equal = a->v == b->v;

	switch (atom) {
	case DW_OP_eq: *ret = equal; return true;
	case DW_OP_ne: *ret = !equal; return true;
	case DW_OP_lt: *ret = less; return true;
	case DW_OP_le: *ret = less || equal; return true;
	case DW_OP_gt: *ret = !less && !equal; return true;
	case DW_OP_ge: *ret = !less; return true;
	}
	return false;
}

static uint64_t shift(unsigned atom, const struct value *a, uint64_t by)
{
	bool all = by >= 8u * a->size;

	if (atom == DW_OP_shl)
		return all ? 0 : a->v << by;
	if (atom == DW_OP_shr)
		return all ? 0 : a->v >> by;
	return (uint64_t)(as_signed(a) >> (all ? 63 : by));
}

static uint64_t divide(const struct value *a, const struct value *b)
{
	if (!a->is_signed)
		return a->v / b->v;
	/* the one quotient that does not fit */
	return as_signed(b) == -1 ? -a->v : (uint64_t)(as_signed(a) / as_signed(b));
}

/* The generic type is unsigned here, and here only. */
static uint64_t modulo(const struct value *a, const struct value *b)
{
	if (a->generic || !a->is_signed)
		return a->v % b->v;
	return as_signed(b) == -1 ? 0 : (uint64_t)(as_signed(a) % as_signed(b));
}

static enum cairn_code binary(struct run *r, unsigned atom)
{
	struct value a, b;
	uint64_t v = 0;

	if (r->depth < 2)
		return bad(r, "a value is missing");
	pop(r, &b);
	pop(r, &a);
	if (compare(atom, &a, &b, &v))
		return push(r, v);
	if ((atom == DW_OP_div || atom == DW_OP_mod) && !b.v)
		return bad(r, "a division by zero");
	switch (atom) {
	case DW_OP_and: v = a.v & b.v; break;
	case DW_OP_or: v = a.v | b.v; break;
	case DW_OP_xor: v = a.v ^ b.v; break;
	case DW_OP_plus: v = a.v + b.v; break;
	case DW_OP_minus: v = a.v - b.v; break;
	case DW_OP_mul: v = a.v * b.v; break;
	case DW_OP_div: v = divide(&a, &b); break;
	case DW_OP_mod: v = modulo(&a, &b); break;
	default: v = shift(atom, &a, b.v);
	}
	return push_typed(r, v, a);
}

static enum cairn_code unary(struct run *r, const Dwarf_Op *op)
{
	struct value a;
	enum cairn_code code = pop(r, &a);

	if (code)
		return code;
	switch (op->atom) {
	case DW_OP_abs: return push_typed(r, a.is_signed && as_signed(&a) < 0 ? -a.v : a.v, a);
	case DW_OP_neg: return push_typed(r, -a.v, a);
	case DW_OP_not: return push_typed(r, ~a.v, a);
	default: return push_typed(r, a.v + op->number, a); /* DW_OP_plus_uconst */
	}
}

/* ---- the stack ---- */

static enum cairn_code pick(struct run *r, uint64_t index)
{
	if (index >= r->depth)
		return bad(r, "a value is missing");
	return push_typed(r, r->stack[r->depth - 1 - index].v, r->stack[r->depth - 1 - index]);
}

/* The top goes below the n - 1 values under it. */
static enum cairn_code rotate(struct run *r, size_t n)
{
	struct value top;

	if (r->depth < n)
		return bad(r, "a value is missing");
	top = r->stack[r->depth - 1];
	memmove(&r->stack[r->depth - n + 1], &r->stack[r->depth - n], (n - 1) * sizeof(top));
	r->stack[r->depth - n] = top;
	return CAIRN_OK;
}

static enum cairn_code jump(struct run *r, const Dwarf_Op *op)
{
	/* relative to the operation behind, a byte and two of operand further on */
	uint64_t target = op->offset + 3 + op->number;
	struct value v = { .v = 1 };
	enum cairn_code code = op->atom == DW_OP_bra ? pop(r, &v) : CAIRN_OK;
	size_t i;

	if (code || !v.v)
		return code;
	for (i = 0; i < r->n && r->op[i].offset != target; i++)
		;
	if (i == r->n && r->n && target <= r->op[r->n - 1].offset)
		return bad(r, "a jump into an operation");
	r->at = i;
	return CAIRN_OK;
}

/* ---- types of values ---- */

static bool is_word_size(uint64_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static bool base_type(struct run *r, const Dwarf_Op *op, struct value *ret)
{
	uint64_t encoding = 0;
	Dwarf_Die die;
	int size;

	if (!r->attr || dwarf_getlocation_die(r->attr, op, &die))
		return false;
	size = dwarf_bytesize(&die);
	die_number(&die, DW_AT_encoding, &encoding);
	if (size < 0 || !is_word_size((uint64_t)size) || encoding == DW_ATE_float ||
	    encoding == DW_ATE_complex_float)
		return false;
	*ret = (struct value){
		.size = (uint8_t)size,
		.is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char,
	};
	return true;
}

static enum cairn_code convert(struct run *r, const Dwarf_Op *op)
{
	struct value a, type = generic(r);
	enum cairn_code code = pop(r, &a);

	if (code)
		return code;
	if (op->number && !base_type(r, op, &type))
		return not_done(r, op->atom);
	if (op->atom == DW_OP_reinterpret || op->atom == DW_OP_GNU_reinterpret)
		return push_typed(r, a.v, type);
	/* the generic type is as long as any: it is not extended */
	return push_typed(r, a.is_signed && !a.generic ? (uint64_t)as_signed(&a) : a.v, type);
}

static enum cairn_code push_constant(struct run *r, const Dwarf_Op *op)
{
	struct value type;
	Dwarf_Attribute block;
	Dwarf_Block b;

	if (!base_type(r, op, &type) || dwarf_getlocation_attr(r->attr, op, &block) ||
	    dwarf_formblock(&block, &b) || b.length != type.size)
		return not_done(r, op->atom);
	return push_typed(r, le_uint(b.data, b.length), type);
}

/* ---- what is asked for ---- */

static const char *reg_name(const struct loc_env *env, uint64_t number)
{
	int index = number < DWARF_REGS ? dwarfreg_index(env->arch, (unsigned)number) : -1;

	return index < 0 ? "a register" : env->arch->reg_names[index];
}

static enum cairn_code get_reg(struct run *r, uint64_t number, uint64_t *ret)
{
	struct loc_reg reg;

	if (number > UINT32_MAX || !r->env->reg ||
	    !r->env->reg(r->env->arg, (unsigned)number, &reg))
		return cairn_fail(r->err, CAIRN_MISSING, "%s is not known",
				  reg_name(r->env, number));
	*ret = reg.value;
	r->loc->computed = true;
	return CAIRN_OK;
}

static enum cairn_code push_reg(struct run *r, uint64_t number, uint64_t plus)
{
	uint64_t v;
	enum cairn_code code = get_reg(r, number, &v);

	return code ? code : push(r, v + plus);
}

static enum cairn_code push_reg_typed(struct run *r, const Dwarf_Op *op)
{
	struct value type;
	uint64_t v;
	enum cairn_code code;

	if (!base_type(r, op, &type))
		return not_done(r, op->atom);
	code = get_reg(r, op->number, &v);
	return code ? code : push_typed(r, v, type);
}

static enum cairn_code push_asked(struct run *r, const char *what, uint64_t plus,
				  enum cairn_code (*ask)(void *, uint64_t *, struct cairn_err *))
{
	uint64_t v;
	enum cairn_code code;

	if (!ask)
		return cairn_fail(r->err, CAIRN_MISSING, "the %s is not known", what);
	code = ask(r->env->arg, &v, r->err);
	r->loc->computed = true;
	return code ? code : push(r, v + plus);
}

static enum cairn_code push_address(struct run *r, uint64_t own)
{
	uint64_t v;

	if (!r->env->address || !r->env->address(r->env->arg, own, &v))
		return cairn_fail(r->err, CAIRN_MISSING, "%#llx of the file is nowhere in the dump",
				  (unsigned long long)own);
	return push(r, v);
}

/* An address or number from a table of the unit's. */
static enum cairn_code push_indexed(struct run *r, const Dwarf_Op *op)
{
	Dwarf_Attribute at;
	Dwarf_Addr v;

	if (!r->attr || dwarf_getlocation_attr(r->attr, op, &at) || dwarf_formaddr(&at, &v))
		return not_done(r, op->atom);
	return op->atom == DW_OP_addrx ? push_address(r, v) : push(r, v);
}

static enum cairn_code deref(struct run *r, uint64_t size, struct value type)
{
	unsigned char raw[8];
	struct value a;
	enum cairn_code code = pop(r, &a);

	if (code)
		return code;
	if (!is_word_size(size))
		return bad(r, "an impossible size");
	if (!r->env->read)
		return cairn_fail(r->err, CAIRN_MISSING, "memory is not known");
	code = r->env->read(r->env->arg, a.v, raw, size, r->err);
	r->loc->computed = true;
	return code ? code : push_typed(r, le_uint(raw, size), type);
}

static enum cairn_code deref_typed(struct run *r, const Dwarf_Op *op)
{
	struct value type;

	return base_type(r, op, &type) ? deref(r, op->number, type) : not_done(r, op->atom);
}

static bool plain_reg(const Dwarf_Op *ops, size_t n, uint64_t *ret)
{
	if (n != 1)
		return false;
	*ret = ops->atom == DW_OP_regx ? ops->number : ops->atom - (uint64_t)DW_OP_reg0;
	return ops->atom == DW_OP_regx || (ops->atom >= DW_OP_reg0 && ops->atom <= DW_OP_reg31);
}

static enum cairn_code push_entry_value(struct run *r, const Dwarf_Op *op)
{
	Dwarf_Attribute at;
	Dwarf_Op *inner;
	uint64_t number, v;
	size_t n;
	enum cairn_code code;

	if (!r->attr || dwarf_getlocation_attr(r->attr, op, &at) ||
	    dwarf_getlocation(&at, &inner, &n) || !plain_reg(inner, n, &number))
		return not_done(r, op->atom);
	if (!r->env->entry_value || number > UINT32_MAX)
		return cairn_fail(r->err, CAIRN_MISSING, "the caller is not known");
	code = r->env->entry_value(r->env->arg, (unsigned)number, &v, r->err);
	r->loc->entry = true;
	return code ? code : push(r, v);
}

/* ---- locations ---- */

static enum cairn_code set_found(struct run *r, struct loc_piece found)
{
	if (r->has_found)
		return bad(r, "two locations for one piece");
	r->found = found;
	r->has_found = true;
	return CAIRN_OK;
}

static enum cairn_code in_register(struct run *r, uint64_t number)
{
	struct loc_piece p = { .kind = LOC_REGISTER, .number = (unsigned)number };

	if (number > UINT32_MAX)
		return bad(r, "an impossible register");
	p.known = r->env->reg && r->env->reg(r->env->arg, p.number, &p.reg);
	return set_found(r, p);
}

static enum cairn_code is_value(struct run *r)
{
	struct value v;
	enum cairn_code code = pop(r, &v);

	return code ? code : set_found(r, (struct loc_piece){ .kind = LOC_VALUE, .value = v.v });
}

static enum cairn_code is_bytes(struct run *r, const Dwarf_Op *op)
{
	Dwarf_Block b;

	if (!r->attr || dwarf_getlocation_implicit_value(r->attr, op, &b))
		return not_done(r, op->atom);
	return set_found(r, (struct loc_piece){ .kind = LOC_BYTES, .bytes = b.data,
						.nbytes = b.length });
}

/* What was found so far is a piece of that many bits (0: the whole). */
static enum cairn_code end_piece(struct run *r, uint64_t bits, uint64_t skip)
{
	struct loc_piece p = { .kind = LOC_LOST };

	if (r->loc->n == LOC_PIECES)
		return cairn_fail(r->err, CAIRN_LIMIT, "more than %d pieces", LOC_PIECES);
	if (r->has_found) {
		p = r->found;
	} else if (r->depth) {
		p.kind = LOC_MEMORY;
		p.value = r->stack[r->depth - 1].v;
	}
	p.bits = bits;
	p.skip = skip;
	r->loc->piece[r->loc->n++] = p;
	r->has_found = false;
	r->depth = 0;
	return CAIRN_OK;
}

static enum cairn_code is_piece(struct run *r, uint64_t bits, uint64_t skip)
{
	return bits ? end_piece(r, bits, skip) : CAIRN_OK;
}

/* ---- the operations ---- */

static enum cairn_code step_place(struct run *r, const Dwarf_Op *op)
{
	switch (op->atom) {
	case DW_OP_regx: return in_register(r, op->number);
	case DW_OP_stack_value: return is_value(r);
	case DW_OP_implicit_value: return is_bytes(r, op);
	case DW_OP_implicit_pointer:
	case DW_OP_GNU_implicit_pointer:
		return set_found(r, (struct loc_piece){ .kind = LOC_POINTER });
	case DW_OP_piece:
		return op->number < UINT32_MAX ? is_piece(r, op->number * 8, 0) :
						 bad(r, "an impossible size");
	case DW_OP_bit_piece:
		return op->number < UINT32_MAX && op->number2 < UINT32_MAX ?
			       is_piece(r, op->number, op->number2) : bad(r, "an impossible size");
	}
	return not_done(r, op->atom);
}

static enum cairn_code step_type(struct run *r, const Dwarf_Op *op)
{
	switch (op->atom) {
	case DW_OP_const_type:
	case DW_OP_GNU_const_type: return push_constant(r, op);
	case DW_OP_regval_type:
	case DW_OP_GNU_regval_type: return push_reg_typed(r, op);
	case DW_OP_deref_type:
	case DW_OP_GNU_deref_type: return deref_typed(r, op);
	case DW_OP_convert:
	case DW_OP_GNU_convert:
	case DW_OP_reinterpret:
	case DW_OP_GNU_reinterpret: return convert(r, op);
	}
	return step_place(r, op);
}

static enum cairn_code step_asked(struct run *r, const Dwarf_Op *op)
{
	switch (op->atom) {
	case DW_OP_addr: return push_address(r, op->number);
	case DW_OP_addrx:
	case DW_OP_constx: return push_indexed(r, op);
	case DW_OP_bregx: return push_reg(r, op->number, op->number2);
	case DW_OP_fbreg: return push_asked(r, "frame base", op->number, r->env->frame_base);
	case DW_OP_call_frame_cfa: return push_asked(r, "CFA", 0, r->env->cfa);
	case DW_OP_deref: return deref(r, r->env->arch->word, generic(r));
	case DW_OP_deref_size: return deref(r, op->number, generic(r));
	case DW_OP_entry_value:
	case DW_OP_GNU_entry_value: return push_entry_value(r, op);
	}
	return step_type(r, op);
}

static enum cairn_code step_stack(struct run *r, const Dwarf_Op *op)
{
	struct value v;

	switch (op->atom) {
	case DW_OP_nop:
	case DW_OP_GNU_uninit: return CAIRN_OK;
	case DW_OP_dup: return pick(r, 0);
	case DW_OP_over: return pick(r, 1);
	case DW_OP_pick: return pick(r, op->number);
	case DW_OP_drop: return pop(r, &v);
	case DW_OP_swap: return rotate(r, 2);
	case DW_OP_rot: return rotate(r, 3);
	case DW_OP_skip:
	case DW_OP_bra: return jump(r, op);
	case DW_OP_abs:
	case DW_OP_neg:
	case DW_OP_not:
	case DW_OP_plus_uconst: return unary(r, op);
	}
	return step_asked(r, op);
}

static bool is_binary(unsigned atom)
{
	switch (atom) {
	case DW_OP_and: case DW_OP_or: case DW_OP_xor:
	case DW_OP_plus: case DW_OP_minus: case DW_OP_mul: case DW_OP_div: case DW_OP_mod:
	case DW_OP_shl: case DW_OP_shr: case DW_OP_shra:
	case DW_OP_eq: case DW_OP_ne: case DW_OP_lt: case DW_OP_le: case DW_OP_gt: case DW_OP_ge:
		return true;
	}
	return false;
}

static enum cairn_code step(struct run *r, const Dwarf_Op *op)
{
	unsigned a = op->atom;

	if (a >= DW_OP_lit0 && a <= DW_OP_lit31)
		return push(r, a - DW_OP_lit0);
	if (a >= DW_OP_reg0 && a <= DW_OP_reg31)
		return in_register(r, a - DW_OP_reg0);
	if (a >= DW_OP_breg0 && a <= DW_OP_breg31)
		return push_reg(r, a - DW_OP_breg0, op->number);
	if (a >= DW_OP_const1u && a <= DW_OP_consts)
		return push(r, op->number);
	return is_binary(a) ? binary(r, a) : step_stack(r, op);
}

enum cairn_code loc_run(struct loc *ret, Dwarf_Attribute *attr, const Dwarf_Op *ops, size_t n,
			const struct loc_env *env, struct cairn_err *err)
{
	struct run r = { .loc = ret, .env = env, .attr = attr, .op = ops, .n = n, .err = err };
	enum cairn_code code = CAIRN_OK;
	unsigned steps = 0;

	*ret = (struct loc){ .n = 0 };
	while (!code && r.at < n) {
		if (steps++ == STEPS)
			return cairn_fail(err, CAIRN_LIMIT, "expression: more than %u operations",
					  STEPS);
		code = step(&r, &ops[r.at++]);
	}
	if (!code && (!ret->n || r.depth || r.has_found)) {
		if (ret->n)
			return bad(&r, "the last piece has no size");
		code = end_piece(&r, 0, 0);
	}
	return code;
}

enum cairn_code loc_number(uint64_t *ret, Dwarf_Attribute *attr, const Dwarf_Op *ops, size_t n,
			   const struct loc_env *env, struct cairn_err *err)
{
	struct loc l;
	const struct loc_piece *p = &l.piece[0];
	enum cairn_code code = loc_run(&l, attr, ops, n, env, err);

	if (code)
		return code;
	if (l.n != 1 || p->bits || (p->kind != LOC_MEMORY && p->kind != LOC_VALUE &&
				    !(p->kind == LOC_REGISTER && p->known)))
		return cairn_fail(err, CAIRN_MISSING, "expression: no number");
	*ret = p->kind == LOC_REGISTER ? p->reg.value : p->value;
	return CAIRN_OK;
}

/* ---- the object's bytes ---- */

static size_t read_some(const struct loc_env *env, uint64_t addr, size_t want,
			unsigned char *buf, struct cairn_err *err)
{
	size_t n = 0;

	while (env->read && n < want &&
	       !env->read(env->arg, addr + n, buf + n, 1, err->code ? NULL : err))
		n++;
	return n;
}

/* A piece's own bytes, those that are skipped included. How many of them are known. */
static size_t piece_bytes(const struct loc_piece *p, const struct loc_env *env, size_t want,
			  unsigned char *buf, struct cairn_err *err)
{
	uint64_t v = p->kind == LOC_REGISTER ? p->reg.value : p->value;
	size_t n = 0;

	switch (p->kind) {
	case LOC_MEMORY:
		return read_some(env, p->value, want, buf, err);
	case LOC_REGISTER:
	case LOC_VALUE:
		for (; (p->known || p->kind == LOC_VALUE) && n < want && n < sizeof(v); n++)
			buf[n] = (unsigned char)(v >> 8 * n);
		return n;
	case LOC_BYTES:
		n = want < p->nbytes ? want : p->nbytes;
		memcpy(buf, p->bytes, n);
		return n;
	default:
		return 0;
	}
}

/* Copy bits of a piece to bit `to` of the object. A byte is known when all its bits are. */
static void put_bits(const unsigned char *from, size_t have, uint64_t skip, uint64_t bits,
		     unsigned char *buf, unsigned char *known, uint64_t to)
{
	for (uint64_t i = 0; i < bits; i++) {
		uint64_t f = skip + i, t = to + i;

		if (f / 8 >= have)
			known[t / 8] = 0;
		else if (from[f / 8] >> f % 8 & 1)
			buf[t / 8] |= (unsigned char)(1u << t % 8);
	}
}

void loc_gather(const struct loc *l, const struct loc_env *env, size_t size, unsigned char *buf,
		unsigned char *known, struct cairn_err *err)
{
	uint64_t to = 0, all = (uint64_t)size * 8;
	unsigned char raw[LOC_OBJECT];

	*err = (struct cairn_err){ .code = CAIRN_OK };
	memset(buf, 0, size);
	memset(known, 1, size);
	for (size_t i = 0; i < l->n && to < all; i++) {
		const struct loc_piece *p = &l->piece[i];
		uint64_t bits = p->bits && p->bits < all - to ? p->bits : all - to;
		uint64_t want = (p->skip + bits + 7) / 8;

		put_bits(raw, piece_bytes(p, env, want < sizeof(raw) ? want : sizeof(raw), raw, err),
			 p->skip, bits, buf, known, to);
		to += bits;
	}
	if (to < all)
		memset(known + to / 8, 0, size - (size_t)(to / 8));
}
