/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/vma_tree.h"

#include <inttypes.h>

#include "lib/base/mem.h"
#include "lib/kern/maple.h"
#include "lib/kern/maple_shelf.h"
#include "lib/kern/rbtree.h"
#include "lib/kern/walk.h"

#define STOP_EVERY 1024

/* One more range in the array. */
static bool add(struct vmas *v, size_t *cap, struct vma_range range)
{
	if (v->n == *cap) {
		size_t want = *cap ? 2 * *cap : 64;
		struct vma_range *more = mem_resize(v->range, want, sizeof(*more));

		if (!more)
			return false;
		v->range = more;
		*cap = want;
	}
	v->range[v->n++] = range;
	return true;
}

/* Not a value, nor what is reserved: 0x406 stands where a fork failed. */
bool vma_is_entry(uint64_t entry)
{
	return !(entry & 3) && entry > MAPLE_RESERVED;
}

#define COUNT_TRUSTED (1u << 22)

/* Room for as many as the address space counts, if that is a sane number: an array that grows is
 * copied. */
static void make_room(const struct vma_shape *vs, const struct mm *mm, struct vmas *v, size_t *cap)
{
	uint64_t count = mm->v[MM_MAP_COUNT] & UINT32_MAX;

	if (!mm_has(&vs->mm, MM_MAP_COUNT) || !count || count > COUNT_TRUSTED)
		return;
	v->range = mem_resize(NULL, count + 1, sizeof(*v->range));
	*cap = v->range ? count + 1 : 0;
}

enum cairn_code vma_tree_rb(const struct vma_shape *vs, const struct mm *mm, struct vmas *ret,
			    struct cairn_err *err)
{
	struct rbtree_walk w;
	enum cairn_code code = CAIRN_OK, ended;
	size_t cap = 0;

	if (!mm_has(&vs->mm, MM_RB) || vs->rb == UINT64_MAX)
		return cairn_fail(err, CAIRN_MISSING, "struct vm_area_struct has no member vm_rb");
	rbtree_begin(&w, &vs->c->kernel, mm_at(&vs->mm, mm, MM_RB), VMAS_LIMIT);
	w.stop = vs->c->stop;
	make_room(vs, mm, ret, &cap);
	while (!code && rbtree_next(&w)) {
		if (!add(ret, &cap, (struct vma_range){ .addr = w.node - vs->rb }))
			code = cairn_fail(err, CAIRN_NOMEM, "no memory for %zu VMAs", ret->n);
	}
	ended = rbtree_end(&w, &ret->err);
	ret->partial = ended != CAIRN_OK;
	if (!code && ended == CAIRN_INTERRUPTED)
		code = cairn_fail(err, ended, "%s", ret->err.text);
	return code;
}

enum cairn_code vma_tree_list(const struct vma_shape *vs, const struct mm *mm, struct vmas *ret,
			      struct cairn_err *err)
{
	uint64_t at = mm->v[MM_LIST];
	struct map seen = { 0 };
	size_t cap = 0;

	*ret = (struct vmas){ 0 };
	if (!mm_has(&vs->mm, MM_LIST) || vs->next == UINT64_MAX)
		return cairn_fail(err, CAIRN_MISSING, "struct vm_area_struct has no member vm_next");
	while (at && !ret->partial) {
		if (!map_visit(&seen, at)) {
			cairn_fail(&ret->err, CAIRN_CORRUPT, "the list of VMAs comes back to 0x%" PRIx64,
				   at);
			ret->err.addr = at;
			ret->partial = true;
			break;
		}
		if (!add(ret, &cap, (struct vma_range){ .addr = at }))
			break;
		ret->partial = walk_ends(&ret->err, ret->n, VMAS_LIMIT, STOP_EVERY, vs->c->stop,
					 "a list", "VMAs") ||
			       space_word(&vs->c->kernel, at + vs->next, &at, &ret->err);
	}
	map_deinit(&seen);
	return at && !ret->partial ? cairn_fail(err, CAIRN_NOMEM, "no memory for the list of VMAs")
				   : CAIRN_OK;
}

static bool add_entries(struct vmas *v, size_t *cap, const struct maple_entry *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!vma_is_entry(e[i].entry))
			v->others++;
		else if (!add(v, cap, (struct vma_range){ e[i].entry, e[i].first, e[i].last }))
			return false;
	}
	return true;
}

enum cairn_code vma_tree_maple(const struct vma_shape *vs, const struct mm *mm, struct vmas *ret,
			       struct cairn_err *err)
{
	struct maple_entry e[MAPLE_SLOTS];
	struct maple_walk w;
	size_t cap = 0, n;
	struct shelf *shelf = maple_shelf_take(vs->c);
	enum cairn_code ended, code = maple_begin_on(&w, vs->c, shelf, mm_at(&vs->mm, mm, MM_TREE), 0,
						     UINT64_MAX, VMAS_LIMIT, err);

	make_room(vs, mm, ret, &cap);
	while (!code && (n = maple_next_leaf(&w, e)))
		if (!add_entries(ret, &cap, e, n))
			code = cairn_fail(err, CAIRN_NOMEM, "no memory for %zu VMAs", ret->n);
	ended = maple_end(&w, &ret->err);
	if (shelf)
		maple_shelf_give(vs->c);
	if (code)
		return code;
	ret->partial = ended != CAIRN_OK;
	return ended == CAIRN_NOMEM || ended == CAIRN_INTERRUPTED ?
		       cairn_fail(err, ended, "%s", ret->err.text) : CAIRN_OK;
}
