/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/kern/cpu.h"
#include "unwind/grade.h"
#include "unwind/retaddr.h"
#include "unwind/tracer.h"

static const char *const rule_names[FRAME_RULES] = {
	[RULE_REGS] = "regs", [RULE_SWITCH] = "switch", [RULE_ORC] = "orc", [RULE_FP] = "fp",
	[RULE_EHABI] = "ehabi", [RULE_CFI] = "cfi", [RULE_LR] = "lr", [RULE_SCAN] = "scan",
	[RULE_RETHOOK] = "rethook", [RULE_FGRAPH] = "fgraph", [RULE_BAD_CALL] = "bad-call",
	[RULE_CALLER] = "caller",
	[RULE_LINK] = "link",
};

static const char *const end_names[TRACE_ENDS] = {
	[TRACE_GOES_ON] = "goes on",
	[TRACE_USER_MODE] = "user mode",
	[TRACE_USER_REGS] = "user-mode regs",
	[TRACE_END_OF_STACK] = "END_OF_STACK",
	[TRACE_RET_FROM_FORK] = "ret_from_fork",
	[TRACE_NO_STACK] = "no stack",
	[TRACE_UNREADABLE] = "unreadable page",
	[TRACE_NOT_TEXT] = "ip not text",
	[TRACE_NO_ORC] = "no ORC",
	[TRACE_NO_TABLE] = "no unwind table",
	[TRACE_UNDEFINED] = "undefined ORC",
	[TRACE_NO_REGISTER] = "missing register for CFA",
	[TRACE_DIRECTION] = "wrong direction",
	[TRACE_VISITED] = "stack already visited",
	[TRACE_ORDER] = "wrong order of stacks",
	[TRACE_OTHER_CPU] = "stack of another CPU",
	[TRACE_OFF_STACK] = "SP on no known stack",
	[TRACE_STALE_LINK] = "top word stale",
	[TRACE_NMI_OVERWRITTEN] = "nested NMI overwritten",
	[TRACE_TRAMPOLINE] = "return address replaced",
	[TRACE_LIMIT] = "limit",
	[TRACE_NO_REGS] = "no registers",
	[TRACE_NO_UNWINDER] = "no unwinder",
};

SET_DECLARE(walk_archs, const struct walk_arch);

const struct walk_arch *walk_arch_by_id(enum arch_id id)
{
	SET_EACH(walk_archs, const struct walk_arch, p)
		if ((*p)->id == id)
			return *p;
	return NULL;
}

const char *frame_rule_name(enum frame_rule rule)
{
	return (unsigned)rule < FRAME_RULES ? rule_names[rule] : "?";
}

const char *trace_end_name(enum trace_end end)
{
	return (unsigned)end < TRACE_ENDS ? end_names[end] : "?";
}

bool trace_end_is_complete(enum trace_end end)
{
	return end > TRACE_GOES_ON && end <= TRACE_NO_STACK;
}

enum trace_end tracer_end(struct tracer *t, enum trace_end end, const char *fmt, ...)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "%s", trace_end_name(end));
	va_list ap;

	if (fmt) {
		n += snprintf(text + n, sizeof(text) - (size_t)n, ": ");
		va_start(ap, fmt);
		vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
		va_end(ap);
	}
	t->trace->end = end;
	t->trace->reason = arena_strdup(t->arena, text);
	if (!t->trace->reason)
		t->trace->reason = trace_end_name(end);
	return end;
}

/* ---- stacks ---- */

/* Without types nothing says where stacks are, and where per-CPU areas are not found, those besides
 * tasks' are not known. */
static uint64_t size_to_assume(struct unwinder *u)
{
	const struct cpus *cpus;
	uint64_t size = u->task_stack_size;

	if (u->assumed_size || !u->c || cpus_get(u->c, &cpus, NULL) || !cpus->by_notes)
		return u->assumed_size;
	return size & (size - 1) ? 0 : size;
}

/* Stacks are aligned to their size. Of those that are assumed so, each is entered once: the outer
 * ones have types of lower rank. */
static bool assume_stack(struct tracer *t, uint64_t sp, struct stack_info *ret)
{
	uint64_t size = size_to_assume(t->u), begin = size ? sp & ~(size - 1) : 0, word;
	enum stack_type type = STACK_ASSUMED;

	if (!size || reader_word(&t->u->mem, sp & ~(uint64_t)7, &word, NULL))
		return false;
	for (; type <= STACK_ASSUMED_3 && t->visits.mask & 1u << type; type++)
		if (t->visits.seen[type].begin == begin)
			return false;
	if (type > STACK_ASSUMED_3)
		return false;
	*ret = (struct stack_info){ .type = type, .cpu = t->cpu, .begin = begin, .end = begin + size };
	return true;
}

uint64_t tracer_task_end(const struct tracer *t)
{
	if (t->task_stack.type != STACK_UNKNOWN)
		return t->task_stack.end;
	return stack_is_assumed(&t->stack) ? t->stack.end : 0;
}

/* Searched in the order of what is likely and cheap; what only serves to name a stack that
 * the walk will refuse comes last. */
enum cairn_code tracer_find_stack(struct tracer *t, uint64_t sp, struct stack_info *ret,
				  struct cairn_err *err)
{
	const struct stack_info *own[] = { &t->stack, &t->task_stack };

	for (size_t i = 0; i < 2; i++) {
		if (on_stack(own[i], sp, 1)) {
			*ret = *own[i];
			return CAIRN_OK;
		}
	}
	if (t->cpu >= 0)
		unwinder_add_cpu(t->u, (unsigned)t->cpu);
	if (!stacks_find(&t->u->stacks, sp, ret, NULL))
		return CAIRN_OK;
	unwinder_add_all_cpus(t->u);
	if (!stacks_find(&t->u->stacks, sp, ret, err))
		return CAIRN_OK;
	return unwinder_task_stack(t->u, sp, ret) || assume_stack(t, sp, ret) ? CAIRN_OK
									      : CAIRN_NOTFOUND;
}

static bool find_guard(struct tracer *t, uint64_t sp, struct stack_info *ret)
{
	if (in_guard(&t->task_stack, sp)) {
		*ret = t->task_stack;
		return true;
	}
	return !stacks_find_guard(&t->u->stacks, sp, ret, NULL);
}

enum trace_end tracer_stack_words(struct tracer *t, uint64_t addr, uint64_t *ret, size_t n)
{
	uint64_t len = n * t->u->mem.word;
	struct stack_info info = t->stack;
	struct cairn_err *err = &t->trace->err;

	if (!on_stack(&info, addr, len) &&
	    (tracer_find_stack(t, addr, &info, NULL) || !on_stack(&info, addr, len)))
		return tracer_end(t, TRACE_OFF_STACK, "the words at %#llx that lead on",
				  (unsigned long long)addr);
	if (reader_words(&t->u->mem, addr, ret, n, err))
		return tracer_end(t, TRACE_UNREADABLE, "%s", err->text);
	return TRACE_GOES_ON;
}

static enum trace_end off_stack(struct tracer *t, uint64_t sp)
{
	const struct stack_info *near = &t->task_stack;
	uint64_t distance = 0;

	if (near->type == STACK_UNKNOWN)
		near = stacks_nearest(&t->u->stacks, sp, &distance);
	else
		distance = sp < near->begin ? near->begin - sp : sp - near->end;
	if (!near)
		return tracer_end(t, TRACE_OFF_STACK, "%#llx", (unsigned long long)sp);
	return tracer_end(t, TRACE_OFF_STACK, "%#llx is %#llx bytes %s the %s stack",
			  (unsigned long long)sp, (unsigned long long)distance,
			  sp < near->begin ? "below" : "above", stack_type_name(near->type));
}

static enum trace_end refuse(struct tracer *t, enum stack_verdict verdict,
			     const struct stack_info *to, uint64_t sp)
{
	static const enum trace_end ends[] = {
		[STACK_VISITED] = TRACE_VISITED, [STACK_ORDER] = TRACE_ORDER,
		[STACK_OTHER_CPU] = TRACE_OTHER_CPU, [STACK_NOT_A_STACK] = TRACE_OFF_STACK,
	};

	return tracer_end(t, ends[verdict], "from the %s stack to the %s stack of CPU %d at %#llx",
			  stack_type_name(t->stack.type), stack_type_name(to->type), to->cpu,
			  (unsigned long long)sp);
}

static char worse(char a, char b)
{
	return a > b ? a : b;
}

/* A stack pointer equal to the end belongs to the stack that is thereby empty. */
static bool stays(const struct tracer *t, uint64_t sp)
{
	return t->stack.type != STACK_UNKNOWN && sp <= t->stack.end &&
	       (sp >= t->stack.begin || in_guard(&t->stack, sp));
}

/* A function that keeps nothing on the stack (ARM) has its caller's stack pointer. */
static bool is_upwards(const struct tracer *t, const struct walk_state *next)
{
	return next->sp > t->now.sp ||
	       (next->sp == t->now.sp && t->now.interrupted && !next->interrupted && !next->slot);
}

static enum trace_end move_to(struct tracer *t, struct walk_state *next)
{
	enum stack_verdict verdict;
	struct stack_info to;

	if (stays(t, next->sp)) {
		if (t->trace->n && !is_upwards(t, next))
			return tracer_end(t, TRACE_DIRECTION, "SP from %#llx to %#llx",
					  (unsigned long long)t->now.sp,
					  (unsigned long long)next->sp);
		stack_advance(&t->visits, &t->stack, next->sp);
		return TRACE_GOES_ON;
	}
	if (tracer_find_stack(t, next->sp, &to, NULL)) {
		if (!find_guard(t, next->sp, &to))
			return off_stack(t, next->sp);
		next->grade = worse(next->grade, next->by_regs ? 'B' : 'C');
		next->note = "the stack ran over into its guard";
	}
	verdict = stack_enter(&t->visits, &t->stack, &to, next->sp, next->by_regs);
	if (verdict != STACK_ENTERED)
		return refuse(t, verdict, &to, next->sp);
	t->stack = to;
	t->link_used = false;
	return TRACE_GOES_ON;
}

/* ---- frames ---- */

static struct frame *add_frame(struct tracer *t)
{
	struct trace *tr = t->trace;

	if (tr->n == t->cap_frames) {
		size_t cap = t->cap_frames ? t->cap_frames * 2 : 16;
		struct frame *f = arena_array(t->arena, cap, sizeof(*f));

		if (!f)
			return NULL;
		if (tr->n)
			memcpy(f, tr->frame, tr->n * sizeof(*f));
		tr->frame = f;
		t->cap_frames = cap;
	}
	return &tr->frame[tr->n];
}

static const uint64_t *keep_regs(struct tracer *t, const uint64_t *regs)
{
	uint64_t *copy = arena_array(t->arena, t->trace->nregs, sizeof(*copy));

	if (copy)
		memcpy(copy, regs, t->trace->nregs * sizeof(*copy));
	return copy;
}

/* A return address is named by the call before it, an instruction that comes next by itself. */
static void name_frame(struct unwinder *u, const struct walk_state *s, struct frame *f)
{
	uint64_t back = s->interrupted || s->label ? 0 : 1;

	f->named = sym_at(u->syms, f->pc - back, &f->sym, &f->offset);
	f->offset += back;
}

static void grade_frame(struct tracer *t, const struct walk_state *s, struct frame *f)
{
	struct grade g = { .grade = 'A' };

	if (!f->interrupted && !s->label)
		g = grade_return(t->u, t->trace->n ? f - 1 : NULL, f);
	else if (f->interrupted && s->by_regs && s->grade == 'A')
		g.confirmed = true;
	f->via = g.via;
	if (!f->note)
		f->note = g.note;
	f->grade = worse(s->grade, stack_is_assumed(&f->stack) ? worse(g.grade, 'B') : g.grade);
	t->lost = t->lost || g.lost;
	if (g.confirmed && f->grade < 'C' && !(t->lost && (s->rule != RULE_FP || t->guessed)))
		t->cap = 'A';
	f->grade = worse(f->grade, t->cap);
	if (f->grade >= 'C')
		t->cap = t->guessed ? 'C' : 'B';
}

static enum trace_end push(struct tracer *t, const struct walk_state *s)
{
	struct frame *f;

	if (t->trace->n >= TRACE_FRAMES)
		return tracer_end(t, TRACE_LIMIT, "more than %d frames", TRACE_FRAMES);
	f = add_frame(t);
	if (!f)
		return tracer_end(t, TRACE_LIMIT, "no memory for frames");
	*f = (struct frame){
		.pc = s->pc, .slot = s->slot, .sp = s->sp, .rule = s->rule,
		.interrupted = s->interrupted, .stack = t->stack, .regs_addr = s->regs_addr, .note = s->note,
		.fp = s->fp, .fp_known = s->fp_known,
	};
	if (s->has_regs)
		f->regs = keep_regs(t, s->regs);
	else if (s->some)
		f->some = keep_regs(t, s->regs);
	f->some_known = f->some ? s->some : 0;
	name_frame(t->u, s, f);
	grade_frame(t, s, f);
	t->trace->n++;
	t->now = *s;
	return TRACE_GOES_ON;
}

static enum trace_end check_pc(struct tracer *t, const struct walk_state *s)
{
	bool text = unwinder_is_text(t->u, s->pc - (s->interrupted || s->label ? 0 : 1));

	/* a jump to nowhere is a frame of its own: the step from it looks for its caller */
	if (text || s->interrupted)
		return TRACE_GOES_ON;
	return tracer_end(t, TRACE_NOT_TEXT, "%#llx, the return address at %#llx",
			  (unsigned long long)s->pc, (unsigned long long)s->slot);
}

/* What was interrupted is known, whatever its stack pointer is worth: the walk ends behind it. */
static enum trace_end push_lost(struct tracer *t, struct walk_state *next, enum trace_end end)
{
	t->stack = (struct stack_info){ .type = STACK_UNKNOWN, .cpu = -1 };
	next->grade = worse(next->grade, 'B');
	next->note = "its stack pointer is on no stack";
	push(t, next);
	return end;
}

/* Judge a state that a step came to, and make it a frame. */
static enum trace_end accept(struct tracer *t, struct walk_state *next)
{
	enum trace_end end = TRACE_GOES_ON;

	if (!next->interrupted)
		end = retaddr_recover(t, next);
	if (!end)
		end = check_pc(t, next);
	if (!end)
		end = move_to(t, next);
	if (end == TRACE_OFF_STACK && next->by_regs)
		return push_lost(t, next, end);
	return end ? end : push(t, next);
}

/* ---- the walk ---- */

static bool may_link(const struct tracer *t, enum trace_end end)
{
	return t->u->arch && t->u->arch->link && !t->link_used && !trace_end_is_complete(end) &&
	       end != TRACE_LIMIT && t->stack.type != STACK_UNKNOWN &&
	       t->stack.type != STACK_TASK && t->stack.type != STACK_ENTRY;
}

/* The walk broke off on an interrupt or exception stack: go on from what the stack itself
 * says of where it was entered. */
static enum trace_end try_link(struct tracer *t, enum trace_end end)
{
	struct walk_state next = { 0 };
	const char *reason = t->trace->reason;

	t->link_used = true;
	if (t->u->arch->link(t, &next) == TRACE_GOES_ON && accept(t, &next) == TRACE_GOES_ON) {
		t->trace->frame[t->trace->n - 1].note = reason;
		return TRACE_GOES_ON;
	}
	t->trace->end = end;
	t->trace->reason = reason;
	t->trace->user_regs = NULL;
	return end;
}

static enum trace_end step(struct tracer *t)
{
	struct walk_state next = { 0 };
	enum trace_end end;

	if (!t->u->arch)
		return tracer_end(t, TRACE_NO_UNWINDER, "%s", t->u->lack.text);
	end = t->u->arch->step(t, &next);

	if (!end)
		end = accept(t, &next);
	return end && may_link(t, end) ? try_link(t, end) : end;
}

static bool all_good(const struct trace *tr)
{
	for (size_t i = 0; i < tr->n; i++)
		if (tr->frame[i].grade > 'B')
			return false;
	return true;
}

enum trace_end tracer_user_regs(struct tracer *t, const uint64_t *regs, uint64_t addr)
{
	uint64_t kept = (uint64_t)t->trace->nregs * t->u->mem.word;
	uint64_t size = t->u->saved.pt_regs ? t->u->saved.pt_regs : kept;
	uint64_t end = tracer_task_end(t);

	t->trace->user_regs = keep_regs(t, regs);
	t->trace->user_regs_addr = addr;
	/* task_pt_regs(): up to 16 bytes of padding lie above them (x86: FRED, vm86; ARM) */
	if (t->stack.type == STACK_ENTRY || !end ||
	    (addr + size <= end && end - addr - size <= 16))
		return tracer_end(t, TRACE_USER_REGS, NULL);
	t->misplaced = true;
	return tracer_end(t, TRACE_USER_REGS, "at %#llx, which is not where the task's lie",
			  (unsigned long long)addr);
}

/* The stack pointer is on no stack, which the machine may have an explanation for. */
static enum trace_end try_lost(struct tracer *t, enum trace_end end)
{
	struct walk_state next = { 0 };
	const char *reason = t->trace->reason;

	if (!t->u->arch || !t->u->arch->lost)
		return end;
	if (t->u->arch->lost(t, &next) == TRACE_GOES_ON && accept(t, &next) == TRACE_GOES_ON)
		return TRACE_GOES_ON;
	t->trace->end = end;
	t->trace->reason = reason;
	return end;
}

static enum trace_end begin_on(struct tracer *t, struct walk_state *first)
{
	if (first->has_regs && t->u->arch && t->u->arch->stackless &&
	    t->u->arch->stackless(first->regs))
		return off_stack(t, first->sp);
	return move_to(t, first);
}

void tracer_run(struct tracer *t, const struct walk_state *first)
{
	struct walk_state s = *first;
	enum trace_end end;

	t->cap = 'A';
	unwinder_is_text(t->u, s.pc); /* brings in the module that owns it */
	end = begin_on(t, &s);
	if (end) {
		/* the registers stand, whatever their stack pointer is worth */
		t->stack = (struct stack_info){ .type = STACK_UNKNOWN, .cpu = -1 };
		push(t, &s);
		if (end == TRACE_OFF_STACK)
			end = try_lost(t, end);
	} else {
		end = push(t, &s);
	}
	while (!end)
		end = step(t);
	t->trace->complete = trace_end_is_complete(end) && all_good(t->trace) && !t->misplaced;
}
