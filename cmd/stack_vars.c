/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/stack_vars.h"

#include <inttypes.h>
#include <string.h>

#include "lib/debug/value.h"

/* ---- where it is ---- */

static const char *place_name(const struct frame_var *var)
{
	static const char *const names[LOC_KINDS] = {
		[LOC_LOST] = "optimized out", [LOC_REGISTER] = "register",
		[LOC_MEMORY] = "memory", [LOC_VALUE] = "value", [LOC_BYTES] = "constant",
		[LOC_POINTER] = "optimized out",
	};
	const struct loc_piece *p = &var->loc.piece[0];

	if (var->code || (p->kind == LOC_REGISTER && !p->known && var->loc.n == 1))
		return "unknown";
	if (var->loc.n > 1)
		return "pieces";
	if (p->kind == LOC_VALUE && !var->loc.computed && !var->loc.entry)
		return "constant";
	return names[p->kind];
}

static const char *register_name(const struct frame_vars *v, unsigned number)
{
	int index = number < DWARF_REGS ? dwarfreg_index(v->arch, number) : -1;

	return index < 0 ? "?" : v->arch->reg_names[index];
}

/* Why it is unknown; NULL if it is not. */
static const char *reason(const struct frame_vars *v, const struct frame_var *var)
{
	const struct loc_piece *p = &var->loc.piece[0];

	if (var->code)
		return var->err.text;
	if (var->loc.n == 1 && p->kind == LOC_REGISTER && !p->known)
		return arena_printf(v->arena, "%s is not known", register_name(v, p->number));
	return NULL;
}

static void location(struct out *o, const struct frame_vars *v, const struct frame_var *var)
{
	const struct loc_piece *p = &var->loc.piece[0];
	const char *why = reason(v, var);
	bool one = !var->code && var->loc.n == 1;

	out_object(o, "location");
	out_str(o, "kind", NULL, place_name(var));
	if (one && p->kind == LOC_REGISTER)
		out_str(o, "register", NULL, register_name(v, p->number));
	if (one && p->kind == LOC_REGISTER && p->known && p->reg.saved)
		out_hex(o, "saved", NULL, p->reg.saved);
	if (one && p->kind == LOC_MEMORY)
		out_hex(o, "address", NULL, p->value);
	if (why)
		out_str(o, "reason", NULL, why);
	out_bool(o, "entry_value", NULL, var->loc.entry);
	out_bool(o, "doubtful", NULL, var->doubtful);
	out_end(o);
}

static bool is_lost(const struct frame_var *var)
{
	enum loc_kind kind = var->loc.piece[0].kind;

	return var->loc.n == 1 && (kind == LOC_LOST || kind == LOC_POINTER);
}

/* The same in words, behind the value. */
static void location_text(struct out *o, const struct frame_vars *v, const struct frame_var *var)
{
	const struct loc_piece *p = &var->loc.piece[0];
	bool placed = var->loc.n > 1 || p->kind == LOC_REGISTER || p->kind == LOC_MEMORY;

	if (reason(v, var) || is_lost(var))
		return;
	out_paint(o, OUT_DIM);
	if (var->loc.n > 1)
		out_text(o, "  [in %zu pieces", var->loc.n);
	else if (p->kind == LOC_REGISTER && p->reg.saved)
		out_text(o, "  [%s at %" PRIx64, register_name(v, p->number), p->reg.saved);
	else if (p->kind == LOC_REGISTER)
		out_text(o, "  [%s", register_name(v, p->number));
	else if (p->kind == LOC_MEMORY)
		out_text(o, "  [at %" PRIx64, p->value);
	else
		out_text(o, "  [%s", var->loc.entry ? "entry value" :
				     var->loc.computed ? "computed" : "constant");
	out_text(o, "%s%s]", placed && var->loc.entry ? ", by entry value" : "",
		 var->doubtful ? " ?" : "");
	out_paint(o, OUT_PLAIN);
}

/* ---- what it is ---- */

static void no_value(struct out *o, const char *what, const char *why)
{
	out_null(o, "value", NULL);
	out_text(o, "<%s", what);
	if (why) {
		out_text(o, ": ");
		out_text_safe(o, why, strlen(why));
	}
	out_text(o, ">");
}

static void gathered(struct out *o, struct frame_vars *v, size_t n, const struct frame_var *var,
		     const struct value_style *style)
{
	unsigned char bytes[LOC_OBJECT], known[LOC_OBJECT];
	size_t size = (size_t)type_strip(var->type)->size;
	struct cairn_err fault;

	if (type_strip(var->type)->size > sizeof(bytes)) {
		no_value(o, "too large", NULL);
		return;
	}
	frame_vars_gather(v, n, var, size, bytes, known, &fault);
	value_write_bytes(o, "value", var->type, &v->c->kernel, bytes, known, &fault, style);
}

static void value(struct out *o, struct frame_vars *v, size_t n, const struct frame_var *var)
{
	struct value_style style = { .syms = &v->c->syms, .brief = true,
				     .array_limit = o->mode == OUT_TEXT ? 8 : 0 };
	const struct loc_piece *p = &var->loc.piece[0];
	const char *why = reason(v, var);

	if (var->code == CAIRN_FAULT)
		out_fault(o, "value", "%s", &var->err);
	else if (why)
		no_value(o, "not known", why);
	else if (is_lost(var))
		no_value(o, "optimized out", NULL);
	else if (var->loc.n == 1 && p->kind == LOC_MEMORY && !p->skip && v->c->kernel.tlb)
		value_write(o, "value", var->type, &v->c->kernel, p->value, &style);
	else
		gathered(o, v, n, var, &style);
}

void stack_vars(struct out *o, struct frame_vars *v, size_t n, size_t function,
		const char *indent)
{
	struct frame_var *var;
	size_t count = frame_vars_of(v, n, function, &var);

	out_array(o, "variables");
	for (size_t i = 0; i < count; i++) {
		const char *declared = type_declare(v->arena, var[i].type, var[i].name);

		out_object(o, NULL);
		out_str(o, "name", NULL, var[i].name);
		out_str(o, "kind", NULL, var[i].parameter ? "parameter" : "variable");
		out_str(o, "type", NULL, type_spell(v->arena, var[i].type));
		out_text(o, "%s", indent);
		out_text_safe(o, declared, strlen(declared));
		out_text(o, " = ");
		value(o, v, n, &var[i]);
		location(o, v, &var[i]);
		location_text(o, v, &var[i]);
		out_text(o, "\n");
		out_end(o);
	}
	out_end(o);
}
