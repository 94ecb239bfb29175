/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/maple_mm.h"

#include "lib/base/mem.h"
#include "mm/slab.h"

#define NODES_LIMIT (4u << 20)
#define VMAS_KEPT (4u << 20) /* bytes of pages that are kept for the next tree */
#define STRIDE_LIMIT 4096
#define MORE_LIMIT 1024 /* trees that nobody named */

enum { MM_MT, MM_LOCK, MM_USERS, MM_MAP_COUNT, MM_TOTAL_VM, MM_N };
static const struct shape_want mm_want = {
	"struct mm_struct", MM_N,
	{ [MM_MT] = "mm_mt", [MM_LOCK] = "mmap_lock|mmap_sem", [MM_USERS] = "mm_users.counter",
	  [MM_MAP_COUNT] = "map_count", [MM_TOTAL_VM] = "total_vm" },
};

enum { VMA_START, VMA_END, VMA_MM, VMA_N };
static const struct shape_want vma_want = {
	"struct vm_area_struct", VMA_N,
	{ [VMA_START] = "vm_start", [VMA_END] = "vm_end", [VMA_MM] = "vm_mm" },
};

enum { C_STRIDE, C_N };
static const struct shape_want cache_want = {
	"struct kmem_cache", C_N, { [C_STRIDE] = "size" },
};

/* ---- which there are ---- */

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
	s->cap = 2 * ts->n + MORE_LIMIT;
	s->mm = arena_array(a, s->cap, sizeof(*s->mm));
	s->other = arena_array(a, MORE_LIMIT, sizeof(*s->other));
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

	*s = (struct maple_mms){ .c = c };
	shelf_init(&s->nodes, &c->kernel);
	shelf_init(&s->vmas, &c->kernel);
	code = maple_layout_get(c, &s->layout, err);
	if (!code)
		code = shape_resolve(&s->mm_shape, &mm_want, &c->types, err);
	if (!code)
		code = shape_require(&s->mm_shape, needed, 1, err);
	if (code)
		return code;
	if (shape_resolve(&s->vma_shape, &vma_want, &c->types, NULL))
		s->vma_shape = (struct shape){ 0 };
	if (page_map_init(&s->frames, c, NULL))
		s->frames.size = 0;
	rwsem_layout_init(&s->rwsem, &c->types);
	return find_mms(s, a, err);
}

void maple_mms_deinit(struct maple_mms *s)
{
	shelf_deinit(&s->nodes);
	shelf_deinit(&s->vmas);
	map_deinit(&s->pages);
	map_deinit(&s->lost);
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

/* ---- what a vm_area_struct says ---- */

static const unsigned char *vma_bytes(struct maple_mms *s, uint64_t vma, void *buf, size_t room,
				      struct cairn_err *err)
{
	size_t len = s->vma_shape.hi - s->vma_shape.lo;

	if (len > room)
		return NULL;
	return shelf_bytes(&s->vmas, vma + s->vma_shape.lo, buf, len, err);
}

static uint64_t vma_word(const struct maple_mms *s, const unsigned char *bytes, unsigned m)
{
	return le_uint(bytes + s->vma_shape.m[m].offset - s->vma_shape.lo, s->vma_shape.m[m].size);
}

/* Slab pages are in every dump; what is not may be no page of memory, or of another kind. */
static bool is_elsewhere(void *arg, uint64_t addr)
{
	struct maple_mms *s = arg;
	enum page_owner owner;
	struct cairn_err err = { 0 };
	uint64_t paddr;

	if (!s->frames.size || space_translate(&s->c->kernel, addr, &paddr, &err))
		return false;
	if (!page_owner_of(&s->frames, paddr >> s->frames.shift, &owner, &err))
		return owner != PAGE_SLAB;
	return err.fault == CAIRN_FAULT_UNMAPPED || err.fault == CAIRN_FAULT_NONCANONICAL;
}

static bool is_no_memory(struct maple_mms *s, uint64_t addr, enum cairn_fault fault)
{
	return fault == CAIRN_FAULT_UNMAPPED || fault == CAIRN_FAULT_NONCANONICAL ||
	       is_elsewhere(s, addr);
}

static enum maple_said says(void *arg, uint64_t entry, uint64_t *first, uint64_t *last)
{
	struct maple_mms *s = arg;
	unsigned char buf[512];
	const unsigned char *p;
	struct cairn_err err = { 0 };

	*first = *last = 0;
	if (entry & (s->layout->word - 1u))
		return MAPLE_SAYS_OTHER;
	p = vma_bytes(s, entry, buf, sizeof(buf), &err);
	if (!p)
		return is_no_memory(s, err.addr, err.fault) ? MAPLE_SAYS_OTHER : MAPLE_SAYS_NOTHING;
	*first = vma_word(s, p, VMA_START);
	*last = (vma_word(s, p, VMA_END) - 1) & s->layout->max;
	return vma_word(s, p, VMA_MM) == s->current ? MAPLE_SAYS_RANGE : MAPLE_SAYS_OTHER;
}

/* ---- one that the tree has lost ---- */

static void each_entry(struct maple_mms *s, uint64_t tree, void (*fn)(struct maple_mms *, uint64_t))
{
	struct maple m = {
		.c = s->c, .layout = s->layout, .shelf = &s->nodes, .tree = tree,
		.last = s->layout->max, .limit = NODES_LIMIT,
	};

	if (!maple_load(&m, NULL))
		for (size_t i = 0; i < m.n; i++)
			for (unsigned k = 0; m.node[i].state == MAPLE_THERE &&
					     m.node[i].type == MAPLE_LEAF && k <= m.node[i].end; k++)
				if (maple_slot(&m, &m.node[i], k))
					fn(s, maple_slot(&m, &m.node[i], k));
	maple_unload(&m);
}

static void want(void *arg, const uint64_t *entry, unsigned n)
{
	struct maple_mms *s = arg;
	size_t len = s->vma_shape.hi - s->vma_shape.lo;
	uint64_t page = 0;

	for (unsigned i = 0; i < n; i++) {
		uint64_t at = entry[i] + s->vma_shape.lo;
		uint64_t last = (at + len - 1) >> s->c->kernel.page_shift;

		if (!entry[i] || (last == page && at >> s->c->kernel.page_shift == page))
			continue;
		shelf_want(&s->vmas, at, len);
		page = last;
	}
}

/* Bytes that came from another core are far away: those of one leaf are fetched together. */
static bool fetch_all(struct maple_mms *s, const uint64_t *entry, const unsigned char **p,
		      unsigned n)
{
	size_t len = s->vma_shape.hi - s->vma_shape.lo;

	for (unsigned i = 0; i < n; i++) {
		p[i] = NULL;
		if (!entry[i])
			continue;
		if (entry[i] & (s->layout->word - 1u))
			return false;
		p[i] = shelf_peek(&s->vmas, entry[i] + s->vma_shape.lo, len, NULL);
		if (!p[i])
			return false;
		__builtin_prefetch(p[i]);
	}
	return true;
}

/* Likewise says(), of many. */
static bool agree(void *arg, const uint64_t *entry, const uint64_t *first, const uint64_t *last,
		  unsigned n)
{
	struct maple_mms *s = arg;
	const unsigned char *p[MAPLE_SLOTS];
	uint64_t bad = 0;

	if (!fetch_all(s, entry, p, n))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (p[i])
			bad |= (vma_word(s, p[i], VMA_START) ^ first[i]) |
			       (((vma_word(s, p[i], VMA_END) - 1) & s->layout->max) ^ last[i]) |
			       (vma_word(s, p[i], VMA_MM) ^ s->current);
	return !bad;
}

static void start(void *arg)
{
	struct maple_mms *s = arg;

	shelf_load_ahead(&s->vmas);
}

/* What comes now is looked at while it is in the processor's cache. */
static void done(void *arg)
{
	struct maple_mms *s = arg;

	shelf_trim(&s->vmas, VMAS_KEPT);
}

static void note_page(struct maple_mms *s, uint64_t entry)
{
	uint64_t page = entry >> s->c->kernel.page_shift;

	if (!map_get(&s->pages, page, NULL))
		map_put(&s->pages, page, entry);
}

static void find_stride(struct maple_mms *s, uint64_t vma)
{
	struct slab_object o;
	struct shape cache;

	if (s->frames.size && !slab_object_at(s->c, &s->frames, vma, &o, NULL) &&
	    !shape_resolve(&cache, &cache_want, &s->c->types, NULL) && shape_has(&cache, C_STRIDE))
		shape_get(&cache, &s->c->kernel, o.cache, C_STRIDE, &s->stride, NULL);
	if (s->stride < s->vma_shape.hi || s->stride > STRIDE_LIMIT || s->stride % s->layout->word)
		s->stride = (s->vma_shape.size + 7) & ~UINT64_C(7);
}

static void note_lost(struct maple_mms *s, uint64_t vma)
{
	unsigned char buf[512];
	const unsigned char *p = vma_bytes(s, vma, buf, sizeof(buf), NULL);

	if (p && vma_word(s, p, VMA_MM) == s->current)
		map_put(&s->lost, vma_word(s, p, VMA_START), vma);
}

/* All objects on the pages that have a vm_area_struct of some tree. */
static void search(struct maple_mms *s)
{
	uint64_t size = UINT64_C(1) << s->c->kernel.page_shift, at;

	map_deinit(&s->lost);
	s->searched = s->current;
	if (!s->pages.count)
		for (size_t i = 0; i < s->n; i++)
			each_entry(s, s->mm[i].tree, note_page);
	for (size_t i = 0; i < s->pages.cap; i++) {
		if (!s->pages.slots[i].used)
			continue;
		at = s->pages.slots[i].value;
		if (!s->stride)
			find_stride(s, at);
		for (at = (at & ~(size - 1)) + (at & (size - 1)) % s->stride;
		     at >> s->c->kernel.page_shift == s->pages.slots[i].key; at += s->stride)
			note_lost(s, at);
	}
}

static bool find(void *arg, uint64_t first, uint64_t last, uint64_t *entry)
{
	struct maple_mms *s = arg;
	unsigned char buf[512];
	const unsigned char *p;

	if (s->searched != s->current)
		search(s);
	if (!map_get(&s->lost, first, entry))
		return false;
	p = vma_bytes(s, *entry, buf, sizeof(buf), NULL);
	return p && vma_word(s, p, VMA_END) - 1 == last;
}

/* ---- trees that no task leads to ---- */

static uint64_t first_entry(struct maple_mms *s, uint64_t tree)
{
	struct maple_walk w;
	uint64_t ret = 0;

	if (!maple_begin_on(&w, s->c, &s->nodes, tree, 0, s->layout->max, NODES_LIMIT, NULL) &&
	    maple_next(&w))
		ret = w.entry;
	maple_end(&w, NULL);
	return ret;
}

/* Its first entry says that it belongs to the mm_struct around the tree. */
static bool is_mm(struct maple_mms *s, uint64_t tree)
{
	uint64_t entry = first_entry(s, tree), first, last;

	s->current = tree - s->mm_shape.m[MM_MT].offset;
	return entry && shape_has(&s->vma_shape, VMA_MM) &&
	       says(s, entry, &first, &last) == MAPLE_SAYS_RANGE;
}

static void add_more(struct maple_mms *s, struct map *seen, uint64_t tree)
{
	if (!map_visit(seen, tree))
		return;
	if (is_mm(s, tree)) {
		if (s->n < s->cap)
			s->mm[s->n++] = (struct maple_mm){ s->current, NULL, tree };
	} else if (s->nother < MORE_LIMIT) {
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

static void look_for_more(struct maple_mms *s)
{
	size_t size = (size_t)1 << s->c->kernel.page_shift;
	struct map seen = { 0 };

	for (size_t i = 0; i < s->n; i++)
		map_put(&seen, s->mm[i].tree, 0);
	look_on_stacks(s, &seen);
	/* what is found is loaded, and searched as well */
	for (size_t i = 0; i < s->nodes.loaded && s->nother < MORE_LIMIT && s->n < s->cap &&
			   !(s->c->stop && s->c->stop()); i++)
		for (size_t in = 0; s->nodes.page[i].data && in < size; in += s->layout->size)
			look_for_root(s, &seen, s->nodes.page[i].data + in,
				      (s->nodes.page[i].vpage << s->c->kernel.page_shift) + in);
	map_deinit(&seen);
}

void maple_mms_want(struct maple_mms *s, struct arena *a)
{
	uint64_t *trees = arena_array(a, s->cap, sizeof(*trees));
	size_t known = s->n;

	for (size_t i = 0; trees && i < s->n; i++)
		trees[i] = s->mm[i].tree;
	if (trees)
		maple_want(s->c, s->layout, &s->nodes, trees, s->n, NODES_LIMIT);
	look_for_more(s);
	for (size_t i = known; trees && i < s->n; i++)
		trees[i - known] = s->mm[i].tree;
	if (trees && s->n > known)
		maple_want(s->c, s->layout, &s->nodes, trees, s->n - known, NODES_LIMIT);
}

/* ---- whose node ---- */

static bool has_node(struct maple_mms *s, const struct maple_mm *mm, uint64_t node)
{
	struct maple m = {
		.c = s->c, .layout = s->layout, .shelf = &s->nodes, .tree = mm->tree,
		.last = UINT64_MAX, .limit = NODES_LIMIT,
	};
	size_t place;
	bool has = !maple_load(&m, NULL) && maple_place(&m, node, &place);

	maple_unload(&m);
	return has;
}

bool maple_mm_of_node(struct maple_mms *s, uint64_t node, struct arena *a, struct maple_mm *ret)
{
	maple_mms_want(s, a);
	for (size_t i = 0; i < s->n; i++)
		if (has_node(s, &s->mm[i], node)) {
			*ret = s->mm[i];
			return true;
		}
	return false;
}

/* ---- verifying ---- */

struct maple_entries maple_mms_entries(struct maple_mms *s)
{
	return (struct maple_entries){ .arg = s, .is_elsewhere = is_elsewhere, .zero = true };
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
	if (!shape_has(&s->vma_shape, VMA_START) || !shape_has(&s->vma_shape, VMA_END) ||
	    !shape_has(&s->vma_shape, VMA_MM))
		return;
	e->find = find;
	if (!users)
		return;
	e->says = says;
	e->want = want;
	e->start = start;
	e->done = done;
	e->agree = agree;
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
		.c = s->c, .layout = s->layout, .shelf = &s->nodes, .tree = mm->tree,
		.entries = &e, .lock = &lock, .limit = NODES_LIMIT, .node = s->node,
		.node_arg = s->node_arg,
	};

	s->current = mm->mm;
	read_mm(s, mm, &e, &lock);
	return maple_verify(&subject, tell, arg, ret, err);
}
