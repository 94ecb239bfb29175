/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * span - the parts of stacks that a trace went over, and what their words are.
 */
#ifndef CAIRN_UNWIND_SPAN_H
#define CAIRN_UNWIND_SPAN_H

#include "unwind/trace.h"
#include "unwind/unwinder.h"

/** Part of one stack: [begin, end), and the frames that lie there: n of them from `first`. */
struct span {
	struct stack_info stack;
	uint64_t begin, end;
	size_t first, n;
};

#define SPANS 32

/** The spans of a trace in the order of the walk; the number of them. Each goes from where its
 *  first frame stands to the end of the stack, or to where the walk came back to that stack. A
 *  task's stack that the walk did not come to is one more, without frames: all of it. */
size_t spans_of(const struct trace *tr, struct span ret[SPANS]);

enum word_kind {
	WORD_PLAIN,
	WORD_RETURN, /* where frame `frame` was read */
	WORD_REGS,   /* register `reg`, saved: those of frame `frame`, or of user mode if that is
			the number of frames */
	WORD_TEXT,   /* an address of instructions: `sym`, `offset` if named */
	WORD_STACK,  /* an address on `stack` */
	WORD_SYMBOL, /* an address of other things: `sym`, `offset` */
};

/** "plain", "return", "registers", ... as JSON has them. */
const char *word_kind_name(enum word_kind kind);

struct word {
	uint64_t addr, value;
	enum word_kind kind;
	size_t frame;
	const char *reg;
	bool named;
	struct sym sym;
	uint64_t offset;
	struct stack_info stack;
};

/** What the word `value` at `addr` is. */
struct word word_of(struct unwinder *u, const struct trace *tr, uint64_t addr, uint64_t value);

/** The lowest word of a span that is not zero, for the whole of a stack; its begin if that
 *  cannot be told. */
uint64_t span_used(struct unwinder *u, const struct span *s);

#endif
