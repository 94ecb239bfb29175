/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hostile dump of i386, ARM or arm64: stacks, text, tables and registers are the fuzzer's. A walk
 * must end, stay within its limits, and each frame must lie where it says.
 */
#include "unwind/testmachines.h"

#define INDEX   0xc2000000u
#define ENTRIES 24

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

/* Words that lead somewhere: two bytes make one. */
static uint64_t take_word(struct input *in, uint64_t base)
{
	static const uint32_t bases[] = { M_TEXT, M_TEXT, M_TASK, M_IRQ, M_SOFTIRQ, M_OVERFLOW,
					  M_TASK & 0x7fffffff, 0 };
	unsigned v = take16(in);

	return (bases[v & 7] ? base : 0) + bases[v & 7] + (v >> 3);
}

static void fill(struct world *w, struct input *in, uint32_t begin, uint32_t size)
{
	for (uint32_t i = 0; i + 8 <= size && in->at < in->end; i += w->u.mem.word)
		m_put(w, w->base + begin + i, take_word(in, w->base));
}

static void make_tables(struct world *w, struct input *in)
{
	w_map(w, w->base + INDEX, 0x1000);
	for (uint32_t i = 0; i < ENTRIES; i++) {
		uint32_t at = INDEX + 8 * i;

		m_put(w, w->base + at, (M_TEXT + 0x100 * i - at) & 0x7fffffff);
		m_put(w, w->base + at + 4, 0x80000000 | take16(in) << 8 | take(in));
	}
	w->u.ehabi.kernel = (struct ehabi_index){ M_TEXT, M_TEXT_END, INDEX, ENTRIES };
}

static void make_machine(struct world *w, struct input *in)
{
	static const enum arch_id ids[] = { ARCH_I386, ARCH_ARM, ARCH_ARM64 };
	static const char *const names[] = { "function", "el1h_64_irq", "ret_from_fork",
					     "startup_32_smp", "start_kernel" };
	unsigned how = take(in);
	enum arch_id id = ids[how % 3];

	m_init(w, id, id == ARCH_ARM64 ? UINT64_C(0xffff800000000000) : 0);
	w->u.saved = (struct saved_layout){
		.pt_regs = id == ARCH_ARM64 ? 0x150 : id == ARCH_ARM ? 72 : 68,
		.record = id == ARCH_ARM64 ? 0x120 : 0, .record_type = how & 0x80,
	};
	w->u.pac_mask = how & 0x40 ? UINT64_C(0x7f000000000000) : 0;
	w->task.kernel_thread = how & 0x20;
	if (how & 0x10)
		cairn_fail(&w->u.lack, CAIRN_MISSING, "nothing");
	else if (id == ARCH_ARM)
		make_tables(w, in);
	for (unsigned i = 0; i < ENTRIES; i++)
		m_func(w, i, names[i < 5 ? i : 0]);
}

static void check(const struct world *w)
{
	const struct trace *tr = &w->trace;

	if (tr->n > TRACE_FRAMES || !tr->n || tr->end == TRACE_GOES_ON || !tr->reason)
		abort();
	for (size_t i = 0; i < tr->n; i++) {
		const struct frame *f = &tr->frame[i];

		if (f->grade < 'A' || f->grade > 'D' || (f->grade > 'B' && tr->complete))
			abort();
		if (f->stack.type != STACK_UNKNOWN && f->sp != f->stack.end &&
		    !on_stack(&f->stack, f->sp, 1) && !in_guard(&f->stack, f->sp))
			abort();
		if (i && f->stack.begin && f->stack.begin == f[-1].stack.begin &&
		    (f->sp < f[-1].sp || (f->sp == f[-1].sp && !f[-1].interrupted)))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	uint64_t regs[ARCH_NREGS];
	const struct arch *a;
	struct world w;

	make_machine(&w, &in);
	a = w.u.machine;
	for (unsigned i = 0; i < ARCH_NREGS; i++)
		regs[i] = take_word(&in, w.base);
	regs[a->pc] = w.base + M_TEXT + (take16(&in) & 0x1fff);
	regs[a->flags] = take(&in);
	w_bytes(&w, w.base + M_TEXT + 0x100, data, size < 0x800 ? size : 0x800);
	fill(&w, &in, M_OVERFLOW_END - 0x200, 0x200);
	fill(&w, &in, M_IRQ_END - 0x200, 0x200);
	fill(&w, &in, M_SOFTIRQ_END - 0x200, 0x200);
	fill(&w, &in, M_TASK_END - 0x400, 0x400);
	m_run(&w, regs);
	check(&w);
	w_deinit(&w);
	return 0;
}
