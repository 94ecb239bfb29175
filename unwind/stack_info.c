/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/stack_info.h"

#include <string.h>

/* What lies further from a stack has nothing to do with it. */
#define NEAR ((uint64_t)1 << 20)

static const struct {
	const char *name, *tag;
	unsigned rank; /* a stack is only left for one of lower rank, or among RANK_EXCEPTION */
} types[STACK_TYPES] = {
#define RANK_EXCEPTION 4
	[STACK_UNKNOWN] = { "unknown", "UNKNOWN", 0 },
	[STACK_TASK] = { "task", "TASK", 1 },
	[STACK_ENTRY] = { "entry", "ENTRY_TRAMPOLINE", 1 },
	[STACK_SOFTIRQ] = { "softirq", "SOFTIRQ", 2 },
	[STACK_IRQ] = { "irq", "IRQ", 3 },
	[STACK_EFI] = { "efi", "EFI", 2 },
	[STACK_OVERFLOW] = { "overflow", "OVERFLOW", RANK_EXCEPTION },
	[STACK_SDEI] = { "sdei", "SDEI", RANK_EXCEPTION },
	[STACK_SDEI_CRITICAL] = { "sdei-critical", "SDEI critical", RANK_EXCEPTION },
	[STACK_DF] = { "DF", "#DF", RANK_EXCEPTION },
	[STACK_NMI] = { "NMI", "NMI", RANK_EXCEPTION },
	[STACK_DB] = { "DB", "#DB", RANK_EXCEPTION },
	[STACK_DB1] = { "DB1", "#DB1", RANK_EXCEPTION },
	[STACK_DB2] = { "DB2", "#DB2", RANK_EXCEPTION },
	[STACK_MCE] = { "MCE", "#MC", RANK_EXCEPTION },
	[STACK_VC] = { "VC", "#VC", RANK_EXCEPTION },
	[STACK_VC2] = { "VC2", "#VC2", RANK_EXCEPTION },
	[STACK_ASSUMED] = { "unknown", "UNKNOWN", 3 },
	[STACK_ASSUMED_2] = { "unknown", "UNKNOWN", 2 },
	[STACK_ASSUMED_3] = { "unknown", "UNKNOWN", 1 },
};

static bool is_type(enum stack_type type)
{
	return (unsigned)type < STACK_TYPES;
}

const char *stack_type_name(enum stack_type type)
{
	return types[is_type(type) ? type : STACK_UNKNOWN].name;
}

const char *stack_type_tag(enum stack_type type)
{
	return types[is_type(type) ? type : STACK_UNKNOWN].tag;
}

bool on_stack(const struct stack_info *info, uint64_t addr, uint64_t len)
{
	return info->type != STACK_UNKNOWN && addr >= info->begin && addr < info->end &&
	       len <= info->end - addr;
}

bool stack_is_assumed(const struct stack_info *info)
{
	return info->type >= STACK_ASSUMED && info->type <= STACK_ASSUMED_3;
}

bool in_guard(const struct stack_info *info, uint64_t sp)
{
	return info->type != STACK_UNKNOWN && sp < info->begin && info->begin - sp <= info->guard;
}

static bool grow(struct stacks *s, struct arena *a)
{
	size_t cap = s->cap ? s->cap * 2 : 16;
	struct stack_info *stack = arena_array(a, cap, sizeof(*stack));

	if (!stack)
		return false;
	if (s->n)
		memcpy(stack, s->stack, s->n * sizeof(*stack));
	s->stack = stack;
	s->cap = cap;
	return true;
}

enum cairn_code stacks_add(struct stacks *s, struct arena *a, const struct stack_info *info,
			   struct cairn_err *err)
{
	if (info->type == STACK_UNKNOWN || !is_type(info->type) || info->begin >= info->end)
		return cairn_fail(err, CAIRN_CORRUPT, "%s stack has no bounds",
				  stack_type_name(info->type));
	for (size_t i = 0; i < s->n; i++) {
		const struct stack_info *o = &s->stack[i];

		if (info->begin < o->end && o->begin < info->end)
			return cairn_fail(err, CAIRN_CORRUPT,
					  "%s stack of CPU %d at %#llx overlaps %s of CPU %d",
					  stack_type_name(info->type), info->cpu,
					  (unsigned long long)info->begin,
					  stack_type_name(o->type), o->cpu);
	}
	if (s->n == s->cap && !grow(s, a))
		return cairn_fail(err, CAIRN_NOMEM, "no memory for the table of stacks");
	s->stack[s->n++] = *info;
	return CAIRN_OK;
}

static enum cairn_code not_found(const struct stacks *s, uint64_t sp, struct stack_info *ret,
				 struct cairn_err *err)
{
	uint64_t distance = 0;
	const struct stack_info *near = stacks_nearest(s, sp, &distance);

	*ret = (struct stack_info){ .type = STACK_UNKNOWN, .cpu = -1 };
	if (!near || distance > NEAR)
		return cairn_fail(err, CAIRN_NOTFOUND, "%#llx is on no known stack",
				  (unsigned long long)sp);
	return cairn_fail(err, CAIRN_NOTFOUND,
			  "%#llx is on no known stack; nearest: %s of CPU %d, %#llx bytes %s",
			  (unsigned long long)sp, stack_type_name(near->type), near->cpu,
			  (unsigned long long)distance, sp < near->begin ? "below" : "above");
}

enum cairn_code stacks_find(const struct stacks *s, uint64_t sp, struct stack_info *ret,
			    struct cairn_err *err)
{
	for (size_t i = 0; i < s->n; i++) {
		if (on_stack(&s->stack[i], sp, 1)) {
			*ret = s->stack[i];
			return CAIRN_OK;
		}
	}
	return not_found(s, sp, ret, err);
}

uint64_t stacks_use(struct stacks *s, uint64_t sp)
{
	for (size_t i = 0, hops = 0; i < s->n && hops < s->n; i++) {
		if (!on_stack(&s->stack[i], sp, 1))
			continue;
		s->stack[i].use = STACK_IN_USE;
		sp = s->stack[i].next_sp;
		i = SIZE_MAX; /* from the first again */
		hops++;
	}
	return sp;
}

enum cairn_code stacks_find_guard(const struct stacks *s, uint64_t sp, struct stack_info *ret,
				  struct cairn_err *err)
{
	for (size_t i = 0; i < s->n; i++) {
		if (in_guard(&s->stack[i], sp)) {
			*ret = s->stack[i];
			return CAIRN_OK;
		}
	}
	return not_found(s, sp, ret, err);
}

const struct stack_info *stacks_nearest(const struct stacks *s, uint64_t sp, uint64_t *distance)
{
	const struct stack_info *best = NULL;

	for (size_t i = 0; i < s->n; i++) {
		const struct stack_info *o = &s->stack[i];
		uint64_t d = sp < o->begin ? o->begin - sp : sp >= o->end ? sp - o->end : 0;

		if (!best || d < *distance) {
			best = o;
			*distance = d;
		}
	}
	return best;
}

static bool order_ok(const struct stack_info *from, const struct stack_info *to)
{
	unsigned a = types[from->type].rank, b = types[to->type].rank;

	return from->type == STACK_UNKNOWN || b < a || (a == RANK_EXCEPTION && b == a);
}

static bool same_cpu(const struct stack_info *from, const struct stack_info *to)
{
	return from->cpu < 0 || to->cpu < 0 || from->type == STACK_TASK || to->type == STACK_TASK ||
	       from->cpu == to->cpu;
}

enum stack_verdict stack_enter(struct stack_visits *v, const struct stack_info *from,
			       const struct stack_info *to, uint64_t sp, bool by_regs)
{
	bool again;

	if (to->type == STACK_UNKNOWN || !is_type(to->type) || !is_type(from->type))
		return STACK_NOT_A_STACK;
	if (!same_cpu(from, to))
		return STACK_OTHER_CPU;
	again = v->mask & 1u << to->type;
	if (again && !(by_regs && v->seen[to->type].begin == to->begin &&
		       sp > v->seen[to->type].high))
		return STACK_VISITED;
	if (!order_ok(from, to))
		return STACK_ORDER;
	v->mask |= 1u << to->type;
	v->seen[to->type].begin = to->begin;
	v->seen[to->type].high = sp;
	return STACK_ENTERED;
}

void stack_advance(struct stack_visits *v, const struct stack_info *info, uint64_t sp)
{
	if (is_type(info->type) && sp > v->seen[info->type].high)
		v->seen[info->type].high = sp;
}
