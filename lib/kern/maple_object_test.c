/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Verdicts on what is more than a word: nodes, entries' objects, and stores that are half done. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/kern/maple_check.h"
#include "lib/kern/testmaple.h"

#define LEAF (TMT_NODES + TMT_SIZE)
#define SAID 8

struct world {
	struct tmt t;
	struct maple_entries entries;
	struct maple_lock_state lock;
	uint64_t gone;      /* an entry that is overwritten; 0: none */
	bool is_slot;       /* it is no object of the kind at all */
	size_t n;
	struct maple_verdict said[SAID];
};

static struct world w;

static enum maple_said says(void *arg, uint64_t entry, uint64_t *first, uint64_t *last)
{
	struct tmt_range e[TMT_RANGES];
	unsigned n = tmt_usual_ranges(&w.t, e);

	(void)arg;
	*first = *last = 0;
	for (unsigned i = 1; entry != w.gone && i < n; i++)
		if (e[i].entry == entry) {
			*first = e[i - 1].last + 1;
			*last = e[i].last;
			return MAPLE_SAYS_RANGE;
		}
	return MAPLE_SAYS_OTHER;
}

static bool is_overwritten(void *arg, uint64_t entry, const char **name)
{
	(void)arg;
	*name = "object";
	return entry == w.gone && !w.is_slot;
}

static bool is_node(void *arg, uint64_t addr)
{
	(void)arg;
	return addr >= TMT_NODES && addr < w.t.next;
}

static void tell(void *arg, const struct maple_verdict *v)
{
	(void)arg;
	if (!v->of_object && w.n < SAID)
		w.said[w.n++] = *v;
}

static void begin(unsigned word)
{
	w = (struct world){ .t = tmt_usual(word, true) };
	w.entries = (struct maple_entries){
		.says = says, .is_overwritten = is_overwritten, .is_node = is_node, .align = 0x1000,
	};
}

static void verify(void)
{
	struct cairn *c = tmt_open(&w.t);
	struct shelf shelf;
	struct maple_subject s = {
		.c = c, .shelf = &shelf, .tree = TMT_TREE, .entries = &w.entries, .lock = &w.lock,
		.limit = 10000,
	};
	struct maple_checked done;

	shelf_init(&shelf, &c->kernel);
	assert_int_equal(maple_layout_get(c, &s.layout, NULL), CAIRN_OK);
	assert_int_equal(maple_verify(&s, tell, NULL, &done, NULL), CAIRN_OK);
	shelf_deinit(&shelf);
	tmt_free(&w.t);
}

static void expect(enum maple_rule rule, uint64_t addr)
{
	assert_int_equal(w.n, 1);
	assert_string_equal(maple_rule_id(w.said[0].rule), maple_rule_id(rule));
	assert_int_equal(w.said[0].addr, addr);
}

static void fill(uint64_t addr, unsigned words, uint64_t value)
{
	for (unsigned i = 0; i < words; i++)
		tmt_put(&w.t, addr + i * w.t.word, value);
}

#define EACH_WORD for (unsigned word = 4; word <= 8; word += 4)

/* ---- nodes ---- */

static void node_filled(void **state)
{
	(void)state;
	EACH_WORD {
		begin(word);
		fill(LEAF, TMT_SIZE / word, 0x6b6b6b6b6b6b6b6b);
		verify();
		expect(MAPLE_RULE_NODE_OVERWRITTEN, LEAF);
		assert_true(w.said[0].filled);
		assert_string_equal(w.said[0].field, "maple_node");
		begin(word); /* as it is with what was another's */
		fill(LEAF, TMT_SIZE / word / 2, 0x4141414141414141);
		verify();
		expect(MAPLE_RULE_NODE_OVERWRITTEN, LEAF);
		assert_false(w.said[0].filled);
		begin(word);
		fill(w.t.root, TMT_SIZE / word, 0x6b6b6b6b6b6b6b6b);
		verify();
		expect(MAPLE_RULE_NODE_OVERWRITTEN, w.t.root);
	}
}

/* A bad slot that leads to such memory is the slot. */
static void slot_to_other_memory(void **state)
{
	(void)state;
	EACH_WORD {
		uint64_t slot, other = TK_END - 0x1000;

		begin(word);
		slot = tmt_slot(&w.t, w.t.root, TMT_ARANGE, 1);
		fill(other, TMT_SIZE / word, 0x6b6b6b6b6b6b6b6b);
		tmt_put(&w.t, slot, other | TMT_ARANGE << 3 | 4);
		verify();
		assert_int_equal(w.n, 1);
		assert_int_equal(w.said[0].addr, slot);
	}
}

/* So do words that are bad one by one, as long as they are few. */
static void three_words(void **state)
{
	(void)state;
	begin(8);
	tmt_put(&w.t, tmt_pivot(&w.t, LEAF, 2), 0);
	tmt_put(&w.t, LEAF, 0x1230);
	verify();
	assert_int_equal(w.n, 2);
	assert_int_not_equal(w.said[0].rule, MAPLE_RULE_NODE_OVERWRITTEN);
}

/* ---- entries ---- */

static void entry_overwritten(void **state)
{
	(void)state;
	EACH_WORD {
		struct tmt_range e[TMT_RANGES];

		begin(word);
		tmt_usual_ranges(&w.t, e);
		w.gone = e[4].entry;
		verify();
		expect(MAPLE_RULE_ENTRY_OVERWRITTEN, e[4].entry);
		assert_string_equal(w.said[0].field, "object");
		begin(word); /* no object lies there */
		w.gone = e[4].entry;
		w.is_slot = true;
		verify();
		expect(MAPLE_RULE_ENTRY_WRONG, tmt_slot(&w.t, TMT_NODES, TMT_LEAF, 4));
	}
}

/* ---- the tree's own words ---- */

static void flags(void **state)
{
	(void)state;
	EACH_WORD {
		uint64_t at = TMT_TREE + TMT_FLAGS_AT, good;

		begin(word);
		good = le_uint(w.t.k->mem.range[0].data + at, 4);
		w.entries.flagged = true;
		w.entries.flags = 0x303;
		tk_put(w.t.k, at, 0x300 | good, 4);
		verify();
		assert_int_equal(w.n, 0);
		for (unsigned bit = 0; bit < 32; bit++) {
			if (1u << bit & (MAPLE_FLAG_HEIGHT | MAPLE_FLAG_RCU))
				continue;
			begin(word);
			w.entries.flagged = true;
			w.entries.flags = 0x303;
			tk_put(w.t.k, at, (0x300 | good) ^ 1u << bit, 4);
			verify();
			expect(bit ? MAPLE_RULE_FLAGS : w.said[0].rule, at);
			assert_int_equal(w.said[0].expected, 0x300 | good);
		}
		begin(word); /* nobody knows what such trees have: the nodes know */
		tk_put(w.t.k, at, good ^ 1, 4);
		verify();
		expect(w.said[0].rule, at);
		assert_int_equal(w.said[0].expected, good);
	}
}

/* Entries are counted, and none is there. */
static void root_gone(void **state)
{
	(void)state;
	EACH_WORD {
		begin(word);
		w.entries.counted = true;
		w.entries.count = 9;
		tmt_put(&w.t, TMT_TREE + TMT_ROOT_AT, 0);
		verify();
		expect(MAPLE_RULE_ROOT_TAG, TMT_TREE + TMT_ROOT_AT);
		begin(word); /* being destroyed */
		tmt_put(&w.t, TMT_TREE + TMT_ROOT_AT, 0);
		verify();
		expect(MAPLE_RULE_HEIGHT, TMT_TREE + TMT_FLAGS_AT);
	}
}

/* ---- stores that are half done ---- */

static void written(void)
{
	begin(8);
	w.lock = (struct maple_lock_state){ .known = true, .written = true };
}

static void gaps_in_flight(void **state)
{
	uint64_t inner;

	(void)state;
	written();
	inner = w.t.root - TMT_SIZE;
	tmt_put(&w.t, tmt_gap(&w.t, inner, 0), 0x7000);
	verify();
	assert_int_equal(w.n, 1);
	assert_int_equal(w.said[0].grade, CAIRN_IN_FLIGHT);
	written(); /* two ways from the root: no one store */
	tmt_put(&w.t, tmt_gap(&w.t, inner, 0), 0x7000);
	tmt_put(&w.t, tmt_gap(&w.t, inner, 2), 0x7000);
	verify();
	assert_int_equal(w.n, 2);
	assert_int_equal(w.said[0].grade, CAIRN_CERTAIN);
	assert_int_equal(w.said[1].grade, CAIRN_CERTAIN);
}

static void leaves_in_flight(void **state)
{
	(void)state;
	for (unsigned leaves = 1; leaves <= 3; leaves++) {
		written();
		for (unsigned i = 0; i < leaves; i++)
			tmt_put(&w.t, tmt_pivot(&w.t, TMT_NODES + i * TMT_SIZE, 4), 0);
		verify();
		assert_int_equal(w.n, leaves);
		for (unsigned i = 0; i < leaves; i++)
			assert_int_equal(w.said[i].grade,
					 leaves < 3 ? CAIRN_IN_FLIGHT : CAIRN_CERTAIN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(node_filled), cmocka_unit_test(slot_to_other_memory),
		cmocka_unit_test(three_words), cmocka_unit_test(entry_overwritten),
		cmocka_unit_test(flags), cmocka_unit_test(root_gone),
		cmocka_unit_test(gaps_in_flight), cmocka_unit_test(leaves_in_flight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
