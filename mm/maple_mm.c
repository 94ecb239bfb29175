/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/kern/maple_shelf.h"
#include "mm/maple_mm_impl.h"

static const struct shape_want mm_want = {
	"struct mm_struct", MM_N,
	{ [MM_MT] = "mm_mt", [MM_LOCK] = "mmap_lock|mmap_sem", [MM_USERS] = "mm_users.counter",
	  [MM_MAP_COUNT] = "map_count", [MM_TOTAL_VM] = "total_vm" },
};

/* ---- which there are ---- */

struct maple_mm maple_mm_at(const struct maple_mms *s, uint64_t mm)
{
	return (struct maple_mm){ .mm = mm, .tree = mm + s->mm_shape.m[MM_MT].offset };
}

static void add_mm(struct maple_mms *s, struct map *seen, const struct task *t, uint64_t mm)
{
	if (mm && s->n < s->cap && map_visit(seen, mm))
		s->mm[s->n++] = (struct maple_mm){ mm, t, mm + s->mm_shape.m[MM_MT].offset };
}

/* A kernel thread has the mm of the process that ran before it. A task that is in exit_mmap()
 * has no mm any more but that one. */
static enum cairn_code find_mms(struct maple_mms *s, struct arena *a, struct cairn_err *err)
{
	const struct tasks *ts;
	struct map seen = { 0 };
	enum cairn_code code = tasks_get(s->c, &ts, err);

	if (code)
		return code;
	s->cap = 2 * ts->n + MAPLE_MM_MORE;
	s->mm = arena_array(a, s->cap, sizeof(*s->mm));
	s->other = arena_array(a, MAPLE_MM_MORE, sizeof(*s->other));
	if (!s->mm || !s->other)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for address spaces");
	for (size_t i = 0; i < ts->n; i++)
		add_mm(s, &seen, &ts->task[i], ts->task[i].mm);
	for (size_t i = 0; i < ts->n; i++)
		if (!ts->task[i].kernel_thread && !ts->task[i].idle)
			add_mm(s, &seen, &ts->task[i], ts->task[i].active_mm);
	map_deinit(&seen);
	return CAIRN_OK;
}

enum cairn_code maple_mms_init(struct maple_mms *s, struct cairn *c, struct arena *a,
			       struct cairn_err *err)
{
	static const unsigned needed[] = { MM_MT };
	enum cairn_code code;

	*s = (struct maple_mms){ .c = c, .left = MAPLE_MM_NODES, .limit = MAPLE_MM_NODES };
	s->nodes = maple_shelf_take(c);
	if (!s->nodes)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for maple trees");
	maple_vma_init(s);
	code = maple_layout_get(c, &s->layout, err);
	if (!code)
		code = shape_resolve(&s->mm_shape, &mm_want, &c->types, err);
	if (!code)
		code = shape_require(&s->mm_shape, needed, 1, err);
	if (code)
		return code;
	if (page_map_init(&s->frames, c, NULL))
		s->frames.size = 0;
	rwsem_layout_init(&s->rwsem, &c->types);
	return find_mms(s, a, err);
}

void maple_mms_deinit(struct maple_mms *s)
{
	maple_mm_slabs_done(s);
	maple_vma_deinit(s);
	if (s->nodes)
		maple_shelf_give(s->c);
	s->nodes = NULL;
}

bool maple_mm_of(const struct maple_mms *s, uint64_t mm, struct maple_mm *ret)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->mm[i].mm == mm) {
			*ret = s->mm[i];
			return true;
		}
	return false;
}

void maple_mms_want(struct maple_mms *s, struct arena *a)
{
	uint64_t *trees = arena_array(a, s->cap, sizeof(*trees));
	size_t known = s->n;

	for (size_t i = 0; trees && i < s->n; i++)
		trees[i] = s->mm[i].tree;
	if (trees)
		maple_want(s->c, s->layout, s->nodes, trees, s->n, &s->left);
	maple_mm_look_for_more(s);
	for (size_t i = known; trees && i < s->n; i++)
		trees[i - known] = s->mm[i].tree;
	if (trees && s->n > known)
		maple_want(s->c, s->layout, s->nodes, trees, s->n - known, &s->left);
}

bool maple_mm_is_told_by_mm(const struct maple_verdict *v)
{
	return v->twice || (v->rule == MAPLE_RULE_ENTRY_RESERVED && v->found == MAPLE_XA_ZERO);
}

/* ---- whose node ---- */

static bool has_node(struct maple_mms *s, const struct maple_mm *mm, uint64_t node, size_t *left)
{
	struct maple m = {
		.c = s->c, .layout = s->layout, .shelf = s->nodes, .tree = mm->tree,
		.last = UINT64_MAX, .limit = *left,
	};
	size_t place;
	bool has = !maple_load(&m, NULL) && maple_place(&m, node, &place);

	*left -= m.n < *left ? m.n : *left;
	maple_unload(&m);
	return has;
}

bool maple_mm_of_node(struct maple_mms *s, uint64_t node, struct arena *a, struct maple_mm *ret)
{
	size_t left = s->limit;

	maple_mms_want(s, a);
	for (size_t i = 0; i < s->n && left; i++)
		if (has_node(s, &s->mm[i], node, &left)) {
			*ret = s->mm[i];
			return true;
		}
	return false;
}

/* ---- verifying ---- */

struct maple_entries maple_mms_entries(struct maple_mms *s)
{
	return (struct maple_entries){ .arg = s, .is_elsewhere = maple_mm_is_elsewhere,
					.is_node = maple_mm_is_node, .zero = true };
}

#define VOTERS 3 /* that must agree at least */

static bool flags_of(const struct maple_mms *s, size_t i, uint64_t *ret)
{
	unsigned char raw[8] = { 0 };

	if (space_read(&s->c->kernel, s->mm[i].tree + s->layout->flags, raw, s->layout->flags_size,
		       NULL))
		return false;
	*ret = le_uint(raw, s->layout->flags_size) & ~MAPLE_FLAG_HEIGHT;
	return true;
}

/* What ma_flags is to be, the address spaces say themselves: what most of them have. */
static void vote_on_flags(struct maple_mms *s)
{
	uint64_t flags;
	size_t votes = 0, all = 0;

	s->voted = true;
	for (size_t i = 0; i < s->n; i++) {
		if (!flags_of(s, i, &flags))
			continue;
		/* the candidate gives way when it has no votes left */
		if (!votes)
			s->flags = flags;
		votes += flags == s->flags ? 1 : (size_t)-1;
	}
	votes = 0;
	for (size_t i = 0; i < s->n; i++)
		if (flags_of(s, i, &flags)) {
			votes += flags == s->flags;
			all++;
		}
	s->flagged = votes >= VOTERS && votes > all / 2;
}

static void read_mm(struct maple_mms *s, const struct maple_mm *mm, struct maple_entries *e,
		    struct maple_lock_state *lock)
{
	struct space *sp = &s->c->kernel;
	const struct shape *k = &s->mm_shape;
	struct rwsem sem = { 0 };
	uint64_t users = 1;

	shape_get(k, sp, mm->mm, MM_USERS, &users, NULL);
	if (shape_has(k, MM_LOCK) &&
	    !rwsem_read(&s->rwsem, sp, mm->mm + k->m[MM_LOCK].offset, &sem, NULL)) {
		lock->known = sem.hold != RWSEM_UNTOLD;
		lock->written = sem.hold == RWSEM_WRITER;
		lock->owner = lock->written && sem.is_signed ? sem.owner : 0;
	}
	*e = maple_mms_entries(s);
	e->align = UINT64_C(1) << sp->page_shift;
	e->zero = false;
	if (!s->voted)
		vote_on_flags(s);
	e->flagged = s->flagged;
	e->flags = s->flags;
	maple_vma_entries(s, !users, e);
	if (!users || !maple_vma_known(s))
		return;
	if (lock->known && sem.hold == RWSEM_FREE &&
	    !shape_get(k, sp, mm->mm, MM_TOTAL_VM, &e->sum, NULL)) {
		e->summed = true;
		e->sum = e->sum << sp->page_shift & s->layout->max;
	}
	e->counted = lock->known && !lock->written &&
		     !shape_get(k, sp, mm->mm, MM_MAP_COUNT, &e->count, NULL);
}

enum cairn_code maple_mm_verify(struct maple_mms *s, const struct maple_mm *mm, maple_tell tell,
				void *arg, struct maple_checked *ret, struct cairn_err *err)
{
	struct maple_entries e;
	struct maple_lock_state lock = { 0 };
	const struct maple_subject subject = {
		.c = s->c, .layout = s->layout, .shelf = s->nodes, .tree = mm->tree,
		.entries = &e, .lock = &lock, .limit = s->limit, .trials = s->trials,
		.node = s->node, .node_arg = s->node_arg,
	};

	s->current = mm->mm;
	read_mm(s, mm, &e, &lock);
	return maple_verify(&subject, tell, arg, ret, err);
}
