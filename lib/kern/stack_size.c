/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/stack_size.h"

#include "lib/debug/shape.h"

#define STACK_MIN 4096u
#define STACK_MAX 65536u

#define SAMPLE 16u /* tasks that are enough to tell */

/* What every kernel's is, whatever the dump says. */
static bool is_plausible(uint64_t size)
{
	return size >= STACK_MIN && size <= STACK_MAX && !(size & (size - 1));
}

static uint64_t size_between_symbols(struct cairn *c)
{
	static const char *const bounds[][2] = {
		{ "__start_init_stack", "__end_init_stack" },
		{ "init_stack", "__end_init_task" },
		{ "init_thread_union", "__end_init_task" },
		{ "init_stack", "__end_init_stack" },
	};
	uint64_t begin, end;

	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
		if (sym_addr(&c->syms, bounds[i][0], &begin, NULL) == CAIRN_OK &&
		    sym_addr(&c->syms, bounds[i][1], &end, NULL) == CAIRN_OK && is_plausible(end - begin))
			return end - begin;
	return 0;
}

/* A stack in vmalloc space has an area that is larger by a guard page (kernel/fork.c
 * alloc_thread_stack_node). */
static uint64_t size_of_area(struct cairn *c, const struct tasks *ts)
{
	static const struct shape_want task = { "struct task_struct", 1, { "stack_vm_area" } };
	static const struct shape_want area = { "struct vm_struct", 1, { "size" } };
	uint64_t guard = (uint64_t)1 << image_info(c->img)->page_shift, addr, size;
	struct shape t, a;

	if (shape_resolve(&t, &task, &c->types, NULL) != CAIRN_OK ||
	    shape_resolve(&a, &area, &c->types, NULL) != CAIRN_OK)
		return 0;
	for (size_t i = 0; i < ts->n && i < SAMPLE; i++)
		if (!shape_get(&t, &c->kernel, ts->task[i].addr, 0, &addr, NULL) && addr &&
		    !shape_get(&a, &c->kernel, addr, 0, &size, NULL) &&
		    is_plausible(size - guard))
			return size - guard;
	return 0;
}

/* Other stacks are aligned to their size; of many, some are to no more. */
static uint64_t size_by_alignment(const struct tasks *ts)
{
	uint64_t all = 0, size;
	size_t n = 0;

	for (size_t i = 0; i < ts->n; i++) {
		all |= ts->task[i].stack;
		n += ts->task[i].stack != 0;
	}
	size = all & -all;
	return n >= SAMPLE && is_plausible(size) ? size : 0;
}

static uint64_t size_of_type(struct cairn *c, const char *name)
{
	const struct type *t = type_find(&c->types, name, NULL);

	return t && is_plausible(type_strip(t)->size) ? type_strip(t)->size : 0;
}

uint64_t stack_size(struct cairn *c, const struct tasks *ts)
{
	uint64_t size = size_between_symbols(c);

	/* most kernels have no trace of this type: a vmlinux is read to its end for it */
	if (!size)
		size = size_of_type(c, "union thread_union");
	if (!size)
		size = size_of_type(c, "struct irq_stack");
	if (!size)
		size = size_of_area(c, ts);
	return size ? size : size_by_alignment(ts);
}
