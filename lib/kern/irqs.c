/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/irqs.h"

#include <stdlib.h>
#include <string.h>

#include "lib/debug/shape.h"
#include "lib/kern/callarg.h"
#include "lib/kern/cpu.h"
#include "lib/kern/list.h"
#include "lib/kern/maple.h"
#include "lib/kern/xarray.h"

#define VECTORS 256 /* NR_VECTORS, asm/irq_vectors.h */

enum {
	D_NUMBER, D_HW, D_CHIP, D_STATE, D_STATS, D_FLOW, D_ACTION, D_DEPTH, D_TOTAL, D_UNHANDLED,
	D_NAME, D_PER_CPU, D_N,
};
static const struct shape_want desc_want = {
	"struct irq_desc", D_N,
	{ [D_NUMBER] = "irq_data.irq", [D_HW] = "irq_data.hwirq", [D_CHIP] = "irq_data.chip",
	  [D_STATE] = "irq_common_data.state_use_accessors", [D_STATS] = "kstat_irqs",
	  [D_FLOW] = "handle_irq", [D_ACTION] = "action", [D_DEPTH] = "depth",
	  [D_TOTAL] = "tot_count", [D_UNHANDLED] = "irqs_unhandled", [D_NAME] = "name",
	  [D_PER_CPU] = "percpu_enabled" },
};

enum { A_HANDLER, A_NEXT, A_THREAD_FN, A_THREAD, A_NAME, A_N };
static const struct shape_want action_want = {
	"struct irqaction", A_N,
	{ [A_HANDLER] = "handler", [A_NEXT] = "next", [A_THREAD_FN] = "thread_fn",
	  [A_THREAD] = "thread", [A_NAME] = "name" },
};

static const struct shape_want chip_want = { "struct irq_chip", 1, { "name" } };

struct look {
	struct cairn *c;
	struct arena *arena;
	const struct cpus *cpus;
	struct shape desc, action, chip;
	bool has_chip, per_cpu;  /* per_cpu: where a CPU's counts are is known */
	struct irqs *all;
	size_t cap;
	struct map seen;         /* descriptors */
	size_t nactions;         /* of all */
	struct irq_action *chain; /* those of the interrupt at hand */
	size_t cap_chain;
};

static void text(const struct look *l, uint64_t at, char *buf, size_t size)
{
	buf[0] = '\0';
	if (at)
		space_text(&l->c->kernel, at, buf, size, NULL);
}

/* ---- who handles it ---- */

static void read_action(const struct look *l, uint64_t addr, struct irq_action *a)
{
	struct object o;

	*a = (struct irq_action){ .addr = addr };
	if (!object_read(&o, &l->action, &l->c->kernel, addr, &a->err)) {
		a->handler = object_get(&o, A_HANDLER);
		a->thread_fn = object_get(&o, A_THREAD_FN);
		a->thread = object_get(&o, A_THREAD);
		text(l, object_get(&o, A_NAME), a->name, sizeof(a->name));
	}
	object_done(&o);
}

/* False: it is not added. */
static bool add_action(struct look *l, struct irq *irq, uint64_t addr)
{
	struct irq_action *all;

	if (l->nactions == IRQ_ACTIONS_ALL) {
		cairn_fail(&irq->actions_err, CAIRN_LIMIT, "more than %u handlers of all interrupts",
			   IRQ_ACTIONS_ALL);
		return false;
	}
	all = arena_room(l->arena, l->chain, irq->nactions, &l->cap_chain, sizeof(*all));
	if (!all) {
		cairn_fail(&irq->actions_err, CAIRN_NOMEM, "no memory for handlers");
		return false;
	}
	l->chain = all;
	read_action(l, addr, &l->chain[irq->nactions++]);
	l->nactions++;
	return true;
}

/* Most have one. */
static void keep_actions(struct look *l, struct irq *irq)
{
	irq->action = arena_array(l->arena, irq->nactions, sizeof(*irq->action));
	if (irq->action) {
		memcpy(irq->action, l->chain, irq->nactions * sizeof(*irq->action));
		return;
	}
	irq->nactions = 0;
	cairn_fail(&irq->actions_err, CAIRN_NOMEM, "no memory for handlers");
}

static void read_actions(struct look *l, struct irq *irq, uint64_t first)
{
	struct cairn_err err;
	struct list_walk w;
	bool more;

	if (!first)
		return;
	list_begin_chain(&w, &l->c->kernel, first, l->action.m[A_NEXT].offset, IRQ_ACTIONS_LIMIT);
	w.stop = l->c->stop;
	more = add_action(l, irq, first);
	while (more && list_next(&w))
		more = add_action(l, irq, w.node);
	if (more && w.lost)
		add_action(l, irq, w.lost);
	if (list_end(&w, &err) && !irq->actions_err.code)
		irq->actions_err = err;
	if (irq->nactions)
		keep_actions(l, irq);
}

/* ---- how often it came ---- */

/* Per-CPU data that was allocated lies as far from each CPU's area as from the first's. */
static void read_counts(const struct look *l, struct irq *irq, uint64_t stats)
{
	uint64_t *count = arena_array(l->arena, l->cpus->n + 1, sizeof(*count)), sum = 0;
	uint32_t n;

	for (size_t i = 0; count && i < l->cpus->n; i++) {
		const struct cpu *cpu = &l->cpus->cpu[i];

		if (cpu->fault || space_u32(&l->c->kernel, stats + cpu->offset, &n, NULL))
			return;
		sum += count[i] = n;
	}
	if (!count)
		return;
	irq->count = count;
	irq->total = sum;
	irq->has_total = true;
}

/* ---- a descriptor ---- */

static void read_desc(struct look *l, struct irq *irq)
{
	uint64_t name;
	struct object o;

	if (!object_read(&o, &l->desc, &l->c->kernel, irq->desc, &irq->err)) {
		irq->number = object_get(&o, D_NUMBER);
		irq->hw = object_get(&o, D_HW);
		irq->flow = object_get(&o, D_FLOW);
		irq->state = (uint32_t)object_get(&o, D_STATE);
		irq->depth = object_get(&o, D_DEPTH);
		irq->unhandled = object_get(&o, D_UNHANDLED);
		text(l, object_get(&o, D_NAME), irq->name, sizeof(irq->name));
		irq->per_cpu = object_get(&o, D_PER_CPU);
		irq->chip_at = object_get(&o, D_CHIP);
		if (l->has_chip && irq->chip_at &&
		    !shape_get(&l->chip, &l->c->kernel, irq->chip_at, 0, &name, NULL))
			text(l, name, irq->chip, sizeof(irq->chip));
		irq->total = object_get(&o, D_TOTAL);
		irq->has_total = shape_has(&l->desc, D_TOTAL) && !irq->per_cpu; /* kstat_irqs() */
		if (l->per_cpu && object_get(&o, D_STATS))
			read_counts(l, irq, object_get(&o, D_STATS));
		read_actions(l, irq, object_get(&o, D_ACTION));
	}
	object_done(&o);
}

static void add(struct look *l, uint64_t desc)
{
	struct irqs *all = l->all;
	struct irq *more;

	if (!map_visit(&l->seen, desc))
		return;
	more = arena_room(l->arena, all->irq, all->n, &l->cap, sizeof(*more));
	if (!more) {
		cairn_fail(&all->err, CAIRN_NOMEM, "no memory for interrupts");
		return;
	}
	all->irq = more;
	all->irq[all->n] = (struct irq){ .desc = desc };
	read_desc(l, &all->irq[all->n++]);
}

/* ---- where they are ---- */

static enum cairn_code in_maple(struct look *l, uint64_t tree, struct cairn_err *err)
{
	struct maple_walk w;
	enum cairn_code code = maple_begin(&w, l->c, tree, 0, UINT64_MAX, IRQS_LIMIT, err);

	while (!code && maple_next(&w))
		add(l, w.entry);
	return maple_end(&w, err);
}

static enum cairn_code in_radix(struct look *l, uint64_t tree, struct cairn_err *err)
{
	struct xarray_walk w;
	enum cairn_code code = xarray_begin(&w, l->c, tree, IRQS_LIMIT, err);

	while (!code && xarray_next(&w))
		add(l, w.entry);
	return xarray_end(&w, err);
}

/* A vector without an interrupt has NULL, or an error's number: no descriptor has that address. */
static enum cairn_code vectors_of(struct look *l, const struct cpu *cpu, struct cairn_err *err)
{
	uint64_t at, desc, none = UINT64_MAX >> (64 - 8 * l->c->arch->word);
	enum cairn_code code = percpu_symbol(l->c, cpu, "vector_irq", &at, err);

	for (unsigned v = 0; !code && v < VECTORS; v++) {
		code = space_word(&l->c->kernel, at + v * l->c->arch->word, &desc, err);
		if (!code && desc && desc < none - 0xfff)
			add(l, desc);
	}
	return code;
}

/* The first reason stays. */
static enum cairn_code by_vectors(struct look *l, struct cairn_err *err)
{
	struct cairn_err first = { .code = CAIRN_OK }, one;

	for (size_t i = 0; i < l->cpus->n; i++) {
		if (l->c->stop && l->c->stop())
			return cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
		if (vectors_of(l, &l->cpus->cpu[i], &one) && !first.code)
			first = one;
	}
	if (!l->all->n && (!first.code || first.code == CAIRN_MISSING))
		return cairn_fail(err, CAIRN_MISSING,
				  "nothing leads to the interrupts: there is no symbol sparse_irqs "
				  "or irq_desc_tree, irq_to_desc() does not tell, and there is no "
				  "per-CPU vector_irq");
	if (first.code)
		*err = first;
	return first.code;
}

/* The tree that irq_to_desc() looks into. False: its code does not tell. */
static bool by_code(struct look *l, enum cairn_code *code, struct cairn_err *err)
{
	uint64_t tree;

	*code = callarg_first(l->c, "irq_to_desc", "mtree_load", &tree, err);
	if (!*code)
		*code = in_maple(l, tree, err);
	if (*code != CAIRN_MISSING)
		return true;
	*code = callarg_first(l->c, "irq_to_desc", "radix_tree_lookup", &tree, err);
	if (!*code)
		*code = in_radix(l, tree, err);
	return *code != CAIRN_MISSING;
}

static enum cairn_code find_all(struct look *l, struct cairn_err *err)
{
	enum cairn_code code;
	uint64_t tree;

	if (!sym_addr(&l->c->syms, "sparse_irqs", &tree, NULL))
		return in_maple(l, tree, err);
	if (!sym_addr(&l->c->syms, "irq_desc_tree", &tree, NULL))
		return in_radix(l, tree, err);
	if (by_code(l, &code, err))
		return code;
	return by_vectors(l, err);
}

/* ---- all ---- */

static int by_number(const void *a, const void *b)
{
	const struct irq *x = a, *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return (x->desc > y->desc) - (x->desc < y->desc);
}

static enum cairn_code shapes(struct look *l, struct cairn_err *err)
{
	static const unsigned of_desc[] = { D_NUMBER, D_ACTION };
	static const unsigned of_action[] = { A_HANDLER, A_NEXT };
	struct types *ts = &l->c->types;
	enum cairn_code code = shape_resolve(&l->desc, &desc_want, ts, err);

	if (!code)
		code = shape_require(&l->desc, of_desc, 2, err);
	if (!code)
		code = shape_resolve(&l->action, &action_want, ts, err);
	if (!code)
		code = shape_require(&l->action, of_action, 2, err);
	l->has_chip = !shape_resolve(&l->chip, &chip_want, ts, NULL) && shape_has(&l->chip, 0);
	return code;
}

/* Their distance is not known where only the areas are. */
static bool knows_offsets(const struct cpus *cpus)
{
	for (size_t i = 0; i < cpus->n; i++)
		if (!cpus->cpu[i].offset && cpus->cpu[i].area)
			return false;
	return true;
}

enum cairn_code irqs_read(struct cairn *c, struct arena *a, struct irqs *ret,
			  struct cairn_err *err)
{
	struct look l = { .c = c, .arena = a, .all = ret };
	struct cairn_err broken;
	enum cairn_code code = cpus_get(c, &l.cpus, err);

	*ret = (struct irqs){ .n = 0 };
	if (!code)
		code = shapes(&l, err);
	if (code)
		return code;
	l.per_cpu = knows_offsets(l.cpus);
	code = find_all(&l, &broken);
	map_deinit(&l.seen);
	if (code && !ret->n) {
		if (err)
			*err = broken;
		return code;
	}
	if (code)
		ret->err = broken;
	if (ret->n)
		qsort(ret->irq, ret->n, sizeof(*ret->irq), by_number);
	return CAIRN_OK;
}
