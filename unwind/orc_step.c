/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/orc_step.h"

#include "unwind/regs_x86_64.h"

#define WORD 8u

static enum trace_end step_call(struct tracer *t, uint64_t cfa, struct walk_state *next)
{
	next->slot = cfa - WORD;
	next->sp = cfa;
	next->rule = RULE_ORC;
	next->grade = 'A';
	return tracer_stack_words(t, next->slot, &next->pc, 1);
}

static enum trace_end get_cfa_reg(struct tracer *t, unsigned index, uint64_t *ret)
{
	if (!t->now.has_regs || !t->now.full)
		return tracer_end(t, TRACE_NO_REGISTER, "%s at %#llx",
				  t->u->machine->reg_names[index], (unsigned long long)t->now.pc);
	*ret = t->now.regs[index];
	return TRACE_GOES_ON;
}

static enum trace_end get_fp(struct tracer *t, uint64_t *ret)
{
	if (!t->now.fp_known)
		return tracer_end(t, TRACE_NO_REGISTER, "rbp at %#llx",
				  (unsigned long long)t->now.pc);
	*ret = t->now.fp;
	return TRACE_GOES_ON;
}

static enum trace_end get_cfa(struct tracer *t, const struct orc_row *row, uint64_t *ret)
{
	uint64_t off = (uint64_t)(int64_t)row->sp_offset;
	enum trace_end end = TRACE_GOES_ON;

	switch (row->sp_reg) {
	case ORC_REG_SP:
		*ret = t->now.sp + off;
		return TRACE_GOES_ON;
	case ORC_REG_BP:
		end = get_fp(t, ret);
		*ret += off;
		return end;
	case ORC_REG_SP_INDIRECT:
		end = tracer_stack_words(t, t->now.sp, ret, 1);
		*ret += off;
		return end;
	case ORC_REG_BP_INDIRECT:
		end = get_fp(t, ret);
		return end ? end : tracer_stack_words(t, *ret + off, ret, 1);
	case ORC_REG_AX: return get_cfa_reg(t, AX, ret);
	case ORC_REG_DX: return get_cfa_reg(t, DX, ret);
	case ORC_REG_DI: return get_cfa_reg(t, DI, ret);
	case ORC_REG_R10: return get_cfa_reg(t, R10, ret);
	case ORC_REG_R13: return get_cfa_reg(t, R13, ret);
	}
	return tracer_end(t, TRACE_UNDEFINED, "unknown base register at %#llx",
			  (unsigned long long)t->now.pc);
}

/* Where the caller's frame pointer is. What cannot be read only matters if it is used. */
static void set_fp(struct tracer *t, const struct orc_row *row, uint64_t cfa,
		   struct walk_state *next)
{
	uint64_t at = (uint64_t)(int64_t)row->bp_offset;

	switch (row->bp_reg) {
	case ORC_REG_PREV_SP:
		at += cfa;
		break;
	case ORC_REG_BP:
		if (!t->now.fp_known)
			return;
		at += t->now.fp;
		break;
	default:
		next->fp = next->has_regs ? next->regs[BP] : t->now.fp;
		next->fp_known = next->has_regs || t->now.fp_known;
		return;
	}
	next->fp_known = !reader_word(&t->u->mem, at, &next->fp, NULL);
}

enum trace_end orc_step(struct tracer *t, const struct orc_row *row, struct walk_state *next)
{
	uint64_t cfa = 0;
	enum trace_end end;

	if (row->type == ORC_TYPE_END_OF_STACK)
		return tracer_end(t, TRACE_END_OF_STACK, NULL);
	if (row->type == ORC_TYPE_BAD)
		return tracer_end(t, TRACE_UNDEFINED, "at %#llx", (unsigned long long)t->now.pc);
	end = get_cfa(t, row, &cfa);
	if (end)
		return end;
	switch (row->type) {
	case ORC_TYPE_REGS:
		end = regs_x86_64_step(t, cfa, next);
		break;
	case ORC_TYPE_REGS_PARTIAL:
		end = regs_x86_64_step_partial(t, cfa, next);
		break;
	default:
		end = step_call(t, cfa, next);
	}
	if (!end)
		set_fp(t, row, cfa, next);
	return end;
}
