/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple_draw - pictures of a maple tree: for dot(1), and SVG by itself.
 *
 * A node is a box with a line for its parent word and meta, one for each slot, and one for each bad
 * word that is in none of these. In the SVG a node's children are right of it: those that have
 * children themselves below each other, leaves in rows, as many in each as make the picture about as
 * wide as it is high.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/maple_view.h"
#include "lib/base/mem.h"

#define LINE 14    /* height of a line of text */
#define CHAR 7     /* width of a digit */
#define MARGIN 20
#define BETWEEN 60 /* a node and its children */
#define IN_A_ROW 24 /* leaves at most */

/* ---- the lines of a box ---- */

struct line {
	char text[256];
	bool bad;
	int slot;       /* that it is about; -1: none */
};

typedef unsigned long long ull;

static void slot_line(const struct maple_view *v, const struct maple_node *n, unsigned i,
		      struct line *ret)
{
	const struct maple_layout *l = v->m.layout;
	const struct maple_verdict *bad = maple_view_bad_slot(v, n, i);
	int at = snprintf(ret->text, sizeof(ret->text), "%2u %llx-%llx %0*llx", i,
			  (ull)maple_lo(&v->m, n, i), (ull)maple_hi(&v->m, n, i), v->width,
			  (ull)maple_slot(&v->m, n, i));

	ret->bad = bad;
	ret->slot = (int)i;
	if (l->form[n->type].gap)
		at += snprintf(ret->text + at, sizeof(ret->text) - (size_t)at, " gap %llx",
			       (ull)maple_word(l, n->bytes, maple_gap_at(l, n->type, i)));
	if (bad)
		maple_view_told(bad, ret->text + at, sizeof(ret->text) - (size_t)at);
}

static void frame_line(const struct maple_view *v, const struct maple_node *n, struct line *ret)
{
	const struct maple_form *f = &v->m.layout->form[n->type];
	int at = snprintf(ret->text, sizeof(ret->text), "parent %llx, end %u",
			  (ull)maple_parent(v->m.layout, n->bytes), n->end);

	if (maple_has_meta(v->m.layout, n->type, n->end))
		snprintf(ret->text + at, sizeof(ret->text) - (size_t)at, ", meta %u/%u",
			 n->bytes[f->end], n->bytes[f->meta_gap]);
	ret->bad = maple_view_bad(v, n->addr) || maple_view_bad(v, n->addr + f->end) ||
		   maple_view_bad(v, n->addr + f->meta_gap);
}

/* The k-th bad word of a node that no line of a slot has. */
static bool bad_line(const struct maple_view *v, const struct maple_node *n, unsigned k,
		     struct line *ret)
{
	for (size_t i = 0; i < v->nbad; i++) {
		if (v->bad[i].node != n->addr || maple_view_is_of_slot(v, n, &v->bad[i]) || k--)
			continue;
		maple_view_words(&v->bad[i], ret->text, sizeof(ret->text));
		ret->bad = true;
		return true;
	}
	return false;
}

/* The i-th line; false: there are no more. */
static bool line_of(const struct maple_view *v, const struct maple_node *n, unsigned i,
		    struct line *ret)
{
	unsigned slots = n->state == MAPLE_THERE ? n->end + 1u : 0;

	*ret = (struct line){ .slot = -1 };
	if (!i) {
		snprintf(ret->text, sizeof(ret->text), "%0*llx %s", v->width, (ull)n->addr,
			 n->state == MAPLE_THERE ? maple_view_type(n->type) :
						   maple_view_state(n));
		ret->bad = maple_view_is_bad(v, n);
		return true;
	}
	if (!slots)
		return false;
	if (i == 1)
		frame_line(v, n, ret);
	else if (i < slots + 2)
		slot_line(v, n, i - 2, ret);
	else
		return bad_line(v, n, i - 2 - slots, ret);
	return true;
}

/* The word that leads to it, or its answer, is bad. */
static bool link_is_bad(const struct maple_view *v, const struct maple_node *n)
{
	const struct maple_node *up = &v->m.node[n->parent];

	return maple_view_bad(v, n->addr) ||
	       maple_view_bad(v, up->addr + maple_slot_at(v->m.layout, up->type, n->slot));
}

/* ---- dot ---- */

static void dot_line(struct out *o, const struct line *l)
{
	out_text(o, "<tr><td align=\"left\"");
	if (l->slot >= 0)
		out_text(o, " port=\"s%d\"", l->slot);
	out_text(o, "%s>%s%s%s</td></tr>", l->bad ? " bgcolor=\"#ffcccc\"" : "",
		 l->bad ? "<font color=\"red\">" : "", l->text, l->bad ? "</font>" : "");
}

static void dot_node(struct out *o, const struct maple_view *v, uint32_t at)
{
	const struct maple_node *n = &v->m.node[at];
	struct line l;

	out_text(o, "  n%u [label=<<table border=\"0\" cellborder=\"1\" cellspacing=\"0\">", at);
	for (unsigned i = 0; line_of(v, n, i, &l); i++)
		dot_line(o, &l);
	out_text(o, "</table>>];\n");
	if (n->parent != MAPLE_NONE)
		out_text(o, "  n%u:s%u -> n%u%s;\n", n->parent, n->slot, at,
			 link_is_bad(v, n) ? " [color=red]" : "");
}

/* The struct maple_tree: its own words, and what is bad beside the nodes. */
static bool tree_line(const struct maple_view *v, unsigned i, struct line *ret)
{
	*ret = (struct line){ .slot = -1 };
	if (!i) {
		snprintf(ret->text, sizeof(ret->text), "maple_tree %0*llx, flags %llx, root %llx",
			 v->width, (ull)v->m.tree, (ull)v->m.flags, (ull)v->m.root);
		return true;
	}
	for (size_t k = 0; k < v->nbad; k++) {
		if (!maple_view_is_of_tree(&v->bad[k]) || --i)
			continue;
		maple_view_words(&v->bad[k], ret->text, sizeof(ret->text));
		ret->bad = true;
		return true;
	}
	return false;
}

void maple_view_dot(struct out *o, const struct maple_view *v)
{
	struct line l;

	out_text(o, "digraph maple {\n  rankdir=LR; node [fontname=monospace shape=none];\n"
		    "  tree [label=<<table border=\"0\" cellborder=\"1\" cellspacing=\"0\">");
	for (unsigned i = 0; tree_line(v, i, &l); i++)
		dot_line(o, &l);
	out_text(o, "</table>>];\n%s", v->m.n ? "  tree -> n0;\n" : "");
	for (uint32_t i = 0; i < v->m.n && !out_broken(o); i++)
		dot_node(o, v, i);
	out_text(o, "}\n");
}

/* ---- svg ---- */

/* A box; x and y are of its parent's children until place_all(). */
struct place {
	unsigned x, y, w, h;
	unsigned below;     /* height of all that is right of it, or its own */
};

static void measure(const struct maple_view *v, struct place *p, uint32_t i)
{
	struct line l;
	unsigned lines, most = 0, len;

	for (lines = 0; line_of(v, &v->m.node[i], lines, &l); lines++) {
		len = (unsigned)strlen(l.text);
		most = len > most ? len : most;
	}
	p[i] = (struct place){ 0, 0, CHAR * most + 8, LINE * lines + 6, LINE * lines + 6 };
}

static unsigned children_of(const struct maple_view *v, uint32_t i)
{
	return v->m.node[i].child == MAPLE_NONE ? 0 : v->m.node[i].end + 1u;
}

/* The children of a node: leaves in rows, others in a row each. */
static void flow(const struct maple_view *v, struct place *p, uint32_t i, unsigned in_a_row)
{
	unsigned x = 0, y = 0, row = 0, n = 0;

	for (unsigned k = 0; k < children_of(v, i); k++) {
		uint32_t c = v->m.node[i].child + k;
		bool alone = children_of(v, c);

		if (n && (alone || n == in_a_row)) {
			y += row + MARGIN;
			x = row = n = 0;
		}
		p[c].x = x;
		p[c].y = y;
		x += p[c].w + MARGIN;
		row = p[c].below > row ? p[c].below : row;
		n = alone ? in_a_row : n + 1;
	}
	p[i].below = y + row > p[i].h ? y + row : p[i].h;
}

/* Children come behind their parents. The size of the whole into *all. */
static void place_all(const struct maple_view *v, struct place *p, unsigned top, unsigned in_a_row,
		      struct place *all)
{
	*all = (struct place){ 0 };
	for (uint32_t i = (uint32_t)v->m.n; i--;)
		flow(v, p, i, in_a_row);
	for (uint32_t i = 0; i < v->m.n; i++) {
		uint32_t up = v->m.node[i].parent;

		p[i].x += up == MAPLE_NONE ? MARGIN : p[up].x + p[up].w + BETWEEN;
		p[i].y += up == MAPLE_NONE ? top : p[up].y;
		all->w = p[i].x + p[i].w > all->w ? p[i].x + p[i].w : all->w;
		all->h = p[i].y + p[i].h > all->h ? p[i].y + p[i].h : all->h;
	}
}

/* As many leaves in a row as make it look best: a little wider than high. */
static void lay_out(const struct maple_view *v, struct place *p, unsigned top, struct place *all)
{
	unsigned best = 1, least = UINT32_MAX;

	for (unsigned k = 1; k <= IN_A_ROW + 1; k++) {
		unsigned in_a_row = k > IN_A_ROW ? best : k, size;

		for (uint32_t i = 0; i < v->m.n; i++)
			p[i].x = p[i].y = 0;
		place_all(v, p, top, in_a_row, all);
		size = all->w > all->h + all->h / 2 ? all->w : all->h + all->h / 2;
		best = size < least ? in_a_row : best;
		least = size < least ? size : least;
	}
}

static void svg_text(struct out *o, unsigned x, unsigned y, const struct line *l)
{
	out_text(o, "<text x=\"%u\" y=\"%u\"%s>%s</text>\n", x, y,
		 l->bad ? " fill=\"red\" font-weight=\"bold\"" : "", l->text);
}

/* From the slot to a trunk that all children share, and along it to the child. */
static void svg_link(struct out *o, const struct maple_view *v, const struct place *p, uint32_t i)
{
	const struct maple_node *n = &v->m.node[i];
	const struct place *up = &p[n->parent];
	unsigned trunk = up->x + up->w + BETWEEN / 2 + n->slot % 4 * 4;
	unsigned row = p[i].y - MARGIN / 2;

	out_text(o, "<path d=\"M%u %uH%uV%uH%uV%u\" fill=\"none\" stroke=\"%s\"/>\n",
		 up->x + up->w, up->y + LINE * (n->slot + 2u) + LINE / 2 + 3, trunk, row,
		 p[i].x + 10, p[i].y, link_is_bad(v, n) ? "red" : "#888");
}

static void svg_node(struct out *o, const struct maple_view *v, const struct place *p, uint32_t i)
{
	const struct maple_node *n = &v->m.node[i];
	struct line l;

	out_text(o, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"%s\" "
		    "stroke=\"%s\"/>\n", p[i].x, p[i].y, p[i].w, p[i].h,
		 n->type == MAPLE_LEAF ? "#eef7ee" : "#eef",
		 maple_view_is_bad(v, n) ? "red" : "black");
	for (unsigned k = 0; line_of(v, n, k, &l); k++)
		svg_text(o, p[i].x + 4, p[i].y + LINE * (k + 1), &l);
}

void maple_view_svg(struct out *o, const struct maple_view *v)
{
	struct place *p = mem_zalloc(v->m.n + 1, sizeof(*p)), all;
	struct line l;
	unsigned lines = 0, top;

	if (!p)
		return;
	while (tree_line(v, lines, &l))
		lines++;
	for (uint32_t i = 0; i < v->m.n; i++)
		measure(v, p, i);
	top = 2 * MARGIN + LINE * lines;
	lay_out(v, p, top, &all);
	out_text(o, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
		    "font-family=\"monospace\" font-size=\"11\">\n"
		    "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
		 (all.w > 90 * CHAR ? all.w : 90 * CHAR) + MARGIN,
		 (all.h > top ? all.h : top) + MARGIN);
	for (unsigned i = 0; tree_line(v, i, &l); i++)
		svg_text(o, MARGIN, MARGIN + LINE * i, &l);
	for (uint32_t i = 1; i < v->m.n && !out_broken(o); i++)
		svg_link(o, v, p, i);
	for (uint32_t i = 0; i < v->m.n && !out_broken(o); i++)
		svg_node(o, v, p, i);
	out_text(o, "</svg>\n");
	mem_free(p);
}
