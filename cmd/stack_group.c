/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/stack_group.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/stack_out.h"

#define OWNERS_SHOWN 12 /* of one group, in text */

/* ---- merging ---- */

static bool equal(const struct trace *a, const struct trace *b)
{
	if (a->n != b->n || a->end != b->end || a->complete != b->complete)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->frame[i].pc != b->frame[i].pc || a->frame[i].grade != b->frame[i].grade ||
		    a->frame[i].stack.type != b->frame[i].stack.type)
			return false;
	return true;
}

static uint64_t hash(const struct trace *tr)
{
	uint64_t h = hash_u64((uint64_t)tr->end << 1 | tr->complete);

	for (size_t i = 0; i < tr->n; i++) {
		const struct frame *f = &tr->frame[i];

		h = hash_u64(h ^ f->pc);
		h = hash_u64(h ^ ((uint64_t)f->stack.type << 8 | (unsigned char)f->grade));
	}
	return h;
}

static char *copy_text(struct arena *a, const char *s)
{
	return s ? arena_strdup(a, s) : NULL;
}

/* What belongs to one of the stacks alone is left out. */
static bool keep(struct trace *to, const struct trace *from, struct arena *a)
{
	*to = *from;
	to->merged = true;
	to->user_regs = NULL;
	to->frame = arena_array(a, from->n + 1, sizeof(*to->frame));
	to->reason = copy_text(a, from->reason);
	for (size_t i = 0; to->frame && i < from->n; i++) {
		struct frame *f = &to->frame[i];

		*f = from->frame[i];
		f->sp = f->regs_addr = 0;
		f->regs = NULL;
		f->via = copy_text(a, f->via);
		f->note = copy_text(a, f->note);
		if (f->stack.type == STACK_TASK)
			f->stack.cpu = -1;
	}
	return to->frame;
}

static struct stack_group *new_group(struct stack_groups *g, const struct trace *tr, uint64_t h)
{
	struct stack_group *p = arena_room(g->arena, g->group, g->n, &g->cap, sizeof(*p));

	if (!p)
		return NULL;
	g->group = p;
	p += g->n;
	*p = (struct stack_group){ .first = g->n };
	if (!keep(&p->trace, tr, g->arena))
		return NULL;
	/* of stacks that differ by a collision only the first is found again: no harm but a
	   group too many */
	map_put(&g->by_hash, h, g->n++);
	return p;
}

static struct stack_group *group_of(struct stack_groups *g, const struct trace *tr)
{
	uint64_t h = hash(tr), i;

	if (map_get(&g->by_hash, h, &i) && equal(&g->group[i].trace, tr))
		return &g->group[i];
	return new_group(g, tr, h);
}

bool stack_groups_add(struct stack_groups *g, const struct task *task, int32_t cpu,
		      const struct trace *tr)
{
	struct stack_group *p = group_of(g, tr);
	struct stack_owner *owner;

	if (!p)
		return false;
	owner = arena_room(g->arena, p->owner, p->n, &p->cap, sizeof(*owner));
	if (!owner)
		return false;
	p->owner = owner;
	owner[p->n++] = (struct stack_owner){ task, cpu };
	return true;
}

static int larger_first(const void *a, const void *b)
{
	const struct stack_group *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

void stack_groups_sort(struct stack_groups *g)
{
	if (g->n)
		qsort(g->group, g->n, sizeof(*g->group), larger_first);
}

void stack_groups_deinit(struct stack_groups *g)
{
	map_deinit(&g->by_hash);
}

/* ---- showing ---- */

static void owner_text(struct out *o, const struct stack_owner *w)
{
	if (w->task && !w->task->fault) {
		out_text(o, "%" PRId32 " ", w->task->pid);
		out_text_safe(o, w->task->comm, strlen(w->task->comm));
		if (w->task->state)
			out_text(o, " (%c)", w->task->state);
	} else if (w->task) {
		out_text(o, "task 0x%" PRIx64, w->task->addr);
	} else {
		out_text(o, "CPU %" PRId32, w->cpu);
	}
}

static void owner_object(struct out *o, struct cairn *c, const struct stack_owner *w)
{
	const struct task *t = w->task && !w->task->fault ? w->task : NULL;
	const char state[2] = { t ? t->state : 0, '\0' };

	out_object(o, NULL);
	if (t)
		out_num(o, "pid", NULL, t->pid);
	else
		out_null(o, "pid", NULL);
	out_str(o, "comm", NULL, t ? t->comm : NULL);
	if (w->task)
		out_addr(o, "task", NULL, w->task->addr, c->arch->word * 2);
	else
		out_null(o, "task", NULL);
	out_str(o, "state", NULL, t && t->state ? state : NULL);
	if (w->cpu >= 0)
		out_num(o, "cpu", NULL, w->cpu);
	else
		out_null(o, "cpu", NULL);
	out_end(o);
}

static void owners(struct out *o, struct cairn *c, const struct stack_group *g)
{
	out_array(o, "tasks");
	for (size_t i = 0; i < g->n; i++) {
		owner_object(o, c, &g->owner[i]);
		if (i >= OWNERS_SHOWN)
			continue;
		out_text(o, i ? ", " : "");
		owner_text(o, &g->owner[i]);
	}
	out_end(o);
	if (g->n > OWNERS_SHOWN)
		out_text(o, " and %zu more", g->n - OWNERS_SHOWN);
	out_text(o, "\n");
}

void stack_groups_show(const struct stack_groups *g, struct out *o, struct cairn *c,
		       const struct stack_detail *detail)
{
	for (size_t i = 0; i < g->n && !out_broken(o); i++) {
		out_record(o, "stackgroup");
		out_paint(o, OUT_BOLD);
		out_num(o, "count", g->group[i].n == 1 ? "%s task: " : "%s tasks: ",
			(int64_t)g->group[i].n);
		out_paint(o, OUT_PLAIN);
		owners(o, c, &g->group[i]);
		stack_frames(o, c, &g->group[i].trace, detail);
		out_text(o, "\n");
		out_end(o);
	}
}
