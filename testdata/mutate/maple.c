/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple - words of the nodes of address spaces' maple trees, and of the trees themselves. Every
 * word of a node has an invariant but the bytes that nobody uses: what lies behind meta, and
 * meta.gap where it makes no difference.
 *
 * Asked is what a user asks: the checkers maple and mm together. A word is named if it is the only
 * one that they tell of.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/kern/finding.h"
#include "mm/maple_mm.h"
#include "testdata/mutate/mutate.h"

#define NODES_LIMIT 100000
#define CHECKERS "m[am]*" /* maple and mm, which tells of areas that are not in the dump */

struct state {
	struct cairn *c;
	struct arena arena, ask;
	struct maple_mms mms;
	uint64_t *link;      /* entries of the inner nodes, and of the leaves: to take values from */
	size_t nlinks, cap;
};

struct collect {
	struct state *s;
	struct mutable_words *to;
	const struct maple *m;
	const struct maple_node *n;
	const struct maple_form *f;
	size_t mm;
};

static void add(struct collect *k, const char *kind, unsigned offset, unsigned size, uint64_t more)
{
	mutate_word(k->to, (struct mutable_word){
		k->n->addr + offset, size, le_uint(k->n->bytes + offset, size), kind, k->mm, more,
	});
}

static void keep_link(struct state *s, uint64_t link)
{
	if (s->nlinks == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 1024;
		s->link = mem_resize(s->link, s->cap, sizeof(link));
	}
	if (s->link && link)
		s->link[s->nlinks++] = link;
}

static void add_slots(struct collect *k, unsigned word, bool leaf)
{
	unsigned last = k->f->slots - 1;

	for (unsigned i = 0; i <= last; i++) {
		unsigned offset = maple_slot_at(k->m->layout, k->n->type, i);

		if (i <= k->n->end)
			keep_link(k->s, maple_slot(k->m, k->n, i));
		if (i <= k->n->end)
			add(k, !leaf ? "inner slot" :
			       maple_slot(k->m, k->n, i) ? "leaf slot" : "leaf slot, empty",
			    offset, word, 0);
		else if (i < last || !k->f->meta_in_slot)
			add(k, "slot behind the end", offset, word, 0);
	}
}

static void add_pivots(struct collect *k, unsigned word, bool leaf)
{
	for (unsigned i = 0; i < k->f->slots - 1; i++)
		add(k, i > k->n->end  ? "pivot behind the end" :
		       i == k->n->end ? "last pivot" :
		       leaf	      ? "leaf pivot" : "inner pivot",
		    maple_pivot_at(k->m->layout, k->n->type, i), word, 0);
}

static void add_gaps(struct collect *k, unsigned word)
{
	for (unsigned i = 0; k->f->gap && i < k->f->slots; i++)
		add(k, i > k->n->end ? "gap behind the end" : "gap",
		    maple_gap_at(k->m->layout, k->n->type, i), word, 0);
}

/* Numbers of slots for which meta.gap would be right as well. */
static uint64_t as_good(const struct collect *k)
{
	uint64_t most = 0, ret = 0, g;

	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i <= k->n->end; i++) {
			g = maple_word(k->m->layout, k->n->bytes,
				       maple_gap_at(k->m->layout, k->n->type, i));
			most = g > most ? g : most;
			if (pass && g == most)
				ret |= UINT64_C(1) << i;
		}
	return most ? ret : UINT64_MAX;
}

static void add_node(struct collect *k)
{
	unsigned word = k->m->layout->word;
	bool leaf = k->n->type == MAPLE_LEAF;

	add(k, "parent", 0, word, 0);
	add_pivots(k, word, leaf);
	add_slots(k, word, leaf);
	add_gaps(k, word);
	if (!maple_has_meta(k->m->layout, k->n->type, k->n->end))
		return;
	add(k, "meta.end", k->f->end, 1, 0);
	add(k, "meta.gap", k->f->meta_gap, 1, k->f->gap ? as_good(k) : 1);
}

/* RCU mode comes and goes with the life of an address space. */
static void add_tree(struct state *s, const struct maple *m, struct mutable_words *to)
{
	const struct maple_layout *l = m->layout;

	mutate_word_at(to, &s->c->kernel, "ma_root", m->tree + l->root, l->word, 0);
	mutate_word_at(to, &s->c->kernel, "ma_flags", m->tree + l->flags, l->flags_size, 0);
}

static enum cairn_code collect(struct state *s, size_t mm, struct mutable_words *to,
			       struct cairn_err *err)
{
	struct maple m = {
		.c = s->c, .layout = s->mms.layout, .shelf = s->mms.nodes,
		.tree = s->mms.mm[mm].tree, .last = s->mms.layout->max, .limit = NODES_LIMIT,
	};
	struct collect k = { .s = s, .to = to, .m = &m, .mm = mm };
	enum cairn_code code = maple_load(&m, err);

	if (!code)
		add_tree(s, &m, to);
	for (size_t i = 0; !code && i < m.n; i++) {
		k.n = &m.node[i];
		k.f = &m.layout->form[k.n->type];
		if (k.n->state == MAPLE_THERE)
			add_node(&k);
	}
	maple_unload(&m);
	return code;
}

static enum cairn_code begin(struct cairn *c, void **state, struct mutable_words *words,
			     struct cairn_err *err)
{
	struct state *s = mem_zalloc(1, sizeof(*s));
	enum cairn_code code;

	if (!s)
		return cairn_fail(err, CAIRN_NOMEM, "no memory");
	*state = s;
	s->c = c;
	code = maple_mms_init(&s->mms, c, &s->arena, err);
	if (code)
		return code;
	for (size_t i = 0; i < s->mms.n; i++)
		collect(s, i, words, NULL);
	return words->n ? CAIRN_OK : cairn_fail(err, CAIRN_MISSING, "no node of a maple tree");
}

static void end(void *state)
{
	struct state *s = state;

	if (!s)
		return;
	maple_mms_deinit(&s->mms);
	arena_deinit(&s->arena);
	arena_deinit(&s->ask);
	mem_free(s->link);
	mem_free(s);
}

/* ---- values ---- */

static bool change(void *state, const struct mutable_word *w, uint64_t *random, struct change *ret)
{
	const struct state *s = state;

	*ret = mutate_other(s->c, w, random, s->link, s->nlinks, "another slot's");
	if (ret->value == w->old)
		return false;
	/* meta.gap: another slot with the same gap, or none at all, is as good */
	return !(w->size == 1 && w->more && ret->value < 64 && w->more >> ret->value & 1) &&
	       !(w->size == 1 && w->more == UINT64_MAX);
}

/* ---- asking ---- */

/* Everything was read from memory that is another now. */
static void forget(struct maple_mms *s)
{
	shelf_clear(s->nodes);
	shelf_clear(&s->vmas);
}

static void note(struct answer *ret, const struct mutable_word *w, const struct findings *found)
{
	const struct cairn_finding *f = found->n ? &found->said[0].f : NULL;

	ret->findings = found->n;
	ret->unseen = found->nunseen;
	if (f)
		snprintf(ret->first, sizeof(ret->first), "%zu: %s %s 0x%llx", found->n, f->id,
			 f->field ? f->field : "", (unsigned long long)f->addr);
	ret->named = w && found->n == 1 && f->addr == w->addr;
	ret->expected = ret->named && f->expected && strtoull(f->expected, NULL, 0) == w->old;
}

static enum cairn_code ask(void *state, const struct mutable_word *w, struct answer *ret,
			   struct cairn_err *err)
{
	const struct check_limits limits = { .only = CHECKERS };
	struct state *s = state;
	struct findings found;
	enum cairn_code code;

	forget(&s->mms);
	code = findings_get(&found, s->c, &limits, &s->ask, err);
	if (!code)
		note(ret, w, &found);
	arena_reset(&s->ask);
	return code;
}

static const struct family family = {
	.name = "maple", .found = .995, .named = .95, .unseen = .005,
	.begin = begin, .end = end, .change = change, .ask = ask,
};
MUTATIONS(&family);
