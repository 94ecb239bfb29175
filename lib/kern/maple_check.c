/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_check.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/kern/maple_gap.h"
#include "lib/kern/maple_repair.h"

#define VERDICTS 16    /* of one tree: what is broken more thoroughly is told no better */
#define STARTS 4       /* contradictions that repairs are looked for at a time */
#define WRONGS 256     /* contradictions that are counted */
#define CUT_COST 2     /* contradictions that are no reason yet to give up a child */
#define WHOLE 2048     /* nodes of a tree that repairs are tried on as a whole */

struct court {
	const struct maple_subject *s;
	struct maple m;                /* the tree with all repairs so far: parameters only */
	struct maple_entries entries;
	struct maple_wrongs given_up;  /* told as they are */
	struct maple_verdict verdict[VERDICTS];
	struct maple_wrong *because[VERDICTS];
	size_t n;
};

/* ---- words ---- */

static bool within(unsigned offset, unsigned from, unsigned count, unsigned word)
{
	return offset >= from && offset < from + count * word;
}

void maple_field(const struct maple_layout *l, int type, unsigned offset, char *buf, size_t size)
{
	const struct maple_form *f = type < 0 ? NULL : &l->form[type];

	if (!f)
		snprintf(buf, size, "maple_tree.%s",
			 offset == l->root ? "ma_root" :
			 offset == l->flags ? "ma_flags" : "ma_lock");
	else if (offset < l->word)
		snprintf(buf, size, "maple_node.parent");
	else if (offset == f->end && f->end % l->word == 0 && !f->meta_in_slot)
		snprintf(buf, size, "maple_node.%s.meta.end", f->name);
	else if (within(offset, f->pivot, f->slots - 1, l->word))
		snprintf(buf, size, "maple_node.%s.pivot[%u]", f->name,
			 (offset - f->pivot) / l->word);
	else if (within(offset, f->slot, f->slots, l->word))
		snprintf(buf, size, "maple_node.%s.slot[%u]", f->name,
			 (offset - f->slot) / l->word);
	else if (f->gap && within(offset, f->gap, f->slots, l->word))
		snprintf(buf, size, "maple_node.%s.gap[%u]", f->name, (offset - f->gap) / l->word);
	else
		snprintf(buf, size, "maple_node.%s.meta.%s", f->name,
			 offset == f->meta_gap ? "gap" : "end");
}

static void field_of(const struct court *t, int type, uint64_t base, struct maple_verdict *v)
{
	const struct maple_form *f = type < 0 ? NULL : &t->m.layout->form[type];
	unsigned offset = (unsigned)(v->addr - base);

	maple_field(t->m.layout, type, offset, v->field, sizeof(v->field));
	if (f && v->size == 1)
		snprintf(v->field, sizeof(v->field), "maple_node.%s.meta.%s", f->name,
			 offset == f->end ? "end" : "gap");
}

/* What a rule is about. */
enum word_kind { WORD_PARENT, WORD_LINK, WORD_PIVOT, WORD_SLOT, WORD_GAP, WORD_META, WORD_TREE };

static enum word_kind kind_of_rule(enum maple_rule r)
{
	switch (r) {
	case MAPLE_RULE_ROOT_PARENT:
	case MAPLE_RULE_DEAD_LINKED:
	case MAPLE_RULE_PARENT_TYPE:
	case MAPLE_RULE_PARENT_SLOT:
	case MAPLE_RULE_PARENT_NODE: return WORD_PARENT;
	case MAPLE_RULE_PIVOT_ORDER:
	case MAPLE_RULE_PIVOT_RANGE:
	case MAPLE_RULE_PIVOT_ZERO:
	case MAPLE_RULE_PIVOT_ENTRY:
	case MAPLE_RULE_TAIL_PIVOT: return WORD_PIVOT;
	case MAPLE_RULE_END_RANGE:
	case MAPLE_RULE_END_META:
	case MAPLE_RULE_END_MIN:
	case MAPLE_RULE_GAP_NOT_MAX:
	case MAPLE_RULE_GAP_META_RANGE: return WORD_META;
	case MAPLE_RULE_TAIL_SLOT:
	case MAPLE_RULE_NULL_ADJACENT:
	case MAPLE_RULE_NULL_LEAF_END:
	case MAPLE_RULE_ENTRY_RESERVED:
	case MAPLE_RULE_ENTRY_WRONG:
	case MAPLE_RULE_ENTRY_LOST: return WORD_SLOT;
	case MAPLE_RULE_GAP_PARENT:
	case MAPLE_RULE_GAP_TOO_BIG:
	case MAPLE_RULE_TAIL_GAP: return WORD_GAP;
	case MAPLE_RULE_ENTRY_TOTAL:
	case MAPLE_RULE_HEIGHT: return WORD_TREE;
	default: return WORD_LINK;
	}
}

static enum word_kind kind_of_word(const struct maple_layout *l, int type, unsigned offset,
				   unsigned size)
{
	const struct maple_form *f = type < 0 ? NULL : &l->form[type];

	if (!f)
		return offset == l->root ? WORD_LINK : WORD_TREE;
	if (size == 1)
		return WORD_META;
	if (offset < l->word)
		return WORD_PARENT;
	if (within(offset, f->pivot, f->slots - 1, l->word))
		return WORD_PIVOT;
	if (f->gap && within(offset, f->gap, f->slots, l->word))
		return WORD_GAP;
	return type == MAPLE_LEAF ? WORD_SLOT : WORD_LINK;
}

static bool only_doubts(const struct maple_wrong *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!maple_rule_is_doubt(w[i].rule))
			return false;
	return true;
}

static bool is_about(const struct maple_wrong *w, enum word_kind kind, bool doubts)
{
	return kind_of_rule(w->rule) == kind && maple_rule_is_doubt(w->rule) == doubts;
}

/* The rule that says best what is wrong with a word of that kind. */
static enum maple_rule rule_for(enum word_kind kind, uint64_t addr, bool is_end,
				const struct maple_wrong *w, size_t n)
{
	enum maple_rule best = MAPLE_RULES;
	bool doubts = only_doubts(w, n);

	for (size_t i = 0; i < n; i++)
		if (w[i].addr == addr && is_about(&w[i], kind, doubts) && w[i].rule < best)
			best = w[i].rule;
	for (size_t i = 0; i < n && (best == MAPLE_RULES || kind == WORD_PIVOT); i++)
		if (is_about(&w[i], kind, doubts) && w[i].rule < best)
			best = w[i].rule;
	if (best != MAPLE_RULES)
		return best;
	if (kind == WORD_PIVOT)
		return MAPLE_RULE_PIVOT_ENTRY;
	if (kind == WORD_SLOT)
		return MAPLE_RULE_ENTRY_WRONG;
	if (kind == WORD_META)
		return is_end ? MAPLE_RULE_END_META : MAPLE_RULE_GAP_NOT_MAX;
	return w[0].rule;
}

/* ---- trying ---- */

static bool same_wrong(const struct maple_wrong *a, const struct maple_wrong *b)
{
	return a->rule == b->rule && a->addr == b->addr;
}

static bool has(const struct maple_wrongs *set, const struct maple_wrong *w)
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
		if (!has(&t->given_up, &w->wrong[i]))
			w->wrong[n++] = w->wrong[i];
	w->n = n;
}

/* Load the tree with its repairs, and hold it against the rules. */
static enum cairn_code try(struct court *t, struct maple *m, size_t limit,
			   struct maple_wrongs *ret, struct cairn_err *err)
{
	enum cairn_code code;

	*ret = (struct maple_wrongs){ 0 };
	code = maple_load(m, err);
	if (!code && m->err.code == CAIRN_INTERRUPTED)
		code = cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
	if (!code && !maple_rules_check(m, &t->entries, limit + t->given_up.n, ret))
		code = cairn_fail(err, CAIRN_INTERRUPTED, "interrupted");
	drop_given_up(t, ret);
	return code;
}

static struct maple again(const struct maple *m)
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

static bool apply(struct maple *m, const struct maple_repair *r)
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
	if (r->kind == MAPLE_REPAIR_OBJECT || r->nmore)
		return 2;
	if (is_pivot && align && r->patch.value && r->patch.value != t->m.layout->max &&
	    (r->patch.value + 1) % align)
		return 3;
	return maple_one_bit(r->found, r->patch.value) < 0;
}

struct best {
	struct maple_repair repair;
	struct maple_wrongs left;
	size_t cost;
	unsigned rank;
	bool any;
};

/* To cut a child off makes everything that is wrong below go away: that must be a lot. */
static size_t cost_of(const struct maple_repair *r, enum word_kind kind, size_t left)
{
	return left + (r->kind == MAPLE_REPAIR_CUT && kind == WORD_LINK ? CUT_COST : 0);
}

static int type_at(const struct maple *m, uint64_t node)
{
	size_t at;

	return maple_place(m, node, &at) ? m->node[at].type : -1;
}

static bool is_better(const struct best *b, size_t cost, unsigned rank)
{
	return !b->any || cost < b->cost || (cost == b->cost && rank < b->rank);
}

static enum cairn_code weigh(struct court *t, const struct maple *before, size_t limit,
			     const struct maple_repair *r, struct best *best,
			     struct cairn_err *err)
{
	int type = type_at(before, r->patch.node);
	enum word_kind kind = kind_of_word(before->layout, type,
					   (unsigned)(r->patch.addr - r->patch.node), 8);
	unsigned rank = rank_of(t, r, kind == WORD_PIVOT);
	struct maple m = again(before);
	struct maple_wrongs left = { 0 };
	enum cairn_code code;
	size_t cost;

	if (best->any && !best->cost && rank >= best->rank)
		return CAIRN_OK;
	if (!apply(&m, r))
		return CAIRN_OK;
	code = try(t, &m, limit, &left, err);
	cost = cost_of(r, kind, left.n);
	if (!code && left.n < limit && is_better(best, cost, rank)) {
		maple_wrongs_deinit(&best->left);
		*best = (struct best){ *r, left, cost, rank, true };
		left = (struct maple_wrongs){ 0 };
	}
	maple_wrongs_deinit(&left);
	maple_unload(&m);
	return code;
}

/* ---- the verdict ---- */

/* An alloc request of the kernel before 6.0 on 32 bits had room for one node less than it wrote:
 * the word behind it is the parent of the node that follows in memory. It is told by what it
 * left: a node in front that is full of nodes' addresses, and the address of a node here. */
static uint64_t overrun_by(const struct court *t, const struct maple_verdict *v)
{
	const struct maple_layout *l = t->m.layout;
	uint64_t mask = l->size - 1, at = v->node - l->size;
	const unsigned char *p;
	unsigned nodes = 0, words = l->size / l->word;

	if (v->rule != MAPLE_RULE_PARENT_TYPE || !v->found || v->found & mask)
		return 0;
	p = shelf_peek(t->s->shelf, at, l->size, NULL);
	for (unsigned i = 2; p && i < words; i++) {
		uint64_t w = maple_word(l, p, i * l->word);

		nodes += w && !(w & mask);
	}
	return p && nodes >= words / 2 ? at : 0;
}

static bool may_be_in_flight(const struct court *t, const struct maple_verdict *v)
{
	switch (v->rule) {
	case MAPLE_RULE_DEAD_LINKED:
	case MAPLE_RULE_HEIGHT:
	case MAPLE_RULE_PIVOT_ORDER:
	case MAPLE_RULE_PIVOT_RANGE:
	case MAPLE_RULE_PIVOT_ZERO:
	case MAPLE_RULE_PIVOT_ENTRY:
	case MAPLE_RULE_END_META:
	case MAPLE_RULE_END_MIN:
	case MAPLE_RULE_TAIL_SLOT:
	case MAPLE_RULE_TAIL_PIVOT:
	case MAPLE_RULE_TAIL_GAP:
	case MAPLE_RULE_GAP_PARENT:
	case MAPLE_RULE_GAP_NOT_MAX:
	case MAPLE_RULE_GAP_META_RANGE:
	case MAPLE_RULE_ENTRY_WRONG:
	case MAPLE_RULE_ENTRY_LOST:
	case MAPLE_RULE_ENTRY_TOTAL: return true;
	case MAPLE_RULE_PARENT_NODE:
	case MAPLE_RULE_PARENT_SLOT: { /* a child that its new parent has not taken over yet */
		uint64_t parent = v->found & ~(uint64_t)(t->m.layout->size - 1), got;

		return !space_word(&t->s->c->kernel, parent, &got, NULL) &&
		       (got & ~(uint64_t)(t->m.layout->size - 1)) == parent;
	}
	default: return false;
	}
}

static enum cairn_grade grade_of(const struct court *t, const struct maple_verdict *v)
{
	const struct maple_lock_state *lock = t->s->lock;

	if (maple_rule_is_doubt(v->rule))
		return CAIRN_SUSPICIOUS;
	if (lock && lock->known && lock->written && may_be_in_flight(t, v))
		return CAIRN_IN_FLIGHT;
	return CAIRN_CERTAIN;
}

static void place(const struct maple *m, uint64_t node, struct maple_verdict *v)
{
	size_t at;

	v->tree = m->tree;
	v->node = node == m->tree ? 0 : node;
	v->hi = m->layout->max;
	if (maple_place(m, node, &at)) {
		v->lo = m->node[at].lo;
		v->hi = m->node[at].hi;
	}
}

static struct maple_verdict *new_verdict(struct court *t, const struct maple_wrong *w, size_t n)
{
	struct maple_verdict *v = &t->verdict[t->n];

	*v = (struct maple_verdict){ .bit = -1, .nbecause = n };
	t->because[t->n] = mem_resize(NULL, n + 1, sizeof(*w));
	if (t->because[t->n])
		memcpy(t->because[t->n], w, n * sizeof(*w));
	else
		v->nbecause = 0;
	v->because = t->because[t->n++];
	return v;
}

/* Those of `old` that are not in `new`, put to the front; their number. */
static size_t vanished(struct maple_wrongs *old, const struct maple_wrongs *new)
{
	size_t n = 0;

	for (size_t i = 0; i < old->n; i++) {
		struct maple_wrong w = old->wrong[i];

		if (has(new, &w))
			continue;
		old->wrong[i] = old->wrong[n];
		memmove(&old->wrong[n], &w, sizeof(w));
		n++;
	}
	return n;
}

static void convict(struct court *t, const struct maple *m, struct maple_wrongs *old,
		    const struct best *best)
{
	const struct maple_repair *r = &best->repair;
	size_t n = vanished(old, &best->left);
	struct maple_verdict *v = new_verdict(t, old->wrong, n);
	int type = type_at(m, r->patch.node);
	unsigned offset;

	v->addr = r->patch.addr;
	v->size = r->patch.size ? r->patch.size : m->layout->word;
	v->found = r->found;
	v->told = r->kind == MAPLE_REPAIR_WORD;
	v->expected = v->told ? r->patch.value : 0;
	v->bit = v->told ? maple_one_bit(v->expected, v->found) : -1;
	v->of_object = r->kind == MAPLE_REPAIR_OBJECT;
	v->twice = r->nmore;
	place(m, r->patch.node, v);
	offset = (unsigned)(v->addr - r->patch.node);
	v->rule = rule_for(kind_of_word(m->layout, type, offset, v->size), v->addr,
			   type >= 0 && offset == m->layout->form[type].end, old->wrong, n);
	field_of(t, type, r->patch.node, v);
	v->neighbour = overrun_by(t, v);
	v->grade = grade_of(t, v);
	apply(&t->m, r);
}

static void give_up(struct court *t, const struct maple_wrong *w)
{
	struct maple_wrongs *g = &t->given_up;
	struct maple_wrong *p = mem_resize(g->wrong, g->n + 1, sizeof(*p));

	g->full |= !p;
	if (!p)
		return;
	g->wrong = p;
	p[g->n++] = *w;
}

/* As the rule has it; what else is said of the same node goes with it. */
static void convict_as_found(struct court *t, const struct maple *m, struct maple_wrongs *w)
{
	const struct maple_wrong first = w->wrong[0];
	struct maple_verdict *v = new_verdict(t, &first, 1);
	uint64_t mask = m->layout->size - 1, node = first.addr & ~mask;
	int type = type_at(m, node);

	v->rule = first.rule;
	v->addr = first.addr;
	v->size = first.size;
	v->found = first.found;
	v->told = first.told;
	v->expected = first.expected;
	v->bit = v->told ? maple_one_bit(v->expected, v->found) : -1;
	node = type < 0 ? m->tree : node;
	place(m, node, v);
	field_of(t, type, node, v);
	v->of_object = maple_rule_is_outside(v->rule);
	v->neighbour = overrun_by(t, v);
	v->grade = grade_of(t, v);
	for (size_t i = 0; i < w->n; i++)
		if (!i || w->wrong[i].node == first.node)
			give_up(t, &w->wrong[i]);
}

static enum cairn_code judge(struct court *t, const struct maple *m, struct maple_wrongs *w,
			     struct cairn_err *err)
{
	uint64_t *gap = maple_recount(m);
	struct maple_repairs *found = mem_zalloc(1, sizeof(*found));
	struct best best = { .any = false };
	bool doubts = only_doubts(w->wrong, w->n);
	enum cairn_code code = CAIRN_OK;

	for (size_t i = 0; gap && found && i < w->n && i < STARTS; i++)
		maple_repairs_find(m, gap, &t->entries, &w->wrong[i], found);
	for (size_t i = 0; found && !code && i < found->n; i++)
		if (!doubts || found->repair[i].kind == MAPLE_REPAIR_WORD)
			code = weigh(t, m, w->n, &found->repair[i], &best, err);
	if (!code && best.any)
		convict(t, m, w, &best);
	else if (!code)
		convict_as_found(t, m, w);
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
	struct maple part = again(&t->m);
	struct maple_wrongs here;
	enum cairn_code code;

	narrow(&part, whole, &w->wrong[0]);
	if (part.first == whole->first && part.last == whole->last)
		return judge(t, whole, w, err);
	code = try(t, &part, WRONGS, &here, err);
	if (!code && here.n)
		code = judge(t, &part, &here, err);
	else if (!code)
		convict_as_found(t, whole, w);
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

/* One bad word; *done: there is none left. */
static enum cairn_code next_verdict(struct court *t, struct maple_checked *ret, bool *done,
				    struct cairn_err *err)
{
	struct maple m = again(&t->m);
	struct maple_wrongs w;
	enum cairn_code code = try(t, &m, WRONGS, &w, err);

	if (!ret->nodes)
		note_size(&m, ret);
	*done = !w.n;
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
	while (!code && !done && t->n < VERDICTS && !t->given_up.full)
		code = next_verdict(t, ret, &done, err);
	for (size_t i = 0; i < t->n; i++) {
		if (!is_consequence(t, &t->verdict[i]))
			tell(arg, &t->verdict[i]);
		mem_free(t->because[i]);
	}
	maple_wrongs_deinit(&t->given_up);
	mem_free(t);
	return code;
}
