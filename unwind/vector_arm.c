/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/vector_arm.h"

#include <string.h>

#include "unwind/grade.h"

enum { FP = 11, SP = 13, LR = 14, PC = 15, CPSR = 16 };

#define MODE_MASK 0x1fu /* uapi/asm/ptrace.h */
#define MODE_FIQ  0x11u
#define MODE_IRQ  0x12u
#define MODE_ABT  0x17u
#define MODE_UND  0x1bu
#define CALLERS   3 /* in a row that are believed */

/* What lr is ahead of the instruction that is to be executed again; of a data abort it is 8, and
 * the vector alone tells which abort it is. */
static uint32_t ahead_by(uint32_t mode, uint64_t pc)
{
	return mode == MODE_ABT && (pc & 0x1f) == 0x10 ? 8 : 4;
}

static bool is_entering(uint32_t mode)
{
	return mode == MODE_FIQ || mode == MODE_IRQ || mode == MODE_ABT || mode == MODE_UND;
}

static bool read_quietly(void *arg, uint32_t addr, uint32_t *ret)
{
	return !reader_u32(arg, addr, ret, NULL);
}

/* The caller of the function that `run` stands in, if it is one: its pc. */
static uint64_t caller_of(struct unwinder *u, struct ehabi_run *run, struct frame *callee)
{
	uint64_t pc = callee->pc - !callee->interrupted;
	struct frame caller = { 0 };
	struct ehabi_entry e;

	if (ehabi_entry_at(&u->ehabi, &u->mem, pc, &e, NULL) || e.cant_unwind ||
	    ehabi_is_exception(&e) || ehabi_execute(run, e.insn, e.n) || !run->slot)
		return 0;
	callee->named = sym_at(u->syms, pc, &callee->sym, NULL);
	caller.pc = run->r[PC] & ~1u;
	if (!unwinder_is_text(u, caller.pc - 1) || grade_return(u, callee, &caller).grade != 'A')
		return 0;
	*callee = caller;
	return caller.pc;
}

static bool leads_on(struct tracer *t, uint64_t pc, uint64_t sp)
{
	struct ehabi_run run = { .read_stack = read_quietly, .arg = &t->u->mem };
	struct frame at = { .pc = pc, .interrupted = true };

	for (unsigned i = 0; i < SP; i++)
		run.r[i] = (uint32_t)t->now.regs[i];
	run.r[SP] = (uint32_t)sp;
	for (unsigned n = 0; n < CALLERS; n++) {
		run.r[LR] = 0;
		if (!caller_of(t->u, &run, &at))
			return false;
	}
	return true;
}

static uint64_t search(struct tracer *t, const struct stack_info *on, uint64_t pc)
{
	if (on->type == STACK_UNKNOWN)
		return 0;
	for (uint64_t sp = on->end - 4; sp >= on->begin; sp -= 4)
		if (leads_on(t, pc, sp))
			return sp;
	return 0;
}

/* The task's stack first: an IRQ stack that is not in use holds what is left of its last use. */
static uint64_t search_all(struct tracer *t, uint64_t pc)
{
	uint64_t sp = search(t, &t->task_stack, pc);

	for (size_t i = 0; !sp && i < t->u->stacks.n; i++)
		if (t->u->stacks.stack[i].type == STACK_IRQ && t->u->stacks.stack[i].cpu == t->cpu)
			sp = search(t, &t->u->stacks.stack[i], pc);
	return sp;
}

enum trace_end vector_arm_lost(struct tracer *t, struct walk_state *next)
{
	uint32_t mode = (uint32_t)t->now.regs[CPSR] & MODE_MASK;
	uint64_t pc = (uint32_t)t->now.regs[LR] - ahead_by(mode, t->now.pc), sp;

	if (!is_entering(mode) || !unwinder_is_text(t->u, pc))
		return tracer_end(t, TRACE_OFF_STACK, NULL);
	sp = search_all(t, pc);
	if (!sp)
		return tracer_end(t, TRACE_OFF_STACK, "no place on a stack fits %#llx",
				  (unsigned long long)pc);
	memcpy(next->regs, t->now.regs, sizeof(next->regs));
	next->pc = next->regs[PC] = pc;
	next->sp = next->regs[SP] = sp;
	next->regs[LR] = 0;
	next->fp = next->regs[FP];
	next->fp_known = true;
	next->interrupted = true;
	next->rule = RULE_SCAN;
	next->grade = 'D';
	next->note = "the CPU was entering an exception; the stack pointer of what it had been "
		     "doing was searched for";
	return TRACE_GOES_ON;
}
