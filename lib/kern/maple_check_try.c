/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_check_impl.h"

#define CUT_COST 2 /* contradictions that are no reason yet to give up a child */

static bool same_wrong(const struct maple_wrong *a, const struct maple_wrong *b)
{
	return a->rule == b->rule && a->addr == b->addr;
}

bool court_has(const struct maple_wrongs *set, const struct maple_wrong *w)
{
	for (size_t i = 0; i < set->n; i++)
		if (same_wrong(&set->wrong[i], w))
			return true;
	return false;
}

static void drop_given_up(const struct court *t, struct maple_wrongs *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		if (!court_has(&t->given_up, &w->wrong[i]))
			w->wrong[n++] = w->wrong[i];
	w->n = n;
}

/* What contradicts comes first. */
static void put_questions_last(struct maple_wrongs *w)
{
	struct maple_wrong swap;
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++) {
		if (maple_rule_is_question(w->wrong[i].rule))
			continue;
		swap = w->wrong[n];
		w->wrong[n++] = w->wrong[i];
		w->wrong[i] = swap;
	}
}

enum cairn_code court_try(struct court *t, struct maple *m, size_t limit, struct maple_wrongs *ret,
			  struct cairn_err *err)
{
	enum cairn_code code;

	*ret = (struct maple_wrongs){ 0 };
	code = maple_load(m, err);
	if (!code && m->err.code == CAIRN_INTERRUPTED)
		code = cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
	if (!code && !maple_rules_check(m, &t->entries, limit + t->given_up.n, ret))
		code = cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
	drop_given_up(t, ret);
	put_questions_last(ret);
	return code;
}

struct maple court_again(const struct maple *m)
{
	struct maple ret = *m;

	ret.node = NULL;
	ret.n = ret.cap = ret.npatched = 0;
	ret.seen = (struct map){ 0 };
	ret.doubted = false;
	ret.single = 0;
	ret.partial = false;
	ret.err = (struct cairn_err){ 0 };
	return ret;
}

bool court_apply(struct maple *m, const struct maple_repair *r)
{
	if (r->kind != MAPLE_REPAIR_WORD) {
		if (m->ncuts == MAPLE_CUTS)
			return false;
		m->cut[m->ncuts++] = r->patch.addr;
		return true;
	}
	if (m->npatches + r->nmore >= MAPLE_PATCHES)
		return false;
	m->patch[m->npatches++] = r->patch;
	for (unsigned i = 0; i < r->nmore; i++)
		m->patch[m->npatches++] = r->more[i];
	return true;
}

/* Of repairs that explain as much: one bit; a value that is known; an object's own fault. */
static unsigned rank_of(const struct court *t, const struct maple_repair *r, bool is_pivot)
{
	uint64_t align = t->entries.align;

	if (r->kind == MAPLE_REPAIR_CUT)
		return 4;
	if (r->kind == MAPLE_REPAIR_NODE || r->kind == MAPLE_REPAIR_ENTRY)
		return 3;
	if (r->kind == MAPLE_REPAIR_OBJECT || r->nmore)
		return 2;
	if (is_pivot && align && r->patch.value && r->patch.value != t->m.layout->max &&
	    (r->patch.value + 1) % align)
		return 3;
	return maple_one_bit(r->found, r->patch.value) < 0;
}

/* To cut a child off makes everything that is wrong below go away: that must be a lot. */
static size_t cost_of(const struct maple_repair *r, enum maple_word_kind kind, size_t left)
{
	bool cuts = r->kind == MAPLE_REPAIR_CUT || r->kind == MAPLE_REPAIR_NODE;

	return left + (cuts && kind == MAPLE_WORD_LINK ? CUT_COST : 0);
}

int court_type_at(const struct maple *m, uint64_t node)
{
	size_t at;

	return maple_place(m, node, &at) ? m->node[at].type : -1;
}

bool court_is_spent(const struct court *t)
{
	return t->s->trials && !*t->s->trials;
}

void court_spend(const struct court *t, size_t nodes)
{
	if (t->s->trials)
		*t->s->trials -= nodes < *t->s->trials ? nodes : *t->s->trials;
}

static bool is_better(const struct court_best *b, size_t cost, unsigned rank)
{
	return !b->any || cost < b->cost || (cost == b->cost && rank < b->rank);
}

enum cairn_code court_weigh(struct court *t, const struct maple *before, size_t limit,
			    const struct maple_repair *r, struct court_best *best,
			    struct cairn_err *err)
{
	int type = court_type_at(before, r->patch.node);
	unsigned offset = (unsigned)(r->patch.addr - r->patch.node);
	enum maple_word_kind kind = maple_kind_of_word(before->layout, type, offset, 8);
	unsigned rank = rank_of(t, r, kind == MAPLE_WORD_PIVOT);
	struct maple m = court_again(before);
	struct maple_wrongs left = { 0 };
	enum cairn_code code;
	size_t cost;

	if (best->any && !best->cost && rank >= best->rank)
		return CAIRN_OK;
	if (court_is_spent(t) || !court_apply(&m, r))
		return CAIRN_OK;
	code = court_try(t, &m, limit, &left, err);
	court_spend(t, m.n);
	cost = cost_of(r, kind, left.n);
	if (!code && left.n < limit && is_better(best, cost, rank)) {
		maple_wrongs_deinit(&best->left);
		*best = (struct court_best){ *r, left, cost, rank, true };
		left = (struct maple_wrongs){ 0 };
	}
	maple_wrongs_deinit(&left);
	maple_unload(&m);
	return code;
}
