/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/maple_mm_impl.h"

/* Of the leaf that index 0 lies in. */
static uint64_t first_entry(struct maple_mms *s, uint64_t tree)
{
	struct maple m = {
		.c = s->c, .layout = s->layout, .shelf = s->nodes, .tree = tree,
		.limit = MAPLE_DEPTH * MAPLE_SLOTS,
	};
	uint64_t ret = 0;

	if (!maple_load(&m, NULL))
		for (size_t i = 0; i < m.n; i++)
			for (unsigned k = 0; !ret && m.node[i].state == MAPLE_THERE &&
					     m.node[i].type == MAPLE_LEAF && k <= m.node[i].end; k++)
				ret = maple_slot(&m, &m.node[i], k);
	maple_unload(&m);
	return ret;
}

/* Its first entry says that it belongs to the mm_struct around the tree. */
static bool is_mm(struct maple_mms *s, uint64_t tree)
{
	uint64_t entry = first_entry(s, tree), first, last;

	s->current = tree - s->mm_shape.m[MM_MT].offset;
	return entry && maple_vma_known(s) &&
	       maple_vma_says(s, entry, &first, &last) == MAPLE_SAYS_RANGE;
}

static void add_more(struct maple_mms *s, struct map *seen, uint64_t tree)
{
	if (!map_visit(seen, tree))
		return;
	maple_want(s->c, s->layout, s->nodes, &tree, 1, &s->left);
	if (is_mm(s, tree)) {
		if (s->n < s->cap)
			s->mm[s->n++] = (struct maple_mm){ s->current, NULL, tree };
	} else if (s->nother < MAPLE_MM_MORE) {
		s->other[s->nother++] = tree;
	}
}

/* A tree that is alive leads to a root that names it. */
static bool is_tree(struct maple_mms *s, uint64_t tree, uint64_t *node)
{
	struct space *sp = &s->c->kernel;
	uint64_t root, parent;
	enum maple_type type;

	return !space_word(sp, tree + s->layout->root, &root, NULL) &&
	       (root & 3) == MAPLE_ROOT_NODE &&
	       maple_link(s->layout, root & ~MAPLE_ROOT_NODE, node, &type) &&
	       !space_word(sp, *node, &parent, NULL) && parent == (tree | MAPLE_ROOT_PARENT);
}

static void look_for_root(struct maple_mms *s, struct map *seen, const unsigned char *p,
			  uint64_t addr)
{
	uint64_t parent = maple_parent(s->layout, p), tree = parent & ~MAPLE_ROOT_PARENT, node;

	if (parent & MAPLE_ROOT_PARENT && !(tree & 1) && !map_get(seen, tree, NULL) &&
	    is_tree(s, tree, &node) && node == addr)
		add_more(s, seen, tree);
}

/* A task in exit_mmap() has given up its mm; its stack has the address. */
static bool is_exiting(const struct task *t)
{
	return !t->fault && !t->kernel_thread && !t->idle && !t->mm && !t->exit_state && t->stack;
}

static void look_on_stack(struct maple_mms *s, struct map *seen, const struct task *t,
			  uint64_t size)
{
	uint64_t mm, tree, node;

	for (uint64_t at = t->stack; at < t->stack + size; at += s->layout->word) {
		if (space_word(&s->c->kernel, at, &mm, NULL) || !mm ||
		    mm & (s->layout->word - 1u))
			continue;
		tree = mm + s->mm_shape.m[MM_MT].offset;
		if (s->n < s->cap && is_tree(s, tree, &node) && map_visit(seen, tree))
			s->mm[s->n++] = (struct maple_mm){ mm, t, tree };
	}
}

static void look_on_stacks(struct maple_mms *s, struct map *seen)
{
	const struct tasks *ts;

	if (tasks_get(s->c, &ts, NULL))
		return;
	for (size_t i = 0; i < ts->n; i++)
		if (is_exiting(&ts->task[i]))
			look_on_stack(s, seen, &ts->task[i], ts->stack_size);
}

void maple_mm_look_for_more(struct maple_mms *s)
{
	size_t size = (size_t)1 << s->c->kernel.page_shift;
	struct map seen = { 0 };

	for (size_t i = 0; i < s->n; i++)
		map_put(&seen, s->mm[i].tree, 0);
	look_on_stacks(s, &seen);
	/* what is found is loaded, and searched as well */
	for (size_t i = 0; i < s->nodes->loaded && s->nother < MAPLE_MM_MORE && s->n < s->cap &&
			   !(s->c->stop && s->c->stop()); i++)
		for (size_t in = 0; s->nodes->page[i].data && in < size; in += s->layout->size)
			look_for_root(s, &seen, s->nodes->page[i].data + in,
				      (s->nodes->page[i].vpage << s->c->kernel.page_shift) + in);
	map_deinit(&seen);
}
