/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/testmaple.h"
#include "mm/maple_mm_impl.h"

#define MM TMT_TREE /* mm_mt comes first */
#define LOCK 0x40
#define USERS 0x60
#define COUNT 0x64
#define TOTAL 0x68
#define VMA(i) (UINT64_C(0x200000) + 0x98 * (uint64_t)(i))

static struct tmt t;
static struct tmt_range e[TMT_RANGES];
static unsigned n;
static size_t said, of_object, large;
static struct maple_verdict first;

static void tell(void *arg, const struct maple_verdict *v)
{
	(void)arg;
	if (v->of_object)
		of_object++;
	else if (!said++)
		first = *v;
}

static void types(unsigned word)
{
	const struct tk_member counter[] = {
		{ .name = "counter", .size = word }, { .name = NULL },
	};
	const struct tk_member sem[] = {
		{ .name = "count", .nested = "atomic_long" },
		{ .name = "owner", .offset = word, .nested = "atomic_long" }, { .name = NULL },
	};
	const struct tk_member users[] = {
		{ .name = "counter", .size = 4 }, { .name = NULL },
	};
	const struct tk_member mm[] = {
		{ .name = "mm_mt", .nested = "maple_tree" },
		{ .name = "mmap_lock", .offset = LOCK, .nested = "rw_semaphore" },
		{ .name = "mm_users", .offset = USERS, .nested = "atomic_t" },
		{ .name = "map_count", .offset = COUNT, .size = 4 },
		{ .name = "total_vm", .offset = TOTAL, .size = word }, { .name = NULL },
	};
	const struct tk_member vma[] = {
		{ .name = "vm_start", .size = word },
		{ .name = "vm_end", .offset = word, .size = word },
		{ .name = "vm_mm", .offset = 2 * word, .size = word }, { .name = NULL },
	};

	tk_struct(t.k, "atomic_long", word, counter);
	tk_struct(t.k, "rw_semaphore", 3 * word, sem);
	tk_struct(t.k, "atomic_t", 4, users);
	tk_struct(t.k, "mm_struct", 0x80, mm);
	tk_struct(t.k, "vm_area_struct", 0x98, vma);
}

/* An address space of the usual ranges, its areas in a row. */
static void begin(unsigned word)
{
	uint64_t pages = 0, count = 0;

	t = tmt_new(word, true);
	types(word);
	n = tmt_usual_ranges(&t, e);
	for (unsigned i = 0; i < n; i++) {
		if (!e[i].entry)
			continue;
		e[i].entry = VMA(i);
		tmt_put(&t, VMA(i), e[i - 1].last + 1);
		tmt_put(&t, VMA(i) + word, e[i].last + 1);
		tmt_put(&t, VMA(i) + 2 * word, MM);
		pages += (e[i].last - e[i - 1].last) >> 12;
		count++;
	}
	tmt_build(&t, e, n, word == 8 ? 12 : 20, word == 8 ? 6 : 11);
	tk_put(t.k, MM + USERS, 1, 4);
	tk_put(t.k, MM + COUNT, count, 4);
	tmt_put(&t, MM + TOTAL, pages);
	said = of_object = 0;
}

static uint64_t leaf_slot(unsigned i)
{
	return tmt_slot(&t, TMT_NODES, TMT_LEAF, i);
}

static struct arena arena;
static struct maple_mms mms;

/* No tasks: nobody has them. */
static void open_with(struct maple_mm *mm, size_t nmm)
{
	maple_mms_init(&mms, tmt_open(&t), &arena, NULL);
	mms.mm = mm;
	mms.n = mms.cap = nmm;
	mms.large = large;
}

static void done(void)
{
	maple_mms_deinit(&mms);
	arena_deinit(&arena);
	tmt_free(&t);
}

static void verify(void)
{
	struct maple_mm mm = { MM, NULL, TMT_TREE };
	struct maple_checked checked;

	open_with(&mm, 1);
	assert_int_equal(maple_mm_verify(&mms, &mm, tell, NULL, &checked, NULL), CAIRN_OK);
	done();
}

static void expect(uint64_t addr, uint64_t expected)
{
	assert_int_equal(said, 1);
	assert_int_equal(first.addr, addr);
	assert_true(first.told);
	assert_int_equal(first.expected, expected);
}

#define EACH_WORD for (unsigned word = 4; word <= 8; word += 4)

static void healthy(void **state)
{
	(void)state;
	EACH_WORD {
		begin(word);
		verify();
		assert_int_equal(said + of_object, 0);
	}
}

static void bad_words(void **state)
{
	(void)state;
	EACH_WORD {
		begin(word);
		tmt_put(&t, leaf_slot(4), 0);
		verify();
		expect(leaf_slot(4), VMA(4)); /* found where the others lie */
		begin(word);
		tmt_put(&t, leaf_slot(4), VMA(40));
		verify();
		expect(leaf_slot(4), VMA(4));
		begin(word);
		tmt_put(&t, leaf_slot(4), TK_END + 0x100); /* not mapped */
		verify();
		expect(leaf_slot(4), VMA(4));
		begin(word);
		tmt_put(&t, tmt_pivot(&t, TMT_NODES, 4), e[4].last - 0x1000);
		verify();
		expect(tmt_pivot(&t, TMT_NODES, 4), e[4].last);
	}
}

/* What the dump has not cannot be asked. An area that fits is meant if it is in use, which nobody tells
 * here, or is one bit away. */
#define ALONE (TK_HOLE ^ 1 << 21)

static void missing_area(void **state)
{
	uint64_t bit = 1 << 20;

	(void)state;
	EACH_WORD {
		begin(word);
		tmt_put(&t, leaf_slot(4), TK_HOLE);
		verify();
		assert_int_equal(said, 0);
		begin(word);
		assert_int_equal((VMA(4) ^ bit) >> 12, TK_HOLE >> 12);
		tmt_put(&t, leaf_slot(4), VMA(4) ^ bit);
		verify();
		expect(leaf_slot(4), VMA(4));
		assert_int_equal(first.rule, MAPLE_RULE_ENTRY_UNREAD);
		begin(word); /* alone on its page: nothing else leads there */
		for (unsigned w = 0; w < 3; w++)
			tmt_put(&t, ALONE + w * word, le_uint(t.k->mem.range[0].data + VMA(4) +
							      w * word, word));
		tmt_put(&t, VMA(4) + 2 * word, 0);
		tmt_put(&t, leaf_slot(4), TK_HOLE);
		verify();
		expect(leaf_slot(4), ALONE);
	}
}

/* Its areas and its counts are others' to tell of. */
static void not_of_the_tree(void **state)
{
	(void)state;
	EACH_WORD {
		begin(word);
		tmt_put(&t, VMA(5) + word, e[5].last + 1 + 0x1000);
		verify();
		assert_int_equal(said, 0);
		begin(word);
		tmt_put(&t, VMA(5) + 2 * word, MM + 0x1000);
		verify();
		assert_int_equal(said, 0);
		begin(word);
		tk_put(t.k, MM + COUNT, 7, 4);
		tmt_put(&t, MM + TOTAL, 7);
		verify();
		assert_int_equal(said, 0);
		assert_int_equal(of_object, 1);
	}
}

/* exit_mmap() has freed its areas. */
static void last_user_gone(void **state)
{
	(void)state;
	begin(8);
	tk_put(t.k, MM + USERS, 0, 4);
	for (unsigned i = 0; i < n; i += 2)
		tmt_put(&t, VMA(i), 0x6b6b6b6b6b6b6b6b);
	verify();
	assert_int_equal(said, 0);
}

static void being_written(void **state)
{
	uint64_t gap;

	(void)state;
	begin(8);
	gap = tmt_gap(&t, t.root, 0);
	tmt_put(&t, MM + LOCK, 1);
	tmt_put(&t, MM + LOCK + 8, 0x12340);
	tmt_put(&t, gap, 0x1000);
	tk_put(t.k, MM + COUNT, 7, 4); /* not yet counted */
	verify();
	assert_int_equal(said, 1);
	assert_int_equal(of_object, 0);
	assert_int_equal(first.addr, gap);
	assert_int_equal(first.grade, CAIRN_IN_FLIGHT);
}

/* The node's own words do not matter: its parent word is bad. */
static void whose_node(void **state)
{
	struct maple_mm mm = { MM, NULL, TMT_TREE }, found = { 0 };

	(void)state;
	begin(8);
	tmt_put(&t, TMT_NODES, 0x1234500);
	open_with(&mm, 1);
	assert_true(maple_mm_of_node(&mms, TMT_NODES, &arena, &found));
	assert_int_equal(found.tree, TMT_TREE);
	assert_false(maple_mm_of_node(&mms, VMA(0), &arena, &found));
	done();
}

/* ---- crafted ones ---- */

#define MANY   3000
#define OTHERS UINT64_C(0x280000)

/* One more address space whose tree has the same root. */
static void another(uint64_t mm)
{
	for (uint64_t at = 0; at < 0x80; at += 4) {
		uint64_t value = at == TMT_FLAGS_AT ? 0x301 | t.height << 2 :
				 at == TMT_ROOT_AT ? (uint32_t)(t.root | TMT_ARANGE << 3 | 6) :
				 at == USERS ? 1 : 0;

		tk_put(t.k, mm + at, value, 4);
	}
}

/* Nodes that thousands of trees lead to are looked at as often as is allowed, no more: each tree is
 * told to be broken, the first ones better than the rest. */
static void a_tree_of_many(void **state)
{
	static struct maple_mm mm[MANY];
	struct maple_checked checked;
	size_t trials = 20000, left = trials, named = 0, nodes = 0;

	(void)state;
	begin(8);
	for (unsigned i = 0; i < MANY; i++) {
		mm[i] = (struct maple_mm){ .mm = OTHERS + 0x80 * i, .tree = OTHERS + 0x80 * i };
		another(mm[i].mm);
	}
	open_with(mm, MANY);
	maple_mms_want(&mms, &arena);
	assert_true(mms.left < MAPLE_MM_NODES);
	mms.trials = &left;
	for (unsigned i = 0; i < MANY; i++) {
		said = of_object = 0;
		assert_int_equal(maple_mm_verify(&mms, &mm[i], tell, NULL, &checked, NULL), CAIRN_OK);
		assert_true(said);
		named += first.rule == MAPLE_RULE_ROOT_PARENT;
		nodes += checked.nodes;
		assert_true(i < MANY / 2 || !left);
	}
	assert_true(named);
	assert_true(nodes < MANY * 100);
	done();
}

/* Where there are no trials left, a bad word is told as the rule found it. */
static void no_trials(void **state)
{
	struct maple_mm mm = { MM, NULL, TMT_TREE };
	struct maple_checked checked;
	size_t none = 0;

	(void)state;
	begin(8);
	tmt_put(&t, leaf_slot(4), VMA(40));
	open_with(&mm, 1);
	mms.trials = &none;
	assert_int_equal(maple_mm_verify(&mms, &mm, tell, NULL, &checked, NULL), CAIRN_OK);
	assert_int_equal(said, 1);
	assert_int_equal(first.addr, leaf_slot(4));
	assert_false(first.told);
	done();
}

/* A child that is the root; a node that has more than there can be; counts beyond all measure. */
static void words_that_lead_astray(void **state)
{
	uint64_t slot;

	(void)state;
	EACH_WORD {
		begin(word);
		slot = tmt_slot(&t, t.root, TMT_ARANGE, 1);
		tmt_put(&t, slot, t.root | TMT_ARANGE << 3 | 4);
		verify();
		assert_true(said);
		assert_int_equal(first.addr, slot);
		begin(word);
		tk_put(t.k, tmt_meta(&t, t.root, TMT_ARANGE), 0xff, 1);
		verify();
		assert_true(said);
		begin(word);
		tk_put(t.k, MM + COUNT, UINT32_MAX, 4);
		tmt_put(&t, MM + TOTAL, t.max);
		verify();
		assert_int_equal(said, 0);
		assert_int_equal(of_object, 1);
	}
}

/* No more nodes than that: the rest is told to be lost. */
static void limited(void **state)
{
	struct maple_mm mm = { MM, NULL, TMT_TREE };
	struct maple_checked checked;

	(void)state;
	begin(8);
	open_with(&mm, 1);
	mms.limit = 2;
	assert_int_equal(maple_mm_verify(&mms, &mm, tell, NULL, &checked, NULL), CAIRN_OK);
	assert_int_equal(said, 0);
	assert_int_equal(checked.lost.code, CAIRN_LIMIT);
	done();
}

/* Areas are asked page by page where there are many. */
static int as_of_a_large_tree(void **state)
{
	(void)state;
	large = 0;
	return 0;
}

static int as_of_a_small_tree(void **state)
{
	(void)state;
	large = SIZE_MAX;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy),
		cmocka_unit_test(bad_words),
		cmocka_unit_test(missing_area),
		cmocka_unit_test(not_of_the_tree),
		cmocka_unit_test(last_user_gone),
		cmocka_unit_test(being_written),
		cmocka_unit_test(whose_node),
		cmocka_unit_test(a_tree_of_many),
		cmocka_unit_test(no_trials),
		cmocka_unit_test(words_that_lead_astray),
		cmocka_unit_test(limited),
	};

	return cmocka_run_group_tests(tests, as_of_a_large_tree, NULL) ||
	       cmocka_run_group_tests(tests, as_of_a_small_tree, NULL);
}
