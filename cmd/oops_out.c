/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/oops_out.h"

#include <string.h>

#include "cmd/mce_out.h"
#include "unwind/cause.h"

static void maybe_num(struct out *o, const char *name, const char *look, bool known, int64_t value)
{
	if (known)
		out_num(o, name, look, value);
	else
		out_null(o, name, NULL);
}

static void maybe_str(struct out *o, const char *name, const char *look, const char *value)
{
	if (value)
		out_str(o, name, look, value);
	else
		out_null(o, name, NULL);
}

static void line_of(struct out *o, const char *look, bool known, uint64_t line)
{
	if (known)
		out_count(o, "line", look, line);
	else
		out_null(o, "line", NULL);
}

static void where(struct out *o, const struct oops *p)
{
	maybe_str(o, "function", "  in         %s", p->function);
	if (p->has_offset)
		out_hex(o, "offset", "+%s", p->offset);
	else
		out_null(o, "offset", NULL);
	maybe_str(o, "module", " [%s]", p->module);
	if (p->function)
		out_text(o, "\n");
	maybe_str(o, "guilty", p->guilty && (!p->function || strcmp(p->guilty, p->function))
				       ? "  blames     %s\n" : NULL, p->guilty);
	maybe_str(o, "file", "  at         %s", p->file);
	line_of(o, ":%s\n", p->file != NULL, p->line);
}

static void who(struct out *o, const struct oops *p)
{
	bool any = p->cpu >= 0 || p->pid >= 0 || p->comm;

	if (any)
		out_text(o, "  on        ");
	maybe_num(o, "cpu", " CPU %s", p->cpu >= 0, p->cpu);
	maybe_num(o, "pid", p->cpu >= 0 ? ", task %s" : " task %s", p->pid >= 0, p->pid);
	maybe_str(o, "comm", " \"%s\"", p->comm);
	if (any)
		out_text(o, "\n");
	maybe_str(o, "workqueue", "  workqueue  %s\n", p->workqueue);
}

static void machine(struct out *o, const struct oops *p)
{
	bool any = p->release || p->arch || p->tainted;

	if (any)
		out_text(o, "  kernel    ");
	maybe_str(o, "release", " %s", p->release);
	maybe_str(o, "arch", p->release ? " on %s" : " %s", p->arch);
	maybe_str(o, "tainted", ", tainted %s", p->tainted);
	if (any)
		out_text(o, "\n");
	maybe_str(o, "hardware", "  hardware   %s\n", p->hardware);
	maybe_str(o, "modules", NULL, p->modules);
	maybe_str(o, "taints", NULL, p->taints);
}

static void when(struct out *o, const struct oops *p)
{
	if (p->has_time)
		out_real(o, "time", "  after      %s s, ", p->time, 6);
	else
		out_null(o, "time", NULL);
	out_num(o, "first_line", p->has_time ? "lines %s" : "  lines      %s", (int64_t)p->first);
	out_num(o, "last_line", " to %s\n", (int64_t)p->last);
}

/* Where in the text it stands, and on which stack the one above did. */
struct place { unsigned shown; const char *stack; };

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void frame(const struct oops_view *v, const struct oops_frame *f, size_t n, struct place *at)
{
	struct out *o = v->o;
	bool show = f->reliable || v->guesses;
	bool other = show && !is_same(f->stack, at->stack);

	out_object(o, NULL);
	out_num(o, "n", NULL, (int64_t)n);
	if (show) {
		out_text(o, "    #%-2u %c", at->shown++, f->reliable ? ' ' : '?');
		at->stack = f->stack;
	}
	if (f->function)
		out_str(o, "function", show ? " %s" : NULL, f->function);
	else
		out_null(o, "function", NULL);
	if (f->has_offset)
		out_hex(o, "offset", show ? "+%s" : NULL, f->offset);
	else
		out_null(o, "offset", NULL);
	if (f->has_pc)
		out_hex(o, "pc", show && !f->function ? " %s" : NULL, f->pc);
	else
		out_null(o, "pc", NULL);
	maybe_str(o, "module", show ? " [%s]" : NULL, f->module);
	out_bool(o, "reliable", NULL, f->reliable);
	out_bool(o, "interrupted", NULL, f->interrupted);
	maybe_str(o, "stack", other ? "  <%s>" : NULL, f->stack);
	maybe_str(o, "file", show ? "  %s" : NULL, f->file);
	line_of(o, show ? ":%s" : NULL, f->file != NULL, f->line);
	if (show)
		out_text(o, "\n");
	out_end(o);
}

static void frames(const struct oops_view *v, const struct oops *p)
{
	struct place at = { 0, "task" };

	out_array(v->o, "frames");
	for (size_t i = 0; i < p->n; i++)
		frame(v, &p->frame[i], i, &at);
	out_end(v->o);
	if (p->n)
		out_bool(v->o, "complete", NULL, p->complete);
	else
		out_null(v->o, "complete", NULL);
	if (p->n && !p->complete)
		out_text(v->o, "    (the log has no more of it)\n");
}

/* As many as fit in a line. */
#define REGS_A_LINE 4

static void register_values(const struct oops_view *v, const struct oops *p)
{
	struct out *o = v->o;
	bool show = v->verbose && p->nregs;
	int width = p->arch && (!strcmp(p->arch, "arm") || !strcmp(p->arch, "i386")) ? 8 : 16;

	if (show)
		out_text(o, "  Registers\n");
	out_object(o, "registers");
	for (size_t i = 0; i < p->nregs; i++) {
		if (show)
			out_text(o, "%s%-6s ", i % REGS_A_LINE ? "  " : "    ", p->reg[i].name);
		out_addr(o, p->reg[i].name, show ? "%s" : NULL, p->reg[i].value, width);
		if (show && (i % REGS_A_LINE == REGS_A_LINE - 1 || i + 1 == p->nregs))
			out_text(o, "\n");
	}
	out_end(o);
}

static void maybe_hex(struct out *o, const char *name, bool known, uint64_t value)
{
	if (known)
		out_hex(o, name, NULL, value);
	else
		out_null(o, name, NULL);
}

static void maybe_count(struct out *o, const char *name, bool known, uint64_t value)
{
	if (known)
		out_count(o, name, NULL, value);
	else
		out_null(o, name, NULL);
}

static void pointee(const struct oops_view *v, const struct oops_points *p)
{
	struct out *o = v->o;

	out_object(o, p->reg);
	if (v->verbose)
		out_text(o, "    %-6s ", p->reg);
	maybe_str(o, "kind", NULL, p->kind);
	out_str(o, "text", v->verbose ? "%s\n" : NULL, p->text);
	maybe_hex(o, "value", p->has_value, p->value);
	maybe_str(o, "cache", NULL, p->cache);
	maybe_hex(o, "start", p->has_start, p->start);
	maybe_count(o, "offset", p->has_offset, p->offset);
	maybe_count(o, "size", p->size != 0, p->size);
	maybe_count(o, "pages", p->pages != 0, p->pages);
	maybe_str(o, "allocated_by", NULL, p->by);
	out_end(o);
}

static void pointees(const struct oops_view *v, const struct oops *p)
{
	if (!p->npoints) {
		out_null(v->o, "points_to", NULL);
		return;
	}
	if (v->verbose)
		out_text(v->o, "  What they lead to\n");
	out_object(v->o, "points_to");
	for (size_t i = 0; i < p->npoints; i++)
		pointee(v, &p->points[i]);
	out_end(v->o);
}

#define MODULES_A_LINE 6

static void modules(const struct oops_view *v, const struct oops *p)
{
	struct out *o = v->o;

	if (!p->has_modules) {
		out_null(o, "module_list", NULL);
		return;
	}
	if (v->verbose)
		out_text(o, p->nmodules ? "  Modules\n    " : "  Modules: none\n");
	out_array(o, "module_list");
	for (size_t i = 0; i < p->nmodules; i++) {
		const struct oops_module *m = &p->module_list[i];

		out_object(o, NULL);
		out_str(o, "name", v->verbose ? "%s" : NULL, m->name);
		out_str(o, "flags", v->verbose && *m->flags ? " (%s)" : NULL, m->flags);
		if (v->verbose)
			out_text(o, i + 1 == p->nmodules ? "\n" : (i + 1) % MODULES_A_LINE ? ", " : ",\n    ");
		out_end(o);
	}
	out_end(o);
}

static void details(const struct oops_view *v, const struct oops *p)
{
	register_values(v, p);
	pointees(v, p);
	maybe_str(v->o, "code", v->verbose ? "  Code\n    %s\n" : NULL, p->code);
	modules(v, p);
	maybe_str(v->o, "last_unloaded", v->verbose ? "    last unloaded: %s\n" : NULL, p->last_unloaded);
}

/* Lines of an indented paragraph. */
static void paragraph(struct out *o, const char *name, const char *heading, const char *text)
{
	maybe_str(o, name, NULL, text);
	if (!text)
		return;
	out_text(o, "  %s\n", heading);
	while (*text) {
		size_t n = strcspn(text, "\n");

		out_text(o, "    %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

/* Of a BUG in a maple tree: the word that is wrong. */
static void maple(struct out *o, const struct oops *p)
{
	const struct oops_maple *m = p->maple;

	if (!m) {
		out_null(o, "maple", NULL);
		return;
	}
	out_object(o, "maple");
	out_hex(o, "node", NULL, m->node);
	maybe_hex(o, "mm", m->has_mm, m->mm);
	maybe_hex(o, "word", m->has_word, m->word);
	maybe_str(o, "register", NULL, m->has_word ? m->word_reg : NULL);
	out_bool(o, "sure", NULL, m->sure);
	maybe_str(o, "cause", NULL, m->cause);
	maybe_hex(o, "expected", m->has_expected, m->expected);
	maybe_hex(o, "neighbour", m->cause && !strcmp(m->cause, "neighbour"), m->neighbour);
	paragraph(o, "told", "What the registers say", m->told);
	out_end(o);
}

static void commands(struct out *o, const struct oops *p)
{
	out_array(o, "commands");
	for (size_t i = 0; i < p->ncommands; i++)
		out_str(o, NULL, NULL, p->command[i]);
	out_end(o);
}

void oops_out(const struct oops_view *v, const struct oopses *all, size_t i)
{
	const struct oops *p = &all->oops[i];
	struct out *o = v->o;

	out_record(o, "oops");
	maybe_str(o, "log", NULL, v->file);
	out_str(o, "class", NULL, p->class);
	out_paint(o, OUT_RED);
	out_str(o, "title", "%s\n", p->title);
	out_paint(o, OUT_PLAIN);
	out_str(o, "head", strcmp(p->head, p->title) ? "  says       %s\n" : NULL, p->head);
	out_text(o, "  class      %s\n", p->class);
	out_bool(o, "complaint", NULL, p->complaint);
	maybe_str(o, "message", p->message && strstr(p->title, p->message) ? NULL :
		  "  then       %s\n", p->message);
	where(o, p);
	who(o, p);
	machine(o, p);
	mce_out(o, "  error      ", p->mce, p->nmce);
	when(o, p);
	out_str(o, "signature", "  signature  %s\n", p->signature.strict);
	out_str(o, "signature_fuzzy", "             %s\n", p->signature.fuzzy);
	maybe_str(o, "cause", "  cause      %s\n", cause_of_log(all, i, v->scratch));
	frames(v, p);
	details(v, p);
	paragraph(o, "known", "What is known", p->advice);
	maple(o, p);
	paragraph(o, "check", "What to check in a dump", p->check);
	commands(o, p);
	out_end(o);
}
