/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/damage.h"

#include <string.h>

static bool is_handler(const struct frame *f)
{
	return f->named && (!strcmp(f->sym.name, "handle_stack_overflow") ||
			    !strcmp(f->sym.name, "handle_bad_stack"));
}

/* The last frame on the stack that was left for the one that the handler runs on. */
static const struct frame *left_for(const struct trace *tr, size_t handler)
{
	for (size_t i = handler + 1; i < tr->n; i++)
		if (tr->frame[i].stack.begin != tr->frame[handler].stack.begin)
			return &tr->frame[i];
	return NULL;
}

void damage_of_frames(struct trace *tr)
{
	struct stack_damage *d = &tr->damage;

	for (size_t i = 0; i < tr->n; i++) {
		const struct frame *f = &tr->frame[i];
		const struct frame *left = is_handler(f) ? left_for(tr, i) : NULL;

		if (left && left->stack.type != STACK_UNKNOWN) {
			d->ran_over = left->stack;
			d->reported = true;
			if (on_stack(&left->stack, left->sp, 1))
				d->above = left->sp - left->stack.begin;
		}
		if (!d->sp && in_guard(&f->stack, f->sp)) {
			d->ran_over = f->stack;
			d->sp = f->sp;
			d->above = 0;
		}
	}
}

/* ARM up to 5.15 has struct thread_info at the bottom of the stack, and the magic above it. */
static bool magic_offset(struct unwinder *u, uint64_t *ret)
{
	const struct type *task, *info;
	struct member m;

	*ret = 0;
	if (!u->c)
		return true;
	task = type_find(&u->c->types, "struct task_struct", NULL);
	if (!task)
		return false;
	if (type_member(type_strip(task), "thread_info", &m))
		return true;
	info = type_find(&u->c->types, "struct thread_info", NULL);
	*ret = info ? type_strip(info)->size : 0;
	return *ret != 0;
}

void damage_of_magic(struct stack_damage *d, struct unwinder *u, const struct stack_info *stack)
{
	uint64_t at, value;

	if (stack->type != STACK_TASK || !magic_offset(u, &at) ||
	    reader_word(&u->mem, stack->begin + at, &value, NULL) || value == STACK_END_MAGIC)
		return;
	d->magic_at = stack->begin + at;
	d->magic = value;
}

bool is_damaged(const struct stack_damage *d)
{
	return d->ran_over.type != STACK_UNKNOWN || d->magic_at;
}
