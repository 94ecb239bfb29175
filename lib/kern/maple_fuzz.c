/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small tree of which the input changes words: the first byte chooses the form, then patches of
 * four bytes: which word, and what becomes of it. Walks it both ways, by leaves and by index, and
 * verifies it: ranges must reach into what was asked for, all ways must yield as many, findings
 * must have a name and a reason, and the rules must find the same whether or not nodes that look
 * fine are passed over.
 */
#include <stdlib.h>

#include "lib/kern/maple_check.h"
#include "lib/kern/testmaple.h"

#define RANGES 40
#define LIMIT 300
#define WORDS 0x300u

static void patch(struct tmt *t, const uint8_t *data)
{
	uint64_t at = TMT_TREE + t->word * ((data[0] | data[1] << 8) % WORDS), v;

	if (at >= TMT_TREE + 0x100)
		at += TMT_NODES - TMT_TREE - 0x100;
	v = le_uint(t->k->mem.range[0].data + at, t->word);
	switch (data[3] & 7) {
	case 0: v = data[2]; break;
	case 1: v ^= UINT64_C(1) << data[2] % (8 * t->word); break;
	case 2: v = TMT_NODES + (uint64_t)data[2] * 0x100 + (data[3] >> 3) * 4; break;
	case 3: v = t->max - data[2]; break;
	case 4: v += data[2]; break;
	case 5: v -= (uint64_t)data[2] << 12; break;
	case 6: v = TK_SMALL_END + data[2]; break;
	default: v = (uint64_t)data[2] << 12 | data[3]; break;
	}
	tk_put(t->k, at, v, t->word);
}

static void check_entry(const struct maple_walk *w, uint64_t first, uint64_t last)
{
	if (!w->entry || w->first > w->last || w->first > last || w->last < first ||
	    w->n > LIMIT || (w->node && w->slot_at - w->node >= TMT_SIZE))
		abort();
}

static size_t by_leaves(struct cairn *c, uint64_t first, uint64_t last)
{
	struct maple_entry e[MAPLE_SLOTS];
	struct maple_walk w;
	size_t n, there = 0;

	if (!maple_begin(&w, c, TMT_TREE, first, last, LIMIT, NULL))
		while ((n = maple_next_leaf(&w, e)))
			there += n;
	maple_end(&w, NULL);
	return there;
}

static void walk(struct cairn *c, uint64_t first, uint64_t last)
{
	struct maple_walk w;
	struct cairn_err err = { 0 };
	size_t there = 0, back = 0;
	enum cairn_code code = maple_begin(&w, c, TMT_TREE, first, last, LIMIT, &err);

	while (!code && maple_next(&w)) {
		check_entry(&w, first, last);
		there++;
	}
	while (!code && w.n < LIMIT && maple_prev(&w))
		back++;
	if (!code && w.n < LIMIT && there != back)
		abort();
	code = maple_end(&w, &err);
	if (code != err.code || (code && !err.text[0]))
		abort();
	if (there < LIMIT && there != by_leaves(c, first, last))
		abort();
}

static void tell(void *arg, const struct maple_verdict *v)
{
	(void)arg;
	if (!v->field[0] || !maple_rule_id(v->rule) || (v->told && v->expected == v->found))
		abort();
}

/* ---- what entries say: the third is another's, the fifth is longer ---- */

static struct tmt_range range[TMT_RANGES];

static enum maple_said says(void *arg, uint64_t entry, uint64_t *first, uint64_t *last)
{
	uint64_t i = (entry - TMT_ENTRY(0)) / 64;

	(void)arg;
	*first = *last = 0;
	if (entry < TMT_ENTRY(1) || i >= RANGES || entry != TMT_ENTRY(i))
		return MAPLE_SAYS_OTHER;
	*first = range[i - 1].last + 1;
	*last = range[i].last + (i == 5 ? 0x1000 : 0);
	return i == 3 ? MAPLE_SAYS_OTHER : MAPLE_SAYS_RANGE;
}

static size_t ask(void *arg, const struct maple_asked *q)
{
	uint64_t first, last;

	for (size_t i = 0; i < q->n; i++)
		q->agrees[i] = says(arg, q->entry[i], &first, &last) == MAPLE_SAYS_RANGE &&
			       first == q->first[i] && last == q->last[i];
	return 1;
}

static void answer(void *arg)
{
	(void)arg;
}

static bool find(void *arg, uint64_t first, uint64_t last, uint64_t *entry)
{
	(void)arg;
	for (unsigned i = 1; i < RANGES; i++)
		if (range[i].entry && range[i].last == last && range[i - 1].last + 1 == first) {
			*entry = range[i].entry;
			return true;
		}
	return false;
}

static bool is_node(void *arg, uint64_t addr)
{
	(void)arg;
	return addr >= TMT_NODES;
}

static bool is_overwritten(void *arg, uint64_t entry, const char **name)
{
	(void)arg;
	*name = "object";
	return entry & 0x100;
}

static const struct maple_entries entries = {
	.says = says, .ask = ask, .answer = answer, .find = find, .is_node = is_node,
	.is_overwritten = is_overwritten, .flagged = true, .flags = 1, .counted = true, .count = 30,
};

static bool is_same(const struct maple_wrong *a, const struct maple_wrong *b)
{
	return a->rule == b->rule && a->node == b->node && a->addr == b->addr && a->told == b->told &&
	       a->expected == b->expected && a->found == b->found && a->slot == b->slot;
}

/* No word is at that address, but where one is not to be trusted no node looks fine. */
static void judge(struct cairn *c, const struct maple_layout *l, struct shelf *shelf)
{
	struct maple m = { .c = c, .layout = l, .shelf = shelf, .tree = TMT_TREE, .last = l->max,
			   .limit = LIMIT, .cut = { 1 } };
	struct maple_wrongs at_a_glance = { 0 }, one_by_one = { 0 };

	if (!maple_load(&m, NULL)) {
		maple_rules_check(&m, &entries, LIMIT, &at_a_glance);
		m.ncuts = 1;
		maple_rules_check(&m, &entries, LIMIT, &one_by_one);
	}
	if (at_a_glance.n != one_by_one.n)
		abort();
	for (size_t i = 0; i < one_by_one.n; i++)
		if (!is_same(&at_a_glance.wrong[i], &one_by_one.wrong[i]))
			abort();
	maple_wrongs_deinit(&at_a_glance);
	maple_wrongs_deinit(&one_by_one);
	maple_unload(&m);
}

static void verify(struct cairn *c, bool asked)
{
	struct shelf shelf;
	struct maple_subject s = { .c = c, .shelf = &shelf, .tree = TMT_TREE, .limit = LIMIT,
				  .entries = asked ? &entries : NULL };
	struct maple_checked checked;

	shelf_init(&shelf, &c->kernel);
	if (!maple_layout_get(c, &s.layout, NULL)) {
		judge(c, s.layout, &shelf);
		maple_verify(&s, tell, NULL, &checked, NULL);
	}
	shelf_deinit(&shelf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned form = size ? data[0] : 0;
	struct tmt t = tmt_in(tk_small(), form & 1 ? 8 : 4, form & 2);
	struct cairn *c;
	uint64_t entry;

	tmt_usual_ranges(&t, range);
	range[RANGES - 1] = (struct tmt_range){ t.max, 0 };
	tmt_build(&t, range, RANGES, form & 4 ? t.r : 8, 4);
	for (data++; size >= 5; data += 4, size -= 4)
		patch(&t, data);
	c = tmt_open(&t);
	walk(c, 0, UINT64_MAX);
	walk(c, 0x3000, 0x20000);
	maple_find(c, TMT_TREE, 0x5000, &entry, NULL, NULL, NULL);
	verify(c, form & 8);
	tmt_free(&t);
	return 0;
}
