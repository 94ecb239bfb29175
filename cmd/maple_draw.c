/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_draw - pictures of a maple tree: for dot(1), and SVG by itself.
 *
 * In the SVG each level is a row of boxes in the order of the indices, leaves at the bottom. A box
 * has a line for each slot.
 */
#include <stdlib.h>

#include "cmd/maple_view.h"
#include "lib/base/mem.h"

#define LINE 14    /* height of a line of text */
#define CHAR 7     /* width of a digit */
#define MARGIN 20
#define BETWEEN 60 /* levels */

struct words {
	unsigned slot, pivot, gap;
	bool has_pivot, has_gap;
};

static struct words words_of(const struct maple_view *v, const struct maple_node *n, unsigned i)
{
	const struct maple_layout *l = v->m.layout;

	return (struct words){
		maple_slot_at(l, n->type, i), maple_pivot_at(l, n->type, i),
		maple_gap_at(l, n->type, i), i < l->form[n->type].slots - 1,
		l->form[n->type].gap != 0,
	};
}

static bool slot_is_bad(const struct maple_view *v, const struct maple_node *n, unsigned i)
{
	struct words w = words_of(v, n, i);

	return maple_view_bad(v, n->addr + w.slot) ||
	       (w.has_pivot && maple_view_bad(v, n->addr + w.pivot)) ||
	       (w.has_gap && maple_view_bad(v, n->addr + w.gap));
}

static bool node_is_bad(const struct maple_view *v, const struct maple_node *n)
{
	for (size_t i = 0; i < v->nbad; i++)
		if (v->bad[i].node == n->addr)
			return true;
	return false;
}

static void slot_text(struct out *o, const struct maple_view *v, const struct maple_node *n,
		      unsigned i)
{
	struct words w = words_of(v, n, i);

	out_text(o, "%2u %llx-%llx %0*llx", i, (unsigned long long)maple_lo(&v->m, n, i),
		 (unsigned long long)maple_hi(&v->m, n, i), v->width,
		 (unsigned long long)maple_slot(&v->m, n, i));
	if (w.has_gap)
		out_text(o, " gap %llx",
			 (unsigned long long)maple_word(v->m.layout, n->bytes, w.gap));
}

static void title_text(struct out *o, const struct maple_view *v, const struct maple_node *n)
{
	out_text(o, "%0*llx %s", v->width, (unsigned long long)n->addr,
		 n->state == MAPLE_THERE ? maple_view_type(n->type) : maple_view_state(n));
}

/* ---- dot ---- */

static void dot_node(struct out *o, const struct maple_view *v, uint32_t at)
{
	const struct maple_node *n = &v->m.node[at];

	out_text(o, "  n%u [shape=none label=<<table border=\"0\" cellborder=\"1\" "
		    "cellspacing=\"0\"><tr><td%s>", at,
		 node_is_bad(v, n) ? " bgcolor=\"#ffcccc\"" : "");
	title_text(o, v, n);
	out_text(o, "</td></tr>");
	for (unsigned i = 0; n->state == MAPLE_THERE && i <= n->end; i++) {
		out_text(o, "<tr><td port=\"s%u\" align=\"left\">%s", i,
			 slot_is_bad(v, n, i) ? "<font color=\"red\">" : "");
		slot_text(o, v, n, i);
		out_text(o, "%s</td></tr>", slot_is_bad(v, n, i) ? "</font>" : "");
	}
	out_text(o, "</table>>];\n");
	if (n->parent != MAPLE_NONE)
		out_text(o, "  n%u:s%u -> n%u%s;\n", n->parent, n->slot, at,
			 maple_view_bad(v, n->addr) ? " [color=red]" : "");
}

void maple_view_dot(struct out *o, const struct maple_view *v)
{
	out_text(o, "digraph maple {\n  rankdir=LR; node [fontname=monospace];\n");
	for (uint32_t i = 0; i < v->m.n && !out_broken(o); i++)
		dot_node(o, v, i);
	for (size_t i = 0; i < v->nbad; i++)
		out_text(o, "  // bad: %s at 0x%llx\n", v->bad[i].field,
			 (unsigned long long)v->bad[i].addr);
	out_text(o, "}\n");
}

/* ---- svg ---- */

struct place {
	unsigned x, y, w, h;
};

static unsigned box_width(const struct maple_view *v, const struct maple_node *n)
{
	unsigned digits = (unsigned)v->width;

	if (n->state != MAPLE_THERE)
		return CHAR * (digits + 20);
	return CHAR * (v->m.layout->form[n->type].gap ? 4 * digits + 12 : 3 * digits + 8);
}

static unsigned box_height(const struct maple_node *n)
{
	return LINE * (n->state == MAPLE_THERE ? n->end + 2u : 1u) + 6;
}

/* Each level from the left on; the size of the whole into *all. */
static void lay_out(const struct maple_view *v, struct place *p, struct place *all)
{
	unsigned y = MARGIN, x, tallest;

	*all = (struct place){ 0 };
	for (uint32_t i = 0; i < v->m.n; y += tallest + BETWEEN) {
		unsigned depth = v->m.node[i].depth;

		for (x = MARGIN, tallest = 0; i < v->m.n && v->m.node[i].depth == depth; i++) {
			p[i] = (struct place){ x, y, box_width(v, &v->m.node[i]),
					       box_height(&v->m.node[i]) };
			x += p[i].w + MARGIN;
			tallest = p[i].h > tallest ? p[i].h : tallest;
		}
		all->w = x > all->w ? x : all->w;
		all->h = y + tallest + MARGIN;
	}
}

static void svg_line(struct out *o, const struct place *p, unsigned line, bool bad)
{
	out_text(o, "<text x=\"%u\" y=\"%u\"%s>", p->x + 4, p->y + LINE * (line + 1),
		 bad ? " fill=\"red\" font-weight=\"bold\"" : "");
}

static void svg_node(struct out *o, const struct maple_view *v, const struct place *p, uint32_t at)
{
	const struct maple_node *n = &v->m.node[at];
	const struct place *b = &p[at];

	if (n->parent != MAPLE_NONE)
		out_text(o, "<line x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\" stroke=\"%s\"/>\n",
			 p[n->parent].x + p[n->parent].w / 2, p[n->parent].y + p[n->parent].h,
			 b->x + b->w / 2, b->y, maple_view_bad(v, n->addr) ? "red" : "#888");
	out_text(o, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"%s\" "
		    "stroke=\"%s\"/>\n", b->x, b->y, b->w, b->h,
		 n->type == MAPLE_LEAF ? "#eef7ee" : "#eef", node_is_bad(v, n) ? "red" : "black");
	svg_line(o, b, 0, maple_view_bad(v, n->addr));
	title_text(o, v, n);
	out_text(o, "</text>\n");
	for (unsigned i = 0; n->state == MAPLE_THERE && i <= n->end; i++) {
		svg_line(o, b, i + 1, slot_is_bad(v, n, i));
		slot_text(o, v, n, i);
		out_text(o, "</text>\n");
	}
}

void maple_view_svg(struct out *o, const struct maple_view *v)
{
	struct place *p = mem_zalloc(v->m.n + 1, sizeof(*p)), all;

	if (!p)
		return;
	lay_out(v, p, &all);
	out_text(o, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
		    "font-family=\"monospace\" font-size=\"11\">\n", all.w + MARGIN,
		 all.h + (unsigned)v->nbad * LINE + MARGIN);
	for (uint32_t i = 0; i < v->m.n && !out_broken(o); i++)
		svg_node(o, v, p, i);
	for (unsigned i = 0; i < v->nbad; i++) {
		out_text(o, "<text x=\"%u\" y=\"%u\" fill=\"red\">%s at 0x%llx is 0x%llx", MARGIN,
			 all.h + LINE * (i + 1), v->bad[i].field,
			 (unsigned long long)v->bad[i].addr, (unsigned long long)v->bad[i].found);
		if (v->bad[i].told)
			out_text(o, ", should be 0x%llx", (unsigned long long)v->bad[i].expected);
		out_text(o, "</text>\n");
	}
	out_text(o, "</svg>\n");
	mem_free(p);
}
