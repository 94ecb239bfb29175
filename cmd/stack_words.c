/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/stack_words.h"

#include <string.h>

#include "cmd/cmd.h"

static void place(struct out *o, const struct word *w, const char *look)
{
	if (!w->named) {
		out_null(o, "function", NULL);
		return;
	}
	out_str(o, "function", look, w->sym.name);
	out_hex(o, "offset", "+%s", w->offset);
	if (w->sym.module)
		out_str(o, "module", " [%s]", w->sym.module);
	else
		out_null(o, "module", NULL);
}

/* ---- raw ---- */

static void of_stack(struct out *o, const struct stack_info *s)
{
	out_str(o, "of", "  on the %s stack", stack_type_name(s->type));
	if (s->cpu >= 0)
		out_num(o, "of_cpu", " of CPU %s", s->cpu);
	if (s->task)
		out_hex(o, "of_task", " of task %s", s->task);
}

static void explain(struct out *o, const struct trace *tr, const struct word *w)
{
	out_str(o, "kind", NULL, word_kind_name(w->kind));
	if (w->kind == WORD_RETURN || (w->kind == WORD_REGS && w->frame < tr->n))
		out_num(o, "frame", "  #%s", (int64_t)w->frame);
	if (w->kind == WORD_REGS)
		out_str(o, "register", w->frame < tr->n ? " %s" : "  user %s", w->reg);
	if (w->kind == WORD_STACK)
		of_stack(o, &w->stack);
	else if (w->kind != WORD_PLAIN)
		place(o, w, "  %s");
}

static void raw_word(struct out *o, struct cairn *c, struct unwinder *u, const struct trace *tr,
		     const struct span *s, uint64_t addr)
{
	struct cairn_err err;
	struct word w;
	uint64_t value;

	out_object(o, NULL);
	out_str(o, "stack", NULL, stack_type_name(s->stack.type));
	out_addr(o, "address", "  %s: ", addr, c->arch->word * 2);
	if (reader_word(&u->mem, addr, &value, &err)) {
		out_fault(o, "value", "%s", &err);
	} else {
		w = word_of(u, tr, addr, value);
		out_addr(o, "value", "%s", value, c->arch->word * 2);
		explain(o, tr, &w);
	}
	out_text(o, "\n");
	out_end(o);
}

void stack_words(struct out *o, struct cairn *c, struct unwinder *u, const struct trace *tr)
{
	struct span spans[SPANS];
	size_t n = spans_of(tr, spans);

	out_array(o, "words");
	for (size_t i = 0; i < n && !out_broken(o); i++) {
		uint64_t at = span_used(u, &spans[i]);

		out_text(o, " <%s>\n", stack_type_tag(spans[i].stack.type));
		for (; at < spans[i].end && !out_broken(o) && !cmd_interrupted(); at += u->mem.word)
			raw_word(o, c, u, tr, &spans[i], at);
		out_text(o, " </%s>\n", stack_type_tag(spans[i].stack.type));
	}
	out_end(o);
}

/* ---- guesses ---- */

static void guess(struct out *o, struct unwinder *u, const struct trace *tr, uint64_t addr)
{
	uint64_t value;
	struct word w;

	if (reader_word(&u->mem, addr, &value, NULL))
		return;
	w = word_of(u, tr, addr, value);
	if (!w.named || w.kind == WORD_RETURN || !unwinder_is_text(u, value))
		return;
	out_object(o, NULL);
	out_addr(o, "address", "      [%s] ? ", addr, u->mem.word * 2);
	place(o, &w, "%s");
	out_text(o, "\n");
	out_end(o);
}

/* What lies between frame n and its caller. */
static bool gap(const struct trace *tr, size_t n, uint64_t *begin, uint64_t *end)
{
	struct span spans[SPANS];
	size_t nspans = spans_of(tr, spans);

	for (size_t i = 0; i < nspans; i++) {
		const struct span *s = &spans[i];

		if (n < s->first || (s->n ? n >= s->first + s->n : n != s->first))
			continue;
		*begin = s->n && tr->frame[n].sp > s->begin ? tr->frame[n].sp : s->begin;
		*end = n + 1 < s->first + s->n ? tr->frame[n + 1].sp : s->end;
		return true;
	}
	return false;
}

void stack_guesses(struct out *o, struct unwinder *u, const struct trace *tr, size_t n)
{
	uint64_t at, end;

	out_array(o, "guesses");
	if (gap(tr, n, &at, &end))
		for (; at < end && !out_broken(o) && !cmd_interrupted(); at += u->mem.word)
			guess(o, u, tr, at);
	out_end(o);
}
