/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_check_impl.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"

static void field_of(const struct court *t, int type, uint64_t base, struct maple_verdict *v)
{
	const struct maple_form *f = type < 0 ? NULL : &t->m.layout->form[type];
	unsigned offset = (unsigned)(v->addr - base);

	maple_field(t->m.layout, type, offset, v->field, sizeof(v->field));
	if (f && v->size == 1)
		snprintf(v->field, sizeof(v->field), "maple_node.%s.meta.%s", f->name,
			 offset == f->end ? "end" : "gap");
}

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

enum cairn_grade court_grade(const struct court *t, const struct maple_verdict *v)
{
	const struct maple_lock_state *lock = t->s->lock;

	if (maple_rule_is_doubt(v->rule))
		return CAIRN_SUSPICIOUS;
	if (lock && lock->known && lock->written && may_be_in_flight(t, v))
		return CAIRN_IN_FLIGHT;
	return CAIRN_CERTAIN;
}

static bool is_of_entries(const struct court *t, int type, unsigned offset,
			  const struct maple_verdict *v)
{
	switch (maple_kind_of_word(t->m.layout, type, offset, v->size)) {
	case MAPLE_WORD_LINK:
	case MAPLE_WORD_PIVOT:
	case MAPLE_WORD_SLOT: return !v->of_object;
	case MAPLE_WORD_META: return offset == t->m.layout->form[type].end &&
				     !maple_rule_is_doubt(v->rule);
	default: return false;
	}
}

/* What of the tree a gap is about: the slot that it is for. */
static void note_extent(struct court *t, const struct maple *m, const struct maple_verdict *v)
{
	struct court_extent *e = &t->extent[t->n - 1];
	const struct maple_form *f;
	unsigned offset = (unsigned)(v->addr - v->node);
	size_t at;

	*e = (struct court_extent){ v->lo, v->hi };
	if (v->size == 1 || !maple_place(m, v->node, &at))
		return;
	f = &m->layout->form[m->node[at].type];
	if (!f->gap || offset < f->gap || offset >= f->gap + f->slots * m->layout->word)
		return;
	e->lo = maple_lo(m, &m->node[at], (offset - f->gap) / m->layout->word);
	e->hi = maple_hi(m, &m->node[at], (offset - f->gap) / m->layout->word);
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
		v->is_leaf = m->node[at].type == MAPLE_LEAF;
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

		if (court_has(new, &w))
			continue;
		old->wrong[i] = old->wrong[n];
		memmove(&old->wrong[n], &w, sizeof(w));
		n++;
	}
	return n;
}

void court_convict(struct court *t, const struct maple *m, struct maple_wrongs *old,
		   const struct court_best *best)
{
	const struct maple_repair *r = &best->repair;
	size_t n = vanished(old, &best->left);
	struct maple_verdict *v = new_verdict(t, old->wrong, n);
	int type = court_type_at(m, r->patch.node);
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
	v->rule = maple_rule_for(maple_kind_of_word(m->layout, type, offset, v->size), v->addr,
				 type >= 0 && offset == m->layout->form[type].end, old->wrong, n);
	field_of(t, type, r->patch.node, v);
	v->neighbour = overrun_by(t, v);
	note_extent(t, m, v);
	v->of_entries = is_of_entries(t, type, offset, v);
	if (r->kind == MAPLE_REPAIR_NODE) {
		place(m, r->found & ~(uint64_t)(m->layout->size - 1), v);
		court_convict_node(t, v->node, v);
	} else if (r->kind == MAPLE_REPAIR_ENTRY)
		court_convict_entry(t, r->found, v);
	v->grade = court_grade(t, v);
	court_apply(&t->m, r);
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

void court_drop(struct court *t, const struct maple_wrongs *w)
{
	for (size_t i = 0; i < w->n; i++)
		give_up(t, &w->wrong[i]);
}

void court_convict_as_found(struct court *t, const struct maple *m, struct maple_wrongs *w)
{
	const struct maple_wrong first = w->wrong[0];
	struct maple_verdict *v = new_verdict(t, &first, 1);
	uint64_t mask = m->layout->size - 1, node = first.addr & ~mask;
	int type = court_type_at(m, node);

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
	v->of_entries = is_of_entries(t, type, (unsigned)(v->addr - node), v);
	v->neighbour = overrun_by(t, v);
	note_extent(t, m, v);
	v->grade = court_grade(t, v);
	for (size_t i = 0; i < w->n; i++)
		if (!i || w->wrong[i].node == first.node)
			give_up(t, &w->wrong[i]);
}
