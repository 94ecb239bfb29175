/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/operand.h"
#include "cmd/typed.h"

#define COUNT_LIMIT 100000u

enum { OPT_OFFSETS, OPT_HEX, OPT_COUNT, OPT_LINK };

static const struct opt opts[] = {
	{ 'o', "offsets", NULL, "the definition with offsets, also when an address is given" },
	{ 'x', "hex", NULL, "integers in hexadecimal" },
	{ 'c', "count", "N", "so many objects, one behind the other" },
	{ 'l', "link", "OFFSET", "ADDRESS is that of a member (a number, or STRUCT.MEMBER)" },
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

/* Which objects an address means: `n` of them, each `shift` before it. */
static enum cairn_code read_which(struct call *call, uint64_t *n, uint64_t *shift,
				  struct cairn_err *err)
{
	enum cairn_code code = CAIRN_OK;

	*n = 1;
	*shift = 0;
	if (call->opt[OPT_COUNT].set)
		code = operand_count(call->opt[OPT_COUNT].value, n, err);
	if (!code && (!*n || *n > COUNT_LIMIT))
		return cairn_fail(err, CAIRN_USAGE, "a count is 1 to %u", COUNT_LIMIT);
	if (!code && call->opt[OPT_LINK].set)
		code = typed_offset(call, call->opt[OPT_LINK].value, shift, err);
	return code;
}

/* A PID where crash, too, wants an address. */
static enum cairn_code check_pid(struct call *call, const struct typed *t, const char *word,
				 uint64_t addr, struct cairn_err *err)
{
	const char *tag = type_strip(t->type)->name;
	const struct task *task;
	unsigned char byte;

	if (!tag || strcmp(tag, "task_struct") || word[strspn(word, "0123456789")] ||
	    !space_read(&call->cairn->kernel, addr, &byte, 1, NULL) ||
	    operand_task(call->cairn, word, &task, NULL))
		return CAIRN_OK;
	return cairn_fail(err, CAIRN_USAGE, "%s is a PID, not an address: task %s%s%s", word, word,
			  t->n ? " -R " : "", t->n ? t->path[0] : "");
}

static enum cairn_code print_all(struct call *call, const struct typed *t, enum verdict *verdict,
				 struct cairn_err *err)
{
	uint64_t n, shift, addr;
	enum cairn_code code = read_which(call, &n, &shift, err);

	for (int i = 1; !code && i < call->argc; i++) {
		code = operand_address(call->cairn, call->argv[i], &addr, err);
		if (!code)
			code = check_pid(call, t, call->argv[i], addr, err);
		for (uint64_t k = 0; !code && k < n && !out_broken(call->out); k++) {
			uint64_t at = addr - shift + k * type_strip(t->type)->size;

			/* which of them */
			if (n > 1 || call->argc > 2)
				out_text(call->out, "%0*" PRIx64 "\n",
					 call->cairn->arch->word * 2, at);
			typed_show(call, t, at, call->opt[OPT_HEX].set, verdict);
			if (cmd_interrupted())
				code = cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		}
	}
	return code;
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
	return print_all(call, &t, verdict, err);
}

#define SYNOPSIS "[-o] [-x] [-c N] [-l OFFSET] TYPE[.MEMBER,...] [ADDRESS]..."
#define HELP \
	"Without an address: the definition with byte offsets, of a struct, union, enum or\n" \
	"typedef. With addresses: the values there. `.MEMBER,...` shows only those; a member\n" \
	"is a path such as se.vruntime or comm or thread.fpu, also through anonymous structs.\n" \
	"In the shell, `TYPE.MEMBER ADDRESS` alone will do."

static const struct cmd structure = {
	.name = "struct",
	.synopsis = SYNOPSIS,
	.summary = "a type's layout, or an object's values",
	.help = HELP,
	.opts = opts,
	.complete = COMPLETE_TYPE,
	.run = run,
};
CAIRN_CMD(&structure);

static const struct cmd union_too = {
	.name = "union",
	.synopsis = SYNOPSIS,
	.summary = "the same as struct",
	.help = HELP,
	.opts = opts,
	.complete = COMPLETE_TYPE,
	.run = run,
};
CAIRN_CMD(&union_too);
