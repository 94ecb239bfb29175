/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/error_out.h"
#include "lib/debug/value.h"
#include "lib/kern/cpu.h"
#include "lib/kern/expr.h"

enum { OPT_HEX, OPT_DECIMAL };

static const struct opt opts[] = {
	[OPT_HEX] = { 'x', "hex", NULL, "integers in hexadecimal" },
	[OPT_DECIMAL] = { 'd', NULL, NULL, "integers in decimal, as they are without it" },
	{ 0, NULL, NULL, NULL },
};

/* ---- values ---- */

static void put_le(unsigned char raw[8], uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		raw[i] = (unsigned char)(v >> 8 * i);
}

/* "(struct x *) 0x...": what a number is; plain integers need no words. */
static void write_number(struct call *call, const struct expr *e, const struct value_style *style)
{
	static const struct cairn_err none;
	const struct type *bare = type_strip(e->type);
	unsigned char raw[8];

	put_le(raw, e->number);
	if (bare->kind == TYPE_PTR) {
		const char *spelled = type_spell(call->scratch, e->type);

		out_text(call->out, "(");
		out_text_safe(call->out, spelled, strlen(spelled));
		out_text(call->out, ") ");
	}
	value_write_bytes(call->out, "value", e->type, &call->cairn->kernel, raw, NULL, &none, style);
}

static bool write_value(struct call *call, const struct expr *e)
{
	struct value_style style = { .syms = &call->cairn->syms, .hex = call->opt[OPT_HEX].set || e->untyped };
	const struct type *bare = type_strip(e->type);

	if (!e->place) {
		write_number(call, e, &style);
		return true;
	}
	/* what a char pointer points to is what is wanted of it */
	style.brief = bare->kind == TYPE_PTR;
	if (e->bits.bit_size)
		return value_write_member(call->out, "value", &e->bits, &call->cairn->kernel, e->addr,
					  &style);
	return value_write(call->out, "value", e->type, &call->cairn->kernel, e->addr, &style);
}

/* A function's address says which one it is. */
static void write_symbol(struct call *call, const struct expr *e)
{
	struct sym s;
	uint64_t off;

	if (e->place || type_strip(e->type)->kind == TYPE_PTR || e->number < 4096 ||
	    !sym_is_text(&call->cairn->syms, e->number) ||
	    !sym_at(&call->cairn->syms, e->number, &s, &off))
		return;
	out_text(call->out, off ? " <%s+%#" PRIx64 ">" : " <%s>", s.name, off);
}

static void show(struct call *call, const char *text, int cpu, const struct expr *e,
		 enum verdict *verdict)
{
	struct out *o = call->out;

	out_record(o, "value");
	out_str(o, "expression", "%s", text);
	if (cpu >= 0)
		out_num(o, "cpu", ":%s", cpu);
	else
		out_null(o, "cpu", NULL);
	out_str(o, "type", NULL, e->untyped ? NULL : type_spell(call->scratch, e->type));
	if (e->place)
		out_hex(o, "address", NULL, e->addr);
	else
		out_null(o, "address", NULL);
	out_text(o, " = ");
	if (!write_value(call, e))
		*verdict = VERDICT_PARTIAL;
	write_symbol(call, e);
	out_text(o, e->untyped ? "  (its type is not known: one word)\n" : "\n");
	out_end(o);
}

static enum cairn_code show_one(struct call *call, const char *text, int cpu,
				enum verdict *verdict, struct cairn_err *err)
{
	struct expr e;
	enum cairn_code code = expr_eval(&e, call->cairn, text, cpu, call->scratch, err);

	if (code == CAIRN_OK)
		show(call, text, cpu, &e, verdict);
	return code;
}

/* ---- per-CPU variables ---- */

/* "a", "all", "0,2-3": the CPUs of a specification. */
static bool names_cpu(const char *spec, unsigned id)
{
	if (!strcmp(spec, "a") || !strcmp(spec, "all"))
		return true;
	while (*spec) {
		char *end;
		unsigned long first = strtoul(spec, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (id >= first && id <= last)
			return true;
		spec = *end == ',' ? end + 1 : "";
	}
	return false;
}

/* The ":SPEC" that an expression ends with, cut off; NULL: none that names several CPUs. */
static const char *cut_cpus(char *text)
{
	char *colon = strrchr(text, ':');

	if (!colon || !colon[1])
		return NULL;
	if (strcmp(colon + 1, "a") && strcmp(colon + 1, "all") &&
	    colon[1 + strspn(colon + 1, "0123456789,-")])
		return NULL;
	*colon = '\0';
	return colon + 1;
}

/* One that cannot be had is said, and the others follow. */
static enum cairn_code show_cpus(struct call *call, const char *text, const char *spec,
				 enum verdict *verdict, struct cairn_err *err)
{
	const struct cpus *cpus;
	enum cairn_code code = cpus_get(call->cairn, &cpus, err);
	size_t shown = 0;

	for (size_t i = 0; !code && i < cpus->n; i++) {
		if (!names_cpu(spec, cpus->cpu[i].id))
			continue;
		shown++;
		code = show_one(call, text, (int)cpus->cpu[i].id, verdict, err);
		if (code != CAIRN_FAULT)
			continue;
		error_partial(call, text, err, verdict);
		code = CAIRN_OK;
	}
	if (!code && !shown)
		return cairn_fail(err, CAIRN_USAGE, "there is no CPU %s", spec);
	return code;
}

/* Of a per-CPU variable alone: where it lies, as crash has it. */
static enum cairn_code show_places(struct call *call, const char *text, struct cairn_err *err)
{
	const struct cpus *cpus;
	enum cairn_code code = cpus_get(call->cairn, &cpus, err);
	struct expr e;

	for (size_t i = 0; !code && i < cpus->n; i++) {
		code = expr_eval(&e, call->cairn, text, (int)cpus->cpu[i].id, call->scratch, err);
		if (code || !e.place)
			break;
		out_record(call->out, "percpu");
		out_str(call->out, "expression", i ? NULL : "%s is per-CPU: add :0 or :a to it\n", text);
		out_num(call->out, "cpu", "  [%s]", cpus->cpu[i].id);
		out_str(call->out, "type", NULL, type_spell(call->scratch, e.type));
		out_hex(call->out, "address", "  %s\n", e.addr);
		out_end(call->out);
	}
	return code;
}

/* ---- the command ---- */

static char *join(struct call *call)
{
	char *text = arena_strdup(call->scratch, "");

	for (int i = 0; text && i < call->argc; i++)
		text = arena_printf(call->scratch, "%s%s%s", text, i ? " " : "", call->argv[i]);
	return text;
}

static bool is_bare_word(const char *text)
{
	return !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")];
}

static enum cairn_code run(struct call *call, enum verdict *verdict, struct cairn_err *err)
{
	char *text = join(call);
	const char *cpus;
	bool percpu;

	if (!text)
		return cairn_fail(err, CAIRN_NOMEM, "out of memory");
	if (!*text)
		return cairn_fail(err, CAIRN_USAGE, "say what: a variable, or a C expression");
	cpus = cut_cpus(text);
	if (cpus)
		return show_cpus(call, text, cpus, verdict, err);
	percpu = is_bare_word(text) && expr_wants_cpu(call->cairn, text);
	return percpu ? show_places(call, text, err) : show_one(call, text, -1, verdict, err);
}

static const struct cmd p = {
	.name = "p",
	.synopsis = "[-x] EXPRESSION[:CPU,...]",
	.summary = "the value of a variable or C expression",
	.help = "    p jiffies\n"
		"    p init_task.comm\n"
		"    p -x ((struct task_struct *)0xffff888003d28000)->thread\n"
		"    p &init_task.tasks\n"
		"    p runqueues:0            one CPU's copy; :0,2-3 several, :a all\n"
		"    p runqueues.curr->comm:a\n"
		"    p sizeof(struct page) * 512\n"
		"\n"
		"C's operators are there but for assignments, calls and && || ?: (a | or > outside of\n"
		"parentheses is for the shell). A word that is no symbol and has only hexadecimal digits\n"
		"is a number. The types of variables are those of the dump, or of a vmlinux; without any\n"
		"type, a variable is shown as one word. `module:name` is a module's.",
	.opts = opts,
	.complete = COMPLETE_SYMBOL,
	.run = run,
};
CAIRN_CMD(&p);
