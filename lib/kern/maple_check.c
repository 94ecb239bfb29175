/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_check_impl.h"

#include "lib/base/mem.h"
#include "lib/kern/maple_gap.h"

#define STARTS 4    /* contradictions that repairs are looked for at a time */
#define WRONGS 256  /* contradictions that are counted */
#define WHOLE  2048 /* nodes of a tree that repairs are tried on as a whole */

static enum cairn_code judge(struct court *t, const struct maple *m, struct maple_wrongs *w,
			     struct cairn_err *err)
{
	uint64_t *gap = maple_recount(m);
	struct maple_repairs *found = mem_zalloc(1, sizeof(*found));
	struct court_best best = { .any = false };
	bool doubts = maple_only_doubts(w->wrong, w->n);
	bool asks = maple_rule_is_question(w->wrong[0].rule);
	enum cairn_code code = CAIRN_OK;

	for (size_t i = 0; gap && found && i < w->n && i < STARTS && !court_is_spent(t); i++) {
		maple_repairs_find(m, gap, &t->entries, &w->wrong[i], found);
		court_spend(t, m->shelf->loaded);
	}
	for (size_t i = 0; found && !code && i < found->n; i++)
		if (!(doubts || asks) || found->repair[i].kind == MAPLE_REPAIR_WORD)
			code = court_weigh(t, m, w->n, &found->repair[i], &best, err);
	if (!code && best.any && !(asks && best.left.n))
		court_convict(t, m, w, &best);
	else if (!code && asks)
		court_drop(t, w);
	else if (!code)
		court_convict_as_found(t, m, w);
	maple_wrongs_deinit(&best.left);
	mem_free(found);
	mem_free(gap);
	return code;
}

/* ---- the part of a large tree that repairs are tried on ---- */

static size_t nodes_below(const struct maple *m, uint32_t i)
{
	size_t n = 0;

	for (size_t k = i; k < m->n; k++)
		n += m->node[k].lo >= m->node[i].lo && m->node[k].hi <= m->node[i].hi;
	return n;
}

/* Around the node that the first contradiction is about. */
static void narrow(struct maple *part, const struct maple *m, const struct maple_wrong *w)
{
	uint32_t i = w->node, up;

	if (m->n <= WHOLE || i == MAPLE_NONE)
		return;
	for (unsigned levels = 0; levels < 3; levels++) {
		up = m->node[i].parent;
		if (up == MAPLE_NONE || m->node[up].lo > m->node[up].hi ||
		    (levels && nodes_below(m, up) > WHOLE))
			break;
		i = up;
	}
	if (m->node[i].lo <= m->node[i].hi) {
		part->first = m->node[i].lo;
		part->last = m->node[i].hi;
	}
}

static enum cairn_code judge_part(struct court *t, const struct maple *whole,
				  struct maple_wrongs *w, struct cairn_err *err)
{
	struct maple part = court_again(&t->m);
	struct maple_wrongs here;
	enum cairn_code code;

	narrow(&part, whole, &w->wrong[0]);
	if (part.first == whole->first && part.last == whole->last)
		return judge(t, whole, w, err);
	code = court_try(t, &part, WRONGS, &here, err);
	if (!code && here.n)
		code = judge(t, &part, &here, err);
	else if (!code && maple_rule_is_question(w->wrong[0].rule))
		court_drop(t, w);
	else if (!code)
		court_convict_as_found(t, whole, w);
	maple_wrongs_deinit(&here);
	maple_unload(&part);
	return code;
}

static void note_size(const struct maple *m, struct maple_checked *ret)
{
	ret->nodes = m->n;
	ret->lost = m->err.fault || m->partial ? m->err : (struct cairn_err){ 0 };
	for (size_t i = 0; i < m->n; i++)
		if (m->node[i].depth >= ret->depth)
			ret->depth = m->node[i].depth + 1u;
}

/* Nodes that a writer has taken out may be given back at any time. */
static void tell_nodes(const struct maple_subject *s, const struct maple *m)
{
	bool quiet = s->lock && s->lock->known;

	for (size_t i = 0; s->node && !(s->lock && s->lock->written) && i < m->n; i++)
		if (m->node[i].state == MAPLE_THERE)
			s->node(s->node_arg, m->node[i].addr, quiet);
}

/* One bad word; *done: there is none left. */
static enum cairn_code next_verdict(struct court *t, struct maple_checked *ret, bool *done,
				    struct cairn_err *err)
{
	struct maple m = court_again(&t->m);
	struct maple_wrongs w;
	enum cairn_code code = court_try(t, &m, WRONGS, &w, err);

	if (!ret->nodes)
		note_size(&m, ret);
	else
		court_spend(t, m.n);
	*done = !w.n;
	if (!code && *done && !t->n)
		tell_nodes(t->s, &m);
	if (!code && w.n)
		code = judge_part(t, &m, &w, err);
	maple_wrongs_deinit(&w);
	maple_unload(&m);
	return code;
}

/* A writer at work beside a word that is surely bad: what else it left is no news. */
static bool is_consequence(const struct court *t, const struct maple_verdict *v)
{
	for (size_t i = 0; i < t->n; i++)
		if (v->grade != CAIRN_CERTAIN && t->verdict[i].grade == CAIRN_CERTAIN)
			return true;
	return false;
}

enum cairn_code maple_verify(const struct maple_subject *s, maple_tell tell, void *arg,
			     struct maple_checked *ret, struct cairn_err *err)
{
	struct court *t = mem_zalloc(1, sizeof(*t));
	enum cairn_code code = CAIRN_OK;
	bool done = false;

	*ret = (struct maple_checked){ 0 };
	if (!t)
		return cairn_fail(err, CAIRN_NOMEM, "no memory to verify a maple tree");
	t->s = s;
	t->m = (struct maple){
		.c = s->c, .layout = s->layout, .shelf = s->shelf, .tree = s->tree,
		.last = s->layout->max, .limit = s->limit,
	};
	if (s->entries)
		t->entries = *s->entries;
	while (!code && !done && t->n < VERDICTS && !t->given_up.full && !(t->n && court_is_spent(t)))
		code = next_verdict(t, ret, &done, err);
	court_sum_up(t);
	for (size_t i = 0; i < t->n; i++) {
		if (!t->dropped[i] && !is_consequence(t, &t->verdict[i]))
			tell(arg, &t->verdict[i]);
		mem_free(t->because[i]);
	}
	maple_wrongs_deinit(&t->given_up);
	mem_free(t);
	return code;
}
