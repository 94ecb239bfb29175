/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "cmd/triage.h"
#include "lib/kern/crashclass.h"
#include "lib/kern/crashpc.h"
#include "lib/kern/log.h"
#include "unwind/culprit.h"

/* What a report that nobody waits for long may cost. */
#define TRIAGE_DEADLINE_MS 10000

#define FUNCTIONS 12   /* of the crash, and its callers */
#define COMPLAINED 16  /* tasks that the log complains of */

/* ---- the crash ---- */

static uint64_t size_of(struct report *r, const char *type)
{
	const struct type *t = type_find(&r->c->types, type, NULL);

	return t ? type_strip(t)->size : 1;
}

static void add(struct blame_own *own, size_t *n, uint64_t begin, uint64_t size, const char *what)
{
	if (begin)
		own[(*n)++] = (struct blame_own){ begin, begin + size, what };
}

static size_t own_of(struct report *r, const struct task *t, struct blame_own *own)
{
	size_t n = 0;

	if (!t || t->fault)
		return 0;
	add(own, &n, t->addr, size_of(r, "struct task_struct"), "task");
	add(own, &n, t->stack, r->tasks->stack_size, "stack");
	add(own, &n, t->mm ? t->mm : t->active_mm, size_of(r, "struct mm_struct"), "mm");
	return n;
}

/* The frame that crashed and its callers, down to where they were interrupted. */
static size_t functions_of(const struct report *r, const char *ret[FUNCTIONS])
{
	const struct frame *first = culprit_find(&r->crash), *f;
	const struct frame *end = r->crash.frame + r->crash.n;
	size_t n = 0;

	for (f = first; f && f < end && n < FUNCTIONS && (f == first || !f->interrupted); f++)
		if (f->named)
			ret[n++] = f->sym.name;
	return n;
}

/* The kernel's own report names the function where no stack does. */
static size_t function_of_log(const struct report *r, struct crashpc *pc, const char *ret[])
{
	const struct log_record *from = r->panic.cause ? r->panic.cause : r->panic.record;

	if (!from || !crashpc_find(pc, from, r->panic.record))
		return 0;
	ret[0] = pc->function;
	return 1;
}

static bool explain_crash(struct report *r)
{
	const struct frame *f = culprit_find(&r->crash);
	const char *functions[FUNCTIONS];
	struct blame_own own[4];
	struct crashpc pc;
	struct blame_case of = { .class = r->panic.class, .function = functions, .own = own };

	of.nown = own_of(r, r->victim, own);
	if (r->crash.damage.ran_over.type != STACK_UNKNOWN)
		add(own, &of.nown, r->crash.damage.ran_over.begin, 1, "stack");
	of.nfunctions = functions_of(r, functions);
	if (!of.nfunctions)
		of.nfunctions = function_of_log(r, &pc, functions);
	if (f && f->regs) {
		of.reg = f->regs;
		of.nregs = r->crash.nregs;
	}
	if (!blame_find(&r->blame, &r->findings, &of))
		return false;
	if (r->blame.function)
		r->blame.function = arena_strdup(r->call->scratch, r->blame.function);
	return true;
}

/* ---- what the kernel complained of ---- */

/* "INFO: task NAME:PID blocked for more than ..." */
static const struct task *complained_of(struct report *r, const struct log_record *rec)
{
	static const char blocked[] = " blocked ";
	const char *end = memmem(rec->text, rec->len, blocked, sizeof(blocked) - 1), *colon;

	colon = end ? memrchr(rec->text, ':', (size_t)(end - rec->text)) : NULL;
	return colon ? task_by_pid(r->tasks, atoi(colon + 1)) : NULL;
}

static bool explain_complaint(struct report *r)
{
	struct blame_case of = { .class = "hung-task" };
	struct blame_own own[3 * COMPLAINED];
	const struct log *log;

	if (!r->tasks || log_get(r->c, &log, NULL))
		return false;
	of.own = own;
	for (size_t i = log->n; i-- && of.nown + 3 <= 3 * COMPLAINED; ) {
		const struct crash_class *class =
			crash_class_of_line(log->record[i].text, log->record[i].len);

		if (class && !strcmp(class->name, of.class))
			of.nown += own_of(r, complained_of(r, &log->record[i]), own + of.nown);
	}
	return of.nown && blame_find(&r->blame, &r->findings, &of) && r->blame.own;
}

void triage_look(struct report *r)
{
	const struct check_limits limits = { .deadline_ms = TRIAGE_DEADLINE_MS };
	struct cairn_err err;
	enum cairn_code code;

	code = findings_get(&r->findings, r->c, &limits, r->call->scratch, &err);
	if (code != CAIRN_OK && code != CAIRN_INTERRUPTED)
		session_degrade(r->c, "findings", &err);
	r->checked = code == CAIRN_OK;
	/* who panics because tasks hang is none of them */
	if (r->panic.class && !strcmp(r->panic.class, "hung-task") && explain_complaint(r))
		r->explained = EXPLAINED_COMPLAINT;
	else
		r->explained = explain_crash(r)	    ? EXPLAINED_CRASH :
			       explain_complaint(r) ? EXPLAINED_COMPLAINT :
						      EXPLAINED_NOTHING;
}

/* ---- what is said of it ---- */

static void fields(struct report *r)
{
	const struct blame *b = &r->blame;
	bool crash = r->explained == EXPLAINED_CRASH;
	struct out *o = r->o;

	out_str(o, "of", NULL, crash ? "crash" : "complaint");
	out_num(o, "finding", NULL, b->said - r->findings.said);
	out_str(o, "id", crash ? "  because  %s" : "  hung on  %s", b->said->f.id);
	if (b->said->f.object)
		out_hex(o, "object", " %s", b->said->f.object);
	else
		out_null(o, "object", NULL);
	if (b->own)
		out_str(o, "own", crash ? " (the crashed task's own %s)" : " (the hung task's %s)",
			b->own);
	else
		out_null(o, "own", NULL);
	out_bool(o, "by_register", NULL, b->by_register);
	if (!b->own && b->by_register)
		out_text(o, " (a register pointed to it)");
	out_text(o, b->function ? ":" : crash ? ": the task" : ": the task that the kernel complained of");
	out_str(o, "function", b->function ? " %s" : NULL, b->function);
	out_str(o, "why", " %s", b->why);
	out_text(o, "\n");
	if (!crash || !blame_role_name(b->role))
		out_str(o, "role", NULL, blame_role_name(b->role));
	else
		out_str(o, "role", b->role == BLAME_WITNESS ?
				   "           the task that crashed is a %s: it only told\n" :
				   "           the task that crashed is the %s\n",
			blame_role_name(b->role));
}

void triage_explanation(struct report *r)
{
	if (r->explained == EXPLAINED_NOTHING) {
		out_null(r->o, "explanation", NULL);
		return;
	}
	out_object(r->o, "explanation");
	fields(r);
	out_end(r->o);
}
