/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "unwind/culprit.h"
#include "unwind/oops_priv.h"

/* The report's own stack while it is being read. */
struct own {
	struct oops *o;
	struct arena *a;
	size_t cap;
	bool started;     /* the trace has begun */
	bool history;     /* what comes is of another trace */
	bool by_regs;     /* the first frame is the interrupted instruction */
	bool next_interrupted; /* a caller that comes was interrupted (ARM) */
	struct oops_place lr;  /* the link register; function.p NULL: not told */
	const char *stack;
	bool failed;
};

static const char *stack_of(struct piece mark)
{
	static const char *const names[][2] = {
		{ "<TASK>", "task" }, { "<IRQ>", "irq" },   { "<SOFTIRQ>", "softirq" },
		{ "<NMI>", "NMI" },   { "<#DF>", "DF" },    { "<#DB>", "DB" },
		{ "<#MC>", "MCE" },   { "<EOI>", "task" },  { "<EOE>", "task" },
		{ "<#VC>", "VC" },    { "<ENTRY_TRAMPOLINE>", "entry" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (piece_begins(mark, names[i][0]))
			return names[i][1];
	return NULL;
}

static const char *copy(struct own *w, struct piece t)
{
	const char *s = t.p ? arena_strndup(w->a, t.p, t.len) : NULL;

	w->failed |= t.p && !s;
	return s;
}

static bool same_name(struct piece a, struct piece b)
{
	return a.p && b.p && a.len == b.len && !memcmp(a.p, b.p, a.len);
}

static bool is_function(const struct oops_frame *f, struct piece name)
{
	return f->function && name.p && strlen(f->function) == name.len &&
	       !memcmp(f->function, name.p, name.len);
}

/* What was told already: the interrupted instruction, which some traces begin with, and on ARM
 * the function that the line before named as the caller. */
static bool is_told(const struct own *w, const struct oops_place *p)
{
	const struct oops_frame *f = w->o->n ? &w->o->frame[w->o->n - 1] : NULL;

	if (!f || !is_function(f, p->function))
		return false;
	if (p->file.p && !p->has_offset && !f->has_offset)
		return w->by_regs && w->o->n == 1 && f->line == p->line;
	return !p->has_offset || (w->by_regs && w->o->n == 1 && f->offset == p->offset);
}

static void append(struct own *w, const struct oops_place *p, bool interrupted)
{
	struct oops *o = w->o;
	struct oops_frame *frames, *f;

	if (o->n >= OOPS_FRAMES)
		return;
	frames = arena_room(w->a, o->frame, o->n, &w->cap, sizeof(*frames));
	if (!frames) {
		w->failed = true;
		return;
	}
	o->frame = frames;
	f = &frames[o->n++];
	*f = (struct oops_frame){
		.function = copy(w, p->function), .module = copy(w, p->module),
		.has_offset = p->has_offset, .offset = p->offset, .size = p->size,
		.has_pc = p->has_pc, .pc = p->pc,
		.reliable = !p->guess, .interrupted = interrupted, .stack = w->stack,
		.file = copy(w, p->file), .line = p->line,
	};
}

/* A function that had not saved the link register, or had loaded it again: its caller is there
 * alone, and ARM's traces leave it out. After a call of its own it would be in the function
 * itself. */
static bool is_caller_in_lr(const struct own *w, const struct oops_place *next)
{
	const struct oops_place *lr = &w->lr;

	return w->by_regs && w->o->n == 1 && lr->function.p && (lr->offset || lr->file.p) &&
	       w->o->frame[0].function && !is_function(&w->o->frame[0], lr->function) &&
	       (lr->offset != next->offset || lr->line != next->line ||
		!same_name(lr->function, next->function));
}

static void add(struct own *w, const struct oops_place *p, bool interrupted)
{
	if (is_told(w, p))
		return;
	if (is_caller_in_lr(w, p))
		append(w, &w->lr, false);
	append(w, p, interrupted);
}

static bool take_regs(struct own *w, const struct oops_row *row)
{
	if (row->user)
		return !w->started;
	if (!w->started && w->o->n)
		return true;
	if (!w->started)
		w->by_regs = true;
	add(w, &row->place[0], true);
	return true;
}

static void take_frame(struct own *w, const struct oops_row *row)
{
	if (w->history)
		return;
	w->started = true;
	for (unsigned i = 0; i < row->nplaces; i++)
		add(w, &row->place[i], i && w->next_interrupted);
	if (row->nplaces > 1)
		w->next_interrupted = false;
}

/* "lr : foo+0x18/0x24 [mod]" (arm64), "LR is at foo+0x18/0x24" (ARM32) of the first registers */
static void take_lr(struct own *w, struct piece t)
{
	struct piece at = piece_begins(t, "LR is at ") ? piece_drop(t, 9) :
			  piece_begins(t, "lr : ")     ? piece_drop(t, 5) : PIECE("");
	struct oops_place lr = { 0 };

	if (w->by_regs && !w->started && !w->lr.function.p && oops_place_read(at, &lr))
		w->lr = lr;
}

static bool is_exception_stack(struct piece t)
{
	return piece_begins(piece_trim(t), "Exception stack(");
}

/* False where the trace is over. */
static bool take(struct own *w, const struct oops_row *row)
{
	bool over = w->started && w->o->n > w->by_regs;

	switch (row->what) {
	case OOPS_START:
		w->history = false;
		w->started = true;
		return !over;
	case OOPS_HISTORY:
		w->history = true;
		return !over;
	case OOPS_HEAD:
	case OOPS_MODULES:
	case OOPS_FOREIGN: return !over;
	case OOPS_REGS_AT: return take_regs(w, row);
	case OOPS_FRAME: take_frame(w, row); return true;
	case OOPS_MARK: w->stack = stack_of(piece_trim(row->text)); return true;
	case OOPS_WHO: w->history = false; return true;
	case OOPS_POINTEE: return true;
	case OOPS_OTHER:
		w->next_interrupted |= is_exception_stack(row->text);
		take_lr(w, row->text);
		return true;
	}
	return true;
}

/* What comes behind a trace, or at its end. */
static bool ends_trace(const struct oops_row *row)
{
	struct piece t = piece_trim(row->text);

	switch (row->what) {
	case OOPS_MARK: return piece_begins(t, "</TASK>");
	case OOPS_REGS_AT: return row->user;
	case OOPS_FRAME: return false;
	case OOPS_OTHER:
		return !t.len || piece_begins(t, "---[ end") || piece_begins(t, "======") ||
		       (piece_begins(t, "Code: ") && memchr(t.p, '(', t.len));
	default: return true;
	}
}

/* A frame that comes behind what looked like the end goes on with the trace. */
static bool take_one(struct own *w, const struct oops_row *row)
{
	size_t n = w->o->n;
	bool more = take(w, row);

	if (w->o->n > n)
		w->o->complete = false;
	w->o->complete |= !more || (w->started && w->o->n > w->by_regs && ends_trace(row));
	return more;
}

/* Where the kernel is entered, and where tasks and CPUs begin; or user code, as i386 tells of it. */
static bool is_outermost(const struct oops *o)
{
	static const char *const begins[] = {
		"ret_from_", "ret_fast_syscall", "entry_", "el0_", "el0t_", "secondary_start",
		"start_secondary", "x86_64_start", "i386_start", "startup_32", "__primary_switched",
		"common_startup",
	};
	const struct oops_frame *f = o->n ? &o->frame[o->n - 1] : NULL;

	if (!f || !f->function)
		return o->n > 1 && f->interrupted;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (!strncmp(f->function, begins[i], strlen(begins[i])))
			return true;
	return false;
}

/* A call that does not return, at a function's end: ARM and arm64 name what lies behind it. */
static bool is_misnamed(const struct oops_frame *f, size_t i)
{
	return i && f->has_offset && !f->offset && !f->interrupted;
}

/* A panic's trace in a report that began with registers: it tells of the place again. */
static bool tells_of_panic(const struct trace *tr)
{
	for (size_t i = 1; i < tr->n; i++)
		if (tr->frame[i].named && !strcmp(tr->frame[i].sym.name, "panic"))
			return true;
	return false;
}

/* A jump to data, and who made it: a call left its return address where the trace begins, which the
 * kernel takes for a guess as it cannot go on from there. */
static bool called_data(const struct oops *o, size_t i)
{
	return i == 1 && o->frame[0].interrupted && o->frame[0].function &&
	       !strcmp(o->class, "exec-fault");
}

/* A jump to data that nobody called: the kernel's trace has what it found on the stack, all of it
 * guesses. */
static bool is_wild(const struct oops *o)
{
	if (!o->n || !o->frame[0].interrupted || o->frame[0].function || !o->frame[0].pc)
		return false;
	for (size_t i = 1; i < o->n; i++)
		if (o->frame[i].reliable)
			return false;
	return true;
}

/* The same as a trace of a dump, of sure frames alone; *index says which each is. */
static bool as_trace(struct trace *tr, size_t **index, const struct oops *o, struct arena *a)
{
	bool wild = is_wild(o);

	tr->frame = arena_array(a, o->n ? o->n : 1, sizeof(struct frame));
	*index = arena_array(a, o->n ? o->n : 1, sizeof(size_t));
	if (!tr->frame || !*index)
		return false;
	for (size_t i = 0; i < o->n; i++) {
		const struct oops_frame *of = &o->frame[i];
		struct frame *f = &tr->frame[tr->n];
		bool data = called_data(o, i);

		if (!of->reliable && !data && !wild)
			continue;
		f->named = of->function && !is_misnamed(of, i);
		f->sym.name = of->function;
		f->sym.module = of->module;
		f->interrupted = of->interrupted;
		f->pc = of->pc;
		f->offset = of->offset;
		f->sym.size = of->size;
		/* a jump to nowhere, and who made it */
		data |= tr->n == 1 && !tr->frame[0].named;
		f->rule = data ? RULE_BAD_CALL : RULE_ORC;
		if (wild && i)
			f->rule = RULE_SCAN;
		(*index)[tr->n++] = i;
	}
	return true;
}

static const struct frame *culprit(const struct oops *o, const struct trace *tr, bool by_regs,
				   bool complaint)
{
	const struct frame *at;

	by_regs &= tr->n && !tells_of_panic(tr);
	at = by_regs ? culprit_of_fault(tr, 0) : culprit_find(tr);
	return !at && complaint ? signature_frame_of(tr, 0, o->guilty) : at;
}

static bool find_culprit(struct oops *o, const struct oops_report *r, const struct oops_kind *kind,
			 bool by_regs, struct arena *a)
{
	const struct oops_frame *f;
	struct trace tr = { 0 };
	const struct frame *at;
	size_t *index;

	if (!as_trace(&tr, &index, o, a))
		return false;
	at = culprit(o, &tr, by_regs, oops_cause(r)->class->complaint);
	if (at && at->named) {
		f = &o->frame[index[at - tr.frame]];
		o->function = f->function;
		o->module = f->module;
		o->has_offset = f->has_offset;
		o->offset = f->offset;
	}
	oops_sign(o, r, kind, &tr, at, a);
	return o->signature.strict != NULL;
}

enum cairn_code oops_trace(struct oops *o, const struct oops_report *r,
			   const struct oops_kind *kind, struct arena *a)
{
	struct own w = { .o = o, .a = a };
	bool over = false;

	for (size_t i = 0; i < r->n && !w.failed && !over; i++)
		over = !take_one(&w, &r->row[i]);
	o->complete |= is_outermost(o);
	if (w.failed || !find_culprit(o, r, kind, w.by_regs, a))
		return CAIRN_NOMEM;
	return CAIRN_OK;
}
