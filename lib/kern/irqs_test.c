/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/irqs.h"
#include "lib/kern/testcode.h"
#include "lib/kern/testirqs.h"

struct world {
	struct testirqs t;
	struct arena a;
	struct irqs all;
};

static struct world begin(bool tree)
{
	return (struct world){ .t = tiq_over(tk_new(), tree) };
}

static void look(struct world *w)
{
	struct cairn_err err = { .text = "" };

	if (irqs_read(tm_open(&w->t.m), &w->a, &w->all, &err))
		fail_msg("%s", err.text);
}

static void end(struct world *w)
{
	arena_deinit(&w->a);
	tk_free(w->t.m.k);
}

static void interrupts(void **state)
{
	struct world w = begin(true);
	const struct irq *irq;

	(void)state;
	look(&w);
	assert_int_equal(w.all.n, 3);
	assert_int_equal(w.all.err.code, CAIRN_OK);
	irq = &w.all.irq[1];
	assert_int_equal(irq->desc, w.t.desc[1]);
	assert_int_equal(irq->number, 1);
	assert_int_equal(irq->hw, 33);
	assert_string_equal(irq->chip, "ZOO-APIC");
	assert_string_equal(irq->name, "edge");
	assert_true(irq->state & IRQ_STATE_INPROGRESS);
	assert_int_equal(irq->depth, 2);
	assert_int_equal(irq->nactions, 2);
	assert_string_equal(irq->action[1].name, "second");
	assert_int_equal(irq->action[1].handler, 0x7001002);
	assert_int_equal(irq->action[1].thread, w.t.thread);
	assert_int_equal(irq->action[0].thread, 0);
	assert_non_null(irq->count);
	assert_int_equal(irq->count[0], 11);
	assert_int_equal(irq->count[1], 21);
	assert_int_equal(irq->total, 32);
	assert_int_equal(w.all.irq[2].number, 5);
	assert_int_equal(w.all.irq[2].nactions, 0);
	end(&w);
}

/* No symbol names the tree: vectors of CPUs, some of which say that they have none. */
static void vectors(void **state)
{
	struct world w = begin(false);
	struct testkern *k = w.t.m.k;

	(void)state;
	tk_symbol(k, "vector_irq", TIQ_VECTORS);
	tk_put(k, TM_AREA(0) + TIQ_VECTORS + 8 * 40, w.t.desc[1], 8);
	tk_put(k, TM_AREA(1) + TIQ_VECTORS + 8 * 41, w.t.desc[1], 8);
	tk_put(k, TM_AREA(1) + TIQ_VECTORS + 8 * 42, UINT64_MAX - 1, 8);
	tk_put(k, TM_AREA(1) + TIQ_VECTORS + 8 * 43, w.t.desc[0], 8);
	look(&w);
	assert_int_equal(w.all.n, 2);
	assert_int_equal(w.all.irq[0].number, 0);
	assert_int_equal(w.all.irq[1].number, 1);
	end(&w);
}

/* One CPU whose vectors cannot be read costs those that only it has. */
static void vectors_lost(void **state)
{
	struct world w = begin(false);
	struct testkern *k = w.t.m.k;
	struct cairn_err err = { .text = "" };
	struct cairn *c;

	(void)state;
	tk_symbol(k, "vector_irq", TIQ_VECTORS);
	tk_put(k, TM_OFFSETS, TK_HOLE - TIQ_VECTORS, 8);
	tk_put(k, TM_AREA(1) + TIQ_VECTORS + 8 * 41, w.t.desc[1], 8);
	look(&w);
	assert_int_equal(w.all.n, 1);
	assert_int_equal(w.all.irq[0].number, 1);
	assert_int_equal(w.all.err.code, CAIRN_FAULT);
	assert_true(w.all.err.text[0]);
	end(&w);
	/* where a CPU's area lies cannot be read */
	w = begin(false);
	k = w.t.m.k;
	tk_symbol(k, "vector_irq", TIQ_VECTORS);
	tk_put(k, TK_HOLE - 8, TM_AREA(0), 8);
	c = tm_open(&w.t.m);
	for (size_t i = 0; i < c->known.n; i++)
		if (!strcmp(c->known.entry[i].name, "__per_cpu_offset"))
			c->known.entry[i].addr = TK_HOLE - 8;
	assert_int_equal(irqs_read(c, &w.a, &w.all, &err), CAIRN_FAULT);
	assert_non_null(strstr(err.text, "CPU 1"));
	end(&w);
}

/* No symbol names the tree: the code that looks into it does. */
static void by_code(void **state)
{
	struct world w = begin(false);
	struct testkern *k = w.t.m.k;
	uint64_t from = tm_alloc(&w.t.m, 0x1000), to = from + 0x800, page = w.t.tree & ~UINT64_C(0xfff);
	struct testcode code = tco_call("irq_to_desc", from, "radix_tree_lookup", to);
	struct cairn *c;

	(void)state;
	tk_put(k, from, ADRP(0, (page - (from & ~UINT64_C(0xfff))) >> 12 & 0x1fffff), 4);
	tk_put(k, from + 4, ADD(0, 0, (uint32_t)(w.t.tree - page)), 4);
	tk_put(k, from + 8, BL(from + 8, to), 4);
	c = tm_open(&w.t.m);
	c->arch = arch_by_id(ARCH_ARM64);
	tco_add(&code, c);
	assert_int_equal(irqs_read(c, &w.a, &w.all, NULL), CAIRN_OK);
	assert_int_equal(w.all.n, 3);
	assert_int_equal(w.all.irq[2].desc, w.t.desc[2]);
	end(&w);
}

/* The kernel keeps no sum of what each CPU has of its own. */
static void no_sum(void **state)
{
	struct world w = begin(true);

	(void)state;
	tk_put(w.t.m.k, w.t.desc[0] + TIQ_PER_CPU, 0x1000, 8);
	tk_put(w.t.m.k, w.t.desc[0] + TIQ_STATS, TK_HOLE - TM_AREA(0), 8);
	tk_put(w.t.m.k, w.t.desc[1] + TIQ_PER_CPU, 0x1000, 8);
	look(&w);
	assert_false(w.all.irq[0].has_total);
	assert_true(w.all.irq[1].has_total);
	assert_int_equal(w.all.irq[1].total, 32);
	end(&w);
}

static void damage(void **state)
{
	struct world w = begin(true);
	struct testkern *k = w.t.m.k;

	(void)state;
	tk_put(k, w.t.action[2] + TIQ_NEXT, w.t.action[2], 8); /* around in a circle */
	tx_slot(k, w.t.node, 5, TK_HOLE, 8);
	tk_put(k, w.t.desc[0] + TIQ_ACTION, TK_HOLE, 8);
	tk_put(k, w.t.desc[0] + TIQ_STATS, TK_HOLE - TM_AREA(0), 8);
	tk_put(k, w.t.desc[0] + TIQ_CHIP, TK_HOLE, 8);
	look(&w);
	assert_int_equal(w.all.n, 3);
	/* the one that cannot be read has no number, and comes first with number 0 */
	for (size_t i = 0; i < 3; i++) {
		const struct irq *irq = &w.all.irq[i];

		if (irq->desc == TK_HOLE) {
			assert_int_equal(irq->err.code, CAIRN_FAULT);
		} else if (irq->desc == w.t.desc[0]) {
			assert_int_equal(irq->nactions, 1);
			assert_int_equal(irq->action[0].err.code, CAIRN_FAULT);
			assert_string_equal(irq->chip, "");
			assert_null(irq->count);
			assert_int_equal(irq->total, 77); /* the kernel's own sum */
		} else {
			assert_int_equal(irq->nactions, 2);
			assert_int_equal(irq->actions_err.code, CAIRN_CORRUPT);
		}
	}
	end(&w);
	w = begin(true);
	tk_put(w.t.m.k, w.t.tree + TX_HEAD, tx_link(TK_HOLE), 8);
	assert_int_equal(irqs_read(tm_open(&w.t.m), &w.a, &w.all, NULL), CAIRN_FAULT);
	end(&w);
}

/* Each interrupt leads into the same long chain. */
static void shared_chain(void **state)
{
	enum { CHAIN = 1000, DESCS = 70 };
	struct world w = begin(false);
	struct testkern *k = w.t.m.k;
	uint64_t chain = tm_alloc(&w.t.m, CHAIN * TIQ_ACTION_SIZE);
	size_t handlers = 0, cut = 0;

	(void)state;
	tk_symbol(k, "vector_irq", TIQ_VECTORS);
	for (unsigned i = 0; i + 1 < CHAIN; i++)
		tk_put(k, chain + i * TIQ_ACTION_SIZE + TIQ_NEXT, chain + (i + 1) * TIQ_ACTION_SIZE, 8);
	for (unsigned i = 0; i < DESCS; i++) {
		uint64_t desc = tm_alloc(&w.t.m, TIQ_DESC_SIZE);

		tk_put(k, desc + TIQ_ACTION, chain, 8);
		tk_put(k, TM_AREA(0) + TIQ_VECTORS + 8 * i, desc, 8);
	}
	look(&w);
	assert_int_equal(w.all.n, DESCS);
	for (size_t i = 0; i < w.all.n; i++) {
		handlers += w.all.irq[i].nactions;
		cut += w.all.irq[i].actions_err.code == CAIRN_LIMIT;
	}
	assert_int_equal(handlers, IRQ_ACTIONS_ALL);
	assert_int_equal(cut, DESCS - IRQ_ACTIONS_ALL / CHAIN);
	end(&w);
}

static bool at_once(void)
{
	return true;
}

static void interrupted(void **state)
{
	struct world w = begin(true);

	(void)state;
	tm_open(&w.t.m)->stop = at_once;
	assert_int_equal(irqs_read(&w.t.m.k->c, &w.a, &w.all, NULL), CAIRN_INTERRUPTED);
	end(&w);
	w = begin(false);
	tk_symbol(w.t.m.k, "vector_irq", TIQ_VECTORS);
	tm_open(&w.t.m)->stop = at_once;
	assert_int_equal(irqs_read(&w.t.m.k->c, &w.a, &w.all, NULL), CAIRN_INTERRUPTED);
	end(&w);
}

/* A tree without any. */
static void none(void **state)
{
	struct world w = begin(true);

	(void)state;
	tk_put(w.t.m.k, w.t.tree + TX_HEAD, 0, 8);
	look(&w);
	assert_int_equal(w.all.n, 0);
	end(&w);
}

static void missing(void **state)
{
	struct world w = begin(false);
	struct testmachine m = tm_new(1);
	struct cairn_err err;

	(void)state;
	assert_int_equal(irqs_read(tm_open(&w.t.m), &w.a, &w.all, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "sparse_irqs"));
	end(&w);
	w.a = (struct arena){ 0 };
	assert_int_equal(irqs_read(tm_open(&m), &w.a, &w.all, &err), CAIRN_MISSING);
	arena_deinit(&w.a);
	tk_free(m.k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interrupts), cmocka_unit_test(vectors), cmocka_unit_test(vectors_lost),
		cmocka_unit_test(by_code), cmocka_unit_test(no_sum), cmocka_unit_test(damage),
		cmocka_unit_test(shared_chain), cmocka_unit_test(interrupted), cmocka_unit_test(none),
		cmocka_unit_test(missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
