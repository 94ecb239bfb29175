/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/kern/maple_check.h"
#include "lib/kern/testmaple.h"

#define LIMIT 100000

/* What the entries of the usual tree say: their number is in them. */
struct world {
	struct tmt_range e[TMT_RANGES];
	unsigned n, lost;       /* an entry that can be found; 0: none */
	unsigned longer;        /* an entry that says that it ends a page later; 0: none */
	unsigned earlier;       /* one that says that it begins far in front; 0: none */
	struct maple_entries entries;
	struct maple_lock_state lock;
	bool blind;             /* entries are not asked */
	size_t said, of_object;
	size_t nodes, quiet;    /* that were told of, and on how many nobody is at work */
	struct maple_verdict first;
};

static struct world world;

static enum maple_said says(void *arg, uint64_t entry, uint64_t *first, uint64_t *last)
{
	struct world *w = arg;
	uint64_t i = (entry - TMT_ENTRY(0)) / 64;

	*first = *last = 0;
	if (entry < TMT_ENTRY(0) || i >= w->n || entry != TMT_ENTRY(i))
		return MAPLE_SAYS_OTHER;
	*first = i && i == w->earlier ? 0x1000 : w->e[i - 1].last + 1;
	*last = w->e[i].last + (i && i == w->longer ? 0x1000 : 0);
	return MAPLE_SAYS_RANGE;
}

static bool find(void *arg, uint64_t first, uint64_t last, uint64_t *entry)
{
	struct world *w = arg;

	*entry = TMT_ENTRY(w->lost);
	return w->lost && w->e[w->lost - 1].last + 1 == first && w->e[w->lost].last == last;
}

static void tell(void *arg, const struct maple_verdict *v)
{
	struct world *w = arg;

	if (v->of_object) {
		w->of_object++;
		return;
	}
	if (!w->said++)
		w->first = *v;
}

static void count_node(void *arg, uint64_t addr, bool quiet)
{
	struct world *w = arg;

	(void)addr;
	w->nodes++;
	w->quiet += quiet;
}

static void begin(const struct tmt *t)
{
	uint64_t sum = 0;

	world = (struct world){ .entries = { .arg = &world, .says = says, .find = find,
					     .align = 0x1000 } };
	world.n = tmt_usual_ranges(t, world.e);
	for (unsigned i = 0; i < world.n; i++)
		if (world.e[i].entry) {
			world.entries.count++;
			sum += world.e[i].last - world.e[i - 1].last;
		}
	world.entries.counted = world.entries.summed = true;
	world.entries.sum = sum;
}

static struct tmt usual(unsigned word)
{
	struct tmt t = tmt_usual(word, true);

	begin(&t);
	return t;
}

static struct maple_checked verify(struct tmt *t)
{
	struct cairn *c = tmt_open(t);
	struct shelf shelf;
	struct maple_subject s = {
		.c = c, .shelf = &shelf, .tree = TMT_TREE, .lock = &world.lock, .limit = LIMIT,
		.entries = world.blind ? NULL : &world.entries, .node = count_node,
		.node_arg = &world,
	};
	struct maple_checked checked;

	shelf_init(&shelf, &c->kernel);
	assert_int_equal(maple_layout_get(c, &s.layout, NULL), CAIRN_OK);
	assert_int_equal(maple_verify(&s, tell, &world, &checked, NULL), CAIRN_OK);
	shelf_deinit(&shelf);
	tmt_free(t);
	return checked;
}

static void expect(enum maple_rule rule, uint64_t addr, uint64_t expected)
{
	assert_int_equal(world.said, 1);
	assert_string_equal(maple_rule_id(world.first.rule), maple_rule_id(rule));
	assert_int_equal(world.first.addr, addr);
	assert_true(world.first.told);
	assert_int_equal(world.first.expected, expected);
}

/* ---- one word of the usual tree ---- */

/* The word at that address becomes `bad`: that and nothing else is said. */
static void one_word(struct tmt *t, enum maple_rule rule, uint64_t addr, uint64_t bad)
{
	const unsigned char *p = t->k->mem.range[0].data + addr;
	uint64_t old = le_uint(p, t->word);

	tmt_put(t, addr, bad);
	verify(t);
	expect(rule, addr, old);
}

static void one_byte(struct tmt *t, enum maple_rule rule, uint64_t addr, unsigned bad)
{
	uint64_t old = t->k->mem.range[0].data[addr];

	tk_put(t->k, addr, bad, 1);
	verify(t);
	expect(rule, addr, old);
}

static uint64_t word_at(const struct tmt *t, uint64_t addr)
{
	return le_uint(t->k->mem.range[0].data + addr, t->word);
}

#define EACH_WORD for (unsigned word = 4; word <= 8; word += 4)

static void healthy(void **state)
{
	(void)state;
	EACH_WORD {
		struct tmt t = usual(word);
		struct maple_checked c = verify(&t);

		assert_int_equal(world.said, 0);
		assert_int_equal(world.of_object, 0);
		assert_int_equal(c.nodes, (t.next - TMT_NODES) / TMT_SIZE);
		assert_int_equal(c.depth, t.height);
		t = tmt_usual(word, false); /* one that keeps no gaps */
		verify(&t);
		assert_int_equal(world.said, 0);
	}
}

static void roots(void **state)
{
	(void)state;
	EACH_WORD {
		struct tmt t = usual(word);

		one_word(&t, MAPLE_RULE_ROOT_TAG, TMT_TREE + TMT_ROOT_AT,
			 word_at(&t, TMT_TREE + TMT_ROOT_AT) ^ 0x40);
		t = usual(word);
		one_word(&t, MAPLE_RULE_ROOT_PARENT, t.root, TMT_TREE + 0x101);
		t = usual(word);
		tk_put(t.k, TMT_TREE + TMT_FLAGS_AT, 3 | 9 << 2, 4);
		verify(&t);
		expect(MAPLE_RULE_HEIGHT, TMT_TREE + TMT_FLAGS_AT, 3 | t.height << 2);
	}
}

static void parents(void **state)
{
	(void)state;
	EACH_WORD {
		struct tmt t = usual(word);
		uint64_t leaf = TMT_NODES + 2 * TMT_SIZE, parent = word_at(&t, leaf);

		one_word(&t, MAPLE_RULE_PARENT_TYPE, leaf, parent ^ 4);
		assert_int_equal(world.first.bit, 2);
		assert_int_equal(world.first.node, leaf);
		assert_string_equal(world.first.field, "maple_node.parent");
		t = usual(word);
		one_word(&t, MAPLE_RULE_PARENT_SLOT, leaf, parent ^ 8);
		t = usual(word);
		one_word(&t, MAPLE_RULE_PARENT_NODE, leaf, parent + 0x100);
		t = usual(word);
		one_word(&t, MAPLE_RULE_DEAD_LINKED, leaf, leaf);
	}
}

static void links(void **state)
{
	(void)state;
	EACH_WORD {
		struct tmt t = usual(word);
		uint64_t slot = tmt_slot(&t, t.root, TMT_ARANGE, 1), link = word_at(&t, slot);

		one_word(&t, MAPLE_RULE_NODE_ALIGN, slot, link ^ 0x40);
		assert_string_equal(world.first.field, "maple_node.ma64.slot[1]");
		t = usual(word);
		one_word(&t, MAPLE_RULE_NODE_TYPE, slot, link ^ 8);
		t = usual(word);
		one_word(&t, MAPLE_RULE_CHILD_NULL, slot, 0);
		t = usual(word);
		one_word(&t, MAPLE_RULE_NODE_SHARED, slot,
			 word_at(&t, slot - t.word));
		t = usual(word);
		one_word(&t, MAPLE_RULE_NODE_ALIGN, slot, TK_END | 0x1c);
		t = usual(word);
		one_word(&t, MAPLE_RULE_DEPTH, slot, link ^ 0x10);
	}
}

static void pivots(void **state)
{
	(void)state;
	EACH_WORD {
		struct tmt t = usual(word);
		uint64_t leaf = TMT_NODES + TMT_SIZE, at = tmt_pivot(&t, leaf, 4);
		unsigned tail = word == 8 ? 13 : 25;

		one_word(&t, MAPLE_RULE_PIVOT_ORDER, at, word_at(&t, at - t.word));
		assert_string_equal(world.first.field, "maple_node.mr64.pivot[4]");
		t = usual(word);
		one_word(&t, MAPLE_RULE_PIVOT_ZERO, at, 0);
		t = usual(word);
		one_word(&t, MAPLE_RULE_PIVOT_ENTRY, at, word_at(&t, at) - 0x100);
		t = usual(word);
		one_word(&t, MAPLE_RULE_PIVOT_RANGE, tmt_pivot(&t, leaf, 0), 5);
		t = usual(word);
		one_word(&t, MAPLE_RULE_TAIL_PIVOT, tmt_pivot(&t, leaf, tail), 0x1234);
		t = usual(word); /* of the inner node: what its children say decides */
		at = tmt_pivot(&t, t.root, 0);
		one_word(&t, MAPLE_RULE_PIVOT_RANGE, at, word_at(&t, at) + 0x1000);
		assert_string_equal(world.first.field, "maple_node.ma64.pivot[0]");
	}
}

static void ends(void **state)
{
	(void)state;
	EACH_WORD {
		struct tmt t = usual(word);
		uint64_t leaf = TMT_NODES + TMT_SIZE;

		one_byte(&t, MAPLE_RULE_END_RANGE, tmt_meta(&t, t.root, TMT_ARANGE), 77);
		assert_string_equal(world.first.field, "maple_node.ma64.meta.end");
		t = usual(word);
		one_byte(&t, MAPLE_RULE_END_RANGE, tmt_meta(&t, leaf, TMT_LEAF), 0xff);
		t = usual(word);
		one_byte(&t, MAPLE_RULE_END_META, tmt_meta(&t, leaf, TMT_LEAF), 8);
		assert_string_equal(world.first.field, "maple_node.mr64.meta.end");
		t = usual(word);
		one_word(&t, MAPLE_RULE_TAIL_SLOT,
			 tmt_slot(&t, leaf, TMT_LEAF, word == 8 ? 13 : 25), 0xff001000);
	}
}

/* meta.end is looked at also where the pivots alone tell the end. */
static void end_meta(void **state)
{
	(void)state;
	EACH_WORD {
		struct tmt t = tmt_new(word, true);
		struct tmt_range e[TMT_RANGES];
		unsigned n = tmt_usual_ranges(&t, e);

		/* one slot is left: the last pivot is the node's end */
		n = t.r - 1;
		e[n - 1] = (struct tmt_range){ t.max, 0 };
		begin(&t);
		world.blind = true;
		tmt_build(&t, e, n, n, t.a);
		one_byte(&t, MAPLE_RULE_END_META, tmt_meta(&t, t.root, TMT_LEAF), 3);
	}
}

static void gaps(void **state)
{
	(void)state;
	EACH_WORD {
		struct tmt t = usual(word);
		uint64_t inner = t.root - TMT_SIZE, at = tmt_gap(&t, inner, 0);

		one_word(&t, MAPLE_RULE_GAP_PARENT, at, word_at(&t, at) + 0x8000);
		assert_string_equal(world.first.field, "maple_node.ma64.gap[0]");
		t = usual(word);
		one_word(&t, MAPLE_RULE_GAP_PARENT, at, t.max);
		t = usual(word);
		one_byte(&t, MAPLE_RULE_GAP_META_RANGE, tmt_meta(&t, inner, TMT_ARANGE) + 1, 99);
		assert_string_equal(world.first.field, "maple_node.ma64.meta.gap");
		t = usual(word);
		one_word(&t, MAPLE_RULE_TAIL_GAP, tmt_gap(&t, t.root, t.a - 1), 0x1000);
	}
}

static void gap_not_max(void **state)
{
	struct tmt t = usual(8);
	uint64_t meta = tmt_meta(&t, t.root, TMT_ARANGE) + 1;

	(void)state;
	assert_int_equal(t.k->mem.range[0].data[meta], 1); /* the last child ends the tree */
	one_byte(&t, MAPLE_RULE_GAP_NOT_MAX, meta, 0);
}

static void entries(void **state)
{
	(void)state;
	EACH_WORD {
		struct tmt t = usual(word);
		uint64_t leaf = TMT_NODES, slot = tmt_slot(&t, leaf, TMT_LEAF, 4);

		world.lost = 4;
		one_word(&t, MAPLE_RULE_NULL_ADJACENT, tmt_slot(&t, leaf, TMT_LEAF, 4), 0);
		t = usual(word);
		world.lost = 4;
		one_word(&t, MAPLE_RULE_ENTRY_RESERVED, slot, 0x406);
		t = usual(word);
		world.lost = 4;
		one_word(&t, MAPLE_RULE_ENTRY_WRONG, slot, TMT_ENTRY(40));
		t = usual(word);
		tmt_put(&t, slot, 0xff004444); /* nobody knows what was there */
		verify(&t);
		assert_int_equal(world.said, 1);
		assert_int_equal(world.first.addr, slot);
	}
}

/* CVE-2024-50200: one store left the last entry there twice. */
static void twice(void **state)
{
	(void)state;
	EACH_WORD {
		struct tmt t = usual(word);
		uint64_t leaf = TMT_NODES + TMT_SIZE, meta = tmt_meta(&t, leaf, TMT_LEAF);
		unsigned end = t.k->mem.range[0].data[meta];

		tmt_put(&t, tmt_pivot(&t, leaf, end + 1), word_at(&t, tmt_pivot(&t, leaf, end)));
		tmt_put(&t, tmt_slot(&t, leaf, TMT_LEAF, end + 1),
			word_at(&t, tmt_slot(&t, leaf, TMT_LEAF, end)));
		tk_put(t.k, meta, end + 1, 1);
		verify(&t);
		expect(MAPLE_RULE_PIVOT_ORDER, tmt_pivot(&t, leaf, end + 1), 0);
		assert_true(world.first.twice);
	}
}

static void null_at_leaf_end(void **state)
{
	struct tmt t = usual(8);
	unsigned end = t.k->mem.range[0].data[tmt_meta(&t, TMT_NODES, TMT_LEAF)];

	(void)state;
	world.lost = end;
	one_word(&t, MAPLE_RULE_NULL_LEAF_END, tmt_slot(&t, TMT_NODES, TMT_LEAF, end), 0);
}

/* A healthy kernel may have these. */
static void doubts(void **state)
{
	struct tmt t = tmt_new(8, true);
	struct tmt_range e[TMT_RANGES];
	struct tmt_node child;

	(void)state;
	begin(&t);
	world.blind = true;
	e[0] = (struct tmt_range){ 0xfff, TMT_ENTRY(1) };
	e[1] = (struct tmt_range){ t.max, 0 };
	child = tmt_leaf(&t, 0, e, 2);
	child = tmt_inner(&t, &child, 1);
	t.height = 2;
	tmt_root(&t, &child);
	verify(&t);
	assert_int_equal(world.said, 1);
	assert_int_equal(world.first.rule, MAPLE_RULE_ROOT_SINGLE);
	assert_int_equal(world.first.grade, CAIRN_SUSPICIOUS);

	t = tmt_new(8, true);
	begin(&t);
	world.blind = true;
	tmt_build(&t, e, tmt_usual_ranges(&t, e), 5, 6);
	verify(&t);
	assert_true(world.said > 0);
	assert_int_equal(world.first.rule, MAPLE_RULE_END_MIN);
	assert_int_equal(world.first.grade, CAIRN_SUSPICIOUS);
}

/* What entries say may be wrong as well: then the tree is not to blame. */
static void objects(void **state)
{
	struct tmt t = usual(8);

	(void)state;
	world.longer = 5; /* into the empty range behind it */
	verify(&t);
	assert_int_equal(world.said, 0);
	assert_true(world.of_object > 0);
	t = usual(8);
	world.entries.count++;
	world.entries.sum += 0x3000;
	verify(&t);
	assert_int_equal(world.said, 0);
	assert_int_equal(world.of_object, 1);
}

/* Nor is a pivot or a slot above the leaf that such an entry is the first of. */
static void objects_at_bounds(void **state)
{
	struct tmt t = usual(4);
	unsigned n = world.n;

	(void)state;
	tmt_free(&t);
	for (unsigned i = 2; i < n; i++) {
		t = usual(4);
		world.earlier = world.e[i].entry ? i : 0;
		verify(&t);
		assert_int_equal(world.said, 0);
		assert_int_equal(world.of_object, world.earlier != 0);
	}
}

/* Two bad words that have nothing to do with each other are two findings. */
static void two_words(void **state)
{
	struct tmt t = usual(8);
	uint64_t a = tmt_pivot(&t, TMT_NODES + TMT_SIZE, 4), b = t.root - TMT_SIZE;

	(void)state;
	tmt_put(&t, a, word_at(&t, a) ^ 1u << 20);
	tmt_put(&t, b, word_at(&t, b) ^ 4);
	verify(&t);
	assert_int_equal(world.said, 2);
}

/* Of a tree that is written to, what a writer may leave is no certain fault, and beside one that
 * is, no news. */
static void in_flight(void **state)
{
	struct tmt t = usual(8);
	uint64_t gap = tmt_gap(&t, t.root - TMT_SIZE, 0), leaf = TMT_NODES + TMT_SIZE;

	(void)state;
	world.lock = (struct maple_lock_state){ true, true, 0x1000 };
	one_word(&t, MAPLE_RULE_GAP_PARENT, gap, 0x800);
	assert_int_equal(world.first.grade, CAIRN_IN_FLIGHT);
	t = usual(8);
	world.lock = (struct maple_lock_state){ true, true, 0x1000 };
	tmt_put(&t, gap, 0x800);
	one_word(&t, MAPLE_RULE_PARENT_TYPE, leaf, word_at(&t, leaf) ^ 4);
	assert_int_equal(world.first.grade, CAIRN_CERTAIN);
	t = usual(8); /* its named parent is not dead: no writer does that */
	world.lock = (struct maple_lock_state){ true, true, 0x1000 };
	one_word(&t, MAPLE_RULE_PARENT_NODE, leaf, t.root | 6);
	assert_int_equal(world.first.grade, CAIRN_CERTAIN);
}

/* Nodes are told of a tree that nobody writes to, and whether that is known. */
static void nodes(void **state)
{
	static const struct maple_lock_state locks[] = { { 0 }, { .known = true }, { true, true, 0 } };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct tmt t = usual(8);
		size_t n;

		world.lock = locks[i];
		n = verify(&t).nodes;
		assert_true(n > 1);
		assert_int_equal(world.nodes, locks[i].written ? 0 : n);
		assert_int_equal(world.quiet, i == 1 ? n : 0);
	}
}

/* mas_alloc_nodes() before its fix: the slot behind the last of the node in front. */
static void overrun(void **state)
{
	(void)state;
	EACH_WORD {
		struct tmt t = usual(word);
		/* the nodes are in a row; make room for one in front of the root */
		uint64_t root = t.next + TMT_SIZE, in_front = t.next, child;
		unsigned char copy[TMT_SIZE];
		uint64_t leaf = TMT_NODES + 5 * TMT_SIZE, parent = word_at(&t, leaf);

		memcpy(copy, t.k->mem.range[0].data + leaf, TMT_SIZE);
		tk_write(t.k, root, copy, TMT_SIZE); /* a leaf that moved to behind it */
		child = tmt_slot(&t, parent & ~UINT64_C(0xff), TMT_ARANGE, parent >> 3 & 0x1f);
		tmt_put(&t, child, root | 0x0c);
		for (unsigned i = 2; i < TMT_SIZE / word; i++)
			tmt_put(&t, in_front + i * word, TMT_NODES + 0x40000 + 0x100 * i);
		one_word(&t, MAPLE_RULE_PARENT_TYPE, root, TMT_NODES + 0x50000);
		assert_int_equal(world.first.neighbour, in_front);
		t = usual(word);
		one_word(&t, MAPLE_RULE_PARENT_TYPE, leaf, TMT_NODES + 0x50000);
		assert_int_equal(world.first.neighbour, 0); /* in front lies a node like others */
	}
}

/* A node that the dump has not is no fault of the tree. */
static void missing_node(void **state)
{
	struct tmt t = usual(8);
	struct maple_checked c;
	uint64_t slot = tmt_slot(&t, t.root, TMT_ARANGE, 0), link = word_at(&t, slot);

	(void)state;
	tmt_put(&t, link & ~UINT64_C(0xff), 0); /* nobody names the slot */
	tmt_put(&t, slot, TK_HOLE | 0x1c);
	c = verify(&t);
	assert_int_equal(world.said, 0);
	assert_int_equal(c.lost.code, CAIRN_FAULT);
	assert_int_equal(c.lost.addr, TK_HOLE);
	t = usual(8); /* a node does */
	one_word(&t, MAPLE_RULE_NODE_UNREAD, slot, TK_HOLE | 0x1c);
}

static void no_memory(void **state)
{
	(void)state;
	for (long n = 0; n < 400; n += 3) {
		struct tmt t = usual(8);
		struct cairn *c;
		struct shelf shelf;
		struct maple_subject s = {
			.shelf = &shelf, .tree = TMT_TREE, .entries = &world.entries,
			.limit = LIMIT,
		};
		struct maple_checked checked;
		enum cairn_code code;

		tmt_put(&t, TMT_NODES, 0x1234);
		c = s.c = tmt_open(&t);
		shelf_init(&shelf, &c->kernel);
		assert_int_equal(maple_layout_get(c, &s.layout, NULL), CAIRN_OK);
		mem_fail_after(n);
		code = maple_verify(&s, tell, &world, &checked, NULL);
		mem_fail_after(-1);
		assert_true(code == CAIRN_OK || code == CAIRN_NOMEM);
		shelf_deinit(&shelf);
		tmt_free(&t);
	}
}

static void ids(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MAPLE_RULES; i++) {
		assert_non_null(maple_rule_id((enum maple_rule)i));
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(maple_rule_id((enum maple_rule)i),
						maple_rule_id((enum maple_rule)k));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy),
		cmocka_unit_test(roots),
		cmocka_unit_test(parents),
		cmocka_unit_test(links),
		cmocka_unit_test(pivots),
		cmocka_unit_test(ends),
		cmocka_unit_test(end_meta),
		cmocka_unit_test(gaps),
		cmocka_unit_test(gap_not_max),
		cmocka_unit_test(entries),
		cmocka_unit_test(twice),
		cmocka_unit_test(null_at_leaf_end),
		cmocka_unit_test(doubts),
		cmocka_unit_test(objects), cmocka_unit_test(objects_at_bounds),
		cmocka_unit_test(two_words),
		cmocka_unit_test(in_flight), cmocka_unit_test(nodes),
		cmocka_unit_test(overrun),
		cmocka_unit_test(missing_node),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
