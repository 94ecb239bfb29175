/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/area_judge.h"

/* What contradicts at one area; its bounds against the next one's are the next one's. */
static unsigned wrongs_at(const struct area_case *c, size_t i)
{
	const struct area *a = &c->area[i], *prev = i ? a - 1 : NULL;
	unsigned n = 0;

	if (!a->told)
		return 0;
	n += a->start % c->page != 0;
	n += a->end % c->page != 0;
	n += a->start >= a->end;
	n += c->limit && a->end > c->limit;
	n += a->offset != AREA_ANY && a->offset != a->start;
	if (c->has_tree) {
		n += a->start != a->tree_start;
		n += a->end != a->tree_end;
		n += a->tree_start % c->page != 0;
		n += a->tree_end % c->page != 0;
	}
	n += prev && prev->told && prev->end > a->start;
	return n;
}

/* ... and its right side. */
static unsigned wrongs_near(const struct area_case *c, size_t i)
{
	return (i ? wrongs_at(c, i - 1) : 0) + wrongs_at(c, i) +
	       (i + 1 < c->n ? wrongs_at(c, i + 1) : 0);
}

static uint64_t sum_of(const struct area_case *c, bool tree)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < c->n; i++) {
		const struct area *a = &c->area[i];

		sum += tree || !a->told ? a->tree_end - a->tree_start : a->end - a->start;
	}
	return sum;
}

static uint64_t *word_of(struct area *a, enum area_word w)
{
	return w == AREA_START ? &a->start : w == AREA_END ? &a->end : w == AREA_OFFSET ? &a->offset :
	       w == AREA_TREE_START ? &a->tree_start : &a->tree_end;
}

/* ---- trying repairs ---- */

struct trial {
	struct area_case *c;
	uint64_t sum, tree_sum; /* with the areas as they are */
	struct area_verdict best;
	int gain;               /* contradictions that `best` makes go away */
};

static int totals_wrong(const struct area_case *c, uint64_t sum, uint64_t tree_sum)
{
	if (!c->has_total)
		return 0;
	return (sum != c->total) + (c->has_tree && tree_sum != c->total);
}

/* A pivot is the end of one range and the start of the next. */
static void set(struct area_case *c, size_t i, enum area_word w, uint64_t value)
{
	uint64_t old = *word_of(&c->area[i], w);

	*word_of(&c->area[i], w) = value;
	if (w == AREA_TREE_END && i + 1 < c->n && c->area[i + 1].tree_start == old)
		c->area[i + 1].tree_start = value;
	if (w == AREA_TREE_START && i && c->area[i - 1].tree_end == old)
		c->area[i - 1].tree_end = value;
}

/* What the totals become is reckoned, not added up: there may be half a million areas. */
static void try(struct trial *t, size_t i, enum area_word w, uint64_t value)
{
	struct area_case *c = t->c;
	uint64_t old = *word_of(&c->area[i], w), moved = value - old, sum = t->sum, tree = t->tree_sum;
	bool end = w == AREA_END || w == AREA_TREE_END, of_tree = w >= AREA_TREE_START, shared;
	int gain = (int)wrongs_near(c, i) + totals_wrong(c, sum, tree);

	if (value == old || !c->area[i].told || value > UINT64_MAX / 2)
		return;
	shared = of_tree && (end ? i + 1 < c->n && c->area[i + 1].tree_start == old
				 : i && c->area[i - 1].tree_end == old);
	if (of_tree)
		tree += shared ? 0 : end ? moved : -moved;
	else if (w != AREA_OFFSET)
		sum += end ? moved : -moved;
	set(c, i, w, value);
	gain -= (int)wrongs_near(c, i) + totals_wrong(c, sum, tree);
	set(c, i, w, old);
	/* of two words that explain the same, the struct's is more often the bad one */
	if (gain > t->gain || (gain == t->gain && gain > 0 && t->best.word >= AREA_TREE_START &&
			       !of_tree)) {
		t->gain = gain;
		t->best = (struct area_verdict){ w, i, old, value };
	}
}

static void try_area(struct trial *t, size_t i)
{
	const struct area_case *c = t->c;
	const struct area a = c->area[i];
	uint64_t off = t->sum - c->total;

	if (c->has_tree) {
		try(t, i, AREA_START, a.tree_start);
		try(t, i, AREA_END, a.tree_end);
		try(t, i, AREA_TREE_START, a.start);
		try(t, i, AREA_TREE_END, a.end);
	}
	if (i && c->area[i - 1].told)
		try(t, i, AREA_START, c->area[i - 1].end);
	if (i + 1 < c->n && c->area[i + 1].told)
		try(t, i, AREA_END, c->area[i + 1].start);
	if (a.offset != AREA_ANY) {
		try(t, i, AREA_START, a.offset);
		try(t, i, AREA_OFFSET, a.start);
	}
	if (c->has_total && off) {
		try(t, i, AREA_START, a.start + off);
		try(t, i, AREA_END, a.end - off);
	}
}

static bool find_best(struct area_case *c, struct area_verdict *ret)
{
	struct trial t = { .c = c, .sum = sum_of(c, false), .tree_sum = sum_of(c, true) };
	bool any = false;

	for (size_t i = 0; i < c->n; i++) {
		if (!wrongs_at(c, i))
			continue;
		any = true;
		if (i)
			try_area(&t, i - 1);
		try_area(&t, i);
		if (i + 1 < c->n)
			try_area(&t, i + 1);
	}
	if (t.gain > 0) {
		*ret = t.best;
		return true;
	}
	if (any || !totals_wrong(c, t.sum, t.tree_sum))
		return false;
	*ret = (struct area_verdict){ AREA_TOTAL, 0, c->total, t.sum };
	return true;
}

size_t area_judge(struct area_case *c, struct area_verdict *ret, size_t max)
{
	size_t n = 0;

	while (n < max && find_best(c, &ret[n])) {
		if (ret[n].word == AREA_TOTAL)
			c->total = ret[n].expected;
		else
			set(c, ret[n].area, ret[n].word, ret[n].expected);
		n++;
	}
	return n;
}
