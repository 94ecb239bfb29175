/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/vector_arm.h"

#include <string.h>

#include "lib/debug/shape.h"
#include "unwind/grade.h"

enum { FP = 11, SP = 13, LR = 14, PC = 15, CPSR = 16, PT_REGS = 18 };

#define MODE_MASK 0x1fu /* uapi/asm/ptrace.h */
#define MODE_FIQ  0x11u
#define MODE_IRQ  0x12u
#define MODE_SVC  0x13u
#define MODE_ABT  0x17u
#define MODE_UND  0x1bu
#define MODE_SYS  0x1fu
#define CALLERS_LIMIT 64
/* Callers that are known to call the one before count for a place; of two with as many, the longer
 * chain leaves nobody out. */
#define SCORE_KNOWN 1000
#define SCORE_MAYBE 1
#define SCORE_MIN   (2 * SCORE_KNOWN)
#define SCORE_WHOLE (2 * CALLERS_LIMIT * SCORE_KNOWN) /* of a chain that no stale word has broken */
/* include/linux/preempt.h */
#define HARDIRQ_MASK   0xf0000u
#define SOFTIRQ_OFFSET 0x100u

#define FRAME_BELOW 12u /* of a frame, the words below where fp points: fp, sp, lr (GCC) */

#define STUB_WORDS 16 /* a stub is shorter, and so is no table of handlers between two */

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

bool vector_arm_stackless(const uint64_t *regs)
{
	return is_entering((uint32_t)regs[CPSR] & MODE_MASK);
}

/* Of what an exception interrupted: system and supervisor mode. */
static bool is_kernel_mode(uint32_t cpsr)
{
	return (cpsr & MODE_MASK) == MODE_SVC || (cpsr & MODE_MASK) == MODE_SYS;
}

/* ---- what was interrupted ---- */

enum passed { PASSED_NOTHING, PASSED_SUB, PASSED_STORE };

/* How far the stub came that pc is in: "sub lr, lr, #n", "stmia sp, {r0, lr}", and then lr is used
 * for other things. */
static enum passed passed_of(struct reader *mem, uint64_t pc)
{
	uint32_t insn;

	for (unsigned i = 1; i <= STUB_WORDS; i++) {
		if (reader_u32(mem, pc - 4 * i, &insn, NULL))
			break;
		if (insn == 0xe88d4001)
			return PASSED_STORE;
		if ((insn & 0xfffff000) == 0xe24ee000)
			return PASSED_SUB;
	}
	return PASSED_NOTHING;
}

/* The mode's own stack has r0, lr and spsr, once they are stored. */
static uint64_t interrupted_pc(struct tracer *t, uint32_t mode)
{
	enum passed passed = passed_of(&t->u->mem, t->now.pc);
	uint64_t lr = (uint32_t)t->now.regs[LR], words[2];

	if (passed == PASSED_STORE)
		return reader_words(&t->u->mem, t->now.sp, words, 2, NULL) ? 0 : words[1];
	return passed == PASSED_SUB ? lr : lr - ahead_by(mode, t->now.pc);
}

/* ---- how well a place fits ---- */

static bool read_quietly(void *arg, uint32_t addr, uint32_t *ret)
{
	return !reader_u32(arg, addr, ret, NULL);
}

struct probe {
	struct unwinder *u;
	struct ehabi_run run; /* registers of `at` */
	struct frame at;
	bool in_interrupt;    /* the task is: else what an interrupt left has no worth */
	int score;            /* of the callers so far; 0 when the chain proves stale */
	bool at_entry;        /* in entry code, which the tables do not lead out of */
};

static bool is_interrupt(const struct sym *entry)
{
	return !strcmp(entry->name, "__irq_svc") || !strcmp(entry->name, "__fiq_svc");
}

/* On to what an exception interrupted. */
static bool pass_exception(struct probe *p)
{
	uint64_t regs[PT_REGS];

	if (!p->in_interrupt && p->at.named && is_interrupt(&p->at.sym)) {
		p->score = 0;
		return false;
	}
	if (reader_words(&p->u->mem, p->run.r[SP], regs, PT_REGS, NULL) ||
	    !is_kernel_mode((uint32_t)regs[CPSR]))
		return false;
	for (unsigned i = 0; i < 16; i++)
		p->run.r[i] = (uint32_t)regs[i];
	p->at = (struct frame){ .pc = regs[PC], .interrupted = true };
	return unwinder_is_text(p->u, regs[PC]);
}

static bool is_in(struct unwinder *u, uint64_t pc, const struct frame *f)
{
	struct sym sym;

	return f->named && sym_at(u->syms, pc, &sym, NULL) && sym.addr == f->sym.addr;
}

/* On to the caller, if what is found can be one. */
static bool pass_call(struct probe *p, const struct ehabi_entry *e)
{
	struct frame caller = { 0 };
	struct grade g;
	uint32_t sp = p->run.r[SP];

	if (ehabi_execute(&p->run, e->insn, e->n))
		return false;
	if (ehabi_is_return(&p->run)) {
		p->run.r[SP] = sp;
		return pass_exception(p);
	}
	caller.pc = p->run.r[PC] & ~1u;
	if (!unwinder_is_text(p->u, caller.pc - 1))
		return false;
	g = grade_return(p->u, &p->at, &caller);
	if (!g.confirmed && is_in(p->u, caller.pc - 1, &p->at)) {
		p->score = 0; /* nobody calls himself through a pointer */
		return false;
	}
	p->score += g.confirmed ? SCORE_KNOWN : g.grade == 'A' ? SCORE_MAYBE : 0;
	p->at = caller;
	return g.grade <= 'B';
}

static enum cairn_code find_entry(struct unwinder *u, uint64_t pc, struct ehabi_entry *e)
{
	enum cairn_code code = ehabi_entry_at(&u->ehabi, &u->mem, pc, e, NULL);

	if (code == CAIRN_NOTFOUND && u->c && !ehabi_add_module(&u->ehabi, u->c, pc, u->arena, NULL))
		code = ehabi_entry_at(&u->ehabi, &u->mem, pc, e, NULL);
	return code;
}

static bool pass(struct probe *p)
{
	uint64_t pc = p->at.pc - !p->at.interrupted;
	struct ehabi_entry e;

	p->at.named = sym_at(p->u->syms, pc, &p->at.sym, NULL);
	if (find_entry(p->u, pc, &e))
		return false;
	p->at_entry = e.cant_unwind;
	if (p->at_entry)
		return false;
	return ehabi_is_exception(&e) ? pass_exception(p) : pass_call(p, &e);
}

/* Through the callers of a chain; what they count. */
static int score_callers(struct probe *p)
{
	unsigned n = 0;

	while (n < CALLERS_LIMIT && pass(p))
		n++;
	return p->score >= SCORE_KNOWN && (p->at_entry || n == CALLERS_LIMIT) ?
		       p->score + SCORE_WHOLE : p->score;
}

/* What the callers from here on count. The first one has its address on the stack. */
static int score_of(struct tracer *t, uint64_t pc, uint64_t sp, bool in_interrupt)
{
	struct probe p = {
		.u = t->u, .in_interrupt = in_interrupt,
		.run = { .read_stack = read_quietly, .arg = &t->u->mem },
		.at = { .pc = pc, .interrupted = true },
	};

	for (unsigned i = 0; i < SP; i++)
		p.run.r[i] = (uint32_t)t->now.regs[i];
	p.run.r[SP] = (uint32_t)sp;
	if (!pass(&p) || !p.run.slot || !p.score) /* that nothing speaks against is not enough */
		return 0;
	return score_callers(&p);
}

/* What the callers of a function count whose return address lies at `slot`. What it keeps in
 * registers is not known. */
static int score_of_slot(struct tracer *t, uint64_t slot, bool in_interrupt)
{
	struct probe p = {
		.u = t->u, .in_interrupt = in_interrupt,
		.run = { .read_stack = read_quietly, .arg = &t->u->mem },
	};
	uint32_t word;

	if (reader_u32(&t->u->mem, slot, &word, NULL) || !unwinder_is_text(t->u, (word & ~1u) - 1))
		return 0;
	p.at.pc = word & ~1u;
	if (grade_return(t->u, NULL, &p.at).grade != 'A')
		return 0;
	p.run.r[SP] = (uint32_t)slot + 4;
	return score_callers(&p) / SCORE_KNOWN * SCORE_KNOWN;
}

/* ---- the search ---- */

struct best {
	uint64_t sp;
	int score;
	bool in_interrupt;
};

/* Without pc: for a return address. */
static void search(struct tracer *t, const struct stack_info *on, uint64_t pc, struct best *best)
{
	if (on->type == STACK_UNKNOWN)
		return;
	for (uint64_t sp = on->begin; sp < on->end; sp += 4) {
		int score = pc ? score_of(t, pc, sp, best->in_interrupt)
			       : score_of_slot(t, sp, best->in_interrupt);

		if (score >= best->score && score >= SCORE_MIN)
			*best = (struct best){ sp, score, best->in_interrupt };
	}
}

/* The task's preempt_count counts interrupts; an IRQ stack that is not in use holds what is left of
 * its last use, which leads to the task as well. */
static bool is_in_interrupt(struct tracer *t)
{
	static const struct shape_want want = {
		"struct task_struct", 1, { "thread_info.preempt_count" },
	};
	struct shape task;
	uint64_t count;

	return t->u->c && t->task && !shape_resolve(&task, &want, &t->u->c->types, NULL) &&
	       shape_has(&task, 0) &&
	       !shape_get(&task, &t->u->c->kernel, t->task->addr, 0, &count, NULL) &&
	       count & (HARDIRQ_MASK | SOFTIRQ_OFFSET);
}

static uint64_t search_all(struct tracer *t, uint64_t pc)
{
	struct best best = { .in_interrupt = is_in_interrupt(t) };
	enum stack_type wanted = best.in_interrupt ? STACK_IRQ : STACK_OVERFLOW;

	if (t->cpu >= 0)
		unwinder_add_cpu(t->u, (unsigned)t->cpu); /* nobody may have asked for them yet */
	if (wanted == STACK_OVERFLOW)
		search(t, &t->task_stack, pc, &best);
	for (size_t i = 0; i < t->u->stacks.n; i++)
		if (t->u->stacks.stack[i].type == wanted && t->u->stacks.stack[i].cpu == t->cpu)
			search(t, &t->u->stacks.stack[i], pc, &best);
	return best.sp;
}

static void take_place(struct walk_state *next, uint64_t pc, uint64_t sp)
{
	next->pc = next->regs[PC] = pc;
	next->sp = next->regs[SP] = sp;
	next->regs[LR] = 0;
	next->fp = next->regs[FP];
	next->rule = RULE_SCAN;
	next->grade = 'D';
}

/* A function that keeps its return address in lr, which is banked, leads nowhere: the lowest of
 * its callers that can be told. Nothing ties the two together, so no frame from here on is sure. */
static enum trace_end find_callers(struct tracer *t, uint64_t pc, struct walk_state *next)
{
	uint64_t slot = search_all(t, 0);
	uint32_t word;
	struct sym sym;

	if (!slot || reader_u32(&t->u->mem, slot, &word, NULL))
		return tracer_end(t, TRACE_OFF_STACK, "no place on a stack fits %#llx",
				  (unsigned long long)pc);
	take_place(next, word & ~1u, slot + 4);
	next->slot = slot;
	next->note = arena_printf(t->arena, "the CPU was entering an exception out of %s; who called "
				  "that is not known, the stack was searched for callers",
				  sym_at(t->u->syms, pc, &sym, NULL) ? sym.name : "nameless code");
	t->lost = t->guessed = true;
	return TRACE_GOES_ON;
}

/* Without tables: the frame pointer is not banked. */
static enum trace_end take_frame(struct tracer *t, uint64_t pc, struct walk_state *next)
{
	uint64_t fp = (uint32_t)t->now.regs[FP];
	struct stack_info on;

	if (fp < FRAME_BELOW || tracer_find_stack(t, fp - FRAME_BELOW, &on, NULL))
		return tracer_end(t, TRACE_OFF_STACK, NULL);
	memcpy(next->regs, t->now.regs, sizeof(next->regs));
	take_place(next, pc, fp - FRAME_BELOW);
	next->fp_known = next->interrupted = true;
	next->note = "the CPU was entering an exception; the frame pointer is of what it had been doing";
	return TRACE_GOES_ON;
}

enum trace_end vector_arm_lost(struct tracer *t, struct walk_state *next)
{
	uint32_t mode = (uint32_t)t->now.regs[CPSR] & MODE_MASK;
	uint64_t pc, sp;

	if (!is_entering(mode))
		return tracer_end(t, TRACE_OFF_STACK, NULL);
	pc = interrupted_pc(t, mode);
	if (!pc || !unwinder_is_text(t->u, pc))
		return tracer_end(t, TRACE_OFF_STACK, NULL);
	if (!t->u->ehabi.kernel.n)
		return take_frame(t, pc, next);
	sp = search_all(t, pc);
	if (!sp)
		return find_callers(t, pc, next);
	memcpy(next->regs, t->now.regs, sizeof(next->regs));
	take_place(next, pc, sp);
	next->fp_known = next->interrupted = true;
	next->note = "the CPU was entering an exception; the stack pointer of what it had been "
		     "doing was searched for";
	return TRACE_GOES_ON;
}
