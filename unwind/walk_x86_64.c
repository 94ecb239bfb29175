/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps on x86_64: by ORC, else by call frame information of a vmlinux, else by frame pointer.
 *
 * Sources: arch/x86/include/asm/switch_to.h struct inactive_task_frame, arch/x86/entry/entry_64.S.
 */
#include <string.h>

#include "lib/base/cursor.h"
#include "unwind/callsite.h"
#include "unwind/cfi_step.h"
#include "unwind/copied.h"
#include "unwind/fp_x86.h"
#include "unwind/grade.h"
#include "unwind/orc_step.h"
#include "unwind/regs_x86_64.h"
#include "unwind/scan.h"
#include "unwind/tracer.h"

#define WORD       8u
#define PROLOGUE   64u    /* bytes of code in which a function makes room on the stack */
#define SAVED_REGS 6u     /* that a function pushes: bx bp r12 to r15 */
#define FRAME_MAX  4096u

/* ---- functions that have no rules ---- */

/* Whether one of the first instructions makes room for all of the frame but a few pushes:
 * sub $imm8 or $imm32, %rsp. */
static bool makes_room(struct tracer *t, uint64_t function, uint64_t frame)
{
	unsigned char code[PROLOGUE];

	if (reader_bytes(&t->u->mem, function, code, sizeof(code), NULL))
		return false;
	for (size_t i = 0; i + 7 <= sizeof(code); i++) {
		bool wide = !memcmp(code + i, "\x48\x81\xec", 3);
		uint64_t room = wide ? le32(code + i + 3) : code[i + 3];

		if ((wide || !memcmp(code + i, "\x48\x83\xec", 3)) && frame >= room &&
		    frame - room <= SAVED_REGS * WORD)
			return true;
	}
	return false;
}

/* What objtool is told to ignore (STACK_FRAME_NON_STANDARD: __crash_kexec, where the registers
 * of a panic with kdump are taken) has undefined rows. Its caller is the first word above
 * behind a direct call of this very function. */
static enum trace_end step_ignored(struct tracer *t, struct walk_state *next)
{
	unsigned long long pc = t->now.pc;
	uint64_t sp = t->now.sp;
	struct sym sym;

	if (!sym_at(t->u->syms, pc - !t->now.interrupted, &sym, NULL))
		return tracer_end(t, TRACE_UNDEFINED, "at %#llx", pc);
	for (; sp - t->now.sp < FRAME_MAX && on_stack(&t->stack, sp, WORD); sp += WORD) {
		if (reader_word(&t->u->mem, sp, &next->pc, NULL) ||
		    !is_after_direct_call_of(t->u, next->pc, sym.addr))
			continue;
		next->slot = sp;
		next->sp = sp + WORD;
		next->fp = t->now.fp;
		next->fp_known = t->now.fp_known;
		next->rule = RULE_CALLER;
		next->grade = makes_room(t, sym.addr, sp - t->now.sp) ? 'B' : 'C';
		return TRACE_GOES_ON;
	}
	return tracer_end(t, TRACE_UNDEFINED, "at %#llx, and no call of %s above", pc, sym.name);
}

/* ---- without ORC ---- */

/* The function has not pushed anything but the frame pointer, or nothing. */
static enum trace_end step_unset(struct tracer *t, bool pushed, struct walk_state *next)
{
	uint64_t words[2];
	size_t n = pushed ? 2 : 1;
	enum trace_end end = tracer_stack_words(t, t->now.sp, words, n);

	next->slot = t->now.sp + (n - 1) * WORD;
	next->pc = words[n - 1];
	next->sp = t->now.sp + n * WORD;
	next->fp = pushed ? words[0] : t->now.fp;
	next->fp_known = pushed || t->now.fp_known;
	next->rule = RULE_FP;
	next->grade = 'B';
	return end;
}

/* The frame may be on the stack before this one, of which only the link is left
 * (asm_call_on_stack(), up to 5.11). */
static bool has_frame(const struct tracer *t)
{
	if (!t->now.fp_known)
		return false;
	if (!on_stack(&t->stack, t->now.fp, 2 * WORD))
		return t->stack.type == STACK_IRQ && t->stack.end - t->now.sp <= WORD;
	return t->now.fp > t->now.sp - WORD;
}

static enum trace_end step_fp(struct tracer *t, struct walk_state *next)
{
	enum fp_stage stage = fp_x86_stage(t->u, t->now.pc, t->now.interrupted);
	uint64_t words[2];
	struct sym sym;
	bool named = sym_at(t->u->syms, t->now.pc, &sym, NULL);
	enum trace_end end;

	if (stage == FP_NOT_YET || stage == FP_PUSHED)
		return step_unset(t, stage == FP_PUSHED, next);
	if (!has_frame(t))
		return tracer_end(t, TRACE_NO_ORC, "%s at %#llx, and no frame pointer%s%s",
				  named ? sym.name : "code", (unsigned long long)t->now.pc,
				  t->u->lack.code ? "; " : "", t->u->lack.text);
	end = tracer_stack_words(t, t->now.fp, words, 2);
	if (end)
		return end;
	next->slot = t->now.fp + WORD;
	next->pc = words[1];
	next->sp = t->now.fp + 2 * WORD;
	next->fp = words[0];
	next->fp_known = true;
	next->rule = RULE_FP;
	next->grade = stage == FP_TOLD ? 'A' : stage == FP_SEEN ? 'B' : 'C';
	return TRACE_GOES_ON;
}

/* What call frame information counts from: assembly in the function that switched to the stack for
 * interrupts left the stack pointer at the top of that, and calls from below. */
static uint64_t sp_before(struct tracer *t)
{
	uint64_t sp = t->now.sp, left;

	if (t->now.interrupted || t->stack.type != STACK_IRQ || sp != t->stack.end - WORD ||
	    reader_word(&t->u->mem, sp, &left, NULL))
		return sp;
	return left;
}

/* No ORC speaks of it. Only where the kernel's is missing altogether, what is at the stack pointer
 * is asked. */
static enum trace_end step_untold(struct tracer *t, struct walk_state *next)
{
	uint64_t regs[PT_REGS];
	enum trace_end end;

	if (cfi_step(t, sp_before(t), next))
		return TRACE_GOES_ON;
	if (!t->u->lack.code || !entry_x86_regs(t, &regs_x86_64_layout, regs))
		return step_fp(t, next);
	if (entry_x86_are_zero(&regs_x86_64_layout, regs))
		return tracer_end(t, TRACE_END_OF_STACK, NULL);
	end = regs_x86_64_step(t, t->now.sp, next);
	next->fp = next->regs[BP];
	next->fp_known = true;
	return end;
}

/* The processor was sent where no code is: its caller called through a bad pointer. Who returned
 * there, or jumped, is gone: what the stack holds then is who had called it, or had done so once. */
static enum trace_end step_bad_call(struct tracer *t, struct walk_state *next)
{
	unsigned long long pc = t->now.pc;
	enum trace_end end = tracer_stack_words(t, t->now.sp, &next->pc, 1);

	if (end)
		return end;
	if (!unwinder_is_text(t->u, next->pc - 1) ||
	    !is_after_call_of(t->u, next->pc, t->now.pc))
		return scan_for_callers(t, next) ? TRACE_GOES_ON :
		       tracer_end(t, TRACE_NOT_TEXT, "%#llx, and no caller at %#llx", pc,
				  (unsigned long long)t->now.sp);
	next->slot = t->now.sp;
	next->sp = t->now.sp + WORD;
	next->fp = t->now.fp;
	next->fp_known = t->now.fp_known;
	next->rule = RULE_BAD_CALL;
	next->grade = is_after_direct_call_of(t->u, next->pc, t->now.pc) ? 'A' : 'C';
	return TRACE_GOES_ON;
}

/* ---- the machine ---- */

static bool is_fresh_fork(struct unwinder *u, uint64_t pc)
{
	uint64_t offset;
	struct sym sym;

	return sym_at(u->syms, pc, &sym, &offset) && !offset &&
	       (!strcmp(sym.name, "ret_from_fork") || !strcmp(sym.name, "ret_from_fork_asm"));
}

static enum cairn_code find_row(struct unwinder *u, uint64_t pc, struct orc_row *ret,
				struct cairn_err *err)
{
	enum cairn_code code = orc_row_at(&u->orc, &u->mem, pc, ret, err);

	if (code == CAIRN_NOTFOUND && u->c && !orc_add_module(&u->orc, u->c, pc, u->arena, NULL))
		code = orc_row_at(&u->orc, &u->mem, pc, ret, err);
	return code;
}

/* Code that was made at run time: by the rules of what it is a copy of, else by frame pointer. */
static enum trace_end step_made(struct tracer *t, uint64_t pc, struct walk_state *next)
{
	uint64_t original = 0;
	enum copied_kind kind = copied_find(t->u, pc, &original);
	struct orc_row row;
	enum trace_end end;

	if (kind == COPIED_REGS && !t->now.interrupted) {
		end = regs_x86_64_step(t, t->now.sp, next);
		next->fp = next->regs[BP];
		next->fp_known = true;
		return end;
	}
	if (kind == COPIED_NOT || kind == COPIED_REGS ||
	    find_row(t->u, original, &row, NULL) || row.type == ORC_TYPE_UNDEFINED)
		return step_untold(t, next);
	end = orc_step(t, &row, next);
	if (kind != COPIED_FTRACE && next->grade < 'B')
		next->grade = 'B';
	return end;
}

static enum trace_end step(struct tracer *t, struct walk_state *next)
{
	uint64_t pc = t->now.pc - (t->now.interrupted ? 0 : 1);
	struct unwinder *u = t->u;
	struct orc_row row;
	struct cairn_err err;
	enum cairn_code code;

	if (!unwinder_is_text(u, pc))
		return step_bad_call(t, next);
	if (t->now.interrupted && t->now.rule == RULE_SWITCH)
		return tracer_end(t, TRACE_RET_FROM_FORK, "it has not run yet");
	code = find_row(u, pc, &row, &err);
	if (code == CAIRN_NOTFOUND)
		return step_made(t, pc, next);
	if (!code && row.type != ORC_TYPE_UNDEFINED)
		return orc_step(t, &row, next);
	if (cfi_step(t, sp_before(t), next))
		return TRACE_GOES_ON;
	if (!code)
		return step_ignored(t, next);
	t->trace->err = err;
	return tracer_end(t, TRACE_UNREADABLE, "%s", err.text);
}

/* struct inactive_task_frame: r15 r14 r13 r12 rbx rbp ret_addr */
static enum trace_end waiting(struct tracer *t, uint64_t sp, struct walk_state *ret)
{
	enum { FRAME_BX = 4, FRAME_BP = 5, FRAME_RET = 6, FRAME_WORDS = 7 };
	uint64_t words[FRAME_WORDS];
	enum trace_end end = tracer_stack_words(t, sp, words, FRAME_WORDS);

	if (end)
		return end;
	ret->pc = words[FRAME_RET];
	ret->slot = sp + FRAME_RET * WORD;
	ret->sp = sp + FRAME_WORDS * WORD;
	ret->fp = words[FRAME_BP];
	ret->fp_known = true;
	memcpy(ret->regs, words, (R12 + 1) * sizeof(*words));
	ret->regs[BX] = words[FRAME_BX];
	ret->regs[BP] = words[FRAME_BP];
	ret->some = (1u << (BX + 1)) - 1;
	ret->interrupted = is_fresh_fork(t->u, ret->pc);
	ret->rule = RULE_SWITCH;
	ret->grade = 'A';
	if (t->u->switch_to && !ret->interrupted &&
	    !is_after_direct_call_of(t->u, ret->pc, t->u->switch_to)) {
		ret->grade = 'C';
		ret->note = "no call of __switch_to_asm before it";
	}
	return TRACE_GOES_ON;
}

/* The top of a stack that software switched to (IRQ; #DF after an overflow that was caught
 * in time): the stack pointer before, and below it the return address of the call made
 * there. 931b94145981; arch/x86/mm/fault.c handle_stack_overflow(). */
static enum trace_end link_software(struct tracer *t, struct walk_state *next)
{
	uint64_t top[2];
	struct stack_info from;
	enum trace_end end = tracer_stack_words(t, t->stack.end - sizeof(top), top, 2);

	if (end)
		return end;
	if (!unwinder_is_text(t->u, top[0] - 1) || tracer_find_stack(t, top[1], &from, NULL))
		return tracer_end(t, TRACE_STALE_LINK, "%#llx of the %s stack",
				  (unsigned long long)top[1], stack_type_name(t->stack.type));
	next->pc = top[0];
	next->slot = t->stack.end - sizeof(top);
	next->sp = t->stack.end - WORD;
	next->fp = top[1];
	next->fp_known = true;
	next->rule = RULE_LINK;
	next->grade = 'C';
	return TRACE_GOES_ON;
}

static enum trace_end link_regs(struct tracer *t, uint64_t addr, struct walk_state *next)
{
	enum trace_end end = regs_x86_64_step(t, addr, next);

	if (end)
		return end;
	if (!entry_x86_are_plausible(&regs_x86_64_layout, next->regs))
		return tracer_end(t, TRACE_STALE_LINK, "no registers at the top of the %s stack",
				  stack_type_name(t->stack.type));
	next->fp = next->regs[BP];
	next->fp_known = true;
	next->rule = RULE_LINK;
	next->grade = 'C';
	return TRACE_GOES_ON;
}

/* Registers that hardware saved where their stack pointer stood. */
static bool are_in_place(struct tracer *t, uint64_t addr)
{
	uint64_t regs[PT_REGS];

	return on_stack(&t->task_stack, addr, sizeof(regs)) &&
	       !reader_words(&t->u->mem, addr, regs, PT_REGS, NULL) &&
	       entry_x86_are_plausible(&regs_x86_64_layout, regs) &&
	       (regs[SP] & ~15ull) == addr + sizeof(regs);
}

/* Up to 5.15 a #DF stack that was entered by software does not say from where, but the registers of
 * the fault that did it are an argument, which lies on the stack somewhere: no_context(), die(). */
static enum trace_end link_argument(struct tracer *t, struct walk_state *next)
{
	uint64_t at = t->trace->frame[0].sp, word;

	if (!on_stack(&t->stack, at, WORD))
		at = t->stack.begin;
	for (; on_stack(&t->stack, at, WORD); at += WORD)
		if (!reader_word(&t->u->mem, at, &word, NULL) && are_in_place(t, word))
			return link_regs(t, word, next);
	return tracer_end(t, TRACE_STALE_LINK, "no registers that lead on from the %s stack",
			  stack_type_name(t->stack.type));
}

static enum trace_end link(struct tracer *t, struct walk_state *next)
{
	enum trace_end end;

	if (t->stack.type == STACK_IRQ)
		return link_software(t, next);
	if (t->stack.type == STACK_NMI)
		return link_regs(t, t->stack.end - NMI_REGS * WORD, next);
	if (t->stack.type == STACK_DF) {
		end = link_software(t, next);
		if (!end)
			return end;
		end = link_regs(t, t->stack.end - PT_REGS * WORD, next);
		if (!end || trace_end_is_complete(end))
			return end;
		memset(next, 0, sizeof(*next));
		return link_argument(t, next);
	}
	return link_regs(t, t->stack.end - PT_REGS * WORD, next);
}

static enum cairn_code init(struct unwinder *u, struct cairn_err *err)
{
	enum cairn_code code = orc_init(&u->orc, u->syms, &u->mem, u->arena, err);

	if (sym_addr(u->syms, "__switch_to_asm", &u->switch_to, NULL))
		u->switch_to = 0;
	return code ? cairn_context(err, code, "ORC") : CAIRN_OK;
}

static const struct walk_arch x86_64 = {
	.id = ARCH_X86_64, .nregs = PT_REGS, .step = step, .waiting = waiting, .link = link,
	.user_mode = regs_x86_64_user_mode, .calls = &callsite_x86_64, .init = init,
};
WALK_ARCH(&x86_64);
