/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/kern/testmaple.h"

#define LIMIT 10000

struct seen {
	uint64_t first[TMT_RANGES], last[TMT_RANGES], entry[TMT_RANGES];
	size_t n;
	enum cairn_code code;
	struct cairn_err err;
};

static void keep(struct seen *s, const struct maple_walk *w)
{
	assert_true(s->n < TMT_RANGES);
	s->first[s->n] = w->first;
	s->last[s->n] = w->last;
	s->entry[s->n++] = w->entry;
}

/* By leaves it is the same, but that a limit ends it before a leaf, not within. */
static void expect_by_leaves(struct cairn *c, uint64_t first, uint64_t last, size_t limit,
			     const struct seen *s)
{
	struct maple_entry e[MAPLE_SLOTS];
	struct maple_walk w;
	struct cairn_err err;
	size_t n, at = 0;

	assert_int_equal(maple_begin(&w, c, TMT_TREE, first, last, limit, &err), CAIRN_OK);
	for (; (n = maple_next_leaf(&w, e)); at += n)
		for (size_t i = 0; i < n; i++) {
			assert_true(at + i < s->n);
			assert_int_equal(e[i].first, s->first[at + i]);
			assert_int_equal(e[i].last, s->last[at + i]);
			assert_int_equal(e[i].entry, s->entry[at + i]);
		}
	assert_int_equal(maple_next_leaf(&w, e), 0);
	assert_true(s->code == CAIRN_LIMIT || at == s->n);
	assert_int_equal(maple_end(&w, &err), s->code);
}

static struct seen walk_part(struct tmt *t, uint64_t first, uint64_t last, size_t limit)
{
	struct seen s = { .n = 0 };
	struct maple_walk w;
	struct cairn *c = tmt_open(t);

	s.code = maple_begin(&w, c, TMT_TREE, first, last, limit, &s.err);
	assert_int_equal(s.code, CAIRN_OK);
	while (maple_next(&w))
		keep(&s, &w);
	assert_false(maple_next(&w)); /* and stays at its end */
	s.code = maple_end(&w, &s.err);
	expect_by_leaves(c, first, last, limit, &s);
	tmt_free(t);
	return s;
}

static struct seen walk(struct tmt *t)
{
	return walk_part(t, 0, UINT64_MAX, LIMIT);
}

/* ---- what there is ---- */

static void expect_usual(const struct seen *s, const struct tmt *t)
{
	struct tmt_range e[TMT_RANGES];
	unsigned n = tmt_usual_ranges(t, e), k = 0;

	assert_int_equal(s->code, CAIRN_OK);
	for (unsigned i = 0; i < n; i++) {
		if (!e[i].entry)
			continue;
		assert_int_equal(s->first[k], e[i - 1].last + 1);
		assert_int_equal(s->last[k], e[i].last);
		assert_int_equal(s->entry[k++], e[i].entry);
	}
	assert_int_equal(s->n, k);
}

static void all_forms(void **state)
{
	(void)state;
	for (unsigned word = 4; word <= 8; word += 4)
		for (int gaps = 0; gaps <= 1; gaps++) {
			struct tmt t = tmt_usual(word, gaps);
			struct seen s = walk(&t);

			assert_true(t.height >= 3);
			expect_usual(&s, &t);
		}
}

static void full_leaves(void **state)
{
	(void)state;
	for (unsigned word = 4; word <= 8; word += 4) {
		struct tmt t = tmt_new(word, true);
		struct tmt_range e[TMT_RANGES];
		struct seen s;
		unsigned n = tmt_usual_ranges(&t, e);

		tmt_build(&t, e, n, t.r, t.a); /* no room for meta */
		s = walk(&t);
		expect_usual(&s, &t);
	}
}

static void backward(void **state)
{
	struct tmt t = tmt_usual(8, true);
	struct cairn *c = tmt_open(&t);
	struct seen there = { .n = 0 }, back = { .n = 0 };
	struct maple_walk w;

	(void)state;
	assert_int_equal(maple_begin(&w, c, TMT_TREE, 0, UINT64_MAX, LIMIT, NULL), CAIRN_OK);
	assert_false(maple_prev(&w)); /* before the first */
	while (maple_next(&w))
		keep(&there, &w);
	while (maple_prev(&w))
		keep(&back, &w);
	assert_int_equal(there.n, back.n);
	for (size_t i = 0; i < there.n; i++)
		assert_int_equal(there.entry[i], back.entry[back.n - 1 - i]);
	assert_true(maple_next(&w));
	assert_true(maple_next(&w));
	assert_int_equal(w.entry, there.entry[1]);
	assert_true(maple_prev(&w));
	assert_int_equal(w.entry, there.entry[0]);
	maple_to_last(&w);
	assert_false(maple_next(&w));
	maple_to_last(&w);
	assert_true(maple_prev(&w));
	assert_int_equal(w.entry, there.entry[there.n - 1]);
	assert_int_equal(maple_end(&w, NULL), CAIRN_OK);
	tmt_free(&t);
}

/* A single entry, and none, need no node. */
static void without_nodes(void **state)
{
	static const uint64_t roots[] = { 0, TMT_ENTRY(1), 7, 0x406 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct tmt t = tmt_new(8, true);
		struct seen s;
		struct maple_walk w;

		tk_put(t.k, TMT_TREE + TMT_ROOT_AT, roots[i], 8);
		assert_int_equal(maple_begin(&w, tmt_open(&t), TMT_TREE, 0, UINT64_MAX, LIMIT,
					     NULL), CAIRN_OK);
		assert_int_equal(maple_next(&w), roots[i] != 0);
		assert_int_equal(maple_next(&w), false);
		assert_int_equal(maple_prev(&w), roots[i] != 0);
		assert_int_equal(maple_prev(&w), false);
		assert_int_equal(maple_end(&w, NULL), CAIRN_OK);
		tmt_free(&t);

		t = tmt_new(8, true);
		tk_put(t.k, TMT_TREE + TMT_ROOT_AT, roots[i], 8);
		s = walk_part(&t, 1, UINT64_MAX, LIMIT);
		assert_int_equal(s.n, 0);
	}
}

static void part_of_it(void **state)
{
	struct tmt t = tmt_usual(8, true);
	struct tmt_range e[TMT_RANGES];
	struct seen s;

	(void)state;
	tmt_usual_ranges(&t, e);
	s = walk_part(&t, e[3].last + 0x800, e[20].last, LIMIT);
	assert_int_equal(s.code, CAIRN_OK);
	assert_int_equal(s.entry[0], e[4].entry);
	assert_int_equal(s.first[0], e[3].last + 1); /* whole, though it begins before */
	assert_int_equal(s.entry[s.n - 1], e[20].entry);
}

/* Only the path to it is read. */
static void one_index(void **state)
{
	struct tmt t = tmt_usual(4, true);
	struct cairn *c = tmt_open(&t);
	struct tmt_range e[TMT_RANGES];
	uint64_t entry, first, last;
	struct maple_walk w;
	unsigned there = 0;

	(void)state;
	tmt_usual_ranges(&t, e);
	for (unsigned i = 1; i < TMT_RANGES; i++) {
		enum cairn_code code = maple_find(c, TMT_TREE, e[i].last, &entry, &first, &last,
						  NULL);

		assert_int_equal(code, e[i].entry ? CAIRN_OK : CAIRN_NOTFOUND);
		assert_int_equal(entry, e[i].entry);
		assert_int_equal(first, e[i - 1].last + 1);
		assert_int_equal(last, e[i].last);
	}
	assert_int_equal(maple_begin(&w, c, TMT_TREE, 5, 5, LIMIT, NULL), CAIRN_OK);
	for (size_t i = 0; i < w.m.n; i++)
		there += w.m.node[i].state == MAPLE_THERE;
	assert_int_equal(there, t.height);
	maple_end(&w, NULL);
	tmt_free(&t);
}

static void many_at_once(void **state)
{
	struct tmt t = tmt_usual(8, true);
	struct cairn *c = tmt_open(&t);
	const uint64_t trees[] = { TMT_TREE, TMT_TREE + 0x800 };
	const struct maple_layout *l;
	struct shelf shelf;
	struct maple_walk w;
	size_t pages, n = 0, left = LIMIT;

	(void)state;
	shelf_init(&shelf, &c->kernel);
	assert_int_equal(maple_layout_get(c, &l, NULL), CAIRN_OK);
	maple_want(c, l, &shelf, trees, 2, &left);
	assert_true(left < LIMIT);
	pages = shelf.loaded;
	assert_int_equal(pages, (t.next - TMT_NODES + 0xfff) / 0x1000);
	assert_int_equal(maple_begin_on(&w, c, &shelf, TMT_TREE, 0, UINT64_MAX, LIMIT, NULL),
			 CAIRN_OK);
	while (maple_next(&w))
		n++;
	assert_true(n > 60);
	assert_int_equal(shelf.loaded, pages); /* all was there */
	maple_end(&w, NULL);
	shelf_deinit(&shelf);
	tmt_free(&t);
}

/* ---- what is broken ---- */

/* Types come out of the dump: flags that are no word would be read over whoever asks for them. */
static void odd_flags(void **state)
{
	const struct tk_member tree[] = {
		{ .name = "ma_flags", .size = 4, .count = 16 },
		{ .name = "ma_root", .offset = 64, .size = 8 }, { .name = NULL },
	};
	const struct maple_layout *l;
	struct cairn_err err;
	struct testkern *k = tk_new();
	struct tmt t;

	(void)state;
	tk_struct(k, "maple_tree", 72, tree);
	t = tmt_in(k, 8, true);
	assert_int_equal(maple_layout_get(tmt_open(&t), &l, &err), CAIRN_MISSING);
	assert_non_null(strstr(err.text, "ma_flags"));
	tmt_free(&t);
}

/* A slot of the root changed to what is given: the rest is there, and the loss is told. */
static struct seen lose_child(uint64_t link)
{
	struct tmt t = tmt_usual(8, true);

	tmt_put(&t, tmt_slot(&t, t.root, TMT_ARANGE, 0), link);
	return walk(&t);
}

static void lost_children(void **state)
{
	struct tmt whole = tmt_usual(8, true);
	size_t n = walk(&whole).n;
	struct seen s;

	(void)state;
	s = lose_child(0);
	assert_int_equal(s.code, CAIRN_CORRUPT);
	assert_true(s.n > 0 && s.n < n);
	assert_non_null(strstr(s.err.text, "0x0-"));
	s = lose_child(TMT_NODES | 0x10); /* no node's low bits */
	assert_int_equal(s.code, CAIRN_CORRUPT);
	s = lose_child(TK_HOLE | 0x0c);
	assert_int_equal(s.code, CAIRN_FAULT);
	assert_int_equal(s.err.addr, TK_HOLE);
	assert_true(s.n > 0 && s.n < n);
	s = lose_child(TK_END | 0x0c);
	assert_int_equal(s.code, CAIRN_FAULT);
	assert_int_equal(s.err.fault, CAIRN_FAULT_UNMAPPED);
}

static void cycles(void **state)
{
	struct tmt t = tmt_usual(8, true);
	struct seen s;

	(void)state;
	tmt_put(&t, tmt_slot(&t, t.root, TMT_ARANGE, 1), t.root | 0x1c);
	s = walk(&t);
	assert_int_equal(s.code, CAIRN_CORRUPT);
	assert_non_null(strstr(s.err.text, "twice"));
}

static void pivots_that_fall(void **state)
{
	struct tmt t = tmt_usual(8, true);
	uint64_t last = 0;
	struct seen s;

	(void)state;
	tmt_put(&t, tmt_pivot(&t, TMT_NODES, 4), 0x20);
	s = walk(&t);
	assert_int_equal(s.code, CAIRN_CORRUPT);
	for (size_t i = 0; i < s.n; i++) {
		assert_true(s.first[i] <= s.last[i]);
		last = s.last[i] > last ? s.last[i] : last;
	}
	assert_true(last > 0x40000);
}

static void limits(void **state)
{
	struct tmt t = tmt_usual(8, true);
	struct seen s = walk_part(&t, 0, UINT64_MAX, 5);

	(void)state;
	assert_int_equal(s.code, CAIRN_LIMIT);
	assert_true(s.n <= 5);
}

static bool stop_now(void)
{
	return true;
}

static void interrupted(void **state)
{
	struct tmt t = tmt_usual(8, true);
	struct cairn *c = tmt_open(&t);
	struct maple_walk w;

	(void)state;
	c->stop = stop_now;
	assert_int_equal(maple_begin(&w, c, TMT_TREE, 0, UINT64_MAX, LIMIT, NULL), CAIRN_OK);
	assert_false(maple_next(&w));
	assert_int_equal(maple_end(&w, NULL), CAIRN_INTERRUPTED);
	tmt_free(&t);
}

static void no_types(void **state)
{
	struct testkern *k = tk_new();
	struct maple_walk w;
	struct cairn_err err;

	(void)state;
	assert_int_equal(maple_begin(&w, tk_open(k, 8), TMT_TREE, 0, 1, LIMIT, &err),
			 CAIRN_MISSING);
	assert_int_equal(maple_end(&w, NULL), CAIRN_MISSING);
	tk_free(k);
}

static void no_memory(void **state)
{
	enum cairn_code code = CAIRN_NOMEM;

	(void)state;
	for (long n = 0; code != CAIRN_OK && n < 200; n++) {
		struct tmt t = tmt_usual(8, true);
		struct cairn *c = tmt_open(&t);
		struct maple_walk w;
		enum cairn_code end;

		mem_fail_after(n);
		code = maple_begin(&w, c, TMT_TREE, 0, UINT64_MAX, LIMIT, NULL);
		while (code == CAIRN_OK && maple_next(&w))
			;
		end = maple_end(&w, NULL);
		code = code ? code : end;
		mem_fail_after(-1);
		tmt_free(&t);
	}
	assert_int_equal(code, CAIRN_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_forms),
		cmocka_unit_test(full_leaves),
		cmocka_unit_test(backward),
		cmocka_unit_test(without_nodes),
		cmocka_unit_test(part_of_it),
		cmocka_unit_test(one_index),
		cmocka_unit_test(many_at_once), cmocka_unit_test(odd_flags),
		cmocka_unit_test(lost_children),
		cmocka_unit_test(cycles),
		cmocka_unit_test(pivots_that_fall),
		cmocka_unit_test(limits),
		cmocka_unit_test(interrupted),
		cmocka_unit_test(no_types),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
