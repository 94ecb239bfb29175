/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/operand.h"
#include "cmd/typed.h"

enum { OPT_OFFSETS, OPT_HEX };

static const struct opt opts[] = {
	{ 'o', "offsets", NULL, "the definition with offsets, also when an address is given" },
	{ 'x', "hex", NULL, "integers in hexadecimal" },
	{ 0, NULL, NULL, NULL },
};

/* ---- the definition ---- */

static void declaration(struct call *call, const struct type *t, const char *name)
{
	const char *text = type_declare(call->scratch, t, name);

	out_text_safe(call->out, text, strlen(text));
}

static void member_row(struct call *call, const struct type_member *m, uint64_t base_bits, int nest)
{
	struct out *o = call->out;
	uint64_t bit = base_bits + m->bit_offset;

	out_object(o, NULL);
	out_count(o, "offset", "  [%5s]", bit / 8);
	out_text(o, "%*s", 2 + 2 * nest, "");
	declaration(call, m->type, m->name);
	out_str(o, "type", NULL, type_spell(call->scratch, m->type));
	out_str(o, "name", NULL, m->name);
	if (m->bit_size) {
		out_num(o, "bit", NULL, (int64_t)(bit % 8));
		out_num(o, "bit_size", " : %s", m->bit_size);
	}
	out_count(o, "size", NULL, type_strip(m->type)->size);
	out_text(o, ";\n");
	out_end(o);
}

/* Rows of one definition: those of a hostile BTF may contain themselves without end. */
#define ROWS_LIMIT 65536u

static void members(struct call *call, const struct type *t, uint64_t base_bits, int nest,
		    unsigned *left)
{
	uint32_t n, i;
	const struct type_member *m = type_members(t, &n);

	for (i = 0; i < n && *left; i++) {
		const struct type *mt = type_strip(m[i].type);
		bool tagged = mt->kind == TYPE_STRUCT || mt->kind == TYPE_UNION;

		--*left;
		if (m[i].name[0] || !tagged || nest >= TYPE_DEPTH) {
			member_row(call, &m[i], base_bits, nest);
			continue;
		}
		out_text(call->out, "  [%5" PRIu64 "]%*s%s {\n", (base_bits + m[i].bit_offset) / 8,
			 2 + 2 * nest, "", mt->kind == TYPE_UNION ? "union" : "struct");
		members(call, mt, base_bits + m[i].bit_offset, nest + 1, left);
		out_text(call->out, "         %*s};\n", 2 + 2 * nest, "");
	}
}

static void enumerators(struct call *call, const struct type *t)
{
	uint32_t n, i;
	const struct type_enumerator *e = type_enumerators(t, &n);

	for (i = 0; i < n; i++) {
		out_object(call->out, NULL);
		out_str(call->out, "name", "  %s", e[i].name);
		if (e[i].value < 0 && e[i].value >= -OUT_NUM_MAX)
			out_num(call->out, "value", " = %s,\n", e[i].value);
		else
			out_count(call->out, "value", " = %s,\n", (uint64_t)e[i].value);
		out_end(call->out);
	}
}

static bool has_body(const struct type *bare)
{
	return bare->kind == TYPE_STRUCT || bare->kind == TYPE_UNION || bare->kind == TYPE_ENUM;
}

/* "typedef unsigned int gfp_t;": what there is to say of a type without members. */
static void define_plain(struct call *call, const char *name, const struct type *t)
{
	struct out *o = call->out;
	const char *is = t->kind == TYPE_TYPEDEF
				 ? type_declare(call->scratch, t->target, name)
				 : type_spell(call->scratch, t);

	out_record(o, "type");
	out_str(o, "name", NULL, name);
	out_str(o, "type", t->kind == TYPE_TYPEDEF ? "typedef %s;" : "%s;", is);
	out_count(o, "size", "\nSIZE: %s\n", type_strip(t)->size);
	out_array(o, "members");
	out_end(o);
	out_end(o);
}

static void define(struct call *call, const char *name, const struct type *t)
{
	struct out *o = call->out;
	const struct type *bare = type_strip(t);
	unsigned left = ROWS_LIMIT;

	if (!has_body(bare)) {
		define_plain(call, name, t);
		return;
	}
	out_record(o, "type");
	out_str(o, "name", NULL, name);
	out_str(o, "type", "%s {\n", type_spell(call->scratch, bare));
	out_count(o, "size", NULL, bare->size);
	out_array(o, "members");
	if (bare->kind == TYPE_ENUM)
		enumerators(call, bare);
	else
		members(call, bare, 0, 0, &left);
	out_end(o);
	out_text(o, "}\nSIZE: %" PRIu64 "\n", bare->size);
	out_end(o);
}

static void define_member(struct call *call, const char *path, const struct member *m)
{
	struct out *o = call->out;

	out_record(o, "member");
	out_num(o, "offset", "  [%5s]  ", m->offset);
	declaration(call, m->type, path);
	out_str(o, "type", NULL, type_spell(call->scratch, m->type));
	out_str(o, "name", NULL, path);
	if (m->bit_size) {
		out_num(o, "bit", NULL, m->bit_shift);
		out_num(o, "bit_size", " : %s", m->bit_size);
	}
	out_num(o, "size", NULL, m->size);
	out_text(o, ";\n");
	out_end(o);
}

static void define_typed(struct call *call, const struct typed *t)
{
	if (!t->n)
		define(call, t->name, t->type);
	for (size_t i = 0; i < t->n; i++)
		define_member(call, t->path[i], &t->member[i]);
}

/* ---- values ---- */

static enum cairn_code print(struct call *call, const struct typed *t, const char *where,
			     enum verdict *verdict, struct cairn_err *err)
{
	uint64_t addr;
	enum cairn_code code = operand_address(call->cairn, where, &addr, err);

	if (code)
		return code;
	out_record(call->out, "struct");
	out_str(call->out, "type", NULL, t->name);
	out_hex(call->out, "address", NULL, addr);
	if (!typed_write(call, t, addr, call->opt[OPT_HEX].set))
		*verdict = VERDICT_PARTIAL;
	out_end(call->out);
	return CAIRN_OK;
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	enum cairn_code code;
	struct typed t;

	code = typed_read(&t, call, call->argc ? call->argv[0] : "", err);
	if (code)
		return code;
	if (call->argc == 1 || call->opt[OPT_OFFSETS].set) {
		define_typed(call, &t);
		return CAIRN_OK;
	}
	for (int i = 1; !code && i < call->argc; i++)
		code = print(call, &t, call->argv[i], verdict, err);
	return code;
}

static const struct cmd structure = {
	.name = "struct",
	.synopsis = "[-o] [-x] TYPE[.MEMBER,...] [ADDRESS]...",
	.summary = "a type's layout, or an object's values",
	.help = "Without an address: the definition with byte offsets, of a struct, union, enum or\n"
		"typedef. With addresses: the values there. `.MEMBER,...` shows only those; a member\n"
		"is a path such as se.vruntime or comm or thread.fpu, also through anonymous structs.",
	.opts = opts,
	.complete = COMPLETE_TYPE,
	.run = run,
};
CAIRN_CMD(&structure);
