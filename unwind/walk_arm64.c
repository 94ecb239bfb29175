/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps on arm64: by frame records, which the kernel keeps for exactly this.
 *
 * x29 points to {x29 of the caller, return address}; exceptions push such a record into their
 * pt_regs, so that it leads to what was interrupted. Sources: arch/arm64/kernel/stacktrace.c,
 * entry.S (kernel_entry), asm/stacktrace/frame.h (records with a type, c2c6b27b5aa1),
 * process.c (copy_thread), asm/ptrace.h.
 */
#include <fnmatch.h>
#include <string.h>

#include "lib/debug/shape.h"
#include "unwind/callsite.h"
#include "unwind/lr.h"
#include "unwind/tracer.h"

/* struct user_pt_regs, the beginning of struct pt_regs and of pr_reg: words by index */
enum { FP = 29, LR = 30, SP = 31, PC = 32, PSTATE = 33, USER_PT_REGS = 34 };

#define WORD       8u
#define RECORD     16u
#define MODE_MASK  0xfu /* PSR_MODE_MASK, less the bit of 32-bit modes; asm/ptrace.h */
#define MODE_EL0   0u
#define META_FINAL 1u /* FRAME_META_TYPE_FINAL, FRAME_META_TYPE_PT_REGS */
#define META_REGS  2u
#define SCAN_LIMIT 65536u

static bool user_mode(const uint64_t *regs)
{
	return (regs[PSTATE] & MODE_MASK) == MODE_EL0;
}

/* Addresses of the kernel have all ones where a signature may stand. */
static uint64_t strip(const struct unwinder *u, uint64_t addr)
{
	return addr >> 55 & 1 ? addr | u->pac_mask : addr;
}

/* ---- the end ---- */

/* task_pt_regs(): the registers of user mode, or zeros. 0: not known. */
static uint64_t last_regs(const struct tracer *t)
{
	uint64_t size = t->u->saved.pt_regs, end = tracer_task_end(t);

	return size && end ? end - size : 0;
}

static enum trace_end at_end(struct tracer *t, uint64_t regs_addr)
{
	uint64_t regs[USER_PT_REGS];

	if (regs_addr && !(t->task && t->task->kernel_thread) &&
	    !reader_words(&t->u->mem, regs_addr, regs, USER_PT_REGS, NULL) && user_mode(regs) &&
	    (regs[PC] || regs[SP]))
		return tracer_user_regs(t, regs, regs_addr);
	return tracer_end(t, TRACE_END_OF_STACK, NULL);
}

/* ---- registers that an exception saved ---- */

static enum trace_end from_regs(struct tracer *t, uint64_t addr, struct walk_state *next)
{
	enum trace_end end = tracer_stack_words(t, addr, next->regs, USER_PT_REGS);

	if (end)
		return end;
	if (user_mode(next->regs))
		return at_end(t, addr);
	next->pc = next->regs[PC];
	next->sp = next->regs[SP];
	next->fp = next->regs[FP];
	next->fp_known = next->interrupted = next->has_regs = next->full = next->by_regs = true;
	next->rule = RULE_REGS;
	next->regs_addr = addr;
	next->grade = 'A';
	return TRACE_GOES_ON;
}

static bool is_entry_code(struct unwinder *u, uint64_t pc)
{
	struct sym sym;

	return sym_at(u->syms, pc, &sym, NULL) &&
	       (!fnmatch("el[01]*_*", sym.name, 0) || !strcmp(sym.name, "__bad_stack"));
}

/* The record lies in pt_regs that hold the same two words. A handler may have changed where
 * they return to; entry code alone leads to such records. */
static bool is_in_regs(struct tracer *t, const uint64_t *record)
{
	uint64_t base = t->now.fp - t->u->saved.record, fp, pc;
	const struct reader *mem = &t->u->mem;

	if (!t->u->saved.record || reader_word(mem, base + FP * WORD, &fp, NULL) || fp != record[0] ||
	    reader_word(mem, base + PC * WORD, &pc, NULL))
		return false;
	return pc == record[1] || is_entry_code(t->u, t->now.pc);
}

/* ---- records ---- */

/* Zeros: the last one, or since 6.13 one whose third word says what it is. */
static enum trace_end step_zeros(struct tracer *t, struct walk_state *next)
{
	uint64_t base = t->now.fp - t->u->saved.record, type;
	enum trace_end end;

	if (!t->u->saved.record_type)
		return at_end(t, t->u->saved.record ? base : 0);
	end = tracer_stack_words(t, t->now.fp + RECORD, &type, 1);
	if (end)
		return end;
	if (type == META_REGS)
		return from_regs(t, base, next);
	if (type == META_FINAL)
		return at_end(t, base);
	return tracer_end(t, TRACE_UNDEFINED, "a frame record of type %llu at %#llx",
			  (unsigned long long)type, (unsigned long long)t->now.fp);
}

/* The caller's own record lies at its stack pointer, unless it is on another stack. */
static uint64_t caller_sp(struct tracer *t, uint64_t caller_fp)
{
	struct stack_info info;

	if (caller_fp >= t->now.fp + RECORD && !tracer_find_stack(t, t->now.fp, &info, NULL) &&
	    on_stack(&info, caller_fp, RECORD))
		return caller_fp;
	return t->now.fp + RECORD;
}

static enum trace_end step_record(struct tracer *t, struct walk_state *next)
{
	uint64_t record[2], fp = t->now.fp;
	enum trace_end end;

	if (!t->now.fp_known || !fp)
		return tracer_end(t, TRACE_END_OF_STACK, NULL);
	if (last_regs(t) && fp == last_regs(t) + t->u->saved.record)
		return at_end(t, last_regs(t));
	if (fp % WORD || (on_stack(&t->stack, fp, RECORD) && fp < t->now.sp))
		return tracer_end(t, TRACE_DIRECTION, "a frame record at %#llx, SP is %#llx",
				  (unsigned long long)fp, (unsigned long long)t->now.sp);
	end = tracer_stack_words(t, fp, record, 2);
	if (end)
		return end;
	if (!record[0] && !record[1])
		return step_zeros(t, next);
	if (is_in_regs(t, record))
		return from_regs(t, fp - t->u->saved.record, next);
	next->pc = strip(t->u, record[1]);
	next->slot = fp + WORD;
	next->fp = record[0];
	next->fp_known = true;
	next->sp = caller_sp(t, record[0]);
	next->rule = RULE_FP;
	next->grade = 'A';
	return TRACE_GOES_ON;
}

/* ---- the link register ---- */

/* "mov x29, sp" (add x29, sp, #n) stands between the function's beginning and pc. */
static bool has_made_record(struct tracer *t)
{
	struct unwinder *u = t->u;
	uint64_t offset;
	struct sym sym;
	uint32_t insn;

	if (!sym_at(u->syms, t->now.pc, &sym, &offset) || offset > SCAN_LIMIT)
		return true;
	for (uint64_t at = sym.addr; at < t->now.pc; at += 4)
		if (reader_u32(&u->mem, at, &insn, NULL) || (insn & 0xffc003ff) == 0x910003fd)
			return true;
	return false;
}

static bool returns_by_lr(struct tracer *t, uint64_t lr)
{
	uint64_t saved = 0;

	if (reader_word(&t->u->mem, t->now.fp + WORD, &saved, NULL))
		saved = 0;
	return lr_returns(t, lr, strip(t->u, saved), has_made_record(t));
}

static enum trace_end step_lr(struct tracer *t, uint64_t lr, struct walk_state *next)
{
	next->pc = lr;
	next->sp = t->now.sp;
	next->fp = t->now.fp;
	next->fp_known = t->now.fp_known;
	next->rule = RULE_LR;
	next->grade = 'A';
	return TRACE_GOES_ON;
}

/* The processor was sent where no code is: its caller called through a bad pointer. */
static enum trace_end step_bad_call(struct tracer *t, struct walk_state *next)
{
	uint64_t lr = strip(t->u, t->now.regs[LR]);

	if (!t->now.has_regs || !unwinder_is_text(t->u, lr - 1))
		return tracer_end(t, TRACE_NOT_TEXT, "%#llx, and no caller in lr",
				  (unsigned long long)t->now.pc);
	step_lr(t, lr, next);
	next->grade = 'C';
	next->note = "called through a bad pointer";
	return TRACE_GOES_ON;
}

/* ---- the machine ---- */

static bool is_fresh_fork(struct unwinder *u, uint64_t pc)
{
	uint64_t offset;
	struct sym sym;

	return sym_at(u->syms, pc, &sym, &offset) && !offset && !strcmp(sym.name, "ret_from_fork");
}

static enum trace_end step(struct tracer *t, struct walk_state *next)
{
	uint64_t lr = strip(t->u, t->now.regs[LR]);

	if (t->now.interrupted && t->now.rule == RULE_SWITCH)
		return tracer_end(t, TRACE_RET_FROM_FORK, "it has not run yet");
	if (t->now.interrupted && !unwinder_is_text(t->u, t->now.pc))
		return step_bad_call(t, next);
	if (t->now.interrupted && t->now.has_regs && returns_by_lr(t, lr))
		return step_lr(t, lr, next);
	return step_record(t, next);
}

/* x19 to x28, which come before fp in struct cpu_context. What cannot be read is not known. */
static void take_preserved(struct tracer *t, struct walk_state *ret)
{
	enum { FIRST = 19, LAST = 28, N = LAST - FIRST + 1 };
	const struct saved_layout *l = &t->u->saved;

	if (l->context_fp - l->context == N * WORD &&
	    !reader_words(&t->u->mem, t->task->addr + l->context, ret->regs + FIRST, N, NULL))
		ret->some = (UINT64_C(1) << (LAST + 1)) - (UINT64_C(1) << FIRST);
}

/* struct cpu_context in task_struct */
static enum trace_end waiting(struct tracer *t, uint64_t sp, struct walk_state *ret)
{
	const struct saved_layout *l = &t->u->saved;
	uint64_t task = t->task->addr;
	struct cairn_err *err = &t->trace->err;

	if (!l->context)
		return tracer_end(t, TRACE_NO_UNWINDER, "no type says where a task that waits "
				  "keeps its registers");
	if (reader_word(&t->u->mem, task + l->context_fp, &ret->fp, err) ||
	    reader_word(&t->u->mem, task + l->context_pc, &ret->pc, err))
		return tracer_end(t, TRACE_UNREADABLE, "%s", err->text);
	take_preserved(t, ret);
	ret->pc = strip(t->u, ret->pc);
	ret->sp = sp;
	ret->fp_known = true;
	ret->interrupted = is_fresh_fork(t->u, ret->pc);
	ret->rule = RULE_SWITCH;
	ret->grade = 'A';
	return TRACE_GOES_ON;
}

static void find_regs(struct unwinder *u)
{
	static const struct shape_want want = {
		"struct pt_regs", 2, { "stackframe", "stackframe.type" },
	};
	struct shape regs;

	if (shape_resolve(&regs, &want, &u->c->types, NULL))
		return;
	u->saved.pt_regs = (uint32_t)regs.size;
	u->saved.record = shape_has(&regs, 0) ? regs.m[0].offset : 0;
	u->saved.record_type = shape_has(&regs, 1);
}

static void find_context(struct unwinder *u)
{
	static const struct shape_want want = {
		"struct task_struct", 4,
		{ "thread.cpu_context", "thread.cpu_context.fp", "thread.cpu_context.sp",
		  "thread.cpu_context.pc" },
	};
	static const unsigned all[] = { 0, 1, 2, 3 };
	struct shape task;

	if (shape_resolve(&task, &want, &u->c->types, NULL) || shape_require(&task, all, 4, NULL))
		return;
	u->saved.context = task.m[0].offset;
	u->saved.context_fp = task.m[1].offset;
	u->saved.context_sp = task.m[2].offset;
	u->saved.context_pc = task.m[3].offset;
}

/* KERNELPACMASK: arch/arm64/kernel/crash_core.c arch_crash_save_vmcoreinfo() */
static enum cairn_code init(struct unwinder *u, struct cairn_err *err)
{
	(void)err;
	if (!vmcoreinfo_hex(&image_info(u->c->img)->vmcoreinfo, "NUMBER(KERNELPACMASK)", &u->pac_mask))
		u->pac_mask = 0;
	find_regs(u);
	find_context(u);
	return CAIRN_OK;
}

static const struct walk_arch arm64 = {
	.id = ARCH_ARM64, .nregs = USER_PT_REGS, .step = step, .waiting = waiting,
	.user_mode = user_mode, .calls = &callsite_arm64, .probes_by_fp = true, .init = init,
};
WALK_ARCH(&arm64);
