/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/kvm_stat.h"

#include "lib/base/cursor.h"
#include "lib/base/mem.h"

#define DEPTH 4
#define SIZE_LIMIT 65536

struct gather {
	struct kvm_stats *to;
	struct arena *arena;
	const unsigned char *bytes;
	size_t at, cap; /* counter to be added to next; cap of a first round */
	bool first;
};

static bool count(struct gather *g, const char *name, uint64_t value)
{
	struct kvm_stat *p;

	if (!g->first) {
		if (g->at < g->to->n)
			g->to->stat[g->at++].value += value;
		return true;
	}
	p = arena_room(g->arena, g->to->stat, g->to->n, &g->cap, sizeof(*p));
	if (!p)
		return false;
	g->to->stat = p;
	p[g->to->n++] = (struct kvm_stat){ name, value };
	return true;
}

/* Every word that is a number; histograms are none. */
static bool add(struct gather *g, const struct type *t, uint64_t offset, unsigned depth)
{
	uint32_t n;
	const struct type_member *m = type_members(t, &n);

	for (uint32_t i = 0; i < n; i++) {
		const struct type *of = type_strip(m[i].type);
		uint64_t at = offset + m[i].bit_offset / 8;

		if (of->kind == TYPE_STRUCT && depth < DEPTH) {
			if (!add(g, of, at, depth + 1))
				return false;
		} else if (of->kind == TYPE_INT && of->size == 8 && !m[i].bit_size) {
			if (!count(g, m[i].name, le64(g->bytes + at)))
				return false;
		}
	}
	return true;
}

static enum cairn_code read_one(struct gather *g, const struct kvms *k, const struct type *t,
				uint64_t addr, struct cairn_err *err)
{
	unsigned char *bytes = mem_zalloc(t->size, 1);
	enum cairn_code code;

	if (!bytes)
		return cairn_fail(err, CAIRN_NOMEM, "no memory for counters");
	code = space_read(&k->c->kernel, addr, bytes, t->size, err);
	g->bytes = bytes;
	g->at = 0;
	if (!code && !add(g, t, 0, 0))
		code = cairn_fail(err, CAIRN_NOMEM, "no memory for counters");
	mem_free(bytes);
	if (!code)
		g->first = false;
	return code;
}

/* Where the member "stat" of a struct lies, and of what type it is. */
static enum cairn_code find(const struct kvms *k, const char *of, struct member *m,
			    const struct type **t, struct cairn_err *err)
{
	const struct type *outer = type_find(&k->c->types, of, err);

	if (!outer || !type_member(outer, "stat", m))
		return cairn_fail(err, CAIRN_MISSING, "%s has no stat", of);
	*t = type_strip(m->type);
	if ((*t)->kind != TYPE_STRUCT || (*t)->size > SIZE_LIMIT)
		return cairn_fail(err, CAIRN_MISSING, "%s.stat is no struct", of);
	return CAIRN_OK;
}

enum cairn_code kvm_vm_stats(struct kvm_stats *ret, const struct kvms *k, const struct kvm_vm *vm,
			     struct arena *arena, struct cairn_err *err)
{
	struct gather g = { .to = ret, .arena = arena, .first = true };
	const struct type *t;
	struct member m;
	enum cairn_code code;

	*ret = (struct kvm_stats){ 0 };
	code = find(k, "struct kvm", &m, &t, err);
	return code ? code : read_one(&g, k, t, vm->addr + m.offset, err);
}

enum cairn_code kvm_vcpu_stats(struct kvm_stats *ret, const struct kvms *k, const struct kvm_vm *vm,
			       struct arena *arena, struct cairn_err *err)
{
	struct gather g = { .to = ret, .arena = arena, .first = true };
	const struct type *t;
	struct member m;
	enum cairn_code code, one;

	*ret = (struct kvm_stats){ 0 };
	code = find(k, "struct kvm_vcpu", &m, &t, err);
	if (code)
		return code;
	for (size_t i = 0; i < vm->nvcpus; i++) {
		one = read_one(&g, k, t, vm->vcpu[i].addr + m.offset, err);
		code = one ? one : code;
	}
	return code;
}
