/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/point_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/kern/module.h"
#include "mm/slab.h"

/* No kernel maps what lies lower: vm.mmap_min_addr. */
#define SMALL 0x10000

void point_out_init(struct point_out *p, struct out *o, struct cairn *c, struct unwinder *u,
		    const struct tasks *tasks)
{
	const struct type *t = type_find(&c->types, "struct task_struct", NULL);

	*p = (struct point_out){ .o = o, .c = c, .u = u, .tasks = tasks,
				 .task_size = t ? type_strip(t)->size : 0 };
	p->has_pages = !page_map_init(&p->pages, c, NULL);
}

/* All bytes the same. */
static bool repeats(uint64_t value, unsigned word, unsigned char byte)
{
	return value == (UINT64_C(0x0101010101010101) * byte & UINT64_MAX >> (64 - 8 * word));
}

const char *point_poison(uint64_t value, unsigned word)
{
	/* CONFIG_ILLEGAL_POINTER_VALUE of 64-bit machines */
	uint64_t delta = word == 8 ? UINT64_C(0xdead000000000000) : 0;

	if (value == delta + 0x100)
		return "LIST_POISON1: next of an element that was deleted";
	if (value == delta + 0x122)
		return "LIST_POISON2: prev of an element that was deleted";
	if (repeats(value, word, 0x6b))
		return "POISON_FREE: read out of a freed object";
	if (repeats(value, word, 0x5a))
		return "POISON_INUSE: read out of an object that was not initialised";
	if (repeats(value, word, 0xcc))
		return "POISON_FREE_INITMEM, or stack that was not initialised";
	return NULL;
}

static void say(struct point_out *p, const char *kind, const char *what, bool has_offset,
		uint64_t offset)
{
	out_str(p->o, "kind", NULL, kind);
	out_str(p->o, "what", what ? "  %s" : NULL, what);
	if (has_offset)
		out_hex(p->o, "what_offset", "+%s", offset);
	else
		out_null(p->o, "what_offset", NULL);
}

/* True if it needs no memory to tell. */
static bool by_value(struct point_out *p, uint64_t value)
{
	const char *poison = point_poison(value, p->c->arch->word);

	if (!value)
		say(p, "null", "NULL", false, 0);
	else if (poison)
		say(p, "poison", poison, false, 0);
	else if (value < SMALL)
		say(p, "number", "no address", false, 0);
	else if (!paging_canonical(&p->c->layout.form, value))
		say(p, "non-canonical", "non-canonical", false, 0);
	else if (p->c->arch->word == 8 && !(value >> 63))
		say(p, "user", "user's half, or a number", false, 0);
	else
		return false;
	return true;
}

static bool symbol(struct point_out *p, uint64_t value)
{
	const struct modules *ms;
	const struct module *m = modules_get(p->c, &ms, NULL) ? NULL : module_at(ms, value);
	char name[256];
	uint64_t off;
	struct sym s;

	if (!sym_at(&p->c->syms, value, &s, &off) || s.percpu ||
	    (m && module_sym_misleads(m, &s, value)))
		return false;
	snprintf(name, sizeof(name), s.module ? "%s [%s]" : "%s", s.name, s.module);
	say(p, "symbol", name, true, off);
	return true;
}

static bool task(struct point_out *p, uint64_t value)
{
	char name[64];

	for (size_t i = 0; p->tasks && p->task_size && i < p->tasks->n; i++) {
		const struct task *t = &p->tasks->task[i];

		if (t->fault || value - t->addr >= p->task_size)
			continue;
		snprintf(name, sizeof(name), "task_struct of %d \"%s\"", t->pid, t->comm);
		say(p, "task", name, true, value - t->addr);
		return true;
	}
	return false;
}

static bool stack(struct point_out *p, uint64_t value)
{
	struct stack_info s;
	char name[64];
	bool guard = false;

	if (!p->u)
		return false;
	if (!unwinder_task_stack(p->u, value, &s) && stacks_find(&p->u->stacks, value, &s, NULL)) {
		if (stacks_find_guard(&p->u->stacks, value, &s, NULL))
			return false;
		guard = true;
	}
	if (s.cpu >= 0)
		snprintf(name, sizeof(name), "%s%s stack of CPU %d", guard ? "guard of the " : "",
			 stack_type_name(s.type), (int)s.cpu);
	else
		snprintf(name, sizeof(name), "%s%s stack", guard ? "guard of the " : "",
			 stack_type_name(s.type));
	say(p, "stack", name, false, 0);
	return true;
}

static bool slab(struct point_out *p, uint64_t value)
{
	struct slab_object s;
	char name[128];

	if (!p->has_pages || slab_object_at(p->c, &p->pages, value, &s, NULL))
		return false;
	snprintf(name, sizeof(name), "%s %s", s.offset < s.size ? "object of" : "beside an object of",
		 *s.name ? s.name : "a slab cache");
	say(p, "slab", name, s.offset < s.size, s.offset);
	return true;
}

static bool memory(struct point_out *p, uint64_t value)
{
	static const char *const owners[] = {
		[PAGE_KERNEL] = "kernel memory", [PAGE_SLAB] = "slab memory",
		[PAGE_FREE] = "free memory", [PAGE_USER] = "user's memory",
		[PAGE_CACHE] = "page cache",
	};
	struct cairn_err err;
	enum page_owner owner;
	uint64_t paddr;

	if (space_translate(&p->c->kernel, value, &paddr, &err)) {
		out_str(p->o, "kind", NULL, "fault");
		out_fault(p->o, "what", "  %s", &err);
		out_null(p->o, "what_offset", NULL);
		return false;
	}
	if (!p->has_pages || page_owner_of(&p->pages, paddr >> p->pages.shift, &owner, NULL))
		owner = PAGE_KERNEL;
	say(p, "memory", owners[owner], false, 0);
	return true;
}

bool point_out(struct point_out *p, uint64_t value)
{
	if (by_value(p, value))
		return false;
	return symbol(p, value) || task(p, value) || stack(p, value) || slab(p, value) ||
	       memory(p, value);
}
