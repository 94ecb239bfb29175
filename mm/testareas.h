/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * testareas - for tests: an address space as kernels before 6.1 have it, a red-black tree and a
 * list of areas, in a test kernel's memory; and a task whose it is.
 *
 *   struct testareas t;
 *   ta_begin(&t, 7);                        seven areas of two pages, a gap before each
 *   tk_put(t.k, ta_at(3, TA_END), 0, 8);    damage
 *   ta_open(&t);
 *   ta_free(&t);
 */
#ifndef CAIRN_MM_TESTAREAS_H
#define CAIRN_MM_TESTAREAS_H

#include "lib/kern/task.h"
#include "lib/kern/testkern.h"
#include "mm/vma.h"
#include "mm/vma_name.h"

/* offsets in struct vm_area_struct */
enum {
	TA_START = 0, TA_END = 8, TA_NEXT = 16, TA_PREV = 24, TA_RB = 32, TA_GAP = 56, TA_MM = 64,
	TA_FLAGS = 80, TA_CHAIN = 120, TA_ANON = 136, TA_OPS = 144, TA_PGOFF = 152, TA_FILE = 160,
	TA_PRIVATE = 168, TA_SIZE = 200,
};

/* offsets in struct mm_struct */
enum {
	TAM_MMAP = 0, TAM_RB = 8, TAM_HIGHEST = 16, TAM_USERS = 24, TAM_COUNT = 28, TAM_LOCK = 32,
	TAM_TOTAL = 48, TAM_DATA = 56, TAM_EXEC = 64, TAM_STACK = 72, TAM_START_BRK = 80,
	TAM_BRK = 88, TAM_START_STACK = 96, TAM_SIZE = 128,
};

#define TA_MMS   TK_BASE
#define TA_TASK  UINT64_C(0x8000)
#define TA_AREAS (TK_BASE + 0x1000)
#define TA_FIRST UINT64_C(0x400000) /* where the first area begins */
#define TA_USUAL (VM_READ | VM_WRITE | UINT64_C(0x70)) /* flags: private, VM_MAY* */

struct testareas {
	struct testkern *k;
	struct tasks tasks;
	struct task task;
	unsigned n;
};

static inline uint64_t ta_at(unsigned i, unsigned member)
{
	return TA_AREAS + (uint64_t)i * TA_SIZE + member;
}

static inline uint64_t ta_start(unsigned i)
{
	return TA_FIRST + (uint64_t)i * 0x4000;
}

static inline void ta_types(struct testkern *k)
{
	static const struct tk_member rb[] = {
		{ .name = "__rb_parent_color", .size = 8 }, { .name = "rb_right", .offset = 8, .size = 8 },
		{ .name = "rb_left", .offset = 16, .size = 8 }, { .name = NULL },
	};
	static const struct tk_member list[] = {
		{ .name = "next", .size = 8 }, { .name = "prev", .offset = 8, .size = 8 },
		{ .name = NULL },
	};
	static const struct tk_member counter[] = {
		{ .name = "counter", .size = 4 }, { .name = NULL },
	};
	static const struct tk_member wide[] = {
		{ .name = "counter", .size = 8 }, { .name = NULL },
	};
	static const struct tk_member sem[] = {
		{ .name = "count", .nested = "atomic_long" },
		{ .name = "owner", .offset = 8, .nested = "atomic_long" }, { .name = NULL },
	};
	static const struct tk_member area[] = {
		{ .name = "vm_start", .offset = TA_START, .size = 8 },
		{ .name = "vm_end", .offset = TA_END, .size = 8 },
		{ .name = "vm_next", .offset = TA_NEXT, .size = 8 },
		{ .name = "vm_prev", .offset = TA_PREV, .size = 8 },
		{ .name = "vm_rb", .offset = TA_RB, .nested = "rb_node" },
		{ .name = "rb_subtree_gap", .offset = TA_GAP, .size = 8 },
		{ .name = "vm_mm", .offset = TA_MM, .size = 8 },
		{ .name = "vm_flags", .offset = TA_FLAGS, .size = 8 },
		{ .name = "anon_vma_chain", .offset = TA_CHAIN, .nested = "list_head" },
		{ .name = "anon_vma", .offset = TA_ANON, .size = 8 },
		{ .name = "vm_ops", .offset = TA_OPS, .size = 8 },
		{ .name = "vm_pgoff", .offset = TA_PGOFF, .size = 8 },
		{ .name = "vm_file", .offset = TA_FILE, .size = 8 },
		{ .name = "vm_private_data", .offset = TA_PRIVATE, .size = 8 }, { .name = NULL },
	};
	static const struct tk_member avc[] = {
		{ .name = "vma", .size = 8 }, { .name = "anon_vma", .offset = 8, .size = 8 },
		{ .name = "same_vma", .offset = 16, .nested = "list_head" }, { .name = NULL },
	};
	static const struct tk_member mm[] = {
		{ .name = "mmap", .offset = TAM_MMAP, .size = 8 },
		{ .name = "mm_rb", .offset = TAM_RB, .size = 8 },
		{ .name = "highest_vm_end", .offset = TAM_HIGHEST, .size = 8 },
		{ .name = "mm_users", .offset = TAM_USERS, .nested = "atomic" },
		{ .name = "map_count", .offset = TAM_COUNT, .size = 4 },
		{ .name = "mmap_lock", .offset = TAM_LOCK, .nested = "rw_semaphore" },
		{ .name = "total_vm", .offset = TAM_TOTAL, .size = 8 },
		{ .name = "data_vm", .offset = TAM_DATA, .size = 8 },
		{ .name = "exec_vm", .offset = TAM_EXEC, .size = 8 },
		{ .name = "stack_vm", .offset = TAM_STACK, .size = 8 },
		{ .name = "start_brk", .offset = TAM_START_BRK, .size = 8 },
		{ .name = "brk", .offset = TAM_BRK, .size = 8 },
		{ .name = "start_stack", .offset = TAM_START_STACK, .size = 8 }, { .name = NULL },
	};

	tk_struct(k, "rb_node", 24, rb);
	tk_struct(k, "list_head", 16, list);
	tk_struct(k, "atomic", 4, counter);
	tk_struct(k, "atomic_long", 8, wide);
	tk_struct(k, "rw_semaphore", 16, sem);
	tk_struct(k, "vm_area_struct", TA_SIZE, area);
	tk_struct(k, "anon_vma_chain", 32, avc);
	tk_struct(k, "mm_struct", TAM_SIZE, mm);
}

/* What is free before the area. */
static inline uint64_t ta_gap(unsigned i)
{
	return i ? 0x2000 : TA_FIRST;
}

/* The subtree of areas [from, to): its root's address of rb_node; *gap: its biggest gap. */
static inline uint64_t ta_tree(struct testareas *t, unsigned from, unsigned to, uint64_t parent,
			       uint64_t *gap)
{
	unsigned mid = from + (to - from) / 2;
	uint64_t rb = ta_at(mid, TA_RB), left = 0, right = 0;

	*gap = 0;
	if (from == to)
		return 0;
	tk_put(t->k, rb, parent | 1, 8);
	tk_put(t->k, rb + 16, ta_tree(t, from, mid, rb, &left), 8);
	tk_put(t->k, rb + 8, ta_tree(t, mid + 1, to, rb, &right), 8);
	*gap = ta_gap(mid);
	*gap = left > *gap ? left : *gap;
	*gap = right > *gap ? right : *gap;
	tk_put(t->k, ta_at(mid, TA_GAP), *gap, 8);
	return rb;
}

static inline void ta_area(struct testareas *t, unsigned i)
{
	struct testkern *k = t->k;

	tk_put(k, ta_at(i, TA_START), ta_start(i), 8);
	tk_put(k, ta_at(i, TA_END), ta_start(i) + 0x2000, 8);
	tk_put(k, ta_at(i, TA_NEXT), i + 1 < t->n ? ta_at(i + 1, 0) : 0, 8);
	tk_put(k, ta_at(i, TA_PREV), i ? ta_at(i - 1, 0) : 0, 8);
	tk_put(k, ta_at(i, TA_MM), TA_MMS, 8);
	tk_put(k, ta_at(i, TA_FLAGS), TA_USUAL, 8);
	tk_put(k, ta_at(i, TA_PGOFF), ta_start(i) >> 12, 8);
	tk_put(k, ta_at(i, TA_CHAIN), ta_at(i, TA_CHAIN), 8);
	tk_put(k, ta_at(i, TA_CHAIN) + 8, ta_at(i, TA_CHAIN), 8);
}

static inline void ta_begin_on(struct testareas *t, struct testkern *k, unsigned n)
{
	uint64_t gap;

	*t = (struct testareas){ .k = k, .n = n };
	ta_types(k);
	for (unsigned i = 0; i < n; i++)
		ta_area(t, i);
	tk_put(k, TA_MMS + TAM_MMAP, n ? ta_at(0, 0) : 0, 8);
	tk_put(k, TA_MMS + TAM_RB, ta_tree(t, 0, n, 0, &gap), 8);
	tk_put(k, TA_MMS + TAM_HIGHEST, n ? ta_start(n - 1) + 0x2000 : 0, 8);
	tk_put(k, TA_MMS + TAM_USERS, 1, 4);
	tk_put(k, TA_MMS + TAM_COUNT, n, 4);
	tk_put(k, TA_MMS + TAM_TOTAL, 2 * (uint64_t)n, 8);
	tk_put(k, TA_MMS + TAM_DATA, 2 * (uint64_t)n, 8);
}

static inline void ta_begin(struct testareas *t, unsigned n)
{
	ta_begin_on(t, tk_new(), n);
}

static inline struct cairn *ta_open(struct testareas *t)
{
	struct cairn *c = tk_open(t->k, 8);

	t->task = (struct task){ .addr = TA_TASK, .pid = 7, .comm = "areas", .state = 'S',
				 .mm = TA_MMS };
	t->tasks = (struct tasks){ .task = &t->task, .n = 1 };
	if (!map_put(&t->tasks.by_addr, TA_TASK, 0))
		abort();
	c->tasks = &t->tasks;
	return c;
}

static inline void ta_free(struct testareas *t)
{
	map_deinit(&t->tasks.by_addr);
	t->k->c.tasks = NULL;
	tk_free(t->k);
}

#endif
