/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hostile dump: rows, stacks, text and starting registers are the fuzzer's. A walk must
 * end, stay within its limits, and each frame must lie where it says.
 */
#include "unwind/testworld.h"

#define ROWS 16

struct input {
	const uint8_t *at, *end;
};

static unsigned take(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static unsigned take16(struct input *in)
{
	unsigned low = take(in);

	return low | take(in) << 8;
}

/* Words of a stack that lead somewhere: two bytes make one. */
static uint64_t take_word(struct input *in)
{
	static const uint64_t bases[] = { W_TEXT, W_TEXT, W_TASK, W_IRQ, W_NMI, W_DF, W_DB, 0 };
	unsigned v = take16(in);

	return bases[v & 7] + (v >> 3) * (v & 7 ? 8 : 1);
}

static void fill(struct world *w, struct input *in, uint64_t begin, size_t size)
{
	for (size_t i = 0; i + 8 <= size && in->at < in->end; i += 8)
		w_put(w, begin + i, take_word(in));
}

static void check(const struct world *w)
{
	const struct trace *tr = &w->trace;

	if (tr->n > TRACE_FRAMES || !tr->n || tr->end == TRACE_GOES_ON || !tr->reason)
		abort();
	for (size_t i = 0; i < tr->n; i++) {
		const struct frame *f = &tr->frame[i];

		if (f->grade < 'A' || f->grade > 'D')
			abort();
		if (f->stack.type != STACK_UNKNOWN && f->sp != f->stack.end &&
		    !on_stack(&f->stack, f->sp, 1) && !in_guard(&f->stack, f->sp))
			abort();
		if (i && f->stack.begin == f[-1].stack.begin && f->sp <= f[-1].sp)
			abort();
		if (f->grade > 'B' && tr->complete)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	struct world w;
	uint64_t pc, sp, fp;

	w_init(&w);
	for (unsigned i = 0; i < ROWS; i++) {
		int off = (int)(take(&in) & 63) * 8;

		w_func(&w, i, "function", off, (int)take16(&in));
	}
	pc = W_TEXT + (take16(&in) & (W_TEXT_SIZE / 2 - 1));
	sp = take_word(&in);
	fp = take_word(&in);
	w_bytes(&w, W_TEXT + 0x100, data, size < 0x800 ? size : 0x800);
	fill(&w, &in, W_DB + W_EXC - 0x200, 0x200);
	fill(&w, &in, W_NMI + W_EXC - 0x200, 0x200);
	fill(&w, &in, W_IRQ + W_STACK - 0x200, 0x200);
	fill(&w, &in, W_TASK + W_STACK - 0x400, 0x400);
	w_run(&w, pc, sp, fp);
	check(&w);
	w_deinit(&w);
	return 0;
}
