/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_check_impl.h"

#include <stdio.h>

/* ---- objects that are overwritten as a whole ---- */

/* The word that all of [addr, addr + size) is made of. */
static bool is_filled(struct court *t, uint64_t addr, unsigned size, uint64_t *ret)
{
	const struct maple_layout *l = t->m.layout;
	const unsigned char *p = shelf_peek(t->s->shelf, addr, size, NULL);
	unsigned same = 1;

	*ret = p ? maple_word(l, p, 0) : 0;
	while (p && same < size / l->word && maple_word(l, p, same * l->word) == *ret)
		same++;
	return same == size / l->word;
}

void court_convict_node(struct court *t, uint64_t node, struct maple_verdict *v)
{
	v->rule = MAPLE_RULE_NODE_OVERWRITTEN;
	v->of_entries = true;
	v->addr = node;
	v->size = t->m.layout->word;
	v->told = false;
	v->bit = -1;
	v->neighbour = 0;
	v->filled = is_filled(t, node, t->m.layout->size, &v->found);
	snprintf(v->field, sizeof(v->field), "maple_node");
}

void court_convict_entry(struct court *t, uint64_t entry, struct maple_verdict *v)
{
	const char *name = "entry";

	t->entries.is_overwritten(t->entries.arg, entry, &name);
	v->rule = MAPLE_RULE_ENTRY_OVERWRITTEN;
	v->node = v->addr = entry;
	v->found = 0;
	space_word(&t->s->c->kernel, entry, &v->found, NULL);
	snprintf(v->field, sizeof(v->field), "%s", name);
}

/* ---- what many verdicts amount to ---- */

#define WORDS 4 /* of one node that are bad: then the node is, and not each of them */

static size_t words_of(const struct court *t, uint64_t node)
{
	size_t n = 0;

	for (size_t i = 0; node && i < t->n; i++)
		n += t->verdict[i].node == node && !t->verdict[i].of_object;
	return n;
}

static void drop_others(struct court *t, uint64_t node, size_t i)
{
	for (size_t k = i + 1; k < t->n; k++)
		if (t->verdict[k].node == node)
			t->dropped[k] = true;
}

/* What ma_root leads to is no node at all. */
static void convict_root(struct court *t, struct maple_verdict *v)
{
	v->rule = MAPLE_RULE_ROOT_TAG;
	v->node = v->lo = 0;
	v->hi = t->m.layout->max;
	v->addr = t->m.tree + t->m.layout->root;
	v->size = t->m.layout->word;
	v->told = false;
	v->bit = -1;
	v->neighbour = 0;
	v->found = 0;
	space_word(&t->s->c->kernel, v->addr, &v->found, NULL);
	maple_field(t->m.layout, -1, (unsigned)t->m.layout->root, v->field, sizeof(v->field));
}

static bool is_root(struct court *t, uint64_t node)
{
	uint64_t root;

	return !space_word(&t->s->c->kernel, t->m.tree + t->m.layout->root, &root, NULL) &&
	       (root & ~(uint64_t)(t->m.layout->size - 1)) == node;
}

/* Where nobody can tell, what is filled with anything but 0 was an object once. */
static bool is_node(struct court *t, uint64_t node)
{
	uint64_t fill;

	return !t->entries.is_node || t->entries.is_node(t->entries.arg, node) ||
	       (is_filled(t, node, t->m.layout->size, &fill) && fill);
}

static void sum_up_nodes(struct court *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct maple_verdict *v = &t->verdict[i];
		uint64_t node = v->node;

		if (t->dropped[i] || v->of_object || v->rule == MAPLE_RULE_ENTRY_OVERWRITTEN ||
		    words_of(t, node) < WORDS)
			continue;
		if (is_node(t, node))
			court_convict_node(t, node, v);
		else if (is_root(t, node))
			convict_root(t, v);
		else
			continue;
		v->grade = court_grade(t, v);
		drop_others(t, node, i);
	}
}

/* ---- what one store cannot have left ---- */

#define LEAVES 3 /* that are off: two may be, where the border between them moves */

static bool is_in_flight(const struct court *t, size_t i)
{
	return t->verdict[i].grade == CAIRN_IN_FLIGHT && !t->dropped[i];
}

static bool is_gap(const struct court *t, size_t i)
{
	return is_in_flight(t, i) && t->verdict[i].rule == MAPLE_RULE_GAP_PARENT;
}

/* A gap is handed up from the leaf that was changed: those that are not yet right lie on one way from
 * the root. */
static bool is_on_one_way(const struct court_extent *a, const struct court_extent *b)
{
	return (a->lo <= b->lo && b->hi <= a->hi) || (b->lo <= a->lo && a->hi <= b->hi);
}

static bool are_many_ways(const struct court *t)
{
	for (size_t i = 0; i < t->n; i++)
		for (size_t k = 0; k < i; k++)
			if (is_gap(t, i) && is_gap(t, k) &&
			    !is_on_one_way(&t->extent[i], &t->extent[k]))
				return true;
	return false;
}

static bool is_of_leaf(const struct court *t, size_t i)
{
	return is_in_flight(t, i) && t->verdict[i].node && t->verdict[i].is_leaf;
}

static bool are_many_leaves(const struct court *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		bool before = false;

		for (size_t k = 0; k < i; k++)
			before |= is_of_leaf(t, k) && t->verdict[k].node == t->verdict[i].node;
		n += is_of_leaf(t, i) && !before;
	}
	return n >= LEAVES;
}

/* All writers take one lock: there is one store at most that is half done. */
static void regrade(struct court *t)
{
	bool ways = are_many_ways(t), leaves = are_many_leaves(t);

	for (size_t i = 0; i < t->n; i++)
		if ((ways && is_gap(t, i)) || (leaves && is_of_leaf(t, i)))
			t->verdict[i].grade = CAIRN_CERTAIN;
}

void court_sum_up(struct court *t)
{
	sum_up_nodes(t);
	regrade(t);
}
