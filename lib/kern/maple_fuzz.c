/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small tree of which the input changes words: the first byte chooses the form, then patches of
 * four bytes: which word, and what becomes of it. Walks it both ways and by index, and verifies
 * it: ranges must reach into what was asked for, both ways must yield as many, findings must have a
 * name and a reason.
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
}

static void tell(void *arg, const struct maple_verdict *v)
{
	(void)arg;
	if (!v->field[0] || !maple_rule_id(v->rule) || (v->told && v->expected == v->found))
		abort();
}

static void verify(struct cairn *c)
{
	struct shelf shelf;
	struct maple_subject s = { .c = c, .shelf = &shelf, .tree = TMT_TREE, .limit = LIMIT };
	struct maple_checked checked;

	shelf_init(&shelf, &c->kernel);
	if (!maple_layout_get(c, &s.layout, NULL))
		maple_verify(&s, tell, NULL, &checked, NULL);
	shelf_deinit(&shelf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned form = size ? data[0] : 0;
	struct tmt t = tmt_in(tk_small(), form & 1 ? 8 : 4, form & 2);
	struct tmt_range e[TMT_RANGES];
	struct cairn *c;
	uint64_t entry;

	tmt_usual_ranges(&t, e);
	e[RANGES - 1] = (struct tmt_range){ t.max, 0 };
	tmt_build(&t, e, RANGES, form & 4 ? t.r : 8, 4);
	for (data++; size >= 5; data += 4, size -= 4)
		patch(&t, data);
	c = tmt_open(&t);
	walk(c, 0, UINT64_MAX);
	walk(c, 0x3000, 0x20000);
	maple_find(c, TMT_TREE, 0x5000, &entry, NULL, NULL, NULL);
	verify(c);
	tmt_free(&t);
	return 0;
}
