/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/stack_arch.h"

#define PAGE        4096u
#define PROBE_LIMIT (16 * PAGE)

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

uint64_t stack_probe(const struct reader *r, uint64_t end)
{
	uint64_t size = 0, word;

	while (size < PROBE_LIMIT && end > size + PAGE &&
	       !reader_word(r, end - size - PAGE, &word, NULL))
		size += PAGE;
	return size;
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
