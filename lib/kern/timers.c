/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/timers_priv.h"

#include <stdlib.h>
#include <string.h>

#include "lib/debug/shape.h"

/* ---- what is behind one ---- */

static uint64_t distance(struct cairn *c, const char *type, const char *from, const char *to)
{
	const struct type *t = type_find(&c->types, type, NULL);
	struct member a, b;

	return t && type_member(t, from, &a) && type_member(t, to, &b) ? b.offset - (uint64_t)a.offset
								     : UINT64_MAX;
}

static uint64_t function(struct cairn *c, const char *name, uint64_t distance)
{
	uint64_t ret;

	return distance != UINT64_MAX && !sym_addr(&c->syms, name, &ret, NULL) ? ret : 0;
}

void timer_owners_init(struct timer_owners *o, struct cairn *c, const char *sleeper,
		       const char *wake, const char *work, const char *queue)
{
	o->task = distance(c, sleeper, "timer", "task");
	o->wakes = function(c, wake, o->task);
	if (!work)
		return;
	o->work = distance(c, work, "timer", "work.func");
	o->queues = function(c, queue, o->work);
}

void timer_owner(const struct timer_owners *o, struct cairn *c, struct timer *t)
{
	if (o->wakes && t->function == o->wakes)
		space_word(&c->kernel, t->addr + o->task, &t->task, NULL);
	if (o->queues && t->function == o->queues)
		space_word(&c->kernel, t->addr + o->work, &t->work, NULL);
}

/* ---- a base's timers ---- */

struct timer *timer_add(struct timer_base *b, struct arena *a)
{
	struct timer *all;

	if (b->n == TIMERS_LIMIT) {
		cairn_fail(&b->err, CAIRN_LIMIT, "more than %u timers", TIMERS_LIMIT);
		return NULL;
	}
	all = arena_room(a, b->timer, b->n, &b->cap, sizeof(*all));
	if (!all) {
		cairn_fail(&b->err, CAIRN_NOMEM, "no memory for timers");
		return NULL;
	}
	b->timer = all;
	b->timer[b->n] = (struct timer){ .addr = 0 };
	return &b->timer[b->n++];
}

static int by_time(const void *a, const void *b)
{
	const struct timer *x = a, *y = b;

	if (x->in != y->in)
		return x->in < y->in ? -1 : 1;
	return (x->addr > y->addr) - (x->addr < y->addr);
}

void timers_sort(struct cairn *c, struct timer_base *b)
{
	for (size_t i = 0; i < b->n; i++) {
		uint64_t d = b->timer[i].expires - b->now;

		b->timer[i].in = !b->hr && c->arch->word == 4 ? (int32_t)d : (int64_t)d;
	}
	if (b->n)
		qsort(b->timer, b->n, sizeof(*b->timer), by_time);
}

bool timer_base_find(struct timer_base *b, struct cairn *c, const struct cpu *cpu,
		     const char *name)
{
	struct cairn_err err;

	if (!percpu_symbol(c, cpu, name, &b->addr, &err))
		return true;
	b->fault = err;
	return false;
}

enum cairn_code timer_bases_init(struct timer_bases *ret, struct cairn *c, struct arena *a,
				 uint64_t each, const struct cpus **cpus, struct cairn_err *err)
{
	enum cairn_code code = cpus_get(c, cpus, err);

	*ret = (struct timer_bases){ .n = 0 };
	if (code)
		return code;
	ret->base = arena_array(a, (*cpus)->n * each + 1, sizeof(*ret->base));
	return ret->base ? CAIRN_OK : cairn_fail(err, CAIRN_NOMEM, "no memory for timers");
}
