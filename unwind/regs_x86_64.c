/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/regs_x86_64.h"

#include <string.h>

#define WORD 8u
#define IRET 5 /* words that an interrupt pushes: IP to SS */

/* Words below the end of the NMI stack, asm_exc_nmi: what the processor pushed last, and the
 * frame that iret will use. */
#define NMI_PUSHED 5
#define NMI_IRET   12

const struct entry_x86 regs_x86_64_layout = {
	.words = PT_REGS, .ip = IP, .cs = CS, .flags = FLAGS, .sp = SP,
};

bool regs_x86_64_user_mode(const uint64_t *regs)
{
	return regs[CS] & 3;
}

/* A state out of saved registers. */
static enum trace_end from_regs(struct tracer *t, const uint64_t *regs, uint64_t addr, bool full,
				struct walk_state *next)
{
	if (regs_x86_64_user_mode(regs))
		return tracer_user_regs(t, regs, addr);
	memcpy(next->regs, regs, PT_REGS * sizeof(*regs));
	next->pc = regs[IP];
	next->sp = regs[SP];
	next->interrupted = true;
	next->has_regs = next->full = full;
	next->rule = RULE_REGS;
	next->by_regs = true;
	next->regs_addr = addr;
	next->grade = 'A';
	if (!entry_x86_are_plausible(&regs_x86_64_layout, regs)) {
		next->grade = 'C';
		next->note = "the saved registers look wrong";
	}
	return TRACE_GOES_ON;
}

/* An NMI that comes in while another is handled overwrites what the processor pushed, and
 * makes the first one's iret go to repeat_nmi. pt_regs are out of its reach. */
static bool is_nmi_pending(struct tracer *t, uint64_t addr, const uint64_t *regs)
{
	uint64_t ip;

	return t->stack.type == STACK_NMI && addr == t->stack.end - NMI_REGS * WORD &&
	       !reader_word(&t->u->mem, t->stack.end - NMI_IRET * WORD, &ip, NULL) &&
	       ip != regs[IP];
}

enum trace_end regs_x86_64_step(struct tracer *t, uint64_t cfa, struct walk_state *next)
{
	uint64_t regs[PT_REGS];
	enum trace_end end = tracer_stack_words(t, cfa, regs, PT_REGS);

	if (!end)
		end = from_regs(t, regs, cfa, true, next);
	if (!end && is_nmi_pending(t, cfa, regs))
		next->note = "another NMI came in and waits to be handled";
	return end;
}

enum trace_end regs_x86_64_step_partial(struct tracer *t, uint64_t cfa,
					struct walk_state *next)
{
	uint64_t regs[PT_REGS] = { 0 };
	bool full = t->now.has_regs && t->now.full;
	enum trace_end end;

	if (full)
		memcpy(regs, t->now.regs, sizeof(regs));
	end = tracer_stack_words(t, cfa, regs + IP, IRET);
	if (end)
		return end;
	if (t->stack.type == STACK_NMI && cfa == t->stack.end - NMI_PUSHED * WORD &&
	    on_stack(&t->stack, regs[SP], 1))
		return tracer_end(t, TRACE_NMI_OVERWRITTEN, "at %#llx", (unsigned long long)cfa);
	return from_regs(t, regs, cfa - IP * WORD, full, next);
}
