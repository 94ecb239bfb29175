/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/stack_out.h"

#include <inttypes.h>
#include <string.h>

#include "cmd/stack_vars.h"
#include "cmd/stack_words.h"
#include "lib/debug/line.h"
#include "lib/kern/debuginfo.h"
#include "unwind/damage.h"

#define INDENT "        "

/* Functions inlined into each other at one address that are shown. */
#define LINES 32

/* What is being written. */
struct shown {
	struct out *o;
	struct cairn *c;
	const struct trace *trace;
	struct stack_detail detail;
	struct frame_vars vars; /* .regs NULL: none */
	const char *tag;        /* of the stack, as it was last told; NULL: not yet. regs_only */
};

/* ---- registers ---- */

/* As __show_regs() of x86_64 does. */
static void regs_as_reported(struct out *o, struct cairn *c, const uint64_t *r)
{
	const struct arch *a = c->arch;
	struct sym sym;
	uint64_t off;

	out_text(o, INDENT "RIP: %04" PRIx64 ":", r[a->cs] & 0xffff);
	if (!(r[a->cs] & 3) && sym_at(&c->syms, r[a->pc], &sym, &off)) {
		out_text_safe(o, sym.name, strlen(sym.name));
		out_text(o, "+0x%" PRIx64 "/0x%" PRIx64 "\n", off, sym.size);
	} else {
		out_text(o, "0x%" PRIx64 "\n", r[a->pc]);
	}
	out_text(o, INDENT "RSP: %04" PRIx64 ":%016" PRIx64 " EFLAGS: %08" PRIx64,
		 r[a->ss] & 0xffff, r[a->sp], r[a->flags]);
	if (r[a->orig_ax] != UINT64_MAX)
		out_text(o, " ORIG_RAX: %016" PRIx64, r[a->orig_ax]);
	for (size_t i = 0; a->shown[i].name; i++)
		out_text(o, "%s%s: %016" PRIx64, i % 3 ? " " : "\n" INDENT, a->shown[i].name,
			 r[a->shown[i].at]);
	out_text(o, "\n");
}

static void regs_any(struct out *o, struct cairn *c, const uint64_t *r, unsigned n)
{
	unsigned a_line = c->arch->word == 8 ? 3 : 4; /* in 100 columns */

	for (unsigned i = 0; i < n; i++)
		out_text(o, "%s%8s: %0*" PRIx64, i % a_line ? " " : i ? "\n" INDENT : INDENT,
			 c->arch->reg_names[i], c->arch->word * 2, r[i]);
	out_text(o, "\n");
}

void stack_regs_text(struct out *o, struct cairn *c, const uint64_t *regs, unsigned n)
{
	if (o->mode != OUT_TEXT)
		return;
	if (c->arch->shown[0].name && n > c->arch->ss)
		regs_as_reported(o, c, regs);
	else
		regs_any(o, c, regs, n);
}

static void regs_object(struct out *o, struct cairn *c, const char *name, const uint64_t *regs,
			unsigned n)
{
	if (!regs)
		return;
	out_object(o, name);
	for (unsigned i = 0; i < n && c->arch->reg_names[i]; i++)
		out_hex(o, c->arch->reg_names[i], NULL, regs[i]);
	out_end(o);
	stack_regs_text(o, c, regs, n);
}

/* ---- frames ---- */

/* The whole trace lies on the task's own stack: there is nothing to tell apart. */
static bool on_task_only(const struct trace *tr)
{
	for (size_t i = 0; i < tr->n; i++)
		if (tr->frame[i].stack.type != STACK_TASK)
			return false;
	return true;
}

/* Frame i is the first of its stack, or the last (leaving). */
static void label(struct out *o, const struct trace *tr, size_t i, bool leaving)
{
	const struct stack_info *s = &tr->frame[i].stack;
	size_t other = leaving ? i + 1 : i - 1;

	if (other < tr->n && tr->frame[other].stack.begin == s->begin)
		return;
	if (on_task_only(tr))
		return;
	out_paint(o, OUT_DIM);
	out_text(o, " <%s%s>\n", leaving ? "/" : "", stack_type_tag(s->type));
	out_paint(o, OUT_PLAIN);
}

/* Name and place of a frame's code; of an inlined call there is only its name. */
static void function(struct out *o, const struct frame *f, const char *inlined)
{
	if (inlined)
		out_str(o, "function", "%s", inlined);
	else if (f->named)
		out_str(o, "function", "%s", f->sym.name);
	else
		out_null(o, "function", NULL);
	if (f->named && !inlined) {
		out_hex(o, "offset", "+%s", f->offset);
		out_hex(o, "size", "/%s", f->sym.size);
	} else {
		out_null(o, "offset", NULL);
		out_null(o, "size", NULL);
	}
	out_hex(o, "pc", f->named || inlined ? NULL : "%s", f->pc);
	if (f->named && f->sym.module)
		out_str(o, "module", inlined ? NULL : " [%s]", f->sym.module);
	else
		out_null(o, "module", NULL);
}

static void source(struct out *o, const struct line_frame *l)
{
	if (l && l->file)
		out_str(o, "file", NULL, l->file);
	else
		out_null(o, "file", NULL);
	if (l && l->line)
		out_num(o, "line", NULL, l->line);
	else
		out_null(o, "line", NULL);
}

static void source_text(const struct shown *s, const struct line_frame *l)
{
	if (!s->detail.lines || !l || !l->file)
		return;
	out_text(s->o, "  ");
	out_text_safe(s->o, l->file, strlen(l->file));
	if (l->line)
		out_text(s->o, ":%u", l->line);
}

static void origin(struct out *o, const struct frame *f, size_t n, bool inlined,
		   const struct line_frame *l)
{
	const char grade[2] = { f->grade, '\0' };

	out_text(o, n < 10 ? "  #" : " #");
	out_num(o, "n", "%s", (int64_t)n);
	out_str(o, "stack", NULL, stack_type_name(f->stack.type));
	if (f->stack.cpu >= 0)
		out_num(o, "cpu", NULL, f->stack.cpu);
	else
		out_null(o, "cpu", NULL);
	out_str(o, "rule", NULL, frame_rule_name(f->rule));
	out_str(o, "grade", NULL, grade);
	out_bool(o, "interrupted", NULL, f->interrupted);
	out_bool(o, "inline", NULL, inlined);
	source(o, l);
}

static void variables(struct shown *s, size_t n, size_t function)
{
	if (s->vars.regs)
		stack_vars(s->o, &s->vars, n, function, INDENT);
}

/* A call that was inlined has the number, stack pointer and grade of the frame it is in. */
static void inlined_frame(struct shown *s, size_t n, size_t depth, const struct line_frame *l)
{
	const struct frame *f = &s->trace->frame[n];
	int width = s->c->arch->word * 2 + 2;

	out_object(s->o, NULL);
	origin(s->o, f, n, true, l);
	if (f->sp)
		out_hex(s->o, "sp", NULL, f->sp);
	else
		out_null(s->o, "sp", NULL);
	if (s->trace->merged)
		out_text(s->o, " (inlined) ");
	else
		out_text(s->o, " %-*s   ", width, "(inlined)");
	function(s->o, f, l->function);
	source_text(s, l);
	out_text(s->o, "\n");
	variables(s, n, depth);
	out_end(s->o);
}

static void own_frame(struct shown *s, size_t n, size_t depth, const struct line_frame *l)
{
	const struct frame *f = &s->trace->frame[n];
	struct out *o = s->o;

	out_object(o, NULL);
	origin(o, f, n, false, l);
	if (f->sp)
		out_addr(o, "sp", " [%s]", f->sp, s->c->arch->word * 2);
	else
		out_null(o, "sp", s->trace->merged ? NULL : " [%s]");
	if (f->grade >= 'C')
		out_paint(o, OUT_YELLOW);
	out_text(o, " %c ", f->grade == 'A' ? ' ' : f->grade == 'D' ? '?' : f->grade);
	out_paint(o, OUT_PLAIN);
	function(o, f, NULL);
	source_text(s, l);
	if (f->via)
		out_str(o, "via", "  (tail call via %s)", f->via);
	if (f->note)
		out_str(o, "note", "  (%s)", f->note);
	out_text(o, "\n");
	regs_object(o, s->c, "regs", f->regs, s->trace->nregs);
	variables(s, n, depth);
	if (s->detail.guess)
		stack_guesses(o, s->detail.guess, s->trace, n);
	out_end(o);
}

/* The lines of a return address are those of the call before it. */
static size_t lines_of(const struct shown *s, const struct frame *f, struct line_frame *ret)
{
	uint64_t pc = f->pc - (f->interrupted ? 0 : 1);
	struct debugfile *file = s->detail.lines || s->detail.inlines
					 ? debuginfo_find_at(s->c, pc)
					 : s->o->mode == OUT_JSON ? debuginfo_at(s->c, pc) : NULL;

	return file ? line_lookup(file, pc, ret, LINES) : 0;
}

/* Frames between are left out: where the stack changes is not there to be labelled. */
static void tag_alone(struct shown *s, const char *tag)
{
	if (!s->tag || strcmp(s->tag, tag))
		out_text(s->o, " <%s>\n", tag);
	s->tag = tag;
}

static void frame(struct shown *s, size_t n)
{
	struct line_frame line[LINES];
	size_t lines = lines_of(s, &s->trace->frame[n], line), i = 0;

	if (s->detail.regs_only)
		tag_alone(s, stack_type_tag(s->trace->frame[n].stack.type));
	else
		label(s->o, s->trace, n, false);
	for (; s->detail.inlines && i < lines && line[i].inlined; i++)
		inlined_frame(s, n, i, &line[i]);
	own_frame(s, n, i, i < lines ? &line[i] : NULL);
	if (!s->detail.regs_only)
		label(s->o, s->trace, n, true);
}

/* ---- the whole ---- */

static void ran_over(struct out *o, const struct stack_damage *d)
{
	out_str(o, "stack", "  the %s stack ran over", stack_type_name(d->ran_over.type));
	out_hex(o, "begin", NULL, d->ran_over.begin);
	out_bool(o, "reported", NULL, d->reported);
	if (d->sp) {
		out_hex(o, "sp", ": %s", d->sp);
		out_num(o, "below", " is %s bytes below its begin, in its guard",
			(int64_t)(d->ran_over.begin - d->sp));
	} else {
		out_null(o, "sp", NULL);
		out_null(o, "below", NULL);
	}
	if (d->reported)
		out_text(o, "%s the kernel noticed it", d->sp ? ";" : ":");
	if (d->above)
		out_num(o, "above", ", its pointer %s bytes above its begin", (int64_t)d->above);
	else
		out_null(o, "above", NULL);
	out_text(o, "\n");
}

static void magic(struct out *o, const struct stack_damage *d)
{
	if (!d->magic_at) {
		out_null(o, "magic", NULL);
		return;
	}
	out_hex(o, "magic_address", "  STACK_END_MAGIC at %s", d->magic_at);
	out_hex(o, "magic", " was overwritten with %s\n", d->magic);
}

/* What is wrong with the stack itself. */
static void damage(struct out *o, const struct stack_damage *d)
{
	if (!is_damaged(d))
		return;
	out_object(o, "damage");
	out_paint(o, OUT_RED);
	if (d->ran_over.type != STACK_UNKNOWN)
		ran_over(o, d);
	else
		out_null(o, "stack", NULL);
	magic(o, d);
	out_paint(o, OUT_PLAIN);
	out_end(o);
}

static void heading(struct out *o, struct cairn *c, const struct task *task, int32_t cpu,
		    bool guessed)
{
	bool known = task && !task->fault;

	out_paint(o, OUT_BOLD);
	if (known)
		out_num(o, "pid", "PID: %-7s", task->pid);
	else
		out_null(o, "pid", "PID: %-7s");
	if (task)
		out_addr(o, "task", " TASK: %s", task->addr, c->arch->word * 2);
	else
		out_null(o, "task", " TASK: %s");
	if (cpu >= 0)
		out_num(o, "cpu", "  CPU: %-3s", cpu);
	else
		out_null(o, "cpu", "  CPU: %-3s");
	if (guessed)
		out_text(o, " (guessed)");
	out_bool(o, "cpu_guessed", NULL, guessed);
	out_str(o, "comm", "  COMMAND: \"%s\"", known ? task->comm : NULL);
	out_paint(o, OUT_PLAIN);
	out_text(o, "\n");
}

static void frames(struct shown *s)
{
	const struct trace *tr = s->trace;

	out_array(s->o, "frames");
	for (size_t i = 0; i < tr->n; i++)
		if (!s->detail.regs_only || tr->frame[i].regs)
			frame(s, i);
	out_end(s->o);
	if (s->detail.guess)
		stack_guesses(s->o, s->detail.guess, tr, tr->n);
	out_bool(s->o, "complete", NULL, tr->complete);
	out_str(s->o, "end", "  end: %s", tr->reason);
	out_text(s->o, tr->complete ? " (complete)\n" :
		       trace_end_is_complete(tr->end) ? " (but a step on the way is not certain)\n" :
							" (incomplete)\n");
	damage(s->o, &tr->damage);
}

void stack_frames(struct out *o, struct cairn *c, const struct trace *tr,
		  const struct stack_detail *detail)
{
	struct shown s = {
		.o = o, .c = c, .trace = tr,
		.detail = { .lines = detail->lines, .inlines = detail->inlines },
	};

	frames(&s);
}

void stack_fields(struct out *o, struct cairn *c, const struct task *task, int32_t cpu,
		  const struct trace *tr, const struct stack_detail *detail)
{
	struct shown s = { .o = o, .c = c, .trace = tr };

	if (detail)
		s.detail = *detail;
	if (s.detail.vars)
		frame_vars_init(&s.vars, c, s.detail.vars->machine, &s.detail.vars->mem, tr,
				s.detail.arena, NULL);
	heading(o, c, task, cpu, tr->cpu_guessed);
	frames(&s);
	regs_object(o, c, "user_regs", tr->user_regs, tr->nregs);
	if (s.detail.words)
		stack_words(o, c, s.detail.words, tr);
}

void stack_record(struct out *o, struct cairn *c, const struct task *task, int32_t cpu,
		  const struct trace *tr, const struct stack_detail *detail)
{
	out_record(o, "stack");
	stack_fields(o, c, task, cpu, tr, detail);
	out_text(o, "\n");
	out_end(o);
}
