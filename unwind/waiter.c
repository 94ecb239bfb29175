/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unwind/waiter.h"

#include "lib/base/mem.h"

/* More waiters than that are not counted. */
#define RING_LIMIT 65536

enum { LINK, TASK, FUNC, N };
#define PLAIN FUNC /* number of members where there is no FUNC */

/* FUNC is what tells an entry of a wait queue, which may be
 * anywhere in memory, from the queue's head. */
static const struct shape_want wants[WAITER_FORMS] = {
	[WAITER_MUTEX] = { "struct mutex_waiter", PLAIN, { [LINK] = "list", [TASK] = "task" } },
	[WAITER_RWSEM] = { "struct rwsem_waiter", PLAIN, { [LINK] = "list", [TASK] = "task" } },
	[WAITER_SEM] = { "struct semaphore_waiter", PLAIN, { [LINK] = "list", [TASK] = "task" } },
	[WAITER_SWAIT] = { "struct swait_queue", PLAIN, { [LINK] = "task_list", [TASK] = "task" } },
	[WAITER_QUEUE] = { "struct wait_queue_entry", N,
			   { [LINK] = "entry", [TASK] = "private", [FUNC] = "func" } },
	[WAITER_FUTEX] = { "struct futex_q", PLAIN,
			   { [LINK] = "list.node_list", [TASK] = "task" } },
};

/* What the waiters of a form wait for, where it may be without a list head. */
static const char *const lock_types[WAITER_FORMS] = {
	[WAITER_MUTEX] = "struct mutex", [WAITER_RWSEM] = "struct rw_semaphore",
	[WAITER_SEM] = "struct semaphore",
};

void waiters_init(struct waiters *w, struct cairn *c, const struct tasks *tasks)
{
	*w = (struct waiters){ .c = c, .tasks = tasks };
}

void waiters_deinit(struct waiters *w)
{
	map_deinit(&w->ring_of);
	mem_free(w->ring);
}

/* "locking/mutex: Remove the list_head from struct mutex" and its like */
static bool is_headless(struct waiters *w, enum waiter_form form)
{
	const struct type *t = NULL;
	struct member m;

	if (lock_types[form])
		t = type_find(&w->c->types, lock_types[form], NULL);
	return t && type_member(t, "first_waiter", &m);
}

static bool resolve(struct waiters *w, enum waiter_form form)
{
	struct shape *s = &w->shape[form];

	w->headless[form] = is_headless(w, form);
	return !shape_resolve(s, &wants[form], &w->c->types, NULL) && shape_has(s, LINK) &&
	       shape_has(s, TASK) && (form != WAITER_QUEUE || shape_has(s, FUNC));
}

const struct shape *waiter_shape(struct waiters *w, enum waiter_form form)
{
	if (!w->tried[form]) {
		w->tried[form] = true;
		w->has[form] = resolve(w, form);
	}
	return w->has[form] ? &w->shape[form] : NULL;
}

static bool word(struct waiters *w, uint64_t addr, uint64_t *ret)
{
	return space_word(&w->c->kernel, addr, ret, NULL) == CAIRN_OK;
}

/* struct list_head: next, prev */
static bool next_of(struct waiters *w, uint64_t node, uint64_t *ret)
{
	return word(w, node, ret);
}

static bool prev_of(struct waiters *w, uint64_t node, uint64_t *ret)
{
	return word(w, node + w->c->arch->word, ret);
}

static bool on_stack_of(const struct waiters *w, const struct task *t, uint64_t addr)
{
	return t->stack && addr >= t->stack && addr - t->stack < w->tasks->stack_size;
}

/* A node of the list is a waiter, not the head. */
static bool is_waiter(struct waiters *w, enum waiter_form form, uint64_t node)
{
	const struct shape *s = &w->shape[form];
	uint64_t base = node - s->m[LINK].offset, v;
	const struct task *t;

	if (form == WAITER_QUEUE)
		return word(w, base + s->m[FUNC].offset, &v) && sym_is_text(&w->c->syms, v);
	if (!word(w, base + s->m[TASK].offset, &v))
		return false;
	t = task_by_addr(w->tasks, v);
	/* the one that waits for several futexes has them in its heap */
	return t && (form == WAITER_FUTEX || on_stack_of(w, t, node));
}

/* Once round the list, from a waiter back to it: the head, and how many wait. The list must
 * close, with every back link right, and have one head; none where locks have none. */
static bool walk(struct waiters *w, enum waiter_form form, uint64_t link, struct waiter_ring *ret)
{
	uint64_t node = link, next, back;

	*ret = (struct waiter_ring){ 0 };
	for (size_t i = 0; i < RING_LIMIT && w->steps++ < WAITER_STEPS; i++) {
		if (is_waiter(w, form, node))
			ret->n++;
		else if (ret->head)
			return false;
		else
			ret->head = node;
		if (!next_of(w, node, &next) || !prev_of(w, next, &back) || back != node)
			return false;
		if (next == link)
			return ret->head || w->headless[form];
		node = next;
	}
	return false;
}

static uint64_t key(enum waiter_form form, uint64_t node)
{
	return node * WAITER_FORMS + form;
}

/* What is not kept is not proved. */
static bool keep(struct waiters *w, enum waiter_form form, uint64_t link,
		 const struct waiter_ring *ring, size_t *ret)
{
	struct waiter_ring *p = mem_resize(w->ring, w->nrings + 1, sizeof(*p));
	uint64_t node = link;

	if (!p)
		return false;
	w->ring = p;
	p[w->nrings] = *ring;
	*ret = w->nrings++;
	do
		map_put(&w->ring_of, key(form, node), *ret);
	while (next_of(w, node, &node) && node != link);
	return true;
}

static bool find_ring(struct waiters *w, enum waiter_form form, uint64_t link, size_t *ret)
{
	struct waiter_ring ring;
	uint64_t i;

	if (map_get(&w->ring_of, key(form, link), &i)) {
		*ret = i;
		return true;
	}
	return walk(w, form, link, &ring) && keep(w, form, link, &ring, ret);
}

static bool prove(struct waiters *w, enum waiter_form form, const struct task *task, uint64_t base,
		  struct waiter *ret)
{
	const struct shape *s = &w->shape[form];

	*ret = (struct waiter){ .form = form, .addr = base, .size = s->size,
				.link = base + s->m[LINK].offset };
	if (!on_stack_of(w, task, base) || !on_stack_of(w, task, base + s->size - 1) ||
	    !find_ring(w, form, ret->link, &ret->ring))
		return false;
	ret->head = w->ring[ret->ring].head;
	ret->n = w->ring[ret->ring].n;
	return true;
}

bool waiter_find(struct waiters *w, enum waiter_form form, const struct task *task, uint64_t from,
		 uint64_t to, struct waiter *ret)
{
	const struct shape *s = waiter_shape(w, form);
	unsigned step = w->c->arch->word;
	uint64_t v;

	if (!s || !on_stack_of(w, task, from))
		return false;
	for (from -= from % step; from < to && on_stack_of(w, task, from); from += step)
		if (word(w, from, &v) && v == task->addr &&
		    prove(w, form, task, from - s->m[TASK].offset, ret)) {
			ret->resume = from + step;
			return true;
		}
	return false;
}

bool waiter_has_node(struct waiters *w, const struct waiter *waiter, uint64_t node)
{
	uint64_t ring;

	return map_get(&w->ring_of, key(waiter->form, node), &ring) && ring == waiter->ring;
}
