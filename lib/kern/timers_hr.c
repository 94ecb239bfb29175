/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/shape.h"
#include "lib/kern/clock.h"
#include "lib/kern/rbtree.h"
#include "lib/kern/timers_priv.h"
#include "lib/kern/walk.h"

#define BASES 32 /* clock bases of a CPU; 8 so far */

enum { C_BASES, C_N };
static const struct shape_want cpu_want = { "struct hrtimer_cpu_base", C_N, { "clock_base" } };

enum { B_CLOCK, B_RUNNING, B_TREE, B_OFFSET, B_N };
static const struct shape_want base_want = {
	"struct hrtimer_clock_base", B_N,
	{ [B_CLOCK] = "clockid", [B_RUNNING] = "running",
	  [B_TREE] = "active.rb_root.rb_root|active", [B_OFFSET] = "offset" },
};

enum { T_NODE, T_EXPIRES, T_SOFT, T_FUNCTION, T_N };
static const struct shape_want timer_want = {
	"struct hrtimer", T_N,
	{ [T_NODE] = "node.node.node|node.node", [T_EXPIRES] = "node.expires",
	  [T_SOFT] = "_softexpires", [T_FUNCTION] = "function" },
};

struct look {
	struct cairn *c;
	struct arena *arena;
	struct shape cpu, base, timer;
	struct timer_owners owners;
	uint64_t nbases;          /* of a CPU */
	bool has_now;
	uint64_t now;             /* CLOCK_MONOTONIC */
};

/* False: there is no room. */
static bool add(struct look *l, struct timer_base *b, uint64_t addr)
{
	struct timer *t = timer_add(b, l->arena);
	struct object o;

	if (!t)
		return false;
	t->addr = addr;
	if (!object_read(&o, &l->timer, &l->c->kernel, addr, &t->err)) {
		t->expires = object_get(&o, T_EXPIRES);
		t->soft = object_get(&o, T_SOFT);
		t->function = object_get(&o, T_FUNCTION);
		timer_owner(&l->owners, l->c, t);
	}
	object_done(&o);
	return true;
}

static const char *clock_name(uint64_t id)
{
	return id == 0	? "realtime" :
	       id == 1	? "monotonic" :
	       id == 7	? "boottime" :
	       id == 11 ? "tai" : NULL;
}

static void tree(struct look *l, struct timer_base *b)
{
	struct cairn_err err;
	struct rbtree_walk w;

	rbtree_begin(&w, &l->c->kernel, b->addr + l->base.m[B_TREE].offset, TIMERS_LIMIT);
	w.stop = l->c->stop;
	while (rbtree_next(&w) && add(l, b, w.node - l->timer.m[T_NODE].offset))
		;
	if (rbtree_end(&w, &err))
		walk_note(&b->err, &err);
}

/* While its function is executed it is in no tree, unless that has started it anew. */
static void running(struct look *l, struct timer_base *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->timer[i].addr == b->running)
			return;
	if (b->running)
		add(l, b, b->running);
}

static void read_base(struct look *l, struct timer_base *b)
{
	struct object o;

	if (!object_read(&o, &l->base, &l->c->kernel, b->addr, &b->fault)) {
		b->name = clock_name(object_get(&o, B_CLOCK));
		b->running = object_get(&o, B_RUNNING);
		b->has_now = l->has_now;
		b->now = l->has_now ? l->now + object_get(&o, B_OFFSET) : 0;
		tree(l, b);
		running(l, b);
		timers_sort(l->c, b);
	}
	object_done(&o);
}

static void find_now(struct look *l)
{
	struct clock clock;

	l->has_now = !clock_get(l->c, &clock, NULL);
	l->now = l->has_now ? (uint64_t)clock.wall_ns - (uint64_t)clock.to_wall_ns : 0;
}

static enum cairn_code shapes(struct look *l, struct cairn_err *err)
{
	static const unsigned of_cpu[] = { C_BASES }, of_base[] = { B_CLOCK, B_TREE };
	static const unsigned of_timer[] = { T_NODE, T_EXPIRES, T_FUNCTION };
	struct types *ts = &l->c->types;
	enum cairn_code code = shape_resolve(&l->cpu, &cpu_want, ts, err);

	if (!code)
		code = shape_require(&l->cpu, of_cpu, 1, err);
	if (!code)
		code = shape_resolve(&l->base, &base_want, ts, err);
	if (!code)
		code = shape_require(&l->base, of_base, 2, err);
	if (!code)
		code = shape_resolve(&l->timer, &timer_want, ts, err);
	return code ? code : shape_require(&l->timer, of_timer, 3, err);
}

enum cairn_code timers_hr(struct cairn *c, struct arena *a, struct timer_bases *ret,
			  struct cairn_err *err)
{
	struct look l = { .c = c, .arena = a };
	const struct cpus *cpus;
	enum cairn_code code = shapes(&l, err);

	if (code)
		return code;
	l.nbases = type_strip(l.cpu.m[C_BASES].type)->count;
	l.nbases = l.nbases > BASES ? BASES : l.nbases;
	code = timer_bases_init(ret, c, a, l.nbases, &cpus, err);
	if (code)
		return code;
	timer_owners_init(&l.owners, c, "struct hrtimer_sleeper", "hrtimer_wakeup", NULL, NULL);
	find_now(&l);
	for (size_t i = 0; i < cpus->n * l.nbases; i++) {
		struct timer_base *b = &ret->base[ret->n++];

		if (c->stop && c->stop())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		*b = (struct timer_base){ .cpu = cpus->cpu[i / l.nbases].id, .hr = true, .unit_ns = 1,
					  .soft = i % l.nbases >= l.nbases / 2 };
		if (!timer_base_find(b, c, &cpus->cpu[i / l.nbases], "hrtimer_bases"))
			continue;
		b->addr += l.cpu.m[C_BASES].offset + i % l.nbases * l.base.size;
		read_base(&l, b);
	}
	return CAIRN_OK;
}
