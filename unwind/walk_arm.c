/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps on ARM: by the tables of its ABI (CONFIG_ARM_UNWIND), else by call frame information of a
 * vmlinux, else by frame pointers (fp_arm.h).
 *
 * Sources: arch/arm/kernel/unwind.c, entry-armv.S (svc_entry, usr_entry), entry-common.S
 * (ret_fast_syscall, ret_from_fork), asm/thread_info.h (struct cpu_context_save,
 * THREAD_START_SP), lib/call_with_stack.S.
 */
#include <fnmatch.h>
#include <string.h>

#include "lib/debug/shape.h"
#include "unwind/callsite.h"
#include "unwind/cfi_step.h"
#include "unwind/fp_arm.h"
#include "unwind/grade.h"
#include "unwind/lr.h"
#include "unwind/prologue_arm.h"
#include "unwind/tracer.h"
#include "unwind/vector_arm.h"

/* struct pt_regs, as pr_reg: words by index */
enum { FP = 11, SP = 13, LR = 14, PC = 15, CPSR = 16, PT_REGS = 18 };

#define WORD      4u
#define MODE_MASK 0xfu /* of PSR_MODE: 0 is user mode, 26 or 32 bits; uapi/asm/ptrace.h */
#define MODE_BITS 0x1fu
#define MODE_SVC  0x13u
#define MOV_IP_SP 0xe1a0c00du
#define PRESERVED 0xff0u /* r4 to fp, which functions leave to their callers as they were */
#define START_PAD 8u   /* THREAD_START_SP is that much below the end */
#define USER_NEAR 64u  /* entry code pushes no more below the registers of user mode */

static bool user_mode(const uint64_t *regs)
{
	return !(regs[CPSR] & MODE_MASK);
}

static bool is_named(struct unwinder *u, uint64_t pc, const char *pattern)
{
	struct sym sym;

	return sym_at(u->syms, pc, &sym, NULL) && !fnmatch(pattern, sym.name, 0);
}

/* ---- registers that an exception saved ---- */

static enum trace_end from_regs(struct tracer *t, uint64_t addr, struct walk_state *next)
{
	enum trace_end end = tracer_stack_words(t, addr, next->regs, PT_REGS);

	if (end)
		return end;
	if (user_mode(next->regs))
		return tracer_user_regs(t, next->regs, addr);
	next->pc = next->regs[PC] & ~UINT64_C(1);
	next->sp = next->regs[SP];
	next->fp = next->regs[FP];
	next->fp_known = next->interrupted = next->has_regs = next->full = next->by_regs = true;
	next->rule = RULE_REGS;
	next->regs_addr = addr;
	next->grade = 'A';
	return TRACE_GOES_ON;
}

/* ---- the end ---- */

/* Code that may not be unwound: whoever enters from user mode has its registers at the top of the
 * task's stack; a kernel thread begins in ret_from_fork. */
static enum trace_end step_cant_unwind(struct tracer *t)
{
	uint64_t end = tracer_task_end(t), top = end - START_PAD - PT_REGS * WORD, regs[PT_REGS];
	bool near = end && t->now.sp <= top && top - t->now.sp <= USER_NEAR;

	if (near && !(t->task && t->task->kernel_thread) &&
	    !reader_words(&t->u->mem, top, regs, PT_REGS, NULL) && user_mode(regs) && regs[PC])
		return tracer_user_regs(t, regs, top);
	if (is_named(t->u, t->now.pc, "ret_from_fork"))
		return tracer_end(t, TRACE_END_OF_STACK, NULL);
	return tracer_end(t, TRACE_UNDEFINED, "%#llx may not be unwound",
			  (unsigned long long)t->now.pc);
}

/* The first function of the kernel, and of each CPU: its return address is nothing. */
static bool is_beginning(struct tracer *t, uint64_t pc)
{
	return (!pc && is_named(t->u, t->now.pc, "start_kernel")) ||
	       is_named(t->u, t->now.pc, "secondary_start_kernel");
}

/* ---- tables ---- */

struct stack_reader {
	struct tracer *t;
	enum trace_end end;
};

static bool read_stack(void *arg, uint32_t addr, uint32_t *ret)
{
	struct stack_reader *s = arg;
	uint64_t word = 0;

	s->end = tracer_stack_words(s->t, addr, &word, 1);
	*ret = (uint32_t)word;
	return !s->end;
}

static void take_registers(struct walk_state *next, const uint32_t *r)
{
	for (unsigned i = 0; i < 16; i++)
		next->regs[i] = r[i];
	next->fp = r[FP];
	next->fp_known = true;
	next->sp = r[SP];
	next->passed = PRESERVED;
}

/* Entry code puts a label of its own into lr: bits 0 to the next symbol, no call before it. */
static bool is_label(struct unwinder *u, uint64_t pc)
{
	uint64_t begin, end, offset;
	struct sym sym;

	return sym_at(u->syms, pc, &sym, &offset) && !offset &&
	       !sym_addr(u->syms, "__entry_text_start", &begin, NULL) &&
	       !sym_addr(u->syms, "__entry_text_end", &end, NULL) && pc >= begin && pc < end &&
	       !is_after_call_of(u, pc, 0);
}

static void set_pc(struct tracer *t, struct walk_state *next, uint64_t pc)
{
	next->pc = pc & ~UINT64_C(1);
	next->label = is_label(t->u, next->pc);
	next->grade = 'A';
}

static enum trace_end run_end(struct tracer *t, const struct stack_reader *s,
			      enum ehabi_result result)
{
	if (result == EHABI_NO_STACK)
		return s->end;
	return tracer_end(t, TRACE_UNDEFINED, "%s at %#llx",
			  result == EHABI_REFUSED ? "refused" : "no unwind instructions",
			  (unsigned long long)t->now.pc);
}

static enum trace_end step_table(struct tracer *t, const struct ehabi_entry *e,
				 struct walk_state *next)
{
	struct stack_reader s = { .t = t };
	struct ehabi_run run = { .read_stack = read_stack, .arg = &s };
	enum ehabi_result result;

	if (e->cant_unwind)
		return is_beginning(t, 1) ? tracer_end(t, TRACE_END_OF_STACK, NULL)
					  : step_cant_unwind(t);
	if (ehabi_is_exception(e))
		return from_regs(t, t->now.sp, next);
	for (unsigned i = 0; i < 16; i++)
		run.r[i] = (uint32_t)t->now.regs[i];
	run.r[SP] = (uint32_t)t->now.sp;
	result = ehabi_execute(&run, e->insn, e->n);
	if (result)
		return run_end(t, &s, result);
	if (ehabi_is_return(&run))
		return from_regs(t, t->now.sp, next);
	if (is_beginning(t, run.r[PC]))
		return tracer_end(t, TRACE_END_OF_STACK, NULL);
	take_registers(next, run.r);
	next->slot = run.slot;
	next->rule = RULE_EHABI;
	set_pc(t, next, run.r[PC]);
	return TRACE_GOES_ON;
}

/* The tables speak of a function as it is after its prologue: within it, the registers are still
 * the caller's, and part of the frame is missing. */
static bool step_prologue(struct tracer *t, const struct ehabi_entry *e, struct walk_state *next)
{
	uint64_t lr = t->now.regs[LR], pushed;

	if (!t->now.interrupted || !t->now.has_regs ||
	    !unwinder_is_text(t->u, (lr & ~UINT64_C(1)) - 1) ||
	    !prologue_arm(&t->u->mem, t->u->calls == &callsite_thumb, e->function, t->now.pc,
			  &pushed))
		return false;
	for (unsigned i = 0; i < 16; i++)
		next->regs[i] = t->now.regs[i];
	next->fp = t->now.fp;
	next->fp_known = true;
	next->sp = t->now.sp + pushed;
	next->rule = RULE_LR;
	set_pc(t, next, lr);
	return true;
}

/* ---- without tables ---- */

/* Entry code, of which there is none in modules, calls its handlers right below the registers
 * that it saved. */
static bool is_at_regs(struct tracer *t)
{
	uint64_t regs[PT_REGS];
	struct sym sym;

	return !t->now.interrupted && sym_at(t->u->syms, t->now.pc, &sym, NULL) && !sym.module &&
	       !reader_words(&t->u->mem, t->now.sp, regs, PT_REGS, NULL) &&
	       (regs[CPSR] & MODE_BITS) == MODE_SVC && unwinder_is_text(t->u, regs[PC]);
}

/* Only where the kernel's tables are missing altogether, what is at the stack pointer is asked. */
static enum trace_end step_untold(struct tracer *t, struct walk_state *next)
{
	enum trace_end end;

	if (cfi_step(t, t->now.sp, next)) {
		set_pc(t, next, next->pc);
		return is_beginning(t, next->pc) ? tracer_end(t, TRACE_END_OF_STACK, NULL)
						 : TRACE_GOES_ON;
	}
	if (!t->u->ehabi.kernel.n && is_at_regs(t))
		return from_regs(t, t->now.sp, next);
	end = fp_arm_step(t, next);
	if (end)
		return t->u->ehabi.kernel.n ? end : step_cant_unwind(t);
	if (is_beginning(t, next->pc))
		return tracer_end(t, TRACE_END_OF_STACK, NULL);
	next->label = is_label(t->u, next->pc);
	return TRACE_GOES_ON;
}

/* ---- the machine ---- */

static enum trace_end step_bad_call(struct tracer *t, struct walk_state *next)
{
	uint64_t lr = t->now.regs[LR] & ~UINT64_C(1);

	if (!t->now.has_regs || !unwinder_is_text(t->u, lr - 1))
		return tracer_end(t, TRACE_NOT_TEXT, "%#llx, and no caller in lr",
				  (unsigned long long)t->now.pc);
	memcpy(next->regs, t->now.regs, sizeof(next->regs));
	next->fp = t->now.fp;
	next->fp_known = true;
	next->sp = t->now.sp;
	next->rule = RULE_BAD_CALL;
	set_pc(t, next, lr);
	next->grade = 'C';
	next->note = "called through a bad pointer";
	return TRACE_GOES_ON;
}

static enum trace_end step(struct tracer *t, struct walk_state *next)
{
	uint64_t pc = t->now.pc - (t->now.interrupted || t->now.label ? 0 : 1);
	struct unwinder *u = t->u;
	struct ehabi_entry e;
	struct cairn_err err;
	enum cairn_code code;

	if (t->now.interrupted && t->now.rule == RULE_SWITCH)
		return tracer_end(t, TRACE_RET_FROM_FORK, "it has not run yet");
	if (t->now.interrupted && !unwinder_is_text(u, pc))
		return step_bad_call(t, next);
	code = ehabi_entry_at(&u->ehabi, &u->mem, pc, &e, &err);
	if (code == CAIRN_NOTFOUND && u->c && !ehabi_add_module(&u->ehabi, u->c, pc, u->arena, NULL))
		code = ehabi_entry_at(&u->ehabi, &u->mem, pc, &e, &err);
	if (code == CAIRN_NOTFOUND)
		return step_untold(t, next);
	if (code) {
		t->trace->err = err;
		return tracer_end(t, TRACE_UNREADABLE, "%s", err.text);
	}
	return step_prologue(t, &e, next) ? TRACE_GOES_ON : step_table(t, &e, next);
}

/* struct cpu_context_save: r4 to r9, sl, fp, sp, pc */
static enum trace_end waiting(struct tracer *t, uint64_t sp, struct walk_state *ret)
{
	enum { R4 = 4, WORDS = 10, SAVED_FP = 7, SAVED_PC = 9 };
	uint64_t words[WORDS];
	struct cairn_err *err = &t->trace->err;
	uint64_t at = t->u->saved.context +
		      (t->u->saved.context_on_stack ? t->task->stack : t->task->addr);

	if (!t->u->saved.context)
		return tracer_end(t, TRACE_NO_UNWINDER, "no type says where a task that waits "
				  "keeps its registers");
	if (reader_words(&t->u->mem, at, words, WORDS, err))
		return tracer_end(t, TRACE_UNREADABLE, "%s", err->text);
	memcpy(ret->regs + R4, words, (SAVED_FP + 1) * sizeof(*words));
	ret->some = ret->passed = PRESERVED;
	ret->fp = words[SAVED_FP];
	ret->fp_known = true;
	ret->sp = ret->regs[SP] = sp;
	ret->pc = words[SAVED_PC] & ~UINT64_C(1);
	ret->interrupted = is_named(t->u, ret->pc, "ret_from_fork");
	ret->rule = RULE_SWITCH;
	ret->grade = 'A';
	return TRACE_GOES_ON;
}

/* Nearly every ARM instruction is executed always, and says so in its upper four bits. */
static bool is_thumb(struct unwinder *u)
{
	enum { CHUNKS = 8, WORDS = 64 };
	unsigned always = 0, n = 0;
	uint64_t begin, end;
	uint32_t insn;

	if (sym_addr(u->syms, "_stext", &begin, NULL) || sym_addr(u->syms, "_etext", &end, NULL) ||
	    end <= begin)
		return false;
	for (unsigned i = 0; i < CHUNKS * WORDS; i++) {
		uint64_t chunk = begin + (end - begin) / (CHUNKS + 1) * (1 + i / WORDS);

		if (reader_u32(&u->mem, (chunk & ~UINT64_C(3)) + 4 * (i % WORDS), &insn, NULL))
			continue;
		n++;
		always += insn >> 28 == 0xe;
	}
	return always < n / 2;
}

static void find_context(struct unwinder *u)
{
	static const struct shape_want want = {
		"struct task_struct", 1, { "thread_info.cpu_context" },
	};
	static const struct shape_want on_stack = { "struct thread_info", 1, { "cpu_context" } };
	struct shape s;

	if (shape_resolve(&s, &want, &u->c->types, NULL) || !shape_has(&s, 0)) {
		u->saved.context_on_stack = true;
		if (shape_resolve(&s, &on_stack, &u->c->types, NULL) || !shape_has(&s, 0))
			return;
	}
	u->saved.context = s.m[0].offset;
}

/* Functions that every kernel has begin with "mov ip, sp" where they are built with frame pointers. */
static bool keeps_frames(struct unwinder *u)
{
	static const char *const names[] = { "schedule", "vfs_read", "vfs_write", "do_exit", "kthread" };
	unsigned with = 0, n = 0;
	uint64_t addr;
	uint32_t insn;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (sym_addr(u->syms, names[i], &addr, NULL) || reader_u32(&u->mem, addr, &insn, NULL))
			continue;
		n++;
		with += insn == MOV_IP_SP;
	}
	return with && with == n;
}

static enum cairn_code init(struct unwinder *u, struct cairn_err *err)
{
	enum cairn_code code;

	u->saved.pt_regs = PT_REGS * WORD;
	if (is_thumb(u))
		u->calls = &callsite_thumb;
	find_context(u);
	code = ehabi_init(&u->ehabi, u->c, &u->mem, err);
	if (!code || !keeps_frames(u))
		return code;
	*err = (struct cairn_err){ 0 };
	return CAIRN_OK;
}

static const struct walk_arch arm = {
	.id = ARCH_ARM, .nregs = PT_REGS, .step = step, .waiting = waiting,
	.lost = vector_arm_lost, .stackless = vector_arm_stackless, .user_mode = user_mode,
	.calls = &callsite_arm, .probes_by_fp = true, .init = init,
};
WALK_ARCH(&arm);
