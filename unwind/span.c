/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/span.h"

static bool is_same_stack(const struct stack_info *a, const struct stack_info *b)
{
	return a->type == b->type && a->begin == b->begin;
}

/* The return address below the first frame's stack pointer belongs to it. */
static uint64_t first_word(const struct frame *f)
{
	uint64_t at = f->slot && f->slot < f->sp && on_stack(&f->stack, f->slot, 1) ? f->slot : f->sp;

	return at < f->stack.begin ? f->stack.begin : at;
}

/* The walk may come back to a stack, further up. */
static void end_before(struct span *spans, size_t n, const struct span *next)
{
	for (size_t i = 0; i < n; i++)
		if (is_same_stack(&spans[i].stack, &next->stack) && spans[i].end > next->begin &&
		    spans[i].begin <= next->begin)
			spans[i].end = next->begin;
}

size_t spans_of(const struct trace *tr, struct span ret[SPANS])
{
	bool on_task = false;
	size_t n = 0;

	for (size_t i = 0; i < tr->n && n < SPANS - 1; i++) {
		const struct frame *f = &tr->frame[i];

		on_task |= f->stack.type == STACK_TASK;
		if (f->stack.type == STACK_UNKNOWN)
			continue;
		if (n && i && is_same_stack(&tr->frame[i - 1].stack, &f->stack)) {
			ret[n - 1].n++;
			continue;
		}
		ret[n] = (struct span){ f->stack, first_word(f), f->stack.end, i, 1 };
		end_before(ret, n, &ret[n]);
		n++;
	}
	if (!on_task && tr->task_stack.type != STACK_UNKNOWN)
		ret[n++] = (struct span){ tr->task_stack, tr->task_stack.begin,
					  tr->task_stack.end, tr->n, 0 };
	return n;
}

uint64_t span_used(struct unwinder *u, const struct span *s)
{
	uint64_t at = s->begin + (s->n ? 0 : u->mem.word), value; /* STACK_END_MAGIC is none */

	if (s->n)
		return s->begin;
	for (; at < s->end; at += u->mem.word)
		if (reader_word(&u->mem, at, &value, NULL) || value)
			return at;
	return s->begin;
}

/* ---- words ---- */

const char *word_kind_name(enum word_kind kind)
{
	static const char *const names[] = {
		[WORD_PLAIN] = "plain", [WORD_RETURN] = "return", [WORD_REGS] = "registers",
		[WORD_TEXT] = "text", [WORD_STACK] = "stack", [WORD_SYMBOL] = "symbol",
	};

	return names[kind];
}

static bool in_regs(struct unwinder *u, const struct trace *tr, uint64_t regs, struct word *w)
{
	uint64_t i = (w->addr - regs) / u->mem.word;

	if (!regs || w->addr < regs || i >= tr->nregs)
		return false;
	w->kind = WORD_REGS;
	w->reg = u->machine->reg_names[i];
	return true;
}

/* It has a place in the trace. */
static bool is_of_frame(struct unwinder *u, const struct trace *tr, struct word *w)
{
	for (w->frame = 0; w->frame < tr->n; w->frame++) {
		const struct frame *f = &tr->frame[w->frame];

		if (f->slot == w->addr && w->addr) {
			w->kind = WORD_RETURN;
			return true;
		}
		if (in_regs(u, tr, f->regs_addr, w))
			return true;
	}
	return in_regs(u, tr, tr->user_regs_addr, w);
}

static bool find_stack(struct unwinder *u, const struct trace *tr, uint64_t addr,
		       struct stack_info *ret)
{
	if (on_stack(&tr->task_stack, addr, 1)) {
		*ret = tr->task_stack;
		return true;
	}
	return !stacks_find(&u->stacks, addr, ret, NULL) || unwinder_task_stack(u, addr, ret);
}

struct word word_of(struct unwinder *u, const struct trace *tr, uint64_t addr, uint64_t value)
{
	struct word w = { .addr = addr, .value = value };
	bool of_frame = is_of_frame(u, tr, &w);

	w.named = sym_at(u->syms, value, &w.sym, &w.offset);
	if (of_frame)
		return w;
	if (unwinder_is_text(u, value))
		w.kind = WORD_TEXT;
	else if (find_stack(u, tr, value, &w.stack))
		w.kind = WORD_STACK;
	else if (w.named)
		w.kind = WORD_SYMBOL;
	return w;
}
