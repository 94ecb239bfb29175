/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "cmd/point_out.h"
#include "cmd/triage.h"
#include "lib/debug/disasm.h"
#include "unwind/culprit.h"

#define BEFORE 5               /* instructions shown before the faulting one, */
#define AFTER 2                /* and behind it */
#define FUNCTION_LIMIT (1u << 16) /* bytes before it that are looked through */

/* What is shown, in order; the faulting one is at `at`. */
struct window {
	struct instruction i[BEFORE + 1 + AFTER];
	size_t n, at;
};

static bool read_one(struct report *r, struct disasm *d, uint64_t addr, struct instruction *ret,
		     struct cairn_err *err)
{
	unsigned char raw[DISASM_BYTES];
	size_t got = space_read_some(&r->c->kernel, addr, raw, sizeof(raw), err);

	return disasm_one(d, raw, got, addr, ret);
}

static void push(struct window *w, const struct instruction *i)
{
	if (w->n == BEFORE) {
		memmove(w->i, w->i + 1, (BEFORE - 1) * sizeof(w->i[0]));
		w->n--;
	}
	w->i[w->n++] = *i;
}

/* Behind the function's end is no code of interest. */
static bool is_inside(const struct frame *f, uint64_t at)
{
	return !f->named || !f->sym.size || at - (f->pc - f->offset) < f->sym.size;
}

/* Instructions of unequal length are found from the function's begin only. Nothing is shown that
   does not lead to the faulting one exactly. */
static void before(struct report *r, struct disasm *d, const struct frame *f, struct window *w)
{
	uint64_t at = f->pc - f->offset;
	struct instruction i;

	if (!f->named || f->offset > FUNCTION_LIMIT)
		return;
	for (; at < f->pc && read_one(r, d, at, &i, NULL); at += i.size)
		push(w, &i);
	if (at != f->pc)
		w->n = 0;
}

/* Of a return address the call is the one; only what leads to it exactly is shown. */
static bool look_at_call(struct report *r, struct disasm *d, const struct frame *f,
			 struct window *w)
{
	uint64_t at = f->pc;

	*w = (struct window){ .n = 0 };
	before(r, d, f, w);
	if (!w->n)
		return false;
	w->at = w->n - 1;
	for (unsigned k = 0; k < AFTER && is_inside(f, at) && read_one(r, d, at, &w->i[w->n], NULL); k++)
		at += w->i[w->n++].size;
	return true;
}

static bool look(struct report *r, struct disasm *d, const struct frame *f, struct window *w,
		 struct cairn_err *err)
{
	uint64_t at = f->pc;

	*w = (struct window){ .n = 0 };
	before(r, d, f, w);
	w->at = w->n;
	for (unsigned k = 0; k <= AFTER; k++) {
		if ((k && !is_inside(f, at)) || !read_one(r, d, at, &w->i[w->n], err))
			break;
		at += w->i[w->n++].size;
	}
	return w->n > w->at;
}

static void symbolic(struct report *r, uint64_t target)
{
	uint64_t off;
	struct sym s;

	if (!target || !sym_at(&r->c->syms, target, &s, &off)) {
		out_null(r->o, "target_symbol", NULL);
		out_null(r->o, "target_offset", NULL);
		return;
	}
	out_str(r->o, "target_symbol", "  <%s", s.name);
	out_hex(r->o, "target_offset", off ? "+%s" : NULL, off);
	out_text(r->o, ">");
}

static void row(struct report *r, const struct frame *f, const struct instruction *i, bool faulting)
{
	struct out *o = r->o;

	out_object(o, NULL);
	out_paint(o, faulting ? OUT_BOLD : OUT_PLAIN);
	out_text(o, faulting ? "  =>" : "    ");
	out_hex(o, "address", f->named ? NULL : " %s", i->addr);
	if (f->named)
		out_hex(o, "offset", "  +%s", i->addr - (f->pc - f->offset));
	else
		out_null(o, "offset", NULL);
	out_str(o, "mnemonic", *i->operands ? "\t%-7s" : "\t%s", i->mnemonic);
	out_str(o, "operands", *i->operands ? " %s" : NULL, i->operands);
	symbolic(r, i->target);
	out_bool(o, "faulting", NULL, faulting);
	out_paint(o, OUT_PLAIN);
	out_text(o, "\n");
	out_end(o);
}

/* Registers that the instruction reads: what was in them before it, or while what it called ran. */
static void registers(struct report *r, struct disasm *d, const uint64_t *regs,
		      const struct instruction *i)
{
	struct unwinder *u = r->can_unwind ? &r->unwinder : NULL;
	unsigned at[DISASM_READS];
	struct point_out p;
	size_t n = regs ? disasm_reads(d, i, r->c->arch, at) : 0;

	out_array(r->o, "registers");
	if (n)
		point_out_init(&p, r->o, r->c, u, r->tasks);
	for (size_t k = 0; k < n; k++) {
		if (at[k] >= r->crash.nregs)
			continue;
		out_object(r->o, NULL);
		out_str(r->o, "name", "      %-4s", r->c->arch->reg_names[at[k]]);
		out_addr(r->o, "value", " %s", regs[at[k]], r->c->arch->word * 2);
		if (point_out(&p, regs[at[k]]) && !r->has_pointer) {
			r->has_pointer = true;
			r->pointer = regs[at[k]];
		}
		out_text(r->o, "\n");
		out_end(r->o);
	}
	out_end(r->o);
}

static void window(struct report *r, struct disasm *d, const struct frame *f,
		   const uint64_t *regs, const struct window *w)
{
	out_array(r->o, "instructions");
	for (size_t k = 0; k < w->n; k++)
		row(r, f, &w->i[k], k == w->at);
	out_end(r->o);
	registers(r, d, regs, &w->i[w->at]);
	r->dis.named = f->named;
	r->dis.function = f->named ? f->sym.name : NULL;
	r->dis.offset = f->offset;
}

/* A jump to where no code is: the call that led there. */
static void caller(struct report *r, struct disasm *d, const struct frame *f)
{
	const struct frame *by = culprit_find(&r->crash);
	struct window w;

	if (!by || by == f || by->interrupted || !by->named || !look_at_call(r, d, by, &w)) {
		out_null(r->o, "call", NULL);
		return;
	}
	out_object(r->o, "call");
	out_str(r->o, "function", "Called by %s\n", by->sym.name);
	window(r, d, by, f->regs, &w);
	out_end(r->o);
}

/* What stands where the processor was sent is data, though it may read as instructions. */
static bool is_data(const struct report *r, const struct frame *f, struct cairn_err *err)
{
	const struct frame *by = f + 1;

	if (by >= r->crash.frame + r->crash.n || by->rule != RULE_BAD_CALL)
		return false;
	cairn_fail(err, CAIRN_CORRUPT, "this is no code");
	return true;
}

/* No data is called so: it is the last name that there is in front of it. */
static bool is_function(const struct sym *s)
{
	return s->type == 't' || s->type == 'T';
}

static void show(struct report *r, struct disasm *d, const struct frame *f)
{
	struct cairn_err err = { .code = CAIRN_OK };
	bool data = is_data(r, f, &err), named = f->named && !(data && is_function(&f->sym));
	struct out *o = r->o;
	struct window w;

	out_text(o, "\nCode");
	out_hex(o, "address", named ? NULL : " at %s", f->pc);
	if (named)
		out_str(o, "function", " of %s", f->sym.name);
	else
		out_null(o, "function", NULL);
	if (data || !look(r, d, f, &w, &err)) {
		out_fault(o, "fault", ": %s\n", &err);
		caller(r, d, f);
		return;
	}
	out_text(o, "\n");
	out_null(o, "fault", NULL);
	out_null(o, "call", NULL);
	window(r, d, f, f->regs, &w);
}

/* What led into the exception: often in what the one that is blamed had called. Above it lie the
   frames of the panic, and the first of all are the registers with which the CPU stopped. Of a
   call of panic() the code tells nothing. */
const struct frame *triage_faulting(const struct report *r)
{
	const struct trace *tr = &r->crash;
	const struct frame *f = culprit_find(tr);

	if (!f || f->interrupted)
		return f;
	while (f > tr->frame + 1 && !(f->interrupted && f->rule == RULE_REGS))
		f--;
	return f->interrupted && f->rule == RULE_REGS ? f : NULL;
}

void triage_code(struct report *r)
{
	const struct frame *f = triage_faulting(r);
	struct cairn_err err;
	struct disasm d;

	/* what ran when hardware failed had no part in it */
	if (!f || !f->interrupted ||
	    (r->panic.class && signature_has_no_functions(r->panic.class))) {
		out_null(r->o, "code", NULL);
		return;
	}
	if (disasm_init(&d, r->c->arch, &err)) {
		session_degrade(r->c, "code", &err);
		out_null(r->o, "code", NULL);
		return;
	}
	out_object(r->o, "code");
	show(r, &d, f);
	out_end(r->o);
	disasm_deinit(&d);
}
