/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The checkers maple and mm together, on an address space with a maple tree: one bad word is one
 * finding. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/finding.h"
#include "lib/kern/task.h"
#include "lib/kern/testmaple.h"
#include "mm/vma.h"
#include "mm/vma_name.h"

#define MM TMT_TREE /* mm_mt comes first */
#define LOCK 0x40
#define USERS 0x60
#define COUNT 0x64
#define TOTAL 0x68
#define SIZE 0x98
#define VMA(i) (UINT64_C(0x200000) + SIZE * (uint64_t)(i))
#define LEAF (TMT_NODES + TMT_SIZE)
#define TASK UINT64_C(0x8000)

static struct tmt t;
static struct tmt_range e[TMT_RANGES];
static unsigned n;
static struct task task;
static struct tasks tasks;
static struct arena arena;
static struct findings found;

static void types(void)
{
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
	static const struct tk_member mm[] = {
		{ .name = "mm_mt", .nested = "maple_tree" },
		{ .name = "mmap_lock", .offset = LOCK, .nested = "rw_semaphore" },
		{ .name = "mm_users", .offset = USERS, .nested = "atomic" },
		{ .name = "map_count", .offset = COUNT, .size = 4 },
		{ .name = "total_vm", .offset = TOTAL, .size = 8 }, { .name = NULL },
	};
	static const struct tk_member vma[] = {
		{ .name = "vm_start", .size = 8 }, { .name = "vm_end", .offset = 8, .size = 8 },
		{ .name = "vm_mm", .offset = 16, .size = 8 },
		{ .name = "vm_flags", .offset = 24, .size = 8 }, { .name = NULL },
	};

	tk_struct(t.k, "atomic", 4, counter);
	tk_struct(t.k, "atomic_long", 8, wide);
	tk_struct(t.k, "rw_semaphore", 16, sem);
	tk_struct(t.k, "mm_struct", 0x80, mm);
	tk_struct(t.k, "vm_area_struct", SIZE, vma);
}

static void begin(void)
{
	uint64_t pages = 0, count = 0;

	t = tmt_new(8, true);
	types();
	n = tmt_usual_ranges(&t, e);
	for (unsigned i = 0; i < n; i++) {
		if (!e[i].entry)
			continue;
		e[i].entry = VMA(i);
		tmt_put(&t, VMA(i), e[i - 1].last + 1);
		tmt_put(&t, VMA(i) + 8, e[i].last + 1);
		tmt_put(&t, VMA(i) + 16, MM);
		tmt_put(&t, VMA(i) + 24, VM_READ | UINT64_C(0x70));
		pages += (e[i].last - e[i - 1].last) >> 12;
		count++;
	}
	tmt_build(&t, e, n, 12, 6);
	tk_put(t.k, MM + USERS, 1, 4);
	tk_put(t.k, MM + COUNT, count, 4);
	tmt_put(&t, MM + TOTAL, pages);
}

static void check(void)
{
	struct check_limits limits = { .only = "m[am]*" };
	struct cairn *c = tmt_open(&t);
	struct cairn_err err;

	task = (struct task){ .addr = TASK, .pid = 7, .comm = "areas", .state = 'S', .mm = MM };
	tasks = (struct tasks){ .task = &task, .n = 1 };
	assert_true(map_put(&tasks.by_addr, TASK, 0));
	c->tasks = &tasks;
	if (findings_get(&found, c, &limits, &arena, &err))
		fail_msg("%s", err.text);
	c->tasks = NULL;
	map_deinit(&tasks.by_addr);
	for (size_t i = 1; i < found.n; i++)
		print_message("also %s: %s\n", found.said[i].f.id, found.said[i].f.message);
}

static void end(void)
{
	arena_deinit(&arena);
	tmt_free(&t);
}

static void expect(const char *id, uint64_t addr)
{
	check();
	assert_int_equal(found.n, 1);
	assert_string_equal(found.said[0].f.id, id);
	assert_int_equal(found.said[0].f.addr, addr);
	end();
}

static uint64_t slot(unsigned i)
{
	return tmt_slot(&t, LEAF, TMT_LEAF, i);
}

static uint64_t word_at(uint64_t addr)
{
	return le_uint(t.k->mem.range[0].data + addr, 8);
}

/* ---- */

static void healthy(void **state)
{
	(void)state;
	begin();
	check();
	assert_int_equal(found.n, 0);
	assert_int_equal(found.nunseen, 0);
	end();
}

/* A page more: two areas' bounds then differ from the tree's, and are right. */
static void pivot(void **state)
{
	uint64_t at;

	(void)state;
	begin();
	for (unsigned i = 0; i < 10; i++) {
		if (i)
			begin();
		at = tmt_pivot(&t, LEAF, i);
		tmt_put(&t, at, word_at(at) + 0x1000);
		check();
		assert_int_equal(found.n, 1);
		assert_int_equal(found.said[0].f.addr, at);
		assert_true(found.nunseen);
		end();
	}
}

/* To another area, to another's node, to none: those that it leads to are not asked whose they are. */
static void links(void **state)
{
	uint64_t at;

	(void)state;
	begin();
	at = slot(1);
	tmt_put(&t, at, word_at(at) + 5 * SIZE);
	expect("maple.entry.wrong", at);
	begin();
	at = tmt_slot(&t, t.root, TMT_ARANGE, 1);
	tmt_put(&t, at, word_at(at - 8));
	expect("maple.node.shared", at);
	begin();
	at = MM + TMT_ROOT_AT;
	tmt_put(&t, at, 0);
	expect("maple.root.tag", at);
}

/* The tree is right, and the area's own words are judged as ever. */
static void bounds(void **state)
{
	(void)state;
	begin();
	tmt_put(&t, VMA(22) + 8, e[22].last + 1 + 0x1000);
	expect("mm.vma.end-mismatch", VMA(22) + 8);
	begin();
	tmt_put(&t, VMA(22) + 16, MM + 0x1000);
	expect("mm.vma.mm", VMA(22) + 16);
	begin();
	tk_put(t.k, MM + COUNT, word_at(MM + USERS) >> 32 ^ 1, 4);
	expect("mm.map_count", MM + COUNT);
	begin();
	tmt_put(&t, MM + TOTAL, word_at(MM + TOTAL) + 3);
	expect("mm.total_vm", MM + TOTAL);
}

/* A word of the tree and one of an area: both are told. */
static void both(void **state)
{
	(void)state;
	begin();
	tmt_put(&t, tmt_pivot(&t, LEAF, 4), word_at(tmt_pivot(&t, LEAF, 4)) + 0x1000);
	tmt_put(&t, VMA(100) + 8, e[100].last + 1 + 0x1000);
	check();
	assert_int_equal(found.n, 2);
	assert_int_equal(found.said[0].f.addr, tmt_pivot(&t, LEAF, 4));
	assert_int_equal(found.said[1].f.addr, VMA(100) + 8);
	end();
}

/* CVE-2024-50200: three words of one store are told once, by the checker of address spaces. */
static void twice(void **state)
{
	unsigned last;
	uint64_t meta, at;

	(void)state;
	begin();
	meta = tmt_meta(&t, LEAF, TMT_LEAF);
	last = t.k->mem.range[0].data[meta];
	at = tmt_pivot(&t, LEAF, last + 1);
	tmt_put(&t, at, word_at(at - 8));
	tmt_put(&t, slot(last + 1), word_at(slot(last)));
	tk_put(t.k, meta, last + 1, 1);
	expect("mm.spanning-store", at);
}

/* A pivot alone that is as great as the one before is no such store. */
static void equal_pivot(void **state)
{
	uint64_t at;

	(void)state;
	begin();
	at = tmt_pivot(&t, LEAF, 5);
	tmt_put(&t, at, word_at(at - 8));
	expect("maple.pivot.order", at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy), cmocka_unit_test(pivot), cmocka_unit_test(links),
		cmocka_unit_test(bounds), cmocka_unit_test(both), cmocka_unit_test(twice),
		cmocka_unit_test(equal_pivot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
