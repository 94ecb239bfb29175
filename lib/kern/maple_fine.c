/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_fine.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/kern/maple_gap.h"

#define STOP_EVERY  256
#define FETCH_AHEAD 6
#define AT_ONCE     16384 /* entries that are asked at a time, at first */

/* A leaf that is fine if its entries are. */
struct leaf {
	uint32_t node, from; /* its place, that of its first entry */
	uint64_t sum;
};

/* Entries that are asked together. */
struct batch {
	uint64_t *entry, *first, *last;
	unsigned char *agrees;
	struct leaf *leaf;
	size_t n, nleaves, cap;
};

struct glance {
	const struct maple *m;
	const struct maple_layout *l;
	const struct maple_entries *e;
	struct maple_fine *to;
	struct batch now, before; /* that is filled; that is asked */
	size_t at_once;
	/* the node at hand */
	const struct maple_node *n;
	const struct maple_form *f;
	uint64_t pivot[MAPLE_SLOTS], slot[MAPLE_SLOTS];
};

/* ---- entries ---- */

static void free_batch(struct batch *b)
{
	mem_free(b->entry);
	mem_free(b->first);
	mem_free(b->last);
	mem_free(b->agrees);
	mem_free(b->leaf);
	*b = (struct batch){ 0 };
}

static bool make_room(struct batch *b, size_t cap)
{
	if (b->cap >= cap)
		return true;
	free_batch(b);
	b->entry = mem_resize(NULL, cap, sizeof(*b->entry));
	b->first = mem_resize(NULL, cap, sizeof(*b->first));
	b->last = mem_resize(NULL, cap, sizeof(*b->last));
	b->agrees = mem_resize(NULL, cap, sizeof(*b->agrees));
	b->leaf = mem_resize(NULL, cap, sizeof(*b->leaf));
	if (!b->entry || !b->first || !b->last || !b->agrees || !b->leaf)
		return false;
	b->cap = cap;
	return true;
}

/* Those that were asked have answered. */
static void note_answers(struct glance *g)
{
	struct batch *b = &g->before;

	for (size_t i = 0; i < b->nleaves; i++) {
		const struct leaf *leaf = &b->leaf[i];
		size_t end = i + 1 < b->nleaves ? b->leaf[i + 1].from : b->n;
		unsigned char agrees = 1;

		for (size_t k = leaf->from; k < end; k++)
			agrees &= b->agrees[k];
		g->to->node[leaf->node] = agrees;
		g->to->entries += agrees ? end - leaf->from : 0;
		g->to->sum += agrees ? leaf->sum : 0;
	}
	b->n = b->nleaves = 0;
}

/* While some are asked, the next are gathered; with them asked, those before have answered. */
static void ask(struct glance *g)
{
	struct batch *b = &g->now, swap = g->before;
	struct maple_asked q = { b->entry, b->first, b->last, b->agrees, b->n, g->m->n };

	if (b->n) {
		memset(b->agrees, 0, b->n);
		g->at_once = g->e->ask(g->e->arg, &q);
	} else if (g->before.n) {
		g->e->answer(g->e->arg);
	}
	note_answers(g);
	swap.n = swap.nleaves = 0;
	g->before = *b;
	g->now = swap;
}

/* Room for the entries of one more leaf. */
static bool has_room(struct glance *g)
{
	size_t most = g->m->n * g->l->form[MAPLE_LEAF].slots;
	size_t cap = MAPLE_SLOTS + (g->at_once < most ? g->at_once : most);

	if (g->now.n + MAPLE_SLOTS > g->now.cap || g->now.nleaves == g->now.cap)
		ask(g);
	return g->now.n || make_room(&g->now, cap);
}

/* ---- one node ---- */

static uint64_t parent_of(const struct glance *g)
{
	return g->n->parent == MAPLE_NONE ? g->m->tree | MAPLE_ROOT_PARENT :
		maple_parent_of(g->m->node[g->n->parent].addr, g->n->slot);
}

/* It has as many entries as it must, and says so wherever it does. */
static bool is_end_fine(const struct glance *g)
{
	const struct maple_node *n = g->n;

	if (!n->end || (n->parent != MAPLE_NONE && n->end < g->f->min_end) ||
	    maple_node_end(g->l, n->bytes, n->type, n->hi) != n->end)
		return false;
	return !maple_has_meta(g->l, n->type, n->end) ||
	       (n->bytes[g->f->end] == n->end && (g->f->gap || !n->bytes[g->f->meta_gap]));
}

/* Parent, end, pivots, and what lies behind the end. */
static bool is_frame_fine(const struct glance *g)
{
	unsigned end = g->n->end, slots = g->f->slots;
	uint64_t bad;

	if (!is_end_fine(g))
		return false;
	bad = maple_parent(g->l, g->n->bytes) ^ parent_of(g);
	bad |= g->pivot[0] < g->n->lo || !g->pivot[0];
	for (unsigned i = 1; i < end; i++)
		bad |= g->pivot[i] <= g->pivot[i - 1];
	bad |= g->pivot[end - 1] >= g->n->hi;
	bad |= end < slots - 1 && g->pivot[end] != g->n->hi;
	for (unsigned i = end + 1; i < slots - 1; i++)
		bad |= g->pivot[i];
	for (unsigned i = end + 1; i < slots - g->f->meta_in_slot; i++)
		bad |= g->slot[i];
	return !bad;
}

/* Its entries are gathered; its gap is what it is whether or not it is fine. */
static bool is_leaf_fine(struct glance *g, uint64_t *gap, uint64_t *sum)
{
	struct batch *b = &g->now;
	uint64_t lo = g->n->lo, most = 0, all = 0, hi, e, size, before = 1, bad = 0;
	size_t at = b->n;

	for (unsigned i = 0; i <= g->n->end; i++, lo = hi + 1) {
		hi = i < g->n->end ? g->pivot[i] : g->n->hi;
		e = g->slot[i];
		size = hi - lo + 1;
		b->entry[at] = e;
		b->first[at] = lo;
		b->last[at] = hi;
		at += e != 0;
		bad |= !e & !before;
		bad |= ((e & 3) == 2) & (e < MAPLE_RESERVED);
		all += e ? size : 0;
		most = !e && size > most ? size : most;
		before = e;
	}
	*gap = most;
	*sum = all;
	b->n = at;
	return !bad && (before || g->n->hi == g->l->max);
}

static void glance_at_leaf(struct glance *g, uint32_t i)
{
	struct batch *b = &g->now;
	struct leaf leaf = { i, (uint32_t)b->n, 0 };

	if (!is_frame_fine(g) || !is_leaf_fine(g, &g->to->gap[i], &leaf.sum)) {
		b->n = leaf.from;
		g->to->gap[i] = maple_recount_node(g->m, i, NULL);
	} else if (!g->e->says) { /* nothing is known of them */
		g->to->node[i] = 1;
		g->to->entries += b->n - leaf.from;
		g->to->sum += leaf.sum;
		b->n = leaf.from;
	} else if (!g->e->ask) {
		b->n = leaf.from;
	} else {
		b->leaf[b->nleaves++] = leaf;
	}
}

/* What it says of its children's gaps is what they have. */
static bool are_gaps_fine(const struct glance *g)
{
	unsigned end = g->n->end, named = g->n->bytes[g->f->meta_gap];
	uint64_t most = 0, bad = named > end, lo = g->n->lo, hi, gap;

	for (unsigned i = 0; i <= end; i++, lo = hi + 1) {
		hi = i < end ? g->pivot[i] : g->n->hi;
		gap = maple_gap(g->m, g->n, i);
		bad |= gap ^ g->to->gap[g->n->child + i];
		bad |= gap > maple_range_size(lo, hi);
		most = gap > most ? gap : most;
	}
	for (unsigned i = end + 1; i < g->f->slots; i++)
		bad |= maple_gap(g->m, g->n, i);
	return !bad && maple_gap(g->m, g->n, named) == most;
}

static void glance_at_inner(struct glance *g, uint32_t i)
{
	enum maple_type type = g->m->flags & MAPLE_FLAG_GAPS ? MAPLE_ARANGE : MAPLE_RANGE;

	g->to->gap[i] = maple_recount_node(g->m, i, g->to->gap);
	g->to->node[i] = g->n->type == type && g->n->child != MAPLE_NONE && is_frame_fine(g) &&
			 (!g->f->gap || are_gaps_fine(g));
}

static bool glance_at(struct glance *g, uint32_t i)
{
	g->n = &g->m->node[i];
	g->f = &g->l->form[g->n->type];
	if (g->n->state != MAPLE_THERE) {
		g->to->gap[i] = MAPLE_GAP_UNKNOWN;
		return true;
	}
	maple_words(g->l, g->n->bytes + g->f->pivot, g->pivot, g->f->slots - 1);
	maple_words(g->l, g->n->bytes + g->f->slot, g->slot, g->f->slots);
	if (g->n->type != MAPLE_LEAF)
		glance_at_inner(g, i);
	else if (has_room(g))
		glance_at_leaf(g, i);
	else
		return false;
	return true;
}

/* ---- the tree ---- */

/* Children come behind their parents. */
static enum cairn_code glance_at_all(struct glance *g)
{
	for (size_t i = g->m->n; i--;) {
		if (g->m->c->stop && i % STOP_EVERY == STOP_EVERY - 1 && g->m->c->stop())
			return CAIRN_INTERRUPTED;
		maple_fetch(g->m, i - FETCH_AHEAD);
		if (!glance_at(g, (uint32_t)i))
			return CAIRN_NOMEM;
	}
	ask(g);
	return CAIRN_OK;
}

enum cairn_code maple_fine_find(const struct maple *m, const struct maple_entries *e,
				struct maple_fine *ret)
{
	struct glance g = { .m = m, .l = m->layout, .e = e, .to = ret, .at_once = AT_ONCE };
	enum cairn_code code = CAIRN_NOMEM;

	*ret = (struct maple_fine){ .node = mem_zalloc(m->n + 1, 1) };
	if (m->ncuts) /* nothing is fine that is not to be trusted */
		ret->gap = maple_recount(m);
	else
		ret->gap = mem_resize(NULL, m->n + 1, sizeof(*ret->gap));
	if (ret->node && ret->gap)
		code = m->ncuts ? CAIRN_OK : glance_at_all(&g);
	g.now.n = 0;
	ask(&g); /* nothing more, but for the answers that are due */
	free_batch(&g.now);
	free_batch(&g.before);
	return code;
}

void maple_fine_free(struct maple_fine *f)
{
	mem_free(f->node);
	mem_free(f->gap);
	*f = (struct maple_fine){ 0 };
}
