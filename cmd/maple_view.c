/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cmd/maple_view.h"

#include <stdio.h>

const struct maple_verdict *maple_view_bad(const struct maple_view *v, uint64_t addr)
{
	for (size_t i = 0; i < v->nbad; i++)
		if (v->bad[i].addr == addr)
			return &v->bad[i];
	return NULL;
}

/* The object is bad that a slot leads to. */
static bool is_of_object(const struct maple_verdict *b)
{
	return b->rule == MAPLE_RULE_ENTRY_OVERWRITTEN;
}

bool maple_view_is_of_tree(const struct maple_verdict *b)
{
	return !b->node || is_of_object(b);
}

const struct maple_verdict *maple_view_bad_slot(const struct maple_view *v,
						const struct maple_node *n, unsigned i)
{
	const struct maple_layout *l = v->m.layout;
	const struct maple_verdict *bad = maple_view_bad(v, n->addr + maple_slot_at(l, n->type, i));

	if (!bad && i < l->form[n->type].slots - 1)
		bad = maple_view_bad(v, n->addr + maple_pivot_at(l, n->type, i));
	if (!bad && l->form[n->type].gap)
		bad = maple_view_bad(v, n->addr + maple_gap_at(l, n->type, i));
	if (!bad && n->type == MAPLE_LEAF) {
		bad = maple_view_bad(v, maple_slot(&v->m, n, i));
		bad = bad && is_of_object(bad) ? bad : NULL;
	}
	return bad;
}

bool maple_view_is_of_slot(const struct maple_view *v, const struct maple_node *n,
			   const struct maple_verdict *b)
{
	for (unsigned i = 0; n->state == MAPLE_THERE && i <= n->end; i++)
		if (maple_view_bad_slot(v, n, i) == b)
			return true;
	return false;
}

bool maple_view_is_bad(const struct maple_view *v, const struct maple_node *n)
{
	for (size_t i = 0; i < v->nbad; i++)
		if (v->bad[i].node == n->addr)
			return true;
	return false;
}

void maple_view_told(const struct maple_verdict *b, char *buf, size_t size)
{
	*buf = '\0';
	if (is_of_object(b))
		snprintf(buf, size, ", which is overwritten");
	else if (b->told && b->bit >= 0)
		snprintf(buf, size, ", should be 0x%llx, bit %d has flipped",
			 (unsigned long long)b->expected, b->bit);
	else if (b->told)
		snprintf(buf, size, ", should be 0x%llx", (unsigned long long)b->expected);
}

void maple_view_words(const struct maple_verdict *b, char *buf, size_t size)
{
	char told[96];

	maple_view_told(b, told, sizeof(told));
	if (is_of_object(b))
		snprintf(buf, size, "%s at 0x%llx is overwritten (%s)", b->field,
			 (unsigned long long)b->addr, maple_rule_id(b->rule));
	else if (b->neighbour)
		snprintf(buf, size, "%s is 0x%llx%s, overwritten by 0x%llx in front of it (%s)",
			 b->field, (unsigned long long)b->found, told,
			 (unsigned long long)b->neighbour, maple_rule_id(b->rule));
	else
		snprintf(buf, size, "%s is 0x%llx%s (%s)", b->field,
			 (unsigned long long)b->found, told, maple_rule_id(b->rule));
}

const char *maple_view_type(enum maple_type type)
{
	static const char *const names[MAPLE_TYPES] = {
		"dense", "leaf_64", "range_64", "arange_64",
	};

	return names[type];
}

const char *maple_view_state(const struct maple_node *n)
{
	switch (n->state) {
	case MAPLE_THERE: return "";
	case MAPLE_OUTSIDE: return "outside";
	case MAPLE_CUT: return "not trusted";
	case MAPLE_NULL: return "empty slot";
	case MAPLE_NO_NODE: return "no link to a node";
	case MAPLE_TWICE: return "reached before";
	case MAPLE_UNREAD: return cairn_fault_name((enum cairn_fault)n->fault);
	case MAPLE_DEEP: return "too deep";
	default: return "not read";
	}
}

uint32_t maple_view_next(const struct maple_view *v, uint32_t i)
{
	const struct maple_node *node = v->m.node;

	if (i == MAPLE_NONE)
		return v->m.n ? 0 : MAPLE_NONE;
	if (node[i].child != MAPLE_NONE)
		return node[i].child;
	for (; node[i].parent != MAPLE_NONE; i = node[i].parent)
		if (node[i].slot < node[node[i].parent].end)
			return i + 1;
	return MAPLE_NONE;
}

/* ---- nodes as text and records ---- */

static void indent(struct out *o, unsigned depth)
{
	for (unsigned i = 0; i < depth; i++)
		out_text(o, "    ");
}

static void show_bad(struct out *o, const struct maple_verdict *bad)
{
	if (!bad)
		return;
	out_object(o, "bad");
	out_str(o, "id", "  <-- %s", maple_rule_id(bad->rule));
	if (bad->told)
		out_hex(o, "expected", ": should be %s", bad->expected);
	else
		out_null(o, "expected", NULL);
	out_end(o);
}

/* A word in the colour that it deserves. */
static void show_word(struct out *o, const struct maple_view *v, const char *name, const char *look,
		      uint64_t addr, uint64_t value)
{
	bool bad = maple_view_bad(v, addr);

	if (bad)
		out_paint(o, OUT_RED);
	out_hex(o, name, look, value);
	if (bad)
		out_paint(o, OUT_PLAIN);
}

static void show_slot(struct out *o, const struct maple_view *v, const struct maple_node *n,
		      unsigned i)
{
	const struct maple_layout *l = v->m.layout;
	unsigned slot = maple_slot_at(l, n->type, i), gap = maple_gap_at(l, n->type, i);
	unsigned pivot = maple_pivot_at(l, n->type, i);
	bool has_pivot = i < l->form[n->type].slots - 1;

	out_object(o, NULL);
	indent(o, n->depth);
	out_num(o, "slot", "  [%s]", i);
	out_hex(o, "first", " %s", maple_lo(&v->m, n, i));
	if (has_pivot)
		show_word(o, v, "last", "-%s", n->addr + pivot, maple_hi(&v->m, n, i));
	else
		out_hex(o, "last", "-%s", maple_hi(&v->m, n, i));
	show_word(o, v, "value", " %s", n->addr + slot, maple_slot(&v->m, n, i));
	if (l->form[n->type].gap)
		show_word(o, v, "gap", " gap %s", n->addr + gap, maple_word(l, n->bytes, gap));
	show_bad(o, maple_view_bad_slot(v, n, i));
	out_text(o, "\n");
	out_end(o);
}

static void show_bad_word(struct out *o, const struct maple_verdict *b, unsigned depth)
{
	char text[256];

	out_object(o, NULL);
	indent(o, depth);
	out_paint(o, OUT_RED);
	maple_view_words(b, text, sizeof(text));
	out_text(o, "  %s\n", text);
	out_paint(o, OUT_PLAIN);
	out_str(o, "id", NULL, maple_rule_id(b->rule));
	out_str(o, "field", NULL, b->field);
	out_hex(o, "address", NULL, b->addr);
	out_hex(o, "found", NULL, b->found);
	if (b->told)
		out_hex(o, "expected", NULL, b->expected);
	else
		out_null(o, "expected", NULL);
	out_end(o);
}

/* Bad words of a node, in a slot or not. */
static void show_bad_words(struct out *o, const struct maple_view *v, const struct maple_node *n)
{
	out_array(o, "bad_words");
	for (size_t i = 0; i < v->nbad; i++)
		if (v->bad[i].node == n->addr && !is_of_object(&v->bad[i]))
			show_bad_word(o, &v->bad[i], n->depth);
	out_end(o);
}

void maple_view_bad_of_tree(struct out *o, const struct maple_view *v)
{
	out_array(o, "bad_words");
	for (size_t i = 0; i < v->nbad; i++)
		if (maple_view_is_of_tree(&v->bad[i]))
			show_bad_word(o, &v->bad[i], 0);
	out_end(o);
}

static void show_meta(struct out *o, const struct maple_view *v, const struct maple_node *n)
{
	const struct maple_form *f = &v->m.layout->form[n->type];
	bool bad = maple_view_bad(v, n->addr + f->end) || maple_view_bad(v, n->addr + f->meta_gap);

	if (!maple_has_meta(v->m.layout, n->type, n->end))
		return;
	if (bad)
		out_paint(o, OUT_RED);
	out_num(o, "meta_end", ", meta %s", n->bytes[f->end]);
	out_num(o, "meta_gap", "/%s", n->bytes[f->meta_gap]);
	if (bad)
		out_paint(o, OUT_PLAIN);
}

static void show_node(struct out *o, const struct maple_view *v, const struct maple_node *n)
{
	out_record(o, "maple.node");
	indent(o, n->depth);
	out_addr(o, "node", "node %s", n->addr, v->width);
	out_hex(o, "first", "  %s", n->lo);
	out_hex(o, "last", "-%s", n->hi);
	out_num(o, "depth", NULL, n->depth);
	out_num(o, "parent_slot", NULL, n->slot);
	if (n->state != MAPLE_THERE) {
		out_str(o, "state", "  <%s>\n", maple_view_state(n));
		out_end(o);
		return;
	}
	out_str(o, "type", "  %s", maple_view_type(n->type));
	out_num(o, "end", ", end %s", n->end);
	show_word(o, v, "parent", ", parent %s", n->addr, maple_parent(v->m.layout, n->bytes));
	show_meta(o, v, n);
	out_text(o, "\n");
	show_bad_words(o, v, n);
	out_array(o, "slots");
	for (unsigned i = 0; i <= n->end && !out_broken(o); i++)
		show_slot(o, v, n, i);
	out_end(o);
	out_end(o);
}

void maple_view_nodes(struct out *o, const struct maple_view *v)
{
	for (uint32_t i = maple_view_next(v, MAPLE_NONE); i != MAPLE_NONE && !out_broken(o);
	     i = maple_view_next(v, i))
		show_node(o, v, &v->m.node[i]);
}
