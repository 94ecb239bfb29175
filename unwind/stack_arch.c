/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/stack_arch.h"

const struct stack_arch *stack_arch_by_id(enum arch_id id)
{
	SET_EACH(stack_archs, const struct stack_arch, p)
		if ((*p)->id == id)
			return *p;
	return NULL;
}

void stack_finder_add(struct stack_finder *f, struct stack_info info)
{
	info.cpu = (int32_t)f->cpu->id;
	stacks_add(f->stacks, f->arena, &info, NULL);
}

struct stack_info stack_of_task(uint64_t task, int32_t cpu, uint64_t begin, uint64_t size,
				uint64_t guard)
{
	if (!begin || !size || begin + size < begin)
		return (struct stack_info){ .type = STACK_UNKNOWN, .cpu = -1 };
	return (struct stack_info){
		.type = STACK_TASK, .cpu = cpu, .task = task,
		.begin = begin, .end = begin + size, .guard = guard,
	};
}
