/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The word that leads to a node, and those of the tree itself. */
#include "lib/kern/maple_repair_impl.h"

/* `i` MAPLE_NONE: to the root, where there is none. */
static void link_value(struct repair_look *k, uint32_t i, uint64_t value)
{
	const struct maple_node *n = i == MAPLE_NONE ? NULL : &k->m->node[i];

	if (n && n->parent != MAPLE_NONE) {
		repair_word(k, &k->m->node[n->parent],
			    maple_slot_at(k->l, k->m->node[n->parent].type, n->slot), value);
		return;
	}
	repair_add(k, (struct maple_repair){
		.patch = { k->m->tree, k->m->tree + k->l->root, k->l->word,
			   value | MAPLE_ROOT_NODE },
		.found = k->m->root,
	});
}

static void links_to(struct repair_look *k, uint32_t i, uint64_t addr)
{
	for (unsigned t = MAPLE_LEAF; t < MAPLE_TYPES; t++)
		link_value(k, i, maple_link_to(k->l, addr, (enum maple_type)t));
}

/* Nodes that have this parent word, on the pages of the tree. */
static void search_child(struct repair_look *k, uint32_t i, uint64_t parent)
{
	struct shelf *s = k->m->shelf;
	size_t size = (size_t)1 << s->sp->page_shift;

	for (size_t p = 0; p < s->loaded; p++)
		for (size_t in = 0; s->page[p].data && in < size; in += k->l->size)
			if (maple_parent(k->l, s->page[p].data + in) == parent)
				links_to(k, i, (s->page[p].vpage << s->sp->page_shift) + in);
}

/* Nodes that have this parent word, one bit of the link away. */
static void flip_link(struct repair_look *k, uint32_t i, uint64_t link, uint64_t parent)
{
	uint64_t got;

	for (unsigned bit = 0; bit < 8u * k->l->word; bit++) {
		uint64_t addr = (link ^ UINT64_C(1) << bit) & ~(uint64_t)(k->l->size - 1);

		if (!space_word(&k->m->c->kernel, addr, &got, NULL) && got == parent)
			links_to(k, i, addr);
	}
}

/* Nothing of it is a node's: its parent word is no node's, and pivots do not rise in more than one
 * place. What is left to ask is whether nodes lie there at all. */
static bool is_overwritten(const struct repair_look *k, uint32_t i)
{
	const struct maple_node *n = &k->m->node[i];
	unsigned falls = 0, last;
	uint64_t first;

	if (!repair_is_there(k, i) || !k->e->is_node || !k->e->is_node(k->e->arg, n->addr) ||
	    (maple_parent(k->l, n->bytes) & MAPLE_PARENT_TAGS) == MAPLE_PARENT_TAG)
		return false;
	last = repair_form(k, n)->slots - 2;
	for (unsigned p = 1; p <= last; p++)
		falls += repair_pivot(k, n, p) <= repair_pivot(k, n, p - 1);
	first = repair_pivot(k, n, 0);
	return falls > 1 && (first < n->lo || first > n->hi || falls == last);
}

void repair_link(struct repair_look *k, uint32_t i)
{
	const struct maple_node *n = &k->m->node[i];
	const struct maple_node *up = n->parent == MAPLE_NONE ? NULL : &k->m->node[n->parent];
	unsigned offset = up ? maple_slot_at(k->l, up->type, n->slot) : 0;
	uint64_t link = up ? maple_word(k->l, up->bytes, offset) : k->m->root;
	uint64_t parent = up ? maple_parent_of(up->addr, n->slot) :
			       k->m->tree | MAPLE_ROOT_PARENT;

	if (link)
		links_to(k, i, link & ~(uint64_t)(k->l->size - 1));
	search_child(k, i, parent);
	flip_link(k, i, link, parent);
	/* one that leads to a node that names it is good */
	if (up && !(repair_is_there(k, i) && maple_parent(k->l, n->bytes) == parent))
		repair_unknown(k, up, offset,
			       is_overwritten(k, i) ? MAPLE_REPAIR_NODE : MAPLE_REPAIR_CUT);
}

void repair_root(struct repair_look *k)
{
	uint64_t parent = k->m->tree | MAPLE_ROOT_PARENT;

	search_child(k, MAPLE_NONE, parent);
	flip_link(k, MAPLE_NONE, k->m->root, parent);
}

static void flags_value(struct repair_look *k, uint64_t value)
{
	repair_add(k, (struct maple_repair){
		.patch = { k->m->tree, k->m->tree + k->l->flags, k->l->flags_size, value },
		.found = k->m->flags,
	});
}

/* Whether the tree keeps gaps; and what else its flags should be. */
void repair_kind(struct repair_look *k)
{
	uint64_t levels = 0;

	for (size_t i = 0; i < k->m->n; i++)
		if (k->m->node[i].depth >= levels)
			levels = k->m->node[i].depth + 1u;
	flags_value(k, k->m->flags ^ MAPLE_FLAG_GAPS);
	if (k->e->flagged)
		flags_value(k, (k->e->flags & ~MAPLE_FLAG_HEIGHT) | levels << MAPLE_HEIGHT_SHIFT);
}
