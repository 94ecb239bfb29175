/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checker on an address space with a maple tree: what the tree has lost, and marks in it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/kern/finding.h"
#include "lib/kern/task.h"
#include "lib/kern/testmaple.h"
#include "mm/check_mm.h"

#define MM    TMT_TREE /* mm_mt comes first */
#define VMA(i) (UINT64_C(0x200000) + 0x98 * (uint64_t)(i))
#define TASK  UINT64_C(0x8000)
#define OTHER (MM + 0x800) /* another mm_struct */
#define UNSTABLE (UINT64_C(1) << 22)

enum { OF_LOCK = 0x40, OF_USERS = 0x60, OF_COUNT = 0x64, OF_TOTAL = 0x68, OF_FLAGS = 0x70,
       OF_START_BRK = 0x78, OF_BRK = 0x80 };
enum { OF_START, OF_END = 8, OF_MM = 16, OF_VM_FLAGS = 24 };

struct world {
	struct tmt t;
	struct tmt_range e[TMT_RANGES];
	unsigned n;
	struct task task;
	struct tasks tasks;
	struct arena arena;
	struct findings f;
};

static void types(struct testkern *k)
{
	static const struct tk_member counter[] = { { .name = "counter", .size = 8 }, { .name = NULL } };
	static const struct tk_member small[] = { { .name = "counter", .size = 4 }, { .name = NULL } };
	static const struct tk_member sem[] = {
		{ .name = "count", .nested = "atomic_long" },
		{ .name = "owner", .offset = 8, .nested = "atomic_long" }, { .name = NULL },
	};
	static const struct tk_member mm[] = {
		{ .name = "mm_mt", .nested = "maple_tree" },
		{ .name = "mmap_lock", .offset = OF_LOCK, .nested = "rw_semaphore" },
		{ .name = "mm_users", .offset = OF_USERS, .nested = "atomic_t" },
		{ .name = "map_count", .offset = OF_COUNT, .size = 4 },
		{ .name = "total_vm", .offset = OF_TOTAL, .size = 8 },
		{ .name = "flags", .offset = OF_FLAGS, .size = 8 },
		{ .name = "start_brk", .offset = OF_START_BRK, .size = 8 },
		{ .name = "brk", .offset = OF_BRK, .size = 8 }, { .name = NULL },
	};
	static const struct tk_member vma[] = {
		{ .name = "vm_start", .size = 8 }, { .name = "vm_end", .offset = OF_END, .size = 8 },
		{ .name = "vm_mm", .offset = OF_MM, .size = 8 },
		{ .name = "vm_flags", .offset = OF_VM_FLAGS, .size = 8 }, { .name = NULL },
	};

	tk_struct(k, "atomic_long", 8, counter);
	tk_struct(k, "atomic_t", 4, small);
	tk_struct(k, "rw_semaphore", 16, sem);
	tk_struct(k, "mm_struct", 0x90, mm);
	tk_struct(k, "vm_area_struct", 0x98, vma);
}

/* An address space of the usual ranges, its areas in a row. */
static void begin(struct world *w)
{
	uint64_t pages = 0, count = 0;

	*w = (struct world){ .t = tmt_new(8, true) };
	types(w->t.k);
	w->n = tmt_usual_ranges(&w->t, w->e);
	for (unsigned i = 0; i < w->n; i++) {
		if (!w->e[i].entry)
			continue;
		w->e[i].entry = VMA(i);
		tmt_put(&w->t, VMA(i), w->e[i - 1].last + 1);
		tmt_put(&w->t, VMA(i) + OF_END, w->e[i].last + 1);
		tmt_put(&w->t, VMA(i) + OF_MM, MM);
		tmt_put(&w->t, VMA(i) + OF_VM_FLAGS, 0x73);
		pages += (w->e[i].last - w->e[i - 1].last) >> 12;
		count++;
	}
	tk_put(w->t.k, MM + OF_USERS, 1, 4);
	tk_put(w->t.k, MM + OF_COUNT, count, 4);
	tmt_put(&w->t, MM + OF_TOTAL, pages);
}

static void build(struct world *w)
{
	tmt_build(&w->t, w->e, w->n, 12, 6);
}

static void check(struct world *w)
{
	struct cairn *c = tmt_open(&w->t);

	w->task = (struct task){ .addr = TASK, .pid = 7, .comm = "areas", .state = 'S', .mm = MM };
	w->tasks = (struct tasks){ .task = &w->task, .n = 1 };
	assert_true(map_put(&w->tasks.by_addr, TASK, 0));
	c->tasks = &w->tasks;
	assert_int_equal(findings_get(&w->f, c, &(struct check_limits){ .only = "m[am]*" }, &w->arena,
				      NULL), CAIRN_OK);
	for (size_t i = 0; i < w->f.n; i++)
		print_message("%s: %s\n", w->f.said[i].f.id, w->f.said[i].f.message);
}

static void end(struct world *w)
{
	arena_deinit(&w->arena);
	map_deinit(&w->tasks.by_addr);
	w->t.k->c.tasks = NULL;
	tmt_free(&w->t);
}

static void expect(struct world *w, const char *id, const char *expected, const char *words)
{
	check(w);
	assert_int_equal(w->f.n, 1);
	assert_string_equal(w->f.said[0].f.id, id);
	if (expected)
		assert_string_equal(w->f.said[0].f.expected, expected);
	else
		assert_null(w->f.said[0].f.expected);
	assert_non_null(strstr(w->f.said[0].f.message, words));
	end(w);
}

static void test_silent(void **state)
{
	struct world w;

	(void)state;
	begin(&w);
	build(&w);
	check(&w);
	assert_int_equal(w.f.n, 0);
	assert_int_equal(w.f.nunseen, 0);
	end(&w);
}

/* The range of area i, which an empty one precedes, belongs to that one. */
static void lose(struct world *w, unsigned i)
{
	begin(w);
	w->e[i - 1].last = w->e[i].last;
	memmove(&w->e[i], &w->e[i + 1], (w->n - i - 1) * sizeof(*w->e));
	w->n--;
	build(w);
}

static void test_lost(void **state)
{
	char expected[32];
	struct world w;

	(void)state;
	snprintf(expected, sizeof(expected), "0x%llx", (unsigned long long)VMA(100));
	lose(&w, 100);
	expect(&w, "mm.vma.lost", expected, "it is in use and says whose it is");
	/* its object is gone */
	lose(&w, 100);
	tmt_put(&w.t, VMA(100) + OF_MM, OTHER);
	expect(&w, "mm.vma.lost", "426 areas", "areas are missing, 1 of them");
	/* it was unmapped */
	lose(&w, 100);
	tk_put(w.t.k, MM + OF_COUNT, 425, 4);
	tk_put(w.t.k, MM + OF_TOTAL, 425, 8);
	check(&w);
	assert_int_equal(w.f.n, 0);
	end(&w);
}

static uint64_t slot_of(const struct world *w, unsigned i)
{
	for (uint64_t node = TMT_NODES; node < w->t.next; node += TMT_SIZE)
		for (unsigned k = 0; k < 16; k++) {
			uint64_t at = tmt_slot(&w->t, node, TMT_LEAF, k);

			if (le64(testmem_at(&w->t.k->mem, at, 8)) == VMA(i))
				return at;
		}
	return 0;
}

/* The slot is empty: that is the checker maple's to tell. */
static void test_empty_slot(void **state)
{
	struct world w;
	uint64_t at;

	(void)state;
	begin(&w);
	build(&w);
	at = slot_of(&w, 101); /* areas at both sides */
	tmt_put(&w.t, at, 0);
	check(&w);
	assert_int_equal(w.f.n, 1);
	assert_int_equal(w.f.said[0].f.addr, at);
	end(&w);
}

/* Where no fork that failed can have been, the mark was written, and what was there is known. */
static void test_zero(void **state)
{
	char expected[32];
	struct world w;
	uint64_t at;

	(void)state;
	snprintf(expected, sizeof(expected), "0x%llx", (unsigned long long)VMA(100));
	begin(&w);
	build(&w);
	at = slot_of(&w, 100);
	assert_true(at);
	tmt_put(&w.t, at, 0x406);
	expect(&w, "mm.xa_zero", expected, "it was written there");
}

/* One too many, with a heap of one area, or of two. */
static void test_heap_counted_twice(void **state)
{
	(void)state;
	for (unsigned heap = 1; heap < 3; heap++) {
		struct world w;

		begin(&w);
		build(&w);
		tmt_put(&w.t, MM + OF_START_BRK, w.e[99].last + 1);
		tmt_put(&w.t, MM + OF_BRK, w.e[99].last + (heap == 1 ? 0x800 : 0x1800));
		tk_put(w.t.k, MM + OF_COUNT, 427, 4);
		expect(&w, "mm.map_count", "426", heap == 1 ? "which counted those twice" : "areas");
	}
}

/* One that failed: behind the mark are the parent's. */
static void test_fork(void **state)
{
	struct world w;
	uint64_t at, count = 0;

	(void)state;
	begin(&w);
	build(&w);
	at = slot_of(&w, 100);
	tmt_put(&w.t, at, 0x406);
	for (unsigned i = 0; i < w.n; i++) {
		if (i < 100)
			count += w.e[i].entry != 0;
		else if (w.e[i].entry)
			tmt_put(&w.t, VMA(i) + OF_MM, OTHER);
	}
	tk_put(w.t.k, MM + OF_COUNT, count, 4);
	tmt_put(&w.t, MM + OF_FLAGS, UNSTABLE);
	expect(&w, "mm.xa_zero", NULL, "left by a fork that failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_silent), cmocka_unit_test(test_lost), cmocka_unit_test(test_zero),
		cmocka_unit_test(test_empty_slot),
		cmocka_unit_test(test_heap_counted_twice), cmocka_unit_test(test_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
