/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * maple - words of the nodes of address spaces' maple trees. Every word of a node has an invariant
 * but the bytes that nobody uses: what lies behind meta, and meta.gap where it makes no
 * difference.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/kern/finding.h"
#include "mm/maple_mm.h"
#include "testdata/mutate/mutate.h"

#define NODES_LIMIT 100000
#define CHECKERS "m[am]*" /* maple and mm, which tells of areas that are not in the dump */

struct state {
	struct cairn *c;
	struct arena arena;
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

static enum cairn_code collect(struct state *s, size_t mm, struct mutable_words *to,
			       struct cairn_err *err)
{
	struct maple m = {
		.c = s->c, .layout = s->mms.layout, .shelf = s->mms.nodes,
		.tree = s->mms.mm[mm].tree, .last = s->mms.layout->max, .limit = NODES_LIMIT,
	};
	struct collect k = { .s = s, .to = to, .m = &m, .mm = mm };
	enum cairn_code code = maple_load(&m, err);

	for (size_t i = 0; !code && i < m.n; i++) {
		k.n = &m.node[i];
		k.f = &m.layout->form[k.n->type];
		if (k.n->state == MAPLE_THERE)
			add_node(&k);
	}
	maple_unload(&m);
	return code;
}

static size_t count_unseen(struct state *s)
{
	const struct check_limits limits = { .only = CHECKERS };
	struct arena a = { 0 };
	struct findings f;
	size_t n = findings_get(&f, s->c, &limits, &a, NULL) ? 0 : f.nunseen;

	arena_deinit(&a);
	return n;
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

struct asked {
	const struct mutable_word *w;
	struct answer *a;
};

static void tell(void *arg, const struct maple_verdict *v)
{
	struct asked *k = arg;

	if (v->of_object)
		return;
	if (!k->a->findings++)
		snprintf(k->a->first, sizeof(k->a->first), "%s %s 0x%llx", maple_rule_id(v->rule),
			 v->field, (unsigned long long)v->addr);
	if (!k->w)
		return;
	k->a->named = k->a->findings == 1 && v->addr == k->w->addr;
	k->a->expected = k->a->named && v->told && v->expected == k->w->old;
}

static void forget(struct maple_mms *s)
{
	shelf_clear(s->nodes);
	shelf_clear(&s->vmas);
	s->searched = false;
}

static enum cairn_code ask(void *state, const struct mutable_word *w, struct answer *ret,
			   struct cairn_err *err)
{
	struct state *s = state;
	struct asked k = { w, ret };
	struct maple_checked checked;
	enum cairn_code code = CAIRN_OK;

	forget(&s->mms);
	for (size_t i = w ? w->owner : 0; !code && i < s->mms.n; i++) {
		code = maple_mm_verify(&s->mms, &s->mms.mm[i], tell, &k, &checked, err);
		if (w)
			break;
	}
	ret->unseen = code || ret->findings ? 0 : count_unseen(s);
	return code;
}

static const struct family family = {
	.name = "maple", .found = .995, .named = .95, .unseen = .05,
	.begin = begin, .end = end, .change = change, .ask = ask,
};
MUTATIONS(&family);
