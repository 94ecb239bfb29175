/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/kvm_gmem.h"

#include "lib/kern/xarray.h"

#define PRIVATE_BIT 8u /* KVM_MEMORY_ATTRIBUTE_PRIVATE */
#define ENTRIES_LIMIT ((size_t)1 << 26)
#define FOLIO_ORDERS 19

void kvm_gmem_init(struct kvm_gmem *g, const struct kvms *k, const struct kvm_vm *vm)
{
	*g = (struct kvm_gmem){ .k = k, .vm = vm, .has_attrs = vm->attrs };
}

void kvm_gmem_deinit(struct kvm_gmem *g)
{
	map_deinit(&g->attrs);
	for (size_t i = 0; i < g->nfiles; i++)
		map_deinit(&g->file[i].folios);
}

/* All entries of an XArray by their index. */
static enum cairn_code read_all(struct map *m, struct cairn *c, uint64_t xa, struct cairn_err *err)
{
	struct xarray_walk w;
	enum cairn_code end, code = xarray_begin(&w, c, xa, ENTRIES_LIMIT, err);

	if (code)
		return code;
	while (!code && xarray_next(&w))
		if (!map_put(m, w.index, w.entry))
			code = cairn_fail(err, CAIRN_NOMEM, "no memory for an XArray");
	end = xarray_end(&w, code ? NULL : err);
	return code ? code : end;
}

enum kvm_private kvm_gmem_private(struct kvm_gmem *g, uint64_t gfn)
{
	uint64_t entry = 0;

	if (!g->has_attrs)
		return KVM_SHARED;
	if (!g->read)
		read_all(&g->attrs, g->k->c, g->vm->attrs, &g->err);
	g->read = true;
	if (!map_get(&g->attrs, gfn, &entry) && g->err.code)
		return KVM_PRIVATE_UNKNOWN;
	return entry >> 1 & PRIVATE_BIT ? KVM_PRIVATE : KVM_SHARED;
}

/* ---- guest_memfd ---- */

static const struct shape_want file_want = { "struct file", 1, { "f_inode" } };
static const struct shape_want inode_want = { "struct inode", 1, { "i_mapping" } };
static const struct shape_want mapping_want = { "struct address_space", 1, { "i_pages" } };

static enum cairn_code follow(struct cairn *c, const struct shape_want *want, uint64_t addr,
			      uint64_t *ret, struct cairn_err *err)
{
	static const unsigned first = 0;
	struct shape s;
	enum cairn_code code = shape_resolve(&s, want, &c->types, err);

	if (!code)
		code = shape_require(&s, &first, 1, err);
	return code ? code : shape_get(&s, &c->kernel, addr, first, ret, err);
}

static enum cairn_code read_file(struct kvm_gmem_file *f, struct cairn *c)
{
	struct shape s;
	uint64_t inode = 0, mapping = 0;
	enum cairn_code code = follow(c, &file_want, f->file, &inode, &f->err);

	if (!code)
		code = follow(c, &inode_want, inode, &mapping, &f->err);
	if (!code)
		code = shape_resolve(&s, &mapping_want, &c->types, &f->err);
	if (!code)
		code = shape_require(&s, &(unsigned){ 0 }, 1, &f->err);
	return code ? code : read_all(&f->folios, c, mapping + s.m[0].offset, &f->err);
}

static struct kvm_gmem_file *file_of(struct kvm_gmem *g, uint64_t file, struct arena *arena)
{
	struct kvm_gmem_file *p;

	for (size_t i = 0; i < g->nfiles; i++)
		if (g->file[i].file == file)
			return &g->file[i];
	p = arena_room(arena, g->file, g->nfiles, &g->cap, sizeof(*p));
	if (!p)
		return NULL;
	g->file = p;
	p[g->nfiles] = (struct kvm_gmem_file){ .file = file };
	read_file(&p[g->nfiles], g->k->c);
	return &p[g->nfiles++];
}

enum cairn_code kvm_gmem_page(struct kvm_gmem *g, const struct kvm_slot *s, uint64_t gfn,
			      struct arena *arena, uint64_t *page, struct cairn_err *err)
{
	uint64_t index = gfn - s->gfn + s->pgoff, folio;
	struct kvm_gmem_file *f = file_of(g, s->gmem, arena);

	if (!f)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for guest_memfd");
	for (unsigned order = 0; order < FOLIO_ORDERS; order++) {
		uint64_t first = index >> order << order;

		if (!map_get(&f->folios, first, &folio) || folio & 3)
			continue;
		*page = folio + (index - first) * g->k->pages.size;
		return CAIRN_OK;
	}
	if (f->err.code) {
		if (err)
			*err = f->err;
		return f->err.code;
	}
	return cairn_fail(err, CAIRN_NOTFOUND, "guest_memfd has no page %#llx",
			  (unsigned long long)index);
}
