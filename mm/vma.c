/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/vma.h"

#include <inttypes.h>

#include "lib/base/mem.h"
#include "lib/kern/maple.h"
#include "mm/vma_parse.h"
#include "mm/vma_tree.h"

static const struct shape_want vma_want = {
	"struct vm_area_struct", VMA_N,
	{
		[VMA_START] = "vm_start", [VMA_END] = "vm_end",
		[VMA_FLAGS] = "vm_flags|__vm_flags", [VMA_PGOFF] = "vm_pgoff",
		[VMA_FILE] = "vm_file", [VMA_MM] = "vm_mm", [VMA_ANON_VMA] = "anon_vma",
		[VMA_OPS] = "vm_ops", [VMA_PRIVATE] = "vm_private_data",
		[VMA_ANON_NAME] = "anon_name",
	},
};

static const char *const fields[VMA_N] = {
	[VMA_START] = "vm_area_struct.vm_start", [VMA_END] = "vm_area_struct.vm_end",
	[VMA_FLAGS] = "vm_area_struct.vm_flags", [VMA_PGOFF] = "vm_area_struct.vm_pgoff",
	[VMA_FILE] = "vm_area_struct.vm_file", [VMA_MM] = "vm_area_struct.vm_mm",
	[VMA_ANON_VMA] = "vm_area_struct.anon_vma", [VMA_OPS] = "vm_area_struct.vm_ops",
	[VMA_PRIVATE] = "vm_area_struct.vm_private_data",
	[VMA_ANON_NAME] = "vm_area_struct.anon_name",
};

enum { L_RB, L_NEXT, L_N };
static const struct shape_want link_want = {
	"struct vm_area_struct", L_N, { [L_RB] = "vm_rb", [L_NEXT] = "vm_next" },
};

enum cairn_code vma_shape_init(struct vma_shape *vs, struct cairn *c, struct cairn_err *err)
{
	static const unsigned needed[] = { VMA_START, VMA_END, VMA_FLAGS };
	struct shape links;
	enum cairn_code code;

	*vs = (struct vma_shape){ .c = c, .rb = UINT64_MAX, .next = UINT64_MAX };
	code = mm_shape_init(&vs->mm, c, err);
	if (!code)
		code = shape_resolve(&vs->s, &vma_want, &c->types, err);
	if (!code)
		code = shape_require(&vs->s, needed, 3, err);
	if (!code && vs->s.hi - vs->s.lo > VMA_RAW)
		code = cairn_fail(err, CAIRN_MISSING, "struct vm_area_struct is too large");
	if (code)
		return code;
	vs->wide = true;
	for (unsigned i = 0; i < VMA_N; i++)
		vs->wide &= !vs->s.has[i] || vs->s.m[i].size == 8;
	if (!shape_resolve(&links, &link_want, &c->types, NULL)) {
		vs->rb = shape_has(&links, L_RB) ? links.m[L_RB].offset : UINT64_MAX;
		vs->next = shape_has(&links, L_NEXT) ? links.m[L_NEXT].offset : UINT64_MAX;
	}
	return CAIRN_OK;
}

bool vma_has(const struct vma_shape *vs, enum vma_member m)
{
	return shape_has(&vs->s, m);
}

uint64_t vma_at(const struct vma_shape *vs, uint64_t addr, enum vma_member m)
{
	return vma_has(vs, m) ? addr + vs->s.m[m].offset : 0;
}

const char *vma_field(enum vma_member m)
{
	return fields[m];
}

enum cairn_code vma_read(const struct vma_shape *vs, uint64_t addr, struct vma *ret,
			 struct cairn_err *err)
{
	unsigned char raw[VMA_RAW];
	enum cairn_code code = space_read(&vs->c->kernel, addr + vs->s.lo, raw,
					  vs->s.hi - vs->s.lo, err);

	*ret = (struct vma){ .addr = addr };
	if (code)
		return code;
	vma_parse(vs, raw, ret);
	ret->first = ret->start;
	ret->last = ret->end - 1;
	return CAIRN_OK;
}

/* ---- all of an address space ---- */

/* Where the tree is broken, or cut off, the list may lead on. */
static void take_list(const struct vma_shape *vs, const struct mm *mm, struct vmas *v)
{
	struct vmas list;

	if (!v->partial && v->n >= (mm->v[MM_MAP_COUNT] & UINT32_MAX))
		return;
	if (vma_tree_list(vs, mm, &list, NULL) || list.partial || list.n <= v->n) {
		vmas_free(&list);
		return;
	}
	list.by_list = true;
	list.in_tree = v->n;
	vmas_free(v);
	*v = list;
}

enum cairn_code vmas_ranges(const struct vma_shape *vs, const struct mm *mm, struct vmas *ret,
			    struct cairn_err *err)
{
	enum cairn_code code;

	*ret = (struct vmas){ 0 };
	if (mm_has(&vs->mm, MM_TREE))
		return vma_tree_maple(vs, mm, ret, err);
	code = vma_tree_rb(vs, mm, ret, err);
	if (!code)
		take_list(vs, mm, ret);
	return code;
}

enum cairn_code vmas_get(const struct vma_shape *vs, const struct mm *mm, struct vmas *ret,
			 struct cairn_err *err)
{
	enum cairn_code code = vmas_ranges(vs, mm, ret, err);

	return code ? code : vmas_fill(vs, ret, err);
}

void vmas_free(struct vmas *v)
{
	mem_free(v->vma);
	mem_free(v->range);
	mem_free(v->fault);
	*v = (struct vmas){ 0 };
}

const struct vma *vma_of(const struct vmas *v, uint64_t va)
{
	size_t low = 0, high = v->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (v->vma[mid].first <= va)
			low = mid + 1;
		else
			high = mid;
	}
	return low && va <= v->vma[low - 1].last ? &v->vma[low - 1] : NULL;
}

/* Through the tree alone, which finds it in a few steps. */
static enum cairn_code find_maple(const struct vma_shape *vs, const struct mm *mm, uint64_t va,
				  struct vma *ret, struct cairn_err *err)
{
	uint64_t entry, first, last;
	enum cairn_code code = maple_find(vs->c, mm_at(&vs->mm, mm, MM_TREE), va, &entry, &first,
					  &last, err);

	if (!code && !vma_is_entry(entry))
		code = cairn_fail(err, CAIRN_NOTFOUND, "no area holds 0x%" PRIx64, va);
	if (!code)
		code = vma_read(vs, entry, ret, err);
	if (!code) {
		ret->first = first;
		ret->last = last;
	}
	return code;
}

enum cairn_code vma_find(const struct vma_shape *vs, const struct mm *mm, uint64_t va,
			 struct vma *ret, struct cairn_err *err)
{
	const struct vma *found;
	struct vmas all;
	enum cairn_code code;

	if (mm_has(&vs->mm, MM_TREE))
		return find_maple(vs, mm, va, ret, err);
	code = vmas_get(vs, mm, &all, err);
	found = code ? NULL : vma_of(&all, va);
	if (found)
		*ret = *found;
	else if (!code)
		code = cairn_fail(err, CAIRN_NOTFOUND, "no area holds 0x%" PRIx64, va);
	vmas_free(&all);
	return code;
}
