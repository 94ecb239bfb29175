/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testirqs - for tests: three interrupts of a machine with two CPUs, over testmachine: 0 with one
 * handler, 1 with two, of which one has a thread, and 5 with none.
 */
#ifndef CAIRN_KERN_TESTIRQS_H
#define CAIRN_KERN_TESTIRQS_H

#include "lib/kern/testmachine.h"
#include "lib/kern/testxarray.h"

/* struct irq_desc, and struct irqaction */
enum {
	TIQ_STATE = 0, TIQ_NUMBER = 0x8, TIQ_HW = 0x10, TIQ_CHIP = 0x18, TIQ_STATS = 0x20,
	TIQ_FLOW = 0x28, TIQ_ACTION = 0x30, TIQ_DEPTH = 0x38, TIQ_TOTAL = 0x3c,
	TIQ_UNHANDLED = 0x40, TIQ_NAME = 0x48, TIQ_PER_CPU = 0x50, TIQ_DESC_SIZE = 0x58,
	TIQ_HANDLER = 0, TIQ_NEXT = 8, TIQ_THREAD = 0x10, TIQ_ACTION_NAME = 0x18,
	TIQ_ACTION_SIZE = 0x20,
};

/* per-CPU, as an offset: counts are 4 bytes from each other */
#define TIQ_COUNTS 0x600u
#define TIQ_VECTORS 0x700u

struct testirqs {
	struct testmachine m;
	uint64_t tree, node;              /* irq_desc_tree, and its node */
	uint64_t desc[3], action[3], chip;
	uint64_t thread;                  /* a task */
};

static inline void tiq_types(struct testkern *k)
{
	tx_types(k, 8, 16);
	tk_struct(k, "irq_common_data", 4, (const struct tk_member[]){
		{ "state_use_accessors", 0, 4, 0, NULL }, { 0 } });
	tk_struct(k, "irq_data", 0x18, (const struct tk_member[]){
		{ "irq", 0, 4, 0, NULL }, { "hwirq", 8, 8, 0, NULL }, { "chip", 16, 8, 0, NULL },
		{ 0 } });
	tk_struct(k, "irq_chip", 8, (const struct tk_member[]){ { "name", 0, 8, 0, NULL }, { 0 } });
	tk_struct(k, "irq_desc", TIQ_DESC_SIZE, (const struct tk_member[]){
		{ "irq_common_data", TIQ_STATE, 0, 0, "irq_common_data" },
		{ "irq_data", TIQ_NUMBER, 0, 0, "irq_data" }, { "kstat_irqs", TIQ_STATS, 8, 0, NULL },
		{ "handle_irq", TIQ_FLOW, 8, 0, NULL }, { "action", TIQ_ACTION, 8, 0, NULL },
		{ "depth", TIQ_DEPTH, 4, 0, NULL }, { "tot_count", TIQ_TOTAL, 4, 0, NULL },
		{ "irqs_unhandled", TIQ_UNHANDLED, 4, 0, NULL }, { "name", TIQ_NAME, 8, 0, NULL },
		{ "percpu_enabled", TIQ_PER_CPU, 8, 0, NULL }, { 0 } });
	tk_struct(k, "irqaction", TIQ_ACTION_SIZE, (const struct tk_member[]){
		{ "handler", TIQ_HANDLER, 8, 0, NULL }, { "next", TIQ_NEXT, 8, 0, NULL },
		{ "thread", TIQ_THREAD, 8, 0, NULL }, { "name", TIQ_ACTION_NAME, 8, 0, NULL }, { 0 } });
}

static inline uint64_t tiq_text(struct testirqs *t, const char *s)
{
	uint64_t at = tm_alloc(&t->m, 16);

	tk_text(t->m.k, at, s);
	return at;
}

static inline void tiq_irq(struct testirqs *t, unsigned i, unsigned number)
{
	struct testkern *k = t->m.k;
	uint64_t at = t->desc[i] = tm_alloc(&t->m, TIQ_DESC_SIZE);

	tk_put(k, at + TIQ_NUMBER, number, 4);
	tk_put(k, at + TIQ_HW, 32 + number, 8);
	tk_put(k, at + TIQ_CHIP, t->chip, 8);
	tk_put(k, at + TIQ_STATS, TIQ_COUNTS + 4 * i, 8);
	tk_put(k, at + TIQ_TOTAL, 77, 4);
	tk_put(k, TM_AREA(0) + TIQ_COUNTS + 4 * i, 10 + i, 4);
	tk_put(k, TM_AREA(1) + TIQ_COUNTS + 4 * i, 20 + i, 4);
	tk_put(k, at + TIQ_NAME, tiq_text(t, "edge"), 8);
	tx_slot(k, t->node, number, at, 8);
}

static inline void tiq_action(struct testirqs *t, unsigned i, uint64_t from, const char *name)
{
	t->action[i] = tm_alloc(&t->m, TIQ_ACTION_SIZE);
	tk_put(t->m.k, from, t->action[i], 8);
	tk_put(t->m.k, t->action[i] + TIQ_HANDLER, 0x7001000 + i, 8);
	tk_put(t->m.k, t->action[i] + TIQ_ACTION_NAME, tiq_text(t, name), 8);
}

/** Over memory that was begun; then tm_open(&ret.m). `tree`: the kernel names its interrupts. */
static inline struct testirqs tiq_over(struct testkern *k, bool tree)
{
	struct testirqs t = { .m = tm_over(k, 2) };

	tiq_types(k);
	t.thread = tm_task(&t.m, 44, "irq/1-zoo");
	t.tree = tm_alloc(&t.m, 16);
	t.node = tm_alloc(&t.m, TX_SLOTS + 16 * 8);
	t.chip = tm_alloc(&t.m, 8);
	tk_put(k, t.chip, tiq_text(&t, "ZOO-APIC"), 8);
	tk_put(k, t.tree + TX_HEAD, tx_link(t.node), 8);
	tiq_irq(&t, 0, 0);
	tiq_irq(&t, 1, 1);
	tiq_irq(&t, 2, 5);
	tiq_action(&t, 0, t.desc[0] + TIQ_ACTION, "timer");
	tiq_action(&t, 1, t.desc[1] + TIQ_ACTION, "first");
	tiq_action(&t, 2, t.action[1] + TIQ_NEXT, "second");
	tk_put(k, t.action[2] + TIQ_THREAD, t.thread, 8);
	tk_put(k, t.desc[1] + TIQ_STATE, 1u << 18, 4);
	tk_put(k, t.desc[1] + TIQ_DEPTH, 2, 4);
	if (tree)
		tk_symbol(k, "irq_desc_tree", t.tree);
	return t;
}

#endif
