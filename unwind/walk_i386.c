/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps on i386: by frame pointers, where the kernel keeps them (CONFIG_UNWINDER_FRAME_POINTER),
 * else by scanning.
 *
 * Entry code leaves the address of its pt_regs in the frame pointer, marked by a clear upper bit
 * (ENCODE_FRAME_POINTER). Sources: arch/x86/kernel/unwind_frame.c, arch/x86/entry/entry_32.S
 * (SAVE_ALL, FIXUP_FRAME: 3c88c692c287), asm/frame.h, asm/switch_to.h struct
 * inactive_task_frame, process.c copy_thread().
 */
#include <string.h>

#include "lib/debug/shape.h"
#include "lib/kern/cpu.h"
#include "unwind/callsite.h"
#include "unwind/cfi_step.h"
#include "unwind/entry_x86.h"
#include "unwind/grade.h"
#include "unwind/prologue_x86.h"
#include "unwind/scan.h"
#include "unwind/tracer.h"

/* struct pt_regs, as pr_reg: words by index */
enum {
	BX = 0, SI = 3, DI = 4, BP = 5, DS = 7, ES = 8, FS = 9, IP = 12, CS = 13, FLAGS = 14, SP = 15,
	SS = 16, PT_REGS = 17,
};

#define WORD           4u
#define MARK           0x80000000u
#define CS_FROM_KERNEL (1u << 29) /* sp and ss are part of the frame; entry_32.S */
#define FLAG_VM        0x20000u   /* virtual-8086 mode */
#define FLAG_ONE       2u         /* always set */
#define FLAGS_SHIFT    22u        /* from here on none is ever set */
#define LINK_WORDS     16u        /* of the frame of whoever switches stacks, more than it has */

static const struct entry_x86 layout = {
	.words = PT_REGS, .ip = IP, .cs = CS, .flags = FLAGS, .sp = SP,
};

static bool is_vm86(uint64_t flags)
{
	return flags & FLAG_VM && flags & FLAG_ONE && !(flags >> FLAGS_SHIFT);
}

static bool user_mode(const uint64_t *regs)
{
	return (regs[CS] & 3) == 3 || is_vm86(regs[FLAGS]);
}

/* ---- registers that an exception saved ---- */

/* Up to 5.2 the hardware's frame of an exception in the kernel ended before sp. */
static uint64_t sp_of(const uint64_t *regs, uint64_t addr)
{
	return regs[CS] & CS_FROM_KERNEL || regs[SP] > addr ? regs[SP] : addr + SP * WORD;
}

/* Selectors have 16 bits; above them entry code keeps marks (CS_FROM_KERNEL), or what was there. */
static void drop_marks(uint64_t *regs)
{
	static const unsigned selectors[] = { CS, DS, ES, FS, SS };

	for (size_t i = 0; i < sizeof(selectors) / sizeof(selectors[0]); i++)
		regs[selectors[i]] &= 0xffff;
}

static enum trace_end from_regs(struct tracer *t, uint64_t addr, struct walk_state *next)
{
	enum trace_end end = tracer_stack_words(t, addr, next->regs, PT_REGS);

	if (end)
		return end;
	if (entry_x86_are_zero(&layout, next->regs)) /* those of a kernel thread */
		return tracer_end(t, TRACE_END_OF_STACK, NULL);
	if (user_mode(next->regs)) {
		drop_marks(next->regs);
		return tracer_user_regs(t, next->regs, addr);
	}
	next->pc = next->regs[IP];
	next->sp = next->regs[SP] = sp_of(next->regs, addr);
	next->fp = next->regs[BP];
	next->fp_known = next->interrupted = next->has_regs = next->full = next->by_regs = true;
	next->rule = RULE_REGS;
	next->regs_addr = addr;
	next->grade = entry_x86_are_plausible(&layout, next->regs) ? 'A' : 'C';
	if (next->grade != 'A')
		next->note = "the saved registers look wrong";
	drop_marks(next->regs);
	return TRACE_GOES_ON;
}

/* ---- frames ---- */

static enum trace_end take(struct tracer *t, uint64_t slot, uint64_t fp, struct walk_state *next)
{
	next->slot = slot;
	next->sp = slot + WORD;
	next->fp = fp;
	next->fp_known = true;
	next->rule = RULE_FP;
	next->grade = 'A';
	return tracer_stack_words(t, slot, &next->pc, 1);
}

static enum trace_end step_frame(struct tracer *t, struct walk_state *next)
{
	uint64_t fp = t->now.fp, saved;
	enum trace_end end;

	if (fp % WORD || (on_stack(&t->stack, fp, 2 * WORD) && fp < t->now.sp))
		return tracer_end(t, TRACE_DIRECTION, "a frame at %#llx, SP is %#llx",
				  (unsigned long long)fp, (unsigned long long)t->now.sp);
	end = tracer_stack_words(t, fp, &saved, 1);
	return end ? end : take(t, fp + WORD, saved, next);
}

/* No frame at all: only on the task's own stack is that where everything began. */
static enum trace_end step_no_frame(struct tracer *t)
{
	if (t->stack.type == STACK_TASK)
		return tracer_end(t, TRACE_END_OF_STACK, NULL);
	return tracer_end(t, TRACE_NO_REGISTER, "ebp at %#llx", (unsigned long long)t->now.pc);
}

/* The word at sp is where the interrupted function returns to: a call of it stands before. */
static bool is_return_to_caller(struct tracer *t, uint64_t slot)
{
	struct frame caller = { 0 };
	struct grade g;

	if (!on_stack(&t->stack, slot, WORD) || reader_word(&t->u->mem, slot, &caller.pc, NULL) ||
	    !unwinder_is_text(t->u, caller.pc - 1))
		return false;
	g = grade_return(t->u, &t->trace->frame[t->trace->n - 1], &caller);
	return g.grade == 'A' && g.confirmed;
}

/* What was interrupted may stand where it has not yet a frame, or no more, or makes none. */
static enum trace_end step_interrupted(struct tracer *t, struct walk_state *next)
{
	enum prologue where = PROLOGUE_UNKNOWN;
	uint64_t saved;
	struct sym sym;
	enum trace_end end;

	if (sym_at(t->u->syms, t->now.pc, &sym, NULL))
		where = prologue_x86(&t->u->mem, sym.addr, t->now.pc);
	if (where == PROLOGUE_CALLED ||
	    (where == PROLOGUE_UNKNOWN && is_return_to_caller(t, t->now.sp)))
		return take(t, t->now.sp, t->now.fp, next);
	if (where != PROLOGUE_PUSHED)
		return step_frame(t, next);
	end = tracer_stack_words(t, t->now.sp, &saved, 1);
	return end ? end : take(t, t->now.sp + WORD, saved, next);
}

static enum trace_end step_bad_call(struct tracer *t, struct walk_state *next)
{
	enum trace_end end = take(t, t->now.sp, t->now.fp, next);

	if (end)
		return end;
	if (!unwinder_is_text(t->u, next->pc - 1) || !is_after_call_of(t->u, next->pc, t->now.pc))
		return scan_for_callers(t, next) ? TRACE_GOES_ON :
		       tracer_end(t, TRACE_NOT_TEXT, "%#llx, and no caller at %#llx",
				  (unsigned long long)t->now.pc, (unsigned long long)t->now.sp);
	next->rule = RULE_BAD_CALL;
	next->grade = is_after_direct_call_of(t->u, next->pc, t->now.pc) ? 'A' : 'C';
	return TRACE_GOES_ON;
}

/* ---- the machine ---- */

/* Code that is entered from user mode calls its handler right below the registers of user mode,
 * and may leave the frame pointer as it was there. */
static bool is_at_user_regs(struct tracer *t, uint64_t *regs)
{
	return entry_x86_is_at_top(t, &layout) && !t->now.interrupted &&
	       !on_stack(&t->stack, t->now.fp, WORD) &&
	       !reader_words(&t->u->mem, t->now.sp, regs, PT_REGS, NULL) && user_mode(regs);
}

static bool is_fresh_fork(struct unwinder *u, uint64_t pc)
{
	uint64_t offset;
	struct sym sym;

	return sym_at(u->syms, pc, &sym, &offset) && !offset && !strcmp(sym.name, "ret_from_fork");
}

/* The first code of each CPU, head_32.S, which has no frame and nothing above it. */
static bool is_beginning(struct tracer *t)
{
	struct sym sym;

	return !t->now.interrupted && sym_at(t->u->syms, t->now.pc - 1, &sym, NULL) &&
	       !strcmp(sym.name, "startup_32_smp");
}

/* What call frame information counts from: assembly in the function that switched to a stack for
 * interrupts (call_on_stack()) left the stack pointer at the begin of that. */
static uint64_t sp_before(const struct tracer *t)
{
	bool switched = t->now.sp == t->stack.end && t->stack.next_sp && !t->now.interrupted;

	return switched ? t->stack.next_sp : t->now.sp;
}

/* Only then is what is at the stack pointer asked: code that the compiler made has tables. */
static enum trace_end step_without_frames(struct tracer *t, struct walk_state *next)
{
	uint64_t regs[PT_REGS];

	if (cfi_step(t, sp_before(t), next))
		return TRACE_GOES_ON;
	if (is_beginning(t))
		return tracer_end(t, TRACE_END_OF_STACK, NULL);
	if (entry_x86_regs(t, &layout, regs))
		return from_regs(t, t->now.sp, next);
	return scan_step(t, next);
}

static enum trace_end step(struct tracer *t, struct walk_state *next)
{
	uint64_t regs[PT_REGS];

	if (t->now.interrupted && t->now.rule == RULE_SWITCH)
		return tracer_end(t, TRACE_RET_FROM_FORK, "it has not run yet");
	if (is_at_user_regs(t, regs))
		return tracer_user_regs(t, regs, t->now.sp);
	if (t->now.interrupted && !unwinder_is_text(t->u, t->now.pc))
		return step_bad_call(t, next);
	if (t->u->lack.code || !t->now.fp_known)
		return step_without_frames(t, next);
	if (t->now.interrupted && t->now.has_regs)
		return step_interrupted(t, next);
	if (is_beginning(t))
		return tracer_end(t, TRACE_END_OF_STACK, NULL);
	if (!t->now.fp)
		return step_no_frame(t);
	if (!(t->now.fp & MARK))
		return from_regs(t, t->now.fp | MARK, next);
	return step_frame(t, next);
}

/* si, di and bx come before bp in struct inactive_task_frame. */
static void take_preserved(struct walk_state *ret, const uint64_t *bp)
{
	ret->regs[SI] = bp[-3];
	ret->regs[DI] = bp[-2];
	ret->regs[BX] = bp[-1];
	ret->some = 1u << SI | 1u << DI | 1u << BX;
}

static enum trace_end waiting(struct tracer *t, uint64_t sp, struct walk_state *ret)
{
	const struct saved_layout *l = &t->u->saved;
	uint64_t words[8];
	unsigned n = l->context / WORD;
	enum trace_end end;

	if (n > 8 || l->context_fp >= l->context || l->context_pc >= l->context)
		return tracer_end(t, TRACE_NO_UNWINDER, "no type says what a task that waits "
				  "leaves on its stack");
	end = tracer_stack_words(t, sp, words, n);
	if (end)
		return end;
	ret->pc = words[l->context_pc / WORD];
	ret->slot = sp + l->context_pc;
	ret->sp = sp + l->context;
	ret->fp = words[l->context_fp / WORD];
	ret->fp_known = true;
	if (l->context_fp >= 3 * WORD)
		take_preserved(ret, &words[l->context_fp / WORD]);
	ret->interrupted = is_fresh_fork(t->u, ret->pc);
	ret->rule = RULE_SWITCH;
	ret->grade = 'A';
	return TRACE_GOES_ON;
}

/* ---- #DF ---- */

/* The registers of what a double fault interrupted, where the hardware put them. */
static const struct shape_want tss_want = {
	"struct tss_struct", PT_REGS,
	{ "x86_tss.bx", "x86_tss.cx", "x86_tss.dx", "x86_tss.si", "x86_tss.di", "x86_tss.bp",
	  "x86_tss.ax", "x86_tss.ds", "x86_tss.es", "x86_tss.fs", "x86_tss.gs", "x86_tss.ax",
	  "x86_tss.ip", "x86_tss.cs", "x86_tss.flags", "x86_tss.sp", "x86_tss.ss" },
};

static bool read_tss(struct tracer *t, uint64_t *regs)
{
	struct cairn *c = t->u->c;
	const struct cpus *cpus;
	const struct cpu *cpu;
	struct shape shape;
	struct object o;
	uint64_t addr;
	bool ok;

	if (!c || t->stack.cpu < 0 || cpus_get(c, &cpus, NULL))
		return false;
	cpu = cpu_by_id(cpus, (unsigned)t->stack.cpu);
	if (!cpu || shape_resolve(&shape, &tss_want, &c->types, NULL) || !shape_has(&shape, IP) ||
	    percpu_symbol(c, cpu, "cpu_tss_rw", &addr, NULL))
		return false;
	ok = !object_read(&o, &shape, &c->kernel, addr, NULL);
	for (unsigned i = 0; ok && i < PT_REGS; i++)
		regs[i] = object_get(&o, i);
	object_done(&o);
	return ok;
}

static enum trace_end link_tss(struct tracer *t, struct walk_state *next)
{
	if (!read_tss(t, next->regs) || entry_x86_are_zero(&layout, next->regs))
		return tracer_end(t, TRACE_STALE_LINK, "%s stack", stack_type_name(t->stack.type));
	next->pc = next->regs[IP];
	next->sp = next->regs[SP];
	next->fp = next->regs[BP];
	next->fp_known = next->interrupted = next->has_regs = next->full = next->by_regs = true;
	next->rule = RULE_REGS;
	next->grade = 'A';
	return TRACE_GOES_ON;
}

/* ---- interrupt stacks ---- */

/* At `at` lies a frame that points further up, or at saved registers, and returns from a call of
 * the function at `pc`. */
static bool is_frame_of(struct tracer *t, const struct stack_info *on, uint64_t at, uint64_t pc,
			bool confirmed)
{
	struct frame callee = { .pc = pc }, caller = { 0 };
	uint64_t words[2];
	struct grade g;

	if (!on_stack(on, at, 2 * WORD) || reader_words(&t->u->mem, at, words, 2, NULL) ||
	    (words[0] | MARK) <= at || !on_stack(on, words[0] | MARK, WORD))
		return false;
	caller.pc = words[1];
	callee.named = sym_at(t->u->syms, pc - 1, &callee.sym, &callee.offset);
	if (!unwinder_is_text(t->u, caller.pc - 1))
		return false;
	g = grade_return(t->u, &callee, &caller);
	return g.grade == 'A' && (g.confirmed || !confirmed);
}

/* The frame of the function at pc, which went on on another stack when the stack pointer was sp
 * here, or was called just then to do so (execute_on_irq_stack(), call_on_stack(): irq_32.c). */
static bool find_frame(struct tracer *t, const struct stack_info *on, uint64_t sp, uint64_t pc,
		       uint64_t *fp)
{
	*fp = sp - 2 * WORD;
	if (is_frame_of(t, on, *fp, pc, true))
		return true;
	for (unsigned i = 0; i < LINK_WORDS; i++) {
		*fp = sp + i * WORD;
		if (is_frame_of(t, on, *fp, pc, false))
			return true;
	}
	return false;
}

/* The lowest word is the stack pointer before the switch, the highest the return address of the
 * call that made it. */
static enum trace_end link_software(struct tracer *t, struct walk_state *next)
{
	uint64_t slot = t->stack.end - WORD, sp = 0;
	struct stack_info from;
	enum trace_end end = tracer_stack_words(t, t->stack.begin, &sp, 1);

	if (!end)
		end = tracer_stack_words(t, slot, &next->pc, 1);
	if (end)
		return end;
	if (sp % WORD || !unwinder_is_text(t->u, next->pc - 1) ||
	    tracer_find_stack(t, sp, &from, NULL) || on_stack(&t->stack, sp, 1))
		return tracer_end(t, TRACE_STALE_LINK, "%#llx of the %s stack",
				  (unsigned long long)sp, stack_type_name(t->stack.type));
	if (!t->u->lack.code)
		next->fp_known = find_frame(t, &from, sp, next->pc, &next->fp);
	next->slot = slot;
	next->sp = next->fp_known ? t->stack.end : sp;
	next->rule = RULE_LINK;
	next->grade = 'C';
	return TRACE_GOES_ON;
}

static enum trace_end link(struct tracer *t, struct walk_state *next)
{
	if (t->stack.type == STACK_DF)
		return link_tss(t, next);
	if (t->stack.type == STACK_IRQ || t->stack.type == STACK_SOFTIRQ)
		return link_software(t, next);
	return tracer_end(t, TRACE_STALE_LINK, "%s stack", stack_type_name(t->stack.type));
}

/* ---- what the kernel is like ---- */

/* Functions that every kernel has and no compiler does without a frame, if it makes frames. */
static bool keeps_frames(struct unwinder *u)
{
	static const char *const names[] = { "schedule", "vfs_read", "vfs_write", "do_exit", "kthread",
					     "panic", "ksys_read", "wake_up_process" };
	unsigned with = 0, without = 0;
	uint64_t addr;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (sym_addr(u->syms, names[i], &addr, NULL))
			continue;
		if (prologue_x86(&u->mem, addr, addr) == PROLOGUE_CALLED)
			with++;
		else
			without++;
	}
	return with && with >= without;
}

static void find_layout(struct unwinder *u)
{
	static const struct shape_want want = {
		"struct inactive_task_frame", 2, { "bp", "ret_addr" },
	};
	struct shape frame;

	u->saved.pt_regs = PT_REGS * WORD;
	if (shape_resolve(&frame, &want, &u->c->types, NULL) || !shape_has(&frame, 0) ||
	    !shape_has(&frame, 1))
		return;
	u->saved.context = (uint32_t)frame.size;
	u->saved.context_fp = frame.m[0].offset;
	u->saved.context_pc = frame.m[1].offset;
}

static enum cairn_code init(struct unwinder *u, struct cairn_err *err)
{
	find_layout(u);
	if (keeps_frames(u))
		return CAIRN_OK;
	return cairn_fail(err, CAIRN_MISSING, "this kernel keeps no frame pointers: callers are "
			  "searched for on the stack");
}

static const struct walk_arch i386 = {
	.id = ARCH_I386, .nregs = PT_REGS, .step = step, .waiting = waiting, .link = link,
	.user_mode = user_mode, .calls = &callsite_i386, .init = init,
};
WALK_ARCH(&i386);
