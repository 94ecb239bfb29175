/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/debug/shape.h"
#include "lib/kern/list.h"
#include "lib/kern/timers_priv.h"
#include "lib/kern/walk.h"

#define VECTORS 4096 /* slots of a wheel; 576 so far */
#define BASES 4

enum { B_CLK, B_RUNNING, B_VECTORS, B_N };
static const struct shape_want base_want = {
	"struct timer_base", B_N,
	{ [B_CLK] = "clk", [B_RUNNING] = "running_timer", [B_VECTORS] = "vectors" },
};

enum { T_LINK, T_EXPIRES, T_FUNCTION, T_N };
static const struct shape_want timer_want = {
	"struct timer_list", T_N,
	{ [T_LINK] = "entry", [T_EXPIRES] = "expires", [T_FUNCTION] = "function" },
};

struct look {
	struct cairn *c;
	struct arena *arena;
	struct shape base, timer;
	struct timer_owners owners;
	uint64_t vectors, nbases;
	struct map seen;         /* timers of the base at hand */
};

/* False: it was there before, as is all that follows it, or there is no room. */
static bool add(struct look *l, struct timer_base *b, uint64_t addr)
{
	struct timer *t;
	struct object o;

	if (!walk_visit(&b->err, &l->seen, "timer", addr) || !(t = timer_add(b, l->arena)))
		return false;
	t->addr = addr;
	if (!object_read(&o, &l->timer, &l->c->kernel, addr, &t->err)) {
		t->expires = object_get(&o, T_EXPIRES);
		t->function = object_get(&o, T_FUNCTION);
		timer_owner(&l->owners, l->c, t);
	}
	object_done(&o);
	return true;
}

static void slot(struct look *l, struct timer_base *b, uint64_t head)
{
	uint64_t link = l->timer.m[T_LINK].offset;
	struct cairn_err err;
	struct list_walk w;
	bool more = true;

	list_begin(&w, &l->c->kernel, LIST_HLIST, head, TIMERS_LIMIT);
	w.stop = l->c->stop;
	while (more && list_next(&w))
		more = add(l, b, w.node - link);
	if (more && w.lost)
		add(l, b, w.lost - link);
	if (list_end(&w, &err))
		walk_note(&b->err, &err);
}

static void read_base(struct look *l, struct timer_base *b)
{
	struct object o;

	if (!object_read(&o, &l->base, &l->c->kernel, b->addr, &b->fault)) {
		b->now = object_get(&o, B_CLK);
		b->running = object_get(&o, B_RUNNING);
		for (uint64_t i = 0; i < l->vectors; i++)
			slot(l, b, b->addr + l->base.m[B_VECTORS].offset + i * l->c->arch->word);
		map_deinit(&l->seen);
	}
	object_done(&o);
}

/* kernel/time/timer.c: BASE_STD, BASE_LOCAL, ... */
static const char *name_of(uint64_t i, uint64_t n)
{
	static const char *const two[] = { "std", "def" };
	static const char *const three[] = { "local", "global", "def" };

	if (n == 3)
		return three[i];
	return i < 2 ? two[i] : NULL;
}

/* As many as the per-CPU variable has; where no type tells, as there is room for up to the next
 * one. */
static uint64_t count_bases(struct cairn *c, uint64_t size)
{
	const struct type *t = type_of_variable(&c->types, "timer_bases");
	uint64_t n = 0;
	struct sym s;

	t = t ? type_strip(t) : NULL;
	if (t)
		n = t->kind == TYPE_ARRAY ? t->count : 1;
	else if (size && sym_find_nth(&c->syms, "timer_bases", 0, &s))
		n = s.size / size;
	return n < 1 ? 1 : n > BASES ? BASES : n;
}

/* Jiffies, or the latest that any wheel has seen. */
static void set_now(struct cairn *c, struct timer_bases *all)
{
	uint64_t at, now = 0;
	bool told = !sym_addr(&c->syms, "jiffies_64", &at, NULL) &&
		    !space_word(&c->kernel, at, &now, NULL);
	bool any = told;

	for (size_t i = 0; !told && i < all->n; i++)
		if (!all->base[i].fault.code && (!any || (int64_t)(all->base[i].now - now) > 0)) {
			now = all->base[i].now;
			any = true;
		}
	for (size_t i = 0; i < all->n; i++) {
		all->base[i].now = now;
		all->base[i].has_now = any;
	}
}

/* How long a jiffy is, the clocksource that counts them says. kernel/time/jiffies.c */
static uint64_t jiffy_ns(struct cairn *c)
{
	static const struct shape_want want = { "struct clocksource", 2, { "mult", "shift" } };
	uint64_t at, mult, shift;
	struct shape s;

	if (sym_addr(&c->syms, "clocksource_jiffies", &at, NULL) ||
	    shape_resolve(&s, &want, &c->types, NULL) || !shape_has(&s, 0) || !shape_has(&s, 1) ||
	    shape_get(&s, &c->kernel, at, 0, &mult, NULL) ||
	    shape_get(&s, &c->kernel, at, 1, &shift, NULL) || shift > 32)
		return 0;
	return mult >> shift;
}

static enum cairn_code shapes(struct look *l, struct cairn_err *err)
{
	static const unsigned all[] = { 0, 1, 2 };
	struct types *ts = &l->c->types;
	enum cairn_code code = shape_resolve(&l->base, &base_want, ts, err);

	if (!code)
		code = shape_require(&l->base, all, B_N, err);
	if (!code)
		code = shape_resolve(&l->timer, &timer_want, ts, err);
	if (!code)
		code = shape_require(&l->timer, all, T_N, err);
	if (code)
		return code;
	l->vectors = type_strip(l->base.m[B_VECTORS].type)->count;
	l->vectors = l->vectors > VECTORS ? VECTORS : l->vectors;
	l->nbases = count_bases(l->c, l->base.size);
	timer_owners_init(&l->owners, l->c, "struct process_timer", "process_timeout",
			  "struct delayed_work", "delayed_work_timer_fn");
	return CAIRN_OK;
}

enum cairn_code timers_wheel(struct cairn *c, struct arena *a, struct timer_bases *ret,
			     struct cairn_err *err)
{
	struct look l = { .c = c, .arena = a };
	uint64_t unit;
	const struct cpus *cpus;
	enum cairn_code code = shapes(&l, err);

	if (!code)
		code = timer_bases_init(ret, c, a, l.nbases, &cpus, err);
	if (code)
		return code;
	unit = jiffy_ns(c);
	for (size_t i = 0; i < cpus->n * l.nbases; i++) {
		struct timer_base *b = &ret->base[ret->n++];

		if (c->stop && c->stop())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		*b = (struct timer_base){ .cpu = cpus->cpu[i / l.nbases].id, .unit_ns = unit };
		b->name = name_of(i % l.nbases, l.nbases);
		if (!timer_base_find(b, c, &cpus->cpu[i / l.nbases], "timer_bases"))
			continue;
		b->addr += i % l.nbases * l.base.size;
		read_base(&l, b);
	}
	set_now(c, ret);
	for (size_t i = 0; i < ret->n; i++)
		timers_sort(c, &ret->base[i]);
	return CAIRN_OK;
}
