/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testmachines - testworld.h for the other machines: the same memory, symbols and checks, at
 * addresses that have 32 bits besides the upper half of w->base.
 */
#ifndef CAIRN_UNWIND_TESTMACHINES_H
#define CAIRN_UNWIND_TESTMACHINES_H

#include "unwind/testworld.h"

#define M_TEXT     0xc1000000u
#define M_TEXT_END 0xc1010000u
#define M_TASK     0xd8004000u
#define M_IRQ      0xd8014000u
#define M_SOFTIRQ  0xd8024000u
#define M_OVERFLOW 0xd8034000u
#define M_STACK    0x2000u
#define M_TASK_END (M_TASK + M_STACK)
#define M_IRQ_END  (M_IRQ + M_STACK)
#define M_SOFTIRQ_END (M_SOFTIRQ + M_STACK)
#define M_OVERFLOW_END (M_OVERFLOW + M_STACK)

/** A function of 0x100 bytes, the n-th of the text. Yields its address. */
static inline uint64_t m_func(struct world *w, unsigned n, const char *name)
{
	uint64_t addr = w->base + M_TEXT + n * 0x100;

	w->sym[w->nsyms++] = (struct w_symbol){ name, addr, 0x100 };
	return addr;
}

/** A pointer-sized word. */
static inline void m_put(struct world *w, uint64_t va, uint64_t value)
{
	unsigned char raw[8];

	for (int i = 0; i < 8; i++)
		raw[i] = (unsigned char)(value >> 8 * i);
	w_bytes(w, va, raw, w->u.mem.word);
}

/** An instruction of 4 bytes. */
static inline void m_insn(struct world *w, uint64_t va, uint32_t insn)
{
	unsigned char raw[4] = { (unsigned char)insn, (unsigned char)(insn >> 8),
				 (unsigned char)(insn >> 16), (unsigned char)(insn >> 24) };

	w_bytes(w, va, raw, sizeof(raw));
}

static inline void m_stack(struct world *w, enum stack_type type, uint32_t begin)
{
	w_map(w, w->base + begin, M_STACK);
	w_stack(w, type, w->base + begin, M_STACK, 0);
}

static inline void m_init(struct world *w, enum arch_id id, uint64_t base)
{
	static const struct sym_source_ops ops = { w_by_addr, w_by_name, w_at };
	uint64_t text = base + M_TEXT, end = base + M_TEXT_END;

	memset(w, 0, sizeof(*w));
	w->base = base;
	w_map(w, text, M_TEXT_END - M_TEXT);
	w_map(w, base + M_TASK, M_STACK);
	syms_init(&w->syms, &w->arena);
	syms_add(&w->syms, "test", text, end, &ops, w, NULL);
	syms_add_text(&w->syms, text, end, NULL);
	w->u = (struct unwinder){
		.arena = &w->arena,
		.mem = { .read = w_read, .self = w, .word = arch_by_id(id)->word },
		.syms = &w->syms, .machine = arch_by_id(id), .arch = walk_arch_by_id(id),
		.calls = walk_arch_by_id(id)->calls, .task_stack_size = M_STACK,
	};
	m_stack(w, STACK_IRQ, M_IRQ);
	m_stack(w, STACK_SOFTIRQ, M_SOFTIRQ);
	m_stack(w, STACK_OVERFLOW, M_OVERFLOW);
	w->task = (struct task){ .addr = base + 0xd0001000, .pid = 1, .stack = base + M_TASK };
}

static inline struct tracer m_tracer(struct world *w)
{
	w->trace = (struct trace){ .nregs = w->u.arch->nregs };
	return (struct tracer){
		.u = &w->u, .trace = &w->trace, .arena = &w->arena, .task = &w->task, .cpu = 0,
		.stack = { .cpu = -1 },
		.task_stack = { .type = STACK_TASK, .cpu = 0, .task = w->task.addr,
				.begin = w->base + M_TASK, .end = w->base + M_TASK_END,
				.guard = 0x1000 },
	};
}

/** Walk from registers of a running CPU, in the order of its arch; `known`: its task's stack is. */
static inline void m_run_on(struct world *w, const uint64_t *regs, bool known)
{
	const struct arch *a = w->u.machine;
	struct walk_state first = {
		.pc = regs[a->pc], .sp = regs[a->sp], .fp = regs[a->fp], .fp_known = true,
		.interrupted = true, .has_regs = true, .full = true, .by_regs = true,
		.rule = RULE_REGS, .grade = 'A',
	};
	struct tracer t = m_tracer(w);

	if (!known)
		t.task_stack = (struct stack_info){ .cpu = -1 };
	memcpy(first.regs, regs, a->nregs * sizeof(*regs));
	tracer_run(&t, &first);
}

static inline void m_run(struct world *w, const uint64_t *regs)
{
	m_run_on(w, regs, true);
}

#endif
